"""The endpoints: which path, which permission, and the answer. Knows nothing of HTTP servers."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

import msgspec

from local.stripe_sandbox import filters
from local.stripe_sandbox.collection import Collection
from local.stripe_sandbox.errors import no_such, unrecognized_url
from local.stripe_sandbox.expansion import parse_expansions
from local.stripe_sandbox.lists import PAGING, page_of, slice_of
from local.stripe_sandbox.objects.account import render_balance
from local.stripe_sandbox.objects.view import View, list_object
from local.stripe_sandbox.parameters import Parameters
from local.stripe_sandbox.records import Json, Record
from local.stripe_sandbox.state import State

Answer = Callable[[View, Parameters, str], Json]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One operation of the API.

    Attributes:
        name: method and path with `{id}`; limits and counts go by it.
        permission: what a restricted key needs for it.
        answer: makes the body from the view, the parameters and the id in the path.
    """

    name: str
    permission: str
    answer: Answer

    def matches(self, method: str, path: str) -> str | None:
        """Return the id in the path (empty where there is none), or None for another path."""
        own_method, own_path = self.name.split(" ")
        prefix, placeholder, _ = own_path.partition("{id}")
        if method != own_method or not path.startswith(prefix):
            return None
        rest = path.removeprefix(prefix)
        fits = bool(rest) and "/" not in rest if placeholder else not rest
        return rest if fits else None


@dataclass(frozen=True, slots=True)
class Resource:
    """What a pair of list and retrieve endpoints is made of."""

    path: str
    kind: str
    permission: str
    parameters: tuple[str, ...]
    records: Callable[[State], Collection[Any]]
    select: Callable[[State, Parameters], Sequence[Any]]

    def list_page(self, view: View, parameters: Parameters, _: str) -> Json:
        """Answer the list endpoint."""
        parameters.check_known((*self.parameters, *PAGING))
        expand = parse_expansions(f"list of {self.kind}", parameters.many("expand") or ())
        page = page_of(
            self.select(view.state, parameters),
            parameters,
            lambda cursor, param: self._cursor(view.state, cursor, param),
            parameters.range("created"),
        )
        data = [view.render(record, expand.get("data", {})) for record in page.records]
        return list_object(data, self.path, has_more=page.has_more)

    def retrieve(self, view: View, parameters: Parameters, object_id: str) -> Json:
        """Answer the retrieve endpoint."""
        parameters.check_known(("expand",))
        expand = parse_expansions(self.kind, parameters.many("expand") or ())
        record = self.records(view.state).get(object_id)
        if record is None or (self.kind == "coupon" and record.deleted_at is not None):
            raise no_such(self.kind, object_id)
        return view.render(record, expand)

    def _cursor(self, state: State, cursor: str, param: str) -> Record:
        record: Record | None = self.records(state).get(cursor)
        if record is None:
            raise no_such(self.kind, cursor, param=param, status=400)
        return record


def _account(view: View, parameters: Parameters, account_id: str) -> Json:
    parameters.check_known(("expand",))
    parse_expansions("account", parameters.many("expand") or ())
    account = view.state.account
    if account_id not in {"", account.id}:
        raise no_such("account", account_id, param="account")
    return view.render(account)


def _balance(view: View, parameters: Parameters, _: str) -> Json:
    parameters.check_known(("expand",))
    parse_expansions("balance", parameters.many("expand") or ())
    return render_balance(view)


def _items(view: View, parameters: Parameters, _: str) -> Json:
    parameters.check_known(("subscription", *PAGING))
    sub_id = parameters.required_text("subscription")
    sub = view.state.subscriptions.get(sub_id)
    if sub is None:
        raise no_such("subscription", sub_id, param="subscription", status=400)
    expand = parse_expansions("list of subscription_item", parameters.many("expand") or ())
    cursor = parameters.text("starting_after") or parameters.text("ending_before") or ""
    param = "starting_after" if "starting_after" in parameters else "ending_before"
    missing = no_such("subscription_item", cursor, param=param, status=400)
    # In the order of the embedded list, so that its last item serves as the cursor.
    shown, has_more = slice_of([item.id for item in sub.items], parameters, missing)
    data = [view.render(item, expand.get("data", {})) for item in sub.items[shown]]
    return list_object(data, "/v1/subscription_items", has_more=has_more)


