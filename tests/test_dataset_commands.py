# SPDX-License-Identifier: Apache-2.0
"""Datasets from the shell: preview, capture, inspect, export, merge."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

PLAIN = Path("config/captures/plain.yaml")
TINY = ["--width", "96", "--height", "72", "--quality", "preview", "--dataset.workers", "1"]


def brain(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "humanoid_brain", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, env=dict(os.environ))


def report_of(result: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    assert "Traceback" not in result.stderr, result.stderr
    return json.loads(result.stdout.splitlines()[-1])


@pytest.mark.slow
def test_capture_inspect_export_and_merge(tmp_path: Path, repo_root: Path) -> None:
    preset = repo_root / PLAIN
    for shard in ("0/2", "1/2"):
        output = tmp_path / shard[0]
        result = brain(
            "capture", "--config", preset, *TINY, "--frames", 3, "--shard", shard, "--output", output, "--json"
        )
        assert result.returncode == 0 and not report_of(result)["interrupted"], result.stderr
    result = brain("merge-datasets", tmp_path / "0", tmp_path / "1", "--output", tmp_path / "whole", "--json")
    assert report_of(result)["frames"] == 3 and result.returncode == 0

    result = brain("validate-dataset", tmp_path / "whole", "--json")
    report = report_of(result)
    assert (result.returncode, report["errors"], report["pictures"]) == (0, 0, 3), result.stderr
    assert Path(report["report"]).is_file()

    result = brain(
        "export-dataset", tmp_path / "whole", "--format", "yolo-pose", "--output", tmp_path / "yolo", "--json"
    )
    assert result.returncode == 0 and (tmp_path / "yolo" / "data.yaml").is_file(), result.stderr

    picture = tmp_path / "whole" / "color" / "000001.png"
    picture.write_bytes(picture.read_bytes()[:-200])
    result = brain("validate-dataset", tmp_path / "whole", "--json")
    assert result.returncode == 1 and report_of(result)["errors"] >= 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("validate-dataset", "nowhere"), "nowhere"),
        (("export-dataset", "nowhere"), "nowhere"),
        (("merge-datasets",), "no shards to merge"),
        (("capture", "--shard", "3/2"), "shard"),
        (("capture", "--scene.num-envs", "2"), "one environment"),
    ],
)
def test_impossible_orders_are_one_clear_error(tmp_path: Path, arguments: tuple[str, ...], message: str) -> None:
    result = brain(*arguments, "--output", tmp_path / "out")
    text = result.stdout + result.stderr
    assert result.returncode in (1, 2) and message in text and "Traceback" not in text, text
    assert not (tmp_path / "out").exists()
