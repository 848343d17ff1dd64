"""Use case: set a goal."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from shared.domain.goals import Goal, GoalDirection
from shared.errors import InvalidInputError
from shared.ports import Clock, GoalStore


@dataclass(frozen=True, slots=True)
class SetGoal:
    """Stores a goal that no metric serves yet."""

    goals: GoalStore
    clock: Clock
    new_id: Callable[[str], str]

    def __call__(
        self,
        name: str,
        target: Decimal,
        *,
        description: str | None = None,
        start: Decimal | None = None,
        direction: GoalDirection | None = None,
        due_on: date | None = None,
    ) -> Goal:
        """Set the goal.

        Raises:
            InvalidInputError: its numbers contradict one another.
        """
        goal = Goal(
            id=self.new_id("goal"),
            name=name,
            target=target,
            created_at=self.clock.now(),
            description=description,
            start=start,
            direction=direction,
            due_on=due_on,
        )
        refuse_contradictions(goal)
        self.goals.add_goal(goal)
        return goal


def refuse_contradictions(goal: Goal) -> None:
    """Refuse a goal that has no way from its start to its target.

    Raises:
        InvalidInputError: start and target are equal, or lie the other way round.
    """
    if goal.start is None:
        return
    if goal.start == goal.target:
        raise _refused("/start", "Start and target are equal: there is no way to go.")
    rises = goal.start < goal.target
    if goal.direction is not None and rises != (goal.direction == "increase"):
        towards = "an increase" if rises else "a decrease"
        raise _refused("/direction", f"From this start to this target it is {towards}.")


def _refused(pointer: str, detail: str) -> InvalidInputError:
    return InvalidInputError(detail, errors=((pointer, detail),))
