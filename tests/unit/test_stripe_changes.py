"""Events as hints: who changed is told, and where it cannot be told, that is said."""

import json
from typing import Any

import pytest

from shared.adapters.stripe_changes import (
    EVENT_TYPES,
    ChangedInvoice,
    Changes,
    changes_in,
)
from shared.adapters.stripe_history_objects import EventObject, ListedCustomerObject
from shared.adapters.stripe_objects import decode
from tests.builders import (
    Json,
    a_coupon,
    a_customer,
    a_discount,
    a_price,
    an_id,
    days_ago,
    monthly,
    seconds,
)
from tests.history_builders import a_debit, a_waiting_item, an_event, an_invoice, with_item

INVOICE_EVENTS = [it for it in EVENT_TYPES if it.startswith("invoice.")]
OF_SUBSCRIPTIONS = [
    it for it in EVENT_TYPES if it.startswith(("customer.subscription.", "customer.discount."))
]


def changes(*bodies: Json) -> Changes:
    return changes_in(decode(json.dumps(body).encode(), EventObject) for body in bodies)


def an_event_of(kind: str, **obj: Any) -> Json:
    return an_event(kind, {"id": an_id("obj"), **obj}, at=days_ago(1))


def test_events_are_asked_for_by_as_many_types_as_stripe_takes_at_once() -> None:
    assert len(EVENT_TYPES) == len(set(EVENT_TYPES)) == 20


@pytest.mark.parametrize("kind", OF_SUBSCRIPTIONS)
def test_a_changed_subscription_or_discount_names_its_customer(kind: str) -> None:
    found = changes(an_event_of(kind, customer="cus_a"))
    assert found == Changes(subscribers={"cus_a"})
    assert found.customers == {"cus_a"}


def test_a_payload_of_long_ago_still_names_its_customer() -> None:
    # As before 2020: a plan at the top, a discount without an id.
    old = {"customer": "cus_a", "plan": {"id": "gold", "amount": 500}, "quantity": 2}
    discount = {"object": "discount", "customer": "cus_b", "coupon": a_coupon(percent_off=5)}
    found = changes(
        an_event_of("customer.subscription.updated", **old),
        an_event("customer.discount.created", discount, at=days_ago(1)),
    )
    assert found == Changes(subscribers={"cus_a", "cus_b"})


def test_a_new_customer_is_told_with_all_that_is_needed_of_it() -> None:
    customer = a_customer(id="cus_a", created=seconds(days_ago(2)), test_clock="clock_1")
    found = changes(an_event("customer.created", customer, at=days_ago(2)))
    expected = ListedCustomerObject("cus_a", seconds(days_ago(2)), True, "clock_1")  # noqa: FBT003
    assert found == Changes(created={"cus_a": expected})


def test_a_deleted_customer_is_told_with_the_time() -> None:
    found = changes(an_event("customer.deleted", a_customer(id="cus_a"), at=days_ago(2)))
    assert found == Changes(deleted={"cus_a": seconds(days_ago(2))})


@pytest.mark.parametrize("kind", [it for it in INVOICE_EVENTS if it != "invoice.deleted"])
def test_whatever_happens_to_an_invoice_is_told_once(kind: str) -> None:
    event = an_event_of(kind, id="in_a", customer="cus_a", created=7)
    expected = ChangedInvoice("cus_a", 7, is_new=kind == "invoice.created")
    assert changes(event, event) == Changes(invoices={"in_a": expected})


def test_an_invoice_is_new_whatever_came_after_its_creation() -> None:
    kinds = ["invoice.created", "invoice.finalized", "invoice.paid"]
    events = [an_event_of(kind, id="in_a", customer="cus_a", created=7) for kind in kinds]
    for order in (events, events[::-1]):
        assert changes(*order).invoices["in_a"].is_new


def test_a_deleted_invoice_is_not_among_those_that_are_there() -> None:
    kinds = ["invoice.created", "invoice.deleted"]
    events = [an_event_of(kind, id="in_a", customer="cus_a", created=7) for kind in kinds]
    for order in (events, events[::-1]):
        assert changes(*order) == Changes(deleted_invoices={"in_a": "cus_a"})


def test_a_proration_that_waits_names_its_customer() -> None:
    subscription, item = with_item("price_a")
    waiting = a_waiting_item(subscription, a_debit(item, at=days_ago(1)))
    once, taken = waiting | {"proration": False}, waiting | {"invoice": "in_1"}
    events = [an_event("invoiceitem.created", it, at=days_ago(1)) for it in (waiting, once, taken)]
    assert changes(events[0]) == Changes(waiting={waiting["id"]: subscription["customer"]})
    assert changes(*events[1:]) == Changes()


def test_changed_prices_and_coupons_are_named() -> None:
    found = changes(
        an_event("price.updated", a_price(100, id="price_a"), at=days_ago(1)),
        an_event("coupon.updated", a_coupon(id="ten", percent_off=10), at=days_ago(1)),
    )
    assert found == Changes(prices={"price_a"}, coupons={"ten"})


@pytest.mark.parametrize("kind", EVENT_TYPES)
@pytest.mark.parametrize("payload", [{}, {"id": 7}, {"customer": 7}, {"customer": {}}, [], None])
def test_what_cannot_be_told_is_reported(kind: str, payload: Any) -> None:
    event = an_event(kind, payload, at=days_ago(1))
    assert changes(event).unknown == [event["id"]]


def test_what_is_nobodys_is_in_no_number() -> None:
    subscription, _ = with_item("price_a")
    invoice = an_invoice(subscription, at=days_ago(1), customer=None)
    assert changes(an_event("invoice.paid", invoice, at=days_ago(1))) == Changes()


def test_other_events_change_nothing() -> None:
    event = an_event("customer.updated", a_customer(discount=a_discount()), at=days_ago(1))
    assert changes(event, an_event("price.created", a_price(1), at=days_ago(1))) == Changes()


def test_everybody_of_whom_anything_changed_is_told_at_once() -> None:
    found = changes(
        an_event("customer.subscription.updated", monthly(1, customer="cus_a"), at=days_ago(1)),
        an_event("customer.created", a_customer(id="cus_b"), at=days_ago(1)),
        an_event("customer.deleted", a_customer(id="cus_c"), at=days_ago(1)),
        an_event_of("invoice.paid", customer="cus_d"),
        an_event_of("invoice.deleted", customer="cus_e"),
        an_event_of("invoiceitem.created", customer="cus_f"),
    )
    assert found.customers == {f"cus_{it}" for it in "abcdef"}
