"""The two tables, and the key that encrypts them where a deployment wants its own."""

from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_kms as kms
from constructs import Construct

from infra.constructs.python_function import removal_policy
from infra.settings import StageSettings

COLLECTIONS_INDEX = "collections"
_TTL = "expires_at"


class Storage(Construct):
    """`metrics` holds what people configure and see; `ledger` mirrors the Stripe accounts.

    Attributes:
        metrics: Its stream carries new images to the alerts.
        ledger: Has no stream: nothing waits for what changes in it.
        key: The key of both tables, or None for the one AWS owns.
    """

    def __init__(self, scope: Construct, construct_id: str, *, settings: StageSettings) -> None:
        super().__init__(scope, construct_id)
        self._settings = settings
        self.key = self._own_key() if settings.customer_managed_key else None
        self.metrics = self._table(
            "Metrics",
            stream=dynamodb.StreamViewType.NEW_IMAGE,
            indexes=[
                dynamodb.GlobalSecondaryIndexPropsV2(
                    index_name=COLLECTIONS_INDEX,
                    partition_key=_text("collection"),
                    sort_key=_text("collected_at"),
                    projection_type=dynamodb.ProjectionType.ALL,
                )
            ],
        )
        self.ledger = self._table("Ledger")

    @property
    def collections_arn(self) -> str:
        """The ARN of the index that lists things of one kind."""
        return f"{self.metrics.table_arn}/index/{COLLECTIONS_INDEX}"

    def _own_key(self) -> kms.Key:
        return kms.Key(
            self,
            "Key",
            description="Stripe Metrics: the tables",
            enable_key_rotation=True,
            removal_policy=removal_policy(self._settings),
        )

    def _table(
        self,
        construct_id: str,
        *,
        stream: dynamodb.StreamViewType | None = None,
        indexes: list[dynamodb.GlobalSecondaryIndexPropsV2] | None = None,
    ) -> dynamodb.TableV2:
        return dynamodb.TableV2(
            self,
            construct_id,
            partition_key=_text("pk"),
            sort_key=_text("sk"),
            billing=dynamodb.Billing.on_demand(),
            encryption=(
                dynamodb.TableEncryptionV2.customer_managed_key(self.key)
                if self.key
                else dynamodb.TableEncryptionV2.dynamo_owned_key()
            ),
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
            time_to_live_attribute=_TTL,
            dynamo_stream=stream,
            global_secondary_indexes=indexes,
            deletion_protection=self._settings.retain_data,
            removal_policy=removal_policy(self._settings),
        )


def _text(name: str) -> dynamodb.Attribute:
    return dynamodb.Attribute(name=name, type=dynamodb.AttributeType.STRING)
