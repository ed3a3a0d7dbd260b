# SPDX-License-Identifier: Apache-2.0
"""Names, counts and column numbers of an articulation view."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from humanoid_brain.errors import HostError, RobotError
from humanoid_brain.host.standalone.arrays import Array, Indices, Values, to_caller, to_rows
from humanoid_brain.host.standalone.body_view import BodyView
from humanoid_brain.host.standalone.clones import clones_of
from humanoid_brain.host.standalone.quantity import Quantity
from humanoid_brain.host.standalone.simulation import SimulationView, simulation

if TYPE_CHECKING:
    import torch

    from humanoid_brain.host.standalone.engine_tensors import ArticulationNames


class ArticulationBase(BodyView):
    """See :class:`humanoid_brain.host.standalone.articulation.ArticulationView`."""

    POSE = Quantity.ROOT_POSE
    VELOCITY = Quantity.ROOT_VELOCITY

    def __init__(
        self,
        prim_paths_expr: str | list[str],
        name: str = "articulation_prim_view",
        positions: Values | None = None,
        translations: Values | None = None,
        orientations: Values | None = None,
        scales: Values | None = None,
        visibilities: Values | None = None,
        reset_xform_properties: bool = True,
        enable_residual_reports: bool = False,
    ) -> None:
        self._parts: ArticulationNames | None = None
        super().__init__(
            prim_paths_expr, name, positions, translations, orientations, scales, visibilities, reset_xform_properties
        )

    def set_velocities(self, velocities: Values | None = None, indices: Indices = None) -> None:
        """Set [K, 6] of the root: linear at its centre of mass in m/s, then angular in rad/s, world frame."""
        if velocities is not None:
            super().set_velocities(velocities, indices)

    def set_linear_velocities(self, velocities: Values | None = None, indices: Indices = None) -> None:
        """Set [K, 3] of the root's centre of mass, m/s, world frame."""
        if velocities is not None:
            super().set_linear_velocities(velocities, indices)

    def set_angular_velocities(self, velocities: Values | None = None, indices: Indices = None) -> None:
        """Set [K, 3] of the root, rad/s, world frame."""
        if velocities is not None:
            super().set_angular_velocities(velocities, indices)

    def _resolve(self, expression: str) -> list[str]:
        """Matches, each replaced by the prim at or below it that carries ArticulationRootAPI."""
        from humanoid_brain.host.standalone.utils.prims import get_articulation_root_api_prim_path

        table = clones_of(self._stage)
        suffixes: dict[str, str] = {}
        roots: list[str] = []
        for path in super()._resolve(expression):
            authored = table.authored(path)
            if authored == path and path in table.sources:
                authored = table.sources[path]
            if authored not in suffixes:
                suffixes[authored] = get_articulation_root_api_prim_path(authored)[len(authored) :]
            roots.append(path + suffixes[authored])
        return roots

    def initialize(self, physics_sim_view: SimulationView | None = None) -> None:
        """Bind to the running simulation; happens by itself on play."""
        fresh = self._physics_view is None
        super().initialize(physics_sim_view)
        if fresh and self._physics_view is not None:
            self._parts = self._channel(Quantity.DOF_POSITION).names()
            self._on_bound()

    def _on_bound(self) -> None:
        """The simulation has just become available."""

    @property
    def parts(self) -> ArticulationNames:
        """Names and counts, known from the first play on.

        Raises:
            HostError: The view was never simulated.
        """
        if self._parts is None:
            raise HostError("names and counts are known once simulated", where=self.name, todo="Call World.reset()")
        return self._parts

    @property
    def num_dof(self) -> int:
        """Degrees of freedom, D."""
        return len(self.parts.dofs)

    @property
    def num_bodies(self) -> int:
        """Links, L."""
        return len(self.parts.links)

    @property
    def num_joints(self) -> int:
        """Joints, fixed ones included."""
        return len(self.parts.joints)

    @property
    def num_shapes(self) -> int:
        """Collision shapes of an articulation."""
        return self._channel(Quantity.SHAPE_MATERIAL).shape[1]

    @property
    def num_fixed_tendons(self) -> int:
        """Fixed tendons, T."""
        return self.parts.fixed_tendons

    @property
    def body_names(self) -> list[str]:
        """Link names in tensor order."""
        return self.parts.links

    @property
    def dof_names(self) -> list[str]:
        """DOF names in tensor order: breadth first from the root, not the order of authoring."""
        return self.parts.dofs

    @property
    def joint_names(self) -> list[str]:
        """Joint names, fixed ones included."""
        return self.parts.joints

    def get_articulation_body_count(self) -> int:
        """Links, L."""
        return self.num_bodies

    def get_body_index(self, body_name: str) -> int:
        """Row of a link in per-link tensors."""
        return self._index(body_name, self.parts.links, "link")

    def get_link_index(self, link_name: str) -> int:
        """Row of a link in per-link tensors."""
        return self.get_body_index(link_name)

    def get_dof_index(self, dof_name: str) -> int:
        """Column of a DOF."""
        return self._index(dof_name, self.parts.dofs, "joint")

    def get_joint_index(self, joint_name: str) -> int:
        """Number of a joint, fixed ones included: not a DOF column."""
        return self._index(joint_name, self.parts.joints, "joint")

    def _index(self, name: str, names: Sequence[str], kind: str) -> int:
        try:
            return names.index(name)
        except ValueError:
            todo = f"There are: {', '.join(names)}"
            raise RobotError(f"there is no {kind} '{name}'", where=self.name, todo=todo) from None

    def _columns(self, joint_indices: Indices, joint_names: Sequence[str] | None) -> torch.Tensor | None:
        """DOF columns by number or name, None for all."""
        if joint_names is not None:
            joint_indices = [self.get_dof_index(name) for name in joint_names]
        return to_rows(joint_indices, self.num_dof, "cpu")

    def _get_dofs(
        self,
        quantity: Quantity,
        indices: Indices,
        joint_indices: Indices,
        joint_names: Sequence[str] | None,
        clone: bool = True,
    ) -> torch.Tensor:
        """Rows and DOF columns of a quantity, on the world's device."""
        columns = self._columns(joint_indices, joint_names)
        return self._channel(quantity).get(indices, columns, clone).to(simulation.device)

    def _give_dofs(
        self,
        quantity: Quantity,
        indices: Indices,
        joint_indices: Indices,
        joint_names: Sequence[str] | None,
        clone: bool = True,
    ) -> Array:
        return to_caller(self._get_dofs(quantity, indices, joint_indices, joint_names, clone))

    def _set_dofs(
        self,
        quantity: Quantity,
        values: Values,
        indices: Indices,
        joint_indices: Indices,
        joint_names: Sequence[str] | None,
    ) -> None:
        self._channel(quantity).set(values, indices, self._columns(joint_indices, joint_names))
