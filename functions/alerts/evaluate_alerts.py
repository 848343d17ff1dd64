"""Use case: offer a new value to every alert on its metric, and send what is decided.

The decision and what it wants to say are stored in one transaction, on the condition that the
state is still the one that was looked at. Sending comes after, from the store: what a crash left
unsent goes out with the record's next try, or else with the metric's next value. A notice is
repeated only if a crash falls between publishing and noting that.
"""

from dataclasses import dataclass, replace
from datetime import timedelta

from shared.domain.alerts import Alert, AlertState, Decision, Sample, step
from shared.domain.configuration import MetricValue
from shared.domain.messages import Facts, render_message
from shared.domain.notices import Notice, NoticeStatus
from shared.errors import (
    MetricsError,
    NotFoundError,
    StorageUnavailableError,
    VersionConflictError,
)
from shared.ports import AlertStore, Clock, ConfigStore, Notifier

_DECISION_ATTEMPTS = 5
_SENDING_ATTEMPTS = 10
_SENDING_LEASE = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class EvaluateAlerts:
    """Decides and sends the alerts of one value."""

    config: ConfigStore
    alerts: AlertStore
    notifier: Notifier
    clock: Clock

    def __call__(self, value: MetricValue) -> int:
        """Take the value into account; gives the number of notices sent.

        One alert that cannot be decided, or one notice that cannot be sent, holds up no other: all
        are looked at before the first error is raised.

        Raises:
            VersionConflictError: others kept writing first; the record is to be tried again.
            StorageError: a table or the topic failed, or another worker has begun to send a
                notice and not ended; likewise.
        """
        alerts = self.alerts.alerts_of(value.metric_id)
        failures = []
        for alert in alerts:
            try:
                self._decide(alert, value)
            except MetricsError as error:
                failures.append(error)
        pending = [notice for alert in alerts for notice in self.alerts.pending_notices(alert.id)]
        sent = 0
        for notice in pending:
            try:
                self._send(notice)
            except MetricsError as error:
                failures.append(error)
            else:
                sent += 1
        if failures:
            raise failures[0]
        return sent

    def _decide(self, alert: Alert, value: MetricValue) -> None:
        for attempt in range(1, _DECISION_ATTEMPTS + 1):
            try:
                if attempt > 1:
                    alert = self.alerts.alert(alert.id)
                self._decide_once(alert, value)
            except VersionConflictError:
                if attempt == _DECISION_ATTEMPTS:
                    raise
            except NotFoundError:
                return  # the alert, its metric or its integration was removed meanwhile
            else:
                return

    def _decide_once(self, alert: Alert, value: MetricValue) -> None:
        seen = self.alerts.state(alert.id)
        sample = Sample(version=value.version, value=value.value, as_of=value.as_of)
        state, decision = step(seen, alert, sample)
        if state != seen:
            self._commit(alert, seen, state, decision, value)

    def _commit(
        self,
        alert: Alert,
        seen: AlertState,
        state: AlertState,
        decision: Decision | None,
        value: MetricValue,
    ) -> None:
        decided_at = self.clock.now()
        event = None if decision is None else (decision, decided_at)
        notices = self._write_notices(alert, decision, value) if decision else ()
        self.alerts.commit_decision(alert, seen=seen, state=state, event=event, notices=notices)

    def _write_notices(
        self, alert: Alert, decision: Decision, value: MetricValue
    ) -> tuple[Notice, ...]:
        metric = self.config.metric(alert.metric_id)
        integration = self.config.integration(metric.integration_id)
        facts = Facts(decision, alert, metric, integration, value)
        notices = []
        for channel_id in alert.channels:
            try:
                channel = self.config.channel(channel_id)
            except NotFoundError:
                continue  # the channel was removed; the others still want to know
            notices.append(
                Notice(
                    key=decision.key,
                    alert_id=alert.id,
                    channel_id=channel.id,
                    channel_type=channel.type,
                    message=render_message(facts, channel.type),
                    decided_at=self.clock.now(),
                )
            )
        return tuple(notices)

    def _send(self, notice: Notice) -> None:
        now = self.clock.now()
        claimed = self.alerts.claim_notice(notice, now=now, until=now + _SENDING_LEASE)
        if claimed is None:
            # Whoever has it may have been killed: only a settled notice ends the record.
            raise StorageUnavailableError("Another worker has begun to send a notice.")
        try:
            message_id = self.notifier.publish(claimed)
        except MetricsError as error:
            self._settle_failure(claimed, error)
            raise
        self._mark_sent(claimed, message_id)

    def _settle_failure(self, notice: Notice, error: MetricsError) -> None:
        gives_up = not error.transient or notice.attempts >= _SENDING_ATTEMPTS
        status: NoticeStatus = "failed" if gives_up else "pending"
        self.alerts.settle_notice(replace(notice, status=status, lease_until=None))

    def _mark_sent(self, notice: Notice, message_id: str) -> None:
        self.alerts.settle_notice(
            replace(
                notice,
                status="sent",
                lease_until=None,
                message_id=message_id,
                sent_at=self.clock.now(),
            )
        )
