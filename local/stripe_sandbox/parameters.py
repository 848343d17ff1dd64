"""Query strings as Stripe reads them: nested names, lists in both notations, strict types."""

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from local.stripe_sandbox.errors import StripeError, invalid, unknown_parameters

_NAME = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])*)$")
_PART = re.compile(r"\[([^\[\]]*)\]")
_BOUNDS = ("gt", "gte", "lt", "lte")


class Range(NamedTuple):
    """Inclusive bounds of an instant; None is open."""

    since: int | None = None
    until: int | None = None

    def holds(self, instant: int) -> bool:
        """Tell whether the instant lies within."""
        return (self.since is None or instant >= self.since) and (
            self.until is None or instant <= self.until
        )


class Parameters:
    """The parameters of one request, by name; what nobody takes is unknown.

    Args:
        pairs: names and values in the order of the query string.
    """

    def __init__(self, pairs: Iterable[tuple[str, str]]) -> None:
        # The part is None for `name=`, empty for `name[]=`, and the key for `name[key]=`.
        self._values: dict[str, list[tuple[str | None, str]]] = {}
        for name, value in pairs:
            match = _NAME.match(name)
            base, parts = (match[1], _PART.findall(match[2])) if match else (name, [])
            part = ".".join(parts) if parts else None
            self._values.setdefault(base, []).append((part, value))

    def check_known(self, known: Iterable[str]) -> None:
        """Refuse parameters that the endpoint does not take."""
        unknown = [name for name in self._values if name not in set(known)]
        if unknown:
            raise unknown_parameters(unknown)

    def __contains__(self, name: str) -> bool:
        return name in self._values

    def key(self, names: Iterable[str]) -> str:
        """Return what tells two requests apart by these parameters, those of paging left out."""
        return repr([(name, self._values.get(name)) for name in names if name != "created"])

    def text(self, name: str) -> str | None:
        """Return a plain value."""
        pairs = self._values.get(name)
        if pairs is None:
            return None
        part, value = pairs[-1]
        if part is not None:
            raise invalid(name, f"Invalid string: {{{part!r}: {value!r}}}")
        if not value:
            raise _empty(name)
        return value

    def required_text(self, name: str) -> str:
        """Return a plain value that must be there."""
        value = self.text(name)
        if value is None:
            raise invalid(name, f"Missing required param: {name}.", "parameter_missing")
        return value

    def integer(self, name: str) -> int | None:
        """Return a whole number."""
        value = self.text(name)
        return None if value is None else _integer(name, value)

    def boolean(self, name: str) -> bool | None:
        """Return true or false."""
        value = self.text(name)
        return None if value is None else _boolean(name, value)

    def choice(self, name: str, choices: Iterable[str]) -> str | None:
        """Return one of *choices*."""
        value = self.text(name)
        if value is not None and value not in choices:
            raise invalid(name, f"Invalid {name}: must be one of {', '.join(choices)}")
        return value

    def many(self, name: str) -> list[str] | None:
        """Return a list given as `name[]=` or `name[0]=`."""
        pairs = self._values.get(name)
        if pairs is None:
            return None
        if any(part is None or not (part == "" or part.isdigit()) for part, _ in pairs):
            raise invalid(name, "Invalid array")
        return [value for _, value in pairs]

    def hash(self, name: str, known: Iterable[str]) -> Mapping[str, str]:
        """Return a hash given as `name[key]=`."""
        values: dict[str, str] = {}
        for part, value in self._values.get(name, []):
            if not part:
                raise invalid(name, "Invalid object")
            if part not in known:
                raise unknown_parameters([f"{name}[{part}]"])
            values[part] = value
        return values

    def range(self, name: str) -> Range:
        """Return the range of an instant, given as `name=` or by `gt`, `gte`, `lt` and `lte`."""
        pairs = self._values.get(name, [])
        if any(part is None for part, _ in pairs):
            exact = self.integer(name)
            return Range(exact, exact)
        return _to_range(
            {
                key: _integer(f"{name}[{key}]", value)
                for key, value in self.hash(name, _BOUNDS).items()
            }
        )


def _to_range(bounds: Mapping[str, int]) -> Range:
    lows = [bounds[key] + shift for key, shift in (("gte", 0), ("gt", 1)) if key in bounds]
    highs = [bounds[key] - shift for key, shift in (("lte", 0), ("lt", 1)) if key in bounds]
    return Range(max(lows, default=None), min(highs, default=None))


def _integer(name: str, value: str) -> int:
    if not re.fullmatch(r"-?\d+", value):
        raise invalid(name, f"Invalid integer: {value}", "parameter_invalid_integer")
    return int(value)


def _boolean(name: str, value: str) -> bool:
    if value not in {"true", "false"}:
        raise invalid(name, f"Invalid boolean: {value}")
    return value == "true"


def _empty(name: str) -> StripeError:
    return invalid(
        name,
        f"You passed an empty string for '{name}'. We assume empty values are an attempt to unset "
        f"a parameter; however '{name}' cannot be unset. You should remove '{name}' from your "
        "request or supply a non-empty value.",
        "parameter_invalid_empty",
    )
