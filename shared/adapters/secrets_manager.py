"""Keys in Secrets Manager, one secret for each integration, under one prefix."""

from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from shared.adapters.aws_errors import error_code, translated
from shared.domain.stripe_key import StripeKey
from shared.errors import SecretMissingError

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

_GONE = frozenset({"ResourceNotFoundException", "InvalidRequestException"})


class SecretsManager:
    """The `SecretStore` port."""

    def __init__(self, client: "SecretsManagerClient", prefix: str) -> None:
        self._client = client
        self._prefix = prefix

    def put(self, integration_id: str, key: StripeKey) -> None:
        """See the port."""
        with translated("store a secret"):
            try:
                self._client.create_secret(
                    Name=self._name(integration_id), SecretString=key.reveal()
                )
            except ClientError as error:
                if error_code(error) != "ResourceExistsException":
                    raise
                self._client.put_secret_value(
                    SecretId=self._name(integration_id), SecretString=key.reveal()
                )

    def get(self, integration_id: str) -> str:
        """See the port."""
        with translated("read a secret"):
            try:
                answer = self._client.get_secret_value(SecretId=self._name(integration_id))
            except ClientError as error:
                if error_code(error) not in _GONE:
                    raise
                # Not chained: nothing of a secret's answer should travel with an error.
                raise SecretMissingError(
                    "The key of this integration is no longer stored. Connect it again."
                ) from None
        return answer["SecretString"]

    def delete(self, integration_id: str) -> None:
        """See the port."""
        with translated("remove a secret"):
            try:
                self._client.delete_secret(
                    SecretId=self._name(integration_id), RecoveryWindowInDays=7
                )
            except ClientError as error:
                if error_code(error) not in _GONE:
                    raise

    def _name(self, integration_id: str) -> str:
        return f"{self._prefix}{integration_id}"
