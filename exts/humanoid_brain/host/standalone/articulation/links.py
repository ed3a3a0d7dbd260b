# SPDX-License-Identifier: Apache-2.0
"""Mass properties of the links. They live on the CPU also when the simulation runs on the GPU, as in Isaac Sim."""

from __future__ import annotations

from typing import TYPE_CHECKING

from humanoid_brain.host.standalone.arrays import Array, Indices, Values, to_caller, to_rows
from humanoid_brain.host.standalone.articulation.base import ArticulationBase
from humanoid_brain.host.standalone.prim_view import needs_physics
from humanoid_brain.host.standalone.quantity import Quantity

if TYPE_CHECKING:
    import torch


class ArticulationLinks(ArticulationBase):
    """See :class:`humanoid_brain.host.standalone.articulation.ArticulationView`. M rows, K links."""

    @needs_physics
    def get_body_masses(self, indices: Indices = None, body_indices: Indices = None, clone: bool = True) -> Array:
        """[M, K] kg."""
        return self._give_links(Quantity.LINK_MASS, indices, body_indices, clone)

    @needs_physics
    def set_body_masses(self, values: Values, indices: Indices = None, body_indices: Indices = None) -> None:
        """Set [M, K] kg; inertias stay."""
        self._channel(Quantity.LINK_MASS).set(values, indices, self._links(body_indices))

    @needs_physics
    def get_body_inv_masses(self, indices: Indices = None, body_indices: Indices = None, clone: bool = True) -> Array:
        """[M, K] 1/kg."""
        return self._give_links(Quantity.LINK_INV_MASS, indices, body_indices, clone)

    @needs_physics
    def get_body_inertias(self, indices: Indices = None, body_indices: Indices = None, clone: bool = True) -> Array:
        """[M, K, 9] kg*m^2, row major, about the centre of mass."""
        return self._give_links(Quantity.LINK_INERTIA, indices, body_indices, clone)

    @needs_physics
    def set_body_inertias(self, values: Values, indices: Indices = None, body_indices: Indices = None) -> None:
        """Set [M, K, 9] kg*m^2."""
        self._channel(Quantity.LINK_INERTIA).set(values, indices, self._links(body_indices))

    @needs_physics
    def get_body_inv_inertias(self, indices: Indices = None, body_indices: Indices = None, clone: bool = True) -> Array:
        """[M, K, 9] 1/(kg*m^2)."""
        return self._give_links(Quantity.LINK_INV_INERTIA, indices, body_indices, clone)

    @needs_physics
    def get_body_coms(
        self, indices: Indices = None, body_indices: Indices = None, clone: bool = True
    ) -> tuple[Array, Array]:
        """Centres of mass in the link frames: positions [M, K, 3] m, orientations of the inertia axes [M, K, 4]."""
        channel = self._pose(Quantity.LINK_COM)
        positions, orientations = channel.get_pose(indices, self._links(body_indices), clone)
        return to_caller(positions), to_caller(orientations)

    @needs_physics
    def set_body_coms(
        self,
        positions: Values | None = None,
        orientations: Values | None = None,
        indices: Indices = None,
        body_indices: Indices = None,
    ) -> None:
        """Move centres of mass: [M, K, 3] m and [M, K, 4] in the link frames; None leaves a part as it is."""
        self._pose(Quantity.LINK_COM).set_pose(positions, orientations, indices, self._links(body_indices))

    @needs_physics
    def get_body_disable_gravity(
        self, indices: Indices = None, body_indices: Indices = None, clone: bool = True
    ) -> Array:
        """[M, K] uint8: 1 where the link does not fall."""
        return self._give_links(Quantity.LINK_DISABLE_GRAVITY, indices, body_indices, clone)

    @needs_physics
    def set_body_disable_gravity(self, values: Values, indices: Indices = None, body_indices: Indices = None) -> None:
        """Set [M, K] bool or uint8."""
        self._channel(Quantity.LINK_DISABLE_GRAVITY).set(values, indices, self._links(body_indices))

    def _links(self, body_indices: Indices) -> torch.Tensor | None:
        return to_rows(body_indices, self.num_bodies, "cpu")

    def _give_links(self, quantity: Quantity, indices: Indices, body_indices: Indices, clone: bool) -> Array:
        return to_caller(self._channel(quantity).get(indices, self._links(body_indices), clone))
