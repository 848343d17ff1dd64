"""The front of the local run answers as the deployed gateway would, and has its own routes."""

import json
import re
import threading
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any

import pytest

from tests.local_process import Api

pytestmark = pytest.mark.emulator


def ask(
    api: Api,
    method: str,
    path: str,
    *,
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
) -> tuple[int, dict[str, str], bytes]:
    """One request with exactly these headers; gives status, headers and body."""
    request = urllib.request.Request(  # noqa: S310 - a loopback address of ours
        api.url + path,
        method=method,
        data=body,
        headers=dict(headers or {}),
    )
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310 - likewise
            return answer.status, dict(answer.headers), answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, dict(error.headers), error.read()


def tick(api: Api, body: Any) -> tuple[int, Any]:
    status, _, answer = ask(
        api,
        "POST",
        "/_local/tick",
        body=body if isinstance(body, bytes) else json.dumps(body).encode(),
        headers={"Authorization": f"Bearer {api.token}", "Content-Type": "application/json"},
    )
    return status, json.loads(answer)


def test_health_is_open_to_everyone(local_run: Api) -> None:
    status, _, body = ask(local_run, "GET", "/health")

    assert status == 200
    assert json.loads(body)["status"] == "ok"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer another"},
        {"Authorization": "Bearer "},
        {"Authorization": "a-token"},
        {"Authorization": "Basic YTpi"},
        {"Authorization": "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0."},
    ],
    ids=["none", "wrong", "empty", "not a bearer token", "basic", "unsigned"],
)
@pytest.mark.parametrize("path", ["/v1/integrations", "/v1/nothing", "/_local/outbox"])
def test_no_or_a_wrong_token_is_refused_by_the_gateway(
    local_run: Api, path: str, headers: dict[str, str]
) -> None:
    status, _, body = ask(local_run, "GET", path, headers=headers)

    assert status == 401
    assert json.loads(body) == {"message": "Unauthorized"}


def test_the_token_of_the_run_is_exchanged_for_one_that_the_gateway_accepts(
    local_run: Api,
) -> None:
    assert local_run.call("GET", "/v1/integrations") == (200, {"data": [], "next_cursor": None})


def test_what_is_unknown_to_the_gateway_is_not_found(local_run: Api) -> None:
    for path in ("/v2/x", "/v1"):
        assert local_run.call("GET", path) == (404, {"message": "Not Found"})


@pytest.mark.parametrize("path", ["/health", "/openapi.json", "/docs"])
def test_a_method_that_an_open_path_has_not_is_refused_in_words(local_run: Api, path: str) -> None:
    status, headers, body = ask(local_run, "POST", path)

    assert (status, headers["Allow"]) == (405, "GET")
    assert json.loads(body)["detail"]


def test_options_is_a_method_like_others_as_the_api_shares_its_origin_with_nobody(
    local_run: Api,
) -> None:
    status, headers, _ = ask(
        local_run, "OPTIONS", "/v1/alerts", headers={"Origin": "https://example.com"}
    )

    assert status == 401
    assert not [name for name in headers if name.lower().startswith("access-control-")]
    token = {"Authorization": f"Bearer {local_run.token}"}
    status, headers, body = ask(local_run, "OPTIONS", "/v1/alerts", headers=token)
    assert (status, headers["Allow"]) == (405, "GET, POST")
    assert json.loads(body)["detail"] == "OPTIONS is not possible here; GET or POST is."


def test_query_and_body_arrive_as_they_were_sent(local_run: Api) -> None:
    refusal = local_run.refused("GET", "/v1/integrations?limit=0", status=422)
    assert refusal["code"] == "validation_failed"
    too_large = {"name": "x" * 70_000, "secret_key": "sk_test_x"}
    refusal = local_run.refused("POST", "/v1/integrations", too_large, status=413)
    assert refusal["code"] == "too_large"


def test_an_answer_without_a_body_stays_one(local_run: Api) -> None:
    channel = local_run.ok(
        "POST", "/v1/channels", {"type": "email", "address": "team@example.com"}, status=201
    )

    assert local_run.call("DELETE", f"/v1/channels/{channel['id']}") == (204, None)


PLACES = ["/", "/goals", "/metrics/met_1", "/settings/channels", "/icon.svg", "/config.json"]


@pytest.mark.parametrize("path", PLACES)
def test_the_dashboard_is_served_with_a_strict_policy(local_run: Api, path: str) -> None:
    status, headers, body = ask(local_run, "GET", path)

    assert status == 200
    assert "script-src 'self'" in headers["Content-Security-Policy"]
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["Cache-Control"] == "no-store"
    assert b"a-token" not in body


def test_what_the_dashboard_is_made_of_may_be_kept(local_run: Api) -> None:
    page = ask(local_run, "GET", "/")[2].decode()
    files = re.findall(r'(?:src|href)="(/assets/[^"]+)"', page)

    assert {file.rpartition(".")[2] for file in files} == {"js", "css"}
    for file in files:
        status, headers, _ = ask(local_run, "GET", file)
        assert (status, "immutable" in headers["Cache-Control"]) == (200, True)
    assert ask(local_run, "GET", "/assets/none.js")[0] == 404
    assert ask(local_run, "GET", "/assets/..%2Findex.html")[0] == 404


def test_a_tick_of_an_empty_system_has_no_syncs(local_run: Api) -> None:
    for interval in ("hourly", "daily", "weekly"):
        assert tick(local_run, {"interval": interval}) == (200, {"syncs": []})


@pytest.mark.parametrize("body", [{}, {"interval": "yearly"}, {"interval": ["hourly"]}, []])
def test_a_tick_of_no_known_interval_is_refused(local_run: Api, body: Any) -> None:
    status, answer = tick(local_run, body)

    assert status == 422
    assert answer["code"] == "validation_failed"
    assert answer["errors"][0]["pointer"] == "/interval"


def test_a_tick_that_is_not_json_is_refused(local_run: Api) -> None:
    status, answer = tick(local_run, b"{")

    assert (status, answer["code"]) == (400, "validation_failed")


def test_ticks_at_the_same_time_wait_for_one_another(local_run: Api) -> None:
    answers: list[tuple[int, Any]] = []
    threads = [
        threading.Thread(target=lambda: answers.append(tick(local_run, {"interval": "hourly"})))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert answers == [(200, {"syncs": []})] * 4


def test_the_outbox_starts_empty(local_run: Api) -> None:
    assert local_run.ok("GET", "/_local/outbox")["data"] == []


def test_the_sandbox_can_be_moved_ahead(local_run: Api) -> None:
    answer = local_run.ok("POST", "/_local/sandbox/advance", {"days": 1})

    assert "1 day" in answer["summary"]


@pytest.mark.parametrize("days", [0, -1, "3", None, True, 100_000])
def test_time_moves_ahead_only_and_not_too_far(local_run: Api, days: Any) -> None:
    refusal = local_run.refused("POST", "/_local/sandbox/advance", {"days": days}, status=422)

    assert refusal["errors"][0]["pointer"] == "/days"
