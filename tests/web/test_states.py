"""What a page shows where the API is away, answers with an error, or has nothing yet."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.local_process import Api, running_local
from tests.web.browser import Window, window

pytestmark = [pytest.mark.emulator, pytest.mark.timeout(300)]


@pytest.fixture(scope="module", name="api")
def _api() -> Iterator[Api]:
    with running_local("--no-schedule") as api:
        yield api


@pytest.fixture(name="seat")
def _seat(browser: Browser, api: Api) -> Iterator[Window]:
    with window(browser, api) as seat:
        yield seat
        # What the network does is no fault of the page.
        seat.complaints[:] = [it for it in seat.complaints if "Failed to load resource" not in it]


def test_an_api_that_is_away_is_told_and_asked_again(seat: Window) -> None:
    page = seat.page
    page.route("**/v1/**", lambda route: route.abort())
    seat.open("/goals")
    expect(page.get_by_role("alert")).to_contain_text("The API cannot be reached")
    page.unroute("**/v1/**")
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("progressbar")).to_be_visible()


def test_an_error_of_the_api_is_shown_in_its_words(seat: Window) -> None:
    seat.open("/metrics/met_unknown")
    expect(seat.page.get_by_role("alert")).to_contain_text("There is no metric with the id")


def test_who_is_offline_keeps_what_was_there(seat: Window) -> None:
    page = seat.page
    seat.open("/goals")
    expect(page.get_by_role("progressbar")).to_be_visible()
    page.context.set_offline(True)
    expect(page.get_by_text("You are offline.")).to_be_visible()
    expect(page.get_by_role("progressbar")).to_be_visible()
    page.context.set_offline(False)
    expect(page.get_by_text("You are offline.")).to_have_count(0)


def test_a_page_that_takes_its_time_says_so(seat: Window) -> None:
    seat.page.route("**/v1/goals**", lambda route: None)
    seat.open("/goals")
    expect(seat.page.get_by_text("Loading …")).to_be_visible()


def test_every_page_can_be_used_by_keyboard(seat: Window) -> None:
    page = seat.page
    seat.open()
    expect(page.get_by_role("progressbar")).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    for _ in range(3):
        page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Goals")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Goals", exact=True)).to_be_visible()


def test_the_figures_of_a_chart_are_a_file_as_well(seat: Window, api: Api) -> None:
    integration = api.ok("GET", "/v1/integrations")["data"][0]["id"]
    metric = api.ok("GET", f"/v1/integrations/{integration}/metrics")["data"][0]
    values = api.ok("GET", f"/v1/metrics/{metric['id']}/values?resolution=month&limit=100")["data"]
    page = seat.page
    seat.open(f"/metrics/{metric['id']}")
    page.get_by_label("Range").select_option("All")
    page.get_by_label("Resolution").select_option("Months")
    page.get_by_text("The same as a table, and as a file").click()
    expect(page.get_by_role("region", name="newest first").locator("tbody tr")).to_have_count(
        len(values)
    )
    with page.expect_download() as started:
        page.get_by_role("button", name="Download CSV").click()
    head, *lines = started.value.path().read_text().splitlines()
    assert head == "as_of,value,unit,origin,definitions_version"
    assert [line.split(",")[0] for line in lines] == [it["as_of"] for it in values]


def test_an_explanation_leads_to_the_objects_of_stripe(seat: Window, api: Api) -> None:
    integration = api.ok("GET", "/v1/integrations")["data"][0]["id"]
    metric = api.ok("GET", f"/v1/integrations/{integration}/metrics")["data"][0]["id"]
    largest = api.ok("GET", f"/v1/metrics/{metric}/explain?limit=1")["contributions"]["data"][0]
    page = seat.page
    seat.open(f"/metrics/{metric}")
    link = page.get_by_role("link", name=largest["id"])
    expect(link).to_have_attribute(
        "href", f"https://dashboard.stripe.com/test/subscriptions/{largest['id']}"
    )
    rows = page.get_by_role("region", name="The largest of").locator("tbody tr")
    expect(rows).to_have_count(10)
    page.get_by_role("button", name="Show more").click()
    expect(rows).to_have_count(110)
