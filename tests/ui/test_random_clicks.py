# SPDX-License-Identifier: Apache-2.0
"""A short while of random clicks, and that the tool sees what goes wrong; docs/panels.md says how to run it longer."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

SCENE = {"do": "click", "place": ["Humanoid Brain", 0, 1, 0, 1, 0, 0], "name": "Button Scene"}
SWATCH = [0, 1, 1, 0, 0, 1, 0, 1, 1, 2, 0, 0, 1, 1, 0, 1, 1, 0, 0, 3, 0, 1, 1, 0, 0]
"""Where the ground's second colour is, in the main window."""
CLOSED = '{"do": "stage_closed"}\n'


def clicks(repo_root: Path, cwd: Path, *options: str, patch: str = "pass") -> subprocess.CompletedProcess[str]:
    code = f"import sys; {patch}; from tests.ui.random_clicks import main; sys.exit(main())"
    path = os.pathsep.join([str(repo_root), os.environ["PYTHONPATH"]])
    command = [sys.executable, "-c", code, *options, "--folder", str(cwd / "place")]
    environment = {**os.environ, "PYTHONPATH": path, "OMNIUI_HEADLESS": "1"}
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=880)


def actions(log: Path) -> list[dict[str, Any]]:
    return [entry for entry in map(json.loads, log.read_text().splitlines()) if "do" in entry]


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_random_clicks_find_no_fault_and_can_be_played_again(repo_root: Path, tmp_path: Path) -> None:
    done = clicks(repo_root, tmp_path, "--seed", "5", "--seconds", "25", "--log", "clicks.jsonl")
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    first = actions(tmp_path / "clicks.jsonl")
    assert len(first) >= 5 and len({each["do"] for each in first}) >= 3
    again = clicks(repo_root, tmp_path, "--replay", "clicks.jsonl", "--log", "again.jsonl")
    assert again.returncode == 0, again.stdout[-4000:] + again.stderr[-4000:]
    assert actions(tmp_path / "again.jsonl") == first
    assert {path.name for path in tmp_path.iterdir()} == {"clicks.jsonl", "again.jsonl", "place"}


@pytest.mark.parametrize(
    ("patch", "fault"),
    [
        (
            "from humanoid_brain.ui.window import MainWindow; MainWindow.on_stage_closed = lambda self: 1 // 0",
            "ZeroDivisionError",
        ),
        (
            "from humanoid_brain.ui.window import MainWindow; MainWindow.update = lambda self: 1 // 0",
            "ZeroDivisionError",
        ),
        (
            "from humanoid_brain.ui.window import MainWindow; kept = []; destroy = MainWindow.destroy; "
            "MainWindow.destroy = lambda self: (kept.append(self), destroy(self))",
            "left over: humanoid_brain.ui.window.MainWindow",
        ),
    ],
    ids=["action", "frame", "leak"],
)
def test_a_fault_is_seen(repo_root: Path, tmp_path: Path, patch: str, fault: str) -> None:
    (tmp_path / "clicks.jsonl").write_text(CLOSED)
    done = clicks(repo_root, tmp_path, "--replay", "clicks.jsonl", patch=patch)
    assert done.returncode == 1 and fault in done.stdout, done.stdout + done.stderr


def test_a_swatch_of_a_colour_can_be_clicked(repo_root: Path, tmp_path: Path) -> None:
    """ovui's own begin_edit of a model calls itself for ever."""
    code = (
        "from humanoid_brain.ui.form import Form; from humanoid_brain.config.scene import SceneConfig; "
        "from humanoid_brain.ui.widgets.color import ColorModel; "
        "model = ColorModel(Form(SceneConfig), ('ground', 'colors', 0)); model.begin_edit(None); model.end_edit(None)"
    )
    environment = {**os.environ, "OMNIUI_HEADLESS": "1"}
    done = subprocess.run([sys.executable, "-c", code], env=environment, cwd=tmp_path, timeout=120)
    assert done.returncode == 0


def test_the_studio_can_be_closed_while_a_colour_is_picked(repo_root: Path, tmp_path: Path) -> None:
    """ovui goes on drawing the picker of a swatch that was destroyed, and the process ends with a signal."""
    opened = {"do": "click", "place": ["Humanoid Brain", *SWATCH], "name": "ColorWidget"}
    lines = [SCENE, opened, {"do": "rebuild"}, SCENE, opened, {"do": "frames", "count": 3}, {"do": "rebuild"}]
    (tmp_path / "clicks.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    picked = (
        "from humanoid_brain.ui.widgets.color import ColorModel; begin = ColorModel.begin_edit; "
        "ColorModel.begin_edit = lambda self, item=None: (print('picked'), begin(self, item))[1]"
    )
    done = clicks(repo_root, tmp_path, "--replay", "clicks.jsonl", patch=picked)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("picked") == 2
