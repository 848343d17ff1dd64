"""What is refused whatever the route: methods, parameters, tokens without a scope, odd JSON."""

import base64
import json

import pytest

from functions.api import bootstrap
from functions.api.handler import app, handle
from functions.api.settings import AccessSettings
from tests.api_events import CONTEXT, an_event
from tests.api_world import ApiWorld

ROUTES = sorted(
    (route.method, route.openapi_path) for route in [*app._static_routes, *app._dynamic_routes]
)
WRITING = [(method, path) for method, path in ROUTES if method in {"POST", "PATCH", "PUT"}]


@pytest.fixture(name="world", autouse=True)
def _world(monkeypatch) -> ApiWorld:
    return ApiWorld.behind_the_handler(monkeypatch)


def target_of(path):
    return path.replace("{integration_id}", "int_1").replace("{metric_id}", "met_1")


def send(method, target, body=None, **changes):
    event = an_event(method, target, body)
    event.update(changes)
    answer = handle(event, CONTEXT)
    return answer, json.loads(answer["body"])


def header(answer, name):
    many = {key: values[0] for key, values in answer.get("multiValueHeaders", {}).items()}
    return {key.lower(): value for key, value in {**answer.get("headers", {}), **many}.items()}[
        name
    ]


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("DELETE", "/v1/metric-types", "GET"),
        ("PUT", "/health", "GET"),
        ("POST", "/v1/metrics/met_1", "DELETE, GET, PATCH"),
        ("HEAD", "/v1/alerts", "GET, POST"),
        ("OPTIONS", "/v1/alerts/preview", "POST"),
        ("POST", "/v1/metrics/met_1/values?limit=2", "GET"),
    ],
)
def test_a_method_that_a_path_does_not_have_is_refused_and_the_others_are_named(
    method, path, allowed
):
    answer, problem = send(method, path)
    assert (answer["statusCode"], problem["code"]) == (405, "not_found")
    assert header(answer, "allow") == allowed
    assert allowed.split(", ")[0] in problem["detail"]


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_no_route_takes_a_parameter_that_it_does_not_know(method, path):
    body: object = None if (method, path) not in WRITING else {}
    answer, problem = send(method, f"{target_of(path)}?api_key=sk_test_{'a' * 24}", body)
    assert answer["statusCode"] == 422
    # What is wrong with a body is said before.
    assert body == {} or problem["errors"][0]["pointer"] == "?api_key"
    assert "aaaaaaaa" not in answer["body"]


def test_the_parameters_that_there_are_are_named():
    _, problem = send("GET", "/v1/alerts?page=2")
    assert problem["errors"] == [
        {
            "pointer": "?page",
            "detail": "This parameter is not known here. Use cursor or limit.",
        }
    ]


@pytest.mark.parametrize("name", ["limit", "cursor"])
def test_a_parameter_that_is_given_twice_is_refused(name):
    target = f"/v1/alerts?{name}=1&{name}=2"
    # The gateway joins what came more than once.
    answer, problem = send("GET", target, queryStringParameters={name: "1,2"})
    assert answer["statusCode"] == 422
    assert [error["pointer"] for error in problem["errors"]] == [f"?{name}"]


ODD = {
    "half a character": '{"name": "\\ud800"}',
    "a field twice": '{"name": "a", "name": "b"}',
    "a field twice inside": '{"query": {"type": "mrr", "type": "arr"}}',
    "a list": "[]",
    "a text": '"name"',
    "nothing": "null",
    "a number": "1",
    "no number": '{"name": NaN}',
    "endless": '{"name": Infinity}',
    "a mark before it": '\ufeff{"name": "a"}',
    "very deep": '{"name": ' + "[" * 9_000 + "]" * 9_000 + "}",
    "a number of 5,000 digits": '{"name": ' + "9" * 5_000 + "}",
}


@pytest.mark.parametrize("text", ODD.values(), ids=ODD.keys())
@pytest.mark.parametrize(("method", "path"), WRITING)
def test_odd_json_is_refused_in_words_by_every_route(method, path, text):
    answer, problem = send(method, target_of(path), text)
    # These take none, or can do without one.
    has_no_body = path.endswith(("/sync", "/disconnect", "/test", "/metrics/{metric_id}"))
    assert answer["statusCode"] in ({400, 422} | ({200, 202, 404, 409} if has_no_body else set()))
    if answer["statusCode"] in {400, 422}:
        assert (problem["code"], bool(problem["detail"])) == ("validation_failed", True)


