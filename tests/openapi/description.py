"""docs/openapi.yaml, read strictly; held against the published schema of OpenAPI 3.0 and what no schema can say."""

import json
import pathlib
import re

import jsonschema
import yaml

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
DESCRIPTION = REPOSITORY / "docs" / "openapi.yaml"
OPENAPI_SCHEMA = pathlib.Path("/usr/share/openapi-specification/schemas/v3.0/schema.json")  # openapi-specification
METHODS = ("get", "put", "post", "delete", "patch")
PATTERNS = {  # RFC 3339 in UTC, as the daemon writes it; RFC 9562
    "date-time": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$",
    "uuid": r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$",
}


class StrictLoader(yaml.SafeLoader):
    """A key that stands twice is an error: YAML would keep the last one and say nothing."""

    def construct_mapping(self, node, deep=False):
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        for key in keys:
            if keys.count(key) > 1:
                raise yaml.constructor.ConstructorError(None, None, f"{key!r} stands twice", node.start_mark)
        return super().construct_mapping(node, deep)


# A date or a number in a key or an example stays the text that was written.
StrictLoader.yaml_implicit_resolvers = {
    first: [entry for entry in entries if entry[0] != "tag:yaml.org,2002:timestamp"]
    for first, entries in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def parse(text):
    return yaml.load(text, StrictLoader)


def load():
    return parse(DESCRIPTION.read_text(encoding="utf-8"))


def resolve(document, value):
    """What `value` stands for: itself, or what its `$ref` leads to. KeyError where that is nothing."""
    while isinstance(value, dict) and "$ref" in value:
        found = document
        for part in value["$ref"].removeprefix("#/").split("/"):
            found = found[part.replace("~1", "/").replace("~0", "~")]
        value = found
    return value


def operations(document):
    """(method, path, operation, its parameters with those of the path, resolved)."""
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                operation = item[method]
                parameters = [*item.get("parameters", []), *operation.get("parameters", [])]
                yield method, path, operation, [resolve(document, parameter) for parameter in parameters]


def references(value):
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for inner in value.values():
            yield from references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from references(inner)


def schema_problems(document):
    schema = json.loads(OPENAPI_SCHEMA.read_text())
    validator = jsonschema.Draft4Validator(schema)
    for error in validator.iter_errors(document):
        deepest = jsonschema.exceptions.best_match([error])
        yield f"{'/'.join(map(str, deepest.absolute_path))}: {deepest.message[:200]}"


def reference_problems(document):
    used = set(references(document))
    for reference in sorted(used):
        try:
            resolve(document, {"$ref": reference})
        except KeyError:
            yield f"{reference} leads nowhere"
    for kind, components in document.get("components", {}).items():
        for name in components:
            if f"#/components/{kind}/{name}" not in used:
                yield f"component {kind}/{name} is used nowhere"


def operation_problems(document):
    known_tags = {tag["name"] for tag in document.get("tags", [])}
    seen_ids, seen_shapes = set(), {}
    for method, path, operation, parameters in operations(document):
        name = f"{method} {path}"
        identifier = operation.get("operationId")
        if identifier is None or identifier in seen_ids:
            yield f"{name}: operationId {identifier} is missing or not the only one"
        seen_ids.add(identifier)
        if not set(operation.get("tags", [])) <= known_tags or not operation.get("tags"):
            yield f"{name}: its tags are not those of the document"
        places = [(parameter["in"], parameter["name"]) for parameter in parameters]
        if len(set(places)) != len(places):
            yield f"{name}: a parameter stands twice"
        in_path = {parameter["name"] for parameter in parameters if parameter["in"] == "path"}
        if in_path != set(re.findall(r"\{([^}]*)\}", path)):
            yield f"{name}: the path has other parameters than those described, {sorted(in_path)}"
        shape = re.sub(r"\{[^}]*\}", "{}", path)
        if seen_shapes.setdefault(shape, path) != path:
            yield f"{name}: cannot be told from {seen_shapes[shape]}"
        if not any(str(status).startswith("2") for status in operation["responses"]):
            yield f"{name}: no answer of success is described"


def member_problems(value, place="components"):
    """Members that are required must be described; a reference stands alone, since what is beside it is not read."""
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str) and len(value) > 1:
            yield f"{place}: beside a $ref nothing counts"
        if value.get("type") == "object" and "required" in value:
            for name in value["required"]:
                if name not in value.get("properties", {}):
                    yield f"{place}: {name} is required but not described"
        for name, inner in value.items():
            yield from member_problems(inner, f"{place}/{name}")
    elif isinstance(value, list):
        for inner in value:
            yield from member_problems(inner, place)


def problems(document):
    """What is wrong with it, a sentence each; what a later check would stumble over comes first and alone."""
    for check in (schema_problems, reference_problems, operation_problems, member_problems):
        found = list(check(document))
        if found:
            return found
    return []


def json_schema(document, schema):
    """A schema of OpenAPI 3.0 as JSON Schema, strict: a member that is not described is a fault."""
    schema = resolve(document, schema)
    if "oneOf" in schema:
        return {"oneOf": [json_schema(document, part) for part in schema["oneOf"]]}
    if "allOf" in schema:
        parts = [json_schema(document, part) for part in schema["allOf"]]
        merged = {"type": "object", "properties": {}, "required": [], "additionalProperties": False}
        for part in parts:
            merged["properties"].update(part["properties"])
            merged["required"] += part.get("required", [])
        schema_type, made = "object", merged
    else:
        schema_type = schema["type"]
        made = {key: schema[key] for key in ("enum", "minimum", "maximum", "minLength") if key in schema}
        made["type"] = schema_type
        if schema.get("format") in PATTERNS:
            made["pattern"] = PATTERNS[schema["format"]]
        if schema_type == "array":
            made["items"] = json_schema(document, schema["items"])
        if schema_type == "object":
            made["properties"] = {
                name: json_schema(document, member) for name, member in schema.get("properties", {}).items()
            }
            made["required"] = schema.get("required", [])
            # Names of the caller's own, where the description says of what type their values are.
            others = schema.get("additionalProperties", False)
            made["additionalProperties"] = json_schema(document, others) if others else False
    if schema.get("nullable"):
        made["type"] = [schema_type, "null"]
    return made


def answer_schema(document, operation, status):
    """The JSON Schema of the answer with this status, `default` where the status is not named; None: it has no body."""
    responses = operation["responses"]
    response = resolve(document, responses.get(str(status)) or responses["default"])
    if "content" not in response:
        return None
    return json_schema(document, response["content"]["application/json"]["schema"])


def answer_problems(document, operation, status, body):
    schema = answer_schema(document, operation, status)
    if schema is None:
        return ["a body, where none is described"] if body else []
    validator = jsonschema.Draft7Validator(schema)
    return [f"{'/'.join(map(str, error.absolute_path))}: {error.message}" for error in validator.iter_errors(json.loads(body))]
