# SPDX-License-Identifier: Apache-2.0
"""Solver settings of each articulation, authored on USD. They take effect on the next play."""

from __future__ import annotations

from humanoid_brain.host.standalone.arrays import Array, Indices, Values, to_caller, to_list
from humanoid_brain.host.standalone.articulation.base import ArticulationBase
from humanoid_brain.host.standalone.simulation import simulation
from humanoid_brain.host.standalone.usd_values import UsdValue

_API = "PhysxArticulationAPI"
_POSITION_ITERATIONS = UsdValue(_API, "physxArticulation:solverPositionIterationCount", "int", 32)
_VELOCITY_ITERATIONS = UsdValue(_API, "physxArticulation:solverVelocityIterationCount", "int", 1)
_STABILIZATION = UsdValue(_API, "physxArticulation:stabilizationThreshold", "float", 1e-3)
_SLEEP = UsdValue(_API, "physxArticulation:sleepThreshold", "float", 5e-5)
_SELF_COLLISIONS = UsdValue(_API, "physxArticulation:enabledSelfCollisions", "bool", 1)


class ArticulationSolver(ArticulationBase):
    """See :class:`humanoid_brain.host.standalone.articulation.ArticulationView`. K rows; clones share a value."""

    def get_solver_position_iteration_counts(self, indices: Indices = None) -> Array:
        """[M] position iterations."""
        return self._usd(_POSITION_ITERATIONS, indices)

    def set_solver_position_iteration_counts(self, counts: Values, indices: Indices = None) -> None:
        """Author [K] position iterations."""
        self._set_usd(_POSITION_ITERATIONS, counts, indices)

    def get_solver_velocity_iteration_counts(self, indices: Indices = None) -> Array:
        """[M] velocity iterations."""
        return self._usd(_VELOCITY_ITERATIONS, indices)

    def set_solver_velocity_iteration_counts(self, counts: Values, indices: Indices = None) -> None:
        """Author [K] velocity iterations."""
        self._set_usd(_VELOCITY_ITERATIONS, counts, indices)

    def get_stabilization_thresholds(self, indices: Indices = None) -> Array:
        """[M] mass-normalised kinetic energy below which motion is damped."""
        return self._usd(_STABILIZATION, indices)

    def set_stabilization_thresholds(self, thresholds: Values, indices: Indices = None) -> None:
        """Author [K]."""
        self._set_usd(_STABILIZATION, thresholds, indices)

    def get_sleep_thresholds(self, indices: Indices = None) -> Array:
        """[M] mass-normalised kinetic energy below which the articulation falls asleep."""
        return self._usd(_SLEEP, indices)

    def set_sleep_thresholds(self, thresholds: Values, indices: Indices = None) -> None:
        """Author [K]."""
        self._set_usd(_SLEEP, thresholds, indices)

    def get_enabled_self_collisions(self, indices: Indices = None) -> Array:
        """[M] bool: links that no joint connects collide with one another."""
        return self._usd(_SELF_COLLISIONS, indices)

    def set_enabled_self_collisions(self, flags: Values, indices: Indices = None) -> None:
        """Author [K] bool."""
        self._set_usd(_SELF_COLLISIONS, flags, indices)

    def _usd(self, value: UsdValue, indices: Indices) -> Array:
        import torch

        dtype = {"float": torch.float32, "int": torch.int32, "bool": torch.bool}[value.kind]
        values = [value.read(self._authored(row)) for row in to_list(indices, self.count)]
        return to_caller(torch.tensor(values, dtype=dtype, device=simulation.device))

    def _set_usd(self, value: UsdValue, values: Values, indices: Indices) -> None:
        import torch

        prims = [self._authored(row) for row in to_list(indices, self.count)]
        value.write(prims, torch.as_tensor(values).float().expand(len(prims)).tolist())
