"""The description of the API: OpenAPI 3.1, made of the routes and the models behind them.

Powertools describes parameters, bodies and answers. What it cannot know is added here: who may call
what, every problem that an operation answers with, headers, and examples, which are real answers.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver

from functions.api.problem_kinds import PROBLEMS, example_of
from functions.api.problems import PROBLEM_JSON
from functions.api.routes.router import Operation
from functions.api.setting_schemas import DEFINITIONS_SCHEMA, QUERY_SCHEMA, RULE_SCHEMA
from shared import __version__

Document = dict[str, Any]

_EXAMPLES = Path(__file__).with_name("examples.json")
_BODY_METHODS = frozenset({"POST", "PATCH", "PUT"})
# Its own way to say that a request is not valid, which nobody ever sees.
_POWERTOOLS = ("HTTPValidationError", "ValidationError", "ResponseValidationError")
# Schemas that the domain draws, under names of their own; each is known by what stands here.
_NAMED = {
    "MetricQuery": QUERY_SCHEMA,
    "AlertRule": RULE_SCHEMA,
    "Definitions": DEFINITIONS_SCHEMA,
}
_TELLING = ("oneOf", "properties")
_VERSIONED = frozenset(
    f"#/components/schemas/{name}"
    for name in ("IntegrationView", "MetricView", "GoalView", "AlertView")
)
_ABOUT = """Numbers from your Stripe account that you can trust, and goals and alerts on them.

Send `Authorization: Bearer <token>` with every request under `/v1`. Lists answer
`{"data": [...], "next_cursor": ...}`; send `next_cursor` as `cursor` for what follows. Money is in
major units of its currency, rates are in percent, instants are RFC 3339 in UTC. Errors are RFC 9457
problems, but for those of the gateway itself (401, 403, 429), which are `{"message": ...}`."""
_TAGS = {
    "Integrations": "Connections to Stripe accounts, and how far each has been read.",
    "Metrics": "Numbers that are kept up to date, and their history.",
    "Goals": "What the numbers are to reach, and how far they have come.",
    "Test query": "Any number at once, and nothing saved.",
    "Alerts": "Rules on numbers, what they decided, and who heard of it.",
    "Channels": "Where messages go.",
    "Notifications": "Who hears of what concerns no single alert.",
    "Service": "What the service says of itself, to everybody.",
}
_MESSAGE = {
    "type": "object",
    "description": "What the gateway says, before anything else has looked at the request.",
    "properties": {"message": {"type": "string"}},
    "required": ["message"],
}
_PROBLEM = {
    "type": "object",
    "description": "Why a request was not carried out (RFC 9457).",
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "What is wrong here, and what to do."},
        "code": {"type": "string", "enum": [*PROBLEMS]},
        "request_id": {"type": "string", "description": "Under which the log knows the request."},
        "retryable": {
            "type": "boolean",
            "description": "Whether the same request may succeed later.",
        },
        "errors": {
            "type": "array",
            "description": "The fields that are wrong.",
            "items": {
                "type": "object",
                "properties": {
                    "pointer": {
                        "type": "string",
                        "description": "JSON pointer of a field, or `?name` of a parameter.",
                    },
                    "detail": {"type": "string"},
                },
                "required": ["pointer", "detail"],
            },
        },
    },
    "required": ["type", "title", "status", "detail", "code", "request_id", "retryable"],
}
_ETAG = {
    "description": "The version that this is; `If-Match` takes it.",
    "schema": {"type": "string", "examples": ['"1"']},
}
_REPLAYED = {
    "description": "There where the answer is that of an earlier request with the same key.",
    "schema": {"type": "string", "const": "true"},
}
_IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "The same key again within a day gets the same answer, and changes nothing.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[ -~]+$"},
}


# What the gateway answers by itself; 404 where a path is none that it can pass on.
_GATEWAY = {401: "No token, or not a valid one", 403: "Not allowed", 429: "Too many requests"}
_PROBLEM_EXAMPLES: Mapping[str, Document] = {
    **{code: example_of(code) for code in PROBLEMS},
    "not_json": example_of(
        "validation_failed", status=400, detail="The body is not valid JSON in UTF-8."
    ),
    "not_json_by_type": example_of(
        "validation_failed",
        status=415,
        detail="Send JSON, with the header Content-Type: application/json.",
    ),
    "busy": example_of("internal", status=503, retryable=True),
}


def describe(app: APIGatewayHttpResolver, operations: Iterable[Operation]) -> Document:
    """Return the description of *app*, whose routes say *operations* of themselves."""
    schema = app.get_openapi_json_schema(title="Stripe Metrics", version=__version__)
    document: Document = json.loads(schema)
    document["info"]["description"] = _ABOUT
    document["servers"] = [{"url": "/"}]
    document["tags"] = [{"name": name, "description": text} for name, text in _TAGS.items()]
    schemas = {**document["components"]["schemas"], **_NAMED}
    document["components"] = {
        "schemas": {**schemas, "Problem": _PROBLEM, "Message": _MESSAGE},
        "examples": {name: {"value": it} for name, it in _PROBLEM_EXAMPLES.items()},
        "securitySchemes": {"Token": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
    }
    paths, document["paths"] = document["paths"], {}
    for operation in operations:
        # In the order in which the routes are written.
        item = document["paths"].setdefault(operation.path, {})
        item[operation.method.lower()] = paths[operation.path][operation.method.lower()]
        _complete(item[operation.method.lower()], operation)
    document["paths"]["/health"] = paths["/health"]
    _complete_health(document["paths"]["/health"]["get"])
    shortened: Document = _refer_to_named(document)
    schemas = shortened["components"]["schemas"]
    shortened["components"]["schemas"] = dict(_used(shortened, schemas))
    return shortened


def _refer_to_named(value: Any) -> Any:
    """Put a reference wherever a schema stands that has a name."""
    if isinstance(value, list):
        return [_refer_to_named(inner) for inner in value]
    if not isinstance(value, dict):
        return value
    for name, schema in _NAMED.items():
        is_it = any(key in schema and value.get(key) == schema[key] for key in _TELLING)
        if is_it and value is not schema:
            return {"$ref": f"#/components/schemas/{name}"}
    return {key: _refer_to_named(inner) for key, inner in value.items()}


def _used(document: Document, schemas: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Leave out schemas that nothing refers to."""
    text = json.dumps({**document, "components": {**document["components"], "schemas": {}}})
    text += json.dumps({name: it for name, it in schemas.items() if name not in _POWERTOOLS})
    for name in sorted(schemas):
        if f'"#/components/schemas/{name}"' in text:
            yield name, schemas[name]


