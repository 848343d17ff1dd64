"""What the API answers to bad input, before anything outside is touched."""

import base64
import json

import pytest

from functions.api import bootstrap
from functions.api.handler import handle
from functions.api.problem_kinds import PROBLEMS
from functions.api.refusals import BODY_LIMIT_BYTES
from shared import __version__, errors
from tests.api_events import CONTEXT, an_event

MRR = {"type": "mrr"}
KEY = "sk_test_abcdefghijklmnopqrstuvwx"


@pytest.fixture(autouse=True)
def _environment(monkeypatch):
    for name, value in {
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "none",
        "AWS_SECRET_ACCESS_KEY": "none",
        "METRICS_TABLE": "metrics",
        "LEDGER_TABLE": "ledger",
        "SECRET_PREFIX": "stripe-metrics/test/",
        "SYNC_QUEUE_URL": "https://queue.invalid/sync.fifo",
        "TOPIC_ARN": "arn:aws:sns:us-east-1:000000000000:topic",
    }.items():
        monkeypatch.setenv(name, value)
    bootstrap.services.cache_clear()
    yield
    bootstrap.services.cache_clear()


def send(method, target, body=None, **how):
    answer = handle(an_event(method, target, body, **how), CONTEXT)
    return answer["statusCode"], json.loads(answer["body"]), answer


def refused(method, target, body=None, **how):
    """Send what must be refused, and give status, problem and pointers."""
    status, problem, answer = send(method, target, body, **how)
    headers = {k.lower(): v for k, v in answer.get("headers", {}).items()}
    multi = {k.lower(): v[0] for k, v in answer.get("multiValueHeaders", {}).items()}
    assert (headers | multi)["content-type"] == "application/problem+json"
    assert problem["status"] == status
    assert problem["request_id"] == "request-1"
    assert {"type", "title", "detail", "code", "retryable"} <= problem.keys()
    pointers = [error["pointer"] for error in problem.get("errors", [])]
    return status, problem["code"], pointers


def test_health_says_ok_and_the_version():
    assert send("GET", "/health")[:2] == (200, {"status": "ok", "version": __version__})


def test_the_description_of_the_api_is_served():
    status, document, _ = send("GET", "/openapi.json")
    assert status == 200
    assert "/v1/test-query" in document["paths"]


def test_a_page_lists_the_operations():
    answer = handle(an_event("GET", "/docs"), CONTEXT)
    assert answer["statusCode"] == 200
    assert "POST /v1/alerts" in answer["body"]
    assert "Connect a Stripe account" in answer["body"]


BODIES = [
    ("a body that is not JSON", "{", {}, 400),
    ("a body with NaN", '{"name": NaN}', {}, 400),
    ("a body nested too deeply", "[" * 60_000, {}, 400),
    ("a form", "name=x", {"content_type": "application/x-www-form-urlencoded"}, 415),
    ("plain text", "{}", {"content_type": "text/plain"}, 415),
    ("a body over the limit", json.dumps("x" * BODY_LIMIT_BYTES), {}, 413),
]


@pytest.mark.parametrize(("sentence", "body", "how", "status"), BODIES, ids=[b[0] for b in BODIES])
def test_a_body_that_cannot_be_taken_is_refused(sentence, body, how, status):
    code = "too_large" if status == 413 else "validation_failed"
    assert refused("POST", "/v1/integrations", body, **how)[:2] == (status, code)


def test_a_body_that_is_not_utf_8_is_refused():
    event = an_event("POST", "/v1/integrations")
    event |= {"body": base64.b64encode(b'{"name": "\xff"}').decode(), "isBase64Encoded": True}
    assert handle(event, CONTEXT)["statusCode"] == 400


