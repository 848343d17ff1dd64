"""Other terms start another series: from then on, and with a past of its own."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain.account import Account
from shared.domain.configuration import MetricValue
from shared.domain.definitions import Definitions
from shared.domain.metrics import Revenue
from shared.ports import SyncRequest
from tests.builders import a_price, a_subscription, an_account
from tests.fakes import NOON
from tests.stories import a_metric, an_integration
from tests.unit.test_sync_import import World, a_payment

NET = Definitions(net_deducts=("refunds", "disputes", "fees"))
DAY = timedelta(days=1)


@pytest.fixture(name="world")
def _world() -> World:
    world = World()
    world.sync(SyncRequest("int_1", slot="first"))
    return world


def change(world: World, **changes: Any) -> str:
    """Change the integration as the API does, and sync; gives the version of the terms."""
    world.clock.move(hours=1)
    world.source.as_of = world.clock.now()
    integration = world.config.integration("int_1")
    after = integration.changed(changes, world.clock.now())
    world.config.save_integration(replace(after, revision=integration.revision + 1))
    world.sync(SyncRequest("int_1", slot=f"changed-{after.revision}-{world.clock.now()}"))
    return after.terms_version


def series(world: World, version: str, metric: str = "met_rev") -> list[MetricValue]:
    found = world.metrics.values(metric, limit=1_000, series=version)
    return list(found.items)


def test_the_past_is_computed_anew_and_what_was_stored_stays(world):
    ours = world.config.integration("int_1").terms_version
    before = series(world, ours)
    other = change(world, definitions=NET)
    assert series(world, ours) == before
    after = series(world, other)
    assert [value.as_of for value in after if value.origin == "reconstructed"] == [
        value.as_of for value in before if value.origin == "reconstructed"
    ]
    assert after[-1].origin == "observed"
    assert world.metrics.newest["met_rev"].definitions_version == other


def test_the_past_is_under_the_new_definitions(world):
    world.config.add_metric(a_metric(id="met_net", query=Revenue("net")))
    world.sync(SyncRequest("int_1", slot="met_net", metric_id="met_net"))
    other = change(world, definitions=NET)
    assert {value.value for value in series(world, other, "met_net")} == {Decimal(97)}


def test_who_goes_back_to_earlier_definitions_finds_the_old_series_and_no_gap_in_it(world):
    ours = world.config.integration("int_1").terms_version
    before = series(world, ours)
    change(world, definitions=NET)
    world.clock.move(days=5)
    world.source.as_of = world.clock.now()
    assert change(world, definitions=Definitions()) == ours
    after = series(world, ours)
    assert [value for value in after if value in before] == before
    past = [value.as_of for value in after if value.origin == "reconstructed"]
    assert {later - earlier for earlier, later in pairwise(past)} == {DAY}


def test_a_past_whose_writing_was_cut_short_is_completed_and_written_once(world):
    other = change(world, definitions=NET)
    written = series(world, other)
    world.metrics.past = [it for it in world.metrics.past if it not in written[2:9]]
    world.metrics.newest.pop("met_rev")
    world.clock.move(hours=1)
    world.sync(SyncRequest("int_1", slot="again"))
    assert (
        series(world, other)[: len(written)]
        == written[:2]
        + [replace(it, computed_at=world.clock.now()) for it in written[2:9]]
        + written[9:]
    )


@pytest.mark.parametrize(
    "changes",
    [{"fx_rates": {"eur": Decimal("1.1")}}, {"currency": "eur"}, {"definitions": NET}],
)
def test_definitions_currency_and_rates_each_start_a_series(changes):
    before = an_integration()
    after = before.changed(changes, NOON)
    assert after.terms_version != before.terms_version
    assert [it.version for it in after.past_terms] == [before.terms_version]
    assert after.past_terms[0].until == NOON
    back = {name: getattr(before, name) for name in changes}
    assert after.changed(back, NOON).terms_version == before.terms_version


def test_what_changes_no_number_starts_no_series():
    before = an_integration(fx_rates={"eur": Decimal("1.1"), "gbp": Decimal("1.25")})
    rates = {"gbp": Decimal("1.250"), "eur": Decimal("1.10")}
    for changes in ({"name": "Other"}, {"definitions": Definitions()}, {"fx_rates": rates}):
        after = before.changed(changes, NOON)
        assert after.past_terms == ()
        assert after.terms_version == before.terms_version


def test_each_version_leads_back_to_its_terms():
    first = an_integration()
    second = first.changed({"definitions": NET}, NOON)
    third = second.changed({"currency": "eur", "fx_rates": {"usd": Decimal("0.9")}}, NOON)
    for known in (first, second, third):
        found = third.under(known.terms_version)
        assert found is not None
        assert found.terms == known.terms
    assert third.under("unknown") is None


changes_of_terms = st.lists(
    st.sampled_from(
        [
            {"definitions": Definitions()},
            {"definitions": NET},
            {"definitions": Definitions.from_dict({"preset": "match_stripe"})},
            {"fx_rates": {"eur": Decimal("1.1")}},
            {"fx_rates": {}},
        ]
    ),
    max_size=4,
)


@given(changes_of_terms)
@settings(max_examples=15, deadline=None)
def test_whatever_is_changed_nothing_stored_is_ever_rewritten(changes):
    world = World()
    world.sync(SyncRequest("int_1", slot="first"))
    for one in changes:
        before = list(world.metrics.past)
        version = change(world, **one)
        assert [it for it in world.metrics.past if it in before] == before
        instants = [it.as_of for it in series(world, version) if it.origin == "reconstructed"]
        assert len(instants) == len(set(instants)) == 20


def test_money_in_another_currency_waits_for_the_balance_that_tells_its_rate():
    world = World()
    euros = a_subscription(a_price(1000, currency="eur"), livemode=False)
    account = an_account(euros, mode="test")
    exchanged = replace(a_payment(), source_currency="eur", exchange_rate=Fraction(5, 4))
    world.source.account = Account("test", timelines=account.timelines, balance=(exchanged,))
    world.sync(SyncRequest("int_1", slot="first"))
    assert "met_mrr" not in world.phases_with_values["balance"]
    assert "met_mrr" in world.phases_with_values["history"]
    assert world.metrics.newest["met_mrr"].value == Decimal("12.50")
    assert world.config.sync_status("int_1").withheld == ()
