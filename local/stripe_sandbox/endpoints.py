"""The endpoints: which path, which permission, and the answer. Knows nothing of HTTP servers."""

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import parse_qsl

import msgspec

from local.stripe_sandbox.errors import no_such, unrecognized_url
from local.stripe_sandbox.expansion import parse_expansions
from local.stripe_sandbox.lists import PAGING, slice_of
from local.stripe_sandbox.objects.account import render_balance
from local.stripe_sandbox.objects.invoice import render_line
from local.stripe_sandbox.objects.view import View, list_object
from local.stripe_sandbox.parameters import Parameters
from local.stripe_sandbox.records import Json
from local.stripe_sandbox.resources import MONEY_RESOURCES, RESOURCES
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
        prefix, placeholder, suffix = own_path.partition("{id}")
        if method != own_method or not (path.startswith(prefix) and path.endswith(suffix)):
            return None
        rest = path.removeprefix(prefix).removesuffix(suffix)
        fits = bool(rest) and "/" not in rest if placeholder else not rest
        return rest if fits else None


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


def _lines(view: View, parameters: Parameters, invoice_id: str) -> Json:
    parameters.check_known(PAGING)
    invoice = view.state.invoices.get(invoice_id)
    if invoice is None:
        raise no_such("invoice", invoice_id, param="invoice")
    expand = parse_expansions("list of line_item", parameters.many("expand") or ())
    cursor = parameters.text("starting_after") or parameters.text("ending_before") or ""
    param = "starting_after" if "starting_after" in parameters else "ending_before"
    missing = no_such("line_item", cursor, param=param, status=400)
    shown, has_more = slice_of([line.id for line in invoice.lines], parameters, missing)
    within = expand.get("data", {})
    data = [render_line(view, invoice, line, within) for line in invoice.lines[shown]]
    return list_object(data, f"/v1/invoices/{invoice_id}/lines", has_more=has_more)


def _item(view: View, parameters: Parameters, item_id: str) -> Json:
    parameters.check_known(("expand",))
    expand = parse_expansions("subscription_item", parameters.many("expand") or ())
    item = view.state.items.get(item_id)
    if item is None:
        raise no_such("subscription_item", item_id, param="item")
    return view.render(item, expand)


_RESOURCES = (*RESOURCES, *MONEY_RESOURCES)
_ACCOUNT_PERMISSION = "rak_accounts_kyc_basic_read"

ENDPOINTS: tuple[Endpoint, ...] = (
    Endpoint("GET /v1/account", _ACCOUNT_PERMISSION, _account),
    Endpoint("GET /v1/accounts/{id}", _ACCOUNT_PERMISSION, _account),
    Endpoint("GET /v1/balance", "rak_balance_read", _balance),
    *(Endpoint(f"GET {each.path}", each.permission, each.list_page) for each in _RESOURCES),
    *(Endpoint(f"GET {each.path}/{{id}}", each.permission, each.retrieve) for each in _RESOURCES),
    Endpoint("GET /v1/invoices/{id}/lines", "rak_invoice_read", _lines),
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
