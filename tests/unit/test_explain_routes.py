"""Where a metric's number comes from, asked of the API."""

from dataclasses import replace
from datetime import timedelta
from fractions import Fraction
from urllib.parse import quote

import pytest

from shared.domain.balance import BalanceTransaction
from shared.domain.configuration import SyncStatus
from shared.domain.definitions import Definitions
from shared.domain.ledger import NO_FORM, Progress
from tests.api_world import ApiWorld
from tests.builders import a_discount, a_price, a_subscription, an_account, monthly
from tests.fakes import NOON
from tests.stories import a_metric, a_value

EXPLAIN = "/v1/metrics/met_1/explain"
INTEGRATION = "/v1/integrations/int_1"
DAY = timedelta(days=1)
OURS = Definitions().version


@pytest.fixture(name="world")
def _world(monkeypatch) -> ApiWorld:
    return ApiWorld.behind_the_handler(monkeypatch)


@pytest.fixture(name="read")
def _read(world):
    """Have three paying subscriptions and one past due in the ledger."""
    prices = (10_000, 20_000, 40_000)
    subscriptions = [monthly(it, livemode=False) for it in prices]
    late = monthly(8_000, status="past_due", livemode=False)
    world.read_account(an_account(*subscriptions, late, mode="test"))


def amounts(answer):
    return [it["amount"] for it in answer["contributions"]["data"]]


def refused(world, query, pointer):
    status, answer = world.ask("GET", f"{EXPLAIN}?{query}")
    assert (status, answer["code"]) == (422, "validation_failed")
    assert [it["pointer"] for it in answer["errors"]] == [pointer]
    return answer["detail"]


@pytest.mark.usefixtures("read")
def test_a_number_is_explained_as_of_its_newest_value(world):
    world.store(a_value("700", 1, as_of=NOON - DAY, definitions_version=OURS))
    found = world.ok("GET", EXPLAIN)
    assert (found["value"], found["unit"], found["currency"]) == (700, "currency", "usd")
    assert (found["formatted"], found["as_of"]) == ("$700.00", "2026-11-21T12:00:00Z")
    assert found["stored"] == {
        "value": 700,
        "computed_at": "2026-11-22T12:00:00Z",
        "origin": "observed",
    }
    assert found["definitions_version"] == OURS
    assert [it["code"] for it in found["warnings"]] == ["test_mode"]
    assert amounts(found) == [400, 200, 100]
    assert [(it["reason"], it["amount"]) for it in found["left_out"]] == [("past_due", 80)]


@pytest.mark.usefixtures("read")
def test_without_a_value_the_ledger_s_newest_instant_is_explained(world):
    assert world.ok("GET", EXPLAIN)["as_of"] == "2026-11-22T12:00:00Z"


@pytest.mark.usefixtures("read")
def test_at_any_instant_that_the_ledger_reaches(world):
    found = world.ok("GET", f"{EXPLAIN}?at=2026-05-01T00:00:00Z")
    assert (found["value"], found["as_of"]) == (0, "2026-05-01T00:00:00Z")
    assert "up to 2026-11-22T12:00:00Z" in refused(world, "at=2026-11-22T12:00:01Z", "?at")
    assert "later one" in refused(world, "at=2025-01-01T00:00:00Z", "?at")


@pytest.mark.usefixtures("read")
def test_the_contributions_come_in_pages_of_one_instant(world):
    first = world.ok("GET", f"{EXPLAIN}?limit=2")
    assert amounts(first) == [400, 200]
    assert first["contributions"]["total"] == 3
    world.store(a_value("700", 1, as_of=NOON - 10 * DAY, definitions_version=OURS))
    cursor = first["contributions"]["next_cursor"]
    rest = world.ok("GET", f"{EXPLAIN}?limit=2&cursor={cursor}")
    assert rest["as_of"] == first["as_of"]
    assert amounts(rest) == [100]
    assert rest["contributions"]["next_cursor"] is None
    # Where pages lead beyond the end, nothing is there, and nothing comes after it.
    beyond = world.ok("GET", f"{EXPLAIN}?cursor={cursor.partition('_')[0]}_99")["contributions"]
    assert (beyond["data"], beyond["next_cursor"]) == ([], None)