@pytest.mark.parametrize("text", ["[]", "[null, null]", '[{"name": "a"}]', '[{"primary": true}]'])
@pytest.mark.parametrize(("method", "path"), WRITING)
def test_a_list_is_refused_by_every_route_whatever_it_holds(method, path, text):
    answer, problem = send(method, target_of(path), text)
    assert (answer["statusCode"], problem["detail"]) == (422, "The body must be a JSON object.")


@pytest.mark.parametrize(("method", "path"), WRITING)
def test_what_is_no_utf_8_is_refused_by_every_route(method, path):
    content = base64.b64encode(b'{"name": "\xff"}').decode()
    answer, problem = send(method, target_of(path), content, isBase64Encoded=True)
    assert (answer["statusCode"], problem["code"]) == (400, "validation_failed")


TYPES = ["text/plain", "application/octet-stream", "application/x-www-form-urlencoded", "nonsense"]


@pytest.mark.parametrize("content_type", TYPES)
def test_where_there_is_no_body_its_type_does_not_matter(world, content_type):
    goal = world.ok("POST", "/v1/goals", {"name": "G", "target": 1})["id"]
    for target in (f"/v1/goals/{goal}/metrics/met_1", "/v1/alerts"):
        event = an_event("PUT" if "goals" in target else "GET", target, content_type=content_type)
        assert handle(event, CONTEXT)["statusCode"] == 200


@pytest.mark.parametrize("content_type", ["Application/JSON", "application/json ; charset=UTF-8"])
def test_the_type_is_read_generously(content_type):
    event = an_event("POST", "/v1/goals", {"name": "G", "target": 1}, content_type=content_type)
    assert handle(event, CONTEXT)["statusCode"] == 201


ACCESS = AccessSettings(read_scopes="admin,metrics:read", write_scopes="admin, metrics:write")
READ, WRITE = ("GET", "/v1/alerts"), ("DELETE", "/v1/alerts/alt_9")


@pytest.mark.parametrize(
    ("claims", "may_read", "may_write"),
    [
        ({"scope": "metrics:read"}, True, False),
        ({"scope": "metrics:write"}, False, True),
        ({"scope": "openid admin"}, True, True),
        ({"scope": "metrics:read metrics:write"}, True, True),
        ({"scp": ["metrics:read"]}, True, False),
        ({"scp": "[metrics:read metrics:write]"}, True, True),
        ({"scope": "metrics:reader"}, False, False),
        ({"scope": ""}, False, False),
        ({}, False, False),
    ],
)
def test_a_token_needs_the_scope_of_what_it_is_used_for(monkeypatch, claims, may_read, may_write):
    monkeypatch.setattr("functions.api.handler.access", lambda: ACCESS)
    for (method, path), may in ((READ, may_read), (WRITE, may_write)):
        event = an_event(method, path)
        event["requestContext"]["authorizer"] = {"jwt": {"claims": claims, "scopes": None}}
        answer = handle(event, CONTEXT)
        assert (answer["statusCode"] != 403) == may
        if not may:
            problem = json.loads(answer["body"])
            assert problem["code"] == "forbidden"
            assert "metrics:" in problem["detail"]


def test_without_a_token_nothing_under_v1_is_answered_and_the_rest_is(monkeypatch):
    monkeypatch.setattr("functions.api.handler.access", lambda: ACCESS)
    assert handle(an_event(*READ), CONTEXT)["statusCode"] == 403
    assert handle(an_event("GET", "/health"), CONTEXT)["statusCode"] == 200


def test_a_deployment_without_scopes_asks_for_none(monkeypatch):
    monkeypatch.delenv("READ_SCOPES", raising=False)
    monkeypatch.delenv("WRITE_SCOPES", raising=False)
    bootstrap.access.cache_clear()
    assert handle(an_event(*READ), CONTEXT)["statusCode"] == 200
    bootstrap.access.cache_clear()
