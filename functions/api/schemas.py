"""What clients send. Unknown fields are refused; keys are never shown again."""

import unicodedata
from dataclasses import replace
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainValidator,
    SecretStr,
    StrictBool,
    StringConstraints,
    WithJsonSchema,
    model_validator,
)

from functions.api.alert_settings import AlertSettings
from functions.api.setting_schemas import DEFINITIONS_SCHEMA, QUERY_SCHEMA, RULE_SCHEMA
from shared.domain.alerts import Rule, ThresholdRule, rule_from_dict
from shared.domain.configuration import AccountEventKind, Notifications, RefreshInterval
from shared.domain.definitions import Definitions
from shared.domain.metrics import MetricQuery, Mrr, query_from_dict
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


def _require_number(value: object) -> object:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise ValueError("Must be a number.")  # noqa: TRY004 - pydantic asks for it
    return value


Name = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=200),
    AfterValidator(_check_name),
]
Currency = Annotated[
    str, StringConstraints(max_length=3, to_lower=True), AfterValidator(_require_currency)
]
Rate = Annotated[
    Decimal,
    BeforeValidator(_require_number),
    Field(gt=0, lt=1_000_000_000, max_digits=28, allow_inf_nan=False),
]
FxRates = Annotated[dict[Currency, Rate], Field(max_length=200)]
Id = Annotated[str, StringConstraints(min_length=1, max_length=100)]


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def _forget_defaults(schema: dict[str, Any]) -> None:
    """Leave out what stands in for a field that was not sent: whoever sent it would change it."""
    for field in schema["properties"].values():
        field.pop("default", None)


# The domain's readers are the only validators: what is stored and what is sent mean the same.
Query = Annotated[MetricQuery, PlainValidator(query_from_dict), WithJsonSchema(QUERY_SCHEMA)]
ChosenDefinitions = Annotated[
    Definitions, PlainValidator(Definitions.from_dict), WithJsonSchema(DEFINITIONS_SCHEMA)
]


ChosenRule = Annotated[Rule, PlainValidator(rule_from_dict), WithJsonSchema(RULE_SCHEMA)]
ChannelIds = Annotated[list[Id], Field(min_length=1, max_length=50)]
Hours = Annotated[
    Decimal,
    BeforeValidator(_require_number),
    Field(ge=0, le=8_760, max_digits=28, allow_inf_nan=False),
]


class IntegrationBody(_Request):
    """An account to connect."""

    name: Name
    secret_key: SecretStr
    definitions: ChosenDefinitions = Field(default_factory=Definitions)
    currency: Currency | None = None
    fx_rates: FxRates = Field(default_factory=dict)


class IntegrationChangesBody(_Request):
    """What is to be changed of an integration; what is left out stays.

    `definitions` and `fx_rates` take the place of all those before.
    """

    model_config = ConfigDict(json_schema_extra=_forget_defaults)

    name: Name = ""
    secret_key: SecretStr = SecretStr("")
    definitions: ChosenDefinitions = Definitions()
    currency: Currency = ""
    fx_rates: FxRates = Field(default={})

    @property
    def changes(self) -> dict[str, Any]:
        """Give the fields that were sent, by their names, without the key."""
        sent = self.model_fields_set - {"secret_key"}
        return {name: getattr(self, name) for name in sent}

    @property
    def key(self) -> str | None:
        """Give the key, where one was sent."""
        is_sent = "secret_key" in self.model_fields_set
        return self.secret_key.get_secret_value() if is_sent else None


class KeyBody(_Request):
    """The key to connect an account again with."""

    secret_key: SecretStr


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


class MetricChangesBody(_Request):
    """What is to be changed of a metric; what is left out stays."""

    model_config = ConfigDict(json_schema_extra=_forget_defaults)

    name: Name = ""
    query: Query = Mrr()
    refresh_interval: RefreshInterval = "daily"

    @property
    def changes(self) -> dict[str, Any]:
        """Give the fields that were sent, by their names."""
        return {name: getattr(self, name) for name in self.model_fields_set}


class ChannelBody(_Request):
    """Where notices are to go."""

    type: Literal["email", "sms"]
    address: Annotated[
        str,
        StringConstraints(strip_whitespace=True, min_length=3, max_length=320),
        AfterValidator(_check_name),
    ]


class PreviewBody(_Request):
    """A rule to be tried on the values that a metric has had; nothing is saved."""

    metric_id: Id
    rule: ChosenRule
    notify_if_already_breached: StrictBool = False
    notify_on_recovery: StrictBool = False
    cooldown_hours: Hours = Decimal(0)

    @property
    def settings(self) -> AlertSettings:
        """Give what it says of the alert."""
        return AlertSettings(
            rule=self.rule,
            notify_if_already_breached=self.notify_if_already_breached,
            notify_on_recovery=self.notify_on_recovery,
            cooldown_hours=self.cooldown_hours,
        )


class AlertBody(PreviewBody):
    """A rule on a metric, and who is to hear of it."""

    name: Name | None = None
    channels: ChannelIds
    enabled: StrictBool = True

    @property
    def settings(self) -> AlertSettings:
        """Give what it says of the alert."""
        return replace(
            super().settings,
            name=self.name,
            channels=tuple(self.channels),
            is_enabled=self.enabled,
        )


class AlertChangesBody(_Request):
    """What is to be changed of an alert; what is left out stays."""

    model_config = ConfigDict(json_schema_extra=_forget_defaults)

    name: Name = ""
    rule: ChosenRule = ThresholdRule(Decimal(0), "above")
    channels: ChannelIds = Field(default=[])
    enabled: StrictBool = True
    notify_if_already_breached: StrictBool = False
    notify_on_recovery: StrictBool = False
    cooldown_hours: Hours = Decimal(0)

    @property
    def changes(self) -> dict[str, Any]:
        """Give the fields that were sent, by their names in the domain."""
        sent = {name: getattr(self, name) for name in self.model_fields_set}
        if "enabled" in sent:
            sent["is_enabled"] = sent.pop("enabled")
        if "channels" in sent:
            sent["channels"] = tuple(dict.fromkeys(self.channels))
        return sent


class NotificationsBody(_Request):
    """Who is to hear of what concerns no single alert."""

    # Failed and stale at once are two notices for each, in one transaction of at most 100 items.
    channels: Annotated[list[Id], Field(max_length=40)]
    events: Annotated[list[AccountEventKind], Field(max_length=50)]

    @property
    def notifications(self) -> Notifications:
        """Give the domain's notifications; what was said twice counts once."""
        return Notifications(tuple(dict.fromkeys(self.channels)), tuple(dict.fromkeys(self.events)))
