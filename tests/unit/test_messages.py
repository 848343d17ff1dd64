"""What notices say."""

from decimal import Decimal

import pytest

from shared.domain.alerts import Decision
from shared.domain.messages import SMS_LIMIT, SUBJECT_LIMIT, Facts, render_message, short_id
from tests.fakes import NOON
from tests.stories import a_metric, a_rule, a_value, an_alert, an_integration

GSM_7_AND_ASCII = set(
    "@$_ !\"#%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
)


def facts(kind="fire", reason="crossed", value="9840.12", previous="10120.5", **changes):
    decision = Decision(
        "alt_1/1/1/fire",
        kind,
        reason,
        Decimal(value),
        None if previous is None else Decimal(previous),
        NOON,
    )
    return Facts(
        decision,
        changes.get("alert", an_alert()),
        changes.get("metric", a_metric()),
        changes.get("integration", an_integration(mode="live")),
        changes.get("value_shown", a_value()),
    )


def test_the_subject_says_the_verdict_first():
    subject = render_message(facts(), "email").subject
    assert subject == (
        f"[Firing] MRR below $10,000.00: now $9,840.12 (Acme, live) #{short_id('alt_1/1/1/fire')}"
    )


def test_the_body_says_was_now_and_change():
    body = render_message(facts(), "email").body
    assert body.startswith("MRR is below $10,000.00: now $9,840.12.\n")
    assert "Was:         $10,120.50\n" in body
    assert "Now:         $9,840.12\n" in body
    assert "Change:      -$280.38 (-2.77%)\n" in body
    assert "As of:       2026-11-22 12:00 UTC\n" in body


def test_test_mode_is_said_in_subject_and_body():
    message = render_message(facts(integration=an_integration()), "email")
    assert message.subject.startswith("[Test mode] [Firing] ")
    assert "test mode" in message.body


def test_recovery_is_called_so():
    message = render_message(facts(kind="recover", reason="recovered", value="10100"), "email")
    assert message.subject.startswith("[Recovered] MRR no longer below $10,000.00")


def test_a_change_from_zero_has_no_percentage():
    above = an_alert(rule=a_rule("above", "1"))
    body = render_message(facts(value="5", previous="0", alert=above), "email").body
    assert "Change:      +$5.00 (no percentage from zero)" in body


def test_a_first_value_is_called_so():
    body = render_message(facts(previous=None, reason="already_beyond"), "email").body
    assert "Was:         no value before" in body
    assert "already so when the alert was set" in " ".join(body.split())


def test_an_sms_is_one_part_of_plain_characters():
    text = render_message(facts(), "sms").body
    assert text == (
        "Stripe Metrics: MRR (Acme live) is below $10,000.00. Now $9,840.12, was $10,120.50. "
        f"2026-11-22 12:00 UTC. #{short_id('alt_1/1/1/fire')}"
    )
    assert len(text) <= SMS_LIMIT


HOSTILE = [
    "Acme\r\nBcc: everybody@example.com",
    "x" * 500,
    "🚀 growth 🚀" * 20,
    "{metric} {account} {0} %s",
    "\u202eevil\u2028line\x00",
    "Société Générale €",
]


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
def test_no_name_can_leave_its_line_or_push_out_the_number(name):
    shown = facts(
        metric=a_metric(name=name),
        integration=an_integration(name=name),
        alert=an_alert(name=name),
        value_shown=a_value(currency="eur"),
    )
    email, sms = render_message(shown, "email"), render_message(shown, "sms")
    assert len(email.subject) <= SUBJECT_LIMIT
    assert len(sms.body) <= SMS_LIMIT
    for line in (email.subject, sms.body):
        assert set(line) <= GSM_7_AND_ASCII | set("{}[]"), line
        assert "9,840.12" in line
        assert line.endswith(f"#{short_id('alt_1/1/1/fire')}")
    assert "\nBcc:" not in email.body
