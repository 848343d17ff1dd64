"""A POST with an Idempotency-Key through the deployed API, with the rights that it has there."""

import json
import urllib.error
import urllib.request
from typing import Any

import pytest

from tests.local_process import Api, running_local

pytestmark = pytest.mark.emulator

GOAL = {"name": "Asked for more than once", "target": 1000}


def post(api: Api, path: str, body: Any, key: str) -> tuple[int, dict[str, str], Any]:
    """Send a request with the key; gives status, headers by their small letters, and body."""
    request = urllib.request.Request(  # noqa: S310 - a loopback address of ours
        api.url + path,
        method="POST",
        data=json.dumps(body).encode(),
        headers={
            "Authorization": f"Bearer {api.token}",
            "Content-Type": "application/json",
            "Idempotency-Key": key,
        },
    )
    try:
        answer = urllib.request.urlopen(request, timeout=60)  # noqa: S310 - likewise
    except urllib.error.HTTPError as error:
        answer = error
    with answer:
        headers = {name.lower(): value for name, value in answer.headers.items()}
        return answer.status, headers, json.loads(answer.read())


def goals(api: Api) -> list[str]:
    """Give the ids of the goals of that name."""
    return [it["id"] for it in api.ok("GET", "/v1/goals")["data"] if it["name"] == GOAL["name"]]


def test_a_goal_that_is_asked_for_again_is_answered_again_and_there_once(local_run: Api) -> None:
    status, headers, goal = post(local_run, "/v1/goals", GOAL, "again")
    assert (status, headers["etag"], "idempotent-replayed" in headers) == (201, '"1"', False)

    status, headers, same = post(local_run, "/v1/goals", GOAL, "again")
    assert (status, headers["etag"], headers["idempotent-replayed"]) == (201, '"1"', "true")
    assert headers["content-type"] == "application/json"
    assert same == goal
    assert goals(local_run) == [goal["id"]]

    local_run.ok("DELETE", f"/v1/goals/{goal['id']}", status=204)


def test_a_key_of_another_request_is_refused_and_nothing_is_made(local_run: Api) -> None:
    assert post(local_run, "/v1/goals", GOAL | {"name": ""}, "used")[0] == 422
    status, _, goal = post(local_run, "/v1/goals", GOAL, "used")
    assert status == 201  # a refusal has not used the key up

    status, headers, problem = post(local_run, "/v1/goals", GOAL | {"target": 7}, "used")
    assert (status, problem["code"], problem["retryable"]) == (409, "conflict", False)
    assert headers["content-type"] == "application/problem+json"
    assert goals(local_run) == [goal["id"]]

    local_run.ok("DELETE", f"/v1/goals/{goal['id']}", status=204)


def test_an_answer_that_asks_to_try_again_is_forgotten() -> None:
    account = {"name": "Acme", "secret_key": f"sk_test_{'a' * 24}"}
    # Nobody listens there.
    with running_local("--empty", "--no-schedule", "--stripe-api", "http://127.0.0.1:9") as api:
        for _ in range(2):
            status, headers, problem = post(api, "/v1/integrations", account, "forgotten")
            assert (status, problem["code"]) == (503, "stripe_unavailable")
            assert problem["retryable"]
            assert "idempotent-replayed" not in headers
