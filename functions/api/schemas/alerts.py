"""Bodies of requests about alerts."""

from dataclasses import replace
from decimal import Decimal
from typing import Annotated, Any

from pydantic import ConfigDict, Field, PlainValidator, StrictBool, WithJsonSchema

from functions.api.alert_settings import AlertSettings
from functions.api.schemas.common import Id, Name, Number, Request, forget_defaults, number_schema
from functions.api.setting_schemas import RULE_SCHEMA
from shared.domain.alerts import Rule, ThresholdRule, rule_from_dict

ChosenRule = Annotated[Rule, PlainValidator(rule_from_dict), WithJsonSchema(RULE_SCHEMA)]
ChannelIds = Annotated[list[Id], Field(min_length=1, max_length=50)]
Hours = Annotated[Number, Field(ge=0, le=8_760), number_schema(minimum=0, maximum=8_760)]


class PreviewBody(Request):
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
    goal_id: Id | None = None
    channels: ChannelIds
    enabled: StrictBool = True

    @property
    def settings(self) -> AlertSettings:
        """Give what it says of the alert."""
        return replace(
            super().settings,
            name=self.name,
            channels=tuple(self.channels),
            goal_id=self.goal_id,
            is_enabled=self.enabled,
        )


class AlertChangesBody(Request):
    """What is to be changed of an alert; what is left out stays, a null goal takes it away."""

    model_config = ConfigDict(json_schema_extra=forget_defaults)

    name: Name = ""
    rule: ChosenRule = ThresholdRule(Decimal(0), "above")
    goal_id: Id | None = None
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
