"""Puts the API's use cases together. The only module here that names adapters."""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config

from functions.api.account_keys import AccountKeys
from functions.api.add_channel import AddChannel
from functions.api.answer_test_query import AnswerTestQuery
from functions.api.awaiting import AwaitValue
from functions.api.catch_up import CatchUp
from functions.api.change_alert import ChangeAlert
from functions.api.change_goal import ChangeGoal
from functions.api.change_integration import ChangeIntegration
from functions.api.change_metric import ChangeMetric
from functions.api.connect_account import ConnectAccount
from functions.api.create_metric import CreateMetric
from functions.api.disconnect_account import DisconnectAccount
from functions.api.explain_value import ExplainValue
from functions.api.link_metric import LinkMetric
from functions.api.list_channels import ListChannels
from functions.api.list_values import ListValues
from functions.api.preview_alert import PreviewAlert
from functions.api.reconnect_account import ReconnectAccount
from functions.api.remove_channel import RemoveChannel
from functions.api.remove_goal import RemoveGoal
from functions.api.remove_integration import RemoveIntegration
from functions.api.remove_metric import RemoveMetric
from functions.api.set_alert import SetAlert
from functions.api.set_goal import SetGoal
from functions.api.settings import AccessSettings, Settings
from functions.api.try_channel import TryChannel
from functions.api.unlink_metric import UnlinkMetric
from shared.adapters.dynamodb_alerts import DynamoDbAlerts
from shared.adapters.dynamodb_config import DynamoDbConfig
from shared.adapters.dynamodb_goals import DynamoDbGoals
from shared.adapters.dynamodb_ledger import DynamoDbLedger
from shared.adapters.dynamodb_metrics import DynamoDbMetrics
from shared.adapters.dynamodb_table import DynamoDbTable
from shared.adapters.secrets_manager import SecretsManager
from shared.adapters.sns_notifier import SnsNotifier
from shared.adapters.sqs_queue import SqsSyncQueue
from shared.adapters.system import SystemClock, new_id
from shared.domain.stripe_key import StripeKey
from shared.ports import (
    AlertStore,
    BillingSource,
    BillingSources,
    Clock,
    ConfigStore,
    GoalStore,
    Ledger,
    MetricStore,
    Notifier,
    SecretStore,
    SyncQueue,
)

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.idempotency import BasePersistenceLayer

_AWS = Config(connect_timeout=2, read_timeout=10, retries={"mode": "standard", "max_attempts": 3})


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """What the use cases need of the outside world.

    Attributes:
        new_id: makes ids that begin with a word.
        sleep: waits for so many seconds.
    """

    config: ConfigStore
    metrics: MetricStore
    alerts: AlertStore
    goals: GoalStore
    ledger: Ledger
    secrets: SecretStore
    sources: BillingSources
    queue: SyncQueue
    notifier: Notifier
    clock: Clock
    new_id: Callable[[str], str]
    sleep: Callable[[float], None]


@dataclass(frozen=True, slots=True)
class Services:
    """All that the routes call."""

    settings: Settings
    clock: Clock
    config: ConfigStore
    metrics: MetricStore
    alerts: AlertStore
    goals: GoalStore
    queue: SyncQueue
    connect_account: ConnectAccount
    change_integration: ChangeIntegration
    disconnect_account: DisconnectAccount
    reconnect_account: ReconnectAccount
    remove_integration: RemoveIntegration
    answer_test_query: AnswerTestQuery
    create_metric: CreateMetric
    change_metric: ChangeMetric
    remove_metric: RemoveMetric
    list_values: ListValues
    explain_value: ExplainValue
    set_goal: SetGoal
    change_goal: ChangeGoal
    link_metric: LinkMetric
    unlink_metric: UnlinkMetric
    remove_goal: RemoveGoal
    add_channel: AddChannel
    list_channels: ListChannels
    remove_channel: RemoveChannel
    try_channel: TryChannel
    set_alert: SetAlert
    change_alert: ChangeAlert
    preview_alert: PreviewAlert


def _environment() -> dict[str, str]:
    return {name.lower(): value for name, value in os.environ.items() if value}


@cache
def access() -> AccessSettings:
    """Tell what tokens must carry."""
    return AccessSettings.model_validate(_environment())


