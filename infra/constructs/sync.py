"""The sync: a dispatcher for each refresh interval, the queue, and the worker that reads Stripe."""

from collections.abc import Mapping

import aws_cdk as cdk
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.constructs.python_function import CodeFor, PythonFunction
from infra.settings import StageSettings

INTERVALS = ("hourly", "daily", "weekly")
_WORKER_TIMEOUT = cdk.Duration.minutes(15)
_LEASE_SECONDS = 15 * 60 + 30
# A minute and a half more than the lease of a sync, which begins only once its function has: a
# message comes back when its sync is certainly over. AWS's rule of thumb of six timeouts is for
# batches that wait while the function is throttled; here one message is one batch and the mapping's
# own concurrency limit keeps it from being throttled, and six would leave a killed sync waiting for
# an hour and a half.
_VISIBILITY = cdk.Duration.seconds(_LEASE_SECONDS + 90)


class Sync(Construct):
    """Dispatchers -> FIFO queue -> worker.

    Attributes:
        queue: One message group for each integration, so that its syncs never overlap.
        failures: Messages that failed three times.
        dispatchers: By refresh interval.
        worker: Runs one sync for each message.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        settings: StageSettings,
        code_for: CodeFor,
        metrics_table: str,
        worker_environment: Mapping[str, str],
    ) -> None:
        super().__init__(scope, construct_id)
        code = code_for("sync")
        self.failures = sqs.Queue(
            self,
            "Failures",
            fifo=True,
            enforce_ssl=settings.enforce_tls,
            retention_period=cdk.Duration.days(14),
        )
        self.queue = sqs.Queue(
            self,
            "Queue",
            fifo=True,
            enforce_ssl=settings.enforce_tls,
            visibility_timeout=_VISIBILITY,
            dead_letter_queue=sqs.DeadLetterQueue(queue=self.failures, max_receive_count=3),
        )
        self.dispatchers = {
            interval: PythonFunction(
                self,
                f"{interval.capitalize()}Dispatcher",
                settings=settings,
                code=code,
                handler="functions.sync.handler.dispatch",
                environment={
                    "METRICS_TABLE": metrics_table,
                    "SYNC_QUEUE_URL": self.queue.queue_url,
                },
                timeout=cdk.Duration.minutes(2),
                memory_size=512,
            )
            for interval in INTERVALS
        }
        self.worker = PythonFunction(
            self,
            "Worker",
            settings=settings,
            code=code,
            handler="functions.sync.handler.work",
            environment={
                "METRICS_TABLE": metrics_table,
                "SYNC_QUEUE_URL": self.queue.queue_url,
                "LEASE_SECONDS": str(_LEASE_SECONDS),
                **worker_environment,
            },
            timeout=_WORKER_TIMEOUT,
            memory_size=2048,
        )
        # One message at a time: a first import may need the whole of a function's 15 minutes.
        lambda_.EventSourceMapping(
            self,
            "Messages",
            target=self.worker.function,
            event_source_arn=self.queue.queue_arn,
            batch_size=1,
            max_concurrency=settings.sync_max_concurrency,
        )
