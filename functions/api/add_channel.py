"""Use case: add a channel that notices can go to."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from shared.domain.configuration import Channel, ChannelType
from shared.errors import InvalidInputError, StorageError
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
        subscription = ""
        try:
            subscription = self.notifier.subscribe(channel)
            status = self.notifier.status(subscription)
            channel = replace(channel, subscription=subscription, status=status)
            self.config.save_channel(channel)
        except StorageError:
            if subscription:
                self.notifier.unsubscribe(subscription)
            self.config.remove_channel(channel)
            raise
        return channel


def _check_email(address: str) -> str:
    from email_validator import EmailNotValidError, validate_email  # noqa: PLC0415 - this path only

    try:
        # Names under .test reach nobody: they are how people try alerts out.
        found = validate_email(address, check_deliverability=False, test_environment=True)
    except EmailNotValidError as error:
        raise _refuse(f"This is not an e-mail address: {error}") from error
    return found.normalized


def _check_phone(address: str) -> str:
    import phonenumbers  # noqa: PLC0415 - this path only

    try:
        number = phonenumbers.parse(address, None)
    except phonenumbers.NumberParseException as error:
        raise _refuse(
            "This is not a phone number. Write it with its country code, such as +33612345678."
        ) from error
    if not phonenumbers.is_possible_number(number):
        raise _refuse("No phone number of that country has this length.")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _refuse(detail: str) -> InvalidInputError:
    return InvalidInputError(detail, errors=(("/address", detail),))
