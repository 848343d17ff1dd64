"""From another currency to the reporting currency, or an honest "no rate"."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from shared.domain.account import Account
from shared.domain.metrics.measurement import MetricWarning, Terms
from shared.domain.money import (
    Amount,
    display_digits,
    exact_sum,
    round_money,
    round_units,
    to_major,
)
from shared.domain.rates import rates_at


def terms_at(terms: Terms, account: Account, at: datetime) -> Terms:
    """Return the terms with the rates that the account's own money told at an instant."""
    if not account.rates:
        return terms
    return replace(terms, implied=rates_at(account.rates, terms.currency.lower(), at))


@dataclass(frozen=True, slots=True)
class Converter:
    """Turns exact minor units into exact major units of the reporting currency.

    Attributes:
        months: how many months the results cover: 12 gives what a year is worth, of amounts that
            are monthly; 1 leaves every amount as it is.
    """

    terms: Terms
    months: int = 1
    _factors: dict[str, Fraction | None] = field(default_factory=dict, repr=False, compare=False)

    @property
    def currency(self) -> str:
        """The reporting currency, in lower case."""
        return self.terms.currency.lower()

    @property
    def digits(self) -> int:
        """How many decimals a value in the reporting currency has."""
        return display_digits(self.currency)

    def rate_of(self, currency: str) -> Fraction | None:
        """Return what one unit of *currency* is worth; None without a rate."""
        if currency == self.currency:
            return Fraction(1)
        return self.rates.get(currency)

    @property
    def rates(self) -> Mapping[str, Fraction]:
        """What one unit of each other currency is worth: as configured, else as implied."""
        implied = {code: it.rate for code, it in self.terms.implied.items()}
        return {**implied, **{code.lower(): it for code, it in self.terms.fx_rates.items()}}

    def source_of(self, currency: str) -> Literal["configured", "implied"] | None:
        """Return where the rate of another currency is from; None without a rate."""
        if currency == self.currency or currency not in self.rates:
            return None
        is_configured = currency in {code.lower() for code in self.terms.fx_rates}
        return "configured" if is_configured else "implied"

    def date_of(self, currency: str) -> datetime | None:
        """Return when money was exchanged at the rate of a currency; None of a configured one."""
        is_implied = self.source_of(currency) == "implied"
        return self.terms.implied[currency].at if is_implied else None

    def convert(self, minor: Amount, currency: str) -> Fraction | None:
        """Return an amount in the reporting currency, exact; None without a rate.

        Nothing is nothing in every currency: 0 needs no rate.
        """
        if not minor:
            return Fraction(0)
        if currency not in self._factors:
            rate = self.rate_of(currency)
            exact = None if rate is None else to_major(1, currency) * rate * self.months
            self._factors[currency] = exact
        factor = self._factors[currency]
        return None if factor is None else minor * factor

    def round_each(self, amounts: Sequence[tuple[Amount, str]]) -> list[Decimal]:
        """Return each of (minor units, currency) rounded so that they add up to their rounded sum.

        An amount without a rate is nothing. In the usual case, money of the reporting currency in
        whole minor units, all is integers, for there may be a million of them.
        """
        unit = 10**self.digits
        scales: dict[str, Amount] = {}
        for currency in {currency for _, currency in amounts}:
            scale = (self.convert(1, currency) or Fraction(0)) * unit
            scales[currency] = scale.numerator if scale.denominator == 1 else scale
        return round_units([minor * scales[currency] for minor, currency in amounts], self.digits)

    def sum_rounded(self, amounts: Iterable[tuple[Amount, str]]) -> Decimal | None:
        """Return the rounded sum of (minor units, currency); None if any of them has no rate."""
        sums = self.sum_by(("", minor, currency) for minor, currency in amounts)
        return None if sums is None else round_money(sums.get("", Fraction(0)), self.currency)

    def sum_by(self, amounts: Iterable[tuple[str, Amount, str]]) -> dict[str, Fraction] | None:
        """Return the exact sums of (key, minor units, currency) by key; None without a rate.

        Keys are in the order of their first appearance.
        """
        own: defaultdict[tuple[str, str], list[Amount]] = defaultdict(list)
        for key, minor, currency in amounts:
            own[key, currency].append(minor)
        sums: defaultdict[str, Fraction] = defaultdict(Fraction)
        for (key, currency), minors in own.items():
            converted = self.convert(exact_sum(minors), currency)
            if converted is None:
                return None
            sums[key] += converted
        return sums


def warn_of_missing_rates(currencies: Iterable[str], reporting: str) -> MetricWarning:
    """Return the warning that a value is withheld, naming the currencies and the way out."""
    codes = sorted(currencies)
    names = ", ".join(code.upper() for code in codes)
    return MetricWarning(
        "currency_rate_missing",
        f"The value is withheld: there are amounts in {names} and no rate to {reporting.upper()},"
        " for none is configured and none of the payments that were read tells one."
        f' Set fx_rates of the integration, such as {{"{codes[0]}": 1.10}}, where a rate is the'
        f" price of one unit in {reporting.upper()}.",
    )
