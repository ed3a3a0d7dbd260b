# SPDX-License-Identifier: Apache-2.0
"""Plain records that views take and give, named as in isaacsim.core.utils.types."""

from __future__ import annotations

from enum import IntEnum

from humanoid_brain.host.standalone.arrays import Array, Indices, Values


class DofType(IntEnum):
    """Kind of a degree of freedom, numbered as omni.physics.tensors does."""

    Rotation = 0
    Translation = 1


class XFormPrimState:
    """Pose of one prim: position [3] m, orientation [4] wxyz."""

    def __init__(self, position: Array, orientation: Array) -> None:
        self.position, self.orientation = position, orientation


class XFormPrimViewState:
    """Poses of a view: positions [N, 3] m, orientations [N, 4] wxyz."""

    def __init__(self, positions: Array, orientations: Array) -> None:
        self.positions, self.orientations = positions, orientations


class DynamicsViewState:
    """Poses and velocities of a view: linear m/s and angular rad/s, world frame, [N, 3] each."""

    def __init__(
        self, positions: Array, orientations: Array, linear_velocities: Array, angular_velocities: Array
    ) -> None:
        self.positions, self.orientations = positions, orientations
        self.linear_velocities, self.angular_velocities = linear_velocities, angular_velocities


class JointsState:
    """Joint positions, velocities and efforts [N, D]."""

    def __init__(self, positions: Array | None, velocities: Array | None, efforts: Array | None) -> None:
        self.positions, self.velocities, self.efforts = positions, velocities, efforts


class ArticulationActions:
    """Commands to joints: position targets, velocity targets and efforts, [M, K] each or None."""

    def __init__(
        self,
        joint_positions: Values | None = None,
        joint_velocities: Values | None = None,
        joint_efforts: Values | None = None,
        joint_indices: Indices = None,
        joint_names: list[str] | None = None,
    ) -> None:
        self.joint_positions, self.joint_velocities, self.joint_efforts = (
            joint_positions,
            joint_velocities,
            joint_efforts,
        )
        self.joint_indices, self.joint_names = joint_indices, joint_names
