"""Use case: add a channel that notices can go to."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from shared.domain.configuration import Channel, ChannelStatus, ChannelType
from shared.errors import InvalidInputError, MetricsError
from shared.ports import Clock, ConfigStore, Notifier


@dataclass(frozen=True, slots=True)
class AddChannel:
    """Checks an address, subscribes it, and stores the channel."""

    config: ConfigStore
    notifier: Notifier
    clock: Clock
    new_id: Callable[[str], str]

    def __call__(self, channel_type: ChannelType, address: str) -> Channel:
        """Add the channel; an e-mail address is pending until its owner confirms.

        Raises:
            InvalidInputError: the address is none.
            ConflictError: another channel has it. One topic takes an address once, so two
                channels would share one subscription.
        """
        check = _check_email if channel_type == "email" else _check_phone
        channel = Channel(
            id=self.new_id("chn"),
            type=channel_type,
            address=check(address),
            status="pending_confirmation",
            created_at=self.clock.now(),
        )
        self.config.add_channel(channel)
        try:
            channel = replace(channel, subscription=self.notifier.subscribe(channel))
            channel = replace(channel, status=self._first_status(channel))
            self.config.save_channel(channel)
        except MetricsError:
            self.config.remove_channel(channel)
            if channel.subscription:
                self.notifier.unsubscribe(channel.subscription)
            raise
        return channel

    def _first_status(self, channel: Channel) -> ChannelStatus:
        if channel.type == "sms":
            return "active"  # SNS asks nobody
        # A subscription that is not found yet has only just been made.
        is_active = self.notifier.status(channel) == "active"
        return "active" if is_active else "pending_confirmation"


def _check_email(address: str) -> str:
    from email_validator import EmailNotValidError, validate_email  # noqa: PLC0415 - this path only

    try:
        # Names under .test reach nobody: they are how people try alerts out. SNS takes ASCII only;
        # a domain can be written so, what stands before the @ cannot.
        found = validate_email(
            address, check_deliverability=False, test_environment=True, allow_smtputf8=False
        )
    except EmailNotValidError as error:
        raise _refuse(f"This is not an e-mail address that can be written to: {error}") from error
    return found.ascii_email or found.normalized


def _check_phone(address: str) -> str:
    import phonenumbers  # noqa: PLC0415 - this path only

    try:
        number = phonenumbers.parse(address, None)
    except phonenumbers.NumberParseException as error:
        raise _refuse(
            "This is not a phone number. Write it with its country code, such as +33612345678."
        ) from error
    if number.extension:
        raise _refuse("An extension gets no messages. Write a number of its own.")
    if not phonenumbers.is_possible_number(number):
        raise _refuse("No phone number of that country has this length.")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _refuse(detail: str) -> InvalidInputError:
    return InvalidInputError(detail, errors=(("/address", detail),))
