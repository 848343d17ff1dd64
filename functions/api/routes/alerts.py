"""Alerts: rules on metrics, their states and their history."""

from collections.abc import Mapping, Sequence
from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Body, Path

from functions.api.bootstrap import services
from functions.api.routes.paging import Cursor, Limit
from functions.api.routes.router import Routes
from functions.api.routes.versions import IfMatch, expected, tagged
from functions.api.schemas.alerts import AlertBody, AlertChangesBody, PreviewBody
from functions.api.views.alerts import (
    AlertEvents,
    Alerts,
    AlertView,
    PreviewView,
    view_alert,
    view_event,
    view_preview,
)
from shared.domain.alerts import Alert, AlertState

router = Routes("Alerts")

AlertId = Annotated[str, Path()]


def _show_all(
    alerts: Sequence[Alert], states: Mapping[str, AlertState], *, is_new: bool = False
) -> list[AlertView]:
    accounts = services().config.integrations_by_id([alert.integration_id for alert in alerts])
    away = {key for key, integration in accounts.items() if not integration.is_connected}
    return [
        view_alert(it, states[it.id], is_connected=it.integration_id not in away, is_new=is_new)
        for it in alerts
        if it.id in states
    ]


def _show(
    alert: Alert, state: AlertState, *, status: int = 200, is_new: bool = False
) -> Response[AlertView]:
    (view,) = _show_all([alert], {alert.id: state}, is_new=is_new)
    return tagged(status, view, alert.revision)


@router.add("POST", "/v1/alerts", answers=201, problems=("not_found",))
def set_alert(body: Annotated[AlertBody, Body()]) -> Response[AlertView]:
    """Set an alert; it starts from the metric's current value."""
    alert, state = services().set_alert(body.metric_id, body.settings)
    return _show(alert, state, status=201, is_new=True)


@router.add("GET", "/v1/alerts")
def list_alerts(limit: Limit = 20, cursor: Cursor = None) -> Alerts:
    """List the alerts."""
    alerts = services().alerts
    page = alerts.alerts(limit=limit, cursor=cursor)
    states = alerts.states([alert.id for alert in page.items])
    return Alerts(data=_show_all(page.items, states), next_cursor=page.next_cursor)


@router.add("GET", "/v1/alerts/<alert_id>")
def get_alert(alert_id: AlertId) -> Response[AlertView]:
    """Show one alert and where it stands."""
    alerts = services().alerts
    return _show(alerts.alert(alert_id), alerts.state(alert_id))


@router.add("PATCH", "/v1/alerts/<alert_id>", problems=("conflict",))
def change_alert(
    alert_id: AlertId, body: Annotated[AlertChangesBody, Body()], if_match: IfMatch = None
) -> Response[AlertView]:
    """Change an alert, pause it, or let it go on; another rule starts from the current value."""
    alert, state = services().change_alert(alert_id, body.changes, expected(if_match))
    return _show(alert, state, is_new=True)


@router.add("POST", "/v1/alerts/preview", problems=("not_found",))
def preview_alert(body: Annotated[PreviewBody, Body()]) -> PreviewView:
    """Tell when an alert would have notified, over all values of its metric; nothing is saved."""
    return view_preview(services().preview_alert(body.metric_id, body.settings))


@router.add("DELETE", "/v1/alerts/<alert_id>", answers=204)
def delete_alert(alert_id: AlertId) -> Response[None]:
    """Remove an alert with its history."""
    alerts = services().alerts
    alerts.remove_alert(alerts.alert(alert_id))
    return Response(204)


@router.add("GET", "/v1/alerts/<alert_id>/events")
def list_events(alert_id: AlertId, limit: Limit = 20, cursor: Cursor = None) -> AlertEvents:
    """List what was decided and why, and what became of each notice, oldest first."""
    alerts = services().alerts
    alerts.alert(alert_id)
    page = alerts.events(alert_id, limit=limit, cursor=cursor)
    return AlertEvents(data=[view_event(e) for e in page.items], next_cursor=page.next_cursor)
