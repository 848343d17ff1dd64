"""The alerts' entry points, called as Lambda calls them."""

import copy
from typing import Any

import pytest

from functions.alerts import handler
from shared.adapters.dynamodb_metric_items import no_value_yet
from shared.errors import StorageUnavailableError
from tests.alert_world import AlertWorld, record_of, sync_record, value_record
from tests.stories import a_metric, a_value, an_alert

FIRST = [("chn_1", "alt_1/1/1/fire"), ("chn_2", "alt_1/1/1/fire")]
WELL: dict[str, list[Any]] = {"batchItemFailures": []}


@pytest.fixture(name="world")
def _world():
    return AlertWorld()


def failures(*records):
    """The answer by which Lambda brings these records again."""
    return {
        "batchItemFailures": [
            {"itemIdentifier": record["dynamodb"]["SequenceNumber"]} for record in records
        ]
    }


def failing_at(world, name, numbers):
    """Have the calls of that name with these numbers fail, counted from now on."""
    seen = [0]

    def meet(_):
        if world.calls.names[-1] == name:
            seen[0] += 1
            if seen[0] in numbers:
                raise StorageUnavailableError("busy")

    world.calls.before = meet


def logged(caplog, message):
    """What the log's lines that say so hold."""
    return [vars(line) for line in caplog.records if line.getMessage() == message]


def test_a_batch_of_values_is_decided_and_sent(world):
    values = [a_value(amount, n) for n, amount in enumerate(["10500", "9900", "10500"], start=1)]
    assert world.offer(*values) == WELL
    assert world.sent() == FIRST


def test_the_same_batch_again_has_no_effect(world):
    values = [a_value("10500", 1), a_value("9900", 2)]
    world.offer(*values)
    items = copy.deepcopy(world.table.items)
    assert world.offer(*values) == WELL
    assert world.offer(*reversed(values)) == WELL
    assert world.table.items == items
    assert world.sent() == FIRST


def test_what_fails_is_named_and_comes_again_the_others_are_done(world):
    world.config.add_metric(a_metric(id="met_2"))
    world.alerts.add_alert(an_alert(id="alt_2", metric_id="met_2"), world.alerts.state("alt_1"))
    world.offer(a_value("10500", 1), a_value("10500", 1, metric_id="met_2"))
    records = [
        value_record(a_value("9900", 2)),
        value_record(a_value("9900", 3, metric_id="met_2")),
    ]
    failing_at(world, "transact", {1})
    assert world.handle(*records) == failures(records[0])
    assert world.sent() == [("chn_1", "alt_2/1/1/fire")]
    assert world.handle(*records) == WELL
    assert sorted(world.sent()) == [FIRST[0], ("chn_1", "alt_2/1/1/fire"), FIRST[1]]


def test_a_later_value_waits_for_an_earlier_one_that_failed(world):
    # Seen first, it would hide that the value had been below.
    world.offer(a_value("10500", 1))
    records = [value_record(a_value("9900", 2)), value_record(a_value("10500", 3))]
    failing_at(world, "transact", {1})
    assert world.handle(*records) == failures(*records)
    assert world.alerts.state("alt_1").last_version == 1
    assert world.handle(*records) == WELL
    assert world.sent() == FIRST


def test_if_all_fail_all_are_named_and_nothing_is_raised(world):
    records = [value_record(a_value("10500", 1)), sync_record(world.end_sync())]
    failing_at(world, "query", range(100))
    failing_at(world, "get", range(100))
    assert world.handle(*records) == failures(*records)


def poison(record, **changes):
    """Spoil a record of a value."""
    spoilt = copy.deepcopy(record)
    for name, attribute in changes.items():
        if attribute is None:
            del spoilt["dynamodb"]["NewImage"][name]
        else:
            spoilt["dynamodb"]["NewImage"][name] = attribute
    return spoilt


@pytest.mark.parametrize(
    "changes",
    [
        {"value": {"S": "a lot"}},
        {"value": {"N": "1e999999"}},
        {"value": {"N": "a lot"}},
        {"value": {"X": "1"}},
        {"version": {"S": "first"}},
        {"as_of": {"S": "yesterday"}},
        {"as_of": None},
        {"unit": {"S": "furlongs"}},
        {"metric_id": {"N": "7"}},
        {"warnings": {"S": "x" * 300_000}},
    ],
    ids=str,
)
def test_a_record_that_nobody_could_read_goes_to_the_operator_and_blocks_nobody(world, changes):
    bad = poison(value_record(a_value("1", 1)), **changes)
    good = [value_record(a_value("10500", 2)), value_record(a_value("9900", 3))]
    assert world.handle(bad, *good) == WELL
    assert world.sent() == FIRST
    ((what, details),) = world.failures.reports
    assert what == "A stream record could not be read."
    assert (details["event"], details["item"]) == ("event-1", "METRIC#met_1 LATEST")


