"""What a line of an invoice, or an item that waits for one, says of its price."""

from decimal import Decimal

from local.stripe_sandbox.amounts import price_amount
from local.stripe_sandbox.expansion import NOTHING, Expand
from local.stripe_sandbox.objects.view import View
from local.stripe_sandbox.records import Json


def render_pricing(view: View, price_id: str, quantity: int, currency: str, expand: Expand) -> Json:
    """Return the price, an id unless expanded, with what one unit costs."""
    price = view.state.prices[price_id]
    unit = price.unit_amount
    if currency != price.currency and currency in price.currency_options:
        unit = price.currency_options[currency].unit_amount
    if unit is None and quantity:
        # A tiered price has no unit; the line tells what one of them came to.
        cost = Decimal(price_amount(price, currency, quantity))
        unit = f"{(cost / quantity).quantize(Decimal('1e-12')).normalize():f}"
    within = expand.get("pricing", NOTHING).get("price_details", NOTHING)
    return {
        "price_details": {
            "price": view.reference(price, "price", within),
            "product": price.product,
        },
        "type": "price_details",
        "unit_amount_decimal": unit,
    }
