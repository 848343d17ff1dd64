"""What messages say: one file of each kind to read, and limits that no name can break.

The files are written anew by `WRITE_GOLDEN=1 make test`; whoever does so reads them.
"""

import os
import re
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.alerts import describe_rule
from shared.domain.messages import (
    SMS_LIMIT,
    SUBJECT_LIMIT,
    account_message,
    alert_message,
    short_id,
)
from shared.domain.messages.text import COLUMNS, ascii_line, fit_sms
from shared.domain.metrics import good_direction, query_from_dict
from shared.domain.money import format_value
from tests.message_kinds import KINDS, changed, event, facts, is_test_mode, named, number_of
from tests.stories import a_metric, a_rule, an_alert, an_integration

GOLDEN = Path(__file__).parents[1] / "data" / "messages"
# Those of GSM-7 that are ASCII and count as one.
GSM_7 = set(
    "@$_ !\"#%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
)
ROWS = {"Metric", "Alert", "Rule", "Was", "Now", "Change", "As of", "Held back", "Integration"}
ROWS |= {"Numbers of", "Last success", "Last attempt", "Reason", "Notice"}
ROWS |= {"Goal", "Start", "Target", "Progress", "Due", "Projected"}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_message_reads_as_its_file_does(kind):
    email, sms = KINDS[kind]("email"), KINDS[kind]("sms")
    assert not sms.subject
    text = (
        f"--- e-mail, subject ---\n{email.subject}\n"
        f"--- e-mail, body ---\n{email.body}"
        f"--- SMS ---\n{sms.body}\n"
    )
    file = GOLDEN / f"{kind}.txt"
    if os.environ.get("WRITE_GOLDEN"):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    assert file.read_text(encoding="utf-8") == text


def test_there_is_no_file_of_a_kind_that_is_gone():
    assert {file.stem for file in GOLDEN.iterdir()} == set(KINDS)


def shows(number: str, text: str) -> bool:
    """Whether a text shows a number whole, and not as a part of another."""
    return bool(re.search(rf"(?<![\d.,]){re.escape(number)}(?![\d]|[.,]\d)", text))


def rows_of(body: str) -> list[str]:
    """What each line begins with that could be taken for a line of the fixed block."""
    paragraphs = body.split("\n\n")
    beginnings = [line[:13].split(":")[0] for line in "\n".join(paragraphs[1:]).split("\n")]
    return [beginning for beginning in beginnings if beginning in ROWS]


def check_limits(kind, render):
    email, sms = render("email"), render("sms")
    assert email.subject.isascii()
    assert email.subject.isprintable()
    assert len(email.subject) <= SUBJECT_LIMIT
    assert len(sms.body) <= SMS_LIMIT
    assert set(sms.body) <= GSM_7, set(sms.body) - GSM_7
    assert all(len(line) <= COLUMNS and line.isprintable() for line in email.body.split("\n"))
    if kind == "channel-test":
        return
    assert shows(number_of(kind), email.body)
    assert shows(ascii_line(number_of(kind)), email.subject)
    assert shows(ascii_line(number_of(kind)), sms.body)
    identity = re.findall(r"^Notice: +(#\w{6})$", email.body, re.MULTILINE)
    assert len(identity) == 1
    assert email.subject.endswith(f" {identity[0]}")
    assert sms.body.endswith(f" {identity[0]}")
    if is_test_mode(kind):
        assert email.subject.startswith("[Test mode] ")
        assert sms.body.startswith("Stripe Metrics test mode: ")
    plain = KINDS[kind]("email").body
    assert rows_of(email.body) == rows_of(plain)
    assert email.body.count("\n\n") == plain.count("\n\n")


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_keeps_the_limits(kind):
    check_limits(kind, KINDS[kind])


HOSTILE = [
    "Acme\r\nBcc: everybody@example.com",
    "x" * 500,
    "word " * 100,
    "🚀 growth 🚀" * 40,
    "株式会社",
    "{metric} {account} {0} {1} %s",
    "\u202eevil\u2028line\x00\x1b[31m",
    "Société Générale €",
    "`[]{}\\^~|`",
    "Now:         $1.00",
    "Acme\n\nNotice:      #000000",
    f"{'x' * 59} Notice: #000000",
    "",
]


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
def test_no_name_can_add_a_line_or_push_out_the_number(name):
    for kind, render in named(name, name, name).items():
        check_limits(kind, render)