@pytest.mark.parametrize(
    "record",
    [
        {"eventID": "e1", "eventName": "MODIFY"},
        {"eventID": "e1", "dynamodb": {"SequenceNumber": "1"}},
        {"eventID": "e1", "dynamodb": {"SequenceNumber": "1", "Keys": {"pk": {"S": "METRIC#1"}}}},
        {"eventID": "e1", "dynamodb": {"SequenceNumber": "1", "Keys": {"sk": {"X": "SYNC"}}}},
        {
            "eventID": "e1",
            "dynamodb": {"SequenceNumber": "1", "Keys": {"pk": {"S": "a"}, "sk": {"S": "LATEST"}}},
        },
    ],
)
def test_a_record_of_no_shape_at_all_is_dealt_with_likewise(world, record):
    assert world.handle(record) == WELL
    ((_, details),) = world.failures.reports
    assert details["event"] == "e1"


def test_a_record_that_cannot_even_be_reported_comes_again(world):
    bad = poison(value_record(a_value("1", 1)), value={"S": "a lot"})
    failing_at(world, "report", {1})
    assert world.handle(bad) == failures(bad)
    assert world.handle(bad) == WELL
    assert len(world.failures.reports) == 1


def test_a_version_that_comes_with_two_values_is_an_error_in_the_log(world, caplog):
    world.offer(a_value("10500", 1))
    assert world.offer(a_value("10400", 1)) == WELL
    (line,) = logged(caplog, "a version was written twice")
    assert (line["levelname"], line["metric_id"], line["version"]) == ("ERROR", "met_1", 1)


def test_the_end_of_a_sync_is_a_record_of_its_own(world):
    world.offer(a_value("10500", 1))
    world.store(a_value("9900", 2))
    assert world.handle(sync_record(world.end_sync())) == WELL
    assert world.sent() == FIRST


def test_when_the_time_is_up_decisions_are_made_and_sending_is_left_to_the_sweep(world):
    assert world.handle(value_record(a_value("10500", 1)), seconds=14) == WELL
    assert world.handle(value_record(a_value("9900", 2)), seconds=14) == WELL
    assert world.alerts.state("alt_1").status == "firing"
    assert world.sent() == []
    assert world.sweep(seconds=14) == {}
    assert world.sweep() == {"sent": 2}
    assert world.sent() == FIRST


def test_the_sweep_says_what_became_of_what_it_found(world, caplog):
    world.services.evaluate(a_value("10500", 1))
    world.services.evaluate(a_value("9900", 2))
    world.notifier.failures = [StorageUnavailableError("busy")]
    assert world.sweep() == {"pending": 1, "sent": 1}
    (line,) = logged(caplog, "swept")
    assert line["notices"] == {"pending": 1, "sent": 1}


def test_the_sweep_sends_although_the_accounts_cannot_be_looked_at(world):
    world.services.evaluate(a_value("10500", 1))
    world.services.evaluate(a_value("9900", 2))
    failing_at(world, "get_many", {1})
    with pytest.raises(StorageUnavailableError):
        world.sweep()
    assert world.sent() == FIRST


def test_no_text_of_a_message_and_no_address_is_logged(world, caplog):
    world.offer(a_value("10500", 1), a_value("9900", 2))
    text = str([vars(line) for line in caplog.records])
    assert "value evaluated" in text
    assert "@example.com" not in text
    assert world.notifier.published[1].message.body not in text


def test_one_process_answers_for_each_batch_by_itself(world):
    bad = value_record(a_value("9900", 1))
    failing_at(world, "query", {1})
    processor = handler._processor
    assert world.handle(bad) == failures(bad)
    assert world.handle(bad) == WELL
    assert handler._processor is processor


def test_a_metric_that_measures_something_else_has_no_value_and_is_no_failure(world):
    world.offer(a_value("10500", 1))
    emptied = record_of(no_value_yet(a_metric(edition=2)), 2)
    assert world.handle(emptied) == WELL
    assert world.failures.reports == []
    assert world.offer(a_value("9900", 3)) == WELL
    assert world.sent() == FIRST
