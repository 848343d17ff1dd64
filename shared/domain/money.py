"""Exact amounts of money: Stripe's integers, their meaning, rounding, and how people read them.

Nothing here is a float. Amounts inside the domain are Fractions of Stripe's smallest unit ("minor
units"); what leaves the domain is a Decimal in major units, rounded at the very end.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from decimal import Decimal
from fractions import Fraction
from math import floor, lcm
from typing import Literal

# Stripe documentation, "Supported currencies", zero-decimal and three-decimal currencies. Stripe
# differs from ISO 4217 here (MGA, for one), and the API is what we read.
ZERO_DECIMAL = frozenset(
    "bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf".split()  # noqa: SIM905
)
THREE_DECIMAL = frozenset({"bhd", "jod", "kwd", "omr", "tnd"})
# The same page, "Special cases": ISK and UGX have no decimals any more, yet the API still writes
# 5 krónur as 500. HUF and TWD are whole for payouts only; their prices have two decimals.
WHOLE_BUT_WRITTEN_WITH_TWO = frozenset({"isk", "ugx"})

# The same page's list of currencies that money can be charged in.
CURRENCIES = frozenset(
    """
    usd aed afn all amd ang aoa ars aud awg azn bam bbd bdt bgn bhd bif bmd bnd bob brl bsd bwp byn
    bzd cad cdf chf clp cny cop crc cve czk djf dkk dop dzd egp etb eur fjd fkp gbp gel gip gmd gnf
    gtq gyd hkd hnl hrk htg huf idr ils inr isk jmd jod jpy kes kgs khr kmf krw kwd kyd kzt lak lbp
    lkr lrd lsl mad mdl mga mkd mmk mnt mop mur mvr mwk mxn myr mzn nad ngn nio nok npr nzd omr pab
    pen pgk php pkr pln pyg qar ron rsd rub rwf sar sbd scr sek sgd shp sle sll sos srd std stn szl
    thb tjs tnd top try ttd twd tzs uah ugx uyu uzs vnd vuv wst xaf xcd xcg xof xpf yer zar zmw
    """.split()  # noqa: SIM905 - a table to be read, not 140 lines
)

Amount = Fraction | int
Unit = Literal["currency", "percent", "count"]

# In bits; sums of longer integers take longer than those of Fractions.
_LONGEST_SCALE = 1024

# Only symbols that no reader can take for another currency's; every other currency shows its code.
SYMBOLS = {
    "usd": "$",
    "eur": "€",
    "gbp": "£",
    "jpy": "¥",
    "inr": "₹",
    "krw": "₩",
    "ils": "₪",
    "vnd": "₫",
    "ngn": "₦",
    "php": "₱",
    "uah": "₴",
    "aud": "A$",
    "cad": "CA$",
    "nzd": "NZ$",
    "hkd": "HK$",
    "mxn": "MX$",
    "brl": "R$",
}


def api_digits(currency: str) -> int:
    """Return how many decimals Stripe's integers of *currency* carry.

    >>> [api_digits(code) for code in ("usd", "jpy", "kwd", "isk", "huf")]
    [2, 0, 3, 2, 2]
    """
    code = currency.lower()
    if code in ZERO_DECIMAL:
        return 0
    return 3 if code in THREE_DECIMAL else 2


def display_digits(currency: str) -> int:
    """Return how many decimals an amount of *currency* is rounded to and shown with.

    >>> [display_digits(code) for code in ("usd", "jpy", "kwd", "isk", "huf")]
    [2, 0, 3, 0, 2]
    """
    return 0 if currency.lower() in WHOLE_BUT_WRITTEN_WITH_TWO else api_digits(currency)


def to_major(minor: Amount, currency: str) -> Fraction:
    """Return an exact amount in minor units (Stripe's) as an exact amount in major units.

    >>> to_major(1250, "usd")
    Fraction(25, 2)
    """
    return Fraction(minor, 10 ** api_digits(currency))


def exact_sum(amounts: Iterable[Amount]) -> Fraction:
    """Return the exact sum; what has the same denominator is added up as integers.

    >>> exact_sum([Fraction(1, 3), 2, Fraction(2, 3)])
    Fraction(3, 1)
    """
    sums: defaultdict[int, int] = defaultdict(int)
    for amount in amounts:
        sums[amount.denominator] += amount.numerator
    return sum((Fraction(it, denominator) for denominator, it in sums.items()), Fraction(0))


def round_half_up(value: Amount, digits: int) -> Decimal:
    """Round an exact value to *digits* decimals, halves away from zero, without losing any digit.

    >>> round_half_up(Fraction(130, 3), 2), round_half_up(Fraction(-1, 2), 0)
    (Decimal('43.33'), Decimal('-1'))
    """
    scaled = Fraction(value) * 10**digits
    units = floor(abs(scaled) + Fraction(1, 2))
    return _decimal_of_units(-units if scaled < 0 else units, digits)


def round_money(major: Amount, currency: str) -> Decimal:
    """Round an exact amount in major units half-up to the smallest unit of *currency*.

    >>> round_money(Fraction(2500, 3), "jpy")
    Decimal('833')
    """
    return round_half_up(major, display_digits(currency))


def round_shares(shares: Sequence[Amount], digits: int) -> list[Decimal]:
    """Round exact shares so that they add up exactly to their rounded whole.

    Largest remainder: every share is rounded down, and the units still missing from the whole
    (rounded half-up) go to the shares that lost most, earlier shares first where they lost the
    same. The order is kept. No shares give an empty list.

    >>> [str(share) for share in round_shares([Fraction(10, 3)] * 3, 2)]
    ['3.34', '3.33', '3.33']
    """
    return round_units([Fraction(share) * 10**digits for share in shares], digits)


def round_units(shares: Sequence[Amount], digits: int) -> list[Decimal]:
    """Do the same as `round_shares` for shares in units of the last digit; integers are fast.

    >>> [str(share) for share in round_units([150, Fraction(1, 2), Fraction(1, 2)], 2)]
    ['1.50', '0.01', '0.00']
    """
    whole, scale = to_whole(shares)
    units = [int(it // scale) for it in whole]
    missing = int(round_half_up(Fraction(sum(whole)) / scale, 0)) - sum(units)
    if missing:
        by_loss = sorted(range(len(whole)), key=lambda i: units[i] * scale - whole[i])
        for index in by_loss[:missing]:
            units[index] += 1
    return [_decimal_of_units(unit, digits) for unit in units]


def to_whole(amounts: Iterable[Amount]) -> tuple[list[Amount], int]:
    """Return exact amounts as integers, and by how much they were multiplied for that.

    By 1, and they stay as they are, where integers would be so long that they take longer.

    >>> to_whole([Fraction(1, 2), Fraction(2, 3)])
    ([3, 4], 6)
    """
    exact = list(amounts)
    scale = lcm(*{it.denominator for it in exact})
    if scale.bit_length() > _LONGEST_SCALE:
        return exact, 1
    return [it.numerator * (scale // it.denominator) for it in exact], scale


def format_money(amount: Decimal, currency: str) -> str:
    """Return an amount in major units with its symbol or ISO code, exact to the minor unit.

    >>> format_money(Decimal(1200), "usd"), format_money(Decimal("-30"), "eur")
    ('$1,200.00', '-€30.00')
    >>> format_money(Decimal(1000), "jpy"), format_money(Decimal(10), "kwd")
    ('¥1,000', '10.000 KWD')
    """
    rounded = round_half_up(Fraction(amount), display_digits(currency))
    sign = "-" if rounded < 0 else ""
    return _with_currency(sign, f"{rounded.copy_abs():,f}", currency)


def format_percent(percent: Decimal) -> str:
    """Return a rate in percent with at most two decimals.

    >>> format_percent(Decimal("5.25")), format_percent(Decimal("160.00"))
    ('5.25%', '160%')
    """
    digits = f"{round_half_up(Fraction(percent), 2):,f}"
    return f"{digits.rstrip('0').rstrip('.')}%"


def format_count(count: Decimal | int) -> str:
    """Return a count with thousands separated.

    >>> format_count(12500)
    '12,500'
    """
    return f"{int(count):,d}"


def format_value(value: Decimal | None, unit: Unit, currency: str | None) -> str:
    """Return a metric's value as text; a value that does not exist is "no value".

    Args:
        value: in major units for money, in percent for rates.

        unit: what the value counts.

        currency: ISO code of a money value; not used for the other units.

    >>> format_value(Decimal("81.00"), "currency", "usd"), format_value(None, "percent", None)
    ('$81.00', 'no value')
    """
    if value is None:
        return "no value"
    if unit == "currency":
        return format_money(value, currency or "")
    return format_percent(value) if unit == "percent" else format_count(value)


def format_exactly(value: Decimal, unit: Unit, currency: str | None) -> str:
    """Return what a person wrote, such as a threshold: every digit of it and no needless zero.

    >>> format_exactly(Decimal("10000"), "currency", "usd")
    '$10,000'
    >>> format_exactly(Decimal("-0.5"), "currency", "eur")
    '-€0.50'
    >>> format_exactly(Decimal("5.20"), "percent", None)
    '5.2%'
    """
    whole, _, decimals = f"{value.copy_abs():,f}".partition(".")
    decimals = decimals.rstrip("0")
    if decimals and unit == "currency":
        decimals = decimals.ljust(display_digits(currency or ""), "0")
    digits = f"{whole}.{decimals}" if decimals else whole
    sign = "-" if value < 0 else ""
    if unit != "currency":
        return f"{sign}{digits}%" if unit == "percent" else f"{sign}{digits}"
    return _with_currency(sign, digits, currency or "")


def _with_currency(sign: str, digits: str, currency: str) -> str:
    symbol = SYMBOLS.get(currency.lower())
    return f"{sign}{symbol}{digits}" if symbol else f"{sign}{digits} {currency.upper()}"


def _decimal_of_units(units: int, digits: int) -> Decimal:
    # The constructor is exact; arithmetic such as scaleb would round to the context's precision.
    return Decimal(f"{units}E-{digits}") if digits else Decimal(units)