METRICS = "/v1/integrations/int_1/metrics"
FIELDS = [
    ("a missing field", "/v1/integrations", {"name": "x"}, ["/secret_key"]),
    ("an unknown field", "/v1/integrations", {"name": "x", "secret_key": KEY, "y": 1}, ["/y"]),
    ("an empty name", "/v1/integrations", {"name": " ", "secret_key": KEY}, ["/name"]),
    (
        "an unknown definition",
        "/v1/integrations",
        {"name": "x", "secret_key": KEY, "definitions": {"past_due": "maybe"}},
        ["/definitions/past_due"],
    ),
    (
        "a name of two lines",
        "/v1/integrations",
        {"name": "Acme\r\nBcc: x", "secret_key": KEY},
        ["/name"],
    ),
    (
        "a currency that there is not",
        "/v1/integrations",
        {"name": "x", "secret_key": KEY, "currency": "zzz", "fx_rates": {"e": 1}},
        ["/currency", "/fx_rates/e"],
    ),
    (
        "a rate that is not positive",
        "/v1/integrations",
        {"name": "x", "secret_key": KEY, "fx_rates": {"eur": 0}},
        ["/fx_rates/eur"],
    ),
    (
        "a query without a type",
        METRICS,
        {"name": "x", "query": {}, "refresh_interval": "daily"},
        ["/query/type"],
    ),
    (
        "a query of an unknown type",
        METRICS,
        {"name": "x", "query": {"type": "luck"}, "refresh_interval": "daily"},
        ["/query/type"],
    ),
    (
        "an unknown setting of a query",
        METRICS,
        {"name": "x", "query": {"type": "mrr", "status": "all"}, "refresh_interval": "daily"},
        ["/query/status"],
    ),
    (
        "a switch that is no switch",
        METRICS,
        {
            "name": "x",
            "query": {"type": "arr", "include_trials": "yes"},
            "refresh_interval": "daily",
        },
        ["/query/include_trials"],
    ),
    (
        "an unknown status",
        METRICS,
        {
            "name": "x",
            "query": {"type": "subscription_count", "status": "asleep"},
            "refresh_interval": "daily",
        },
        ["/query/status"],
    ),
    (
        "a query that is no object",
        METRICS,
        {"name": "x", "query": ["mrr"], "refresh_interval": "daily"},
        ["/query"],
    ),
    (
        "a query of nothing",
        METRICS,
        {"name": "x", "query": None, "refresh_interval": "daily"},
        ["/query"],
    ),
    ("no query at all", METRICS, {"name": "x", "refresh_interval": "daily"}, ["/query"]),
    (
        "a setting with odd letters",
        "/v1/test-query",
        {"secret_key": KEY, "query": {"type": "nrr", "a/b~c": 1}},
        ["/query/a~1b~0c"],
    ),
    (
        "a wrong word in a list",
        "/v1/test-query",
        {"secret_key": KEY, "query": MRR, "definitions": {"net_deducts": ["fees", "tax"]}},
        ["/definitions/net_deducts/1"],
    ),
    (
        "definitions that are no object",
        "/v1/integrations",
        {"name": "x", "secret_key": KEY, "definitions": "match_stripe"},
        ["/definitions"],
    ),
    (
        "an unknown interval",
        METRICS,
        {"name": "x", "query": MRR, "refresh_interval": "yearly"},
        ["/refresh_interval"],
    ),
    ("neither account nor key", "/v1/test-query", {"query": MRR}, [""]),
    (
        "both account and key",
        "/v1/test-query",
        {"query": MRR, "secret_key": KEY, "integration_id": "int_1"},
        [""],
    ),
    (
        "a channel of an unknown type",
        "/v1/channels",
        {"type": "pigeon", "address": "x@y.zz"},
        ["/type"],
    ),
    (
        "an address without a host",
        "/v1/channels",
        {"type": "email", "address": "nobody"},
        ["/address"],
    ),
    (
        "a number without its country",
        "/v1/channels",
        {"type": "sms", "address": "0612345678"},
        ["/address"],
    ),
    (
        "a number that is too short",
        "/v1/channels",
        {"type": "sms", "address": "+331"},
        ["/address"],
    ),
    (
        "a threshold that is not finite",
        "/v1/alerts",
        {
            "metric_id": "m",
            "channels": ["c"],
            "rule": {"type": "threshold", "threshold": "1e400", "direction": "above"},
        },
        ["/rule/threshold"],
    ),
    (
        "an alert that nobody hears",
        "/v1/alerts",
        {
            "metric_id": "m",
            "channels": [],
            "rule": {"type": "threshold", "threshold": 1, "direction": "above"},
        },
        ["/channels"],
    ),
    (
        "a rule of an unknown type",
        "/v1/alerts",
        {"metric_id": "m", "channels": ["c"], "rule": {"type": "mood"}},
        ["/rule/type"],
    ),
    ("a body that is a list", "/v1/integrations", [1], [""]),
    ("a body that is null", "/v1/integrations", "null", [""]),
]


@pytest.mark.parametrize(
    ("sentence", "target", "body", "pointers"), FIELDS, ids=[f[0] for f in FIELDS]
)
def test_a_wrong_field_is_pointed_at(sentence, target, body, pointers):
    status, code, found = refused("POST", target, body)
    assert (status, code) == (422, "validation_failed")
    assert set(pointers) <= set(found)


