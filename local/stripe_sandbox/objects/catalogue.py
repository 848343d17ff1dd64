"""Products, prices of every scheme, and tax rates."""

from decimal import Decimal

from local.stripe_sandbox.expansion import NOTHING, Expand
from local.stripe_sandbox.objects.view import View, renders
from local.stripe_sandbox.records import (
    CurrencyOption,
    Json,
    Price,
    Product,
    TaxRate,
    Tier,
)


@renders(Product)
def render_product(view: View, product: Product, expand: Expand) -> Json:
    """Return the product object."""
    default_price = view.state.prices.get(product.default_price or "")
    return {
        "id": product.id,
        "object": "product",
        "active": product.active,
        "created": product.created,
        "default_price": view.reference(default_price, "default_price", expand),
        "description": product.description,
        "images": [],
        "livemode": view.livemode,
        "marketing_features": [],
        "metadata": product.metadata,
        "name": product.name,
        "package_dimensions": None,
        "shippable": None,
        "statement_descriptor": None,
        "tax_code": None,
        "type": "service",
        "unit_label": product.unit_label,
        "updated": product.created,
        "url": None,
    }


@renders(Price)
def render_price(view: View, price: Price, expand: Expand) -> Json:
    """Return the price object; tiers and currency options only where they are expanded."""
    product = view.state.products.get(price.product)
    body: Json = {
        "id": price.id,
        "object": "price",
        "active": price.active,
        "billing_scheme": "tiered" if price.tiers else "per_unit",
        "created": price.created,
        "currency": price.currency,
        "custom_unit_amount": None,
        "livemode": view.livemode,
        "lookup_key": price.lookup_key,
        "metadata": price.metadata,
        "nickname": price.nickname,
        "product": view.reference(product, "product", expand) or price.product,
        "recurring": _recurring(price),
        "tax_behavior": price.tax_behavior,
        "tiers_mode": price.tiers_mode,
        "transform_quantity": _transform(price),
        "type": "recurring" if price.interval else "one_time",
        **_amounts("unit_amount", None if price.tiers else price.unit_amount),
    }
    if "tiers" in expand and price.tiers:
        body["tiers"] = [_tier(tier) for tier in price.tiers]
    if "currency_options" in expand:
        body["currency_options"] = _currency_options(price, expand["currency_options"])
    return body


def render_plan(view: View, price: Price) -> Json:
    """Return the price as the older plan object that subscription items still carry."""
    amounts = _amounts("amount", None if price.tiers else price.unit_amount)
    return {
        "id": price.id,
        "object": "plan",
        "active": price.active,
        **amounts,
        "billing_scheme": "tiered" if price.tiers else "per_unit",
        "created": price.created,
        "currency": price.currency,
        "interval": price.interval or "month",
        "interval_count": price.interval_count,
        "livemode": view.livemode,
        "metadata": price.metadata,
        "meter": price.meter,
        "nickname": price.nickname,
        "product": price.product,
        "tiers_mode": price.tiers_mode,
        "transform_usage": _transform(price),
        "trial_period_days": None,
        "usage_type": "metered" if price.meter else "licensed",
    }


@renders(TaxRate)
def render_tax_rate(view: View, rate: TaxRate, _expand: Expand) -> Json:
    """Return the tax rate object."""
    return {
        "id": rate.id,
        "object": "tax_rate",
        "active": rate.active,
        "country": rate.country,
        "created": rate.created,
        "description": None,
        "display_name": rate.display_name,
        "effective_percentage": rate.percentage,
        "flat_amount": None,
        "inclusive": rate.inclusive,
        "jurisdiction": rate.country,
        "jurisdiction_level": "country" if rate.country else None,
        "livemode": view.livemode,
        "metadata": rate.metadata,
        "percentage": rate.percentage,
        "rate_type": "percentage",
        "state": None,
        "tax_type": "vat",
    }


def _amounts(field: str, amount: str | int | None) -> Json:
    """Return both forms of an amount: the whole number is None where the amount is a fraction."""
    if amount is None:
        return {field: None, f"{field}_decimal": None}
    exact = Decimal(amount)
    whole = int(exact) if exact == exact.to_integral_value() else None
    return {field: whole, f"{field}_decimal": format(exact, "f")}


def _tier(tier: Tier) -> Json:
    return {
        **_amounts("flat_amount", tier.flat_amount),
        **_amounts("unit_amount", tier.unit_amount),
        "up_to": tier.up_to,
    }


def _recurring(price: Price) -> Json | None:
    if price.interval is None:
        return None
    return {
        "interval": price.interval,
        "interval_count": price.interval_count,
        "meter": price.meter,
        "trial_period_days": None,
        "usage_type": "metered" if price.meter else "licensed",
    }


def _transform(price: Price) -> Json | None:
    if price.transform is None:
        return None
    divide_by, rounding = price.transform
    return {"divide_by": divide_by, "round": rounding}


def _currency_options(price: Price, expand: Expand) -> Json:
    own = CurrencyOption(price.unit_amount, price.tiers)
    options = {price.currency: own, **price.currency_options}
    return {
        currency: _currency_option(price, option, expand.get(currency, NOTHING))
        for currency, option in sorted(options.items())
    }


def _currency_option(price: Price, option: CurrencyOption, expand: Expand) -> Json:
    body: Json = {
        "custom_unit_amount": None,
        "tax_behavior": price.tax_behavior,
        **_amounts("unit_amount", None if option.tiers else option.unit_amount),
    }
    if "tiers" in expand and option.tiers:
        body["tiers"] = [_tier(tier) for tier in option.tiers]
    return body
