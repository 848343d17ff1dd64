"""What the local run can be asked for on its command line and in its environment."""

import argparse
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

STRIPE_ITSELF = "https://api.stripe.com"
DEFAULT_PORT = 8787


@dataclass(frozen=True, kw_only=True)
class Options:
    """One local run.

    Attributes:
        port: Port of the front; 0 for any free one.
        stripe_api: Address of a Stripe-shaped server; None for the built-in sandbox.
        stripe_key: Key of a real account to connect, or None.
        empty: Connect no account and make no demo metrics.
        schedule: Whether the schedules fire by themselves.
        token: The bearer token that the front accepts.
        allow_restricted_keys: Accept restricted Stripe keys.
    """

    port: int = DEFAULT_PORT
    stripe_api: str | None = None
    stripe_key: str | None = field(default=None, repr=False)
    empty: bool = False
    schedule: bool = True
    token: str = field(repr=False)
    allow_restricted_keys: bool = False


def read_options(arguments: Sequence[str], environment: Mapping[str, str]) -> Options:
    """The options of a command line; exits with the usage where they make no sense."""
    given = _parser().parse_args(arguments)
    stripe_key = environment.get("STRIPE_KEY") or None
    stripe_api = given.stripe_api.rstrip("/") if given.stripe_api else None
    return Options(
        port=given.port,
        stripe_api=stripe_api or (STRIPE_ITSELF if stripe_key else None),
        stripe_key=stripe_key,
        empty=given.empty,
        schedule=not given.no_schedule,
        token=given.token or secrets.token_urlsafe(24),
        allow_restricted_keys=given.allow_restricted_keys,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m local",
        description=(
            "Runs the whole of Stripe Metrics on this machine: the stack that would be deployed to "
            "AWS, in an AWS emulator, with a sandbox Stripe account. When it accepts requests it "
            "prints one line: READY and a JSON object with url, token and stripe_api. Ctrl-C stops "
            "it; nothing is kept."
        ),
        epilog=(
            "Set the environment variable STRIPE_KEY to connect that real account instead of the "
            "sandbox; it is only read from."
        ),
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("--port", type=_port, default=DEFAULT_PORT, metavar="N", help="port (8787); 0: any free")
    add("--stripe-api", type=_address, metavar="URL", help="a Stripe-shaped server to use")
    add("--empty", action="store_true", help="no sandbox account, no demo goals")
    add("--no-schedule", action="store_true", help="refresh and sweep only on request")
    add("--token", type=_token, metavar="T", help="bearer token of this run (default: random)")
    add("--allow-restricted-keys", action="store_true", help="accept restricted keys (rk_...)")
    return parser


def _port(text: str) -> int:
    number = int(text) if text.isdecimal() else -1
    if not 0 <= number <= 65_535:  # noqa: PLR2004 - the range of ports
        raise argparse.ArgumentTypeError(f"a port is a number from 0 to 65535, not {text!r}")
    return number


def _address(text: str) -> str:
    if not text.startswith(("http://", "https://")):
        raise argparse.ArgumentTypeError(
            f"an address starts with http:// or https://, not {text!r}"
        )
    return text


def _token(text: str) -> str:
    if not text or not text.isascii() or not text.isprintable() or " " in text:
        raise argparse.ArgumentTypeError("a token is printable ASCII without spaces")
    return text
