"""Errors as RFC 9457 problems, by the catalogue of their codes."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from aws_lambda_powertools.event_handler import Response

from functions.api.problem_kinds import PROBLEMS, TYPE_BASE
from shared.domain.settings import InvalidSettingError, pointer_to
from shared.domain.stripe_key import hide_keys
from shared.errors import InvalidInputError, MetricsError, UnfinishedError

PROBLEM_JSON = "application/problem+json"
_UNPROCESSABLE = 422


def problem(
    code: str,
    detail: str,
    request_id: str,
    *,
    status: int | None = None,
    errors: Sequence[tuple[str, str]] = (),
    retryable: bool = False,
    headers: Mapping[str, str] | None = None,
) -> Response[str]:
    """Answer with a problem; *errors* are pairs of JSON pointer and sentence."""
    kind = PROBLEMS[code]
    body: dict[str, Any] = {
        "type": TYPE_BASE + code,
        "title": kind.title,
        "status": status or kind.status,
        # People paste keys into the wrong field, even into names and paths.
        "detail": hide_keys(detail),
        "code": code,
        "request_id": request_id,
        "retryable": retryable,
    }
    if not errors and body["status"] == _UNPROCESSABLE:
        errors = [("/secret_key" if code == "stripe_key_invalid" else "", detail)]
    if errors:
        body["errors"] = [
            {"pointer": hide_keys(pointer), "detail": hide_keys(text)} for pointer, text in errors
        ]
    return Response(body["status"], PROBLEM_JSON, json.dumps(body), headers=dict(headers or {}))


def problem_of(error: MetricsError, request_id: str) -> Response[str]:
    """Answer with the problem that an error stands for."""
    if isinstance(error, UnfinishedError):
        return problem(error.code, str(error), request_id, status=503, retryable=True)
    if error.code == "internal":
        # Its text speaks of our own inside: it is in the log, under the request's id.
        return problem(
            "internal",
            "The request could not be carried out. If it was to make something, look whether it "
            "is there before you try again.",
            request_id,
            status=503 if error.transient else 500,
            retryable=error.transient,
        )
    errors = error.errors if isinstance(error, InvalidInputError) else ()
    return problem(error.code, str(error), request_id, errors=errors, retryable=error.transient)


def validation_problem(errors: Iterable[dict[str, Any]], request_id: str) -> Response[str]:
    """Answer with the fields that pydantic refused; what was sent is never repeated."""
    pairs = [(_pointer(error), _sentence(error)) for error in errors]
    detail = " ".join(f"{pointer or 'The body'}: {text}" for pointer, text in pairs)
    return problem("validation_failed", detail, request_id, errors=pairs)


def _pointer(error: dict[str, Any]) -> str:
    location = [str(part) for part in error["loc"]]
    if not location or location[0] != "body":
        return f"?{location[-1]}" if location else ""
    # Of a wrong key of an object, pydantic says so behind it.
    field = "".join(pointer_to(part) for part in location[1:] if part != "[key]")
    setting = _setting_of(error)
    return field + (setting.pointer if setting else "")


def _setting_of(error: dict[str, Any]) -> InvalidSettingError | None:
    """Return what the domain says of a setting inside the field, if it was the domain."""
    cause = error.get("ctx", {}).get("error")
    return cause if isinstance(cause, InvalidSettingError) else None


_SENTENCES = {
    "missing": "This field is required.",
    "extra_forbidden": "This field is not known here.",
    "model_attributes_type": "This must be a JSON object.",
    "model_type": "This must be a JSON object.",
    "dict_type": "This must be a JSON object.",
}


def _sentence(error: dict[str, Any]) -> str:
    known = _SENTENCES.get(error["type"])
    if known is not None:
        return known
    message = str(error["msg"]).removeprefix("Value error, ")
    return message if message.endswith(".") else f"{message}."