PIECES = ["\n", "\r\n", "\n\n", " ", "\u00a0", "\u2028", "\u202e", "{", "}", "{metric}", "x" * 60]
PIECES += [f"{row}: " for row in ("Now", "Was", "Notice", "Integration")] + ["#ABCDEF", "$1.00"]
NAMES = st.lists(st.sampled_from(PIECES) | st.text(max_size=8), max_size=12).map("".join)


@given(NAMES, NAMES, NAMES)
def test_no_names_whatever_can_break_a_message(metric, alert, account):
    for kind, render in named(metric, alert, account).items():
        check_limits(kind, render)


LARGEST = 10**24
UNITS = [
    ("currency", "usd", 2),
    ("currency", "jpy", 0),
    ("currency", "kwd", 3),
    ("percent", None, 2),
    ("count", None, 0),
]
DECISIONS = [("fire", "crossed"), ("fire", "still_beyond"), ("recover", "recovered")]


@st.composite
def facts_with_numbers(draw):
    """Facts of any decision, with numbers of any size in any unit."""
    unit, currency, digits = draw(st.sampled_from(UNITS))
    numbers = st.decimals(-LARGEST, LARGEST, places=digits).map(lambda it: f"{it + 0:f}")
    value, previous = draw(numbers), draw(numbers)
    changes = {
        "unit": unit,
        "currency": currency,
        "integration": an_integration(mode=draw(st.sampled_from(["live", "test"]))),
    }
    if draw(st.booleans()):
        compare_to = draw(st.sampled_from(["previous", "month", "last_alert"]))
        reason = "changed" if Decimal(previous) else "changed_from_zero"
        return changed(value, previous, compare_to, reason=reason, **changes)
    kind, reason = draw(st.sampled_from(DECISIONS))
    alert = an_alert(rule=a_rule(draw(st.sampled_from(["above", "below"])), draw(numbers)))
    return facts(value, previous, kind=kind, reason=reason, alert=alert, **changes)


@given(facts_with_numbers())
def test_numbers_of_any_size_are_shown_in_full(shown):
    email, sms = alert_message(shown, "email"), alert_message(shown, "sms")
    value = shown.value
    number = format_value(value.value, value.unit, value.currency)
    assert shows(number, email.body)
    for line in (email.subject, sms.body):
        assert shows(ascii_line(number), line)
        assert "MRR" in line
    assert len(email.subject) <= SUBJECT_LIMIT
    assert len(sms.body) <= SMS_LIMIT
    assert all(len(line) <= COLUMNS for line in email.body.split("\n"))
    assert not re.search(r"\b(inf|nan)", email.body + sms.body, re.IGNORECASE)


@pytest.mark.parametrize(
    ("digits", "gone"),
    [(4, 1), (9, 2), (15, 3), (20, 4)],
    ids=["the names first", "then the time", "then the percentage", "then what it was"],
)
def test_of_an_sms_that_is_too_long_something_gives_way_in_turn(digits, gone):
    shown = facts(
        "9" * digits,
        f"1{'0' * 24}",
        alert=an_alert(rule=a_rule("below", f"1{'0' * digits}")),
        metric=a_metric(name="M" * 40),
        integration=an_integration(mode="live", name="A" * 40),
    )
    sms = alert_message(shown, "sms").body
    order = ["M" * 40, "2026-11-22 12:00 UTC", "(-100%)", ", was $1,000,"]
    assert [text in sms for text in order] == [False] * gone + [True] * (4 - gone), sms


def test_a_name_shows_that_it_is_cut_and_gives_way_to_a_number_that_fills_all():
    assert fit_sms(["{metric}"], {"metric": f"{'x' * 157} and more"}) == f"{'x' * 157}.."
    unused = {"metric": "M" * 160, "account": "A" * 160}
    assert fit_sms(["{metric} {account}{account}" + "9" * 150, "{metric}"], unused) == "M" * 160
    for room in range(3):
        number = "9" * (SMS_LIMIT - room)
        assert fit_sms([f"{{metric}}{number}"], {"metric": "MRR" * 9}) == f"{'..'[:room]}{number}"
    assert fit_sms([f"{{metric}}{'9' * 170}"], {"metric": "MRR"}) == "9" * 170


