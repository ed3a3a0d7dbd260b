# SPDX-License-Identifier: Apache-2.0
"""Write the state of some rows of a view without waiting for the GPU: what resets of episodes need."""

from __future__ import annotations

from typing import TYPE_CHECKING

from humanoid_brain.host.standalone.articulation import ArticulationView
from humanoid_brain.host.standalone.body_view import BodyView
from humanoid_brain.host.standalone.quantity import Quantity
from humanoid_brain.host.standalone.rigid_view import RigidPrimView

if TYPE_CHECKING:
    import torch


def write_rows(
    view: ArticulationView | RigidPrimView,
    mask: torch.Tensor,
    *,
    positions: torch.Tensor | None = None,
    orientations: torch.Tensor | None = None,
    velocities: torch.Tensor | None = None,
    joint_positions: torch.Tensor | None = None,
    joint_velocities: torch.Tensor | None = None,
) -> None:
    """Write full-size tensors, of which only the rows where ``mask`` [N] is true take effect.

    Joint positions and velocities become the drive targets of those rows too, as with the setters.

    Args:
        view: An articulation or rigid body view of a running simulation.
        mask: [N] bool on the world's device.
        positions: [N, 3] m, world.
        orientations: [N, 4] wxyz.
        velocities: [N, 6] linear m/s at the centre of mass and angular rad/s, world.
        joint_positions: [N, D] rad or m.
        joint_velocities: [N, D] rad/s or m/s.
    """
    channels = view.channels
    root = channels.pose(view.POSE)
    where = channels.mask(mask, root.buffer.device)
    if positions is not None or orientations is not None:
        root.stage_pose(positions, orientations)
        root.write_mask(where)
    for quantity, values in _written(view, velocities, joint_positions, joint_velocities):
        channel = channels[quantity]
        channel.buffer.copy_(values)
        channel.write_mask(where)


def _written(
    view: BodyView,
    velocities: torch.Tensor | None,
    joint_positions: torch.Tensor | None,
    joint_velocities: torch.Tensor | None,
) -> list[tuple[Quantity, torch.Tensor]]:
    chosen = [
        (view.VELOCITY, velocities),
        (Quantity.DOF_POSITION, joint_positions),
        (Quantity.DOF_VELOCITY, joint_velocities),
        (Quantity.DOF_POSITION_TARGET, joint_positions),
        (Quantity.DOF_VELOCITY_TARGET, joint_velocities),
    ]
    return [(quantity, values) for quantity, values in chosen if values is not None]
