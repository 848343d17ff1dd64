"""Goals: what is to be reached, and the metrics that serve it."""

from collections.abc import Sequence
from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Body, Path

from functions.api.bootstrap import services
from functions.api.routes.paging import Cursor, Limit
from functions.api.routes.router import Routes
from functions.api.routes.versions import IfMatch, expected, tagged
from functions.api.schemas.goals import GoalBody, GoalChangesBody, LinkBody
from functions.api.views.goals import Goals, GoalView, view_goal
from shared.domain.goals import Goal

router = Routes("Goals")

GoalId = Annotated[str, Path()]
MetricId = Annotated[str, Path()]


def _show_all(goals: Sequence[Goal]) -> list[GoalView]:
    found = services()
    ids = [link.metric_id for goal in goals for link in goal.links]
    metrics, values = found.config.metrics_by_id(ids), found.metrics.latest(ids)
    return [view_goal(goal, metrics, values) for goal in goals]


def _show(goal: Goal, status: int = 200) -> Response[GoalView]:
    return tagged(status, _show_all([goal])[0], goal.revision)


@router.add("POST", "/v1/goals", answers=201)
def set_goal(body: Annotated[GoalBody, Body()]) -> Response[GoalView]:
    """Set a goal; link a metric to it, and its progress follows the metric."""
    goal = services().set_goal(
        body.name,
        body.target,
        description=body.description,
        start=body.start,
        direction=body.direction,
        due_on=body.due_on,
    )
    return _show(goal, 201)


@router.add("GET", "/v1/goals")
def list_goals(limit: Limit = 20, cursor: Cursor = None) -> Goals:
    """List the goals with their progress."""
    page = services().goals.goals(limit=limit, cursor=cursor)
    return Goals(data=_show_all(page.items), next_cursor=page.next_cursor)


@router.add("GET", "/v1/goals/<goal_id>")
def get_goal(goal_id: GoalId) -> Response[GoalView]:
    """Show one goal with its progress."""
    return _show(services().goals.goal(goal_id))


@router.add("PATCH", "/v1/goals/<goal_id>")
def change_goal(
    goal_id: GoalId, body: Annotated[GoalChangesBody, Body()], if_match: IfMatch = None
) -> Response[GoalView]:
    """Change a goal; another target, start, direction or due day is looked at afresh."""
    return _show(services().change_goal(goal_id, body.changes, expected(if_match)))


@router.add("DELETE", "/v1/goals/<goal_id>", answers=204)
def delete_goal(goal_id: GoalId) -> Response[None]:
    """Remove a goal; its metrics stay, the alerts that were set for it are paused."""
    services().remove_goal(goal_id)
    return Response(204)


@router.add("PUT", "/v1/goals/<goal_id>/metrics/<metric_id>", problems=("conflict",))
def link_metric(
    goal_id: GoalId, metric_id: MetricId, body: Annotated[LinkBody | None, Body()] = None
) -> Response[GoalView]:
    """Have a metric serve a goal; the first one linked is primary, until another is made so."""
    is_primary = body.primary if body else None
    return _show(services().link_metric(goal_id, metric_id, is_primary=is_primary))


@router.add("DELETE", "/v1/goals/<goal_id>/metrics/<metric_id>", answers=204)
def unlink_metric(goal_id: GoalId, metric_id: MetricId) -> Response[None]:
    """Have a metric serve a goal no more; alerts that were set on it for the goal are paused."""
    services().unlink_metric(goal_id, metric_id)
    return Response(204)
