"""What AWS answers, in the project's own errors."""

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import BotoCoreError, ClientError

from shared.errors import (
    ConfigurationError,
    StorageError,
    StorageUnavailableError,
    VersionConflictError,
)

_CONFLICTS = frozenset({"ConditionalCheckFailedException", "TransactionConflictException"})
_TRANSIENT = frozenset(
    {
        "InternalError",
        "InternalFailure",
        "InternalServerError",
        "InternalServiceError",
        "LimitExceededException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "ServiceUnavailable",
        "Throttled",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
        "TransactionInProgressException",
    }
)
_FORBIDDEN = frozenset(
    {"AccessDenied", "AccessDeniedException", "AuthorizationError", "UnauthorizedOperation"}
)


def error_code(error: ClientError) -> str:
    """Give AWS's code of an error answer."""
    return str(error.response.get("Error", {}).get("Code", ""))


@contextmanager
def translated(what: str) -> Iterator[None]:
    """Raise the project's error for whatever AWS answers while doing *what*.

    Raises:
        VersionConflictError: a condition did not hold.
        StorageUnavailableError: throttled, internal error, or not reached.
        ConfigurationError: the function's role does not allow it.
        StorageError: anything else.
    """
    try:
        yield
    except ClientError as error:
        raise _translate(error, what) from error
    except BotoCoreError as error:
        raise StorageUnavailableError(f"AWS could not be reached to {what}.") from error


def _translate(error: ClientError, what: str) -> Exception:
    code = error_code(error)
    if code == "TransactionCanceledException":
        return _translate_cancellation(error, what)
    if code in _CONFLICTS:
        return VersionConflictError(f"Somebody else wrote first: could not {what}.")
    if code in _TRANSIENT or error.response["ResponseMetadata"]["HTTPStatusCode"] >= 500:  # noqa: PLR2004 - the server's side
        return StorageUnavailableError(f"AWS is busy: could not {what} ({code}).")
    if code in _FORBIDDEN:
        return ConfigurationError(f"The function's role does not allow to {what}.")
    return StorageError(f"AWS refused to {what} ({code}).")


def _translate_cancellation(error: ClientError, what: str) -> Exception:
    reasons = {str(r.get("Code")) for r in error.response.get("CancellationReasons", [])}
    if reasons & {"ConditionalCheckFailed", "TransactionConflict"}:
        return VersionConflictError(f"Somebody else wrote first: could not {what}.")
    if reasons & {"ThrottlingError", "ProvisionedThroughputExceeded"}:
        return StorageUnavailableError(f"AWS is busy: could not {what}.")
    return StorageError(f"AWS refused to {what} ({', '.join(sorted(reasons))}).")
