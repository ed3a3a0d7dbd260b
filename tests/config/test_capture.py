# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from pathlib import Path

import pytest

from humanoid_brain import paths
from humanoid_brain.config import base
from humanoid_brain.config.capture import CaptureConfig
from humanoid_brain.errors import ConfigError

PRESETS = sorted((paths.config() / "captures").glob("*.yaml"))


@pytest.mark.parametrize("path", PRESETS, ids=lambda path: path.stem)
def test_presets_load_and_survive_being_saved(path: Path, tmp_path: Path) -> None:
    config = base.load(CaptureConfig, path)
    base.save(config, tmp_path / "saved.yaml")
    assert base.load(CaptureConfig, tmp_path / "saved.yaml") == config


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("scene: {num_envs: 4}\n", "one environment"),
        ("classes: [floor]\n", "'floor' is in classes and in stuff"),
        ("camera: World/camera\n", "c.yaml:1: camera:"),
        ("frames: 0\n", "greater than or equal to 1"),
        ("dataset: {outputs: [color, color]}\n", "color is given twice"),
    ],
)
def test_impossible_captures_are_refused(text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        base.parse(CaptureConfig, text, "c.yaml")
