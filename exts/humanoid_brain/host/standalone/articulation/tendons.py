# SPDX-License-Identifier: Apache-2.0
"""Fixed tendons: springs over a weighted sum of joint positions."""

from __future__ import annotations

from humanoid_brain.host.standalone.arrays import Array, Indices, Values, to_caller
from humanoid_brain.host.standalone.articulation.base import ArticulationBase
from humanoid_brain.host.standalone.prim_view import needs_physics
from humanoid_brain.host.standalone.quantity import Quantity


class ArticulationTendons(ArticulationBase):
    """See :class:`humanoid_brain.host.standalone.articulation.ArticulationView`. M rows, T tendons."""

    @needs_physics
    def get_fixed_tendon_stiffnesses(self, indices: Indices = None, clone: bool = True) -> Array:
        """[M, T] spring stiffness."""
        return to_caller(self._channel(Quantity.TENDON_STIFFNESS).get(indices, None, clone))

    @needs_physics
    def get_fixed_tendon_dampings(self, indices: Indices = None, clone: bool = True) -> Array:
        """[M, T] spring damping."""
        return to_caller(self._channel(Quantity.TENDON_DAMPING).get(indices, None, clone))

    @needs_physics
    def get_fixed_tendon_limit_stiffnesses(self, indices: Indices = None, clone: bool = True) -> Array:
        """[M, T] stiffness at the limits."""
        return to_caller(self._channel(Quantity.TENDON_LIMIT_STIFFNESS).get(indices, None, clone))

    @needs_physics
    def get_fixed_tendon_limits(self, indices: Indices = None, clone: bool = True) -> Array:
        """[M, T, 2] lower and upper length."""
        return to_caller(self._channel(Quantity.TENDON_LIMIT).get(indices, None, clone))

    @needs_physics
    def get_fixed_tendon_rest_lengths(self, indices: Indices = None, clone: bool = True) -> Array:
        """[M, T] length without force."""
        return to_caller(self._channel(Quantity.TENDON_REST_LENGTH).get(indices, None, clone))

    @needs_physics
    def get_fixed_tendon_offsets(self, indices: Indices = None, clone: bool = True) -> Array:
        """[M, T] added to the length."""
        return to_caller(self._channel(Quantity.TENDON_OFFSET).get(indices, None, clone))

    @needs_physics
    def set_fixed_tendon_properties(
        self,
        stiffnesses: Values | None = None,
        dampings: Values | None = None,
        limit_stiffnesses: Values | None = None,
        limits: Values | None = None,
        rest_lengths: Values | None = None,
        offsets: Values | None = None,
        indices: Indices = None,
    ) -> None:
        """Set what is given, [K, T] each and ``limits`` [K, T, 2]."""
        given = {
            Quantity.TENDON_STIFFNESS: stiffnesses,
            Quantity.TENDON_DAMPING: dampings,
            Quantity.TENDON_LIMIT_STIFFNESS: limit_stiffnesses,
            Quantity.TENDON_LIMIT: limits,
            Quantity.TENDON_REST_LENGTH: rest_lengths,
            Quantity.TENDON_OFFSET: offsets,
        }
        for quantity, values in given.items():
            if values is not None:
                self._channel(quantity).set(values, indices, None)
