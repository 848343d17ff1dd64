"""Puts the API's use cases together. The only module here that names adapters."""

import os
import time
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
from functions.api.change_integration import ChangeIntegration
from functions.api.change_metric import ChangeMetric
from functions.api.connect_account import ConnectAccount
from functions.api.create_metric import CreateMetric
from functions.api.disconnect_account import DisconnectAccount
from functions.api.list_channels import ListChannels
from functions.api.preview_alert import PreviewAlert
from functions.api.reconnect_account import ReconnectAccount
from functions.api.remove_channel import RemoveChannel
from functions.api.remove_integration import RemoveIntegration
from functions.api.set_alert import SetAlert
from functions.api.settings import AccessSettings, Settings
from functions.api.try_channel import TryChannel
from shared.adapters.dynamodb_alerts import DynamoDbAlerts
from shared.adapters.dynamodb_config import DynamoDbConfig
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
    Clock,
    ConfigStore,
    MetricStore,
    SyncQueue,
)

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.idempotency import BasePersistenceLayer

_AWS = Config(connect_timeout=2, read_timeout=10, retries={"mode": "standard", "max_attempts": 3})


@dataclass(frozen=True, slots=True)
class Services:
    """All that the routes call."""

    settings: Settings
    clock: Clock
    config: ConfigStore
    metrics: MetricStore
    alerts: AlertStore
    queue: SyncQueue
    connect_account: ConnectAccount
    change_integration: ChangeIntegration
    disconnect_account: DisconnectAccount
    reconnect_account: ReconnectAccount
    remove_integration: RemoveIntegration
    answer_test_query: AnswerTestQuery
    create_metric: CreateMetric
    change_metric: ChangeMetric
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
    ledger = DynamoDbLedger(DynamoDbTable(dynamodb, settings.ledger_table))
    clock = SystemClock()
    config, metrics, alerts = DynamoDbConfig(table), DynamoDbMetrics(table), DynamoDbAlerts(table)
    queue = SqsSyncQueue(boto3.client("sqs", config=_AWS), settings.sync_queue_url)
    notifier = SnsNotifier(boto3.client("sns", config=_AWS), settings.topic_arn)
    secrets = SecretsManager(boto3.client("secretsmanager", config=_AWS), settings.secret_prefix)
    sources = partial(_open_source, settings.stripe_api_base)
    allow_restricted = settings.allow_restricted_keys

    def make_id(prefix: str) -> str:
        return new_id(prefix, clock.now())

    keys = AccountKeys(config, secrets, sources, clock, allow_restricted)
    await_value = AwaitValue(config, metrics, clock, time.sleep)
    set_alert = SetAlert(config, metrics, alerts, queue, clock, make_id)
    return Services(
        settings=settings,
        clock=clock,
        config=config,
        metrics=metrics,
        alerts=alerts,
        queue=queue,
        connect_account=ConnectAccount(
            config, secrets, sources, queue, clock, make_id, allow_restricted
        ),
        change_integration=ChangeIntegration(config, keys, queue),
        disconnect_account=DisconnectAccount(config, secrets),
        reconnect_account=ReconnectAccount(config, keys, queue, clock),
        remove_integration=RemoveIntegration(
            config, ledger, secrets, clock, config.remove_metric, make_id
        ),
        answer_test_query=AnswerTestQuery(
            config,
            secrets,
            sources,
            clock,
            allow_restricted,
            CatchUp(config, ledger, queue, clock, make_id, time.sleep),
        ),
        create_metric=CreateMetric(config, queue, clock, make_id, await_value),
        change_metric=ChangeMetric(config, queue, clock, await_value),
        add_channel=AddChannel(config, notifier, clock, make_id),
        list_channels=ListChannels(config, notifier),
        remove_channel=RemoveChannel(config, alerts, notifier),
        try_channel=TryChannel(config, notifier, clock),
        set_alert=set_alert,
        change_alert=ChangeAlert(config, metrics, alerts, queue),
        preview_alert=PreviewAlert(metrics, set_alert),
    )


def _open_source(api_base: str | None, key: StripeKey) -> BillingSource:
    # Most requests never speak to Stripe and must not pay for importing the transport.
    from shared.adapters.stripe_source import StripeSource  # noqa: PLC0415

    return StripeSource(key, api_base=api_base)
