"""The common part of rendering: ids or whole objects, livemode, and what a test lays over."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from local.stripe_sandbox.expansion import NOTHING, Expand
from local.stripe_sandbox.records import ABSENT, Json, Record
from local.stripe_sandbox.state import State

R = TypeVar("R", bound=Record)
Renderer = Callable[["View", R, Expand], Json]

_RENDERERS: dict[type[Record], Renderer[Any]] = {}


def renders(kind: type[R]) -> Callable[[Renderer[R]], Renderer[R]]:
    """Make the decorated function the one that shows records of *kind*."""

    def register(renderer: Renderer[R]) -> Renderer[R]:
        _RENDERERS[kind] = renderer
        return renderer

    return register


@dataclass(frozen=True, slots=True)
class View:
    """How one request sees the business.

    Attributes:
        livemode: what the objects say of it, by the kind of the request's key.
    """

    state: State
    livemode: bool = False

    def render(self, record: Record, expand: Expand = NOTHING) -> Json:
        """Return a record as the Stripe object."""
        if record.raw is not None:
            return record.raw
        body = _RENDERERS[type(record)](self, record, expand)
        for key, value in (record.patch or {}).items():
            if value is ABSENT:
                body.pop(key, None)
            else:
                body[key] = value
        return body

    def reference(self, record: Record | None, field: str, expand: Expand) -> Json | str | None:
        """Return the id of a record, or the object where *field* is to be expanded."""
        if record is None:
            return None
        return self.render(record, expand[field]) if field in expand else record.id


def list_object(data: list[Json], url: str, *, has_more: bool) -> Json:
    """Return Stripe's list envelope."""
    return {"object": "list", "data": data, "has_more": has_more, "url": url}
