"""Alerts from Stripe to the message, each thing told once: through the deployed functions.

The account has one customer, so its MRR is what the test says, hour by hour. Each test has channels
of its own, and begins and ends at an MRR of 100 dollars.
"""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.integration.paying_customer import PayingCustomer, paying_customer
from tests.local_process import emulated

pytestmark = pytest.mark.emulator

ABOVE_150 = {"type": "threshold", "threshold": 150, "direction": "above"}
TEN_PERCENT = {"type": "change", "percentage": 10, "direction": "any"}


@pytest.fixture(scope="module", name="running")
def _running() -> Iterator[PayingCustomer]:
    with paying_customer() as customer:
        yield customer


@pytest.fixture(name="customer")
def _customer(running: PayingCustomer) -> Iterator[PayingCustomer]:
    yield running
    running.pay(100)


def test_a_threshold_is_told_once_when_it_is_crossed_and_once_when_the_value_is_back(customer):
    email, sms = customer.add_channel("email"), customer.add_channel("sms")
    alert = customer.add_alert(ABOVE_150, email, sms, notify_on_recovery=True)
    customer.pay(150, 160, 170, 120, 110)
    assert customer.events(alert) == [("fire", "crossed", 160), ("recover", "recovered", 120)]
    fired, recovered = customer.heard(email)
    assert (fired["protocol"], recovered["protocol"]) == ("email", "email")
    assert "160.00" in fired["subject"]
    assert "150.00" in fired["message"]
    assert "120.00" in recovered["subject"]
    texts = [message["message"] for message in customer.heard(sms)]
    assert ["160.00" in texts[0], "120.00" in texts[1]] == [True, True]
    assert len(texts) == 2
    # The same notice in another form, with the same id.
    assert fired["subject"].rpartition("#")[2] in texts[0]


def test_a_change_is_told_against_the_value_before_and_a_drift_against_the_last_alert(customer):
    steps, drift = customer.add_channel(), customer.add_channel()
    by_step = customer.add_alert(TEN_PERCENT, steps)
    by_drift = customer.add_alert({**TEN_PERCENT, "compare_to": "last_alert"}, drift)
    customer.pay(109, 118, 130, 130, 117)
    assert customer.events(by_step) == [("change", "changed", 130), ("change", "changed", 117)]
    assert customer.events(by_drift) == [
        ("change", "changed", 118),
        ("change", "changed", 130),
        ("change", "changed", 117),
    ]
    up, down = customer.heard(steps)
    assert "130.00" in up["subject"]
    assert "118.00" in up["message"]
    assert "117.00" in down["subject"]
    assert len(customer.heard(drift)) == 3


def test_a_change_from_zero_is_told_without_a_percentage(customer):
    channel = customer.add_channel()
    alert = customer.add_alert({**TEN_PERCENT, "direction": "increase"}, channel)
    customer.pay(0, 50)
    assert customer.events(alert) == [("change", "changed_from_zero", 50)]
    (message,) = customer.heard(channel)
    assert "inf" not in message["message"].lower()
    assert "nan" not in message["message"].lower()


def test_what_the_cooldown_holds_back_is_shown_in_the_history_and_told_when_it_lasts(customer):
    channel = customer.add_channel()
    alert = customer.add_alert(ABOVE_150, channel, cooldown_hours=3)
    customer.pay(160, 140, 170)  # told; back; beyond again after two hours: held back
    assert len(customer.heard(channel)) == 1
    customer.pay(175)  # the three hours are over
    told = [(kind, reason) for kind, reason, _ in customer.events(alert)]
    assert told == [("fire", "crossed"), ("fire", "crossed"), ("fire", "still_beyond")]
    assert len(customer.heard(channel)) == 2


