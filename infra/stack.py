"""The stack: composes the constructs, and says in one place who may touch what."""

from collections.abc import Sequence

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from constructs import Construct

from infra.constructs.alerts import Alerts
from infra.constructs.api import Api
from infra.constructs.identity import Identity
from infra.constructs.python_function import CodeFor, PythonFunction
from infra.constructs.schedules import SWEEP, Schedules
from infra.constructs.site import Site
from infra.constructs.storage import Storage
from infra.constructs.sync import Sync
from infra.settings import StageSettings

_READ = ["dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:Query"]
# A transaction needs the permission of each action in it.
_COMMIT = ["dynamodb:ConditionCheckItem", "dynamodb:PutItem"]
_REMOVE = ["dynamodb:BatchWriteItem", "dynamodb:DeleteItem"]
# IAM knows no resource for these two, nor for sns:Unsubscribe: a policy that names one denies them.
_LOOK_AT_SUBSCRIPTIONS = ["sns:CheckIfPhoneNumberIsOptedOut", "sns:GetSubscriptionAttributes"]


class StripeMetricsStack(cdk.Stack):
    """Everything that one deployment of Stripe Metrics consists of."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        settings: StageSettings,
        code_for: CodeFor,
        env: cdk.Environment | None = None,
    ) -> None:
        super().__init__(
            scope, construct_id, env=env, description=f"Stripe Metrics ({settings.stage})"
        )
        secret_prefix = f"stripe-metrics/{settings.stage}/"
        self._secrets_arn = self.format_arn(
            service="secretsmanager",
            resource="secret",
            resource_name=f"{secret_prefix}*",
            arn_format=cdk.ArnFormat.COLON_RESOURCE_NAME,
        )
        stripe_access = {
            "SECRET_PREFIX": secret_prefix,
            "ALLOW_RESTRICTED_KEYS": str(settings.allow_restricted_keys).lower(),
            **self._stripe_address(settings),
        }
        self.storage = Storage(self, "Storage", settings=settings)
        self.alerts = Alerts(
            self, "Alerts", settings=settings, code_for=code_for, storage=self.storage
        )
        self.sync = Sync(
            self,
            "Sync",
            settings=settings,
            code_for=code_for,
            metrics_table=self.storage.metrics.table_name,
            worker_environment={
                "LEDGER_TABLE": self.storage.ledger.table_name,
                **stripe_access,
            },
        )
        self.schedules = Schedules(
            self,
            "Schedules",
            settings=settings,
            targets={**self.sync.dispatchers, SWEEP: self.alerts.sweeper},
        )
        self.identity = Identity(self, "Identity", settings=settings)
        self.api = Api(
            self,
            "Api",
            settings=settings,
            code_for=code_for,
            identity=self.identity,
            environment={
                "METRICS_TABLE": self.storage.metrics.table_name,
                "LEDGER_TABLE": self.storage.ledger.table_name,
                "SYNC_QUEUE_URL": self.sync.queue.queue_url,
                "TOPIC_ARN": self.alerts.topic.topic_arn,
                "SCHEDULE_HOUR": str(settings.schedule_hour),
                "SCHEDULE_WEEKDAY": settings.schedule_weekday,
                "SCHEDULE_TIME_ZONE": settings.schedule_time_zone,
                **stripe_access,
            },
        )
        self.site = (
            Site(self, "Site", settings=settings, api=self.api, identity=self.identity)
            if settings.has_dashboard
            else None
        )
        self._grant()
        self._output()

    def _stripe_address(self, settings: StageSettings) -> dict[str, str]:
        if not settings.stripe_address_parameter:
            return {}
        address = cdk.CfnParameter(
            self,
            "StripeApiBase",
            default="https://api.stripe.com",
            description="Address of Stripe, or of a server shaped like it.",
        )
        return {"STRIPE_API_BASE": address.value_as_string}

    def _grant(self) -> None:
        metrics, ledger = self.storage.metrics.table_arn, self.storage.ledger.table_arn
        collections, topic = self.storage.collections_arn, self.alerts.topic.topic_arn
        queue, secrets = self.sync.queue.queue_arn, self._secrets_arn

        for dispatcher in self.sync.dispatchers.values():
            dispatcher.allow(["dynamodb:Query"], [collections])
            dispatcher.allow(["sqs:SendMessage"], [queue, self.schedules.failures.queue_arn])

        worker = self.sync.worker
        worker.allow([*_READ, "dynamodb:BatchWriteItem", "dynamodb:PutItem"], [metrics])
        worker.allow([*_READ, "dynamodb:BatchWriteItem", "dynamodb:UpdateItem"], [ledger])
        worker.allow(["secretsmanager:GetSecretValue"], [secrets])
        worker.allow(
            [
                "sqs:ChangeMessageVisibility",
                "sqs:DeleteMessage",
                "sqs:GetQueueAttributes",
                "sqs:ReceiveMessage",
                "sqs:SendMessage",
            ],
            [queue],
        )

        evaluator, sweeper = self.alerts.evaluator, self.alerts.sweeper
        for alerts in (evaluator, sweeper):
            alerts.allow([*_READ, *_COMMIT, "dynamodb:DeleteItem"], [metrics])
            alerts.allow(["sns:Publish"], [topic])
            alerts.allow(_LOOK_AT_SUBSCRIPTIONS, ["*"])
        evaluator.allow(["sqs:SendMessage"], [self.alerts.failures.queue_arn])
        evaluator.allow(
            [
                "dynamodb:DescribeStream",
                "dynamodb:GetRecords",
                "dynamodb:GetShardIterator",
                "dynamodb:ListStreams",
            ],
            [str(self.storage.metrics.table_stream_arn)],
        )
        sweeper.allow(["dynamodb:Query"], [collections])
        sweeper.allow(
            ["sqs:SendMessage"],
            [self.alerts.failures.queue_arn, self.schedules.failures.queue_arn],
        )

        api = self.api.function
        api.allow([*_READ, *_COMMIT, *_REMOVE, "dynamodb:UpdateItem"], [metrics])
        api.allow(["dynamodb:Query"], [collections])
        # Whoever removes an integration takes its lease first, and then clears its ledger.
        api.allow([*_READ, *_REMOVE, "dynamodb:UpdateItem"], [ledger])
        api.allow(
            [
                "secretsmanager:CreateSecret",
                "secretsmanager:DeleteSecret",
                "secretsmanager:GetSecretValue",
                "secretsmanager:PutSecretValue",
                "secretsmanager:RestoreSecret",
            ],
            [secrets],
        )
        api.allow(["sqs:SendMessage"], [queue])
        api.allow(["sns:ListSubscriptionsByTopic", "sns:Publish", "sns:Subscribe"], [topic])
        api.allow([*_LOOK_AT_SUBSCRIPTIONS, "sns:Unsubscribe"], ["*"])

        self._grant_key([worker, evaluator, sweeper, api, *self.sync.dispatchers.values()])

    def _grant_key(self, functions: Sequence[PythonFunction]) -> None:
        if self.storage.key is None:
            return
        for function in functions:
            function.role.add_to_policy(
                iam.PolicyStatement(
                    actions=[
                        "kms:Decrypt",
                        "kms:DescribeKey",
                        "kms:Encrypt",
                        "kms:GenerateDataKey",
                    ],
                    resources=[self.storage.key.key_arn],
                    # Through DynamoDB only, as the tables are all it encrypts.
                    conditions={
                        "StringEquals": {
                            "kms:ViaService": f"dynamodb.{self.region}.{self.url_suffix}"
                        }
                    },
                )
            )

    def _output(self) -> None:
        values = {
            "ApiUrl": self.api.http_api.api_endpoint,
            "ApiId": self.api.http_api.api_id,
            "MetricsTableName": self.storage.metrics.table_name,
            "LedgerTableName": self.storage.ledger.table_name,
            "SyncQueueUrl": self.sync.queue.queue_url,
            "TopicArn": self.alerts.topic.topic_arn,
            "ScheduleGroupName": self.schedules.group,
        }
        if self.site:
            values["DashboardUrl"] = self.site.url
        for interval, name in self.schedules.names.items():
            values[f"{interval.capitalize()}ScheduleName"] = name
        if self.identity.pool and self.identity.client:
            values["UserPoolId"] = self.identity.pool.user_pool_id
            values["UserPoolClientId"] = self.identity.client.user_pool_client_id
        if self.identity.machine_client and self.identity.token_url:
            values["MachineClientId"] = self.identity.machine_client.user_pool_client_id
            values["TokenUrl"] = self.identity.token_url
        for name, value in values.items():
            cdk.CfnOutput(self, name, value=value)
