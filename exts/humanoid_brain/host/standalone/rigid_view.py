# SPDX-License-Identifier: Apache-2.0
"""A view of rigid bodies: links of articulations or free ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from humanoid_brain.host.standalone.arrays import Array, Indices, Values, to_caller, to_list
from humanoid_brain.host.standalone.body_view import BodyView
from humanoid_brain.host.standalone.contact_view import RigidContactView
from humanoid_brain.host.standalone.prim_view import needs_physics
from humanoid_brain.host.standalone.quantity import Quantity
from humanoid_brain.host.standalone.simulation import SimulationView, simulation
from humanoid_brain.host.standalone.types import DynamicsViewState
from humanoid_brain.host.standalone.usd_values import UsdValue
from humanoid_brain.host.standalone.xform_view import XFormPrimView, merged

if TYPE_CHECKING:
    import torch

_DENSITY = UsdValue("PhysicsMassAPI", "physics:density", "float", 0.0)
_SLEEP = UsdValue("PhysxRigidBodyAPI", "physxRigidBody:sleepThreshold", "float", 5e-5)


class RigidPrimView(BodyView):
    """N rigid bodies.

    Args:
        prim_paths_expr: See :class:`~humanoid_brain.host.standalone.prim_view.Prim`.
        name: Unique name in the scene.
        positions: [N, 3] world positions in m; not together with ``translations``.
        translations: [N, 3] positions in the parent's frame in m.
        orientations: [N, 4] wxyz.
        scales: [N, 3].
        visibilities: [N] bool.
        reset_xform_properties: Rewrite each transform as translate, orient and scale first.
        masses: [N] kg, written when the simulation starts.
        densities: [N] kg/m^3.
        linear_velocities: [N, 3] m/s when the simulation starts.
        angular_velocities: [N, 3] rad/s when the simulation starts.
        track_contact_forces: Make the contact getters work.
        prepare_contact_sensors: Apply what the engine needs to report contacts; before play.
        disable_stablization: Unused, see :class:`RigidContactView`.
        contact_filter_prim_paths_expr: Bodies whose contacts are told apart; implies ``track_contact_forces``.
        max_contact_count: Contacts that the detailed getters hold; 0 leaves room for 64 per body.
    """

    POSE = Quantity.BODY_POSE
    VELOCITY = Quantity.BODY_VELOCITY

    def __init__(
        self,
        prim_paths_expr: str | list[str],
        name: str = "rigid_prim_view",
        positions: Values | None = None,
        translations: Values | None = None,
        orientations: Values | None = None,
        scales: Values | None = None,
        visibilities: Values | None = None,
        reset_xform_properties: bool = True,
        masses: Values | None = None,
        densities: Values | None = None,
        linear_velocities: Values | None = None,
        angular_velocities: Values | None = None,
        track_contact_forces: bool = False,
        prepare_contact_sensors: bool = True,
        disable_stablization: bool = True,
        contact_filter_prim_paths_expr: Sequence[str] | None = (),
        max_contact_count: int = 0,
    ) -> None:
        self._masses = masses
        self._dynamic_defaults = (linear_velocities, angular_velocities)
        self._default_dynamics: DynamicsViewState | None = None
        super().__init__(
            prim_paths_expr, name, positions, translations, orientations, scales, visibilities, reset_xform_properties
        )
        if densities is not None:
            self.set_densities(densities)
        filters = list(contact_filter_prim_paths_expr or ())
        self._contact_view: RigidContactView | None = None
        if track_contact_forces or filters:
            self._contact_view = RigidContactView(
                prim_paths_expr=prim_paths_expr,
                filter_paths_expr=filters,
                name=f"{name}_contact",
                prepare_contact_sensors=prepare_contact_sensors,
                disable_stablization=disable_stablization,
                max_contact_count=max_contact_count,
            )

    def initialize(self, physics_sim_view: SimulationView | None = None) -> None:
        """Bind to the running simulation; happens by itself on play."""
        fresh = self._physics_view is None
        super().initialize(physics_sim_view)
        if not fresh or self._physics_view is None:
            return
        if self._masses is not None:
            self.set_masses(self._masses)
        linear, angular = self._dynamic_defaults
        if linear is not None:
            self.set_linear_velocities(linear)
        if angular is not None:
            self.set_angular_velocities(angular)

    @property
    def num_shapes(self) -> int:
        """Largest number of collision shapes of a body."""
        return self._channel(Quantity.BODY_SHAPE_MATERIAL).shape[1]

    @needs_physics
    def apply_forces(self, forces: Values, indices: Indices = None, is_global: bool = True) -> None:
        """Push at the centre of mass during the next physics step.

        Args:
            forces: [K, 3] N.
            indices: K rows.
            is_global: Forces are in the world frame, else in the body's.
        """
        import torch

        from humanoid_brain.host.standalone.utils.rotations import quat_rotate

        given = torch.as_tensor(forces, dtype=torch.float32, device=simulation.device).reshape(-1, 3)
        if not is_global:
            given = quat_rotate(self._pose(self.POSE).get_pose(indices, None, clone=False)[1], given)
        self._channel(Quantity.BODY_FORCE).set(given, indices, None)

    @needs_physics
    def apply_forces_and_torques_at_pos(
        self,
        forces: Values | None = None,
        torques: Values | None = None,
        positions: Values | None = None,
        indices: Indices = None,
        is_global: bool = True,
    ) -> None:
        """Push and twist during the next physics step.

        Args:
            forces: [K, 3] N.
            torques: [K, 3] N*m.
            positions: [K, 3] m where the force acts; the centre of mass if None.
            indices: K rows.
            is_global: Forces, torques and positions are in the world frame, else in the body's.
        """
        import torch

        from humanoid_brain.host.standalone.utils.rotations import quat_rotate

        channel = self._channel(Quantity.BODY_WRENCH)
        where, turn = self._pose(self.POSE).get_pose(indices, None, clone=False)

        def in_world(values: Values | None) -> torch.Tensor:
            if values is None:
                return torch.zeros_like(where)
            given = torch.as_tensor(values).to(where).expand_as(where)
            return given if is_global else quat_rotate(turn, given)

        if positions is None:
            local = self._pose(Quantity.BODY_COM).get_pose(indices, None, clone=False)[0].to(where)
            at = where + quat_rotate(turn, local)
        else:
            at = in_world(positions) if is_global else where + in_world(positions)
        channel.set(torch.cat([in_world(forces), in_world(torques), at], dim=-1), indices, None)

    @needs_physics
    def get_masses(self, indices: Indices = None, clone: bool = True) -> Array:
        """[M] kg."""
        return self._property(Quantity.BODY_MASS, indices, clone)

    @needs_physics
    def set_masses(self, masses: Values, indices: Indices = None) -> None:
        """Set [K] kg; inertias stay."""
        self._channel(Quantity.BODY_MASS).set(masses, indices, None)

    @needs_physics
    def get_inv_masses(self, indices: Indices = None, clone: bool = True) -> Array:
        """[M] 1/kg."""
        return self._property(Quantity.BODY_INV_MASS, indices, clone)

    @needs_physics
    def get_inertias(self, indices: Indices = None, clone: bool = True) -> Array:
        """[M, 9] kg*m^2, row major, about the centre of mass."""
        return self._property(Quantity.BODY_INERTIA, indices, clone)

    @needs_physics
    def set_inertias(self, values: Values, indices: Indices = None) -> None:
        """Set [K, 9] or [K, 1, 9] kg*m^2."""
        import torch

        self._channel(Quantity.BODY_INERTIA).set(torch.as_tensor(values).reshape(-1, 9), indices, None)

    @needs_physics
    def get_inv_inertias(self, indices: Indices = None, clone: bool = True) -> Array:
        """[M, 9] 1/(kg*m^2)."""
        return self._property(Quantity.BODY_INV_INERTIA, indices, clone)

    @needs_physics
    def get_coms(self, indices: Indices = None, clone: bool = True) -> tuple[Array, Array]:
        """Centre of mass in the body frame: positions [M, 1, 3] m, orientations of the inertia axes [M, 1, 4]."""
        positions, orientations = self._pose(Quantity.BODY_COM).get_pose(indices, None, clone)
        device = simulation.device
        return to_caller(positions.to(device)[:, None]), to_caller(orientations.to(device)[:, None])

    @needs_physics
    def set_coms(
        self, positions: Values | None = None, orientations: Values | None = None, indices: Indices = None
    ) -> None:
        """Move the centre of mass: [K, 1, 3] m and [K, 1, 4] in the body frame."""
        import torch

        where = None if positions is None else torch.as_tensor(positions).reshape(-1, 3)
        turn = None if orientations is None else torch.as_tensor(orientations).reshape(-1, 4)
        self._pose(Quantity.BODY_COM).set_pose(where, turn, indices, None)

    def get_densities(self, indices: Indices = None) -> Array:
        """[M] kg/m^3 as authored; 0 where the engine derives it."""
        return self._usd(_DENSITY, indices)

    def set_densities(self, densities: Values, indices: Indices = None) -> None:
        """Author [K] kg/m^3; takes effect on the next play, where no mass is authored."""
        self._set_usd(_DENSITY, densities, indices)

    def get_sleep_thresholds(self, indices: Indices = None) -> Array:
        """[M] mass-normalised kinetic energy below which a body falls asleep."""
        return self._usd(_SLEEP, indices)

    def set_sleep_thresholds(self, thresholds: Values, indices: Indices = None) -> None:
        """Author [K]; takes effect on the next play."""
        self._set_usd(_SLEEP, thresholds, indices)

    @needs_physics
    def enable_rigid_body_physics(self, indices: Indices = None) -> None:
        """Simulate the bodies again."""
        self._channel(Quantity.BODY_DISABLE_SIMULATION).set(0, indices, None)

    @needs_physics
    def disable_rigid_body_physics(self, indices: Indices = None) -> None:
        """Take the bodies out of the simulation."""
        self._channel(Quantity.BODY_DISABLE_SIMULATION).set(1, indices, None)

    @needs_physics
    def enable_gravities(self, indices: Indices = None) -> None:
        """Let the bodies fall."""
        self._channel(Quantity.BODY_DISABLE_GRAVITY).set(0, indices, None)

    @needs_physics
    def disable_gravities(self, indices: Indices = None) -> None:
        """Free the bodies of gravity."""
        self._channel(Quantity.BODY_DISABLE_GRAVITY).set(1, indices, None)

    def get_default_state(self) -> DynamicsViewState:  # pyright: ignore[reportIncompatibleMethodOverride]
        """The state that :meth:`post_reset` restores."""
        if self._default_dynamics is None:
            poses = XFormPrimView.get_default_state(self)
            still = merged(poses.positions, np.zeros((self.count, 3), np.float32), None)
            linear, angular = (merged(still, each, None) for each in self._dynamic_defaults)
            self._default_dynamics = DynamicsViewState(poses.positions, poses.orientations, linear, angular)
        return self._default_dynamics

    def set_default_state(  # pyright: ignore[reportIncompatibleMethodOverride]
        self,
        positions: Values | None = None,
        orientations: Values | None = None,
        linear_velocities: Values | None = None,
        angular_velocities: Values | None = None,
        indices: Indices = None,
    ) -> None:
        """Change what :meth:`post_reset` restores: K rows each."""
        default = self.get_default_state()
        default.positions = merged(default.positions, positions, indices)
        default.orientations = merged(default.orientations, orientations, indices)
        default.linear_velocities = merged(default.linear_velocities, linear_velocities, indices)
        default.angular_velocities = merged(default.angular_velocities, angular_velocities, indices)

    @needs_physics
    def get_current_dynamic_state(self) -> DynamicsViewState:
        """Poses and velocities now."""
        poses, velocities = self.get_world_poses(), self._channel(self.VELOCITY).get(None, None, clone=True)
        return DynamicsViewState(*poses, to_caller(velocities[:, :3]), to_caller(velocities[:, 3:]))

    def post_reset(self) -> None:
        """Go back to the default state."""
        default = self.get_default_state()
        self.set_world_poses(default.positions, default.orientations)
        if self._physics_view is not None:
            self.set_linear_velocities(default.linear_velocities)
            self.set_angular_velocities(default.angular_velocities)

    def get_net_contact_forces(self, indices: Indices = None, clone: bool = True, dt: float = 1.0) -> Array | None:
        """See :meth:`RigidContactView.get_net_contact_forces`."""
        return self._contacts().get_net_contact_forces(indices, clone, dt)

    def get_contact_force_matrix(self, indices: Indices = None, clone: bool = True, dt: float = 1.0) -> Array | None:
        """See :meth:`RigidContactView.get_contact_force_matrix`."""
        return self._contacts().get_contact_force_matrix(indices, clone, dt)

    def get_contact_force_data(
        self, indices: Indices = None, clone: bool = True, dt: float = 1.0
    ) -> tuple[Array, Array, Array, Array, Array, Array] | None:
        """See :meth:`RigidContactView.get_contact_force_data`."""
        return self._contacts().get_contact_force_data(indices, clone, dt)

    def get_friction_data(
        self, indices: Indices = None, clone: bool = True, dt: float = 1.0
    ) -> tuple[Array, Array, Array, Array] | None:
        """See :meth:`RigidContactView.get_friction_data`."""
        return self._contacts().get_friction_data(indices, clone, dt)

    def _contacts(self) -> RigidContactView:
        from humanoid_brain.errors import HostError

        if self._contact_view is None:
            todo = "Make the view with track_contact_forces=True or contact_filter_prim_paths_expr"
            raise HostError("contacts are not tracked", where=self.name, todo=todo)
        return self._contact_view

    def _property(self, quantity: Quantity, indices: Indices, clone: bool) -> Array:
        return to_caller(self._channel(quantity).get(indices, None, clone).to(simulation.device))

    def _usd(self, value: UsdValue, indices: Indices) -> Array:
        import torch

        values = [value.read(self._authored(row)) for row in to_list(indices, self.count)]
        return to_caller(torch.tensor(values, device=simulation.device))

    def _set_usd(self, value: UsdValue, values: Values, indices: Indices) -> None:
        import torch

        prims = [self._authored(row) for row in to_list(indices, self.count)]
        value.write(prims, torch.as_tensor(values).float().expand(len(prims)).tolist())
