"""What the seeded business sells: the products, prices and coupons of a small software company."""

from dataclasses import dataclass

from local.stripe_sandbox.business import Business
from local.stripe_sandbox.records import Coupon, Price, Product, TaxRate, Tier


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan as customers see it, cheapest first in the ladder of plans."""

    monthly: Price
    yearly: Price
    weight: int
    seats: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Extras:
    """Prices of every other scheme, of which a few customers have one."""

    api_calls: Price
    messages: Price
    runs: Price
    day_pass: Price
    week_pass: Price
    volume: Price
    onboarding: Price


@dataclass(frozen=True, slots=True)
class Coupons:
    """Coupons of every duration; `founders` is deleted one day, and goes on working."""

    welcome: Coupon
    spring: Coupon
    loyal: Coupon
    charity: Coupon
    support: Coupon
    launch: Coupon
    founders: Coupon

    @property
    def usual(self) -> tuple[Coupon, ...]:
        """Those that new customers use at any time."""
        return self.welcome, self.spring, self.loyal, self.charity, self.support


@dataclass(frozen=True, slots=True)
class Assortment:
    """Everything on sale, and what no longer is."""

    ladder: tuple[Plan, ...]
    legacy: Price
    quarterly: Price
    support: Price
    free: Price
    extras: Extras
    coupons: Coupons
    tax_included: TaxRate
    tax_on_top: TaxRate


def add_assortment(business: Business) -> Assortment:
    """Add products, prices, coupons and tax rates as of the business's now."""
    at = business.now
    starter = business.add_product("Starter", created=at, description="For one person")
    team = business.add_product("Team", created=at, unit_label="seat")
    larger = business.add_product("Business", created=at, description="For whole departments")
    support = business.add_product("Priority support", created=at)
    plans = (
        Plan(
            business.add_price(2_900, product=starter, created=at, lookup_key="starter_monthly"),
            business.add_price(29_000, product=starter, created=at, interval="year"),
            weight=50,
        ),
        Plan(
            _team_price(business, team, "month", 1_500),
            _team_price(business, team, "year", 15_000),
            weight=34,
            seats=(2, 18),
        ),
        Plan(
            business.add_price(29_900, product=larger, created=at, lookup_key="business_monthly"),
            business.add_price(299_000, product=larger, created=at, interval="year"),
            weight=11,
        ),
        _enterprise(business),
    )
    return Assortment(
        ladder=plans,
        legacy=business.add_price(1_900, product=starter, created=at, nickname="Starter at launch"),
        quarterly=business.add_price(84_900, product=larger, created=at, interval_count=3),
        support=business.add_price(4_900, product=support, created=at),
        free=business.add_price(0, product=starter, created=at, nickname="Free"),
        extras=_add_extras(business),
        coupons=_add_coupons(business, support),
        tax_included=business.add_tax_rate(
            created=at, percentage=19.0, inclusive=True, country="DE"
        ),
        tax_on_top=business.add_tax_rate(created=at, percentage=20.0, country="GB"),
    )


def _team_price(business: Business, product: Product, interval: str, amount: int) -> Price:
    return business.add_price(
        amount,
        product=product,
        created=business.now,
        interval=interval,
        lookup_key=f"team_{interval}",
        currency_options={"eur": amount - amount // 15, "gbp": amount - amount // 5},
    )


def _enterprise(business: Business) -> Plan:
    product = business.add_product("Enterprise", created=business.now, unit_label="seat")
    prices = [
        business.add_price(
            product=product,
            created=business.now,
            interval=interval,
            tiers=(
                Tier(20, flat_amount=49_900 * factor),
                Tier(100, unit_amount=1_900 * factor),
                Tier(None, unit_amount=1_400 * factor),
            ),
        )
        for interval, factor in (("month", 1), ("year", 10))
    ]
    return Plan(prices[0], prices[1], weight=5, seats=(20, 140))


def _add_extras(business: Business) -> Extras:
    at = business.now
    names = ("API calls", "Messages", "Automation runs", "Workspace pass", "Viewers", "Onboarding")
    calls, messages, runs, passes, viewers, onboarding = (
        business.add_product(name, created=at) for name in names
    )
    return Extras(
        api_calls=business.add_price(
            "0.2", product=calls, created=at, meter="mtr_test_sandbox_api_calls"
        ),
        messages=business.add_price(
            400, product=messages, created=at, transform=(100, "up"), nickname="100 messages"
        ),
        runs=business.add_price("1.25", product=runs, created=at),
        day_pass=business.add_price(500, product=passes, created=at, interval="day"),
        week_pass=business.add_price(1_200, product=passes, created=at, interval="week"),
        volume=business.add_price(
            product=viewers,
            created=at,
            tiers=(Tier(10, 900), Tier(50, 700, flat_amount=1_000), Tier(None, 500)),
            tiers_mode="volume",
        ),
        onboarding=business.add_price(
            50_000, product=onboarding, created=at, interval=None, nickname="Onboarding day"
        ),
    )


def _add_coupons(business: Business, support: Product) -> Coupons:
    add, at = business.add_coupon, business.now
    return Coupons(
        welcome=add(id="WELCOME50", created=at, percent_off=50.0, duration="once"),
        spring=add(
            id="SPRING25",
            created=at,
            percent_off=25.0,
            duration="repeating",
            duration_in_months=3,
        ),
        loyal=add(
            id="LOYAL10",
            created=at,
            amount_off=1_000,
            duration="repeating",
            duration_in_months=12,
            currency_options={"eur": 900, "gbp": 800},
        ),
        charity=add(id="NONPROFIT", created=at, percent_off=30.0, name="Non-profits"),
        support=add(id="SUPPORTFREE", created=at, percent_off=100.0, applies_to=[support]),
        launch=add(id="LAUNCH20", created=at, percent_off=20.0),
        founders=add(id="FOUNDERS40", created=at, percent_off=40.0),
    )
