"""The sandbox's failed payments: tried again, paid after all, or given up."""

from datetime import UTC, datetime
from typing import Any

import pytest

from local.stripe_sandbox import Business, Subscription
from local.stripe_sandbox.endpoints import get
from local.stripe_sandbox.periods import DAY

NOW = int(datetime(2026, 11, 1, 12, tzinfo=UTC).timestamp())
FIRST_TRY = NOW + 30 * DAY + 3_600
TRIES = [FIRST_TRY, FIRST_TRY + 3 * DAY, FIRST_TRY + 8 * DAY, FIRST_TRY + 15 * DAY]


@pytest.fixture(name="business")
def _business() -> Business:
    return Business.empty(now=NOW, bills=True)


def failing(business: Business, **fields: Any) -> Subscription:
    """Return a monthly subscription whose second payment fails."""
    sub = business.add_subscription(business.add_price(700), created=NOW, **fields)
    business.decline_payments(sub)
    return sub


def newest(business: Business) -> dict[str, Any]:
    """Return the newest invoice."""
    shown: dict[str, Any] = get(business.state, "/v1/invoices?limit=1")["data"][0]
    return shown


def failed_at(business: Business) -> list[int]:
    """Return when charges failed, oldest first."""
    data = get(business.state, "/v1/charges?limit=100")["data"]
    return [each["created"] for each in data[::-1] if each["status"] == "failed"]


def test_the_first_failed_attempt_makes_it_past_due(business: Business) -> None:
    sub = failing(business)
    business.advance_to(FIRST_TRY - 1)
    assert (sub.status, newest(business)["status"]) == ("active", "draft")
    business.advance_to(FIRST_TRY)
    assert sub.status == "past_due"
    assert business.state.history.of(sub.id)[-1].at == FIRST_TRY
    shown = newest(business)
    assert (shown["attempt_count"], shown["next_payment_attempt"]) == (1, TRIES[1])


def test_stripe_tries_again_after_three_five_and_seven_days(business: Business) -> None:
    sub = failing(business)
    for count, at in enumerate(TRIES, start=1):
        business.advance_to(at)
        shown = newest(business)
        assert (shown["status"], shown["attempt_count"]) == ("open", count)
        assert shown["next_payment_attempt"] == (TRIES[count] if count < 4 else None)
    assert failed_at(business) == TRIES
    told = get(business.state, "/v1/events?type=invoice.payment_failed")["data"]
    assert [each["created"] for each in told[::-1]] == TRIES
    business.advance_to(TRIES[-1] + 5 * DAY)
    assert (sub.status, failed_at(business)) == ("past_due", TRIES)


@pytest.mark.parametrize(("setting", "status"), [("cancel", "canceled"), ("unpaid", "unpaid")])
def test_after_the_last_attempt_the_account_gives_up(
    business: Business, setting: str, status: str
) -> None:
    sub = failing(business, when_retries_fail=setting)
    business.advance_to(TRIES[-1] - 1)
    assert sub.status == "past_due"
    business.advance_to(TRIES[-1])
    shown = newest(business)
    assert (sub.status, shown["status"]) == (status, "uncollectible")
    assert shown["status_transitions"]["marked_uncollectible_at"] == TRIES[-1]
    assert business.state.history.of(sub.id)[-1][0] == TRIES[-1]


def test_a_card_that_works_again_is_taken_at_the_next_attempt(business: Business) -> None:
    sub = failing(business)
    business.advance_to(TRIES[1])
    sub.card_declines = False
    business.advance_to(TRIES[2])
    shown = newest(business)
    assert (sub.status, shown["status"], shown["attempt_count"]) == ("active", "paid", 3)
    assert (shown["status_transitions"]["paid_at"], shown["next_payment_attempt"]) == (
        TRIES[2], None,
    )  # fmt: skip
    assert failed_at(business) == TRIES[:2]
    assert not business.state.customers[sub.customer].delinquent


def test_who_pays_by_hand_is_not_tried_again(business: Business) -> None:
    sub = failing(business)
    business.advance_to(TRIES[1] + DAY)
    business.set_status(sub, "active")
    shown = newest(business)
    assert (shown["status"], shown["attempt_count"]) == ("paid", 2)
    assert shown["status_transitions"]["paid_at"] == TRIES[1] + DAY
    business.advance(days=8)
    assert len(failed_at(business)) == 2


