# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest

from humanoid_brain.config.base import dump, parse
from humanoid_brain.config.interior import InteriorConfig
from humanoid_brain.config.scene import SceneConfig
from humanoid_brain.errors import ConfigError


def test_the_default_interior_survives_yaml() -> None:
    scene = SceneConfig(
        interior=InteriorConfig(), camera=parse(SceneConfig, "camera: {position: [2, -2, 1.5]}", "x").camera
    )
    assert parse(SceneConfig, dump(scene), "scene.yaml") == scene


def test_the_pool_holds_what_a_frame_may_show() -> None:
    interior = parse(InteriorConfig, "chairs: {count: [0, 9], variants: 2}\ntables: {count: [0, 0]}", "x")
    assert interior.chairs.pool == 9
    assert interior.tables.pool == 0


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("width: [7.0, 6.0]", "lower end of the range, 7, lies above the upper end, 6"),
        ("width: [1.0, 6.0]", "greater than or equal to 2"),
        ("height: [2.5, 40.0]", "less than or equal to 20"),
        ("floors: []", "at least 1 item"),
        ("floors: [lava]", "'planks', 'parquet', 'tiles', 'carpet' or 'concrete'"),
        ("chairs: {kinds: [throne]}", "'dining', 'office', 'stool' or 'armchair'"),
        ("chairs: {count: [4, 2]}", "lower end of the range, 4, lies above the upper end, 2"),
        ("chairs: {count: [-1, 2]}", "greater than or equal to 0"),
        ("chairs: {at_tables: 1.5}", "less than or equal to 1"),
        ("windows: [north]", "the north wall cannot hold a window and the door"),
        ("windows: [south, south]", "name each wall once"),
        ("robot_clearance: 3.0", "leaves no floor in the smallest room"),
        ("clearance: -0.1", "greater than or equal to 0"),
        ("carpet: red", "unknown key 'carpet'"),
    ],
)
def test_an_impossible_interior_is_refused(text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        parse(InteriorConfig, text, "interior.yaml")


def test_an_interior_holds_one_environment() -> None:
    with pytest.raises(ConfigError, match="one environment, not 4; set num_envs to 1"):
        parse(SceneConfig, "num_envs: 4\ncamera: {position: [2, -2, 1.5]}\ninterior: {}", "scene.yaml")


@pytest.mark.parametrize("position", ["[3.2, -2.4, 1.6]", "[0, 2.9, 1.6]", "[2, 2, 2.6]", "[2, 2, 0.0]"])
def test_a_camera_outside_the_smallest_room_is_refused(position: str) -> None:
    with pytest.raises(ConfigError, match="outside the smallest room"):
        parse(SceneConfig, f"camera: {{position: {position}}}\ninterior: {{}}", "scene.yaml")
