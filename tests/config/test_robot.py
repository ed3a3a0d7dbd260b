# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest

from humanoid_brain.config.base import dump, parse
from humanoid_brain.config.robot import FileSource, HumanoidSource, RobotConfig
from humanoid_brain.errors import ConfigError


def test_the_default_robot_survives_yaml() -> None:
    robot = RobotConfig()
    assert parse(RobotConfig, dump(robot), "robot.yaml") == robot


def test_a_source_with_a_path_is_a_file_and_any_other_the_humanoid() -> None:
    assert isinstance(parse(RobotConfig, "source: {path: a.usd}", "x").source, FileSource)
    assert parse(RobotConfig, "source: {height: 1.5}", "x").source == HumanoidSource(height=1.5)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("source: {height: 0.5}", "greater than or equal to 1"),
        ("source: {mass: 500}", "less than or equal to 200"),
        ("source: {height: 1.2, mass: 150}", "not buildable"),
        ("source: {height: .nan}", "finite number"),
        ("source: {kind: dragon}", "dragon"),
        ("source: {path: a.usd, height: 1.7}", "unknown key 'source.height'"),
        ("feet: [left_foot, left_foot]", "both 'left_foot'"),
        ("left_prefix: right_", "both 'right_'"),
        ("joints: {}", "at least 1 item"),
        ("name: 'two words'", "pattern"),
    ],
)
def test_an_impossible_robot_is_refused(text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        parse(RobotConfig, text, "robot.yaml")


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("pattern", "'(left'", "not a regular expression"),
        ("stiffness", "-1", "greater than or equal to 0"),
        ("effort_limit", "0", "greater than 0"),
        ("nominal", "4", "less than or equal to 3.14"),
        ("action_scale", ".inf", "finite number"),
        ("mirror", "sideways", "'same' or 'opposite'"),
        ("stifness", "1", "unknown key 'joints.knee.stifness'"),
    ],
)
def test_an_impossible_joint_group_is_refused(field: str, value: str, message: str) -> None:
    group = dump(RobotConfig().joints["knee"]).splitlines()
    lines = [line for line in group if not line.startswith(f"{field}:")] + [f"{field}: {value}"]
    text = "joints:\n  knee:\n" + "\n".join(f"    {line}" for line in lines)
    with pytest.raises(ConfigError, match=message):
        parse(RobotConfig, text, "robot.yaml")


def test_pitch_joints_mirror_with_the_same_sign_and_roll_and_yaw_joints_with_the_opposite() -> None:
    for name, group in RobotConfig().joints.items():
        assert group.mirror_sign == (1.0 if name.endswith(("pitch", "knee", "elbow")) else -1.0), name
