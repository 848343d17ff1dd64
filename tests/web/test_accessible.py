"""Every page for everybody: axe-core finds nothing, light and dark, wide and narrow."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.local_process import Api, running_local
from tests.web.browser import window

pytestmark = [pytest.mark.emulator, pytest.mark.timeout(300)]

WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 360, "height": 740}


@pytest.fixture(scope="module", name="api")
def _api() -> Iterator[Api]:
    with running_local("--no-schedule") as api:
        yield api


@pytest.fixture(scope="module", name="pages")
def _pages(api: Api) -> dict[str, str]:
    """Every page by a heading that it has once it is there."""
    integration = api.ok("GET", "/v1/integrations")["data"][0]["id"]
    metric = api.ok("GET", f"/v1/integrations/{integration}/metrics")["data"][0]["id"]
    goal = api.ok("GET", "/v1/goals")["data"][0]["id"]
    channel = {"type": "email", "address": "team@example.com"}
    told = [api.ok("POST", "/v1/channels", channel, status=201)["id"]]
    rule = {"type": "threshold", "direction": "above", "threshold": 1}
    alert = {"metric_id": metric, "channels": told, "rule": rule}
    made = api.ok("POST", "/v1/alerts", {**alert, "notify_if_already_breached": True}, status=201)
    api.ok("POST", "/_local/tick", {"interval": "hourly"})
    return {
        "/": "1 alert is firing",
        f"/metrics/{metric}": "Why does Stripe say otherwise?",
        "/goals": "Goals",
        f"/goals/{goal}": "Metrics of this goal",
        "/goals/new": "Set a goal",
        "/alerts": "Alerts",
        f"/alerts/{made['id']}": "History",
        "/alerts/new": "Set an alert",
        "/settings/integrations": "Connect an account",
        f"/settings/integrations/{integration}": "Roll the key",
        "/settings/channels": "Who hears how it runs",
    }


@pytest.mark.parametrize("colours", ["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_every_page_is_for_everybody(
    browser: Browser, api: Api, pages: dict[str, str], colours: str, size: dict[str, int]
) -> None:
    found: dict[str, Any] = {}
    with window(browser, api, color_scheme=colours, viewport=size) as seat:
        for path, heading in pages.items():
            seat.open(path)
            expect(seat.page.get_by_role("heading", name=heading, exact=True)).to_be_visible()
            # What is folded away counts as well.
            seat.page.evaluate("document.querySelectorAll('details').forEach(it => it.open = true)")
            expect(seat.page.locator(".loading")).to_have_count(0)
            wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
            found[path] = seat.violations()
            found[f"{path} is too wide by"] = seat.page.evaluate(wide)
    assert {path: it for path, it in found.items() if it} == {}