def test_a_sync_that_fails_is_told_once_and_once_that_all_is_well_again(customer):
    channel = customer.add_channel()
    body = {"channels": [channel], "events": ["sync_failed", "recovered"]}
    customer.api.ok("PUT", "/v1/notifications", body)
    watched = customer.add_channel()
    alert = customer.add_alert(TEN_PERCENT, watched)
    key, anew = customer.sandbox.key, "sk_test_sandbox0000anew"
    customer.sandbox.settings.keys.roll(key, anew, expires=False)
    calls = customer.sandbox.requests.total
    for _ in range(3):
        assert [sync["state"] for sync in customer.tick()] == ["error"]
    # A refused key is not tried again: it would be refused again.
    assert customer.sandbox.requests.total - calls <= 2
    (failed,) = customer.heard(channel)
    path = f"/v1/integrations/{customer.integration['id']}"
    customer.api.ok("PATCH", path, {"secret_key": anew})
    assert [sync["state"] for sync in customer.tick()] == ["ok"]
    customer.tick()
    again, recovered = customer.heard(channel)
    assert again == failed
    assert failed["subject"] != recovered["subject"]
    assert key not in json.dumps([failed, recovered])
    assert anew not in json.dumps([failed, recovered])
    assert customer.events(alert) == []
    customer.api.ok("PUT", "/v1/notifications", {"channels": [], "events": []})


def test_names_with_emoji_and_200_characters_leave_subject_and_text_message_in_bounds(customer):
    email, sms = customer.add_channel("email"), customer.add_channel("sms")
    metric = customer.add_metric("📈 Umsätze " + "sehr " * 37 + "lang")
    customer.tick()
    customer.add_alert(ABOVE_150, email, sms, metric_id=metric["id"], name="🔔" * 200)
    customer.pay(160)
    (mail,), (text,) = customer.heard(email), customer.heard(sms)
    assert mail["subject"].isascii()
    assert len(mail["subject"]) <= 99
    assert "160.00" in mail["subject"]
    assert text["message"].isascii()
    assert len(text["message"]) <= 160
    assert "160.00" in text["message"]


def test_a_paused_alert_says_nothing_and_goes_on_from_the_value_that_it_finds(customer):
    channel = customer.add_channel()
    alert = customer.add_alert(ABOVE_150, channel)
    path = f"/v1/alerts/{alert}"
    assert customer.api.ok("PATCH", path, {"enabled": False})["state"]["status"] == "paused"
    customer.pay(160)
    assert customer.api.ok("PATCH", path, {"enabled": True})["state"]["status"] == "firing"
    customer.pay(170, 140)
    assert customer.events(alert) == []
    customer.pay(180)
    assert customer.events(alert) == [("fire", "crossed", 180)]
    assert len(customer.heard(channel)) == 1


def test_a_changed_rule_starts_afresh_and_tells_nothing_of_the_old_one(customer):
    channel = customer.add_channel()
    alert = customer.add_alert(ABOVE_150, channel, notify_on_recovery=True)
    customer.pay(160)
    changed = {"rule": {**ABOVE_150, "threshold": 200}}
    answer = customer.api.ok("PATCH", f"/v1/alerts/{alert}", changed)
    assert (answer["state"]["status"], answer["state"]["last_value"]) == ("ok", 160)
    customer.pay(140, 210)
    assert customer.events(alert) == [("fire", "crossed", 160), ("fire", "crossed", 210)]
    assert len(customer.heard(channel)) == 2


def test_a_preview_tells_what_the_alert_has_told(customer):
    channel, rule = customer.add_channel(), {**TEN_PERCENT, "direction": "decrease"}
    alert = customer.add_alert(rule, channel)
    began = customer.api.ok("GET", f"/v1/alerts/{alert}")["state"]["last_as_of"]
    customer.pay(120, 100, 95, 80)
    body = {"metric_id": customer.metric["id"], "rule": rule}
    preview = customer.api.ok("POST", "/v1/alerts/preview", body)["data"]
    told = [(it["kind"], it["reason"], it["value"]) for it in preview if it["at"] > began]
    assert told == customer.events(alert) == [("change", "changed", 100), ("change", "changed", 80)]


def test_a_channel_that_is_tried_out_gets_a_message(customer):
    for kind in ("email", "sms"):
        channel = customer.add_channel(kind)
        assert customer.api.ok("POST", f"/v1/channels/{channel}/test")["status"] == "sent"
        (message,) = customer.heard(channel)
        assert message["protocol"] == kind