@pytest.mark.usefixtures("read")
@pytest.mark.parametrize("cursor", ["2", "x_2", "1_", "_", "-1_2", "9" * 18 + "_1", "²_1"])
def test_a_cursor_that_no_page_gave_is_refused(world, cursor):
    refused(world, f"cursor={quote(cursor)}", "?cursor")


@pytest.mark.usefixtures("read")
def test_a_cursor_belongs_to_its_instant(world):
    cursor = world.ok("GET", f"{EXPLAIN}?limit=1")["contributions"]["next_cursor"]
    refused(world, f"cursor={cursor}&at=2026-11-01T00:00:00Z", "?cursor")


@pytest.mark.usefixtures("read")
def test_a_stored_value_that_was_another_is_shown_beside_with_the_reason(world):
    world.store(a_value("650", 1, as_of=NOON, definitions_version=OURS))
    found = world.ok("GET", EXPLAIN)
    assert (found["value"], found["stored"]["value"]) == (700, 650)
    assert "stored_value_differs" in [it["code"] for it in found["warnings"]]


@pytest.mark.usefixtures("read")
def test_the_difference_to_stripe_is_told_by_cause_and_adds_up(world):
    found = world.ok("GET", f"{EXPLAIN}?compare_to=match_stripe")["comparison"]
    assert (found["compare_to"], found["value"], found["difference"]) == ("match_stripe", 780, 80)
    assert [(it["cause"], it["difference"]) for it in found["causes"]] == [
        ("past_due", 80),
        ("repeating_coupons", 0),
    ]
    assert found["definitions"]["past_due"] == "include"
    assert found["still_differs"]
    same = world.ok("GET", f"{EXPLAIN}?compare_to=default")["comparison"]
    assert (same["difference"], same["causes"], same["still_differs"]) == (0, [], [])


def test_coupons_that_end_are_a_cause_of_their_own(world):
    coupon = a_discount(percent_off=50, duration="repeating", end=NOON + 30 * DAY)
    lowered = a_subscription(a_price(10_000), discounts=[coupon], livemode=False)
    world.read_account(an_account(lowered, mode="test"))
    found = world.ok("GET", f"{EXPLAIN}?compare_to=match_stripe")["comparison"]
    assert {it["cause"]: it["difference"] for it in found["causes"]} == {
        "past_due": 0,
        "repeating_coupons": 50,
    }


def test_a_number_that_is_withheld_has_no_difference(world):
    world.read_account(an_account(monthly(1000, currency="eur", livemode=False), mode="test"))
    price = a_price(1000, currency="eur")
    world.read_account(an_account(a_subscription(price, livemode=False), mode="test"))
    found = world.ok("GET", f"{EXPLAIN}?compare_to=match_stripe")
    assert found["value"] is None
    assert "currency_rate_missing" in [it["code"] for it in found["warnings"]]
    assert found["breakdown"]["by_currency"][0]["value"] == 10
    assert found["comparison"]["difference"] is None


@pytest.mark.usefixtures("read")
def test_an_older_series_is_explained_under_its_own_definitions(world):
    world.ok("PATCH", INTEGRATION, {"definitions": {"preset": "match_stripe"}})
    assert world.ok("GET", EXPLAIN)["value"] == 780
    found = world.ok("GET", f"{EXPLAIN}?definitions_version={OURS}")
    assert (found["value"], found["definitions_version"]) == (700, OURS)
    assert found["definitions"]["past_due"] == "exclude"
    assert "never had" in refused(world, "definitions_version=000", "?definitions_version")


@pytest.mark.usefixtures("read")
def test_a_series_of_an_earlier_query_is_not_explained_by_the_present_one(world):
    world.ok("PATCH", "/v1/metrics/met_1", {"query": {"type": "arr"}})
    found = world.ok("GET", f"{EXPLAIN}?compare_to=match_stripe")
    assert found["definitions_version"] == f"{OURS}.2"
    assert found["comparison"]["definitions_version"].endswith(".2")
    assert world.ok("GET", f"{EXPLAIN}?definitions_version={OURS}.2")["value"] == 8_400
    assert "of before" in refused(world, f"definitions_version={OURS}.1", "?definitions_version")


