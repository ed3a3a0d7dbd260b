# SPDX-License-Identifier: Apache-2.0
"""docs/robot.md says what the code does."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np

from humanoid_brain.config.robot import HumanoidSource, RobotConfig
from humanoid_brain.scene.humanoid import humanoid_links
from humanoid_brain.scene.joints import assign_groups


def joint_rows() -> list[str]:
    """Table rows of the left and centre joints."""
    config = RobotConfig()
    joints = [link.joint for link in humanoid_links(HumanoidSource()) if link.joint and "right_" not in link.name]
    groups = assign_groups([joint.name for joint in joints], config)
    rows = []
    for joint in joints:
        group = config.joints[groups[joint.name]]
        span = f"{math.degrees(joint.lower):.0f} to {math.degrees(joint.upper):.0f}"
        numbers = (
            group.effort_limit,
            group.velocity_limit,
            group.stiffness,
            group.damping,
            group.armature,
            group.nominal,
            group.action_scale,
        )
        rows.append(f"| `{joint.name}` | {span} | {' | '.join(f'{number:g}' for number in numbers)} |")
    return rows


def link_rows() -> list[str]:
    """Table rows of the left and centre links."""
    rows = []
    for link in humanoid_links(HumanoidSource()):
        if "right_" not in link.name:
            com = ", ".join(f"{value + 0.0:.3f}" for value in link.inertial.com)
            inertia = ", ".join(f"{value:.5f}" for value in np.diag(link.inertial.inertia))
            rows.append(f"| `{link.name}` | {link.inertial.mass:.3f} | {com} | {inertia} |")
    return rows


def test_the_tables_in_the_docs_are_those_of_the_code(repo_root: Path) -> None:
    lines = (repo_root / "docs" / "robot.md").read_text(encoding="utf-8").splitlines()
    missing = [row for row in [*joint_rows(), *link_rows()] if row not in lines]
    assert missing == []


def test_the_pictures_in_the_docs_are_there_and_small(repo_root: Path) -> None:
    for name in ("robot_walk", "robot_sides", "robot_portrait"):
        assert 10_000 < (repo_root / "docs" / "images" / f"{name}.png").stat().st_size < 300_000
