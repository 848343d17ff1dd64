"""The alerts: the functions that decide and send them, and the topic they speak through."""

import aws_cdk as cdk
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.constructs.python_function import CodeFor, PythonFunction
from infra.constructs.storage import Storage
from infra.settings import StageSettings

# `LATEST` is there, empty, as soon as its metric is; every value changes it.
_NEW_VALUE = {"eventName": ["MODIFY"], "dynamodb": {"Keys": {"sk": {"S": ["LATEST"]}}}}
_ENDED_SYNC = {
    "dynamodb": {"Keys": {"sk": {"S": ["SYNC"]}}, "NewImage": {"state": {"S": ["ok", "error"]}}}
}


class Alerts(Construct):
    """Stream of the metrics table -> evaluator -> topic; the sweeper does what was left undone.

    Attributes:
        topic: One for all channels; each is a subscription filtered to its own id.
        evaluator: Decides and sends what follows from new values and ended syncs.
        sweeper: Looks after all accounts and sends what is still unsent; a schedule starts it.
        failures: What the stream gave up on, and what nobody could read or send.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        settings: StageSettings,
        code_for: CodeFor,
        storage: Storage,
    ) -> None:
        super().__init__(scope, construct_id)
        self.topic = sns.Topic(
            self, "Topic", display_name="Stripe Metrics", enforce_ssl=settings.enforce_tls
        )
        self.failures = sqs.Queue(
            self,
            "Failures",
            enforce_ssl=settings.enforce_tls,
            retention_period=cdk.Duration.days(14),
        )
        code = code_for("alerts")
        environment = {
            "METRICS_TABLE": storage.metrics.table_name,
            "TOPIC_ARN": self.topic.topic_arn,
            "FAILURES_QUEUE_URL": self.failures.queue_url,
        }
        self.evaluator, self.sweeper = (
            PythonFunction(
                self,
                construct_id,
                settings=settings,
                code=code,
                handler=f"functions.alerts.handler.{entry_point}",
                environment=environment,
                timeout=cdk.Duration.minutes(minutes),
                memory_size=512,
            )
            # The sweeper is over before its next tick.
            for construct_id, entry_point, minutes in (
                ("Evaluator", "handle", 1),
                ("Sweeper", "sweep", 4),
            )
        )
        self._listen(storage.metrics.table_stream_arn)

    def _listen(self, stream_arn: str | None) -> None:
        mapping = lambda_.EventSourceMapping(
            self,
            "NewValues",
            target=self.evaluator.function,
            event_source_arn=stream_arn,
            # From the oldest record: none is lost between the deployment of table and mapping.
            starting_position=lambda_.StartingPosition.TRIM_HORIZON,
            batch_size=50,
            filters=[
                lambda_.FilterCriteria.filter(pattern) for pattern in (_NEW_VALUE, _ENDED_SYNC)
            ],
            # One bad record must not hold up the others, and never for long.
            report_batch_item_failures=True,
            bisect_batch_on_error=True,
            retry_attempts=5,
            max_record_age=cdk.Duration.hours(1),
        )
        # Not `on_failure`, which would grant more than sending to the role.
        resource = mapping.node.default_child
        assert isinstance(resource, lambda_.CfnEventSourceMapping)  # noqa: S101 - narrows for mypy
        resource.destination_config = lambda_.CfnEventSourceMapping.DestinationConfigProperty(
            on_failure=lambda_.CfnEventSourceMapping.OnFailureProperty(
                destination=self.failures.queue_arn
            )
        )
