"""A router whose routes are described by their docstrings."""

import inspect
from collections.abc import Callable
from typing import Any, TypeVar

from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

Handler = TypeVar("Handler", bound=Callable[..., Any])


class Routes(APIGatewayHttpRouter):
    """The routes of one resource, under one tag of the API's description."""

    def __init__(self, tag: str) -> None:
        super().__init__()  # type: ignore[no-untyped-call] # Powertools' own gap
        self._tag = tag

    def add(self, method: str, path: str) -> Callable[[Handler], Handler]:
        """Register the decorated function, with its docstring as the description."""

        def register(handler: Handler) -> Handler:
            text = inspect.getdoc(handler) or ""
            summary = text.partition("\n")[0].rstrip(".")
            self.route(path, method, summary=summary, description=text, tags=[self._tag])(handler)
            return handler

        return register
