"""The description of the API: complete, current, and held against itself.

`WRITE_GOLDEN=1 make test` writes the stored files anew; whoever does so reads them.
"""

import json
import os
import re
from functools import cache
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from functions.api.handler import OPERATIONS, app, handle
from functions.api.openapi import describe
from functions.api.problem_kinds import PROBLEMS, example_of
from tests.api_events import CONTEXT, an_event
from tests.api_examples import FILE, examples, read

DOCS = Path(__file__).parents[2] / "docs"


@cache
def document():
    return describe(app, OPERATIONS)


def operations():
    return [
        pytest.param(path, method, it, id=it["operationId"])
        for path, item in document()["paths"].items()
        for method, it in item.items()
    ]


def schema(part):
    """A schema with all that it may refer to."""
    return {**part, "components": document()["components"]}


def stored(path: Path, text: str) -> str:
    """Give what is stored, written anew where that is asked for."""
    if os.environ.get("WRITE_GOLDEN"):
        path.write_text(text, encoding="utf-8")
    return path.read_text(encoding="utf-8")


def pretty(value) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


# First of all, since the description is made of them.
def test_the_examples_are_real_answers(monkeypatch):
    told = examples(monkeypatch)
    assert set(told) == {operation.name for operation in OPERATIONS}
    text = json.dumps(told, indent=1, ensure_ascii=False) + "\n"
    assert stored(FILE, text) == text


def test_the_stored_description_is_current():
    text = pretty(document())
    assert stored(DOCS / "openapi.json", text) == text


def test_the_description_is_valid_openapi():
    found = document()
    assert found["openapi"] == "3.1.0"
    for part in found["components"]["schemas"].values():
        Draft202012Validator.check_schema(part)
    names = set(re.findall(r'"#/components/([a-z]+/\w+)"', json.dumps(found)))
    there = {f"{kind}/{name}" for kind, part in found["components"].items() for name in part}
    assert names <= there


def test_every_route_is_described_and_nothing_else():
    routes = {
        (it.method.lower(), it.openapi_path) for it in app._static_routes + app._dynamic_routes
    }
    described = {(param.values[1], param.values[0]) for param in operations()}
    assert described == routes - {("get", "/openapi.json"), ("get", "/docs")}


@pytest.mark.parametrize(("path", "method", "operation"), operations())
def test_every_operation_says_who_may_call_it_and_how_it_answers(path, method, operation):
    assert operation["summary"]
    assert operation["tags"]
    assert set(operation["tags"]) <= {tag["name"] for tag in document()["tags"]}
    if not path.startswith("/v1/"):
        assert operation["security"] == []
        return
    (token,) = operation["security"]
    assert token == {"Token": ["metrics:read" if method == "get" else "metrics:write"]}
    statuses = {int(status) for status in operation["responses"]}
    assert {401, 403, 422, 429, 500, 503} <= statuses
    assert ("{" in path) <= (404 in statuses)
    assert (method == "patch") <= (412 in statuses)
    if method in {"post", "patch", "put"}:
        assert {400, 413, 415} <= statuses
    for status, answer in operation["responses"].items():
        assert answer["description"]
        assert bool(answer.get("content")) == (status != "204")


@pytest.mark.parametrize(("path", "method", "operation"), operations())
def test_every_example_is_what_its_schema_says(path, method, operation):
    bodies = [operation.get("requestBody", {}), *operation["responses"].values()]
    shown = 0
    for content in (it for body in bodies for it in body.get("content", {}).values()):
        if "example" in content:
            shown += 1
            Draft202012Validator(schema(content["schema"])).validate(content["example"])
    has_answer = "204" not in operation["responses"]
    assert shown == has_answer + ("requestBody" in operation)


@pytest.mark.parametrize("name", document()["components"]["examples"])
def test_every_problem_has_an_example_that_is_one(name):
    found = document()["components"]
    example = found["examples"][name]["value"]
    Draft202012Validator(schema(found["schemas"]["Problem"])).validate(example)


def test_parameters_are_described():
    for param in operations():
        for parameter in param.values[2].get("parameters", []):
            assert parameter["in"] == "path" or parameter.get("description"), parameter
            assert "null" not in json.dumps(parameter["schema"])


def test_no_answer_could_hold_a_key():
    answers = [answer for param in operations() for answer in param.values[2]["responses"].values()]
    names = set(re.findall(r"#/components/schemas/(\w+)", json.dumps(answers)))
    schemas = document()["components"]["schemas"]
    seen: set[str] = set()
    while names - seen:
        name = (names - seen).pop()
        seen.add(name)
        names |= set(re.findall(r"#/components/schemas/(\w+)", json.dumps(schemas[name])))
    assert not [name for name in seen if "secret_key" in schemas[name].get("properties", {})]
    assert not re.search(r"sk_test_a", json.dumps([it.get("answer") for it in read().values()]))


def test_the_page_shows_every_operation_and_problem_and_runs_nothing():
    answer = handle(an_event("GET", "/docs"), CONTEXT)
    page = answer["body"]
    headers = {key.lower(): value for key, value in answer["headers"].items()}
    headers |= {k.lower(): v[0] for k, v in answer.get("multiValueHeaders", {}).items()}
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"]
    assert "<script" not in page
    for operation in OPERATIONS:
        assert f'<h3 id="{operation.name}">' in page
    for code in PROBLEMS:
        assert f'id="problem-{code}"' in page


def test_the_catalogue_of_problems_is_written_from_the_table():
    text = catalogue()
    assert stored(DOCS / "problems.md", text) == text


def catalogue() -> str:
    lines = [
        "# Problems",
        "",
        "Every error of the API is an RFC 9457 problem (`application/problem+json`) with one of",
        "these codes. The same codes stand in an integration's `sync.error`. `detail` says what is",
        "wrong and what to do; `retryable` whether the same request may succeed later;",
        "`request_id` is what the log knows the request by. What the gateway answers itself,",
        "before the request reaches the API (no token, a token without the scope, too many",
        'requests), is `{"message": "..."}`.',
        "",
        "| code | status | title |",
        "|---|---|---|",
        *(
            f"| [`{code}`](#{code}) | {kind.status} | {kind.title} |"
            for code, kind in PROBLEMS.items()
        ),
    ]
    for code, kind in PROBLEMS.items():
        example = json.dumps(example_of(code), indent=2)
        lines += ["", f"## {code}", "", kind.meaning, "", f"What to do: {kind.advice}", ""]
        lines += ["```json", example, "```"]
    return "\n".join(lines) + "\n"
