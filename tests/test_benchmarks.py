# SPDX-License-Identifier: Apache-2.0
"""The benchmark scripts run and print their figures; what the figures are is for docs/benchmarks.md."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest


def figures(repo_root: Path, script: str, *arguments: str) -> list[dict[str, Any]]:
    command = [sys.executable, str(repo_root / "benchmarks" / script), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=280)
    assert done.returncode == 0, done.stderr[-3000:]
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]


@pytest.mark.slow
@pytest.mark.parametrize("window", [True, False])
def test_panels(repo_root: Path, window: bool) -> None:
    rows = figures(repo_root, "panels.py", "--envs", "4", "--seconds", "2", *([] if window else ["--no-window"]))
    assert {row["window"] for row in rows} == {window}
    for shown in ("none", "some"):
        row = {each["name"]: each for each in rows if each.get("shown") == shown}
        assert row["panels.training"]["ratio"] > 0.0 and row["panels.training"]["aim"] == 0.85
        assert row["panels.training_drawn"]["ratio"] > 0.0
        assert row["panels.frames"]["value"] > 0.0 and row["panels.frames"]["aim"] == 30.0
        ticks = [row[f"panels.tick_{name}"]["value"] for name in ("p50", "p95", "max")]
        assert 0.0 < ticks[0] <= ticks[1] <= ticks[2] and row["panels.tick_p95"]["aim"] == 20.0
        assert row["panels.pictures"]["value"] >= 0.0


@pytest.mark.slow
def test_viewport(repo_root: Path) -> None:
    rows = figures(repo_root, "panels.py", "--envs", "4", "--seconds", "6", "--viewport", "--no-window")
    (idle,) = (row for row in rows if row["name"] == "panels.viewport_idle")
    assert idle["value"] > 0.0 and idle["aim"] == 10.0
    assert [row["shown"] for row in rows if row["name"] == "panels.viewport_training"] == ["none", "some"]
