# SPDX-License-Identifier: Apache-2.0
"""Where the bodies of some environments are, for a viewport that shows a scene of its own."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch

from humanoid_brain.learning.simulation import Simulation
from humanoid_brain.scene.build import ENVS, grid_origins

_DIGITS = 4


class Bodies:
    """Bodies of the first ``shown`` environments, moved to where a scene of that many environments has them.

    Args:
        simulation: The World, already reset.
        shown: Environments of the scene that is shown.
        spacing: Distance between its environments, m.
    """

    def __init__(self, simulation: Simulation, shown: int, spacing: float) -> None:
        built = simulation.built
        self._simulation = simulation
        paths = [f"{ENVS}/env_{env}/Robot/{link}" for env in range(shown) for link in built.link_paths.values()]
        self._view = simulation.host.RigidPrimView(prim_paths_expr=paths, name="shown", reset_xform_properties=False)
        self._view.initialize(simulation.world.physics_sim_view)
        self.paths: list[str] = list(self._view.prim_paths)
        """Paths of the bodies."""
        self.root = f"{ENVS}/env_0/Robot/{built.link_paths[built.robot.root_link]}"
        """Path of the first robot's root link."""
        there = grid_origins(shown, spacing).astype(np.float32)
        here = built.env_origins[:shown]
        rows = [int(path[len(ENVS) + len("/env_") :].partition("/")[0]) for path in self.paths]
        self._shift = torch.from_numpy((there - here)[rows])

    def poses(self) -> dict[str, list[float]]:
        """Position in m and orientation wxyz, 7 numbers, by path."""
        positions, orientations = self._view.get_world_poses(clone=False)
        rows: npt.NDArray[np.float64] = (
            torch.cat([positions.cpu() + self._shift, orientations.cpu()], -1).double().numpy().round(_DIGITS)
        )
        return dict(zip(self.paths, rows.tolist(), strict=True))
