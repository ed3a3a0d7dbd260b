# SPDX-License-Identifier: Apache-2.0
"""Joint states and commands: positions, velocities, targets, efforts."""

from __future__ import annotations

from collections.abc import Sequence

from humanoid_brain.host.standalone.arrays import Array, Indices, Values, to_caller
from humanoid_brain.host.standalone.articulation.base import ArticulationBase
from humanoid_brain.host.standalone.prim_view import needs_physics
from humanoid_brain.host.standalone.quantity import Quantity
from humanoid_brain.host.standalone.simulation import simulation
from humanoid_brain.host.standalone.types import ArticulationActions, JointsState
from humanoid_brain.host.standalone.xform_view import merged

Names = Sequence[str]


class ArticulationJoints(ArticulationBase):
    """See :class:`humanoid_brain.host.standalone.articulation.ArticulationView`."""

    _joints_default: JointsState | None = None

    def _on_bound(self) -> None:
        """Isaac Sim takes the default joint state from the drive targets at the first initialization."""
        super()._on_bound()
        if self._joints_default is None and self.num_dof:
            positions = to_caller(self._channel(Quantity.DOF_POSITION_TARGET).get(None, None, clone=True))
            velocities = to_caller(self._channel(Quantity.DOF_VELOCITY_TARGET).get(None, None, clone=True))
            self._joints_default = JointsState(positions, velocities, velocities * 0)

    @needs_physics
    def get_joint_positions(
        self,
        indices: Indices = None,
        joint_indices: Indices = None,
        joint_names: Names | None = None,
        clone: bool = True,
    ) -> Array:
        """[M, K] rad or m."""
        return self._give_dofs(Quantity.DOF_POSITION, indices, joint_indices, joint_names, clone)

    @needs_physics
    def set_joint_positions(
        self,
        positions: Values | None,
        indices: Indices = None,
        joint_indices: Indices = None,
        joint_names: Names | None = None,
    ) -> None:
        """Teleport joints to [M, K] rad or m, and set their position targets to the same. Limits are not enforced."""
        if positions is not None:
            self._set_dofs(Quantity.DOF_POSITION, positions, indices, joint_indices, joint_names)
            self._set_dofs(Quantity.DOF_POSITION_TARGET, positions, indices, joint_indices, joint_names)

    @needs_physics
    def set_joint_position_targets(
        self,
        positions: Values | None,
        indices: Indices = None,
        joint_indices: Indices = None,
        joint_names: Names | None = None,
    ) -> None:
        """Set the drives' position targets [M, K] rad or m; no effect on a joint without a drive."""
        if positions is not None:
            self._set_dofs(Quantity.DOF_POSITION_TARGET, positions, indices, joint_indices, joint_names)

    @needs_physics
    def get_joint_velocities(
        self,
        indices: Indices = None,
        joint_indices: Indices = None,
        joint_names: Names | None = None,
        clone: bool = True,
    ) -> Array:
        """[M, K] rad/s or m/s."""
        return self._give_dofs(Quantity.DOF_VELOCITY, indices, joint_indices, joint_names, clone)

    @needs_physics
    def set_joint_velocities(
        self,
        velocities: Values | None,
        indices: Indices = None,
        joint_indices: Indices = None,
        joint_names: Names | None = None,
    ) -> None:
        """Set joint velocities [M, K] rad/s or m/s, and their velocity targets to the same."""
        if velocities is not None:
            self._set_dofs(Quantity.DOF_VELOCITY, velocities, indices, joint_indices, joint_names)
            self._set_dofs(Quantity.DOF_VELOCITY_TARGET, velocities, indices, joint_indices, joint_names)

    @needs_physics
    def set_joint_velocity_targets(
        self,
        velocities: Values | None,
        indices: Indices = None,
        joint_indices: Indices = None,
        joint_names: Names | None = None,
    ) -> None:
        """Set the drives' velocity targets [M, K] rad/s or m/s."""
        if velocities is not None:
            self._set_dofs(Quantity.DOF_VELOCITY_TARGET, velocities, indices, joint_indices, joint_names)

    @needs_physics
    def set_joint_efforts(
        self,
        efforts: Values | None,
        indices: Indices = None,
        joint_indices: Indices = None,
        joint_names: Names | None = None,
    ) -> None:
        """Set efforts [M, K] N*m or N that act besides the drives until rewritten, limited by the max efforts.

        Joints that are not named keep their effort, as in Isaac Sim 6; 5.0 and 5.1 set theirs to zero.
        """
        if efforts is not None:
            self._set_dofs(Quantity.DOF_EFFORT, efforts, indices, joint_indices, joint_names)

    @needs_physics
    def get_applied_joint_efforts(
        self,
        indices: Indices = None,
        joint_indices: Indices = None,
        joint_names: Names | None = None,
        clone: bool = True,
    ) -> Array:
        """[M, K] efforts last set; without those of the drives."""
        return self._give_dofs(Quantity.DOF_EFFORT, indices, joint_indices, joint_names, clone)

    @needs_physics
    def get_measured_joint_efforts(
        self,
        indices: Indices = None,
        joint_indices: Indices = None,
        joint_names: Names | None = None,
        clone: bool = True,
    ) -> Array:
        """[M, K] joint force along the DOF's axis, drives included."""
        return self._give_dofs(Quantity.DOF_PROJECTED_FORCE, indices, joint_indices, joint_names, clone)

    @needs_physics
    def get_measured_joint_forces(
        self,
        indices: Indices = None,
        joint_indices: Indices = None,
        joint_names: Names | None = None,
        clone: bool = True,
    ) -> Array:
        """Force and torque [M, L, 6] that each link's inbound joint exerts on it, in the child joint frame.

        Row 0 is the root, row j + 1 belongs to joint j; ``joint_indices`` count joints, fixed ones included.
        """
        import torch

        if joint_names is not None:
            joint_indices = [self.get_joint_index(name) for name in joint_names]
        columns = None if joint_indices is None else torch.as_tensor(joint_indices, dtype=torch.int64).cpu() + 1
        return to_caller(self._channel(Quantity.LINK_JOINT_FORCE).get(indices, columns, clone))

    @needs_physics
    def apply_action(self, control_actions: ArticulationActions, indices: Indices = None) -> None:
        """Set position targets, velocity targets and efforts in one call; what is None stays."""
        where = (indices, control_actions.joint_indices, control_actions.joint_names)
        self.set_joint_position_targets(control_actions.joint_positions, *where)
        self.set_joint_velocity_targets(control_actions.joint_velocities, *where)
        self.set_joint_efforts(control_actions.joint_efforts, *where)

    @needs_physics
    def get_applied_actions(self, clone: bool = True) -> ArticulationActions:
        """Position targets, velocity targets and efforts, [N, D] each."""
        return ArticulationActions(
            joint_positions=self._give_dofs(Quantity.DOF_POSITION_TARGET, None, None, None, clone),
            joint_velocities=self._give_dofs(Quantity.DOF_VELOCITY_TARGET, None, None, None, clone),
            joint_efforts=self._give_dofs(Quantity.DOF_EFFORT, None, None, None, clone),
        )

    @needs_physics
    def get_joints_state(self) -> JointsState:
        """Positions and velocities [N, D] now; efforts are None, as in Isaac Sim."""
        return JointsState(self.get_joint_positions(), self.get_joint_velocities(), None)

    def get_joints_default_state(self) -> JointsState | None:
        """What :meth:`post_reset` restores: the drive targets of the first play unless set; None before it."""
        return self._joints_default

    def set_joints_default_state(
        self, positions: Values | None = None, velocities: Values | None = None, efforts: Values | None = None
    ) -> None:
        """Change what :meth:`post_reset` restores, [N, D] each."""
        import torch

        zeros = to_caller(torch.zeros(self.count, self.num_dof, device=simulation.device))
        old = self._joints_default or JointsState(zeros, zeros, zeros)
        self._joints_default = JointsState(
            merged(zeros if old.positions is None else old.positions, positions, None),
            merged(zeros if old.velocities is None else old.velocities, velocities, None),
            merged(zeros if old.efforts is None else old.efforts, efforts, None),
        )

    def post_reset(self) -> None:
        """Go back to the default poses and joint state, at rest."""
        super().post_reset()
        if self._physics_view is not None:
            self._channel(self.VELOCITY).set(0.0, None, None)
            if self._joints_default is not None:
                self.set_joint_positions(self._joints_default.positions)
                self.set_joint_velocities(self._joints_default.velocities)
                self.set_joint_efforts(self._joints_default.efforts)
