"""The account and its balance."""

from local.stripe_sandbox.expansion import Expand
from local.stripe_sandbox.objects.view import View, renders
from local.stripe_sandbox.records import Account, Json


@renders(Account)
def render_account(_view: View, account: Account, _expand: Expand) -> Json:
    """Return the account object; Stripe gives it no livemode."""
    return {
        "id": account.id,
        "object": "account",
        "business_profile": {
            "mcc": "5734",
            "name": account.name,
            "product_description": None,
            "support_address": None,
            "support_email": None,
            "support_phone": None,
            "support_url": None,
            "url": "https://example.com",
        },
        "business_type": "company",
        "capabilities": {"card_payments": "active", "transfers": "active"},
        "charges_enabled": True,
        "controller": {"type": "account"},
        "country": account.country,
        "created": account.created,
        "default_currency": account.default_currency,
        "details_submitted": True,
        "email": "billing@example.com",
        "metadata": account.metadata,
        "payouts_enabled": True,
        "settings": _settings(account),
        "type": "standard",
    }


def _settings(account: Account) -> Json:
    return {
        "branding": {"icon": None, "logo": None, "primary_color": None, "secondary_color": None},
        "card_payments": {"statement_descriptor_prefix": None},
        "dashboard": {"display_name": account.name, "timezone": account.timezone},
        "payments": {"statement_descriptor": "SANDBOX"},
        "payouts": {
            "debit_negative_balances": True,
            "schedule": {"delay_days": 2, "interval": "daily"},
            "statement_descriptor": None,
        },
    }


def render_balance(view: View) -> Json:
    """Return the balance, from which a client reads the mode of its key."""
    amount = {
        "amount": 0,
        "currency": view.state.account.default_currency,
        "source_types": {"card": 0},
    }
    return {
        "object": "balance",
        "available": [amount],
        "livemode": view.livemode,
        "pending": [amount],
    }
