"""What tests share: one local run with nothing configured, and a Stripe that can fail."""

from collections.abc import Iterator

import pytest

from local.stripe_sandbox import Sandbox
from tests.integration.stripe_faults import Faults, Sleeps, start_faulty
from tests.local_process import Api, running_local


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep the tests that share the run in one process, where tests are spread over several."""
    for item in items:
        if "local_run" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.xdist_group("local_run"))


@pytest.fixture(scope="session")
def local_run() -> Iterator[Api]:
    with running_local("--empty", "--no-schedule", "--token", "a-token") as api:
        yield api


@pytest.fixture(name="faults")
def _faults() -> Faults:
    """The faults that `sandbox` is to make."""
    return Faults()


@pytest.fixture(name="sleeps")
def _sleeps() -> Sleeps:
    return Sleeps()


@pytest.fixture(name="sandbox")
def _sandbox(faults: Faults) -> Iterator[Sandbox]:
    """A Stripe account of 250 subscriptions that fails as `faults` says."""
    with start_faulty(faults) as sandbox:
        yield sandbox
