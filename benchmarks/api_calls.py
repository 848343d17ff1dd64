"""Asks the API's handler, in a process of its own, and counts what each request takes.

`python -m benchmarks.api_calls ROUNDS LAST FILE`, with the environment of the deployed function:
asks every route that asks nothing of Stripe, ROUNDS times and once before to warm up, of tables as
`api_stock` fills them; LAST is the number of the last integration. Writes JSON to FILE.
"""

import json
import sys
import time
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import boto3

from benchmarks.api_stock import METRICS
from benchmarks.counted_dynamodb import READ_BYTES, item_size

_READS = frozenset({"GetItem", "BatchGetItem", "Query"})
# Removing an integration takes as long as all the rest together.
_REMOVALS = 3
_SCOPES = "stripe-metrics/metrics:read stripe-metrics/metrics:write"


@dataclass(frozen=True, slots=True)
class Step:
    """One request.

    Attributes:
        target: with `{n}`, the number of the round and of an integration, `{last}`, one of those
            that are removed, and the ids that were kept.
        body: likewise.
        keep: under which name the id of the answer is kept.
    """

    method: str
    target: str
    body: Mapping[str, Any] = field(default_factory=dict)
    keep: str = ""


_GOAL = {"name": "More", "target": 500}
_RULE = {"type": "threshold", "threshold": 50, "direction": "below"}
_ALERT = {"metric_id": "met_{n}_0", "rule": _RULE, "channels": ["chn_00"]}
_METRIC = {"name": "ARR", "query": {"type": "arr"}, "refresh_interval": "daily"}
_TOLD = {"channels": ["chn_00"], "events": ["sync_failed"]}
_VALUES = "/v1/metrics/met_{n}_0/values"
# Each finds what those before it have left.
STEPS = (
    Step("GET", "/v1/metric-types"),
    Step("GET", "/v1/integrations"),
    Step("GET", "/v1/integrations/int_{n}"),
    Step("GET", "/v1/integrations/int_{n}/metrics"),
    Step("GET", "/v1/metrics/met_{n}_0"),
    Step("GET", f"{_VALUES}?resolution=raw"),
    Step("GET", f"{_VALUES}?resolution=day"),
    Step("GET", f"{_VALUES}?resolution=week"),
    Step("GET", f"{_VALUES}?resolution=month"),
    Step("GET", "/v1/goals"),
    Step("GET", "/v1/goals/gol_{n}_0"),
    Step("GET", "/v1/alerts"),
    Step("GET", "/v1/alerts/alt_{n}_0"),
    Step("GET", "/v1/alerts/alt_{n}_0/events"),
    Step("GET", "/v1/channels"),
    Step("GET", "/v1/notifications"),
    Step("PATCH", "/v1/integrations/int_{n}", {"name": "Shop"}),
    Step("POST", "/v1/integrations/int_{n}/sync"),
    Step("POST", "/v1/integrations/int_{n}/metrics", _METRIC, "metric"),
    Step("PATCH", "/v1/metrics/{metric}", {"name": "Annual"}),
    Step("POST", "/v1/goals", _GOAL, "goal"),
    Step("PUT", "/v1/goals/{goal}/metrics/met_{n}_0", {"primary": True}),
    Step("PATCH", "/v1/goals/{goal}", {"target": 600}),
    Step("DELETE", "/v1/goals/{goal}/metrics/met_{n}_0"),
    Step("DELETE", "/v1/goals/{goal}"),
    Step("POST", "/v1/alerts/preview", {"metric_id": "met_{n}_0", "rule": _RULE}),
    Step("POST", "/v1/alerts", _ALERT, "alert"),
    Step("PATCH", "/v1/alerts/{alert}", {"cooldown_hours": 2}),
    Step("DELETE", "/v1/alerts/{alert}"),
    Step("POST", "/v1/channels", {"type": "email", "address": "new{n}@example.com"}, "channel"),
    Step("POST", "/v1/channels/{channel}/test"),
    Step("DELETE", "/v1/channels/{channel}"),
    Step("PUT", "/v1/notifications", _TOLD),
    Step("DELETE", f"/v1/metrics/met_{{n}}_{METRICS - 1}"),
    Step("POST", "/v1/integrations/int_{last}/disconnect"),
    Step("DELETE", "/v1/integrations/int_{last}"),
)


