# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from pathlib import Path

import pytest

from humanoid_brain.config.base import dump, load, parse
from humanoid_brain.config.scene import SceneConfig
from humanoid_brain.errors import ConfigError


def test_the_default_scene_survives_yaml() -> None:
    scene = SceneConfig()
    assert parse(SceneConfig, dump(scene), "scene.yaml") == scene


def test_every_preset_is_a_scene(repo_root: Path) -> None:
    presets = sorted((repo_root / "config" / "scenes").glob("*.yaml"))
    assert presets
    for preset in presets:
        load(SceneConfig, preset)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("num_envs: 0", "greater than or equal to 1"),
        ("num_envs: 1000000", "less than or equal to 65536"),
        ("spacing: 0.1", "greater than or equal to 0.5"),
        ("physics: {dt: 0.0}", "greater than or equal to 0.0001"),
        ("physics: {dt: 0.0037}", "whole number of steps per second, not 270.27; use 1/270"),
        ("physics: {dt: .nan}", "finite number"),
        ("physics: {solver: XPBD}", "'TGS' or 'PGS'"),
        ("physics: {position_iterations: 0}", "greater than or equal to 1"),
        ("physics: {gravity: -9.81}", "greater than or equal to 0"),
        ("physics: {gpu: {heap_capacity: 1}}", "greater than or equal to 1048576"),
        ("ground: {static_friction: 0.5, dynamic_friction: 0.8}", "dynamic_friction 0.8 is above static_friction 0.5"),
        ("ground: {restitution: 2}", "less than or equal to 1"),
        ("ground: {colors: [[0, 0, 0], [0, 0, 2]]}", "less than or equal to 1"),
        ("camera: {position: [0, 0, 1], target: [0, 0, 1]}", "the same point"),
        ("lights: {sun_elevation: 120}", "less than or equal to 90"),
        ("robots: {}", "unknown key 'robots'"),
    ],
)
def test_an_impossible_scene_is_refused(text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        parse(SceneConfig, text, "scene.yaml")


def test_a_time_step_is_made_the_exact_inverse_of_its_rate() -> None:
    assert parse(SceneConfig, "physics: {dt: 0.00833333333}", "x").physics.dt == 1.0 / 120.0
