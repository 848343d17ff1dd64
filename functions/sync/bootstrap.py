"""Puts the sync use cases together. The only module here that names adapters."""

import os
from functools import cache

import boto3
from botocore.config import Config

from functions.sync.dispatch_syncs import DispatchSyncs
from functions.sync.settings import DispatcherSettings, WorkerSettings
from functions.sync.sync_account import SyncAccount
from shared.adapters.dynamodb_config import DynamoDbConfig
from shared.adapters.dynamodb_ledger import DynamoDbLedger
from shared.adapters.dynamodb_metrics import DynamoDbMetrics
from shared.adapters.dynamodb_table import DynamoDbTable
from shared.adapters.secrets_manager import SecretsManager
from shared.adapters.sqs_queue import SqsSyncQueue
from shared.adapters.system import SystemClock
from shared.domain.stripe_key import StripeKey
from shared.ports import BillingSource

_AWS = Config(connect_timeout=2, read_timeout=10, retries={"mode": "standard", "max_attempts": 4})


def _environment() -> dict[str, str]:
    return {name.lower(): value for name, value in os.environ.items() if value}


@cache
def build_dispatch() -> DispatchSyncs:
    """Put the dispatcher together, once for each execution environment."""
    settings = DispatcherSettings.model_validate(_environment())
    table = DynamoDbTable(boto3.client("dynamodb", config=_AWS), settings.metrics_table)
    queue = SqsSyncQueue(boto3.client("sqs", config=_AWS), settings.sync_queue_url)
    return DispatchSyncs(config=DynamoDbConfig(table), queue=queue)


@cache
def build_sync() -> SyncAccount:
    """Put the worker together, once for each execution environment."""
    # The dispatchers share this module and must not pay for importing the transport.
    from shared.adapters.stripe_source import StripeSource  # noqa: PLC0415

    settings = WorkerSettings.model_validate(_environment())
    dynamodb = boto3.client("dynamodb", config=_AWS)
    metrics = DynamoDbTable(dynamodb, settings.metrics_table)
    ledger = DynamoDbTable(dynamodb, settings.ledger_table)
    secrets = SecretsManager(boto3.client("secretsmanager", config=_AWS), settings.secret_prefix)

    def open_source(key: StripeKey) -> BillingSource:
        return StripeSource(key, api_base=settings.stripe_api_base)

    return SyncAccount(
        config=DynamoDbConfig(metrics),
        metrics=DynamoDbMetrics(metrics, ledger),
        ledger=DynamoDbLedger(ledger),
        secrets=secrets,
        sources=open_source,
        queue=SqsSyncQueue(boto3.client("sqs", config=_AWS), settings.sync_queue_url),
        clock=SystemClock(),
        lease_seconds=settings.lease_seconds,
        allow_restricted_keys=settings.allow_restricted_keys,
    )