@cache
def kept_answers() -> "BasePersistenceLayer":
    """Open where the answers are kept to requests with an idempotency key."""
    from aws_lambda_powertools.utilities.idempotency import (  # noqa: PLC0415 - few need it
        DynamoDBPersistenceLayer,
    )

    return DynamoDBPersistenceLayer(
        services().settings.metrics_table,
        key_attr="pk",
        static_pk_value="IDEMPOTENCY",
        sort_key_attr="sk",
        expiry_attr="expires_at",
        boto3_client=boto3.client("dynamodb", config=_AWS),
    )


@cache
def services() -> Services:
    """Put everything together, once for each execution environment."""
    settings = Settings.model_validate(_environment())
    dynamodb = boto3.client("dynamodb", config=_AWS)
    table = DynamoDbTable(dynamodb, settings.metrics_table)
    clock = SystemClock()
    return put_together(
        settings,
        Outside(
            config=DynamoDbConfig(table),
            metrics=DynamoDbMetrics(table),
            alerts=DynamoDbAlerts(table),
            goals=DynamoDbGoals(table),
            ledger=DynamoDbLedger(DynamoDbTable(dynamodb, settings.ledger_table)),
            secrets=SecretsManager(
                boto3.client("secretsmanager", config=_AWS), settings.secret_prefix
            ),
            sources=partial(_open_source, settings.stripe_api_base),
            queue=SqsSyncQueue(boto3.client("sqs", config=_AWS), settings.sync_queue_url),
            notifier=SnsNotifier(boto3.client("sns", config=_AWS), settings.topic_arn),
            clock=clock,
            new_id=lambda prefix: new_id(prefix, clock.now()),
            sleep=time.sleep,
        ),
    )


def put_together(settings: Settings, out: Outside) -> Services:
    """Put the use cases together over whatever is outside."""
    config, metrics, alerts, goals = out.config, out.metrics, out.alerts, out.goals
    queue, clock, make_id = out.queue, out.clock, out.new_id
    allow_restricted = settings.allow_restricted_keys
    keys = AccountKeys(config, out.secrets, out.sources, clock, allow_restricted)
    await_value = AwaitValue(config, metrics, clock, out.sleep)
    catch_up = CatchUp(config, out.ledger, queue, clock, make_id, out.sleep)
    set_alert = SetAlert(config, metrics, alerts, goals, queue, clock, make_id)
    change_alert = ChangeAlert(config, metrics, alerts, goals, queue)
    unlink_metric = UnlinkMetric(goals, alerts, change_alert)
    remove_metric = RemoveMetric(config, unlink_metric)
    return Services(
        settings=settings,
        clock=clock,
        config=config,
        metrics=metrics,
        alerts=alerts,
        goals=goals,
        queue=queue,
        connect_account=ConnectAccount(
            config, out.secrets, out.sources, queue, clock, make_id, allow_restricted
        ),
        change_integration=ChangeIntegration(config, keys, queue, clock),
        disconnect_account=DisconnectAccount(config, out.secrets),
        reconnect_account=ReconnectAccount(config, keys, queue, clock),
        remove_integration=RemoveIntegration(
            config, out.ledger, out.secrets, clock, remove_metric, make_id, out.sleep
        ),
        answer_test_query=AnswerTestQuery(
            config, out.secrets, out.sources, clock, allow_restricted, catch_up
        ),
        create_metric=CreateMetric(config, queue, clock, make_id, await_value),
        change_metric=ChangeMetric(config, queue, clock, await_value),
        remove_metric=remove_metric,
        list_values=ListValues(config, metrics),
        explain_value=ExplainValue(config, metrics, out.ledger),
        set_goal=SetGoal(goals, clock, make_id),
        change_goal=ChangeGoal(goals, metrics),
        link_metric=LinkMetric(config, metrics, goals),
        unlink_metric=unlink_metric,
        remove_goal=RemoveGoal(goals, unlink_metric),
        add_channel=AddChannel(config, out.notifier, clock, make_id),
        list_channels=ListChannels(config, out.notifier),
        remove_channel=RemoveChannel(config, alerts, out.notifier),
        try_channel=TryChannel(config, out.notifier, clock),
        set_alert=set_alert,
        change_alert=change_alert,
        preview_alert=PreviewAlert(metrics, set_alert),
    )


def _open_source(api_base: str | None, key: StripeKey) -> BillingSource:
    # Most requests never speak to Stripe and must not pay for importing the transport.
    from shared.adapters.stripe_source import StripeSource  # noqa: PLC0415

    return StripeSource(key, api_base=api_base)
