"""Reading the settings that people write: every refusal names the field and says what is accepted.

Definitions and metric queries are both read with these few functions, so that the same mistake
gets the same sentence everywhere.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal


class InvalidSettingError(ValueError):
    """A setting is unknown or has a value that is not accepted.

    Attributes:
        pointer: JSON pointer to the field, relative to the object that was read.

        detail: one sentence for the person who wrote the setting.
    """

    def __init__(self, pointer: str, detail: str) -> None:
        # Without the pointer, which may hold whatever was sent as a key.
        super().__init__(detail)
        self.pointer = pointer
        self.detail = detail


def pointer_to(key: str) -> str:
    """Return the JSON pointer (RFC 6901) of a key of the top-level object.

    >>> pointer_to("a/b")
    '/a~1b'
    """
    return "/" + key.replace("~", "~0").replace("/", "~1")


def list_words(words: Iterable[str]) -> str:
    """Join words the way a sentence lists choices; an empty list gives "nothing".

    >>> list_words(["all", "active", "new"])
    'all, active or new'
    """
    *head, last = [*words] or ["nothing"]
    return f"{', '.join(head)} or {last}" if head else last


def require_mapping(settings: object, what: str) -> Mapping[str, object]:
    """Return *settings* if it is an object with text keys, else refuse it."""
    if not isinstance(settings, Mapping):
        raise InvalidSettingError("", f"{what} must be an object.")
    return settings


def refuse_unknown_keys(settings: Mapping[str, object], known: Iterable[str], what: str) -> None:
    """Refuse the first key, in the order written, that *what* does not have."""
    accepted = tuple(known)
    for key in settings:
        if key not in accepted:
            raise InvalidSettingError(
                pointer_to(str(key)), f"{what} has no such setting. Use {list_words(accepted)}."
            )


def read_choice(
    settings: Mapping[str, object], key: str, choices: tuple[str, ...], default: str
) -> str:
    """Return the chosen word; an absent key gives *default*."""
    value = settings.get(key, default)
    if not isinstance(value, str) or value not in choices:
        raise InvalidSettingError(pointer_to(key), f"Must be {list_words(choices)}.")
    return value


def read_flag(settings: Mapping[str, object], key: str, *, default: bool) -> bool:
    """Return true or false; an absent key gives *default*."""
    value = settings.get(key, default)
    if not isinstance(value, bool):
        raise InvalidSettingError(pointer_to(key), "Must be true or false.")
    return value


MOST_DIGITS = 28


def read_number(
    settings: Mapping[str, object],
    key: str,
    *,
    low: Decimal,
    high: Decimal,
    default: Decimal | None = None,
) -> Decimal:
    """Return a number between *low* and *high*, both accepted, exactly as it was written.

    Raises:
        InvalidSettingError: it is no number, lies outside, or is absent and there is no default.
    """
    if key not in settings and default is not None:
        return default
    value = settings.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise InvalidSettingError(pointer_to(key), "Must be a number.")
    # The text of a double is the shortest that means it: what was written, up to 15 digits.
    number = Decimal(str(value))
    if not number.is_finite() or not low <= number <= high:
        detail = f"Must be a number from {low:,f} to {high:,f}."
        raise InvalidSettingError(pointer_to(key), detail)
    _, digits, exponent = number.as_tuple()
    if len(digits) > MOST_DIGITS or int(exponent) < -MOST_DIGITS:
        raise InvalidSettingError(pointer_to(key), f"Has more than {MOST_DIGITS} digits.")
    return number


def read_choices(
    settings: Mapping[str, object], key: str, choices: tuple[str, ...], default: tuple[str, ...]
) -> tuple[str, ...]:
    """Return the chosen words without repetition, in the order of *choices*."""
    value = settings.get(key, default)
    if not isinstance(value, list | tuple):
        raise InvalidSettingError(pointer_to(key), f"Must be a list of {list_words(choices)}.")
    for index, word in enumerate(value):
        if not isinstance(word, str) or word not in choices:
            raise InvalidSettingError(
                f"{pointer_to(key)}/{index}", f"Must be {list_words(choices)}."
            )
    return tuple(choice for choice in choices if choice in value)
