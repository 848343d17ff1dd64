"""Customer Count: the worked cases by their ids, and what is said beside the number."""

from decimal import Decimal

import pytest

from shared.domain.account import Account
from shared.domain.definitions import Definitions
from shared.domain.metrics import (
    Churn,
    CustomerCount,
    Measurement,
    MetricQuery,
    Nrr,
    compute,
    query_from_dict,
)
from tests.builders import (
    MATCH_STRIPE,
    NOW,
    a_customer,
    a_price,
    a_subscription,
    days_ago,
    monthly,
    seconds,
    terms,
)
from tests.history_builders import (
    a_line,
    a_past_account,
    an_event,
    an_invoice,
    an_update,
    ended,
    transitions,
)


def count(
    account: Account,
    kind: str,
    time_range: str = "last_month",
    definitions: Definitions | None = None,
) -> Measurement:
    query = {"type": "customer_count", "customer_type": kind, "time_range": time_range}
    return compute(query_from_dict(query), account, NOW, terms(definitions))


def k01() -> Account:
    """A pays, B pays twice, C tries, D paid until a week ago, E came three days ago."""
    return a_past_account(
        [
            monthly(1000, customer="cus_a"),
            monthly(1000, customer="cus_b"),
            monthly(2000, customer="cus_b"),
            monthly(1000, customer="cus_c", status="trialing"),
            ended(monthly(1000, customer="cus_d"), 7),
        ],
        customers=[
            *(a_customer(id=f"cus_{name}") for name in "abcd"),
            a_customer(id="cus_e", created=seconds(days_ago(3))),
        ],
    )


@pytest.mark.parametrize(
    ("kind", "time_range", "expected"),
    [
        ("all", "last_month", 5),
        ("active", "last_month", 2),
        ("new", "last_month", 1),
        ("churned", "last_month", 1),
        ("churned", "last_day", 0),
    ],
)
def test_k01_five_customers(kind: str, time_range: str, expected: int) -> None:
    assert count(k01(), kind, time_range).value == Decimal(expected)


def test_k01_whoever_has_not_left_is_left_out_of_those_who_have() -> None:
    left_out = count(k01(), "churned").explanation.left_out
    assert {row.reason: row.count for row in left_out} == {"retained": 2, "not_paying": 1}


def test_k03_who_has_one_active_and_one_canceled_is_active_and_has_not_left() -> None:
    account = a_past_account(
        [
            monthly(1000, customer="cus_1"),
            ended(monthly(1000, customer="cus_1"), 5),
        ]
    )
    assert count(account, "active").value == 1
    assert count(account, "churned").value == 0


def test_m38_a_free_plan_makes_an_active_customer_who_does_not_pay() -> None:
    measured = count(a_past_account([monthly(0)]), "active")
    assert measured.value == 1
    assert measured.explanation.companions["paying"] == 0


def test_a_failed_payment_is_active_only_where_past_due_is_included() -> None:
    account = a_past_account([monthly(1000, status="past_due")])
    ours = count(account, "active")
    assert ours.value == 0
    assert count(account, "active", definitions=MATCH_STRIPE).value == 1
    (warning,) = ours.warnings
    assert warning.code == "status_counts_differ"
    assert warning.message.startswith("1 customer whose payment failed not counted as active.")


def test_a_customer_who_became_unpaid_or_paused_has_left() -> None:
    unpaid = monthly(1000, status="unpaid")
    invoice = an_invoice(
        unpaid,
        a_line(unpaid["items"]["data"][0], at=days_ago(30)),
        at=days_ago(30),
        status="uncollectible",
        attempt_count=4,
        status_transitions=transitions(finalized=days_ago(30), marked_uncollectible=days_ago(9)),
    )
    paused = monthly(
        1000,
        status="paused",
        status_details={"paused": {"transitioned_at": seconds(days_ago(4))}},
    )
    account = a_past_account([unpaid, paused], invoices=[invoice])
    assert count(account, "churned").value == 2
    assert count(account, "churned", "last_week").value == 1


def test_who_has_been_unpaid_for_long_does_not_leave_when_it_ends() -> None:
    gone = ended(monthly(1000), 3)
    invoice = an_invoice(
        gone,
        a_line(gone["items"]["data"][0], at=days_ago(80)),
        at=days_ago(80),
        status="uncollectible",
        attempt_count=4,
        status_transitions=transitions(finalized=days_ago(80), marked_uncollectible=days_ago(60)),
    )
    assert count(a_past_account([gone], invoices=[invoice]), "churned").value == 0
    assert count(a_past_account([gone], invoices=[invoice]), "churned", "last_quarter").value == 1


def test_who_keeps_a_free_subscription_has_not_left() -> None:
    account = a_past_account(
        [
            ended(monthly(1000, customer="cus_1"), 5),
            monthly(0, customer="cus_1"),
        ]
    )
    assert count(account, "churned").value == 0


def test_who_never_paid_cannot_leave() -> None:
    assert count(a_past_account([ended(monthly(0), 5)]), "churned").value == 0


def test_a_customer_deleted_since_is_neither_new_nor_there() -> None:
    person = a_customer(created=seconds(days_ago(12)))
    account = a_past_account([], events=[an_event("customer.deleted", person, at=days_ago(2))])
    (left_out,) = count(account, "new").explanation.left_out
    assert [count(account, kind).value for kind in ("all", "new")] == [0, 0]
    assert (left_out.reason, left_out.count) == ("deleted", 1)
    earlier = query_from_dict({"type": "customer_count"})
    assert compute(earlier, account, days_ago(5), terms()).value == 1


def test_customers_of_a_test_clock_or_the_other_mode_count_nowhere() -> None:
    account = a_past_account(
        [monthly(1000, test_clock="clock_1"), ended(monthly(1000, livemode=False), 5)],
        customers=[a_customer(test_clock="clock_1"), a_customer(livemode=False)],
    )
    counts = [count(account, kind) for kind in ("all", "new", "active", "churned")]
    assert [it.value for it in counts] == [0, 0, 0, 0]
    for measured in counts:
        assert {"mode_mismatch", "test_clock"} <= {it.code for it in measured.warnings}


def test_a_status_that_is_not_known_is_named_and_is_no_loss() -> None:
    now_strange = monthly(5000, status="dormant", customer="cus_1")
    event = an_update(now_strange, at=days_ago(8), status="active")
    account = a_past_account([now_strange, monthly(10000)], events=[event])
    expected: list[tuple[MetricQuery, int]] = [
        (CustomerCount("active"), 1),
        (CustomerCount("churned"), 0),
        (Churn(), 0),
        (Churn("churned_mrr"), 0),
        (Nrr(), 100),
    ]
    for query, value in expected:
        measured = compute(query, account, NOW, terms())
        assert measured.value == value
        named = [it.message for it in measured.warnings if it.code == "unreadable"]
        assert len(named) == 1
        assert "unknown status dormant" in named[0]


def test_who_left_with_an_amount_that_cannot_be_read_is_named_and_not_counted() -> None:
    nameless = ended(a_subscription(a_price(None, unit_amount_decimal=None)), 5)
    measured = count(a_past_account([nameless, ended(monthly(1000), 6)]), "churned")
    assert measured.value == 1
    (warning,) = measured.warnings
    assert warning.code == "unreadable"
    assert warning.message.startswith("1 customer cannot be read and is not in Churned customers")