class _Counter:
    """What the process's calls to AWS take, in all clients that it makes."""

    def __init__(self) -> None:
        self.found: defaultdict[str, float] = defaultdict(float)
        boto3.setup_default_session()
        session = boto3.DEFAULT_SESSION
        assert session is not None
        ask: Any = self._ask  # the stubs want hooks that give nothing
        session.events.register("provide-client-params.dynamodb", ask)
        session.events.register("after-call", self._count)

    def _ask(self, *, params: dict[str, Any], model: Any, **_: Any) -> dict[str, Any]:
        if model.name == "BatchGetItem":
            # One that is not there costs a unit as well.
            asked = params["RequestItems"].values()
            self.found["read_units"] += sum(len(table["Keys"]) for table in asked)
        # Of an item of which only the keys come over, the whole counts.
        whole = {name: value for name, value in params.items() if name != "ProjectionExpression"}
        return {**whole, "ReturnConsumedCapacity": "TOTAL"}

    def _count(self, *, parsed: Mapping[str, Any], model: Any, **_: Any) -> None:
        service = model.service_model.service_name
        self.found["dynamodb_calls" if service == "dynamodb" else "other_calls"] += 1
        told = parsed.get("ConsumedCapacity", [])
        if model.name in _READS:
            self._count_read(parsed, {} if isinstance(told, list) else told)
            return
        for consumed in told if isinstance(told, list) else [told]:
            self.found["write_units"] += consumed["CapacityUnits"]

    def _count_read(self, answer: Mapping[str, Any], told: Mapping[str, Any]) -> None:
        """Count 4 KB for a unit, which the emulator does not: to it a list is one unit."""
        items = [answer["Item"]] if "Item" in answer else answer.get("Items", [])
        self.found["items_read"] += len(items)
        if told:
            share = 0.5 if told["CapacityUnits"] < 1 else 1  # of the index
            self.found["read_units"] += share * max(1, -(-sum(map(item_size, items)) // READ_BYTES))
        for item in chain.from_iterable(answer.get("Responses", {}).values()):
            self.found["items_read"] += 1
            self.found["read_units"] += -(-item_size(item) // READ_BYTES) - 1


class _Team:
    """Goes through the steps; keeps for each what its requests took.

    Attributes:
        taken: by route, of each request what it took, `ms` included.
        gets: milliseconds of reading one item, beside every request.
    """

    def __init__(self, last: int) -> None:
        self._counter = _Counter()
        from functions.api import handler  # noqa: PLC0415 - its clients are to be counted
        from functions.api.bootstrap import services  # noqa: PLC0415

        self._handle, self._config, self._last = handler.handle, services().config, last
        self.taken: dict[str, list[dict[str, float]]] = {}
        self.gets: list[float] = []

    def go_round(self, number: int) -> None:
        """Carry out every step once."""
        words = {"n": f"{number:02d}", "last": f"{self._last - number:02d}"}
        for step in STEPS:
            if "{last}" in step.target and number > _REMOVALS:
                continue
            body = json.loads(_filled(json.dumps(step.body), words)) if step.body else None
            took, answer = self._ask(step.method, _filled(step.target, words), body)
            name = f"{step.method} {step.target.replace('{n}', '00')}"
            self.taken.setdefault(name, []).append(took)
            if step.keep:
                words[step.keep] = answer["id"]
            began = time.perf_counter()
            self._config.notifications()
            self.gets.append((time.perf_counter() - began) * 1000)

    def _ask(self, method: str, target: str, body: Any) -> tuple[dict[str, float], Any]:
        event = event_of(method, target, body)
        context: Any = LambdaContext()
        self._counter.found.clear()
        began = time.perf_counter()
        answer = self._handle(event, context)
        took = (time.perf_counter() - began) * 1000
        if answer["statusCode"] >= 300:  # noqa: PLR2004 - refused
            raise RuntimeError(f"{method} {target}: {answer['statusCode']} {answer['body']}")
        return {**self._counter.found, "ms": took}, json.loads(answer["body"] or "null")


class LambdaContext:
    """As much of a Lambda context as the logger looks at."""

    function_name = "api"
    function_version = "1"
    memory_limit_in_mb = 512
    invoked_function_arn = "arn:aws:lambda:us-east-1:000000000000:function:api"
    aws_request_id = "request-1"


def _filled(text: str, words: Mapping[str, str]) -> str:
    for word, value in words.items():
        text = text.replace(f"{{{word}}}", value)
    return text


def event_of(method: str, target: str, body: Any = None) -> dict[str, Any]:
    """Give what API Gateway hands to the handler for a request."""
    parts = urlsplit(target)
    return {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": parts.path,
        "rawQueryString": parts.query,
        "queryStringParameters": dict(parse_qsl(parts.query)) or None,
        "headers": {"content-type": "application/json"},
        "requestContext": {
            "requestId": "request-1",
            "stage": "$default",
            "http": {"method": method, "path": parts.path, "sourceIp": "192.0.2.1"},
            "authorizer": {"jwt": {"claims": {"scope": _SCOPES}}},
        },
        "body": None if body is None else json.dumps(body),
        "isBase64Encoded": False,
    }


def main() -> None:
    """Ask, and write what it took."""
    rounds, last, file = int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])
    team = _Team(last)
    for number in range(rounds + 1):
        team.go_round(number)
    warm = {name: taken[1:] for name, taken in team.taken.items()}
    kinds = sorted({kind for took in chain.from_iterable(warm.values()) for kind in took})
    routes = {
        name: {kind: [took.get(kind, 0) for took in taken] for kind in kinds}
        for name, taken in warm.items()
    }
    file.write_text(json.dumps({"get_ms": team.gets[len(STEPS) :], "routes": routes}))


if __name__ == "__main__":
    main()
