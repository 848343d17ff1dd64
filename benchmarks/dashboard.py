"""What the dashboard's first page takes: script, requests, and the time to the first number.

In a real browser, over the sandbox's account; nothing is measured where there is none. The baseline
of the time is asking the API for the same numbers, one request after the other, without any page.
"""

import gzip
import json
import shutil
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, sync_playwright

from benchmarks.rows import Row, Sizes

BROWSER = shutil.which("chromium")
_MOST_SCRIPT_BYTES = 40 * 1024
_MOST_REQUESTS = 20
_STOP_SECONDS = 20


def measure(sizes: Sizes) -> dict[str, Any]:
    """Give bytes and requests of one visit, and the medians of the seconds of some."""
    if BROWSER is None:
        print(" there is no chromium here,", end="", file=sys.stderr)
        return {}
    with _running() as (url, token), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
        visits = [_visit(browser, f"{url}#token={token}") for _ in range(sizes.rounds)]
        browser.close()
        asked = [_ask(url, token) for _ in range(sizes.rounds)]
    return {
        "seconds": round(statistics.median(it["seconds"] for it in visits), 3),
        "requests": max(it["requests"] for it in visits),
        "script_bytes": max(it["script_bytes"] for it in visits),
        "api_seconds": round(statistics.median(asked), 3),
    }


def rows(found: dict[str, Any]) -> list[Row]:
    """Give what the first page takes."""
    if not found:
        return []
    return [
        Row(
            "dashboard, first page: bytes of script, gzip",
            found["script_bytes"],
            f"<= {_MOST_SCRIPT_BYTES}",
        ),
        Row("dashboard, first page: requests", found["requests"], f"<= {_MOST_REQUESTS}"),
        Row(
            "dashboard, to the first number: s",
            found["seconds"],
            "",
            found["api_seconds"],
            "asking the API alone",
        ),
    ]


@contextmanager
def _running() -> Iterator[tuple[str, str]]:
    """Run the system with the sandbox's account; gives address and token."""
    command = [sys.executable, "-m", "local", "--port", "0", "--no-schedule"]
    with subprocess.Popen(  # noqa: S603 - a command of ours
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdout is not None
        ready = json.loads(process.stdout.readline().removeprefix("READY "))
        yield ready["url"], ready["token"]
        process.terminate()
        process.wait(_STOP_SECONDS)


def _visit(browser: Browser, link: str) -> dict[str, float]:
    """Open the first page with nothing kept from before."""
    page = browser.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    began = time.perf_counter()
    page.goto(link)
    page.locator(".metric-card .big").first.wait_for()
    seconds = time.perf_counter() - began
    page.wait_for_load_state("networkidle")
    scripts = [page.request.get(it).body() for it in set(asked) if it.endswith(".js")]
    page.close()
    return {
        "seconds": seconds,
        "requests": len(asked),
        "script_bytes": sum(len(gzip.compress(it, mtime=0)) for it in scripts),
    }


def _ask(url: str, token: str) -> float:
    began = time.perf_counter()
    (integration,) = _get(f"{url}/v1/integrations?limit=100", token)["data"]
    _get(f"{url}/v1/integrations/{integration['id']}/metrics?limit=100", token)
    return time.perf_counter() - began


def _get(address: str, token: str) -> Any:
    headers = {"Authorization": f"Bearer {token}"}
    request = urllib.request.Request(address, headers=headers)  # noqa: S310 - a loopback address
    with urllib.request.urlopen(request) as answer:  # noqa: S310 - likewise
        return json.load(answer)
