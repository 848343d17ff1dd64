"""The browser, for the tests of one module: none of Playwright's loops outlives it."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.web.browser import browsing


@pytest.fixture(scope="module", name="browser")
def _browser() -> Iterator[Browser]:
    with browsing() as browser:
        yield browser