@pytest.mark.parametrize("time_range", ["last_day", "last_week"])
@pytest.mark.parametrize("kind", ["arpu", "churn", "nrr"])
@pytest.mark.parametrize("target", [METRICS, "/v1/test-query"])
def test_a_range_that_is_too_short_is_refused_with_the_reason(target, kind, time_range):
    body = {"query": {"type": kind, "time_range": time_range}}
    rest = {"name": "x", "refresh_interval": "daily"} if target == METRICS else {"secret_key": KEY}
    status, problem, _ = send("POST", target, body | rest)
    assert (status, problem["code"]) == (422, "validation_failed")
    (error,) = problem["errors"]
    assert error["pointer"] == "/query/time_range"
    assert "needs monthly periods at least" in error["detail"]
    assert "last_month, last_quarter or last_year" in problem["detail"]


@pytest.mark.parametrize("instant", ["yesterday", "2026-01-01T00:00:00", "2026-13-01T00:00:00Z"])
@pytest.mark.parametrize("name", ["from", "to"])
def test_an_instant_without_its_zone_is_refused(name, instant):
    target = f"/v1/metrics/met_1/values?{name}={instant}"
    assert refused("GET", target)[:2] == (422, "validation_failed")


@pytest.mark.parametrize("limit", ["0", "101", "many"])
def test_a_limit_outside_1_to_100_is_refused(limit):
    assert refused("GET", f"/v1/channels?limit={limit}")[:2] == (422, "validation_failed")


@pytest.mark.parametrize(
    "key",
    [
        "pk_test_abcdefghijklmnopqrstuvwx",
        "rk_test_abcdefghijklmnopqrstuvwx",
        "sk_org_test_abcdefghijklmnopqrst",
        "whsec_abcdefghijklmnopqrstuvwx",
        "sk_test_",
        "sk_test_with space in it",
        "hello",
        "é" * 20,
        "sk_test_" + "a" * 600,
    ],
)
@pytest.mark.parametrize("route", ["integrations", "test-query"])
def test_a_key_of_another_kind_is_refused_with_the_reason_and_never_repeated(key, route):
    body = {"secret_key": key} | ({"name": "x"} if route == "integrations" else {"query": MRR})
    status, problem, answer = send("POST", f"/v1/{route}", body)
    assert (status, problem["code"]) == (422, "stripe_key_invalid")
    assert len(problem["detail"]) > 20
    assert "***" not in problem["detail"]
    assert key not in answer["body"]


@pytest.mark.parametrize(
    ("method", "target", "body"),
    [
        ("POST", "/v1/integrations", {"secret_key": [KEY], KEY: 1, "name": 1}),
        ("POST", f"/v1/{KEY}", {}),
        ("POST", "/v1/integrations", {"secret_key": KEY, "name": "x", f"\n{KEY}": 1}),
        ("POST", "/v1/integrations", {"name": f"my_{KEY}", "secret_key": KEY}),
        ("POST", "/v1/test-query", {"secret_key": KEY, "query": {"type": KEY}}),
        ("POST", "/v1/test-query", {"secret_key": KEY, "query": {"type": "mrr", KEY: KEY}}),
        ("POST", "/v1/test-query", {"secret_key": KEY, "query": MRR, "definitions": {KEY: 1}}),
        ("POST", "/v1/channels", {"type": "email", "address": f"{KEY}@example.com"}),
        ("POST", "/v1/integrations", {"name": f"Acme {KEY}", "secret_key": KEY}),
        ("GET", f"/v1/channels?limit={KEY}", None),
    ],
)
def test_a_key_in_the_wrong_place_is_not_repeated(method, target, body):
    status, _, answer = send(method, target, body)
    assert status in {404, 422}
    assert "abcdefghijkl" not in answer["body"]


@pytest.mark.parametrize(
    ("method", "target"),
    [("GET", "/v1/nothing"), ("DELETE", "/v1/integration"), ("GET", "/"), ("PUT", "/healthy")],
)
def test_a_path_that_there_is_not_is_a_404(method, target):
    assert refused(method, target)[:2] == (404, "not_found")


@pytest.mark.parametrize("kind", ["integrations", "metrics", "alerts"])
def test_an_id_that_no_object_could_have_is_a_404(kind):
    assert refused("GET", f"/v1/{kind}/{'x' * 3000}")[:2] == (404, "not_found")


def test_every_error_of_the_tree_has_a_problem():
    def leaves(kind):
        return [kind, *(leaf for child in kind.__subclasses__() for leaf in leaves(child))]

    assert {error.code for error in leaves(errors.MetricsError)} <= PROBLEMS.keys()
