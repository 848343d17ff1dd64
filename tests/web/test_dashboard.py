"""The dashboard in a real browser, from the first key to the last page."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from local.stripe_sandbox.keys import SECRET_KEY
from tests.local_process import Api, running_local
from tests.web.browser import Window, window

pytestmark = [pytest.mark.emulator, pytest.mark.timeout(300)]


@pytest.fixture(scope="module", name="api")
def _api() -> Iterator[Api]:
    with running_local("--empty", "--no-schedule") as api:
        yield api


@pytest.fixture(name="seat")
def _seat(browser: Browser, api: Api) -> Iterator[Window]:
    with window(browser, api) as seat:
        yield seat


def test_a_key_becomes_a_goal_and_a_message(seat: Window) -> None:
    page = seat.page
    seat.open()
    expect(page).not_to_have_url(re.compile("token"))
    connect(page)
    value = try_and_save(page)
    set_a_goal(page)
    set_an_alert(page, above=value)

    seat.api.ok("POST", "/_local/sandbox/advance", {"days": 60})
    seat.api.ok("POST", "/_local/tick", {"interval": "hourly"})
    page.reload()
    expect(page.get_by_text("Fire", exact=True)).to_be_visible()
    expect(page.get_by_text("Sent to team@example.com")).to_be_visible()
    page.get_by_role("link", name="Overview").click()
    expect(page.get_by_role("heading", name="1 alert is firing")).to_be_visible()
    expect(page.get_by_role("progressbar")).not_to_have_attribute("aria-valuetext", "0%")
    disconnect(page)


def connect(page: Page) -> None:
    page.get_by_role("link", name="Connect Stripe").click()
    page.get_by_label("Name").fill("Acme")
    page.get_by_label("Secret key").fill(SECRET_KEY)
    expect(page.get_by_text("This is a test key")).to_be_visible()
    page.get_by_role("button", name="Connect").click()
    expect(page.get_by_role("heading", name="Acme")).to_be_visible()
    expect(page.get_by_text("Fresh,")).to_be_visible(timeout=60_000)


def try_and_save(page: Page) -> str:
    """Give the value that the metric has, as a number."""
    page.get_by_text("Add a metric").click()
    page.get_by_role("button", name="Test query").click()
    answer = page.get_by_role("status").filter(has_text="test mode")
    expect(answer).to_contain_text("MRR = sum of the monthly amounts")
    page.get_by_role("button", name="Save metric").click()
    page.get_by_role("link", name=re.compile("recurring revenue|MRR")).click()
    expect(page.get_by_role("heading", name="Why is it this?")).to_be_visible()
    expect(page.get_by_text("At the start")).to_be_visible()
    return re.sub(r"[^0-9.]", "", page.locator(".headline .big").inner_text())


def set_a_goal(page: Page) -> None:
    page.get_by_role("link", name="Goals").click()
    page.get_by_role("link", name="Set a goal").click()
    page.get_by_label("Name").fill("A bigger business")
    page.get_by_label("Target").fill("100000")
    page.get_by_role("button", name="Set the goal").click()
    page.get_by_role("button", name="Link").click()
    expect(page.get_by_role("progressbar")).to_have_attribute("aria-valuetext", "0%")


def set_an_alert(page: Page, *, above: str) -> None:
    page.get_by_role("link", name="Channels").click()
    page.get_by_label("E-mail address").fill("team@example.com")
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_text("Active")).to_be_visible(timeout=20_000)
    page.get_by_role("link", name="Alerts").click()
    page.get_by_role("link", name="Set an alert").click()
    page.get_by_label("Direction").select_option("above")
    page.get_by_label("Threshold").fill(above)
    page.get_by_label("team@example.com").check()
    page.get_by_role("button", name="When would it have fired?").click()
    expect(page.get_by_text("It would have spoken")).to_be_visible()
    page.get_by_role("button", name="Set the alert").click()
    expect(page.get_by_text("It has not fired yet.")).to_be_visible()


def disconnect(page: Page) -> None:
    page.get_by_role("link", name="Stripe accounts").click()
    page.get_by_role("link", name="Acme").click()
    page.get_by_role("button", name="Disconnect").click()
    page.get_by_role("button", name="Disconnect").click()
    expect(page.get_by_role("heading", name="Reconnect")).to_be_visible()
    page.get_by_role("link", name="Overview").click()
    expect(page.get_by_text("Disconnected")).to_be_visible()


def test_a_wrong_key_is_told_beside_the_field(seat: Window) -> None:
    seat.open("/settings/integrations")
    seat.page.get_by_label("Name").fill("Other")
    seat.page.get_by_label("Secret key").fill("sk_test_not0a0key")
    seat.page.get_by_role("button", name="Connect").click()
    expect(seat.page.get_by_role("alert")).to_be_visible()
    # A refused request is an error to the browser, whatever the page makes of it.
    seat.complaints[:] = [it for it in seat.complaints if "status of 422" not in it]


def test_a_page_that_there_is_not_says_so(seat: Window) -> None:
    seat.open("/settings/nothing")
    expect(seat.page.get_by_role("heading", name="There is no such page")).to_be_visible()


def test_without_a_token_one_is_asked_to_sign_in(browser: Browser, api: Api) -> None:
    with window(browser, api) as seat:
        seat.page.goto(api.url)
        expect(seat.page.get_by_role("heading", name="Sign in")).to_be_visible()
