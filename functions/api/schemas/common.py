"""What the bodies of several resources are made of. Unknown fields are refused everywhere."""

import unicodedata
from decimal import Decimal
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainValidator,
    StringConstraints,
    WithJsonSchema,
)

from functions.api.setting_schemas import DEFINITIONS_SCHEMA, QUERY_SCHEMA
from shared.domain.definitions import Definitions
from shared.domain.metrics import MetricQuery, query_from_dict
from shared.domain.stripe_key import holds_key


def check_line(name: str) -> str:
    """Refuse a text that holds a key, or more than one line."""
    if holds_key(name):
        raise ValueError("This looks like a Stripe key, and would be shown to everybody.")
    if any(unicodedata.category(letter) == "Cc" for letter in name):
        raise ValueError("Write this on one line, without control characters.")
    return name


def require_number(value: object) -> object:
    """Refuse what is no number in JSON."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise ValueError("Must be a number.")  # noqa: TRY004 - pydantic asks for it
    return value


Name = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=200),
    AfterValidator(check_line),
]
Id = Annotated[str, StringConstraints(min_length=1, max_length=100)]
# The domain's readers are the only validators: what is stored and what is sent mean the same.
Query = Annotated[MetricQuery, PlainValidator(query_from_dict), WithJsonSchema(QUERY_SCHEMA)]
ChosenDefinitions = Annotated[
    Definitions, PlainValidator(Definitions.from_dict), WithJsonSchema(DEFINITIONS_SCHEMA)
]
# A number as it was written: no text, no truth value, nothing endless.
Number = Annotated[
    Decimal, BeforeValidator(require_number), Field(max_digits=28, allow_inf_nan=False)
]


def number_schema(**bounds: int) -> WithJsonSchema:
    """Describe a number by its bounds; pydantic would describe the text of one as well."""
    return WithJsonSchema({"type": "number", **bounds})


class Request(BaseModel):
    """A body."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def forget_defaults(schema: dict[str, Any]) -> None:
    """Leave out what stands in for a field that was not sent: whoever sent it would change it."""
    for field in schema["properties"].values():
        field.pop("default", None)
