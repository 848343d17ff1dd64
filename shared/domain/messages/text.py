"""Text for e-mail and SMS: one line where one is meant, within the limits, whatever the names are.

AWS SNS takes subjects of up to 99 ASCII characters without line breaks. 160 characters of the GSM-7
alphabet are one part of an SMS; a single other character makes it 70.
"""

import hashlib
import textwrap
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from shared.domain.money import SYMBOLS

SUBJECT_LIMIT = 99
SMS_LIMIT = 160
COLUMNS = 72
_NAME_IN_PROSE = 50
# A template is taken if every name can be told by so much of it.
_TELLING = 10
_CUT = ".."
_CODES = {
    symbol: f"{currency.upper()} " for currency, symbol in SYMBOLS.items() if not symbol.isascii()
}
# Letters and marks of which normalization leaves nothing in ASCII.
_FOLDED = str.maketrans(
    {"ß": "ss", "æ": "ae", "Æ": "Ae", "œ": "oe", "Œ": "Oe", "ø": "o", "Ø": "O", "ł": "l", "Ł": "L"}
    | {
        "đ": "d",
        "Đ": "D",
        "ð": "d",
        "Ð": "D",
        "þ": "th",
        "Þ": "Th",
        "\N{LATIN SMALL LETTER DOTLESS I}": "i",
    }
    | dict.fromkeys("\N{LEFT SINGLE QUOTATION MARK}\N{RIGHT SINGLE QUOTATION MARK}", "'")
    | dict.fromkeys("\N{LEFT DOUBLE QUOTATION MARK}\N{RIGHT DOUBLE QUOTATION MARK}", '"')
    | dict.fromkeys("\N{EN DASH}\N{EM DASH}\N{MINUS SIGN}\N{MIDDLE DOT}\N{BULLET}", "-")
)
# In ASCII, but not in GSM-7, or worth two characters there.
_GSM_7 = str.maketrans(
    {"`": "'", "[": "(", "]": ")", "{": "(", "}": ")", "\\": "/", "|": "/", "^": "-", "~": "-"}
)
_HARD_SPACE = "\N{NO-BREAK SPACE}"
_DAYS_FROM = timedelta(hours=48)


def short_id(key: str) -> str:
    """Give the short form of a decision's key that stands in each message."""
    return hashlib.sha256(key.encode()).hexdigest()[:6].upper()


def moment(at: datetime | None) -> str:
    """Write an instant, which is in UTC, to the minute; None is "never"."""
    return "never" if at is None else f"{at:%Y-%m-%d %H:%M} UTC"


def length(span: timedelta) -> str:
    """Say how long something took at least, for spans of hours and days.

    >>> length(timedelta(hours=2, minutes=15)), length(timedelta(days=2, minutes=15))
    ('2 hours', '2 days')
    """
    unit, name = (timedelta(hours=1), "hour") if span < _DAYS_FROM else (timedelta(days=1), "day")
    count = span // unit
    return f"{count} {name}" if count == 1 else f"{count} {name}s"


def one_line(text: str) -> str:
    """Write text on one line, without control characters or such that turn the direction."""
    shown = "".join(c if unicodedata.category(c)[0] != "C" else " " for c in text)
    return " ".join(shown.split())


def ascii_line(text: str) -> str:
    """Write text on one line of ASCII; signs of currencies become their codes.

    >>> ascii_line("Café Łódź: €9.50")
    'Cafe Lodz: EUR 9.50'
    """
    for sign, code in _CODES.items():
        text = text.replace(sign, code)
    folded = unicodedata.normalize("NFKD", one_line(text).translate(_FOLDED))
    return " ".join(folded.encode("ascii", "ignore").decode().split())


def in_prose(name: str) -> str:
    """Write a name as part of a sentence: not too long, and never broken over two lines."""
    line = one_line(name) or "-"
    if len(line) > _NAME_IN_PROSE:
        line = f"{line[: _NAME_IN_PROSE - 1].rstrip()}…"
    return line.replace(" ", _HARD_SPACE)


def fit_subject(templates: Sequence[str], names: Mapping[str, str]) -> str:
    """Write a subject from the first template that leaves room enough for the names.

    Args:
        templates: the best first; `{metric}` stands for a name, and there are no other braces.
        names: by what they name; they give way to all that is in the template. Where nothing of a
            name can be written in ASCII, the word for what it names stands there.
    """
    return _fit(templates, {kind: ascii_line(name) for kind, name in names.items()}, SUBJECT_LIMIT)


def fit_sms(templates: Sequence[str], names: Mapping[str, str]) -> str:
    """Write one part of an SMS; see `fit_subject`."""
    plain = {kind: ascii_line(name).translate(_GSM_7) for kind, name in names.items()}
    return _fit(templates, plain, SMS_LIMIT)


def _fit(templates: Sequence[str], names: Mapping[str, str], limit: int) -> str:
    plain = [ascii_line(template) for template in templates]
    shown = {kind: name or kind for kind, name in names.items()}
    for template in plain:
        used = {kind: name for kind, name in shown.items() if f"{{{kind}}}" in template}
        room = limit - len(template.format_map(dict.fromkeys(used, "")))
        if room >= sum(min(len(name), _TELLING) for name in used.values()) or template is plain[-1]:
            return ascii_line(template.format_map(_shorten(used, room)))
    raise ValueError("no template")  # pragma: no cover - the last one is always taken


def _shorten(names: Mapping[str, str], room: int) -> dict[str, str]:
    """Cut the longest names until all fit into *room* characters."""
    lengths = {kind: len(name) for kind, name in names.items()}
    while sum(lengths.values()) > room:
        longest = max(lengths, key=lengths.__getitem__)
        lengths[longest] -= 1
    return {kind: _cut(name, lengths[kind]) for kind, name in names.items()}


def _cut(name: str, size: int) -> str:
    """Cut a name so that it is seen."""
    if len(name) <= size:
        return name
    return f"{name[: max(size - len(_CUT), 0)].rstrip()}{_CUT}"[:size]


def paragraph(text: str) -> str:
    """Wrap a paragraph of an e-mail."""
    wrapped = textwrap.fill(text, COLUMNS, break_on_hyphens=False)
    return wrapped.replace(_HARD_SPACE, " ")


def block(rows: Sequence[tuple[str, str]]) -> str:
    """Write rows of a label and a text; what is too long goes on under the text.

    No line begins with what a name says.
    """
    indent = max(len(label) for label, _ in rows) + len(": ")
    return "\n".join(
        textwrap.fill(
            one_line(text) or "-",
            COLUMNS,
            initial_indent=f"{label + ':':<{indent}}",
            subsequent_indent=" " * indent,
            break_on_hyphens=False,
        )
        for label, text in rows
    )
