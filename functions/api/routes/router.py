"""A router whose routes are described by their docstrings, and by what they say of themselves."""

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

# Of routes that check a key with Stripe.
KEY_PROBLEMS = (
    "stripe_key_invalid",
    "stripe_permission_missing",
    "stripe_unavailable",
    "stripe_rate_limited",
)
Handler = TypeVar("Handler", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Operation:
    """What a route says of itself besides its signature.

    Attributes:
        name: of the function that answers; the id of the operation.
        path: as the description writes it, with `{id}`.
        answers: status of success.
        problems: codes that it answers with besides those that follow from its form: not found of
            a path with an id, a version conflict of PATCH, a conflict of POST.
    """

    name: str
    method: str
    path: str
    answers: int
    problems: tuple[str, ...]


class Routes(APIGatewayHttpRouter):
    """The routes of one resource, under one tag of the API's description.

    Attributes:
        operations: in the order of the routes.
    """

    def __init__(self, tag: str) -> None:
        super().__init__()  # type: ignore[no-untyped-call] # Powertools' own gap
        self._tag = tag
        self.operations: list[Operation] = []

    def add(
        self, method: str, path: str, *, answers: int = 200, problems: Sequence[str] = ()
    ) -> Callable[[Handler], Handler]:
        """Register the decorated function, with its docstring as the description."""

        def register(handler: Handler) -> Handler:
            text = inspect.getdoc(handler) or ""
            summary = text.partition("\n")[0].rstrip(".")
            described = path.replace("<", "{").replace(">", "}")
            self.operations.append(
                Operation(handler.__name__, method, described, answers, tuple(problems))
            )
            self.route(path, method, summary=summary, description=text, tags=[self._tag])(handler)
            return handler

        return register
