# SPDX-License-Identifier: Apache-2.0
"""The demo leaves everything it promises, and does nothing twice."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from humanoid_brain import demo
from humanoid_brain.config.commands import DemoConfig


@pytest.mark.slow
def test_scene_run_evaluation_and_film_are_made_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from humanoid_brain.config.evaluation import CommandStep

    # The film of the real demo takes two minutes.
    small = {"width": 64, "height": 64, "samples": 1, "commands": [CommandStep(seconds=0.2, forward=0.5)]}
    monkeypatch.setattr(demo, "_FILM", small)
    monkeypatch.setattr(demo, "_PICTURES", {"width": 96, "height": 72, "quality": "preview"})
    config = DemoConfig(iterations=2, episodes=4, frames=2, output=tmp_path)

    result = demo.run(config)
    assert not result["interrupted"] and 0.0 <= result["survival"] <= 1.0
    made = {str(path.relative_to(tmp_path)): path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file()}
    for name in ("scene/scene.usda", "scene/scene.png", "curve.png", "run/policy/policy.safetensors",
                 "evaluation/report.json", "evaluation/report.png", "film/film.webm",
                 "dataset/annotations.json", "dataset/report.html", "dataset/color/000001.png"):  # fmt: skip
        assert name in made
    assert json.loads((tmp_path / "evaluation" / "report.json").read_text())["survival"] == result["survival"]

    assert demo.run(config) == result
    again = {str(path.relative_to(tmp_path)): path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file()}
    for name in ("scene/scene.usda", "evaluation/report.json", "film/film.webm"):
        assert again[name] == made[name]
