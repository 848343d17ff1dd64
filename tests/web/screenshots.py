"""Makes the README's pictures from the running system: `make screenshots`."""

import sys
from pathlib import Path

from playwright.sync_api import expect

from tests.local_process import running_local
from tests.web.browser import Window, browsing, window

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "images"
WIDTH, HEIGHT = 1280, 1000
# So much of the past is seen as it happens.
DAYS = 30


def main() -> None:
    """Take the overview and a metric's page."""
    FOLDER.mkdir(exist_ok=True)
    with running_local("--no-schedule") as api, browsing() as browser:
        for _ in range(DAYS):
            api.ok("POST", "/_local/sandbox/advance", {"days": 1})
            for interval in ("hourly", "daily"):
                api.ok("POST", "/_local/tick", {"interval": interval})
        size = {"width": WIDTH, "height": HEIGHT}
        with window(browser, api, viewport=size) as seat:
            seat.open()
            expect(seat.page.locator(".metric-card .sparkline path")).to_have_count(5)
            take(seat, "overview")
            seat.page.locator(".metric-card").first.click()
            expect(seat.page.get_by_text("At the start")).to_be_visible()
            expect(seat.page.locator(".chart canvas")).to_be_visible()
            take(seat, "metric")


def take(seat: Window, name: str) -> None:
    """Keep what the window shows."""
    file = FOLDER / f"{name}.png"
    seat.page.screenshot(path=file, animations="disabled")
    sys.stdout.write(f"docs/images/{file.name}: {file.stat().st_size:,d} bytes\n")


if __name__ == "__main__":
    main()
