"""What is kept of a customer: any order of reading ends in the same, and what has gone is gone."""

import json
from collections.abc import Iterable
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.adapters.stripe_documents import (
    NOBODY,
    CustomerFacts,
    Seen,
    by_customer,
    decode,
    encode,
    merge,
)
from shared.adapters.stripe_history_objects import (
    EventObject,
    InvoiceItemObject,
    InvoiceObject,
    ListedCustomerObject,
    PastEventObject,
    PastItemsObject,
    PastSubscriptionObject,
)
from shared.adapters.stripe_mapping import Catalog
from shared.adapters.stripe_objects import Page, SubscriptionObject
from shared.adapters.stripe_objects import decode as decode_json
from shared.adapters.stripe_telling import to_records
from shared.domain.ledger import CustomerRecord
from tests.builders import NOW, Json, a_customer, a_price, days_ago, monthly, seconds
from tests.history_builders import (
    a_debit,
    a_line,
    a_waiting_item,
    an_event,
    an_invoice,
    an_update,
    began,
    with_item,
)

KINDS: dict[str, Any] = {
    "customer": ListedCustomerObject,
    "event": EventObject,
    "invoice": InvoiceObject,
    "invoiceitem": InvoiceItemObject,
    "subscription": SubscriptionObject,
}
SECONDS = st.integers(0, 4)
IDS = st.sampled_from("ab")


def objects(*bodies: Json) -> list[Any]:
    """What the lists give for these objects."""
    return [decode_json(json.dumps(body).encode(), KINDS[body["object"]]) for body in bodies]


def facts_of(*bodies: Json, days: float = 0) -> CustomerFacts:
    """What objects of one customer say, read so many days ago."""
    (facts,) = by_customer(objects(*bodies), seconds(days_ago(days))).values()
    return facts


def together(pieces: Iterable[CustomerFacts]) -> CustomerFacts:
    merged = CustomerFacts()
    for piece in pieces:
        merged = merge(merged, piece)
    return merged


def told(*pieces: CustomerFacts, customer_id: str = "cus") -> CustomerRecord:
    """What is told of a customer of whom all this was read."""
    (record,) = to_records(
        {customer_id: together(pieces)},
        Catalog(),
        mode="live",
        as_of=NOW,
        complete_since=days_ago(400),
        events_since=days_ago(30),
    )
    return record


