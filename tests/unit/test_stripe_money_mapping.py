"""Stripe's balance transactions become the domain's: who paid is found, nothing is guessed."""

import json
from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from shared.adapters.stripe_money_mapping import payers_of, to_rows, unpaid_charges, with_payers
from shared.adapters.stripe_money_objects import BalanceTransactionObject
from shared.adapters.stripe_objects import decode
from shared.domain.balance import BalanceTransaction
from shared.errors import BadResponseError
from tests.balance_builders import (
    a_balance,
    a_charge,
    a_charge_failure_row,
    a_charge_row,
    a_dispute_row,
    a_partial_capture_row,
    a_refund_row,
    a_row,
)
from tests.builders import NOW, Json


def mapped(row: Json, *others: Json, charges: tuple[Json, ...] = ()) -> BalanceTransaction:
    """The movement that the first row becomes."""
    return a_balance(row, *others, charges=charges).balance[0]


def missing(*rows: Json) -> set[str]:
    return unpaid_charges(to_rows(objects_of(rows)))


def objects_of(rows: Iterable[Json]) -> list[BalanceTransactionObject]:
    return [decode(json.dumps(row).encode(), BalanceTransactionObject) for row in rows]


def test_a_movement_keeps_what_happened_and_when() -> None:
    row = a_charge_row(10000, "cus_a", fee=320, currency="EUR", at=NOW)
    charge_id = row["source"]["id"]
    assert mapped(row) == BalanceTransaction(
        id=row["id"],
        created_at=NOW,
        category="charge",
        amount_minor=10000,
        fee_minor=320,
        currency="eur",
        source_object="charge",
        source_id=charge_id,
        customer_id="cus_a",
        charge_id=charge_id,
    )


@pytest.mark.parametrize(
    ("customer", "expected"),
    [
        ("cus_a", "cus_a"),
        ({"id": "cus_a", "object": "customer", "email": "somebody@example.com"}, "cus_a"),
        ({"id": "cus_a", "object": "customer", "deleted": True}, "cus_a"),
        (None, None),
    ],
)
def test_a_charge_names_its_customer(customer: Any, expected: str | None) -> None:
    assert mapped(a_charge_row(100, source=a_charge() | {"customer": customer})).customer_id == (
        expected
    )


@pytest.mark.parametrize("make", [a_refund_row, a_dispute_row, a_partial_capture_row])
def test_what_goes_back_belongs_to_who_paid(make: Any) -> None:
    charge = a_charge_row(10000, "cus_a")
    found = mapped(make(3000, charge), charge)
    assert (found.customer_id, found.charge_id) == ("cus_a", charge["source"]["id"])


def test_a_refunds_charge_may_be_an_object() -> None:
    charge = a_charge_row(10000, "cus_a")
    refund = a_refund_row(3000, charge)
    refund["source"]["charge"] = charge["source"]
    assert mapped(refund, charge).customer_id == "cus_a"


SOURCES: list[tuple[str, Any, str, str]] = [
    ("none", None, "", ""),
    ("an id", "po_1", "", "po_1"),
    ("a kind that did not exist yet", {"id": "new_1", "object": "brand_new"}, "brand_new", "new_1"),
    ("an object with nothing that we know", {"version": 2}, "", ""),
    ("a deleted object", {"id": "ch_1", "deleted": True}, "", "ch_1"),
]


@pytest.mark.parametrize(
    ("source", "kind", "source_id"), [row[1:] for row in SOURCES], ids=[row[0] for row in SOURCES]
)
def test_a_source_of_any_shape_is_read(source: Any, kind: str, source_id: str) -> None:
    found = mapped(a_row("charge", 100, source=source))
    assert (found.source_object, found.source_id) == (kind, source_id)
    assert found.customer_id is None


def test_a_movement_met_twice_counts_once() -> None:
    row = a_charge_row(100)
    assert len(a_balance(row, row, a_charge_row(200)).balance) == 2


def test_charges_are_asked_for_only_where_a_payer_depends_on_them() -> None:
    charge, bounced = a_charge_row(10000), a_charge_row(5000)
    listed = [charge, a_partial_capture_row(4000, charge), a_charge_failure_row(bounced), bounced]
    assert missing(*listed) == set()
    others = [a_refund_row(100), a_dispute_row(100), a_row("payout", -100, source="po_1")]
    assert missing(*others, a_row("charge", 100)) == set()
    alone = a_partial_capture_row(4000)
    assert missing(alone) == {alone["source"]["charge"]}
    assert missing(a_row("charge", 100, source="py_1")) == {"py_1"}
    assert missing(a_row("charge_failure", -100, source="pyr_1")) == set()


def test_a_charge_that_was_asked_for_names_the_customer() -> None:
    old = a_charge("cus_a")
    reversal = a_partial_capture_row(4000, {"source": old})
    assert mapped(reversal, charges=(old,)).customer_id == "cus_a"
    assert mapped(reversal).customer_id is None
    assert mapped(a_row("charge", 100, source=old["id"]), charges=(old,)).customer_id == "cus_a"


def test_a_time_that_does_not_exist_is_refused() -> None:
    row = a_charge_row(100)
    with pytest.raises(BadResponseError):
        a_balance({**row, "created": 10**15})


@pytest.mark.parametrize("field", ["amount", "currency", "created", "fee", "id"])
def test_a_movement_without_what_is_needed_is_refused(field: str) -> None:
    row = a_charge_row(100)
    del row[field]
    with pytest.raises(BadResponseError):
        a_balance(row)


def test_nothing_personal_is_kept() -> None:
    charge = a_charge({"id": "cus_a", "email": "somebody@example.com"})  # type: ignore[arg-type]
    account = a_balance(a_charge_row(100, source=charge, description="Somebody's order"))
    assert "omebody" not in repr(account)


