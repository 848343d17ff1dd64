"""The types of metrics, with all that a form needs to ask for one.

What can be asked stands in the domain's queries; here are the words for it, and a type or a
setting without its words cannot be shown: the tests of this route would say so.
"""

from functions.api.routes.router import Routes
from functions.api.setting_schemas import QUERY_SCHEMAS
from functions.api.views.metric_types import MetricTypes, MetricTypeView, OptionView, SettingView
from shared.domain.metrics import MetricQuery, query_from_dict
from shared.domain.metrics.queries import QUERY_TYPES, TOO_SHORT, Setting, settings_of
from shared.domain.windows import LENGTHS

router = Routes("Metrics")

_TITLES = {
    "mrr": "MRR",
    "arr": "ARR",
    "customer_count": "Customers",
    "subscription_count": "Subscriptions",
    "revenue": "Revenue",
    "arpu": "ARPU",
    "churn": "Churn",
    "nrr": "NRR",
}
_DESCRIPTIONS = {
    "mrr": "Monthly recurring revenue: what the active subscriptions are worth in a month, after"
    " recurring discounts, without tax and metered usage.",
    "arr": "Annual recurring revenue: twelve times the unrounded MRR.",
    "customer_count": "How many customers there are, have an active subscription, are new or have"
    " left.",
    "subscription_count": "How many subscriptions have a status.",
    "revenue": "Money that was really collected in a time range, what was paid back of it, or what"
    " Stripe took for it.",
    "arpu": "Average revenue per user: what was collected from customers in a time range, divided"
    " by how many of them paid.",
    "churn": "What was lost over a time range of the customers who paid at its start: the share of"
    " them, the share of their MRR, or its amount.",
    "nrr": "Net revenue retention: what the customers of a time range's start are worth at its"
    " end, in percent of what they were worth then. Above 100%, upgrades outweigh all losses.",
}
_LABELS = {
    "include_trials": "Include trials",
    "customer_type": "Which customers",
    "status": "Status",
    "revenue_metric": "Amount",
    "churn_metric": "Measure",
    "time_range": "Time range",
}
_HELP = {
    "include_trials": "Count subscriptions in their trial at the price that they will convert to.",
    "customer_type": "All: those that exist now. Active: with an active subscription now. New:"
    " created in the time range. Churned: lost their last paid subscription in it.",
    "status": "By the status that each subscription has now.",
    "revenue_metric": "Total: payments. Refunds: what was paid back. Fees: what Stripe kept. Net:"
    " total less refunds and disputes, or as the account's definitions say.",
    "churn_metric": "The share of the customers lost, the share of the MRR lost with them, or that"
    " MRR as an amount.",
    "time_range": "The time up to now; it rolls on with every refresh.",
}
# What else to know of a time range, by type.
_RANGE_NOTES = {
    "customer_count": "It does not change all and active customers, who are counted as of now.",
    **TOO_SHORT,
}
# The options whose label is not simply their word.
_OPTION_LABELS = {"last_day": "Last 24 hours", "churned_mrr": "Churned MRR"}


@router.add("GET", "/v1/metric-types")
def list_metric_types() -> MetricTypes:
    """List the types of metrics with their settings, options and texts."""
    return MetricTypes(data=[_view_type(kind) for kind in QUERY_TYPES.values()], next_cursor=None)


def _view_type(kind: type[MetricQuery]) -> MetricTypeView:
    return MetricTypeView(
        type=kind.type,
        title=_TITLES[kind.type],
        description=_DESCRIPTIONS[kind.type],
        unit=kind().unit,
        settings=[_view_setting(kind, setting) for setting in settings_of(kind)],
        query_schema=QUERY_SCHEMAS[kind.type],
    )


def _view_setting(kind: type[MetricQuery], setting: Setting) -> SettingView:
    text = _HELP[setting.name]
    if setting.name == "time_range" and kind.type in _RANGE_NOTES:
        text = f"{text} {_RANGE_NOTES[kind.type]}"
    return SettingView(
        name=setting.name,
        label=_LABELS[setting.name],
        help=text,
        kind="choice" if setting.choices else "switch",
        default=setting.default,
        options=_view_options(kind, setting),
    )


def _view_options(kind: type[MetricQuery], setting: Setting) -> list[OptionView]:
    units = {
        word: query_from_dict({"type": kind.type, setting.name: word}).unit
        for word in setting.choices
    }
    decides = len(set(units.values())) > 1
    return [
        OptionView(value=word, label=_label(word), unit=unit if decides else None)
        for word, unit in units.items()
    ]


def _label(word: str) -> str:
    if word in LENGTHS and LENGTHS[word].days > 1:
        return f"Last {LENGTHS[word].days} days"
    return _OPTION_LABELS.get(word, word.replace("_", " ").capitalize())
