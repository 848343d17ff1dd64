"""Text for e-mail and SMS: one line where one is meant, within the limits, whatever the names are.

AWS SNS takes subjects of up to 99 ASCII characters without line breaks. 160 characters of the GSM-7
alphabet are one part of an SMS; a single other character makes it 70.
"""

import hashlib
import textwrap
import unicodedata
from collections.abc import Iterable, Sequence

from shared.domain.money import SYMBOLS

SUBJECT_LIMIT = 99
SMS_LIMIT = 160
COLUMNS = 72
_LABEL_COLUMNS = 13
_NAME_IN_PROSE = 50
# A template is taken if every name can be told by so much of it.
_TELLING = 10
_CODES = {
    symbol: f"{currency.upper()} " for currency, symbol in SYMBOLS.items() if not symbol.isascii()
}
# In ASCII, but not in GSM-7, or worth two characters there.
_GSM_7 = str.maketrans(
    {"`": "'", "[": "(", "]": ")", "{": "(", "}": ")", "\\": "/", "|": "/", "^": "-", "~": "-"}
)
_HARD_SPACE = "\N{NO-BREAK SPACE}"


def short_id(key: str) -> str:
    """Give the short form of a decision's key that stands in each message."""
    return hashlib.sha256(key.encode()).hexdigest()[:6].upper()


def one_line(text: str) -> str:
    """Write text on one line, without control characters or such that turn the direction."""
    shown = "".join(c if unicodedata.category(c)[0] != "C" else " " for c in text)
    return " ".join(shown.split())


def ascii_line(text: str) -> str:
    """Write text on one line of ASCII; signs of currencies become their codes.

    >>> ascii_line("Café: €9.50")
    'Cafe: EUR 9.50'
    """
    for sign, code in _CODES.items():
        text = text.replace(sign, code)
    folded = unicodedata.normalize("NFKD", one_line(text))
    return " ".join(folded.encode("ascii", "ignore").decode().split())


def in_prose(name: str) -> str:
    """Write a name as part of a sentence: not too long, and never broken over two lines."""
    line = one_line(name)
    if len(line) > _NAME_IN_PROSE:
        line = f"{line[: _NAME_IN_PROSE - 1]}…"
    return line.replace(" ", _HARD_SPACE)


def fit_subject(templates: Sequence[str], names: Sequence[str]) -> str:
    """Write a subject from the first template that leaves room enough for the names.

    Args:
        templates: the best first; `{0}`, `{1}` stand for the names, and there are no other braces.
        names: give way to all that is in the template.
    """
    return _fit(templates, [ascii_line(name) for name in names], SUBJECT_LIMIT)


def fit_sms(templates: Sequence[str], names: Sequence[str]) -> str:
    """Write one part of an SMS; see `fit_subject`."""
    return _fit(templates, [ascii_line(name).translate(_GSM_7) for name in names], SMS_LIMIT)


def _fit(templates: Sequence[str], names: Sequence[str], limit: int) -> str:
    plain = [ascii_line(template) for template in templates]
    shortest = [min(len(name), _TELLING) for name in names]
    for template in plain:
        room = limit - len(template.format(*("" for _ in names)))
        if room >= sum(shortest) or template is plain[-1]:
            return ascii_line(template.format(*_shorten(names, max(room, 0))))
    raise ValueError("no template")  # pragma: no cover - the last one is always taken


def _shorten(names: Sequence[str], room: int) -> list[str]:
    """Cut the longest names until all fit into *room* characters."""
    lengths = [len(name) for name in names]
    while sum(lengths) > room:
        lengths[lengths.index(max(lengths))] -= 1
    return [name[:length] for name, length in zip(names, lengths, strict=True)]


def paragraph(text: str) -> str:
    """Wrap a paragraph of an e-mail."""
    wrapped = textwrap.fill(text, COLUMNS, break_on_hyphens=False)
    return wrapped.replace(_HARD_SPACE, " ")


def block(rows: Iterable[tuple[str, str]]) -> str:
    """Write rows of a label and a text; what is too long goes on under the text.

    No line begins with what a name says.
    """
    return "\n".join(
        textwrap.fill(
            one_line(text) or "-",
            COLUMNS,
            initial_indent=f"{label + ':':<{_LABEL_COLUMNS}}",
            subsequent_indent=" " * _LABEL_COLUMNS,
            break_on_hyphens=False,
        )
        for label, text in rows
    )
