"""The errors that Stripe answers with, in its own words."""

from dataclasses import dataclass, field

from local.stripe_sandbox.records import Json

_DOCS = "https://stripe.com/docs/error-codes/"


@dataclass
class StripeError(Exception):
    """An answer that is not 200: status, message, and the fields Stripe gives with it."""

    status: int
    message: str
    code: str | None = None
    param: str | None = None
    headers: dict[str, str] = field(default_factory=dict)

    def body(self) -> Json:
        """Return the JSON body, with the fields in Stripe's order."""
        error: Json = {}
        if self.code:
            error["code"] = self.code
            error["doc_url"] = _DOCS + self.code.replace("_", "-")
        error["message"] = self.message
        if self.param:
            error["param"] = self.param
        error["type"] = "invalid_request_error"
        return {"error": error}


def no_such(kind: str, object_id: str, *, param: str = "id", status: int = 404) -> StripeError:
    """Return the error for an id that no object has."""
    words = kind.replace("_", " ")
    return StripeError(status, f"No such {words}: '{object_id}'", "resource_missing", param)


def unrecognized_url(method: str, path: str) -> StripeError:
    """Return the error for a route that does not exist."""
    hint = ""
    if path.endswith("/"):
        hint = (
            "If you are trying to list objects, remove the trailing slash. If you are trying to "
            "retrieve an object, make sure you passed a valid (non-empty) identifier in your "
            "code. "
        )
    return StripeError(
        404,
        f"Unrecognized request URL ({method}: {path}). {hint}Please see https://stripe.com/docs "
        "or we can help at https://support.stripe.com/.",
    )


def unknown_parameters(names: list[str]) -> StripeError:
    """Return the error for parameters that the endpoint does not take."""
    plural = "s" if len(names) > 1 else ""
    message = f"Received unknown parameter{plural}: {', '.join(names)}"
    return StripeError(400, message, "parameter_unknown", names[0])


def invalid(param: str, message: str, code: str | None = None) -> StripeError:
    """Return the error for a parameter with a wrong value."""
    return StripeError(400, message, code, param)


def rate_limited(reason: str) -> StripeError:
    """Return the 429, whose header says which limit was met."""
    return StripeError(
        429,
        "Request rate limit exceeded. You can learn more about rate limits here "
        "https://stripe.com/docs/rate-limits.",
        "rate_limit",
        headers={"Stripe-Rate-Limited-Reason": reason},
    )
