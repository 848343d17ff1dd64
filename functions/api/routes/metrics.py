"""Metrics of an integration, and their values."""

from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Body, Path, Query

from functions.api.bootstrap import services
from functions.api.explain_value import Wanted
from functions.api.list_values import Resolution
from functions.api.routes.integrations import show_sync
from functions.api.routes.paging import Cursor, Instant, Limit
from functions.api.routes.router import Routes
from functions.api.routes.versions import IfMatch, expected, tagged
from functions.api.schemas.metrics import MetricBody, MetricChangesBody
from functions.api.views.explanation import MetricExplanationView, view_explained
from functions.api.views.metrics import Metrics, MetricView, Values, view_metric, view_value
from shared.domain.configuration import Metric
from shared.domain.definitions import Preset

router = Routes("Metrics")

IntegrationId = Annotated[str, Path()]
MetricId = Annotated[str, Path()]

_FROM = "Only values as of this instant or later."
_TO = "Only values as of an instant before this one."
_RESOLUTION = "`raw` lists every value; `day`, `week` and `month` one of each, the last."
_SERIES = (
    "Only values of this series: a `definitions_version`, or `current` for the newest value's."
)
_AT = "The instant to explain; without it, that of the newest value."
_VERSION = "Under definitions that the integration had before, by their version or a series' name."
_COMPARE = "Definitions to compare with: what each difference adds to the number."


def _show(metric: Metric) -> MetricView:
    found = services()
    value = found.metrics.latest([metric.id]).get(metric.id)
    goals = found.goals.goals_by_id(metric.goals)
    return view_metric(metric, value, show_sync(metric.integration_id), goals)


@router.add("POST", "/v1/integrations/<integration_id>/metrics", answers=201)
def create_metric(
    integration_id: IntegrationId, body: Annotated[MetricBody, Body()]
) -> Response[MetricView]:
    """Have a number kept up to date; its first value comes within seconds."""
    metric = services().create_metric(
        integration_id,
        name=body.name,
        query=body.query,
        refresh_interval=body.refresh_interval,
    )
    return tagged(201, _show(metric), metric.revision)


@router.add("GET", "/v1/integrations/<integration_id>/metrics")
def list_metrics(
    integration_id: IntegrationId, limit: Limit = 20, cursor: Cursor = None
) -> Metrics:
    """List the metrics of an integration with their newest values."""
    found = services()
    found.config.integration(integration_id)
    page = found.config.metrics_of(integration_id, limit=limit, cursor=cursor)
    latest = found.metrics.latest([metric.id for metric in page.items])
    goals = found.goals.goals_by_id([goal for metric in page.items for goal in metric.goals])
    sync = show_sync(integration_id)
    return Metrics(
        data=[view_metric(it, latest.get(it.id), sync, goals) for it in page.items],
        next_cursor=page.next_cursor,
    )


@router.add("GET", "/v1/metrics/<metric_id>")
def get_metric(metric_id: MetricId) -> Response[MetricView]:
    """Show one metric with its newest value."""
    metric = services().config.metric(metric_id)
    return tagged(200, _show(metric), metric.revision)


@router.add("PATCH", "/v1/metrics/<metric_id>", problems=("conflict",))
def change_metric(
    metric_id: MetricId, body: Annotated[MetricChangesBody, Body()], if_match: IfMatch = None
) -> Response[MetricView]:
    """Rename a metric, refresh it at another interval, or have it measure something else.

    Another query starts a new series: the values so far stay, under their own definitions_version.
    """
    metric = services().change_metric(metric_id, body.changes, expected(if_match))
    return tagged(200, _show(metric), metric.revision)


@router.add("DELETE", "/v1/metrics/<metric_id>", answers=204)
def delete_metric(metric_id: MetricId) -> Response[None]:
    """Remove a metric with its values and alerts."""
    found = services()
    found.remove_metric(found.config.metric(metric_id))
    return Response(204)


@router.add("GET", "/v1/metrics/<metric_id>/values")
def list_values(
    metric_id: MetricId,
    *,
    start: Annotated[Instant | None, Query(alias="from", description=_FROM)] = None,
    end: Annotated[Instant | None, Query(alias="to", description=_TO)] = None,
    resolution: Annotated[Resolution, Query(description=_RESOLUTION)] = "raw",
    definitions_version: Annotated[
        str | None, Query(min_length=1, max_length=100, description=_SERIES)
    ] = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Values:
    """List a metric's values, oldest first: each, or the last of each day, week or month.

    Days, weeks (from Monday) and months are UTC's; one without values is left out. Where the last
    value is null, withheld or of an empty base, the last before it that is not stands in, if it is
    in the same currency and among the last 24 of the day, week or month.

    Other definitions, rates or another query start a new series, and what was stored stays: `raw`
    lists the values of every series, unless one is chosen; the others only that of the newest.
    """
    page = services().list_values(
        metric_id,
        resolution=resolution,
        start=start,
        end=end,
        limit=limit,
        cursor=cursor,
        series=definitions_version,
    )
    return Values(data=[view_value(v) for v in page.items], next_cursor=page.next_cursor)


@router.add("GET", "/v1/metrics/<metric_id>/explain", problems=("conflict", "import_running"))
def explain_value(
    metric_id: MetricId,
    *,
    at: Annotated[Instant | None, Query(description=_AT)] = None,
    definitions_version: Annotated[
        str | None, Query(min_length=1, max_length=100, description=_VERSION)
    ] = None,
    compare_to: Annotated[Preset | None, Query(description=_COMPARE)] = None,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> MetricExplanationView:
    """Tell where a metric's number comes from, down to the objects of Stripe.

    It is computed anew from what was read of the account; Stripe is not asked. `limit` and `cursor`
    page through the contributions, all of one instant.
    """
    wanted = Wanted(at=at, cursor=cursor, version=definitions_version, compare_to=compare_to)
    return view_explained(services().explain_value(metric_id, wanted), limit=limit)
