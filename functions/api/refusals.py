"""What is refused before any route is looked for: paths, bodies and tokens that no route takes."""

import base64
import json
from collections.abc import Sequence
from typing import Any, NoReturn

from aws_lambda_powertools.event_handler import Response

from functions.api.problems import problem
from functions.api.settings import AccessSettings
from shared.domain.settings import pointer_to

BODY_LIMIT_BYTES = 64 * 1024
LONGEST_ID = 100

Event = dict[str, Any]


def refuse(event: Event, access: AccessSettings) -> Response[str] | None:
    """Answer a request that no route takes; None where one may."""
    return _refuse_scope(event, access) or _refuse_path(event) or _refuse_body(event)


def request_id_of(event: Event) -> str:
    """Give the gateway's id of a request."""
    return str(event["requestContext"].get("requestId", ""))


def _refuse_scope(event: Event, access: AccessSettings) -> Response[str] | None:
    """Refuse a token without the scope; the gateway does so before, unless it was misconfigured."""
    if not str(event.get("rawPath", "")).startswith("/v1/"):
        return None
    needed = access.scopes_for(str(event["requestContext"]["http"]["method"]))
    if not needed or set(needed) & set(_scopes_of(event)):
        return None
    detail = f"The token lacks the scope that this takes: {' or '.join(needed)}."
    return problem("forbidden", detail, request_id_of(event))


def _scopes_of(event: Event) -> Sequence[str]:
    """Give the scopes of the token, which issuers write as words, or as a list."""
    authorizer = event["requestContext"].get("authorizer") or {}
    claims = (authorizer.get("jwt") or {}).get("claims") or {}
    found = claims.get("scope") or claims.get("scp") or ""
    if isinstance(found, str):
        # The gateway writes a list as text: "[one two]".
        return found.strip("[]").replace(",", " ").split()
    return [str(word) for word in found]


def _refuse_path(event: Event) -> Response[str] | None:
    """Refuse a path with a part longer than any id, which no table could look up."""
    path = str(event.get("rawPath", ""))
    if all(len(part) <= LONGEST_ID for part in path.split("/")):
        return None
    return problem("not_found", "There is nothing with an id that long.", request_id_of(event))


def _refuse_body(event: Event) -> Response[str] | None:
    """Refuse a body that is too large, not JSON by its type, or not JSON that means one thing."""
    body = event.get("body")
    if not body:
        return None
    request_id = request_id_of(event)
    content = base64.b64decode(body) if event.get("isBase64Encoded") else _encoded(body)
    if len(content) > BODY_LIMIT_BYTES:
        detail = f"The body has {len(content)} bytes; {BODY_LIMIT_BYTES} are the most."
        return problem("too_large", detail, request_id)
    content_type = str(event.get("headers", {}).get("content-type", "application/json"))
    if content_type.split(";", maxsplit=1)[0].strip().lower() != "application/json":
        detail = "Send JSON, with the header Content-Type: application/json."
        return problem("validation_failed", detail, request_id, status=415)
    try:
        _read_json(content)
    except _AmbiguousError as error:
        return problem("validation_failed", str(error), request_id, errors=[error.at])
    except (ValueError, RecursionError):
        detail = "The body is not valid JSON in UTF-8."
        return problem("validation_failed", detail, request_id, status=400)
    return None


class _AmbiguousError(Exception):
    """The body is JSON, and yet nothing that has a meaning here."""

    def __init__(self, pointer: str, detail: str) -> None:
        super().__init__(detail)
        self.at = (pointer, detail)


def _encoded(text: str) -> bytes:
    return text.encode(errors="surrogatepass")


def _read_json(content: bytes) -> None:
    found = json.loads(
        content.decode(),
        parse_constant=_refuse_constant,
        object_pairs_hook=_read_object,
    )
    if isinstance(found, list):
        # Powertools would take an object out of it.
        raise _AmbiguousError("", "The body must be a JSON object.")
    try:
        json.dumps(found, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise _AmbiguousError(
            "", "A text holds half of a character: a surrogate without its other half."
        ) from None


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _read_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise _AmbiguousError(pointer_to(twice), "A field comes twice in one object.")
    return found