def test_a_name_of_which_nothing_can_be_shown_leaves_a_mark():
    shown = facts("9840.12", metric=a_metric(name="\u200b"))
    message = alert_message(shown, "email")
    assert message.subject.startswith("[Firing] metric below $10,000: now $9,840.12 ")
    assert message.body.startswith("- is below $10,000: now $9,840.12.\n\nMetric:      -\n")


def test_what_stripe_said_adds_no_line_either():
    failed = event("sync_failed", "internal", "Odd\u2028\x1b[0m\r\n\r\nNotice:       #000000")
    body = account_message(failed, "email").body
    assert body.count("\nNotice: ") == 1
    assert all(line.isprintable() for line in body.split("\n"))


def test_a_repeat_carries_the_same_id_and_another_decision_another():
    assert short_id("alt_1/1/1/fire") == short_id("alt_1/1/1/fire")
    assert short_id("alt_1/1/1/fire") != short_id("alt_1/1/2/fire")


def test_a_threshold_is_written_as_it_was_meant():
    for threshold, text in (("10000", "$10,000"), ("0.005", "$0.005"), ("99.5", "$99.50")):
        shown = facts("1", "200000", alert=an_alert(rule=a_rule("below", threshold)))
        assert f"[Firing] MRR below {text}: now" in alert_message(shown, "email").subject


def test_where_an_alert_is_over_again_is_written_to_the_last_digit():
    rule = a_rule("above", f"9{'0' * 23}", "0.00001")
    alert = an_alert(rule=rule, unit="count", currency=None)
    over = "899,999,999,999,999,999,999,999.99999 or below"
    assert describe_rule(alert).endswith(f"; over again at {over}")


def test_what_was_held_back_is_told_without_the_cooldown_that_may_be_another_by_now():
    alert = an_alert(cooldown_hours=Decimal(0))
    body = alert_message(facts("9700", "10050", held_before=3, alert=alert), "email").body
    assert "Held back:   3 times since the last message, by the cooldown\n" in body


def test_a_change_is_rounded_to_two_decimals_only_when_it_is_shown():
    body = alert_message(changed("1000.1", "900"), "email").body
    assert "Change:      +$100.10 (+11.12%)\n" in body
    body = alert_message(changed(str(Decimal("33.33")), "-100"), "email").body
    assert "Change:      +$133.33 (+133.33%)\n" in body


@pytest.mark.parametrize(
    ("query", "good"),
    [
        ({"type": "mrr"}, "up"),
        ({"type": "arr"}, "up"),
        ({"type": "customer_count", "customer_type": "all"}, "up"),
        ({"type": "customer_count", "customer_type": "active"}, "up"),
        ({"type": "customer_count", "customer_type": "new"}, "up"),
        ({"type": "customer_count", "customer_type": "churned"}, "down"),
        ({"type": "subscription_count", "status": "active"}, "up"),
        ({"type": "subscription_count", "status": "past_due"}, "down"),
        ({"type": "subscription_count", "status": "canceled"}, "down"),
        ({"type": "subscription_count", "status": "unpaid"}, "down"),
        ({"type": "subscription_count", "status": "incomplete"}, "down"),
        ({"type": "subscription_count", "status": "incomplete_expired"}, "down"),
        ({"type": "subscription_count", "status": "trialing"}, None),
        ({"type": "subscription_count", "status": "paused"}, None),
        ({"type": "subscription_count", "status": "all"}, None),
        ({"type": "revenue", "revenue_metric": "total"}, "up"),
        ({"type": "revenue", "revenue_metric": "net"}, "up"),
        ({"type": "revenue", "revenue_metric": "refunds"}, "down"),
        ({"type": "revenue", "revenue_metric": "fees"}, "down"),
        ({"type": "arpu"}, "up"),
        ({"type": "churn", "churn_metric": "churned_mrr"}, "down"),
        ({"type": "churn", "churn_metric": "revenue_churn_rate"}, "down"),
        ({"type": "nrr"}, "up"),
    ],
    ids=str,
)
def test_it_is_known_of_each_number_whether_its_rise_is_good_news(query, good):
    assert good_direction(query_from_dict(query)) == good
