"""Every error that crosses a layer, drawn as a tree.

MetricsError
├── ConfigurationError           a setting of the deployment is missing or wrong
├── BillingSourceError           Stripe did not answer as needed
│   ├── KeyInvalidError          the key is unknown, rolled, or of a kind not accepted
│   ├── PermissionMissingError   the key may not read something that is needed
│   ├── SourceUnavailableError   Stripe could not be reached or answered nonsense (transient)
│   ├── SourceRateLimitedError   Stripe asked us to slow down for too long (transient)
│   ├── BadResponseError         an answer has not the shape that the pinned version promises
│   └── QueryTooLargeError       the account cannot be read within the time of a test query
├── UnfinishedError              a long work is done in part; the same request goes on (transient)
├── StorageError                 a table, queue, topic or secret store failed
│   ├── StorageUnavailableError  throttled, timed out or internal error (transient)
│   ├── VersionConflictError     somebody else wrote first
│   ├── LeaseHeldError           another sync of the same integration is running (transient)
│   └── SecretMissingError       the integration's key is not in the secret store
└── RequestError                 the caller must change the request
    ├── InvalidInputError        a field is wrong; carries pointers
    ├── NotFoundError            no such object
    ├── ImportRunningError       the first import has not read what is needed (transient)
    ├── AccountMismatchError     the key is not of the Stripe account and mode of the integration
    └── ConflictError            the object is not in a state that allows it
        └── BusyError            for the moment: somebody is working on it (transient)

`code` is the public code of the API's problems and of an integration's `sync.error`;
`transient` says whether the same call may succeed later, so that retry is decided in one place.
Messages are sentences for people and never hold a key.
"""

from typing import ClassVar


class MetricsError(Exception):
    """Base of all errors of this project."""

    code: ClassVar[str] = "internal"
    transient: ClassVar[bool] = False


class ConfigurationError(MetricsError):
    """A setting of the deployment is missing or wrong."""


class BillingSourceError(MetricsError):
    """Stripe did not answer as needed."""


class KeyInvalidError(BillingSourceError):
    """The key is malformed, unknown, rolled, or of a kind that is not accepted."""

    code = "stripe_key_invalid"


class PermissionMissingError(BillingSourceError):
    """The key may not read something that is needed.

    Attributes:
        permission: Stripe's name of the missing permission, where the answer gave one.
    """

    code = "stripe_permission_missing"

    def __init__(self, message: str, permission: str | None = None) -> None:
        super().__init__(message)
        self.permission = permission


class SourceUnavailableError(BillingSourceError):
    """Stripe could not be reached, or answered with an error or a broken body, too often."""

    code = "stripe_unavailable"
    transient = True


class SourceRateLimitedError(BillingSourceError):
    """Stripe asked us to slow down for longer than this run can wait."""

    code = "stripe_rate_limited"
    transient = True


class BadResponseError(BillingSourceError):
    """An answer has not the shape that the pinned API version promises."""

    code = "stripe_unavailable"

    def __init__(self, message: str) -> None:
        super().__init__(
            f"{message} A scheduled refresh tries again by itself; if that does not help, install a"
            " newer version of Stripe Metrics."
        )


class QueryTooLargeError(BillingSourceError):
    """The account cannot be read within the time of a test query."""

    code = "query_too_large"


class UnfinishedError(MetricsError):
    """A long work could not be finished in one request; the same request again goes on with it."""

    transient = True


class StorageError(MetricsError):
    """A table, queue, topic or secret store failed."""


class StorageUnavailableError(StorageError):
    """Throttled, timed out, or an internal error on the other side."""

    transient = True


class VersionConflictError(StorageError):
    """Somebody else wrote the same item first."""

    code = "version_conflict"


class LeaseHeldError(StorageError):
    """Another sync of the same integration is running."""

    transient = True


class SecretMissingError(StorageError):
    """The integration's key is not in the secret store."""

    code = "stripe_key_invalid"


class RequestError(MetricsError):
    """The caller must change the request."""


class InvalidInputError(RequestError):
    """Fields of the request are wrong.

    Attributes:
        errors: pairs of JSON pointer and sentence, one for each wrong field.
    """

    code = "validation_failed"

    def __init__(self, message: str, errors: tuple[tuple[str, str], ...] = ()) -> None:
        super().__init__(message)
        self.errors = errors


class NotFoundError(RequestError):
    """No object has that id."""

    code = "not_found"


class ImportRunningError(RequestError):
    """The first import has not read yet what the request needs; later it will have."""

    code = "import_running"
    transient = True


class ConflictError(RequestError):
    """The object is not in a state that allows the request."""

    code = "conflict"


class BusyError(ConflictError):
    """Somebody is working on the object; in a moment the request will be possible."""

    transient = True


class AccountMismatchError(RequestError):
    """The key is not of the Stripe account and mode that the integration is connected to."""

    code = "account_mismatch"
