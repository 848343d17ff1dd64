"""What schemathesis is told of this API: ids that exist, and what no schema can say."""

import json
import os
from typing import Any

import schemathesis
from schemathesis import Case, CheckContext, HookContext, Response
from schemathesis.specs.openapi.checks import positive_data_acceptance

_REAL: dict[str, str] = json.loads(os.environ.get("REAL_IDS", "{}"))
_REFUSED = 422
_LONGEST_ID = 100
_MOST_CHANNELS = 40  # the smaller of the two bounds that lists of channels have

# A request can be all that the description asks for, and be refused for one of these reasons.
BEYOND_SCHEMAS = (
    "no currency that Stripe knows",
    "Rates are for other currencies",
    "Has more than 28 digits",
    "Decimal input should have no more than 28 digits",
    "without control characters",
    "half of a character",
    "at least 1 character",
    "looks like a Stripe key",
    "This is not a phone number",
    "An extension gets no messages",
    "No phone number of that country",
    "This is not an e-mail address",
    "Start and target are equal",
    "it is an increase",
    "it is a decrease",
    "Give either integration_id or secret_key",
    "The range ends before it begins",
    "The account was not read back as far",
    "The account has been read up to",
    "The integration never had definitions of this version",
    "This series is of a query of before",
    "the `next_cursor` of the page before",
    "needs monthly periods at least",
)


@schemathesis.check
def accepts_what_it_describes(ctx: CheckContext, response: Response, case: Case) -> bool | None:
    """Hold the API to its description, but for what a schema cannot say."""
    if response.status_code == _REFUSED:
        problem = json.loads(response.content)
        if problem["code"] != "validation_failed":
            return None  # Stripe refused the key
        if all(any(it in said for it in BEYOND_SCHEMAS) for said in _said(problem)):
            return None
    return positive_data_acceptance(ctx, response, case)


def _said(problem: dict[str, Any]) -> list[str]:
    errors = [error["detail"] for error in problem.get("errors", [])]
    return errors or [problem["detail"]]


@schemathesis.hook
def map_path_parameters(context: HookContext, path_parameters: dict[str, Any]) -> dict[str, Any]:
    """Ask for things that exist, every other time."""
    operation = context.operation
    if operation is None or not path_parameters or _is_odd(path_parameters):
        return path_parameters
    # Of these the requests of a run would soon leave nothing.
    if operation.method.upper() == "DELETE" or operation.path.endswith("/disconnect"):
        return path_parameters
    return {name: _REAL.get(name, value) for name, value in path_parameters.items()}


@schemathesis.hook
def map_body(context: HookContext, body: Any) -> Any:
    """Speak of things that exist, every other time."""
    del context
    if not isinstance(body, dict) or _is_odd(body):
        return body
    real: dict[str, Any] = {
        name: _REAL[name]
        for name in ("metric_id", "integration_id")
        if name in body and _may_be_an_id(body[name])
    }
    if _may_be_channels(body.get("channels")):
        real["channels"] = [_REAL["channel_id"]]
    return {**body, **real}


def _may_be_channels(value: object) -> bool:
    # What is wrong on purpose stays wrong: an empty list, a long one, one of other things.
    if not isinstance(value, list) or not 0 < len(value) <= _MOST_CHANNELS:
        return False
    return all(map(_may_be_an_id, value))


def _may_be_an_id(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= _LONGEST_ID


def _is_odd(value: object) -> bool:
    return len(json.dumps(value, default=str)) % 2 == 1
