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
    """Bodies of ``shown`` environments, moved to where a scene of that many environments has them.

    Args:
        simulation: The World, already reset.
        shown: Environments of the scene that is shown.
        spacing: Distance between its environments, m.
        first: Number of the environment that stands in the scene as its first one.
    """

    def __init__(self, simulation: Simulation, shown: int, spacing: float, first: int = 0) -> None:
        built = simulation.built
        self._simulation = simulation
        paths = [
            f"{ENVS}/env_{env}/Robot/{link}"
            for env in range(first, first + shown)
            for link in built.link_paths.values()
        ]
        self._view = simulation.host.RigidPrimView(prim_paths_expr=paths, name="shown", reset_xform_properties=False)
        self._view.initialize(simulation.world.physics_sim_view)
        there = grid_origins(shown, spacing).astype(np.float32)
        here = built.env_origins[first : first + shown]
        parts = [path[len(ENVS) + len("/env_") :].partition("/") for path in self._view.prim_paths]
        rows = [int(env) - first for env, _, _ in parts]
        self.paths: list[str] = [f"{ENVS}/env_{row}/{rest}" for row, (_, _, rest) in zip(rows, parts, strict=True)]
        """Paths of the bodies in the scene."""
        self._root = built.link_paths[built.robot.root_link]
        self._shift = torch.from_numpy((there - here)[rows])
        self._shown, self._moved = slice(first, first + shown), torch.from_numpy(there - here)

    def root(self, place: int) -> str:
        """Path of a robot's root link in the scene."""
        return f"{ENVS}/env_{place}/Robot/{self._root}"

    def poses(self) -> dict[str, list[float]]:
        """Position in m and orientation wxyz, 7 numbers, by path."""
        positions, orientations = self._view.get_world_poses(clone=False)
        rows: npt.NDArray[np.float64] = (
            torch.cat([positions.cpu() + self._shift, orientations.cpu()], -1).double().numpy().round(_DIGITS)
        )
        return dict(zip(self.paths, rows.tolist(), strict=True))

    def places(self, points: torch.Tensor) -> list[list[float]]:
        """Where points on the ground (N, 2), one of each environment, are in the scene: those of the shown ones, m."""
        return (points[self._shown].cpu() + self._moved[:, :2]).double().numpy().round(_DIGITS).tolist()
