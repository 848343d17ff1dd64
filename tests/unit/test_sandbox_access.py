"""Keys, limits, the clock and the counts of the sandbox."""

import base64

import pytest

from local.stripe_sandbox import Clock, Keys, Limits
from local.stripe_sandbox.errors import StripeError, unrecognized_url
from local.stripe_sandbox.ids import Ids
from local.stripe_sandbox.keys import mask
from local.stripe_sandbox.limits import RateLimiter
from local.stripe_sandbox.requests_log import RequestLog

LIVE = "sk_" + "live_" + "sandbox0000made0up"


def refused(keys: Keys, header: str | None) -> tuple[int, str | None, str]:
    with pytest.raises(StripeError) as caught:
        keys.check(header)
    return caught.value.status, caught.value.code, caught.value.message


def test_bearer_and_basic_are_both_read() -> None:
    keys = Keys("sk_test_sandbox_a")
    basic = base64.b64encode(b"sk_test_sandbox_a:").decode()
    assert keys.check("Bearer sk_test_sandbox_a").livemode is False
    assert keys.check(f"Basic {basic}").key == "sk_test_sandbox_a"


def test_the_mode_follows_the_key() -> None:
    keys = Keys(live=LIVE, restricted={"rk_test_sandbox_a": frozenset()})
    assert keys.check(f"Bearer {LIVE}").livemode is True
    assert keys.check("Bearer rk_test_sandbox_a").livemode is False


@pytest.mark.parametrize("header", [None, "", "Bearer ", "Basic %%%", "Token abc"])
def test_no_key_is_told_how_to_send_one(header: str | None) -> None:
    status, code, message = refused(Keys(), header)
    assert (status, code) == (401, None)
    assert message.startswith("You did not provide an API key.")


def test_an_unknown_key_is_shown_masked() -> None:
    status, code, message = refused(Keys(), "Bearer sk_test_unknown00001234")
    assert (status, code) == (401, None)
    assert message == "Invalid API Key provided: sk_test_***********1234"


def test_a_publishable_key_is_told_that_a_secret_one_is_needed() -> None:
    status, code, message = refused(Keys(), "Bearer pk_test_sandbox")
    assert (status, code) == (401, "secret_key_required")
    assert "publishable API key" in message


def test_a_rolled_key_is_expired_or_unknown() -> None:
    keys = Keys("sk_test_sandbox_a")
    keys.roll("sk_test_sandbox_a", "sk_test_sandbox_b")
    status, code, message = refused(keys, "Bearer sk_test_sandbox_a")
    assert (status, code) == (401, "api_key_expired")
    assert message.startswith("Expired API Key provided: sk_test_")
    keys.roll("sk_test_sandbox_b", "sk_test_sandbox_c", expires=False)
    assert refused(keys, "Bearer sk_test_sandbox_b")[1] is None
    assert keys.check("Bearer sk_test_sandbox_c").permissions is None


def test_live_and_restricted_keys_roll_too() -> None:
    keys = Keys(live=LIVE, restricted={"rk_test_sandbox_a": frozenset({"rak_plan_read"})})
    keys.roll(LIVE, LIVE + "2")
    keys.roll("rk_test_sandbox_a", "rk_test_sandbox_b")
    assert keys.check(f"Bearer {LIVE}2").permissions is None
    assert keys.check("Bearer rk_test_sandbox_b").permissions == frozenset({"rak_plan_read"})


def test_a_restricted_key_is_told_which_permission_it_lacks() -> None:
    keys = Keys(restricted={"rk_test_sandbox_a": frozenset({"rak_customer_read"})})
    access = keys.check("Bearer rk_test_sandbox_a")
    access.require("rak_customer_read", "acct_1")
    with pytest.raises(StripeError) as caught:
        access.require("rak_plan_read", "acct_1")
    assert (caught.value.status, caught.value.code) == (403, "more_permissions_required")
    assert "on account 'acct_1'. Having the 'rak_plan_read' permission" in caught.value.message


def test_a_mask_never_shows_a_key() -> None:
    assert mask("sk_test_abcdefghijkl") == "sk_test_********ijkl"
    assert mask("nonsense") == "****ense"


def reasons(limiter: RateLimiter, endpoints: list[str]) -> list[str]:
    found = []
    for endpoint in endpoints:
        try:
            limiter.admit(endpoint)
        except StripeError as error:
            found.append(error.headers["Stripe-Rate-Limited-Reason"])
        else:
            found.append("ok")
    return found


def test_a_bucket_allows_a_second_of_requests_and_refills() -> None:
    ticks = [0.0]
    limiter = RateLimiter(Limits(per_second=3, per_endpoint=2), lambda: ticks[0])
    assert reasons(limiter, ["a", "a", "a", "b", "b"]) == [
        "ok",
        "ok",
        "endpoint-rate",
        "ok",
        "global-rate",
    ]
    ticks[0] = 0.5
    assert reasons(limiter, ["a", "a"]) == ["ok", "global-rate"]
    ticks[0] = 60.0
    assert reasons(limiter, ["a", "a", "b", "b"]) == ["ok", "ok", "ok", "global-rate"]


def test_without_limits_nothing_is_refused() -> None:
    assert set(reasons(RateLimiter(Limits(), lambda: 0.0), ["a"] * 500)) == {"ok"}


def test_stripes_own_limits_depend_on_the_mode() -> None:
    assert Limits.of_stripe() == Limits(25, 25)
    assert Limits.of_stripe(live=True) == Limits(100, 25)


def test_a_clock_stands_still_or_runs_and_can_skip() -> None:
    ticks = [100.0]
    still, running = Clock(1_000), Clock(1_000, lambda: ticks[0])
    ticks[0] = 107.9
    assert (still.now(), running.now()) == (1_000, 1_007)
    assert (still.running, running.running) == (False, True)
    still.skip(60)
    running.skip(60)
    assert (still.now(), running.now()) == (1_060, 1_067)


def test_ids_look_like_stripes_and_follow_the_seed() -> None:
    first, again, other = Ids(1), Ids(1), Ids(2)
    ids = [first.new("sub") for _ in range(50)]
    assert len(set(ids)) == 50
    assert all(each.startswith("sub_1") and len(each) == 28 for each in ids)
    assert ids == [again.new("sub") for _ in range(50)]
    assert other.new("sub") not in ids


def test_requests_are_counted_by_endpoint_and_status() -> None:
    log = RequestLog()
    for status in (200, 200, 429):
        log.count("GET /v1/prices", status)
    assert (log.total, log.rate_limited, log.of("GET /v1/prices"), log.of("x")) == (3, 1, 3, 0)
    assert log.to_json()["endpoints"]["GET /v1/prices"] == {
        "requests": 3,
        "rate_limited": 1,
        "statuses": {"200": 2, "429": 1},
    }
    log.clear()
    assert log.total == 0


def test_an_unrecognized_url_with_a_trailing_slash_gets_a_hint() -> None:
    assert unrecognized_url("GET", "/v1/nothing").message == (
        "Unrecognized request URL (GET: /v1/nothing). Please see https://stripe.com/docs or we "
        "can help at https://support.stripe.com/."
    )
    assert "remove the trailing slash" in unrecognized_url("GET", "/v1/prices/").message