def seen(values: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.dictionaries(IDS, st.builds(Seen, SECONDS, values), max_size=2)


def a_state(status: str, *, is_cut: bool) -> SubscriptionObject:
    return SubscriptionObject("sub", status, "usd", "cus", 0, Page(data=[], has_more=is_cut))


def an_invoice_state(status: str, *, is_cut: bool) -> InvoiceObject:
    return InvoiceObject("in", 0, Page(data=[], has_more=is_cut), status=status)


def a_waiting_state(amount: int) -> InvoiceItemObject:
    body = {"id": "ii", "amount": amount, "date": 0, "period": {"start": 0, "end": 0}}
    return msgspec.convert(body, InvoiceItemObject)


def an_event_state(status: Any, cancel_at: Any) -> PastEventObject:
    # As events tell it: a field may be missing, which is not the same as null.
    after = PastSubscriptionObject(status=status, cancel_at=cancel_at, items=PastItemsObject())
    return PastEventObject("evt", "customer.subscription.updated", 0, subscription=after)


STATES = st.builds(a_state, st.sampled_from(["active", "unpaid"]), is_cut=st.booleans())
INVOICES = st.builds(an_invoice_state, st.sampled_from(["draft", "paid"]), is_cut=st.booleans())
MAYBE = st.sampled_from([msgspec.UNSET, None, 1])
EVENTS = st.builds(an_event_state, st.sampled_from([msgspec.UNSET, "active"]), MAYBE)
FACTS = st.builds(
    CustomerFacts,
    version=st.integers(1, 2),
    subscriptions=seen(STATES),
    invoices=seen(st.none() | INVOICES),
    waiting=seen(st.builds(a_waiting_state, st.integers(0, 1))),
    events=st.dictionaries(IDS, EVENTS, max_size=2),
    customer=st.none() | st.builds(Seen, SECONDS, st.builds(ListedCustomerObject, IDS)),
    deleted_at=st.none() | SECONDS,
    complete=st.dictionaries(st.sampled_from(["subscriptions", "waiting", "drafts"]), SECONDS),
).map(lambda facts: merge(facts, CustomerFacts()))


@given(FACTS, FACTS)
def test_it_does_not_matter_which_of_two_comes_first(
    one: CustomerFacts, two: CustomerFacts
) -> None:
    assert merge(one, two) == merge(two, one)


@given(FACTS, FACTS, FACTS)
def test_it_does_not_matter_which_are_merged_first(
    one: CustomerFacts, two: CustomerFacts, three: CustomerFacts
) -> None:
    assert merge(merge(one, two), three) == merge(one, merge(two, three))


@given(FACTS, FACTS)
def test_what_was_merged_before_changes_nothing(one: CustomerFacts, two: CustomerFacts) -> None:
    both = merge(one, two)
    assert merge(one, one) == one
    assert merge(both, one) == both
    assert merge(both, two) == both


@given(FACTS)
def test_bytes_say_what_was_kept_and_the_same_is_the_same_bytes(facts: CustomerFacts) -> None:
    assert decode(encode(facts)) == facts
    assert encode(decode(encode(facts))) == encode(facts)


def test_no_bytes_are_no_facts() -> None:
    assert decode(b"") == CustomerFacts()


def test_facts_of_another_release_can_be_read() -> None:
    body = msgspec.msgpack.encode({"version": 9, "mood": "fine", "waiting": {}})
    assert decode(body) == CustomerFacts(version=9)


def test_the_later_reading_of_a_subscription_wins() -> None:
    subscription = monthly(1000)
    early = facts_of(subscription | {"status": "past_due"}, days=2)
    late = facts_of(subscription | {"status": "canceled"}, days=1)
    for pieces in ((early, late), (late, early)):
        assert told(*pieces).timelines[0].stretches[-1].status == "canceled"


def test_of_two_readings_at_once_the_one_with_all_items_wins() -> None:
    subscription = monthly(1000)
    cut = subscription | {"items": subscription["items"] | {"has_more": True}}
    for pair in ((subscription, cut), (cut, subscription)):
        (kept,) = facts_of(*pair).subscriptions.values()
        assert kept.value is not None
        assert not kept.value.items.has_more


def test_a_subscription_that_a_whole_reading_no_longer_has_is_gone() -> None:
    old, new = monthly(1000), monthly(2000)
    before = facts_of(old, days=2)
    after = merge(facts_of(new, days=1), CustomerFacts(complete={"subscriptions": since(1)}))
    assert [it.subscription_id for it in told(before, after).timelines] == [new["id"]]


def since(days: float) -> int:
    return seconds(days_ago(days))


def an_upgrade() -> tuple[Json, Json, Json, Json]:
    """A subscription that has its price for ten days, what it had before, and its traces."""
    subscription, item = with_item("price_new")
    before = a_price(500, id="price_old")
    invoice = an_invoice(subscription, a_line(item, at=days_ago(40), price=before), at=days_ago(40))
    credit = a_debit(item, at=days_ago(10), price=before)
    credit |= {"amount": -100}
    return subscription, item, invoice, a_waiting_item(subscription, credit)


def test_a_proration_that_waits_tells_what_was_until_then() -> None:
    subscription, item, invoice, waiting = an_upgrade()
    debit = a_waiting_item(subscription, a_debit(item, at=days_ago(10)))
    (timeline,) = told(facts_of(subscription, invoice, waiting, debit)).timelines
    assert [it.since for it in timeline.stretches][-1] == days_ago(10)


@pytest.mark.parametrize("part", ["subscription_item_details", "invoice_item_details"])
def test_a_proration_that_an_invoice_took_does_not_wait_any_more(part: str) -> None:
    subscription, item, _, waiting = an_upgrade()
    line = a_debit(item, at=days_ago(10), invoice_item=waiting["id"])
    details = line["parent"]["subscription_item_details"]
    line["parent"] = {part: details}
    taken = an_invoice(subscription, line, at=days_ago(1))
    alone = told(facts_of(subscription, taken))
    assert told(facts_of(subscription, waiting, days=2), facts_of(taken)).timelines == (
        alone.timelines
    )


def test_a_proration_waits_again_once_the_draft_that_took_it_was_deleted() -> None:
    subscription, item, _, waiting = an_upgrade()
    line = a_debit(item, at=days_ago(10), invoice_item=waiting["id"])
    draft = an_invoice(subscription, line, at=days_ago(3), status="draft")
    deletion = an_event("invoice.deleted", draft, at=days_ago(1))
    pieces = facts_of(subscription, waiting, days=4), facts_of(draft, days=2), facts_of(deletion)
    assert told(*pieces).timelines == told(facts_of(subscription, waiting)).timelines


def test_a_proration_that_a_whole_reading_no_longer_has_is_gone() -> None:
    subscription, _, _, waiting = an_upgrade()
    before = facts_of(subscription, waiting, days=2)
    after = CustomerFacts(complete={"waiting": since(1)})
    assert told(before, after).timelines == told(facts_of(subscription)).timelines
    assert told(before, facts_of(waiting), after).timelines == told(before).timelines


def test_a_draft_that_was_deleted_tells_nothing() -> None:
    subscription, _, invoice, _ = an_upgrade()
    draft = invoice | {"status": "draft"}
    gone = (
        facts_of(an_event("invoice.deleted", draft, at=days_ago(1))),
        CustomerFacts(complete={"drafts": since(1)}),
    )
    kept = facts_of(subscription, draft, days=2)
    assert told(kept).timelines != told(facts_of(subscription)).timelines
    for piece in gone:
        for pieces in ((kept, piece), (piece, kept)):
            assert told(*pieces).timelines == told(facts_of(subscription)).timelines


def test_a_customer_exists_from_the_event_of_its_creation_on() -> None:
    customer = a_customer(id="cus", created=since(3))
    piece = facts_of(an_event("customer.created", customer, at=days_ago(3)))
    found = told(piece).customer
    assert found is not None
    assert (found.id, found.created_at, found.deleted_at) == ("cus", days_ago(3), None)


def test_a_deleted_customer_keeps_its_beginning() -> None:
    customer = a_customer(id="cus", created=since(90))
    listed, deleted = facts_of(customer, days=9), facts_of(a_deletion(customer, days=2))
    for pieces in ((listed, deleted), (deleted, listed), (deleted,)):
        found = told(*pieces).customer
        assert found is not None
        assert (found.created_at, found.deleted_at) == (days_ago(90), days_ago(2))


def a_deletion(customer: Json, days: float) -> Json:
    return an_event("customer.deleted", customer, at=days_ago(days))


def test_a_deletion_is_known_though_its_discount_is_of_an_old_shape() -> None:
    customer = a_customer(id="cus", discount={"object": "discount", "coupon": {"id": "ten"}})
    found = told(facts_of(a_deletion(customer, days=2))).customer
    assert found is not None
    assert found.deleted_at == days_ago(2)


def test_a_customer_that_is_not_listed_any_more_was_deleted_by_then() -> None:
    listed = facts_of(a_customer(id="cus"), days=9)
    missing = CustomerFacts(deleted_at=since(3))
    found = told(listed, missing).customer
    assert found is not None
    assert found.deleted_at == days_ago(3)


def test_an_event_tells_better_when_a_customer_was_deleted() -> None:
    customer = a_customer(id="cus")
    listed, missing = facts_of(customer, days=9), CustomerFacts(deleted_at=since(3))
    deletion = facts_of(a_deletion(customer, days=5))
    for pieces in ((listed, missing, deletion), (deletion, missing, listed)):
        found = told(*pieces).customer
        assert found is not None
        assert found.deleted_at == days_ago(5)


def test_a_customer_that_is_listed_again_is_there() -> None:
    customer = a_customer(id="cus")
    missing = CustomerFacts(deleted_at=since(3))
    found = told(facts_of(customer, days=9), missing, facts_of(customer, days=2)).customer
    assert found is not None
    assert found.deleted_at is None


def test_who_was_never_listed_is_no_customer() -> None:
    assert told(facts_of(monthly(1000))).customer is None


def test_an_invoice_that_tells_of_subscriptions_and_names_nobody_is_nobodys() -> None:
    subscription, item = with_item("price_a")
    line = a_line(item, at=days_ago(3))
    invoice = an_invoice(subscription, line, at=days_ago(3), customer=None)
    once = an_invoice(subscription, at=days_ago(3), customer=None, parent=None)
    assert list(by_customer(objects(invoice), 0)) == [NOBODY]
    assert by_customer(objects(once), 0) == {}


def test_nobody_has_no_record() -> None:
    subscription, item = with_item("price_a")
    invoice = an_invoice(subscription, a_line(item, at=days_ago(3)), at=days_ago(3), customer=None)
    records = to_records(
        by_customer(objects(subscription, invoice), 0),
        Catalog(),
        mode="live",
        as_of=NOW,
        complete_since=days_ago(400),
        events_since=None,
    )
    assert [record.customer_id for record in records] == [subscription["customer"]]


def test_what_was_sold_once_is_not_kept_with_its_lines() -> None:
    subscription, item = with_item("price_a")
    line = a_line(item, at=days_ago(3))
    sale = {"invoice_item_details": {"invoice_item": "ii_1", "proration": False}}
    once = an_invoice(subscription, line | {"parent": sale}, at=days_ago(3), parent=None)
    (kept,) = facts_of(once).invoices.values()
    assert kept.value is not None
    assert kept.value.lines.data == []


def test_an_event_that_cannot_be_read_is_left_out() -> None:
    subscription = began(monthly(1000), 9)
    strange = an_update(subscription | {"items": {"data": [{"id": 7}]}}, at=days_ago(1))
    assert by_customer(objects(strange), 0) == {}


def test_of_an_event_only_what_tells_of_the_past_is_kept() -> None:
    subscription = monthly(1000, metadata={"email": "somebody@example.com"})
    body = encode(facts_of(an_update(subscription, at=days_ago(1), metadata={"a": "b"})))
    assert b"example" not in body
    assert b"metadata" not in body


def test_what_an_event_does_not_tell_stays_untold() -> None:
    facts = facts_of(an_update(monthly(1000), at=days_ago(1), status="trialing", cancel_at=None))
    (event,) = decode(encode(facts)).events.values()
    assert event.replaced == PastSubscriptionObject(status="trialing", cancel_at=None)
