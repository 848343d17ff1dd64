"""The definitions of an integration: the named options that decide what its numbers mean.

Every option has a default; a preset sets several at once; options written beside a preset win.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from hashlib import sha256
from typing import Any, Literal, cast

from shared.domain.settings import (
    read_choice,
    read_choices,
    refuse_unknown_keys,
    require_mapping,
)

Preset = Literal["default", "match_stripe"]
DiscountsOption = Literal["recurring", "forever_only", "all", "none"]
InOrOut = Literal["exclude", "include"]

PRESETS = ("default", "match_stripe")
# Accepted words of every option, the default first.
CHOICES: dict[str, tuple[str, ...]] = {
    "past_due": ("exclude", "include"),
    "discounts": ("recurring", "forever_only", "all", "none"),
    "paused_collection": ("include", "exclude"),
    "revenue_churn": ("cancellations", "with_contraction"),
    "customer_churn": ("cohort", "stripe"),
    "churn_on": ("ended", "cancel_requested"),
}
NET_DEDUCTS = ("refunds", "disputes", "fees")
DEFAULT_NET_DEDUCTS = ("refunds", "disputes")

_PRESET_OPTIONS: dict[str, Mapping[str, object]] = {
    "default": {},
    "match_stripe": {
        "past_due": "include",
        "discounts": "forever_only",
        "customer_churn": "stripe",
        "net_deducts": NET_DEDUCTS,
    },
}


@dataclass(frozen=True, slots=True)
class Definitions:
    """What the numbers of one integration mean.

    Attributes:
        preset: the named set that the options started from.

        past_due: whether subscriptions with a failed payment are in MRR and Active Customers.

        discounts: which coupons lower MRR: those that recur, only those without end, all
            (also `once`), or none.

        paused_collection: whether a subscription whose collection is paused is in MRR.

        net_deducts: what net revenue subtracts from total revenue.

        revenue_churn: whether lower amounts of customers who stay are in the revenue churn rate.

        customer_churn: lost of those who paid at the start, or the formula of Stripe's dashboard.

        churn_on: whether a subscription is lost when it ends, or when its end is requested.
    """

    preset: Preset = "default"
    past_due: InOrOut = "exclude"
    discounts: DiscountsOption = "recurring"
    paused_collection: InOrOut = "include"
    net_deducts: tuple[str, ...] = DEFAULT_NET_DEDUCTS
    revenue_churn: Literal["cancellations", "with_contraction"] = "cancellations"
    customer_churn: Literal["cohort", "stripe"] = "cohort"
    churn_on: Literal["ended", "cancel_requested"] = "ended"

    @classmethod
    def from_dict(cls, settings: object) -> "Definitions":
        """Read the JSON object of an integration; every key is optional.

        Raises:
            InvalidSettingError: an option or its value is unknown.

        >>> Definitions.from_dict({"preset": "match_stripe", "discounts": "all"}).past_due
        'include'
        """
        given = require_mapping(settings, "A set of definitions")
        refuse_unknown_keys(given, ("preset", *CHOICES, "net_deducts"), "A set of definitions")
        preset = read_choice(given, "preset", PRESETS, "default")
        wanted = {**_PRESET_OPTIONS[preset], **given}
        options: dict[str, Any] = {
            key: read_choice(wanted, key, choices, choices[0]) for key, choices in CHOICES.items()
        }
        deducts = read_choices(wanted, "net_deducts", NET_DEDUCTS, DEFAULT_NET_DEDUCTS)
        return cls(**options, preset=cast("Preset", preset), net_deducts=deducts)

    def to_dict(self) -> dict[str, object]:
        """Return every option, as `from_dict` reads it."""
        return {**asdict(self), "net_deducts": list(self.net_deducts)}

    @property
    def version(self) -> str:
        """Return 12 letters that differ whenever what the numbers mean differs.

        Two ways of writing the same options have the same version: the preset's name is left out.
        """
        options = {key: value for key, value in self.to_dict().items() if key != "preset"}
        canonical = json.dumps(options, sort_keys=True, separators=(",", ":"))
        return sha256(canonical.encode()).hexdigest()[:12]
