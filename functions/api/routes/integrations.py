"""Integrations: connect, look at, sync now."""

from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Body, Path

from functions.api.bootstrap import services
from functions.api.routes.paging import Cursor, Limit
from functions.api.routes.router import Routes
from functions.api.schemas import IntegrationBody
from functions.api.views.integrations import (
    Integrations,
    IntegrationView,
    SyncView,
    view_integration,
    view_sync,
)
from shared.domain.configuration import Integration
from shared.errors import ConflictError
from shared.ports import SyncRequest

router = Routes("Integrations")

IntegrationId = Annotated[str, Path()]


def show_sync(integration_id: str) -> SyncView:
    """Show how far an integration has been brought up to date."""
    found = services()
    return view_sync(
        found.config.sync_status(integration_id),
        found.config.intervals_of(integration_id),
        found.settings,
        found.clock.now(),
    )


def _show(integration: Integration) -> IntegrationView:
    return view_integration(integration, show_sync(integration.id))


@router.add("POST", "/v1/integrations")
def connect(body: Annotated[IntegrationBody, Body()]) -> Response[IntegrationView]:
    """Connect a Stripe account; the key is checked with Stripe first."""
    integration = services().connect_account(
        body.name,
        body.secret_key.get_secret_value(),
        definitions=body.definitions,
        currency=body.currency,
        fx_rates=body.fx_rates,
    )
    return Response(201, "application/json", _show(integration))


@router.add("GET", "/v1/integrations")
def list_integrations(limit: Limit = 20, cursor: Cursor = None) -> Integrations:
    """List the integrations."""
    page = services().config.integrations(limit=limit, cursor=cursor)
    return Integrations(data=[_show(item) for item in page.items], next_cursor=page.next_cursor)


@router.add("GET", "/v1/integrations/<integration_id>")
def get_integration(integration_id: IntegrationId) -> IntegrationView:
    """Show one integration."""
    return _show(services().config.integration(integration_id))


@router.add("POST", "/v1/integrations/<integration_id>/sync")
def sync_now(integration_id: IntegrationId) -> Response[IntegrationView]:
    """Sync now."""
    found = services()
    integration = found.config.integration(integration_id)
    if not integration.is_connected:
        raise ConflictError("This integration is disconnected. Reconnect it first.")
    found.queue.send(SyncRequest(integration_id, slot=found.clock.now().isoformat()))
    return Response(202, "application/json", _show(integration))
