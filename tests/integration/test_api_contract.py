"""The running API and its description held against each other, by requests made of the latter."""

import json
import os
import subprocess
from pathlib import Path

import pytest
from hypothesis import settings

from local.stripe_sandbox.keys import SECRET_KEY
from tests.local_process import ROOT, Api, running_local

pytestmark = pytest.mark.emulator

HERE = Path(__file__).parent
EXAMPLES = 500 if settings.get_current_profile_name() == "fuzz" else 30


def things_of(api: Api) -> dict[str, str]:
    """Make one of each thing; gives their ids by the names of the parameters."""
    body = {"name": "Acme", "secret_key": SECRET_KEY}
    integration = api.ok("POST", "/v1/integrations", body, status=201)["id"]
    metric = {"name": "MRR", "query": {"type": "mrr"}, "refresh_interval": "daily"}
    made = api.ok("POST", f"/v1/integrations/{integration}/metrics", metric, status=201)["id"]
    goal = api.ok("POST", "/v1/goals", {"name": "More", "target": 10**6}, status=201)["id"]
    api.ok("PUT", f"/v1/goals/{goal}/metrics/{made}")
    address = {"type": "email", "address": "team@example.com"}
    channel = api.ok("POST", "/v1/channels", address, status=201)["id"]
    rule = {"type": "threshold", "threshold": 1, "direction": "below"}
    told = {"metric_id": made, "rule": rule, "channels": [channel]}
    alert = api.ok("POST", "/v1/alerts", told, status=201)["id"]
    return {
        "integration_id": integration,
        "metric_id": made,
        "goal_id": goal,
        "channel_id": channel,
        "alert_id": alert,
    }


@pytest.mark.timeout(3600)
def test_the_api_is_what_its_description_says(tmp_path):
    with running_local("--empty", "--no-schedule") as api:
        found = subprocess.run(
            [
                ROOT / ".venv/bin/schemathesis",
                *("--config-file", HERE / "schemathesis.toml"),
                *("run", f"{api.url}/openapi.json"),
                *("--header", f"Authorization: Bearer {api.token}"),
                *("--max-examples", str(EXAMPLES)),
                *("--generation-database", "none"),
                *("--warnings", "off"),
                "--no-color",
            ],
            cwd=tmp_path,
            env={
                **os.environ,
                "PYTHONPATH": str(ROOT),
                "SCHEMATHESIS_HOOKS": "tests.integration.api_contract_hooks",
                "REAL_IDS": json.dumps(things_of(api)),
            },
            capture_output=True,
            text=True,
            check=False,
        )
        assert api.ok("GET", "/health")["status"] == "ok"
    assert found.returncode == 0, found.stdout[-20_000:] + found.stderr[-2_000:]
