"""Signing in with the user pool: the code flow with PKCE, against a pool that checks the proof."""

import base64
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from playwright.sync_api import Browser, Route, expect

from tests.local_process import Api, running_local
from tests.web.browser import Window, window

pytestmark = [pytest.mark.emulator, pytest.mark.timeout(300)]

POOL = "https://pool.example.com"
SETTINGS = {
    "authorize_url": f"{POOL}/oauth2/authorize",
    "token_url": "/oauth2/token",
    "client_id": "web",
    "scopes": "openid aws.cognito.signin.user.admin",
}


@pytest.fixture(scope="module", name="api")
def _api() -> Iterator[Api]:
    with running_local("--empty", "--no-schedule") as api:
        yield api


@dataclass
class Pool:
    """As much of a user pool as a page meets: it asks, hands out a code, and takes it once.

    Attributes:
        state: what it answers with; None: as it was asked.
    """

    token: str
    state: str | None = None
    challenge: str = ""
    asked: list[str] = field(default_factory=list)

    def meet(self, seat: Window) -> None:
        """Stand in for the pool and for the config of a deployed dashboard."""
        config = json.dumps({"sign_in": SETTINGS})
        seat.page.route("**/config.json", lambda route: route.fulfill(body=config))
        seat.page.route(f"{POOL}/**", self._authorize)
        seat.page.route("**/oauth2/token", self._hand_out)

    def _authorize(self, route: Route) -> None:
        asked = {key: it for key, (it,) in parse_qs(urlsplit(route.request.url).query).items()}
        self.asked.append(asked["redirect_uri"])
        assert (asked["response_type"], asked["code_challenge_method"]) == ("code", "S256")
        self.challenge = asked["code_challenge"]
        answer = urlencode({"code": "once", "state": self.state or asked["state"]})
        route.fulfill(status=302, headers={"Location": f"{asked['redirect_uri']}?{answer}"})

    def _hand_out(self, route: Route) -> None:
        sent = {key: it for key, (it,) in parse_qs(route.request.post_data or "").items()}
        digest = hashlib.sha256(sent["code_verifier"].encode()).digest()
        assert base64.urlsafe_b64encode(digest).decode().rstrip("=") == self.challenge
        assert (sent["grant_type"], sent["code"]) == ("authorization_code", "once")
        answer = {"access_token": self.token, "expires_in": 3600}
        route.fulfill(content_type="application/json", body=json.dumps(answer))


def test_a_person_signs_in_and_comes_back_to_the_page_they_wanted(
    browser: Browser, api: Api
) -> None:
    pool = Pool(api.token)
    with window(browser, api) as seat:
        pool.meet(seat)
        seat.page.goto(f"{api.url}/settings/channels")
        seat.page.get_by_role("button", name="Sign in").click()
        expect(seat.page.get_by_role("heading", name="Channels")).to_be_visible()
        expect(seat.page).to_have_url(f"{api.url}/settings/channels")
        assert pool.asked == [f"{api.url}/signed-in"]


def test_an_answer_that_was_not_asked_for_signs_nobody_in(browser: Browser, api: Api) -> None:
    pool = Pool(api.token, state="of-somebody-else")
    with window(browser, api) as seat:
        pool.meet(seat)
        seat.page.goto(api.url)
        seat.page.get_by_role("button", name="Sign in").click()
        expect(seat.page).to_have_url(f"{api.url}/")
        expect(seat.page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_a_token_that_is_refused_leads_back_to_signing_in(browser: Browser, api: Api) -> None:
    with window(browser, api) as seat:
        seat.page.goto(f"{api.url}/#token=of-yesterday")
        expect(seat.page.get_by_role("heading", name="Sign in")).to_be_visible()
        seat.complaints[:] = [it for it in seat.complaints if "status of 401" not in it]