def test_a_rate_that_is_yet_to_be_read_is_not_missing(world):
    euros = a_subscription(a_price(1000, currency="eur"), livemode=False)
    account = an_account(euros, mode="test")
    world.read_account(account, phase="balance", history_since=None, balance_since=None)
    assert world.ask("GET", EXPLAIN)[1]["code"] == "import_running"
    query = {"integration_id": "int_1", "query": {"type": "mrr"}}
    assert world.ask("POST", "/v1/test-query", query)[1]["code"] == "import_running"
    world.read_account(account)
    assert world.ok("GET", EXPLAIN)["value"] is None
    assert world.ok("POST", "/v1/test-query", query)["value"] is None


def test_a_rate_that_the_account_s_money_tells_is_shown_with_its_day(world):
    euros = a_subscription(a_price(1000, currency="eur"), livemode=False)
    account = an_account(euros, mode="test")
    row = BalanceTransaction("txn_1", NOON - 2 * DAY, "charge", 1250, 0, "usd")
    row = replace(row, source_currency="eur", exchange_rate=Fraction(5, 4))
    world.read_account(replace(account, balance=(row,)))
    found = world.ok("GET", EXPLAIN)
    assert (found["value"], found["warnings"][0]["code"]) == (12.5, "test_mode")
    assert found["breakdown"]["by_currency"] == [
        {
            "currency": "eur",
            "value": 10,
            "count": 1,
            "rate": 1.25,
            "rate_source": "implied",
            "rate_at": "2026-11-20T12:00:00Z",
            "converted": 12.5,
        }
    ]
    world.ok("PATCH", INTEGRATION, {"fx_rates": {"eur": 1.1}})
    (row,) = world.ok("GET", EXPLAIN)["breakdown"]["by_currency"]
    assert (row["rate"], row["rate_source"], row["rate_at"]) == (1.1, "configured", None)


def test_while_the_account_is_being_read_the_answer_is_how_far_it_is(world):
    metric = a_metric()
    world.config.save_sync_status(
        "int_1", SyncStatus("running", 1, progress=Progress("subscriptions", 1, 4, 30))
    )
    status, answer = world.ask("GET", EXPLAIN)
    assert (status, answer["code"], answer["retryable"]) == (409, "import_running", True)
    assert "25 %" in answer["detail"]
    world.ok("POST", f"{INTEGRATION}/disconnect")
    status, answer = world.ask("GET", EXPLAIN)
    assert (status, answer["code"], answer["retryable"]) == (409, "conflict", False)
    assert world.ask("GET", f"/v1/metrics/{metric.id}x/explain")[0] == 404


def test_what_an_import_has_read_already_is_explained(world):
    account = an_account(monthly(1000, livemode=False), mode="test")
    world.read_account(account, phase="balance", history_since=None, balance_since=None)
    assert world.ok("GET", EXPLAIN)["value"] == 10


@pytest.mark.usefixtures("read")
def test_a_disconnected_account_is_still_explained(world):
    world.ok("POST", f"{INTEGRATION}/disconnect")
    assert world.ok("GET", EXPLAIN)["value"] == 700


@pytest.mark.usefixtures("read")
def test_the_ledger_is_read_once(world):
    items = [it for it in world.ledger_table.items.values() if it["pk"].startswith("LEDGER")]
    world.ledger_table.reads = 0
    world.ok("GET", f"{EXPLAIN}?compare_to=match_stripe")
    # The place is an item of its own.
    assert world.ledger_table.reads == len(items) + 1


@pytest.mark.usefixtures("read")
def test_stripe_is_not_asked(world):
    world.ok("GET", f"{EXPLAIN}?compare_to=match_stripe")
    assert world.source.readings == 0
    assert world.queue.requests == []


def test_a_place_of_another_form_is_as_good_as_none(world):
    world.read_account(an_account(monthly(1000, livemode=False), mode="test"))
    world.read_account(an_account(mode="test"), form=NO_FORM)
    assert world.ask("GET", EXPLAIN)[1]["code"] == "import_running"
