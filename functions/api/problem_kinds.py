"""The catalogue of problems: every public code, with what it means and what to do.

`docs/problems.md` is written from it, and so is each problem in the API's description.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

TYPE_BASE = "https://stripe-metrics.invalid/problems/"


class ProblemKind(NamedTuple):
    """One code.

    Attributes:
        status: the usual one; what is not JSON is refused with another, for instance.
        title: the same for each problem of the code.
        meaning: when it is answered.
        advice: what to do.
        example: the detail of one such problem.
        retryable: whether the same request may succeed later.
    """

    status: int
    title: str
    meaning: str
    advice: str
    example: str
    retryable: bool = False


PROBLEMS: Mapping[str, ProblemKind] = {
    "validation_failed": ProblemKind(
        422,
        "The request is not valid",
        "A field or a parameter is missing, unknown or wrong; `errors` names each by its JSON"
        " pointer, or by `?name` where it is a parameter. 400 where the body is no JSON, 415 where"
        " its type says that it is none.",
        "Change what `errors` names.",
        "/refresh_interval: Input should be 'hourly', 'daily' or 'weekly'.",
    ),
    "forbidden": ProblemKind(
        403,
        "Not allowed",
        "The token lacks the scope: `metrics:read` to look at things, `metrics:write` for all else."
        " As a rule the gateway says so before, in a `message` of its own.",
        "Get a token with the scope.",
        "The token lacks the scope that this takes: stripe-metrics/metrics:write.",
    ),
    "not_found": ProblemKind(
        404,
        "Not found",
        "No object has this id, or no route this path. 405, with `Allow`, where the path does not"
        " have the method.",
        "Look at the list of the objects, or at the path.",
        "There is no metric with the id met_9.",
    ),
    "conflict": ProblemKind(
        409,
        "Not possible in this state",
        "The object is in a state that does not allow it, or an `Idempotency-Key` was used for"
        " another request. `retryable` where it only has to be waited for.",
        "`detail` says what to do first.",
        "This integration is connected. Disconnect it first.",
    ),
    "version_conflict": ProblemKind(
        412,
        "Changed by somebody else",
        "The object is no longer the one whose `ETag` was sent in `If-Match`. Nothing was changed.",
        "Read it again, and repeat the change if it is still wanted.",
        "This was changed since you read it. Read it again, and repeat your change if it is still"
        " wanted.",
    ),
    "too_large": ProblemKind(
        413,
        "The request is too large",
        "The body has more than 64 KB.",
        "Send less.",
        "The body has 70000 bytes; 65536 are the most.",
    ),
    "stripe_key_invalid": ProblemKind(
        422,
        "The Stripe key is not accepted",
        "The key is malformed, of a kind that is not accepted, unknown to Stripe, or was rolled;"
        " `detail` says which.",
        "Make a key in Stripe, and give it to the integration.",
        "Stripe does not know this key: it was deleted, rolled, or mistyped.",
    ),
    "stripe_permission_missing": ProblemKind(
        422,
        "The Stripe key lacks a permission",
        "A restricted key may not read something that is needed; `detail` names the permission.",
        "Give the key the permission in Stripe: it works from then on.",
        "The key may not read invoices: the permission rak_invoice_read is missing.",
    ),
    "stripe_unavailable": ProblemKind(
        503,
        "Stripe does not answer",
        "Stripe could not be reached, or answered with errors, too often.",
        "Try again in a minute. Syncs try again by themselves.",
        "Stripe could not be reached. Try again in a minute.",
        retryable=True,
    ),
    "stripe_rate_limited": ProblemKind(
        429,
        "Stripe asks to slow down",
        "Stripe asked to slow down for longer than the request could wait.",
        "Try again later. If it stays so, look what else uses the account's limits.",
        "Stripe asked to slow down for too long. Try again in a few minutes.",
        retryable=True,
    ),
    "account_mismatch": ProblemKind(
        409,
        "The key belongs to another Stripe account",
        "A new key of an integration must be of the same account, and of the same mode.",
        "Give a key of the same account, or connect the other one as an integration of its own.",
        "This key belongs to another Stripe account than the integration's.",
    ),
    "query_too_large": ProblemKind(
        422,
        "The account is too large for a test query",
        "A test query with a key reads from Stripe for at most 20 seconds.",
        "Connect the account first: then the query is answered from what was read.",
        "This account is too large to be read at once. Connect the account first.",
    ),
    "import_running": ProblemKind(
        409,
        "The first import is still running",
        "The first import of the account has not read yet what the query needs.",
        "Ask again in a moment; `detail` says how far it is.",
        "The first import of this account is still running. Ask again in a moment.",
        retryable=True,
    ),
    "currency_rate_missing": ProblemKind(
        422,
        "An exchange rate is missing",
        "There are amounts in a currency that has no rate. Where only a value lacks it, the value"
        " is null and carries this code as a warning.",
        "Set the rate in `fx_rates` of the integration.",
        "There is no rate for gbp. Set it in fx_rates.",
    ),
    "internal": ProblemKind(
        500,
        "Something went wrong on our side",
        "Something that nobody thought of (500), or AWS is busy (503, `retryable`).",
        "Look whether what was to be made is there, then try again. The log has the `request_id`.",
        "The request could not be carried out. If it was to make something, look whether it is"
        " there before you try again.",
    ),
}


def example_of(
    code: str, *, status: int | None = None, detail: str | None = None, retryable: bool = False
) -> dict[str, Any]:
    """Return a problem of a code, as it is answered."""
    kind = PROBLEMS[code]
    example = {
        "type": TYPE_BASE + code,
        "title": kind.title,
        "status": status or kind.status,
        "detail": detail or kind.example,
        "code": code,
        "request_id": "Ab1cD2eFGhIjKlM=",
        "retryable": retryable or kind.retryable,
    }
    if example["status"] == 422:  # noqa: PLR2004 - what is wrong with the request
        pointer, found, said = kind.example.partition(": ")
        if not found or not pointer.startswith("/"):
            pointer = "/secret_key" if code == "stripe_key_invalid" else ""
            said = kind.example
        example["errors"] = [{"pointer": pointer, "detail": said}]
    return example
