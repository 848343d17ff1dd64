"""What is to be sent to whom: one notice for each channel of what was decided."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from shared.domain.alerts import Decision
from shared.domain.configuration import ChannelType

NoticeStatus = Literal["pending", "sending", "sent", "failed", "not_receiving"]
# A notice that could not be sent for so long is news no more: somebody has to look.
LONGEST_TRY = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Message:
    """A text ready to be sent; *subject* is used by e-mail only."""

    subject: str
    body: str


@dataclass(frozen=True, slots=True)
class Notice:
    """One message to one channel, kept in the outbox until it has been published.

    Attributes:
        key: the decision's key; together with *channel_id* the identity of the notice.
        source_id: the alert, or the integration, that it speaks of.
        address: of the channel when it was decided; the history outlives the channel.
        attempts: how often publishing has been tried.
        lease_until: while `sending`: when another worker may try again.
        message_id: the notifier's id of the published message.
        failure: why it was not sent, in a sentence.
    """

    key: str
    source_id: str
    channel_id: str
    channel_type: ChannelType
    address: str
    message: Message
    decided_at: datetime
    status: NoticeStatus = "pending"
    attempts: int = 0
    lease_until: datetime | None = None
    message_id: str | None = None
    sent_at: datetime | None = None
    failure: str | None = None


@dataclass(frozen=True, slots=True)
class AlertEvent:
    """A decision as the alert's history shows it, with what became of its notices.

    Attributes:
        text: the decision in words, by the rule that held when it was made.
    """

    decision: Decision
    decided_at: datetime
    text: str
    notices: tuple[Notice, ...] = ()