def test_the_invoices_of_an_unpaid_subscription_stay_drafts_until_it_is_paid(
    business: Business,
) -> None:
    sub = failing(business, when_retries_fail="unpaid")
    business.advance_to(TRIES[-1] + 20 * DAY)
    assert (sub.status, newest(business)["status"]) == ("unpaid", "draft")
    business.set_status(sub, "active")
    given_up = get(business.state, "/v1/invoices?status=paid&limit=1")["data"][0]
    moments = given_up["status_transitions"]
    assert (moments["marked_uncollectible_at"], moments["paid_at"]) == (TRIES[-1], business.now)
    assert business.state.history.of(sub.id)[-1][0] == business.now
    business.advance(days=31)
    assert (sub.status, newest(business)["status"]) == ("active", "paid")


def test_a_failed_attempt_is_told_step_by_step(business: Business) -> None:
    failing(business)
    business.advance_to(FIRST_TRY)
    page = get(business.state, f"/v1/events?limit=100&created[gte]={FIRST_TRY}")
    assert [each["type"] for each in page["data"][::-1]] == [
        "invoice.updated",
        "invoice.finalized",
        "charge.failed",
        "invoice.updated",
        "invoice.payment_failed",
        "customer.subscription.updated",
        "customer.updated",
    ]


def test_a_trial_that_nobody_pays_for_is_past_due_from_the_first_attempt(
    business: Business,
) -> None:
    ends = NOW + 7 * DAY
    sub = business.add_subscription(
        business.add_price(700),
        created=NOW,
        status="trialing",
        trial_end=ends,
        has_payment_method=False,
    )
    business.advance_to(ends)
    assert sub.status == "active"
    business.advance_to(ends + 3_600)
    shown = newest(business)
    assert (sub.status, shown["next_payment_attempt"]) == ("past_due", None)
    assert failed_at(business) == []


def test_a_past_of_failures_is_lived_through_at_once(business: Business) -> None:
    sub = business.add_subscription(
        business.add_price(700), created=NOW - 50 * DAY, status="past_due"
    )
    renewed = sub.items[0].period_start
    tries = [renewed + 3_600 + days * DAY for days in (0, 3, 8, 15)]
    assert failed_at(business) == [at for at in tries if at <= NOW]
    business.advance(days=1)
    assert all(each["created"] > NOW - 31 * DAY for each in
               get(business.state, "/v1/events?limit=100")["data"])  # fmt: skip


def test_only_the_latest_invoice_decides_whether_it_is_past_due(business: Business) -> None:
    sub = failing(business, prorates="always_invoice")
    business.advance_to(TRIES[0])
    assert sub.status == "past_due"
    free = business.add_price(0)
    business.change_item(sub.items[0], free)
    assert newest(business)["status"] == "paid"
    assert sub.status == "active"
    business.advance_to(TRIES[1])
    assert (sub.status, failed_at(business)) == ("active", TRIES[:2])
    sub.card_declines = False
    business.advance_to(TRIES[2])
    assert get(business.state, "/v1/invoices?status=open")["data"] == []


def test_who_resumes_a_pause_pays_by_a_card_that_works(business: Business) -> None:
    sub = failing(business)
    business.set_status(sub, "paused")
    business.advance(days=3)
    business.set_status(sub, "active")
    assert (sub.status, newest(business)["status"]) == ("active", "paid")
    assert newest(business)["attempt_count"] == 1


def test_nothing_is_tried_any_more_once_the_subscription_has_ended(business: Business) -> None:
    sub = failing(business)
    business.advance_to(TRIES[0])
    business.cancel(sub)
    assert (newest(business)["status"], newest(business)["next_payment_attempt"]) == ("open", None)
    business.advance(days=30)
    assert failed_at(business) == TRIES[:1]


def test_who_is_deleted_is_charged_nothing_any_more(business: Business) -> None:
    sub = business.add_subscription(business.add_price(700), created=NOW)
    business.advance_to(FIRST_TRY - 60)
    business.delete(business.state.customers[sub.customer])
    business.advance(days=1)
    assert newest(business)["status"] == "draft"
    assert len(get(business.state, "/v1/charges")["data"]) == 1
