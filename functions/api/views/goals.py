"""Goals and their progress, as clients see them."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated

from pydantic import BaseModel, PlainSerializer, WithJsonSchema

from functions.api.views.common import Instant, ListView, Number
from shared.domain.configuration import Metric, MetricValue
from shared.domain.goals import Goal, GoalDirection, GoalLink, GoalProgress, progress_of
from shared.domain.money import Unit

Day = Annotated[
    date,
    PlainSerializer(date.isoformat, return_type=str),
    WithJsonSchema({"type": "string", "format": "date"}),
]


class GoalProgressView(BaseModel):
    """How far a metric has come from `start` to `target`; `note` says it in words.

    `percent` is null without a value. `on_track` is null without a due day. `projected_on` is the
    day on which the target is reached at the present pace; null where there is none.
    """

    percent: Number | None
    current: Number | None
    start: Number | None
    target: Number
    direction: GoalDirection
    on_track: bool | None
    projected_on: Day | None
    reached_at: Instant | None
    note: str


class GoalMetricView(BaseModel):
    """A metric that serves a goal."""

    id: str
    name: str
    integration_id: str
    primary: bool
    progress: GoalProgressView


class GoalView(BaseModel):
    """Something to be reached, with the progress of its primary metric; `unit` is the target's.

    `start` and `direction` are those in effect, given or taken from the first linked value.
    """

    id: str
    name: str
    description: str | None
    target: Number
    start: Number | None
    direction: GoalDirection
    due_on: Day | None
    unit: Unit | None
    currency: str | None
    metrics: list[GoalMetricView]
    progress: GoalProgressView
    created_at: Instant


class Goals(ListView):
    """A page of goals."""

    data: list[GoalView]


def view_goal(
    goal: Goal, metrics: Mapping[str, Metric], values: Mapping[str, MetricValue]
) -> GoalView:
    """Show a goal with the metrics that serve it; one that was removed meanwhile is left out."""
    links = [link for link in goal.links if link.metric_id in metrics]
    primary = links[0] if links else None
    return GoalView(
        id=goal.id,
        name=goal.name,
        description=goal.description,
        target=goal.target,
        start=goal.start_of(primary),
        direction=goal.direction_of(primary),
        due_on=goal.due_on,
        unit=goal.unit if links else None,
        currency=goal.currency if links else None,
        metrics=[
            GoalMetricView(
                id=link.metric_id,
                name=metrics[link.metric_id].name,
                integration_id=metrics[link.metric_id].integration_id,
                primary=link is primary,
                progress=_view_progress(_progress(goal, link, values)),
            )
            for link in links
        ],
        progress=_view_progress(_progress(goal, primary, values)),
        created_at=goal.created_at,
    )


def _progress(goal: Goal, link: GoalLink | None, values: Mapping[str, MetricValue]) -> GoalProgress:
    return progress_of(goal, link, values.get(link.metric_id) if link else None)


def _view_progress(progress: GoalProgress) -> GoalProgressView:
    return GoalProgressView(
        percent=progress.percent,
        current=progress.current,
        start=progress.start,
        target=progress.target,
        direction=progress.direction,
        on_track=progress.on_track,
        projected_on=progress.projected_on,
        reached_at=progress.reached_at,
        note=progress.note,
    )