def test_rows_read_in_pieces_become_what_they_are_among_all() -> None:
    charge, guest = a_charge_row(10000, "cus_a"), a_charge_row(5000, None)
    refund, of_guest = a_refund_row(3000, charge), a_refund_row(1000, guest)
    capture, lost = a_partial_capture_row(700, charge), a_partial_capture_row(200)
    failure = a_charge_failure_row(a_charge_row(400, "cus_b"))
    every = [charge, guest, refund, of_guest, capture, lost, failure]
    whole = with_payers(to_rows(objects_of(every)), {})
    for cut in range(1, len(every)):
        for one, other in ((every[:cut], every[cut:]), (every[cut:], every[:cut])):
            stored = [row for piece in (one, other) for row in to_rows(objects_of(piece))]
            completed = with_payers(stored, {})
            assert sorted(completed, key=lambda it: it.id) == sorted(whole, key=lambda it: it.id)


def test_a_row_whose_payer_is_not_known_yet_says_of_which_charge_it_is() -> None:
    charge = a_charge_row(10000, "cus_a")
    (alone,) = to_rows(objects_of([a_partial_capture_row(3000, charge)]))
    assert (alone.customer_id, alone.charge_id) == (None, charge["source"]["id"])
    assert unpaid_charges([alone]) == {alone.charge_id}
    payers = payers_of(to_rows(objects_of([charge])))
    assert with_payers([alone], payers)[0].customer_id == "cus_a"


def exchanged(
    source: Json | None, amount: int, currency: str, rate: str
) -> tuple[str, Fraction | None]:
    """What a movement was exchanged from, and at what; the rate is written as Stripe writes it."""
    row = a_row("charge", amount, currency=currency, source=source, exchange_rate="RATE")
    body = json.dumps(row).replace('"RATE"', rate).encode()
    (found,) = to_rows([decode(body, BalanceTransactionObject)])
    return found.source_currency, found.exchange_rate


def paid(amount: int | None, currency: str | None) -> Json:
    return a_charge("cus_a", amount=amount, currency=currency)


# Stripe's rate is of minor units or of major ones; the two differ where decimals do.
RATES: list[tuple[str, Json, int, str, str, str]] = [
    ("Stripe's own example", paid(1000, "eur"), 1234, "usd", "1.234", "1.234"),
    ("money given back", paid(500, "eur"), -617, "usd", "1.234", "1.234"),
    ("not a digit is lost", paid(1000, "gbp"), 1266, "usd", "1.2657123456789", "1.2657123456789"),
    ("a small number", paid(90_000, "vnd"), 351, "usd", "3.9e-5", "0.000039"),
    ("yen to dollars, of minor units", paid(1000, "jpy"), 650, "usd", "0.65", "0.0065"),
    ("yen to dollars, of major units", paid(1000, "jpy"), 650, "usd", "0.0065", "0.0065"),
    ("dollars to yen, of minor units", paid(1000, "usd"), 1540, "jpy", "1.54", "154"),
    ("dollars to yen, of major units", paid(1000, "usd"), 1540, "jpy", "154", "154"),
    ("dinars to dollars, of minor units", paid(10_000, "kwd"), 3250, "usd", "0.325", "3.25"),
    ("dinars to dollars, of major units", paid(10_000, "kwd"), 3250, "usd", "3.25", "3.25"),
    ("dinars to yen, of minor units", paid(10_000, "kwd"), 4900, "jpy", "0.49", "490"),
    ("dinars to yen, of major units", paid(10_000, "kwd"), 4900, "jpy", "490", "490"),
    ("an amount that rounding doubled", paid(1, "jpy"), 1, "usd", "0.65", "0.0065"),
    ("no amount of the source", paid(None, "jpy"), 650, "usd", "0.65", "0.0065"),
    ("a source of nothing", paid(0, "jpy"), 650, "usd", "0.65", "0.0065"),
    ("a movement of nothing", paid(1000, "jpy"), 0, "usd", "0.65", "0.0065"),
    ("capitals", paid(1000, "EUR"), 1234, "USD", "1.234", "1.234"),
]


@pytest.mark.parametrize(
    ("source", "amount", "currency", "told", "rate"),
    [row[1:] for row in RATES],
    ids=[row[0] for row in RATES],
)
def test_a_rate_is_for_major_units_whatever_the_decimals(
    source: Json, amount: int, currency: str, told: str, rate: str
) -> None:
    expected = source["currency"].lower(), Fraction(Decimal(rate))
    assert exchanged(source, amount, currency, told) == expected


NO_RATES: list[tuple[str, Json | None, str, str]] = [
    ("no rate", paid(1000, "eur"), "null", "eur"),
    ("a rate of zero", paid(1000, "eur"), "0", "eur"),
    ("a rate below zero", paid(1000, "eur"), "-1.2", "eur"),
    ("a rate that is no number", paid(1000, "eur"), '"NaN"', "eur"),
    ("a rate without end", paid(1000, "eur"), '"Infinity"', "eur"),
    ("the same currency", paid(1000, "usd"), "1.2", ""),
    ("the same currency in capitals", paid(1000, "USD"), "1.2", ""),
    ("a source that names no currency", paid(1000, None), "1.2", ""),
    ("a source that is only named", None, "1.2", ""),
]


@pytest.mark.parametrize(
    ("source", "told", "currency"), [row[1:] for row in NO_RATES], ids=[row[0] for row in NO_RATES]
)
def test_what_is_odd_gives_no_rate_and_is_read_all_the_same(
    source: Json | None, told: str, currency: str
) -> None:
    assert exchanged(source, 1234, "usd", told) == (currency, None)
