# SPDX-License-Identifier: Apache-2.0
"""Which joint group a joint belongs to, which joint mirrors it, and where it stands in the nominal pose."""

from __future__ import annotations

import re
from collections.abc import Sequence

from humanoid_brain.config.robot import HumanoidSource, JointGroup, RobotConfig
from humanoid_brain.errors import RobotError
from humanoid_brain.scene.humanoid import joint_groups


def effective_groups(config: RobotConfig) -> dict[str, JointGroup]:
    """The robot's joint groups as they act: for the built-in humanoid scaled with its height and mass."""
    if isinstance(config.source, HumanoidSource):
        return joint_groups(config.source, config.joints)
    return config.joints


def matching_groups(name: str, config: RobotConfig) -> list[str]:
    """Names of the groups whose pattern matches the joint ``name``; exactly one in a good description."""
    return [group for group, joint in config.joints.items() if re.fullmatch(joint.pattern, name)]


def assign_groups(names: Sequence[str], config: RobotConfig) -> dict[str, str]:
    """Group of each joint.

    Raises:
        RobotError: A joint matches no group or several; the message lists every such joint.
    """
    found = {name: matching_groups(name, config) for name in names}
    none = [name for name, groups in found.items() if not groups]
    several = [f"{name} ({', '.join(groups)})" for name, groups in found.items() if len(groups) > 1]
    if none:
        raise RobotError(
            f"no joint group matches {', '.join(none)}",
            where=f"robot '{config.name}', joints",
            todo="Add a group or widen a pattern",
        )
    if several:
        raise RobotError(
            f"more than one joint group matches {', '.join(several)}",
            where=f"robot '{config.name}', joints",
            todo="Make the patterns exclusive",
        )
    return {name: groups[0] for name, groups in found.items()}


def mirrored_name(name: str, config: RobotConfig) -> str:
    """Name of the joint or link on the other side; ``name`` itself on the centre line."""
    for own, other in ((config.left_prefix, config.right_prefix), (config.right_prefix, config.left_prefix)):
        if name.startswith(own):
            return other + name[len(own) :]
    return name


def nominal_position(name: str, group: JointGroup, config: RobotConfig) -> float:
    """Nominal position in rad of the joint ``name``: the group's, mirrored on the right side."""
    return group.nominal * group.mirror_sign + 0.0 if name.startswith(config.right_prefix) else group.nominal
