"""Money by hand: what is sold or billed once, taken back, disputed or paid elsewhere."""

from local.stripe_sandbox import one_time, taking_back
from local.stripe_sandbox.building import Builder
from local.stripe_sandbox.fields import Instant
from local.stripe_sandbox.money import Charge, Dispute, Invoice, InvoiceItem, Refund
from local.stripe_sandbox.paying import charge
from local.stripe_sandbox.periods import to_seconds
from local.stripe_sandbox.records import Customer, Price, Subscription


class Till(Builder):
    """What is done with money in a business. It takes place now unless *at* says otherwise."""

    def charge(
        self,
        amount: int,
        *,
        customer: Customer | None = None,
        currency: str | None = None,
        captured: int | None = None,
        failure_code: str | None = None,
        at: Instant | None = None,
    ) -> Charge:
        """Sell something once: to a guest unless a customer is said, captured whole or in part."""
        return charge(
            self.state,
            self._instant(at),
            amount=amount,
            currency=currency or self.state.account.default_currency,
            customer=None if customer is None else customer.id,
            captured=captured,
            failure_code=failure_code,
        )

    def refund(
        self, charge: Charge, amount: int | None = None, at: Instant | None = None
    ) -> Refund:
        """Give back a part of a charge, or all that is left of it."""
        return taking_back.refund(self.state, charge, self._instant(at), amount)

    def fail_refund(self, refund: Refund, at: Instant | None = None) -> None:
        """Let a refund fail, which brings its money back to the balance."""
        taking_back.fail_refund(self.state, refund.id, self._instant(at))

    def dispute(self, charge: Charge, at: Instant | None = None) -> Dispute:
        """Let the customer's bank withdraw a charge."""
        return taking_back.dispute(self.state, charge, self._instant(at))

    def decide(self, dispute: Dispute, *, won: bool, at: Instant | None = None) -> None:
        """Close a dispute."""
        taking_back.decide(self.state, dispute.id, self._instant(at), won=won)

    def bounce(self, charge: Charge, at: Instant | None = None) -> None:
        """Let a payment fail days after it seemed to succeed."""
        taking_back.bounce(self.state, charge.id, self._instant(at))

    def add_invoice_item(
        self,
        holder: Customer | Subscription,
        price: Price | int,
        quantity: int = 1,
        at: Instant | None = None,
        *,
        discountable: bool = True,
    ) -> InvoiceItem:
        """Let something that is paid once wait for the next invoice.

        Args:
            holder: a subscription, or a customer; then it goes on whatever invoice comes next.
            price: a one-time price, or an amount in minor units of a price of its own.
            quantity: how many.
            at: when.
            discountable: whether coupons on the whole invoice take something off.
        """
        instant = self._instant(at)
        if isinstance(price, int):
            price = self.add_price(
                price,
                created=instant,
                currency=holder.currency or self.state.account.default_currency,
                interval=None,
                inline=True,
            )
        return one_time.add_one_time_item(
            self.state, holder, price, instant, quantity, discountable=discountable
        )

    def invoice(
        self,
        customer: Customer,
        at: Instant | None = None,
        *,
        collection_method: str = "charge_automatically",
    ) -> Invoice:
        """Invoice what waits for a customer and no subscription; it is paid an hour later.

        Raises:
            ValueError: nothing waits.
        """
        return one_time.invoice_manually(self.state, customer, self._instant(at), collection_method)

    def pay_out_of_band(self, invoice: Invoice, at: Instant | None = None) -> None:
        """Mark an invoice as paid past Stripe: no charge, and nothing on the balance."""
        one_time.pay_out_of_band(self.state, invoice, self._instant(at))

    def _instant(self, at: Instant | None) -> int:
        return self.state.now if at is None else to_seconds(at)
