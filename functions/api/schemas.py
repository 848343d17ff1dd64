"""What clients send. Unknown fields are refused; keys are never shown again."""

import unicodedata
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    PlainValidator,
    SecretStr,
    StrictBool,
    StringConstraints,
    WithJsonSchema,
    model_validator,
)

from functions.api.setting_schemas import DEFINITIONS_SCHEMA, QUERY_SCHEMA
from shared.domain.alerts import ThresholdRule
from shared.domain.configuration import RefreshInterval
from shared.domain.definitions import Definitions
from shared.domain.metrics import MetricQuery, query_from_dict
from shared.domain.money import CURRENCIES
from shared.domain.stripe_key import holds_key


def _check_name(name: str) -> str:
    if holds_key(name):
        raise ValueError("This looks like a Stripe key, and would be shown to everybody.")
    if any(unicodedata.category(letter) == "Cc" for letter in name):
        raise ValueError("Write this on one line, without control characters.")
    return name


def _require_currency(code: str) -> str:
    if code not in CURRENCIES:
        raise ValueError("This is no currency that Stripe knows. Write its code, such as usd.")
    return code


Name = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=200),
    AfterValidator(_check_name),
]
Currency = Annotated[
    str, StringConstraints(max_length=3, to_lower=True), AfterValidator(_require_currency)
]
Rate = Annotated[Decimal, Field(gt=0, lt=1_000_000_000, max_digits=28)]
Amount = Annotated[Decimal, Field(max_digits=28, allow_inf_nan=False)]
Id = Annotated[str, StringConstraints(min_length=1, max_length=100)]


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


# The domain's readers are the only validators: what is stored and what is sent mean the same.
Query = Annotated[MetricQuery, PlainValidator(query_from_dict), WithJsonSchema(QUERY_SCHEMA)]
ChosenDefinitions = Annotated[
    Definitions, PlainValidator(Definitions.from_dict), WithJsonSchema(DEFINITIONS_SCHEMA)
]


class IntegrationBody(_Request):
    """An account to connect."""

    name: Name
    secret_key: SecretStr
    definitions: ChosenDefinitions = Field(default_factory=Definitions)
    currency: Currency | None = None
    fx_rates: dict[Currency, Rate] = Field(default_factory=dict, max_length=200)


class TestQueryBody(_Request):
    """A query to try; nothing is saved."""

    __test__ = False  # not a test class, whatever its name begins with

    integration_id: Id | None = None
    secret_key: SecretStr | None = None
    query: Query
    definitions: ChosenDefinitions | None = None

    @model_validator(mode="before")
    @classmethod
    def _one_account(cls, body: Any) -> Any:
        if isinstance(body, dict):
            given = [f for f in ("integration_id", "secret_key") if body.get(f) is not None]
            if len(given) != 1:
                raise ValueError("Give either integration_id or secret_key, and not both.")
        return body


class MetricBody(_Request):
    """A metric to be kept up to date."""

    name: Name
    query: Query
    refresh_interval: RefreshInterval


class ChannelBody(_Request):
    """Where notices are to go."""

    type: Literal["email", "sms"]
    address: Annotated[
        str,
        StringConstraints(strip_whitespace=True, min_length=3, max_length=320),
        AfterValidator(_check_name),
    ]


class ThresholdRuleBody(_Request):
    """Notify when the value crosses a threshold."""

    type: Literal["threshold"]
    threshold: Amount
    direction: Literal["above", "below"]
    hysteresis: Annotated[Amount, Field(ge=0)] = Decimal(0)

    def to_domain(self) -> ThresholdRule:
        """Give the domain's rule."""
        return ThresholdRule(self.threshold, self.direction, self.hysteresis)


class AlertBody(_Request):
    """A rule on a metric, and who is to hear of it."""

    metric_id: Id
    name: Name | None = None
    rule: ThresholdRuleBody
    channels: Annotated[list[Id], Field(min_length=1, max_length=50)]
    enabled: StrictBool = True
    notify_if_already_breached: StrictBool = False
    notify_on_recovery: StrictBool = False
