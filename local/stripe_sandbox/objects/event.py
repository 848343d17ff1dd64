"""Events, whose object is the one of the moment they tell of."""

import msgspec

from local.stripe_sandbox.expansion import Expand
from local.stripe_sandbox.objects.view import View, renders
from local.stripe_sandbox.records import Event, Json


@renders(Event)
def render_event(view: View, event: Event, _expand: Expand) -> Json:
    """Return the event; the encoded snapshot goes into the answer as it is."""
    data: Json = {"object": _encoded(view, event.snapshot)}
    if event.previous is not None:
        data["previous_attributes"] = _encoded(view, event.previous)
    return {
        "id": event.id,
        "object": "event",
        "api_version": event.api_version,
        "created": event.created,
        "data": data,
        "livemode": view.livemode,
        "pending_webhooks": 0,
        "request": {"id": None, "idempotency_key": None},
        "type": event.type,
    }


def _encoded(view: View, body: bytes) -> msgspec.Raw:
    # Snapshots are kept once, as test objects; a live key sees them as live ones.
    if view.livemode:
        body = body.replace(b'"livemode":false', b'"livemode":true')
    return msgspec.Raw(body)
