"""Goals: what a team wants a metric to reach, how far it has come, and what is told of it."""

from shared.domain.goals.follow import follow, judge_anew
from shared.domain.goals.goal import (
    MOST_LINKS,
    Goal,
    GoalDirection,
    GoalEvent,
    GoalEventKind,
    GoalLink,
    GoalProgress,
)
from shared.domain.goals.progress import progress_of

__all__ = [
    "MOST_LINKS",
    "Goal",
    "GoalDirection",
    "GoalEvent",
    "GoalEventKind",
    "GoalLink",
    "GoalProgress",
    "follow",
    "judge_anew",
    "progress_of",
]
