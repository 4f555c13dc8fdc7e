"""docs/conformance.md says what the tests are called and what this run has measured; runs after all that measures."""

import os
import unittest

import page
from measured import CLIENTS, COMPARED
from programs import node_missing
from reference import VERSION
from test_clients import PythonClient, capabilities_of, every_client

WRITES = os.environ.get("JETON_WRITE_GOLDEN") == "1"
NEXT = "read the difference; where the page is wrong: tests/conformance/run --write"


class ConformancePage(unittest.TestCase):
    maxDiff = None

    def test_every_number_in_scope_has_a_test_over_the_socket_and_every_choice_its_test(self):
        self.assertEqual(list(page.complaints()), [])

    def test_a_number_without_a_test_over_the_socket_is_found(self):
        found, tests = page.tests_by_number(), {choice.test for choice in page.CHOICES}
        self.assertEqual(list(page.complaints(found, tests)), [])
        inside = {**found, "T-5": ["token_test: T-5: the answer"]}
        self.assertRegex("\n".join(page.complaints(inside, tests)), "^T-5 [^\n]*$")
        self.assertRegex("\n".join(page.complaints({**found, "T-22": ["test_x.test_T_22"]}, tests)), "^T-22 [^\n]*$")
        self.assertEqual(len(list(page.complaints(found, set()))), len(page.CHOICES))

    def test_what_the_page_says_of_the_tests_is_so(self):
        known = "".join(page.known_part())
        if WRITES:
            page.PAGE.write_text(known + page.written()[1])
        self.assertEqual(page.written()[0], known, NEXT)

    def test_what_the_page_says_of_clients_and_differences_is_what_was_measured(self):
        if reason := node_missing():
            self.skipTest(reason)
        missing = [one.client for one in every_client() if set(capabilities_of(one)) - set(CLIENTS.get(one.client, {}))]
        if missing or not COMPARED:
            self.skipTest(f"not everything was measured: {', '.join(missing) or 'the differences'}; tests/conformance/run without names does")
        measured = "".join(page.measured_part(CLIENTS, VERSION, COMPARED))
        if WRITES:
            page.PAGE.write_text(page.written()[0] + measured)
        debians = [one.client for one in every_client() if issubclass(one, PythonClient)]
        self.assertEqual(page.without_versions(page.written()[1], debians), page.without_versions(measured, debians), NEXT)
