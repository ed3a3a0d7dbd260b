# SPDX-License-Identifier: Apache-2.0
"""A robot's description resolved against its simulated joints and links: arrays in the simulator's order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from humanoid_brain.config.robot import JointGroup, RobotConfig
from humanoid_brain.errors import RobotError
from humanoid_brain.scene.joints import assign_groups, effective_groups, mirrored_name, nominal_position

if TYPE_CHECKING:
    from humanoid_brain.scene.robots import RobotAsset

Floats = npt.NDArray[np.float32]
Integers = npt.NDArray[np.int64]

SOLE_DEPTH = 0.01
"""Collision points at most this far in m above a foot's lowest one belong to the sole."""


@dataclass(frozen=True)
class RobotModel:
    """A robot as arrays over its D degrees of freedom, in the order of ``dof_names``; SI units and rad."""

    dof_names: list[str]
    body_names: list[str]
    nominal: Floats
    """Nominal positions [D] in rad."""
    stiffness: Floats
    """[D] N*m/rad."""
    damping: Floats
    """[D] N*m*s/rad."""
    effort_limit: Floats
    """[D] N*m."""
    velocity_limit: Floats
    """[D] rad/s."""
    armature: Floats
    """[D] kg*m^2."""
    action_scale: Floats
    """[D] rad for an action of 1."""
    groups: list[str]
    """Joint-group name per DOF."""
    mirror_index: Integers
    """[D]: q_mirrored[i] = mirror_sign[i] * q[mirror_index[i]]."""
    mirror_sign: Floats
    """[D] +1 or -1."""
    foot_names: tuple[str, str]
    """Left, right."""
    foot_indices: tuple[int, int]
    """Of the feet in ``body_names``."""
    torso_index: int
    """Of the torso in ``body_names``."""
    root_index: int
    """Of the root link in ``body_names``."""
    nominal_height: float
    """Height in m of the root link's origin above the ground in the nominal pose."""
    sole_points: Floats
    """[4, 3] corners of the sole's contact rectangle in the left foot's frame, in m."""


def resolve(
    config: RobotConfig, dof_names: Sequence[str], body_names: Sequence[str], asset: RobotAsset | None = None
) -> RobotModel:
    """Arrange the description ``config`` for joints and links in the given order.

    Args:
        config: The robot's description.
        dof_names: Names of the degrees of freedom, as the articulation view gives them.
        body_names: Names of the links, as the articulation view gives them.
        asset: The robot's opened USD; opened from ``config`` when it is left out.

    Raises:
        RobotError: A joint without a group or a mirror image, or a link that does not exist.
    """
    names = list(dof_names)
    assigned = assign_groups(names, config)
    groups = effective_groups(config)
    of_joint = [groups[assigned[name]] for name in names]
    nominal = {name: nominal_position(name, group, config) for name, group in zip(names, of_joint, strict=True)}
    bodies = list(body_names)
    wanted = (*config.feet, config.torso_link, config.root_link)
    missing = [name for name in dict.fromkeys(wanted) if name not in bodies]
    if missing:
        raise RobotError(
            f"the robot has no link {', '.join(missing)}",
            where=f"robot '{config.name}'",
            todo=f"Its links are {', '.join(bodies)}",
        )
    height, sole = stance(config, nominal, asset)

    def array(field: str) -> Floats:
        return np.array([getattr(group, field) for group in of_joint], np.float32)

    return RobotModel(
        dof_names=names,
        body_names=bodies,
        nominal=np.array([nominal[name] for name in names], np.float32),
        stiffness=array("stiffness"),
        damping=array("damping"),
        effort_limit=array("effort_limit"),
        velocity_limit=array("velocity_limit"),
        armature=array("armature"),
        action_scale=array("action_scale"),
        groups=[assigned[name] for name in names],
        mirror_index=_mirror_index(names, config),
        mirror_sign=_mirror_sign(of_joint),
        foot_names=config.feet,
        foot_indices=(bodies.index(config.feet[0]), bodies.index(config.feet[1])),
        torso_index=bodies.index(config.torso_link),
        root_index=bodies.index(config.root_link),
        nominal_height=height,
        sole_points=sole,
    )


def _mirror_sign(groups: list[JointGroup]) -> Floats:
    return np.array([group.mirror_sign for group in groups], np.float32)


def _mirror_index(names: list[str], config: RobotConfig) -> Integers:
    twins = [mirrored_name(name, config) for name in names]
    alone = [f"{name} (no {twin})" for name, twin in zip(names, twins, strict=True) if twin not in names]
    if alone:
        raise RobotError(
            f"joints without a mirror image: {', '.join(alone)}",
            where=f"robot '{config.name}'",
            todo="Set left_prefix and right_prefix to what the names begin with",
        )
    return np.array([names.index(twin) for twin in twins], np.int64)


def stance(config: RobotConfig, positions: dict[str, float], asset: RobotAsset | None = None) -> tuple[float, Floats]:
    """Height in m of the root link above the lower sole, and the left sole's rectangle in its foot's frame (4, 3).

    Args:
        config: The robot's description.
        positions: Joint positions in rad by name; others are 0.
        asset: The robot's opened USD; opened from ``config`` when it is left out.

    Raises:
        RobotError: A foot has no collision shape.
    """
    from humanoid_brain.scene.kinematics import collision_points, read_tree
    from humanoid_brain.scene.robots import open_robot

    asset = asset or open_robot(config)
    tree = read_tree(asset.prim)
    poses = tree.forward(positions)
    soles: list[npt.NDArray[np.float64]] = []
    for foot in config.feet:
        points = collision_points(asset.stage.GetPrimAtPath(tree.links[foot]))
        if not len(points):
            raise RobotError(
                f"the foot '{foot}' has no collision shape",
                where=asset.name,
                todo="Give it one, or name the link that touches the ground in 'feet'",
            )
        soles.append(points @ poses[foot][:3, :3].T + poses[foot][:3, 3])
    lowest = min(points[:, 2].min() for points in soles)
    height = poses[config.root_link][2, 3] - lowest
    return float(height), _sole_rectangle(soles[0], poses[config.feet[0]])


def _sole_rectangle(points: npt.NDArray[np.float64], foot: npt.NDArray[np.float64]) -> Floats:
    """Corners of the smallest level rectangle, aligned with the root, around the foot's lowest points."""
    bottom = points[points[:, 2] <= points[:, 2].min() + SOLE_DEPTH]
    (x0, y0), (x1, y1) = bottom[:, :2].min(0), bottom[:, :2].max(0)
    z = bottom[:, 2].min()
    corners = np.array([[x1, y1, z], [x1, y0, z], [x0, y1, z], [x0, y0, z]])
    inverse = np.linalg.inv(foot)
    return (corners @ inverse[:3, :3].T + inverse[:3, 3]).astype(np.float32)
