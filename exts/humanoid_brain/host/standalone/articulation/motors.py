# SPDX-License-Identifier: Apache-2.0
"""What drives the joints and what holds them back: gains, limits, armature, friction, control modes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeAlias

from humanoid_brain.errors import HostError
from humanoid_brain.host.standalone.arrays import Array, Indices, Values, to_caller, to_list, to_rows
from humanoid_brain.host.standalone.articulation.joints import ArticulationJoints
from humanoid_brain.host.standalone.articulation.usd_drives import UsdDrives
from humanoid_brain.host.standalone.prim_view import needs_physics
from humanoid_brain.host.standalone.quantity import Quantity
from humanoid_brain.host.standalone.simulation import simulation
from humanoid_brain.host.standalone.types import DofType

if TYPE_CHECKING:
    import torch

Names = Sequence[str]
Gains: TypeAlias = "tuple[torch.Tensor, torch.Tensor]"


class ArticulationMotors(ArticulationJoints):
    """See :class:`humanoid_brain.host.standalone.articulation.ArticulationView`."""

    _default_gains: Gains | None = None
    _paused: tuple[Gains, torch.Tensor, torch.Tensor] | None = None

    @needs_physics
    def get_gains(
        self,
        indices: Indices = None,
        joint_indices: Indices = None,
        joint_names: Names | None = None,
        clone: bool = True,
    ) -> tuple[Array, Array]:
        """Stiffness [M, K] in N*m/rad or N/m, damping [M, K] in N*m*s/rad or N*s/m."""
        kps = self._give_dofs(Quantity.DOF_STIFFNESS, indices, joint_indices, joint_names, clone)
        return kps, self._give_dofs(Quantity.DOF_DAMPING, indices, joint_indices, joint_names, clone)

    @needs_physics
    def set_gains(
        self,
        kps: Values | None = None,
        kds: Values | None = None,
        indices: Indices = None,
        joint_indices: Indices = None,
        joint_names: Names | None = None,
        save_to_usd: bool = False,
    ) -> None:
        """Set stiffness and damping, [M, K] per radian or metre, until the simulation stops.

        A joint without a drive keeps the values but produces no torque.

        Args:
            kps: N*m/rad or N/m, None keeps.
            kds: N*m*s/rad or N*s/m, None keeps.
            indices: Rows.
            joint_indices: DOF columns.
            joint_names: DOF columns by name.
            save_to_usd: Author the values too, so that they outlast the simulation. USD counts per degree.
        """
        for quantity, values in ((Quantity.DOF_STIFFNESS, kps), (Quantity.DOF_DAMPING, kds)):
            if values is not None:
                self._set_dofs(quantity, values, indices, joint_indices, joint_names)
        self._default_gains = self._current_gains()
        if save_to_usd:
            columns = self._columns(joint_indices, joint_names)
            self._drives().write_gains(*self._default_gains, to_list(indices, self.count), columns)

    @needs_physics
    def switch_control_mode(
        self,
        mode: str,
        indices: Indices = None,
        joint_indices: Indices = None,
        joint_names: Names | None = None,
    ) -> None:
        """Choose what commands joints follow, by their gains: "position", "velocity" or "effort"."""
        kps, kds = (each.clone() for each in self._kept_gains())
        if mode not in ("position", "velocity", "effort"):
            raise HostError(f"'{mode}' is no control mode", where=self.name, todo="Use position, velocity or effort")
        if mode != "position":
            kps.zero_()
        if mode == "effort":
            kds.zero_()
        columns = self._columns(joint_indices, joint_names)
        rows = to_rows(indices, self.count, "cpu")
        for quantity, gains in ((Quantity.DOF_STIFFNESS, kps), (Quantity.DOF_DAMPING, kds)):
            chosen = gains if rows is None else gains.index_select(0, rows)
            chosen = chosen if columns is None else chosen.index_select(1, columns)
            self._channel(quantity).set(chosen, indices, columns)

    @needs_physics
    def switch_dof_control_mode(self, mode: str, dof_index: int, indices: Indices = None) -> None:
        """As :meth:`switch_control_mode`, for one DOF."""
        self.switch_control_mode(mode, indices, [dof_index])

    @needs_physics
    def pause_motion(self) -> None:
        """Let go: no gains, no velocities; the state is remembered for :meth:`resume_motion`."""
        targets = self._channel(Quantity.DOF_POSITION_TARGET).get(None, None, clone=True)
        velocities = self._channel(Quantity.DOF_VELOCITY).get(None, None, clone=True)
        self._paused = (self._current_gains(), targets, velocities)
        self._channel(Quantity.DOF_STIFFNESS).set(0.0, None, None)
        self._channel(Quantity.DOF_DAMPING).set(0.0, None, None)
        self._channel(Quantity.DOF_VELOCITY).set(0.0, None, None)

    @needs_physics
    def resume_motion(self) -> None:
        """Undo :meth:`pause_motion`."""
        if self._paused is not None:
            (kps, kds), targets, velocities = self._paused
            self._paused = None
            self._channel(Quantity.DOF_STIFFNESS).set(kps, None, None)
            self._channel(Quantity.DOF_DAMPING).set(kds, None, None)
            self._channel(Quantity.DOF_POSITION_TARGET).set(targets, None, None)
            self._channel(Quantity.DOF_VELOCITY).set(velocities, None, None)

    @needs_physics
    def get_max_efforts(
        self,
        indices: Indices = None,
        joint_indices: Indices = None,
        joint_names: Names | None = None,
        clone: bool = True,
    ) -> Array:
        """[M, K] N*m or N."""
        return self._give_dofs(Quantity.DOF_MAX_EFFORT, indices, joint_indices, joint_names, clone)

    @needs_physics
    def set_max_efforts(
        self,
        values: Values,
        indices: Indices = None,
        joint_indices: Indices = None,
        joint_names: Names | None = None,
    ) -> None:
        """Limit drive and effort together to [M, K] N*m or N."""
        self._set_dofs(Quantity.DOF_MAX_EFFORT, values, indices, joint_indices, joint_names)

    @needs_physics
    def get_joint_max_velocities(
        self,
        indices: Indices = None,
        joint_indices: Indices = None,
        joint_names: Names | None = None,
        clone: bool = True,
    ) -> Array:
        """[M, K] rad/s or m/s."""
        return self._give_dofs(Quantity.DOF_MAX_VELOCITY, indices, joint_indices, joint_names, clone)

    @needs_physics
    def set_max_joint_velocities(
        self,
        values: Values,
        indices: Indices = None,
        joint_indices: Indices = None,
        joint_names: Names | None = None,
    ) -> None:
        """Limit joint velocities to [M, K] rad/s or m/s."""
        self._set_dofs(Quantity.DOF_MAX_VELOCITY, values, indices, joint_indices, joint_names)

    @needs_physics
    def get_armatures(
        self,
        indices: Indices = None,
        joint_indices: Indices = None,
        joint_names: Names | None = None,
        clone: bool = True,
    ) -> Array:
        """Reflected rotor inertia [M, K] kg*m^2 or kg."""
        return self._give_dofs(Quantity.DOF_ARMATURE, indices, joint_indices, joint_names, clone)

    @needs_physics
    def set_armatures(
        self,
        values: Values,
        indices: Indices = None,
        joint_indices: Indices = None,
        joint_names: Names | None = None,
    ) -> None:
        """Set the reflected rotor inertia [M, K] kg*m^2 or kg."""
        self._set_dofs(Quantity.DOF_ARMATURE, values, indices, joint_indices, joint_names)

    @needs_physics
    def get_friction_coefficients(
        self,
        indices: Indices = None,
        joint_indices: Indices = None,
        joint_names: Names | None = None,
        clone: bool = True,
    ) -> Array:
        """Coulomb friction effort of the joints [M, K] N*m or N; Isaac Sim 5 gives a unitless coefficient."""
        return to_caller(self._get_dofs(Quantity.DOF_FRICTION, indices, joint_indices, joint_names, clone)[..., 0])

    @needs_physics
    def set_friction_coefficients(
        self,
        values: Values,
        indices: Indices = None,
        joint_indices: Indices = None,
        joint_names: Names | None = None,
    ) -> None:
        """Set static and dynamic Coulomb friction [M, K] N*m or N; viscous friction stays."""
        import torch

        old = self._get_dofs(Quantity.DOF_FRICTION, indices, joint_indices, joint_names).cpu()
        effort = torch.as_tensor(values).to(old).expand(old.shape[:-1])
        new = torch.stack([effort, effort, old[..., 2]], dim=-1)
        self._set_dofs(Quantity.DOF_FRICTION, new, indices, joint_indices, joint_names)

    @needs_physics
    def get_dof_limits(self) -> Array:
        """[N, D, 2] lower and upper, rad or m."""
        return to_caller(self._channel(Quantity.DOF_LIMIT).get(None, None, clone=True).to(simulation.device))

    @needs_physics
    def get_drive_types(self) -> Array:
        """[N, D] 0 none, 1 force, 2 acceleration."""
        return to_caller(self._channel(Quantity.DOF_DRIVE_TYPE).get(None, None, clone=True).to(simulation.device))

    @needs_physics
    def get_dof_types(self, dof_names: list[str] | None = None) -> list[DofType]:
        """Per DOF (of ``dof_names``) DofType.Rotation or DofType.Translation."""
        return self._drives().types(self.dof_names if dof_names is None else dof_names)

    @needs_physics
    def get_effort_modes(
        self, indices: Indices = None, joint_indices: Indices = None, joint_names: Names | None = None
    ) -> list[list[str]]:
        """Per row and DOF "force", "acceleration", or "none" without a drive."""
        modes = ("none", "force", "acceleration")
        types = self._get_dofs(Quantity.DOF_DRIVE_TYPE, indices, joint_indices, joint_names)
        return [[modes[kind] for kind in row] for row in types.tolist()]

    @needs_physics
    def set_effort_modes(
        self,
        mode: str,
        indices: Indices = None,
        joint_indices: Indices = None,
        joint_names: Names | None = None,
    ) -> None:
        """Author the drives' kind, "force" or "acceleration"; takes effect on the next play."""
        if mode not in ("force", "acceleration"):
            raise HostError(f"'{mode}' is no effort mode", where=self.name, todo="Use force or acceleration")
        self._drives().write_mode(mode, to_list(indices, self.count), self._columns(joint_indices, joint_names))

    def post_reset(self) -> None:
        """Go back to the default state and gains."""
        super().post_reset()
        if self._physics_view is not None and self._default_gains is not None:
            self._channel(Quantity.DOF_STIFFNESS).set(self._default_gains[0], None, None)
            self._channel(Quantity.DOF_DAMPING).set(self._default_gains[1], None, None)

    def _current_gains(self) -> Gains:
        stiffness = self._channel(Quantity.DOF_STIFFNESS).get(None, None, clone=True)
        return stiffness, self._channel(Quantity.DOF_DAMPING).get(None, None, clone=True)

    def _kept_gains(self) -> Gains:
        if self._default_gains is None:
            self._default_gains = self._current_gains()
        return self._default_gains

    def _drives(self) -> UsdDrives:
        return UsdDrives(self._stage, self.prim_paths, self.dof_names, simulation.inventory)
