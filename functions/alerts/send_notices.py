"""Use case: send what is in the outbox.

A notice is claimed, published and marked. A crash between publishing and marking sends it once
more, with the same id; a crash before leaves it to the next sweep. So does a publish that fails.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from shared.domain.channels import not_receiving
from shared.domain.notices import LONGEST_TRY, Notice, NoticeStatus
from shared.errors import InvalidInputError, MetricsError, NotFoundError, StorageError
from shared.ports import Clock, ConfigStore, Failures, Notifier, Outbox

_LEASE = timedelta(seconds=60)
# One attempt, with the time-outs that the bootstrap sets, and its mark.
_LONGEST_PUBLISH = timedelta(seconds=25)
# SNS suspends an e-mail subscription that gets more than ten messages a second, for good. Two
# workers may be sending at once.
_SPACING = timedelta(seconds=0.25)
# Between the attempts to mark what was published.
_PAUSES = (0.1, 0.4, 1.6)


@dataclass(frozen=True, slots=True)
class SendNotices:
    """Publishes notices, one after another."""

    config: ConfigStore
    outbox: Outbox
    notifier: Notifier
    failures: Failures
    clock: Clock
    sleep: Callable[[float], None]
    _published_at: dict[str, datetime] = field(default_factory=dict)

    def __call__(
        self, notices: Iterable[Notice], is_time_up: Callable[[], bool] = lambda: False
    ) -> Counter[NoticeStatus]:
        """Send notices, and count how they ended; what cannot be sent now stays in the outbox.

        Raises:
            StorageError: a table failed; whatever was not marked is sent again later.
        """
        ends: Counter[NoticeStatus] = Counter()
        # What follows on a channel that fails waits for its next turn: nobody is told that all is
        # well before they hear what was not, and no other channel waits for this one.
        failing: set[str] = set()
        for notice in notices:
            if is_time_up():
                break
            if notice.channel_id in failing:
                continue
            now = self.clock.now()
            claimed = self.outbox.claim(notice, now=now, until=now + _LEASE)
            if claimed is not None:
                settled = self._send(claimed, until=now + _LEASE - _LONGEST_PUBLISH)
                self._mark(replace(settled, lease_until=None))
                ends[settled.status] += 1
                failing |= {notice.channel_id} if settled.status == "pending" else set()
        return ends

    def _mark(self, notice: Notice) -> None:
        """Store how sending ended: a published notice whose mark is lost goes out once more."""
        for pause in _PAUSES:
            try:
                self.outbox.settle(notice)
            except StorageError:
                self.sleep(pause)
            else:
                return
        self.outbox.settle(notice)

    def _send(self, notice: Notice, until: datetime) -> Notice:
        try:
            reason = self._why_unheard(notice.channel_id)
            if reason is not None:
                return replace(notice, status="not_receiving", failure=reason)
            self._space_out(notice.channel_id)
            if self.clock.now() > until:
                # Somebody else may take it before it is marked, and send it again.
                return replace(notice, status="pending", failure="It took too long to get so far.")
            message_id = self.notifier.publish(notice.channel_id, notice.message)
        except MetricsError as error:
            return self._failed(notice, error)
        now = self._published_at[notice.channel_id] = self.clock.now()
        return replace(notice, status="sent", message_id=message_id, sent_at=now, failure=None)

    def _why_unheard(self, channel_id: str) -> str | None:
        """Look at the channel as it is by now, and say why nothing would reach anybody."""
        try:
            channel = self.config.channel(channel_id)
        except NotFoundError:
            return "The channel was removed before this could be sent."
        status = self.notifier.status(channel)
        if status != channel.status:
            channel = replace(channel, status=status)
            self.config.save_channel(channel)
        return not_receiving(channel)

    def _space_out(self, channel_id: str) -> None:
        before = self._published_at.get(channel_id)
        if before is not None:
            rest = before + _SPACING - self.clock.now()
            self.sleep(max(rest.total_seconds(), 0.0))

    def _failed(self, notice: Notice, error: MetricsError) -> Notice:
        waiting = replace(notice, status="pending", failure=str(error))
        is_refused = isinstance(error, InvalidInputError)
        if not is_refused and self.clock.now() - notice.decided_at < LONGEST_TRY:
            return waiting
        try:
            self.failures.report(
                "A notice could not be sent.",
                {"notice": notice.key, "channel": notice.channel_id, "reason": str(error)},
            )
        except MetricsError:
            return waiting  # given up only when the operator knows
        return replace(waiting, status="failed")
