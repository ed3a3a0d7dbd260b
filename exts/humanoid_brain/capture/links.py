# SPDX-License-Identifier: Apache-2.0
"""Where links are: by the physics while it is loaded, and on the stage else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from humanoid_brain.optics import Array

if TYPE_CHECKING:
    from humanoid_brain.host import Host


class LinkPoses:
    """The poses of some rigid bodies, on either host.

    Args:
        host: The simulator.
        paths: Their paths, or expressions for them.
        name: Name of the view, which must be the only one of that name.
    """

    def __init__(self, host: Host, paths: list[str], name: str) -> None:
        self._view = host.RigidPrimView(prim_paths_expr=paths, name=name, reset_xform_properties=False)
        world = host.World.instance()
        if world is not None and world.is_simulating():
            self._view.initialize(world.physics_sim_view)

    def read(self) -> dict[str, Array]:
        """Pose (4, 4) of each link by path, world_from_link for column vectors, as it is now."""
        import torch

        from humanoid_brain.learning.rotations import poses

        # Views of a world with numpy's backend give arrays of numpy.
        positions, orientations = (torch.as_tensor(each) for each in self._view.get_world_poses(clone=False))
        return dict(zip(self._view.prim_paths, poses(positions, orientations).numpy(), strict=True))