def _complete(described: Document, operation: Operation) -> None:
    examples = _examples().get(operation.name, {})
    scope = "metrics:read" if operation.method == "GET" else "metrics:write"
    described["operationId"] = operation.name
    described["security"] = [{"Token": [scope]}]
    parameters = described.setdefault("parameters", [])
    for parameter in parameters:
        parameter["name"] = {"if-match": "If-Match"}.get(parameter["name"], parameter["name"])
        if parameter["in"] == "path":
            thing = parameter["name"].removesuffix("_id")
            parameter["description"] = f"Id of the {thing}."
        _drop_null(parameter)
    if operation.method == "POST":
        parameters.append(_IDEMPOTENCY_KEY)
    if "requestBody" in described and "body" in examples:
        described["requestBody"]["content"]["application/json"]["example"] = examples["body"]
    described["responses"] = {
        str(operation.answers): _success(described, operation, examples),
        **_problems(operation),
    }


def _drop_null(parameter: Document) -> None:
    """Leave out that a parameter may be null: it is left out instead."""
    options = parameter["schema"].get("anyOf", [])
    rest = [option for option in options if option.get("type") != "null"]
    if len(rest) == 1:
        parameter["schema"] = {**parameter["schema"], **rest[0]}
        del parameter["schema"]["anyOf"]


def _success(described: Document, operation: Operation, examples: Mapping[str, Any]) -> Document:
    answer: Document = {"description": described["summary"]}
    content = described["responses"]["200"]["content"]["application/json"]
    headers = {}
    if operation.answers != 204:  # noqa: PLR2004 - no content
        answer["content"] = {"application/json": {"schema": content["schema"]}}
        if "answer" in examples:
            answer["content"]["application/json"]["example"] = examples["answer"]
    if content["schema"].get("$ref") in _VERSIONED:
        headers["ETag"] = _ETAG
    if operation.method == "POST":
        headers["Idempotent-Replayed"] = _REPLAYED
    return answer | ({"headers": headers} if headers else {})


def _problems(operation: Operation) -> Document:
    by_status: defaultdict[int, list[str]] = defaultdict(list)
    for name in dict.fromkeys(_names(operation)):
        by_status[_PROBLEM_EXAMPLES[name]["status"]].append(name)
    answers = {status: _answer(names) for status, names in by_status.items()}
    gateway = {**_GATEWAY, 404: "Not found"} if "{" in operation.path else _GATEWAY
    for status, text in gateway.items():
        answer = answers.setdefault(status, {"description": text, "content": {}})
        message = {"schema": {"$ref": "#/components/schemas/Message"}}
        answer["content"]["application/json"] = message
    return {str(status): answers[status] for status in sorted(answers)}


def _names(operation: Operation) -> Iterable[str]:
    """Name the problems of an operation, by their examples."""
    yield from ("validation_failed", "forbidden", "internal", "busy")
    if "{" in operation.path:
        yield "not_found"
    if operation.method in _BODY_METHODS:
        yield from ("not_json", "not_json_by_type", "too_large")
    if operation.method == "PATCH":
        yield "version_conflict"
    if operation.method == "POST":
        yield "conflict"
    yield from operation.problems


def _answer(names: Iterable[str]) -> Document:
    found = list(names)
    titles = dict.fromkeys(_PROBLEM_EXAMPLES[name]["title"] for name in found)
    return {
        "description": "; ".join(titles),
        "content": {
            PROBLEM_JSON: {
                "schema": {"$ref": "#/components/schemas/Problem"},
                "examples": {it: {"$ref": f"#/components/examples/{it}"} for it in found},
            }
        },
    }


def _complete_health(described: Document) -> None:
    described["operationId"] = "get_health"
    described["description"] = "Answer that the API runs, and in which version."
    described["security"] = []
    answer = described["responses"]["200"]
    answer["content"]["application/json"]["example"] = {"status": "ok", "version": __version__}
    described["responses"] = {"200": answer}


@cache
def _examples() -> Mapping[str, Mapping[str, Any]]:
    found: Mapping[str, Mapping[str, Any]] = json.loads(_EXAMPLES.read_text(encoding="utf-8"))
    return found
