"""`make synth` needs neither a network nor anything on the machine besides this project."""

import json
import subprocess
import sys
from pathlib import Path

from infra.bundling import ROOT


def test_a_machine_without_node_and_network_can_synthesize(tmp_path: Path) -> None:
    result = subprocess.run(
        [sys.executable, "-m", "infra.app"],
        cwd=ROOT,
        env={
            "PATH": "/nonexistent",
            "HOME": str(tmp_path),
            "STAGE": "test",
            "BUNDLE": "no",
            "CDK_OUTDIR": str(tmp_path / "out"),
            "CDK_VALIDATION": "false",
            "UV_OFFLINE": "1",
        },
        capture_output=True,
        text=True,
        check=False,
    )

    assert result.returncode == 0, result.stderr
    template = json.loads((tmp_path / "out" / "StripeMetrics-test.template.json").read_text())
    assert template["Description"] == "Stripe Metrics (test)"
    assert "deprecated" not in result.stderr.lower()
