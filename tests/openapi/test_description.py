"""docs/openapi.yaml is valid OpenAPI 3.0, and this check finds what would make it invalid."""

import copy
import json
import unittest

import description


class TheDescription(unittest.TestCase):
    def test_is_valid_openapi(self):
        self.assertEqual(description.problems(description.load()), [])


class TheCheck(unittest.TestCase):
    """Each breaks a copy in one place; the check must say so, in words that name it."""

    def setUp(self):
        self.document = copy.deepcopy(description.load())
        self.operation = self.document["paths"]["/v1/apps/{app}"]["get"]

    def assertFound(self, words):
        found = description.problems(self.document)
        self.assertTrue(any(words in problem for problem in found), f"{words!r} is not in {found}")

    def test_finds_an_answer_that_is_missing(self):
        del self.operation["responses"]
        self.assertFound("paths//v1/apps/{app}/get: 'responses' is a required property")

    def test_finds_a_word_that_openapi_does_not_know(self):
        self.operation["sumary"] = "One app"
        self.assertFound("'sumary' does not match any of the regexes")

    def test_finds_a_type_of_a_later_version(self):
        schema = self.document["components"]["schemas"]["Tenant"]
        schema["properties"]["name"] = {"type": ["string", "null"]}
        self.assertFound("components/schemas/Tenant")

    def test_finds_a_reference_that_leads_nowhere(self):
        self.operation["responses"]["default"] = {"$ref": "#/components/responses/Refusals"}
        self.assertFound("#/components/responses/Refusals leads nowhere")

    def test_finds_a_component_that_nobody_uses(self):
        self.document["components"]["schemas"]["Forgotten"] = {"type": "object"}
        self.assertFound("component schemas/Forgotten is used nowhere")

    def test_finds_a_path_parameter_that_is_not_described(self):
        self.operation["parameters"] = [{"$ref": "#/components/parameters/JetonClient"}]
        self.assertFound("get /v1/apps/{app}: the path has other parameters")

    def test_finds_two_operations_of_one_name(self):
        self.operation["operationId"] = "app_list"
        self.assertFound("operationId app_list")

    def test_finds_a_required_member_that_is_not_described(self):
        self.document["components"]["schemas"]["Tenant"]["required"].append("nmae")
        self.assertFound("nmae is required but not described")

    def test_finds_a_key_that_stands_twice(self):
        with self.assertRaises(description.yaml.YAMLError):
            description.parse("paths:\n  /token: {}\n  /token: {}\n")

    def test_finds_an_answer_that_is_not_as_described(self):
        operation = self.document["paths"]["/v1/tenants/{tenant}"]["get"]
        good = {"tenant": "1234567", "environment": "integration", "name": "Northside Plumbing"}
        self.assertEqual(description.answer_problems(self.document, operation, 200, json.dumps(good)), [])
        for broken in ({**good, "name": None}, {**good, "colour": "red"}, {"tenant": "1234567"}):
            self.assertNotEqual(description.answer_problems(self.document, operation, 200, json.dumps(broken)), [])
