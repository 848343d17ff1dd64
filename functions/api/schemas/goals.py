"""Bodies of requests about goals."""

import re
import unicodedata
from datetime import date
from decimal import Decimal
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    StringConstraints,
    WithJsonSchema,
)

from functions.api.schemas.common import Name, Number, Request, forget_defaults, number_schema
from shared.domain.goals import GoalDirection
from shared.domain.stripe_key import holds_key

_DAY = re.compile(r"2[01][0-9]{2}-[0-9]{2}-[0-9]{2}")


def _check_text(text: str) -> str:
    if holds_key(text):
        raise ValueError("This looks like a Stripe key, and would be shown to everybody.")
    if any(unicodedata.category(it) == "Cc" and it not in "\n\r\t" for it in text):
        raise ValueError("Write this without control characters.")
    return text


def _require_day(value: object) -> object:
    if not isinstance(value, str) or not _DAY.fullmatch(value):
        raise ValueError("Name a day between the years 2000 and 2199, such as 2026-12-31.")
    return value


Text = Annotated[
    str, StringConstraints(strip_whitespace=True, max_length=2_000), AfterValidator(_check_text)
]
_LARGEST = 1_000_000_000_000_000
Amount = Annotated[
    Number, Field(ge=-_LARGEST, le=_LARGEST), number_schema(minimum=-_LARGEST, maximum=_LARGEST)
]
Day = Annotated[
    date,
    BeforeValidator(_require_day),
    WithJsonSchema({"type": "string", "format": "date", "pattern": f"^{_DAY.pattern}$"}),
]


class GoalBody(Request):
    """Something to be reached; amounts are major units, percent or counts, as its metric has."""

    name: Name
    description: Text | None = None
    target: Amount
    start: Amount | None = None
    direction: GoalDirection | None = None
    due_on: Day | None = None


class GoalChangesBody(Request):
    """What is to be changed of a goal; what is left out stays, null takes it away."""

    model_config = ConfigDict(json_schema_extra=forget_defaults)

    name: Name = ""
    description: Text | None = None
    target: Amount = Decimal(0)
    start: Amount | None = None
    direction: GoalDirection | None = None
    due_on: Day | None = None

    @property
    def changes(self) -> dict[str, Any]:
        """Give the fields that were sent, by their names."""
        return {name: getattr(self, name) for name in self.model_fields_set}


class LinkBody(Request):
    """How a metric is to serve a goal; left out, the first one linked is the primary one."""

    primary: StrictBool | None = None
