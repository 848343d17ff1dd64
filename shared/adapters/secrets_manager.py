"""Keys in Secrets Manager, one secret for each integration, under one prefix."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from shared.adapters.aws_errors import error_code, translated
from shared.domain.stripe_key import StripeKey
from shared.errors import SecretMissingError

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

# A name that is scheduled for deletion is refused by another code than one in use.
_SCHEDULED = "InvalidRequestException"
_TAKEN = frozenset({"ResourceExistsException", _SCHEDULED})
_GONE = frozenset({"ResourceNotFoundException", _SCHEDULED})


class SecretsManager:
    """The `SecretStore` port."""

    def __init__(self, client: "SecretsManagerClient", prefix: str) -> None:
        self._client = client
        self._prefix = prefix

    def put(self, integration_id: str, key: StripeKey) -> None:
        """See the port."""
        name, text = self._name(integration_id), key.reveal()
        with translated("store a secret"):
            try:
                self._client.create_secret(Name=name, SecretString=text)
            except ClientError as error:
                if error_code(error) not in _TAKEN:
                    raise
                self._replace(name, text)

    def _replace(self, name: str, text: str) -> None:
        try:
            self._client.put_secret_value(SecretId=name, SecretString=text)
        except ClientError as error:
            if error_code(error) != _SCHEDULED:
                raise
            # It is kept for some days after its removal, and takes nothing until it is back.
            self._client.restore_secret(SecretId=name)
            self._client.put_secret_value(SecretId=name, SecretString=text)

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
                    "The integration's key is not stored any more. Enter the account's secret key."
                ) from None
        return answer["SecretString"]

    def delete(self, integration_id: str) -> None:
        """See the port."""
        with translated("remove a secret"), _gone_is_fine():
            self._client.delete_secret(SecretId=self._name(integration_id), RecoveryWindowInDays=7)

    def erase(self, integration_id: str) -> None:
        """See the port."""
        with translated("erase a secret"), _gone_is_fine():
            self._client.delete_secret(
                SecretId=self._name(integration_id), ForceDeleteWithoutRecovery=True
            )

    def _name(self, integration_id: str) -> str:
        return f"{self._prefix}{integration_id}"


@contextmanager
def _gone_is_fine() -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        if error_code(error) not in _GONE:
            raise
