"""Goals, in the metrics table: one item holds a goal with all its links."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from shared.adapters.dynamodb_items import from_item, to_item
from shared.adapters.dynamodb_keys import GOALS, Key, goal_key, metric_key, notices_key
from shared.adapters.dynamodb_metric_items import metric_item, read_metric
from shared.adapters.dynamodb_notices import waiting_item
from shared.adapters.dynamodb_table import IS_NEW, Condition, DynamoDbTable, Item, take_page
from shared.domain.configuration import Metric
from shared.domain.goals import Goal
from shared.domain.notices import Notice
from shared.errors import NotFoundError
from shared.ports import Page


class DynamoDbGoals:
    """The `GoalStore` port over the metrics table."""

    def __init__(self, table: DynamoDbTable) -> None:
        self._table = table

    def add_goal(self, goal: Goal) -> None:
        """See the port."""
        self._table.put(_goal_item(goal), IS_NEW)

    def save_goal(self, goal: Goal, *, notices: Sequence[Notice] = ()) -> None:
        """See the port."""
        if not notices:
            self._table.put(_goal_item(goal), _follows(goal.revision))
            return
        put = self._table.put_in_transaction
        self._table.transact(
            [
                put(_goal_item(goal), _follows(goal.revision)),
                *(put(waiting_item(notice), IS_NEW) for notice in notices),
            ]
        )

    def save_link(self, goal: Goal, metric_id: str) -> None:
        """See the port."""
        is_linked = goal.link_to(metric_id) is not None
        metric = _with_goal(self._metric(metric_id), goal.id, is_linked=is_linked)
        put = self._table.put_in_transaction
        self._table.transact(
            [
                put(_goal_item(goal), _follows(goal.revision)),
                put(metric_item(metric), _follows(metric.revision)),
            ]
        )

    def _metric(self, metric_id: str) -> Metric:
        return read_metric(self._found(metric_key(metric_id), "metric", metric_id))

    def goal(self, goal_id: str) -> Goal:
        """See the port."""
        return from_item(Goal, self._found(goal_key(goal_id), "goal", goal_id))

    def goals(self, *, limit: int, cursor: str | None = None) -> Page[Goal]:
        """See the port."""
        items = self._table.collection(GOALS, after=cursor, limit=limit + 1)
        return take_page(items, limit, lambda it: from_item(Goal, it), lambda it: str(it["id"]))

    def goals_by_id(self, goal_ids: Sequence[str]) -> Mapping[str, Goal]:
        """See the port."""
        items = self._table.get_many(map(goal_key, dict.fromkeys(goal_ids)))
        return {item["id"]: from_item(Goal, item) for item in items}

    def remove_goal(self, goal: Goal) -> None:
        """See the port."""
        self._table.delete_partition(notices_key(goal.id, "")["pk"])
        self._table.delete([goal_key(goal.id)])

    def _found(self, key: Key, kind: str, item_id: str) -> Item:
        item = self._table.get(key)
        if item is None:
            raise NotFoundError(f"There is no {kind} with the id {item_id}.")
        return item


def _goal_item(goal: Goal) -> Item:
    listed = {"collection": GOALS, "collected_at": goal.id}
    due_on = goal.due_on and goal.due_on.isoformat()
    return {**to_item(goal), **goal_key(goal.id), **listed, "due_on": due_on}


def _follows(revision: int) -> Condition:
    return Condition("revision = :r", {":r": revision - 1})


def _with_goal(metric: Metric, goal_id: str, *, is_linked: bool) -> Metric:
    others = tuple(it for it in metric.goals if it != goal_id)
    goals = (*others, goal_id) if is_linked else others
    return replace(metric, goals=goals, revision=metric.revision + 1)
