"""Use case: look after accounts: what their syncs left behind, and who is to hear how they went.

Each ended sync is looked at once: its values are offered to their alerts again, so that a stream
record that was lost only delays an alert. What is told of the account itself depends on the time
as well, so accounts are looked at by a schedule too.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from functions.alerts.evaluate_alerts import EvaluateAlerts
from functions.alerts.follow_goals import FollowGoals
from functions.alerts.write_notices import write_notices
from shared.domain.account_watch import (
    AccountEvent,
    AccountWatch,
    Look,
    patience_of,
    watch_account,
)
from shared.domain.configuration import Integration, SyncStatus
from shared.domain.messages import account_message
from shared.domain.notices import Notice
from shared.errors import MetricsError, NotFoundError, VersionConflictError
from shared.ports import AlertStore, Clock, ConfigStore, MetricStore, pages_of

_PAGE = 100
# No interval is shorter than the hour.
_SHORTEST_PATIENCE = patience_of({"hourly"})


@dataclass(frozen=True, slots=True)
class WatchAccounts:
    """Looks after one account, or all."""

    config: ConfigStore
    metrics: MetricStore
    alerts: AlertStore
    evaluate: EvaluateAlerts
    follow_goals: FollowGoals
    clock: Clock

    def one(self, integration_id: str) -> set[str]:
        """Look after one integration; one that is gone or disconnected is left alone.

        Gives the ids of the alerts, goals and integrations that something is to be sent of.

        Raises:
            VersionConflictError: somebody else looks after it at this moment.
            StorageError: a table failed; the next look makes up for it.
        """
        try:
            integration = self.config.integration(integration_id)
        except NotFoundError:
            return set()
        status = self.config.sync_status(integration_id)
        watch = self.alerts.watches([integration_id])[integration_id]
        return self._look(integration, status, watch)

    def all(self, is_time_up: Callable[[], bool]) -> tuple[set[str], MetricsError | None]:
        """Look after every integration; trouble with one keeps no other from being looked after.

        Gives the ids of the alerts and integrations that something is to be sent of, and the first
        trouble.

        Raises:
            StorageError: the integrations could not be listed.
        """
        told, trouble = set[str](), None
        for page in self._pages():
            ids = [integration.id for integration in page]
            statuses, watches = self.config.sync_statuses(ids), self.alerts.watches(ids)
            for integration in page:
                if is_time_up():
                    return told, trouble
                try:
                    told |= self._look(
                        integration, statuses[integration.id], watches[integration.id]
                    )
                except VersionConflictError:
                    continue  # somebody else looks after it at this moment
                except MetricsError as error:
                    trouble = trouble or error
        return told, trouble

    def _pages(self) -> Iterator[Sequence[Integration]]:
        return pages_of(lambda cursor: self.config.integrations(limit=_PAGE, cursor=cursor))

    def _look(self, integration: Integration, status: SyncStatus, watch: AccountWatch) -> set[str]:
        now = self.clock.now()
        if not integration.is_connected or _is_all_well(status, watch, now):
            return set()
        patience = patience_of(self.config.sync_intervals([integration.id])[integration.id])
        look = Look(integration, status, now, patience)
        told, trouble = set[str](), None
        if look.has_ended and status.sequence > watch.sequence:
            told, trouble = self._reconcile(integration.id)
        after, events = watch_account(watch, look)
        if trouble is not None:
            # The sync is looked at once more; what it says of the account is told all the same.
            after = replace(after, sequence=watch.sequence)
        if after != watch:
            notices = tuple(self._notices(events, now))
            self.alerts.commit_watch(integration.id, seen=watch, watch=after, notices=notices)
            told |= {notice.source_id for notice in notices}
        if trouble is not None:
            raise trouble
        return told

    def _reconcile(self, integration_id: str) -> tuple[set[str], MetricsError | None]:
        """Offer the newest values to the alerts that have not seen them, and what came before.

        Goals follow them likewise. Gives the alerts and goals that something is to be sent of, and
        the first trouble, which has kept no other value from being offered.
        """
        metrics = self.config.due_metrics(integration_id, None)
        told, trouble = set[str](), None
        for value in self.metrics.latest([metric.id for metric in metrics]).values():
            try:
                outcomes = self.evaluate(value)
            except MetricsError as error:
                trouble = trouble or error
            else:
                told |= {key for key, end in outcomes.items() if end == "decided"}
            try:
                told |= self.follow_goals(value)
            except MetricsError as error:
                trouble = trouble or error
        return told, trouble

    def _notices(self, events: Sequence[AccountEvent], now: datetime) -> Iterator[Notice]:
        told = self.config.notifications()
        for event in events:
            if event.kind in told.events:
                yield from write_notices(
                    self.config,
                    told.channels,
                    key=event.key,
                    source_id=event.look.integration.id,
                    at=now,
                    render=partial(account_message, event),
                )


def _is_all_well(status: SyncStatus, watch: AccountWatch, now: datetime) -> bool:
    """Whether nothing can have happened since the last look, whatever the account's intervals."""
    return (
        status.state != "error"
        and not watch.is_in_trouble
        and status.sequence == watch.sequence
        and status.last_success_at is not None
        and now - status.last_success_at <= _SHORTEST_PATIENCE
    )
