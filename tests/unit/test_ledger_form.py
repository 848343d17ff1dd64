"""What is kept has a form, and whoever changes it says so."""

import dataclasses
from hashlib import sha256
from typing import Any

from shared.domain.balance import BalanceTransaction
from shared.domain.customers import Customer
from shared.domain.ledger import FORM, CustomerRecord
from shared.domain.timelines import Stretch, Timeline
from shared.domain.unreadable import Unreadable
from shared.domain.worth import LeftOutItem, MonthlyAmount, MonthlyItem, Worth

KEPT: tuple[Any, ...] = (
    *(CustomerRecord, Timeline, Stretch, Worth, MonthlyAmount, MonthlyItem, LeftOutItem),
    *(Unreadable, Customer, BalanceTransaction),
)
# By number of the form, what it is made of.
FORMS = {1: "2e8fd4", 2: "cded05"}


def test_another_form_has_another_number():
    fields = [
        (kept.__name__, field.name, str(field.type))
        for kept in KEPT
        for field in dataclasses.fields(kept)
    ]
    digest = sha256(repr(fields).encode()).hexdigest()[:6]
    assert FORMS.get(FORM) == digest, (
        "What the ledger keeps has changed: raise FORM in shared/domain/ledger.py, so that ledgers"
        f" of before are read anew, and add {FORM + 1}: {digest!r} here."
    )
