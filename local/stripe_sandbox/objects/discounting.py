"""Coupons and discounts."""

from local.stripe_sandbox.expansion import NOTHING, Expand
from local.stripe_sandbox.objects.view import View, renders
from local.stripe_sandbox.records import Coupon, Discount, Json


@renders(Coupon)
def render_coupon(view: View, coupon: Coupon, expand: Expand) -> Json:
    """Return the coupon object; a deleted one still shows through its discounts."""
    expired = coupon.redeem_by is not None and coupon.redeem_by <= view.state.now
    body: Json = {
        "id": coupon.id,
        "object": "coupon",
        "amount_off": coupon.amount_off,
        "created": coupon.created,
        "currency": coupon.currency,
        "duration": coupon.duration,
        "duration_in_months": coupon.duration_in_months,
        "livemode": view.livemode,
        "max_redemptions": None,
        "metadata": coupon.metadata,
        "name": coupon.name,
        "percent_off": coupon.percent_off,
        "redeem_by": coupon.redeem_by,
        "times_redeemed": coupon.times_redeemed,
        "valid": not expired and coupon.deleted_at is None,
    }
    if "applies_to" in expand and coupon.applies_to:
        body["applies_to"] = {"products": list(coupon.applies_to)}
    if "currency_options" in expand and coupon.amount_off is not None:
        amounts = {str(coupon.currency): coupon.amount_off, **coupon.currency_options}
        body["currency_options"] = {
            currency: {"amount_off": amount} for currency, amount in sorted(amounts.items())
        }
    return body


@renders(Discount)
def render_discount(view: View, discount: Discount, expand: Expand) -> Json:
    """Return the discount object; its coupon is an id two levels down unless expanded."""
    customer = view.state.customers.get(discount.customer or "")
    coupon = view.state.coupons[discount.coupon]
    source = expand.get("source", NOTHING)
    return {
        "id": discount.id,
        "object": "discount",
        "checkout_session": None,
        "customer": view.reference(customer, "customer", expand),
        "customer_account": None,
        "end": discount.end,
        "invoice": None,
        "invoice_item": None,
        "promotion_code": None,
        "source": {"coupon": view.reference(coupon, "coupon", source), "type": "coupon"},
        "start": discount.start,
        "subscription": discount.subscription,
        "subscription_item": discount.subscription_item,
    }


def render_discounts(view: View, ids: list[str], expand: Expand) -> list[Json | str | None]:
    """Return the discounts of a holder: ids, or objects where `discounts` is expanded."""
    return [view.reference(view.state.discounts[each], "discounts", expand) for each in ids]
