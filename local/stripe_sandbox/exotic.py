"""A small share of rare shapes, so that every seeded business shows what Stripe can send."""

from local.stripe_sandbox.assortment import Assortment
from local.stripe_sandbox.business import Business, Item
from local.stripe_sandbox.periods import DAY


def add_exotic_shapes(business: Business, sold: Assortment) -> None:
    """Add about two dozen subscriptions, each of a shape that is easily got wrong."""
    _add_schemes(business, sold)
    _add_discounts(business, sold)
    _add_statuses(business, sold)
    _add_taxes(business, sold)


def _add_schemes(business: Business, sold: Assortment) -> None:
    add, began = business.add_subscription, business.now - 200 * DAY
    starter = sold.ladder[0].monthly
    add([starter, sold.extras.api_calls], created=began)
    add(sold.extras.runs, quantity=1_000, created=began)
    add(Item(sold.extras.messages, 230), created=began)
    add(sold.extras.volume, quantity=25, created=began)
    add(sold.extras.day_pass, created=business.now - 20 * DAY)
    add(sold.extras.week_pass, quantity=3, created=business.now - 70 * DAY)
    add(sold.quarterly, created=began)
    add(sold.free, created=began)
    add(
        [sold.ladder[1].monthly, sold.ladder[2].yearly],
        created=began,
        billing_mode="flexible",
        quantity=1,
    )
    product = business.add_product("Regional boards", created=began)
    boards = [
        business.add_price(
            500 + 100 * number, product=product, created=began, nickname=f"Board {number}"
        )
        for number in range(1, 13)
    ]
    add(boards, created=began)
    inline = business.add_price(7_700, product=product, created=began, inline=True)
    add(inline, created=began)


def _add_discounts(business: Business, sold: Assortment) -> None:
    add, began = business.add_subscription, business.now - 60 * DAY
    coupons = sold.coupons
    team = sold.ladder[1].monthly
    add(
        [
            Item(team, 4, discounts=[coupons.charity]),
            Item(sold.support, discounts=[coupons.support]),
        ],
        created=began,
    )
    add(team, quantity=6, created=began, discounts=[coupons.launch, coupons.spring])
    add(team, quantity=5, created=began - 500 * DAY, discounts=[coupons.founders])
    add(sold.ladder[2].monthly, created=business.now - 3 * DAY, discounts=[coupons.welcome])
    partner = business.add_customer(created=began, discount=coupons.charity)
    add(sold.ladder[2].monthly, created=began, customer=partner)
    add(sold.ladder[0].monthly, created=began, customer=partner, discounts=[coupons.spring])


def _add_statuses(business: Business, sold: Assortment) -> None:
    add, now = business.add_subscription, business.now
    team = sold.ladder[1].monthly
    add(team, quantity=3, status="incomplete", created=now - 3_600)
    add(team, quantity=3, status="incomplete_expired", created=now - 40 * DAY)
    add(team, quantity=2, status="unpaid", created=now - 120 * DAY)
    add(team, quantity=2, status="past_due", created=now - 95 * DAY)
    add(team, quantity=4, status="paused", created=now - 20 * DAY, trial_end=now - 6 * DAY)
    add(
        team,
        quantity=9,
        created=now - 80 * DAY,
        pause_collection={"behavior": "keep_as_draft", "resumes_at": None},
    )
    add(team, quantity=2, status="trialing", created=now - 2 * DAY, cancel_at_period_end=True)
    add(team, quantity=7, created=now - 10 * DAY, start_date=now - 300 * DAY)


def _add_taxes(business: Business, sold: Assortment) -> None:
    add, began = business.add_subscription, business.now - 150 * DAY
    add(sold.ladder[2].monthly, created=began, default_tax_rates=[sold.tax_included])
    add(Item(sold.ladder[0].monthly, tax_rates=[sold.tax_on_top]), created=began)
    add(
        sold.ladder[2].yearly,
        created=began,
        collection_method="send_invoice",
        days_until_due=30,
    )
