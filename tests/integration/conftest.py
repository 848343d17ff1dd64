"""The local run that tests share: started once for the session, with nothing configured."""

from collections.abc import Iterator

import pytest

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
