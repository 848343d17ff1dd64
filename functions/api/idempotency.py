"""POST requests that are carried out once, however often they are sent.

A client that does not know whether a request arrived sends it again with the same
`Idempotency-Key`, and gets the answer of the first. Powertools keeps the answers; this says what is
the same request, and which answers are kept: those of what was done.
"""

from collections.abc import Callable
from typing import Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.utilities.idempotency import (
    BasePersistenceLayer,
    IdempotencyConfig,
    idempotent_function,
)
from aws_lambda_powertools.utilities.idempotency.exceptions import (
    IdempotencyAlreadyInProgressError,
    IdempotencyPersistenceLayerError,
    IdempotencyValidationError,
)
from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.api.problems import problem
from functions.api.refusals import Event, request_id_of
from shared.errors import StorageUnavailableError

Answer = dict[str, Any]

KEPT_SECONDS = 24 * 60 * 60
_LONGEST_KEY = 255
_REFUSED = 400


class _NotKeptError(Exception):
    """The answer is given, and forgotten: the same request may get another one later."""


def key_of(event: Event) -> str | None:
    """Give the idempotency key of a request that is carried out once; None of any other."""
    if event["requestContext"]["http"]["method"] != "POST":
        return None
    key: str | None = event.get("headers", {}).get("idempotency-key")
    return key


def refuse_key(event: Event, key: str) -> Response[str] | None:
    """Refuse a key that is none."""
    if 0 < len(key) <= _LONGEST_KEY and key.isascii() and key.isprintable():
        return None
    detail = f"Idempotency-Key takes 1 to {_LONGEST_KEY} printable characters, such as a UUID."
    return problem("validation_failed", detail, request_id_of(event))


def answer_once(
    event: Event,
    context: LambdaContext,
    key: str,
    store: BasePersistenceLayer,
    answer: Callable[[], Answer],
) -> Answer | Response[str]:
    """Answer a request, or give the answer that the same one got before.

    Raises:
        StorageUnavailableError: answers cannot be looked up; nothing was done.
    """
    given: list[Answer] = []

    def carry_out(request: dict[str, Any]) -> Answer:
        del request
        given.append(answer())
        if not _is_kept(given[0]):
            raise _NotKeptError
        return given[0]

    once = idempotent_function(
        carry_out,
        data_keyword_argument="request",
        config=_config(context),
        persistence_store=store,
        key_prefix="request",
    )
    try:
        found: Answer = once(request=_request(event, key))
    except _NotKeptError:
        return given[0]
    except IdempotencyAlreadyInProgressError:
        detail = "A request with this Idempotency-Key is being carried out. Ask again in a moment."
        return problem("conflict", detail, request_id_of(event), retryable=True)
    except IdempotencyValidationError:
        detail = "This Idempotency-Key was used for another request. Take a new one for this."
        return problem("conflict", detail, request_id_of(event))
    except IdempotencyPersistenceLayerError as error:
        if given:
            return given[0]  # done, and only not remembered
        raise StorageUnavailableError("Answers cannot be looked up now.") from error
    return found if given else _replayed(found)


def _config(context: LambdaContext) -> IdempotencyConfig:
    return IdempotencyConfig(
        event_key_jmespath="key",
        payload_validation_jmespath="said",
        raise_on_no_idempotency_key=True,
        expires_after_seconds=KEPT_SECONDS,
        # Of a request that holds a Stripe key only this is stored.
        hash_function="sha256",
        lambda_context=context,
    )


def _request(event: Event, key: str) -> dict[str, Any]:
    authorizer = event["requestContext"].get("authorizer") or {}
    caller = (authorizer.get("jwt") or {}).get("claims", {}).get("sub", "")
    method, query = event["requestContext"]["http"]["method"], event.get("rawQueryString", "")
    said = [method, event["rawPath"], query, event.get("body") or ""]
    return {"key": [caller, key], "said": said}


def _is_kept(answer: Answer) -> bool:
    # A refusal has done nothing: the request may be mended, or find another state next time.
    return bool(answer["statusCode"] < _REFUSED)


def _replayed(answer: Answer) -> Answer:
    return {**answer, "headers": {**answer.get("headers", {}), "Idempotent-Replayed": "true"}}
