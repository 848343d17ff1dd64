"""From a subscription's currency to the reporting currency, or an honest "no rate" (B-12)."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from shared.domain.metrics.measurement import MetricWarning, Terms
from shared.domain.money import display_digits, round_money, to_major


@dataclass(frozen=True, slots=True)
class Converter:
    """Turns exact monthly minor units into exact major units of the reporting currency.

    Attributes:
        months: how many months the results cover: 12 gives what a year is worth.
    """

    terms: Terms
    months: int = 1

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
        for code, rate in self.terms.fx_rates.items():
            if code.lower() == currency:
                return rate
        return None

    def convert(self, minor: Fraction, currency: str) -> Fraction | None:
        """Return a monthly amount in the reporting currency, exact; None without a rate.

        Nothing is nothing in every currency: 0 needs no rate.
        """
        if not minor:
            return Fraction(0)
        rate = self.rate_of(currency)
        return None if rate is None else to_major(minor, currency) * rate * self.months

    def sum_rounded(self, amounts: Iterable[tuple[Fraction, str]]) -> Decimal | None:
        """Return the rounded sum of (minor units, currency); None if any of them has no rate."""
        total = Fraction(0)
        for minor, currency in amounts:
            converted = self.convert(minor, currency)
            if converted is None:
                return None
            total += converted
        return round_money(total, self.currency)


def warn_of_missing_rates(currencies: Iterable[str], reporting: str) -> MetricWarning:
    """Return the warning that a value is withheld, naming the currencies and the way out."""
    codes = sorted(currencies)
    names = ", ".join(code.upper() for code in codes)
    return MetricWarning(
        "currency_rate_missing",
        f"The value is withheld: there are amounts in {names} and no rate to {reporting.upper()}."
        f' Set fx_rates of the integration, such as {{"{codes[0]}": 1.10}}, where a rate is the'
        f" price of one unit in {reporting.upper()}.",
    )
