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

from shared.domain.messages import SMS_LIMIT, SUBJECT_LIMIT, alert_message, short_id
from shared.domain.messages.text import COLUMNS
from shared.domain.metrics import good_direction, query_from_dict
from tests.message_kinds import KINDS, changed, facts, named, number_of
from tests.stories import a_metric, a_rule, an_alert

GOLDEN = Path(__file__).parents[1] / "data" / "messages"
# Those of GSM-7 that are ASCII and count as one.
GSM_7 = set(
    "@$_ !\"#%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
)
ROWS = ("Metric:", "Alert:", "Rule:", "Was:", "Now:", "Change:", "As of:", "Notice:")


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


def check_limits(kind, render):
    email, sms = render("email"), render("sms")
    assert email.subject.isascii()
    assert email.subject.isprintable()
    assert len(email.subject) <= SUBJECT_LIMIT
    assert len(sms.body) <= SMS_LIMIT
    assert set(sms.body) <= GSM_7, set(sms.body) - GSM_7
    if number_of(kind):
        for line in (email.subject, sms.body, email.body):
            assert number_of(kind) in line
    if kind != "channel-test":
        identity = re.findall(r"^Notice: +(#\w{6})$", email.body, re.MULTILINE)
        assert len(identity) == 1
        assert email.subject.endswith(identity[0])
        assert sms.body.endswith(identity[0])
    lines = email.body.split("\n")
    assert all(len(line) <= COLUMNS for line in lines)
    assert all(line.isprintable() for line in lines)
    # The first paragraph is a sentence that the metric's name may begin.
    below = lines[lines.index("") :]
    assert all(sum(line.startswith(row) for line in below) <= 1 for row in ROWS)


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
    "",
]


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
def test_no_name_can_add_a_line_or_push_out_the_number(name):
    for kind, render in named(name).items():
        check_limits(kind, render)


@given(st.text(max_size=500))
def test_no_name_whatever_can_break_a_message(name):
    for kind, render in named(name).items():
        check_limits(kind, render)


@given(
    st.decimals(-(10**24), 10**24, places=2),
    st.decimals(-(10**24), 10**24, places=2),
    st.text(max_size=60),
)
def test_numbers_of_any_size_are_shown_in_full(value, previous, name):
    shown = facts(str(value), str(previous), metric=a_metric(name=name))
    number = f"{abs(value):,f}"
    for channel in ("email", "sms"):
        message = alert_message(shown, channel)
        assert number in (message.subject or message.body)
        assert number in message.body
        assert len(message.subject) <= SUBJECT_LIMIT
    assert len(alert_message(shown, "sms").body) <= SMS_LIMIT


def test_a_repeat_carries_the_same_id_and_another_decision_another():
    assert short_id("alt_1/1/1/fire") == short_id("alt_1/1/1/fire")
    assert short_id("alt_1/1/1/fire") != short_id("alt_1/1/2/fire")


def test_a_threshold_is_written_as_it_was_meant():
    for threshold, text in (("10000", "$10,000"), ("0.005", "$0.005"), ("99.5", "$99.50")):
        shown = facts("1", "200000", alert=an_alert(rule=a_rule("below", threshold)))
        assert f"[Firing] MRR below {text}: now" in alert_message(shown, "email").subject


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
        ({"type": "customer_count", "customer_type": "new"}, "up"),
        ({"type": "customer_count", "customer_type": "churned"}, "down"),
        ({"type": "subscription_count", "status": "active"}, "up"),
        ({"type": "subscription_count", "status": "past_due"}, "down"),
        ({"type": "subscription_count", "status": "canceled"}, "down"),
        ({"type": "subscription_count", "status": "trialing"}, None),
        ({"type": "subscription_count", "status": "all"}, None),
        ({"type": "revenue", "revenue_metric": "net"}, "up"),
        ({"type": "revenue", "revenue_metric": "refunds"}, "down"),
        ({"type": "revenue", "revenue_metric": "fees"}, "down"),
        ({"type": "arpu"}, "up"),
        ({"type": "churn", "churn_metric": "churned_mrr"}, "down"),
        ({"type": "nrr"}, "up"),
    ],
    ids=str,
)
def test_it_is_known_of_each_number_whether_its_rise_is_good_news(query, good):
    assert good_direction(query_from_dict(query)) == good
