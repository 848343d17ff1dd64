"""What every view is made of: exact numbers, instants, and the shapes that recur."""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BaseModel, PlainSerializer, WithJsonSchema

from shared.domain.account import AccountIdentity
from shared.domain.metrics import MetricWarning
from shared.domain.money import Unit, format_value


def json_number(value: Decimal | None) -> int | float | None:
    """Write an exact decimal as a JSON number.

    The shortest text of a double gives every number of up to 15 digits back exactly: more than
    any amount of money that is stored.
    """
    if value is None:
        return None
    return int(value) if value == value.to_integral_value() else float(value)


def json_numbers(value: Any) -> Any:
    """Write every decimal inside as a JSON number."""
    if isinstance(value, Decimal):
        return json_number(value)
    if isinstance(value, Mapping):
        return {key: json_numbers(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [json_numbers(inner) for inner in value]
    return value


def instant(at: datetime) -> str:
    """Write an instant as RFC 3339 in UTC."""
    text = at.astimezone(UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z").replace(".000Z", "Z")


Number = Annotated[
    Decimal,
    PlainSerializer(json_number, return_type=int | float),
    WithJsonSchema({"type": "number"}),
]
Instant = Annotated[
    datetime,
    PlainSerializer(instant, return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]


class WarningView(BaseModel):
    """Something to know before relying on a number."""

    code: str
    message: str


class AccountView(BaseModel):
    """A Stripe account."""

    id: str
    name: str | None
    default_currency: str


class ListView(BaseModel):
    """A page of a list."""

    data: list[Any]
    next_cursor: str | None


def view_account(account: AccountIdentity) -> AccountView:
    """Show whose account it is."""
    return AccountView(id=account.id, name=account.name, default_currency=account.default_currency)


def view_warning(warning: MetricWarning) -> WarningView:
    """Show a warning of a value."""
    return WarningView(code=warning.code, message=warning.message)


def format_shown(value: Decimal | None, unit: Unit, currency: str | None) -> str | None:
    """Write a value as people read it; None where there is none."""
    return None if value is None else format_value(value, unit, currency)
