"""Integrations: connect, look at, change, sync now, disconnect, reconnect, remove."""

from collections.abc import Sequence
from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Body, Path

from functions.api.bootstrap import services
from functions.api.routes.paging import Cursor, Limit
from functions.api.routes.router import KEY_PROBLEMS, Routes
from functions.api.routes.versions import IfMatch, expected, tagged
from functions.api.schemas.integrations import IntegrationBody, IntegrationChangesBody, KeyBody
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
    status = found.config.sync_status(integration_id)
    intervals = found.config.sync_intervals([integration_id])[integration_id]
    return view_sync(status, intervals, found.settings, found.clock.now())


def _show_all(integrations: Sequence[Integration]) -> list[IntegrationView]:
    found, now = services(), services().clock.now()
    ids = [integration.id for integration in integrations]
    statuses, intervals = found.config.sync_statuses(ids), found.config.sync_intervals(ids)
    # A metric that was withheld may be gone by now, or measure something else.
    withheld = {metric_id for status in statuses.values() for metric_id in status.withheld}
    values = found.metrics.latest(sorted(withheld))
    lacking = {metric_id for metric_id, value in values.items() if value.lacks_rate}
    return [
        view_integration(
            it,
            view_sync(
                statuses[it.id],
                intervals[it.id] if it.is_connected else frozenset(),
                found.settings,
                now,
            ),
            withheld=len(lacking.intersection(statuses[it.id].withheld)),
            now=now,
        )
        for it in integrations
    ]


def _show(integration: Integration, status: int = 200) -> Response[IntegrationView]:
    return tagged(status, _show_all([integration])[0], integration.revision)


@router.add("POST", "/v1/integrations", answers=201, problems=KEY_PROBLEMS)
def connect(body: Annotated[IntegrationBody, Body()]) -> Response[IntegrationView]:
    """Connect a Stripe account; the key is checked with Stripe first."""
    integration = services().connect_account(
        body.name,
        body.secret_key.get_secret_value(),
        definitions=body.definitions,
        currency=body.currency,
        fx_rates=body.fx_rates,
    )
    return _show(integration, 201)


@router.add("GET", "/v1/integrations")
def list_integrations(limit: Limit = 20, cursor: Cursor = None) -> Integrations:
    """List the integrations."""
    page = services().config.integrations(limit=limit, cursor=cursor)
    return Integrations(data=_show_all(page.items), next_cursor=page.next_cursor)


@router.add("GET", "/v1/integrations/<integration_id>")
def get_integration(integration_id: IntegrationId) -> Response[IntegrationView]:
    """Show one integration."""
    return _show(services().config.integration(integration_id))


@router.add(
    "PATCH",
    "/v1/integrations/<integration_id>",
    problems=("conflict", "account_mismatch", *KEY_PROBLEMS),
)
def change_integration(
    integration_id: IntegrationId,
    body: Annotated[IntegrationChangesBody, Body()],
    if_match: IfMatch = None,
) -> Response[IntegrationView]:
    """Rename an integration, roll its key, or change what its numbers mean.

    A key must be of the same Stripe account, in the same mode. After a new key and after changed
    definitions, currency or rates the account is synced at once.
    """
    integration = services().change_integration(
        integration_id, body.changes, secret_key=body.key, expected=expected(if_match)
    )
    return _show(integration)


@router.add("DELETE", "/v1/integrations/<integration_id>", answers=204, problems=("conflict",))
def delete_integration(integration_id: IntegrationId) -> Response[None]:
    """Remove a disconnected integration with its metrics, values, alerts and everything else.

    What takes longer than one request may is answered with 503: ask again, and it goes on.
    """
    services().remove_integration(integration_id)
    return Response(204)


@router.add("POST", "/v1/integrations/<integration_id>/disconnect")
def disconnect(integration_id: IntegrationId) -> Response[IntegrationView]:
    """Stop syncing and delete the key; goals, metrics and history stay readable."""
    return _show(services().disconnect_account(integration_id))


@router.add(
    "POST",
    "/v1/integrations/<integration_id>/reconnect",
    problems=("account_mismatch", *KEY_PROBLEMS),
)
def reconnect(
    integration_id: IntegrationId, body: Annotated[KeyBody, Body()]
) -> Response[IntegrationView]:
    """Sync a disconnected integration again, with a key of the same Stripe account."""
    key = body.secret_key.get_secret_value()
    return _show(services().reconnect_account(integration_id, key))


@router.add("POST", "/v1/integrations/<integration_id>/sync", answers=202)
def sync_now(integration_id: IntegrationId) -> Response[IntegrationView]:
    """Sync now."""
    found = services()
    integration = found.config.integration(integration_id)
    if not integration.is_connected:
        raise ConflictError("This integration is disconnected. Reconnect it first.")
    found.queue.send(SyncRequest(integration_id, slot=found.clock.now().isoformat()))
    return _show(integration, 202)
