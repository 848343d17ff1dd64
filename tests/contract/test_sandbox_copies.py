"""A business many times over is one consistent account, larger by that many times."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import requests

from local.stripe_sandbox import Sandbox, SeedOptions, Settings, seeded_business, start
from shared.adapters.stripe_source import StripeSource
from shared.domain.account import EVERYTHING, Needs
from shared.domain.definitions import Definitions
from shared.domain.metrics import CustomerCount, Mrr, Terms, compute
from shared.domain.stripe_key import StripeKey, parse_key

NOW = datetime(2026, 11, 22, 13, 0, tzinfo=UTC)
TIMES = 4
OPTIONS = SeedOptions(customers=60, days=300)
LISTS = (
    "/v1/subscriptions?status=all",
    "/v1/customers?",
    "/v1/invoices?",
    "/v1/invoiceitems?pending=false",
    "/v1/balance_transactions?expand[]=data.source",
    "/v1/events?types[]=customer.subscription.updated&types[]=invoice.paid",
)

Json = dict[str, Any]


@pytest.fixture(name="copied", scope="module")
def _copied() -> Iterator[Sandbox]:
    business = seeded_business(NOW, OPTIONS)
    with start(business, settings=Settings(copies=TIMES)) as sandbox:
        yield sandbox


@pytest.fixture(name="single", scope="module")
def _single() -> Iterator[Sandbox]:
    with start(seeded_business(NOW, OPTIONS)) as sandbox:
        yield sandbox


def ask(sandbox: Sandbox, target: str) -> Any:
    headers = {"Authorization": f"Bearer {sandbox.key}"}
    return requests.get(sandbox.url + target, headers=headers, timeout=20).json()


def walk(sandbox: Sandbox, target: str) -> list[Json]:
    found: list[Json] = []
    cursor = ""
    while True:
        page = ask(sandbox, f"{target}&limit=37{cursor}")
        found += page["data"]
        if not page["has_more"]:
            return found
        cursor = f"&starting_after={found[-1]['id']}"


def instant_of(body: Json) -> int:
    return int(body["date"] if "date" in body else body["created"])


@pytest.mark.parametrize("target", LISTS)
def test_a_list_holds_every_copy_once_newest_first(
    copied: Sandbox, single: Sandbox, target: str
) -> None:
    found = walk(copied, target)
    assert len({each["id"] for each in found}) == len(found)
    assert len(found) == TIMES * len(walk(single, target))
    instants = [instant_of(each) for each in found]
    assert instants == sorted(instants, reverse=True)
    middle = instants[len(instants) // 2]
    older = walk(copied, f"{target}&created[lte]={middle}")
    newer = walk(copied, f"{target}&created[gt]={middle}")
    assert newer + older == found


def test_objects_of_a_copy_know_one_another(copied: Sandbox) -> None:
    customers = {each["id"] for each in walk(copied, "/v1/customers?")}
    for sub in walk(copied, "/v1/subscriptions?")[:40]:
        assert sub["customer"] in customers
        owned = walk(copied, f"/v1/subscriptions?customer={sub['customer']}")
        assert sub["id"] in {each["id"] for each in owned}
        body = ask(copied, f"/v1/subscriptions/{sub['id']}?expand[]=latest_invoice")
        assert {**body, "latest_invoice": body["latest_invoice"]["id"]} == sub
        since = body["latest_invoice"]["created"]
        billed = walk(copied, f"/v1/invoices?subscription={sub['id']}&created[gte]={since}")
        assert [each["id"] for each in billed] == [sub["latest_invoice"]]


def test_an_id_of_no_copy_is_unknown(copied: Sandbox) -> None:
    (sub,) = ask(copied, "/v1/subscriptions?limit=1")["data"]
    for known, wrong in ((sub["id"], f"{TIMES:04}"), ("cus_1unknown0000", "0001")):
        kind = "subscriptions" if known == sub["id"] else "customers"
        body = ask(copied, f"/v1/{kind}/{known[:-4]}{wrong}")
        assert body["error"]["code"] == "resource_missing"


def test_numbers_are_so_many_times_larger(copied: Sandbox, single: Sandbox) -> None:
    for query, rounded_off in ((Mrr(), Decimal("0.005")), (CustomerCount("active"), 0)):
        one, many = (numbers(sandbox, query) for sandbox in (single, copied))
        assert one > 0
        assert abs(many - TIMES * one) <= TIMES * rounded_off


def numbers(sandbox: Sandbox, query: Any) -> Decimal:
    key = parse_key(sandbox.key, allow_restricted=False)
    assert isinstance(key, StripeKey)
    needs = Needs(subscriptions=True, history=timedelta(days=40), customers=EVERYTHING)
    reading = StripeSource(key, api_base=sandbox.url).read(needs)
    found = compute(query, reading.account, reading.as_of, Terms(Definitions(), "usd")).value
    assert found is not None
    return found


def test_what_happens_happens_to_every_copy_within_ten_minutes() -> None:
    business = seeded_business(NOW, OPTIONS)
    with start(business, settings=Settings(copies=TIMES)) as sandbox:
        before = {each["id"] for each in walk(sandbox, "/v1/events?")}
        sandbox.advance(hours=5)
        new = [each for each in walk(sandbox, "/v1/events?") if each["id"] not in before]
    assert len(new) >= TIMES
    assert len(new) % TIMES == 0
    assert min(instant_of(each) for each in new) > NOW.timestamp() - 600
