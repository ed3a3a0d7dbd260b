# SPDX-License-Identifier: Apache-2.0
"""Terms of the equation of motion. Generalised coordinates: 6 of a floating root, world frame, then the DOFs."""

from __future__ import annotations

from collections.abc import Sequence

from humanoid_brain.host.standalone.arrays import Array, Indices, to_caller
from humanoid_brain.host.standalone.articulation.base import ArticulationBase
from humanoid_brain.host.standalone.prim_view import needs_physics
from humanoid_brain.host.standalone.quantity import Quantity


class ArticulationDynamics(ArticulationBase):
    """See :class:`humanoid_brain.host.standalone.articulation.ArticulationView`."""

    @needs_physics
    def get_jacobian_shape(self) -> tuple[int, int, int]:
        """(L, 6, D + 6) with a floating root, (L - 1, 6, D) with a fixed one."""
        _, rows, columns = self._channel(Quantity.JACOBIAN).shape
        return rows // 6, 6, columns

    @needs_physics
    def get_jacobians(self, indices: Indices = None, clone: bool = True) -> Array:
        """[M, *jacobian_shape]: velocity of each link, linear then angular, per generalised velocity."""
        jacobians = self._channel(Quantity.JACOBIAN).get(indices, None, clone)
        return to_caller(jacobians.unflatten(1, (-1, 6)))

    @needs_physics
    def get_mass_matrix_shape(self) -> tuple[int, int]:
        """(D + 6, D + 6) with a floating root, (D, D) with a fixed one."""
        _, rows, columns = self._channel(Quantity.MASS_MATRIX).shape
        return rows, columns

    @needs_physics
    def get_mass_matrices(self, indices: Indices = None, clone: bool = True) -> Array:
        """[M, *mass_matrix_shape]."""
        return to_caller(self._channel(Quantity.MASS_MATRIX).get(indices, None, clone))

    @needs_physics
    def get_coriolis_and_centrifugal_forces(
        self,
        indices: Indices = None,
        joint_indices: Indices = None,
        joint_names: Sequence[str] | None = None,
        clone: bool = True,
    ) -> Array:
        """Efforts [M, K] at the DOFs that balance Coriolis and centrifugal forces."""
        return self._at_dofs(Quantity.CORIOLIS_FORCE, indices, joint_indices, joint_names, clone)

    @needs_physics
    def get_generalized_gravity_forces(
        self,
        indices: Indices = None,
        joint_indices: Indices = None,
        joint_names: Sequence[str] | None = None,
        clone: bool = True,
    ) -> Array:
        """Efforts [M, K] at the DOFs that balance gravity."""
        return self._at_dofs(Quantity.GRAVITY_FORCE, indices, joint_indices, joint_names, clone)

    def _at_dofs(
        self,
        quantity: Quantity,
        indices: Indices,
        joint_indices: Indices,
        joint_names: Sequence[str] | None,
        clone: bool,
    ) -> Array:
        """The part of a generalised force that acts on the DOFs, without that on a floating root."""
        columns = self._columns(joint_indices, joint_names)
        forces = self._channel(quantity).get(indices, None, clone)[:, -self.num_dof :]
        return to_caller(forces if columns is None else forces.index_select(1, columns.to(forces.device)))
