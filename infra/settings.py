"""The settings of every stage, typed, in one place.

A stage starts from its entry in `STAGES`; any field can be set for a deployment in the `context` of
`cdk.json` or with `-c name=value`, so a team changes its hour or its issuer without touching code.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any
from zoneinfo import ZoneInfo

WEEKDAYS = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")
# CloudWatch knows more; these are the ones that the stack offers.
LOG_RETENTION_DAYS = (1, 14, 30, 90, 180, 365)

_FIXED_BY_STAGE = {"stage", "enforce_tls", "stripe_address_parameter"}


@dataclass(frozen=True, kw_only=True)
class StageSettings:
    """What one deployment of the stack can choose.

    Attributes:
        stage: Name of the stage; secrets live under `stripe-metrics/<stage>/`.
        schedule_hour: Hour of the daily and weekly refresh, in `schedule_time_zone`.
        schedule_weekday: Day of the weekly refresh.
        schedule_time_zone: IANA name.
        schedules_enabled: Whether AWS fires the schedules by itself.
        sync_max_concurrency: Syncs that may run at once, over all integrations (2 to 1,000).
        log_retention_days: Days that logs are kept, of `LOG_RETENTION_DAYS`.
        retain_data: Whether tables, users and logs outlive the stack.
        customer_managed_key: Encrypt the tables with a key of one's own instead of AWS's.
        allow_restricted_keys: Accept restricted Stripe keys (`rk_`).
        jwt_issuer: Issuer URL of the tokens; empty for a Cognito user pool made by the stack.
        jwt_audience: Audiences accepted, separated by commas; only with `jwt_issuer`.
        jwt_read_scopes: Scopes of which a token of `jwt_issuer` needs one to look at things,
            separated by commas; empty for none.
        jwt_write_scopes: Likewise, to do anything else.
        dashboard: Deploy the dashboard. It signs people in with the stack's own pool, so there is
            none with a `jwt_issuer`.
        dashboard_domain: Name of one's own for the dashboard; empty for the one CloudFront gives.
        dashboard_certificate: ARN of the certificate of that name, in us-east-1. CloudFront refuses
            TLS before 1.2 under a name of one's own only.
        machine_clients: Make a client of the stack's own pool for machines, which get tokens by
            client credentials. Cognito charges for it.
        machines_only_read: Give that client no scope but the one to look at things.
        throttled: Whether the API limits requests by route.
        enforce_tls: Whether queues and the topic refuse plain HTTP; only the local stage, which
            never leaves the machine, may do without.
        stripe_address_parameter: Take Stripe's address from a parameter of the stack, for a
            Stripe-shaped server. Never outside the local stage.
    """

    stage: str
    schedule_hour: int = 6
    schedule_weekday: str = "MON"
    schedule_time_zone: str = "UTC"
    schedules_enabled: bool = True
    sync_max_concurrency: int = 10
    log_retention_days: int = 90
    retain_data: bool = True
    customer_managed_key: bool = False
    allow_restricted_keys: bool = False
    jwt_issuer: str = ""
    jwt_audience: str = ""
    jwt_read_scopes: str = "metrics:read"
    jwt_write_scopes: str = "metrics:write"
    dashboard: bool = True
    dashboard_domain: str = ""
    dashboard_certificate: str = ""
    machine_clients: bool = False
    machines_only_read: bool = False
    throttled: bool = True
    enforce_tls: bool = True
    stripe_address_parameter: bool = False

    def __post_init__(self) -> None:
        """Refuse what AWS would refuse later, or silently misread."""
        hours, concurrency = range(24), range(2, 1001)
        if self.schedule_hour not in hours:
            raise ValueError(f"schedule_hour is an hour of the day, not {self.schedule_hour}.")
        if self.schedule_weekday not in WEEKDAYS:
            raise ValueError(f"schedule_weekday is one of {', '.join(WEEKDAYS)}.")
        ZoneInfo(self.schedule_time_zone)
        if self.sync_max_concurrency not in concurrency:
            raise ValueError("sync_max_concurrency lies between 2 and 1,000.")
        if self.log_retention_days not in LOG_RETENTION_DAYS:
            raise ValueError(f"log_retention_days is one of {LOG_RETENTION_DAYS}.")
        if bool(self.jwt_issuer) != bool(self.jwt_audience):
            raise ValueError("jwt_issuer and jwt_audience go together.")
        self._check_domain()
        if self.jwt_issuer and self.machine_clients:
            raise ValueError("machine_clients are of the stack's own pool, not of a jwt_issuer.")
        if self.stage != "local" and (self.stripe_address_parameter or not self.enforce_tls):
            raise ValueError("Only the local stage may do without TLS, or talk to another Stripe.")

    def _check_domain(self) -> None:
        if bool(self.dashboard_domain) != bool(self.dashboard_certificate):
            raise ValueError("dashboard_domain and dashboard_certificate go together.")
        if self.dashboard_certificate and ":acm:us-east-1:" not in self.dashboard_certificate:
            raise ValueError(
                "dashboard_certificate is the ARN of a certificate in us-east-1: CloudFront takes "
                "none from elsewhere."
            )

    @property
    def has_dashboard(self) -> bool:
        """Whether the stack has the dashboard."""
        return self.dashboard and not self.jwt_issuer


STAGES: Mapping[str, StageSettings] = {
    "prod": StageSettings(stage="prod"),
    "test": StageSettings(stage="test", retain_data=False, log_retention_days=14),
    "local": StageSettings(
        stage="local",
        dashboard=False,  # the emulator has no CloudFront: the local run serves it itself
        retain_data=False,
        log_retention_days=1,
        throttled=False,
        # The emulator's scheduler neither fills in the scheduled time nor knows time zones, so the
        # local run has a clock of its own that fires these same schedules.
        schedules_enabled=False,
        enforce_tls=False,  # the emulator listens on plain HTTP, on the loopback interface only
        stripe_address_parameter=True,
    ),
}


def setting_names() -> frozenset[str]:
    """The settings that a deployment may choose for itself."""
    return frozenset(field.name for field in fields(StageSettings)) - _FIXED_BY_STAGE


def settings_for(stage: str, overrides: Mapping[str, Any]) -> StageSettings:
    """The settings of *stage* with those *overrides* that name a setting.

    Values may be text, as they come from a command line.
    """
    if stage not in STAGES:
        raise ValueError(f"There is no stage {stage!r}; there are {', '.join(STAGES)}.")
    base = STAGES[stage]
    return replace(
        base,
        **{
            name: _typed_like(getattr(base, name), overrides[name], name)
            for name in setting_names() & overrides.keys()
        },
    )


def _typed_like(example: object, value: Any, name: str) -> Any:
    if isinstance(example, bool):
        if str(value).lower() not in ("true", "false"):
            raise ValueError(f"{name} is true or false, not {value!r}.")
        return str(value).lower() == "true"
    return int(value) if isinstance(example, int) else str(value)