def _item(view: View, parameters: Parameters, item_id: str) -> Json:
    parameters.check_known(("expand",))
    expand = parse_expansions("subscription_item", parameters.many("expand") or ())
    item = view.state.items.get(item_id)
    if item is None:
        raise no_such("subscription_item", item_id, param="item")
    return view.render(item, expand)


RESOURCES = (
    Resource(
        "/v1/customers",
        "customer",
        "rak_customer_read",
        filters.CUSTOMER_PARAMETERS,
        lambda state: state.customers,
        filters.select_customers,
    ),
    Resource(
        "/v1/products",
        "product",
        "rak_plan_read",
        filters.PRODUCT_PARAMETERS,
        lambda state: state.products,
        filters.select_products,
    ),
    Resource(
        "/v1/prices",
        "price",
        "rak_plan_read",
        filters.PRICE_PARAMETERS,
        lambda state: state.prices,
        filters.select_prices,
    ),
    Resource(
        "/v1/coupons",
        "coupon",
        "rak_coupon_read",
        filters.COUPON_PARAMETERS,
        lambda state: state.coupons,
        filters.select_coupons,
    ),
    Resource(
        "/v1/tax_rates",
        "tax_rate",
        "rak_tax_rate_read",
        filters.TAX_RATE_PARAMETERS,
        lambda state: state.tax_rates,
        filters.select_tax_rates,
    ),
    Resource(
        "/v1/subscriptions",
        "subscription",
        "rak_subscription_read",
        filters.SUBSCRIPTION_PARAMETERS,
        lambda state: state.subscriptions,
        filters.select_subscriptions,
    ),
    Resource(
        "/v1/events",
        "event",
        "rak_event_read",
        filters.EVENT_PARAMETERS,
        lambda state: state.events,
        filters.select_events,
    ),
)

_ACCOUNT_PERMISSION = "rak_accounts_kyc_basic_read"

ENDPOINTS: tuple[Endpoint, ...] = (
    Endpoint("GET /v1/account", _ACCOUNT_PERMISSION, _account),
    Endpoint("GET /v1/accounts/{id}", _ACCOUNT_PERMISSION, _account),
    Endpoint("GET /v1/balance", "rak_balance_read", _balance),
    *(Endpoint(f"GET {each.path}", each.permission, each.list_page) for each in RESOURCES),
    *(Endpoint(f"GET {each.path}/{{id}}", each.permission, each.retrieve) for each in RESOURCES),
    Endpoint("GET /v1/subscription_items", "rak_subscription_read", _items),
    Endpoint("GET /v1/subscription_items/{id}", "rak_subscription_read", _item),
)


def find_endpoint(method: str, path: str) -> tuple[Endpoint, str] | None:
    """Return the endpoint of a request and the id in its path."""
    for endpoint in ENDPOINTS:
        object_id = endpoint.matches(method, path)
        if object_id is not None:
            return endpoint, object_id
    return None


def get(state: State, target: str, *, livemode: bool = False) -> Json:
    """Answer a GET without a server, as `get(state, "/v1/customers?limit=3")`.

    Raises:
        StripeError: what the server would answer instead.
    """
    path, _, query = target.partition("?")
    found = find_endpoint("GET", path)
    if found is None:
        raise unrecognized_url("GET", path)
    endpoint, object_id = found
    parameters = Parameters(parse_qsl(query, keep_blank_values=True))
    body = endpoint.answer(View(state, livemode), parameters, object_id)
    # Encoding resolves the snapshots of events, which are kept encoded.
    answer: Json = msgspec.json.decode(msgspec.json.encode(body))
    return answer
