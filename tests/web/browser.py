"""Debian's chromium, driven by Playwright, and all that a page complains about."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright

from tests.local_process import Api

ROOT = Path(__file__).resolve().parents[2]
NAMES = ("chromium", "chromium-browser", "google-chrome")
NO_BROWSER = "There is no chromium here: install it (apt-get install chromium) to run this."
_AXE = ROOT / "web/node_modules/axe-core/axe.min.js"
# An emulated account takes its time, above all where tests run beside each other.
_PATIENCE_MS = 20_000
# Criteria A and AA of WCAG 2.2, and what axe-core holds to be good practice.
_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@dataclass
class Window:
    """One window of a browser, signed in to a local run.

    Attributes:
        complaints: errors of scripts and of the page's policy, and failed requests.
    """

    page: Page
    api: Api
    complaints: list[str] = field(default_factory=list)

    def open(self, path: str = "/") -> None:
        """Go to a page of the dashboard by the link with the token."""
        self.page.goto("about:blank")
        self.page.goto(f"{self.api.url}{path}#token={self.api.token}")

    def violations(self) -> list[str]:
        """Give what is wrong with the page for people who cannot see or point."""
        self.page.evaluate(_AXE.read_text())
        found: dict[str, Any] = self.page.evaluate(
            "(values) => axe.run(document, {runOnly: {type: 'tag', values}})", _RULES
        )
        return [
            f"{rule['id']}: {rule['help']}\n  {node['html']}\n  {node['failureSummary']}"
            for rule in found["violations"]
            for node in rule["nodes"]
        ]

    def note(self, message: ConsoleMessage) -> None:
        """Keep what a page says on its console, where it is an error or a warning."""
        if message.type in {"error", "warning"}:
            self.complaints.append(f"{message.type}: {message.text} ({message.location['url']})")


@contextmanager
def browsing() -> Iterator[Browser]:
    """Start the browser, or skip the test."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        pytest.skip(NO_BROWSER)
    expect.set_options(timeout=_PATIENCE_MS)
    with sync_playwright() as playwright:
        # Within a container there is no second sandbox to be had.
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield browser
        browser.close()


@contextmanager
def window(browser: Browser, api: Api, **options: Any) -> Iterator[Window]:
    """Open a window with a session of its own; fails where its pages complained."""
    context = browser.new_context(locale="en-US", timezone_id="UTC", **options)
    context.set_default_timeout(_PATIENCE_MS)
    page = context.new_page()
    opened = Window(page, api)
    page.on("console", opened.note)
    page.on("pageerror", lambda error: opened.complaints.append(f"pageerror: {error}"))
    yield opened
    context.close()
    assert opened.complaints == []
