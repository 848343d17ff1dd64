"""Use case: send a channel a message to try it out."""

from dataclasses import dataclass, replace
from datetime import datetime

from shared.domain.channels import not_receiving
from shared.domain.messages import channel_test_message
from shared.errors import ConflictError
from shared.ports import Clock, ConfigStore, Notifier


@dataclass(frozen=True, slots=True)
class SentTest:
    """A message that was handed over to try a channel out."""

    channel_id: str
    message_id: str
    sent_at: datetime


@dataclass(frozen=True, slots=True)
class TryChannel:
    """Sends a channel a message of its own."""

    config: ConfigStore
    notifier: Notifier
    clock: Clock

    def __call__(self, channel_id: str) -> SentTest:
        """Send the message.

        Raises:
            NotFoundError: no such channel.
            ConflictError: nothing would reach anybody; it says why and what to do.
        """
        channel = self.config.channel(channel_id)
        status = self.notifier.status(channel)
        if status != channel.status:
            channel = replace(channel, status=status)
            self.config.save_channel(channel)
        reason = not_receiving(channel)
        if reason:
            raise ConflictError(reason)
        message_id = self.notifier.publish(channel.id, channel_test_message(channel.type))
        return SentTest(channel.id, message_id, self.clock.now())
