"""Objects of the configuration, ready made, for tests that care for little of them."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

from shared.domain.account import AccountIdentity
from shared.domain.alerts import Alert, ChangeRule, ThresholdRule
from shared.domain.configuration import Channel, Integration, Metric, MetricValue
from shared.domain.metrics import Mrr
from tests.fakes import NOON


def an_integration(**changes: Any) -> Integration:
    usual = Integration(
        id="int_1",
        name="Acme",
        mode="test",
        key_masked="sk_test_…abcd",
        account=AccountIdentity("acct_1", "Acme Inc", "usd"),
        currency="usd",
        created_at=NOON,
        connected_at=NOON,
        key_set_at=NOON,
    )
    return replace(usual, **changes)


def a_metric(**changes: Any) -> Metric:
    usual = Metric("met_1", "int_1", "MRR", Mrr(), "hourly", NOON)
    return replace(usual, **changes)


def a_value(amount: str | None = "100", version: int = 1, **changes: Any) -> MetricValue:
    usual = MetricValue(
        metric_id="met_1",
        version=version,
        value=None if amount is None else Decimal(amount),
        unit="currency",
        currency="usd",
        as_of=NOON,
        computed_at=NOON,
        definitions_version="d1",
    )
    return replace(usual, **changes)


def a_channel(**changes: Any) -> Channel:
    # Each channel has an address of its own, or it would be refused.
    address = f"{changes.get('id', 'chn_1')}@example.com"
    usual = Channel("chn_1", "email", address, "active", NOON, "sub-chn_1")
    return replace(usual, **changes)


def a_rule(
    direction: Any = "below", threshold: str = "10000", hysteresis: str = "0"
) -> ThresholdRule:
    return ThresholdRule(Decimal(threshold), direction, Decimal(hysteresis))


def a_change_rule(
    direction: Any = "any", percentage: str = "10", compare_to: Any = "previous"
) -> ChangeRule:
    return ChangeRule(Decimal(percentage), direction, compare_to)


def an_alert(**changes: Any) -> Alert:
    usual = Alert("alt_1", "met_1", "int_1", "Floor", a_rule(), ("chn_1",), NOON, "currency", "usd")
    return replace(usual, **changes)
