"""Channels: an address once, nothing half-made, and none removed from under an alert."""

import pytest

from functions.api.add_channel import AddChannel
from functions.api.list_channels import ListChannels
from functions.api.remove_channel import RemoveChannel
from shared.adapters.dynamodb_alerts import DynamoDbAlerts
from shared.adapters.dynamodb_config import DynamoDbConfig
from shared.domain.alerts import AlertState
from shared.errors import (
    ConfigurationError,
    ConflictError,
    InvalidInputError,
    StorageUnavailableError,
)
from tests.fakes import FakeClock, InMemoryNotifier, id_maker
from tests.memory_table import InMemoryTable
from tests.stories import a_channel, a_metric, an_alert, an_integration


class World:
    """Nothing configured, and a notifier that works."""

    def __init__(self) -> None:
        table, self.notifier = InMemoryTable(), InMemoryNotifier()
        self.config, self.alerts = DynamoDbConfig(table), DynamoDbAlerts(table)
        self.add = AddChannel(self.config, self.notifier, FakeClock(), id_maker())
        self.list = ListChannels(self.config, self.notifier)
        self.remove = RemoveChannel(self.config, self.alerts, self.notifier)

    def channels(self):
        return self.config.channels(limit=10).items


@pytest.fixture(name="world")
def _world() -> World:
    return World()


def test_a_phone_number_is_kept_in_its_international_form(world):
    channel = world.add("sms", "+1 (415) 555-0100")
    assert (channel.address, channel.status) == ("+14155550100", "active")
    assert world.config.channel(channel.id) == channel
    assert world.notifier.subscriptions[channel.subscription].id == channel.id


def test_a_domain_of_other_letters_is_kept_as_mail_goes_to_it(world):
    assert world.add("email", "team@bücher.example").address == "team@xn--bcher-kva.example"


@pytest.mark.parametrize(
    ("kind", "address"),
    [
        ("email", "nobody"),
        ("email", "a@b@c.com"),
        ("email", "team@example.com\r\nBcc: x@example.com"),
        ("email", "müller@example.com"),
        ("email", "team@localhost"),
        ("email", '"a b"@example.com'),
        ("sms", "+14155550100 ext. 12"),
        ("sms", "+00000000"),
        ("sms", "0612345678"),
        ("sms", "+331"),
        ("sms", "call me"),
    ],
)
def test_what_is_no_address_is_refused(world, kind, address):
    with pytest.raises(InvalidInputError) as refusal:
        world.add(kind, address)
    assert [pointer for pointer, _ in refusal.value.errors] == ["/address"]
    assert not world.channels()
    assert not world.notifier.subscriptions


def test_an_address_is_taken_once(world):
    first = world.add("email", "team@example.com")
    with pytest.raises(ConflictError):
        world.add("email", "team@EXAMPLE.com")
    assert list(world.notifier.subscriptions) == [first.subscription]


def test_a_channel_that_cannot_be_subscribed_is_not_kept(world):
    def fail(channel):
        raise StorageUnavailableError("busy")

    subscribe, world.notifier.subscribe = world.notifier.subscribe, fail
    with pytest.raises(StorageUnavailableError):
        world.add("email", "team@example.com")
    assert not world.channels()
    world.notifier.subscribe = subscribe
    assert world.add("email", "team@example.com").status == "active"


def test_a_subscription_whose_channel_cannot_be_kept_is_ended(world):
    def fail(channel):
        raise StorageUnavailableError("busy")

    world.config.save_channel = fail
    with pytest.raises(StorageUnavailableError):
        world.add("email", "team@example.com")
    assert not world.channels()
    assert not world.notifier.subscriptions


def test_a_channel_that_could_not_be_subscribed_for_good_is_not_kept(world):
    def refuse(channel):
        raise ConfigurationError("the role does not allow it")

    world.notifier.subscribe = refuse
    with pytest.raises(ConfigurationError):
        world.add("email", "team@example.com")
    assert not world.channels()


def test_a_channel_whose_making_was_cut_short_can_be_removed(world):
    world.config.add_channel(a_channel(subscription="", status="pending_confirmation"))
    assert world.list(limit=10, cursor=None).items[0].status == "not_receiving"
    world.remove("chn_1")
    assert not world.channels()


def test_a_confirmed_address_is_shown_as_active_from_then_on(world):
    world.notifier.unconfirmed.add("sub-chn_000001")
    channel = world.add("email", "team@example.com")
    assert channel.status == "pending_confirmation"
    assert world.list(limit=10, cursor=None).items == (channel,)
    world.notifier.unconfirmed.clear()
    assert world.list(limit=10, cursor=None).items[0].status == "active"
    assert world.config.channel(channel.id).status == "active"


def test_a_subscription_that_is_not_found_yet_waits_for_its_owner(world):
    world.notifier.status = lambda subscription: "not_receiving"
    assert world.add("email", "team@example.com").status == "pending_confirmation"
    assert world.add("sms", "+14155550100").status == "active"


def test_a_channel_that_nobody_counts_on_is_removed(world):
    channel = world.add("email", "team@example.com")
    world.remove(channel.id)
    assert not world.channels()
    assert not world.notifier.subscriptions


def test_a_channel_that_an_alert_notifies_stays(world):
    channel = world.add("email", "team@example.com")
    world.config.add_integration(an_integration())
    world.config.add_metric(a_metric())
    alert = an_alert(name="Floor", channels=(channel.id,))
    world.alerts.add_alert(alert, AlertState())
    with pytest.raises(ConflictError, match="Floor"):
        world.remove(channel.id)
    assert list(world.notifier.subscriptions) == [channel.subscription]
    world.alerts.remove_alert(alert)
    world.remove(channel.id)
    assert not world.channels()