@contextmanager
def nobody_may_publish(customer: PayingCustomer) -> Iterator[None]:
    """Deny the alerts' functions SNS, as an outage would."""
    iam, functions = emulated(customer.api, "iam"), emulated(customer.api, "lambda")
    roles = [
        function["Role"].rpartition("/")[2]
        for function in functions.list_functions()["Functions"]
        if function["Handler"].startswith("functions.alerts.")
    ]
    statement = {"Effect": "Deny", "Action": "sns:Publish", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    for role in roles:
        iam.put_role_policy(RoleName=role, PolicyName="outage", PolicyDocument=policy)
    try:
        yield
    finally:
        for role in roles:
            iam.delete_role_policy(RoleName=role, PolicyName="outage")


def test_what_sns_does_not_take_for_a_while_is_delivered_once_when_it_does_again(customer):
    channel = customer.add_channel()
    alert = customer.add_alert(ABOVE_150, channel)
    customer.change(160)
    tick = threading.Thread(target=customer.tick)
    with nobody_may_publish(customer):
        tick.start()
        # The tick sweeps while something is unsent.
        notice = wait_for_attempts(customer, alert, 3)
        assert notice["status"] in {"pending", "sending"}
        assert customer.heard(channel) == []
    tick.join()
    assert len(customer.heard(channel)) == 1
    customer.pay(170)
    assert len(customer.heard(channel)) == 1
    assert customer.events(alert) == [("fire", "crossed", 160)]


def wait_for_attempts(customer: PayingCustomer, alert: str, attempts: int):
    """Give the one notice of an alert as soon as it has been tried so often."""
    for _ in range(300):
        events = customer.api.ok("GET", f"/v1/alerts/{alert}/events")["data"]
        for notice in (notice for event in events for notice in event["notices"]):
            if notice["attempts"] >= attempts:
                return notice
        time.sleep(0.1)
    raise TimeoutError(f"nobody tried {attempts} times")


def test_what_the_stream_brings_late_has_been_found_by_the_sweep_and_is_told_once(customer):
    channel = customer.add_channel()
    alert = customer.add_alert(ABOVE_150, channel)
    functions = emulated(customer.api, "lambda")
    mappings = functions.list_event_source_mappings()["EventSourceMappings"]
    (stream,) = (it["UUID"] for it in mappings if "/stream/" in it["EventSourceArn"])
    functions.update_event_source_mapping(UUID=stream, Enabled=False)
    try:
        customer.pay(160)
        assert len(customer.heard(channel)) == 1
    finally:
        functions.update_event_source_mapping(UUID=stream, Enabled=True)
    customer.pay(170)
    assert customer.events(alert) == [("fire", "crossed", 160)]
    assert len(customer.heard(channel)) == 1


def test_a_tick_that_comes_twice_reads_once_and_tells_once(customer):
    channel, metric = customer.add_channel(), customer.add_metric("Daily", "daily")
    customer.tick()
    alert = customer.add_alert(ABOVE_150, channel, metric_id=metric["id"])
    before = syncs(customer)
    customer.change(160)
    functions = emulated(customer.api, "lambda")
    (dispatcher,) = (
        function["FunctionName"]
        for function in functions.list_functions()["Functions"]
        if "DailyDispatcher" in function["FunctionName"]
    )
    tick = {"interval": "daily", "scheduled_time": "2026-11-22T13:00:00Z"}
    for _ in range(2):
        functions.invoke(FunctionName=dispatcher, Payload=json.dumps(tick).encode())
    customer.tick()  # the hour's own, which waits for all of them
    assert syncs(customer) == before + 2
    assert customer.events(alert) == [("fire", "crossed", 160)]
    assert len(customer.heard(channel)) == 1


def syncs(customer: PayingCustomer) -> int:
    """How many syncs there have been."""
    dynamodb = emulated(customer.api, "dynamodb")
    (table,) = (name for name in dynamodb.list_tables()["TableNames"] if "Metrics" in name[20:])
    key = {"pk": {"S": f"INTEGRATION#{customer.integration['id']}"}, "sk": {"S": "SYNC"}}
    return int(dynamodb.get_item(TableName=table, Key=key)["Item"]["sequence"]["N"])
