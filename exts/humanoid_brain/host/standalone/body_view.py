# SPDX-License-Identifier: Apache-2.0
"""What rigid bodies and articulations share as views: simulated poses and velocities of one frame per row."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from humanoid_brain.host.standalone import xform
from humanoid_brain.host.standalone.arrays import Array, Indices, Values, to_caller, to_list
from humanoid_brain.host.standalone.clones import clones_of
from humanoid_brain.host.standalone.prim_view import needs_physics
from humanoid_brain.host.standalone.quantity import Quantity
from humanoid_brain.host.standalone.simulation import SimulationView, simulation
from humanoid_brain.host.standalone.xform_view import XFormPrimView, as_rows

if TYPE_CHECKING:
    import torch

    from humanoid_brain.host.standalone.channel import Channel, Channels, PoseChannel


class BodyView(XFormPrimView):
    """A view whose rows have a pose and a velocity in the simulation.

    Outside of it poses are those on the USD stage. The pose of a cloned body, which is not on the stage, is kept by
    the view and written when the simulation starts.
    """

    POSE: ClassVar[Quantity]
    VELOCITY: ClassVar[Quantity]

    def __init__(
        self,
        prim_paths_expr: str | list[str],
        name: str,
        positions: Values | None,
        translations: Values | None,
        orientations: Values | None,
        scales: Values | None,
        visibilities: Values | None,
        reset_xform_properties: bool,
    ) -> None:
        self._planned: dict[int, tuple[list[float], list[float]]] = {}
        super().__init__(prim_paths_expr, name, None, None, None, scales, visibilities, reset_xform_properties)
        if translations is not None:
            self.set_local_poses(translations, orientations)
        elif positions is not None or orientations is not None:
            self.set_world_poses(positions, orientations)
        self._default_poses = None  # what the arguments made of it

    def initialize(self, physics_sim_view: SimulationView | None = None) -> None:
        """Bind to the running simulation; happens by itself on play."""
        if self._physics_view is not None or not simulation.loaded:
            return
        import torch

        from humanoid_brain.host.standalone.channel import Channels

        self._physics_view = Channels(simulation.engine, self._prim_paths)
        if self._planned:
            poses = list(self._planned.values())
            where, turns = torch.tensor([pose[0] for pose in poses]), torch.tensor([pose[1] for pose in poses])
            self._physics_view.pose(self.POSE).set_pose(where, turns, list(self._planned), None)

    def is_physics_handle_valid(self) -> bool:
        """True between PHYSICS_READY and STOP, also while paused."""
        return self._physics_view is not None

    def get_world_poses(  # pyright: ignore[reportIncompatibleMethodOverride]
        self, indices: Indices = None, clone: bool = True, usd: bool = True
    ) -> tuple[Array, Array]:
        """Positions [M, 3] of the frame's origin, not of the centre of mass, and orientations [M, 4], in the world."""
        if self._physics_view is None:
            return self._stage_poses(indices)
        positions, orientations = self._physics_view.pose(self.POSE).get_pose(indices, None, clone)
        return to_caller(positions), to_caller(orientations)

    def set_world_poses(
        self,
        positions: Values | None = None,
        orientations: Values | None = None,
        indices: Indices = None,
        usd: bool = True,
    ) -> None:
        """Teleport K rows; None leaves a part as it is. Before play it changes where the simulation starts."""
        if self._physics_view is None:
            self._plan_poses(positions, orientations, indices)
        elif positions is not None or orientations is not None:
            self._physics_view.pose(self.POSE).set_pose(positions, orientations, indices, None)

    def get_local_poses(self, indices: Indices = None) -> tuple[Array, Array]:
        """Translations [M, 3] and orientations [M, 4] in the frame of the parent prim."""
        import torch

        from humanoid_brain.host.standalone.utils.rotations import quat_conjugate, quat_mul, quat_rotate

        positions, orientations = (torch.as_tensor(each) for each in self.get_world_poses(indices))
        parents, turns = self._parent_poses(indices, positions)
        back = quat_conjugate(turns)
        return to_caller(quat_rotate(back, positions - parents)), to_caller(quat_mul(back, orientations))

    def set_local_poses(
        self, translations: Values | None = None, orientations: Values | None = None, indices: Indices = None
    ) -> None:
        """Teleport K rows, given in the frame of the parent prim."""
        import torch

        from humanoid_brain.host.standalone.utils.rotations import quat_mul, quat_rotate

        now, turn = (torch.as_tensor(each) for each in self.get_local_poses(indices))
        where = now if translations is None else torch.as_tensor(as_rows(translations, len(now), 3)).to(now)
        turns = turn if orientations is None else torch.as_tensor(as_rows(orientations, len(now), 4)).to(now)
        parents, parent_turns = self._parent_poses(indices, now)
        self.set_world_poses(parents + quat_rotate(parent_turns, where), quat_mul(parent_turns, turns), indices)

    @needs_physics
    def get_velocities(self, indices: Indices = None, clone: bool = True) -> Array:
        """[M, 6]: linear velocity of the centre of mass in m/s, then angular in rad/s, world frame."""
        return to_caller(self._channel(self.VELOCITY).get(indices, None, clone))

    @needs_physics
    def set_velocities(self, velocities: Values, indices: Indices = None) -> None:
        """Set [K, 6], laid out as :meth:`get_velocities` gives it."""
        self._channel(self.VELOCITY).set(velocities, indices, None)

    @needs_physics
    def get_linear_velocities(self, indices: Indices = None, clone: bool = True) -> Array:
        """[M, 3] of the centre of mass, m/s, world frame."""
        return to_caller(self._channel(self.VELOCITY).get(indices, None, clone)[:, :3])

    @needs_physics
    def set_linear_velocities(self, velocities: Values, indices: Indices = None) -> None:
        """Set [K, 3] of the centre of mass, m/s, world frame."""
        import torch

        self._channel(self.VELOCITY).set(velocities, indices, torch.arange(3))

    @needs_physics
    def get_angular_velocities(self, indices: Indices = None, clone: bool = True) -> Array:
        """[M, 3] rad/s, world frame."""
        return to_caller(self._channel(self.VELOCITY).get(indices, None, clone)[:, 3:])

    @needs_physics
    def set_angular_velocities(self, velocities: Values, indices: Indices = None) -> None:
        """Set [K, 3] rad/s, world frame."""
        import torch

        self._channel(self.VELOCITY).set(velocities, indices, torch.arange(3, 6))

    @property
    def channels(self) -> Channels:
        """The engine's quantities of this view while the simulation runs; not part of Isaac Sim's interface."""
        assert self._physics_view is not None
        return self._physics_view

    def _channel(self, quantity: Quantity) -> Channel:
        return self.channels[quantity]

    def _pose(self, quantity: Quantity) -> PoseChannel:
        return self.channels.pose(quantity)

    def _stage_poses(self, indices: Indices) -> tuple[Array, Array]:
        import torch

        positions, orientations = (torch.as_tensor(each) for each in super()._stage_poses(indices))
        for i, row in enumerate(to_list(indices, self.count) if self._planned else ()):
            if row in self._planned:
                positions[i], orientations[i] = (torch.tensor(part) for part in self._planned[row])
        return to_caller(positions), to_caller(orientations)

    def _plan_poses(self, positions: Values | None, orientations: Values | None, indices: Indices) -> None:
        """Before play: author what is on the stage, remember the rest."""
        XFormPrimView.get_default_state(self)  # before it changes
        table = clones_of(self._stage)
        rows = to_list(indices, self.count)
        where, turns = as_rows(positions, len(rows), 3), as_rows(orientations, len(rows), 4)
        for i, row in enumerate(rows):
            here = None if where is None else where[i : i + 1]
            turn = None if turns is None else turns[i : i + 1]
            if table.is_virtual(self._prim_paths[row]):
                now, old = self._stage_poses([row])
                new = (now if here is None else here)[0], (old if turn is None else turn)[0]
                self._planned[row] = (new[0].tolist(), new[1].tolist())
            else:
                super().set_world_poses(here, turn, [row])

    def _parent_poses(self, indices: Indices, like: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        import torch

        rows = to_list(indices, self.count)
        parents = [self._prim_paths[row].rpartition("/")[0] for row in rows]
        poses = [xform.to_pose(matrix) for matrix in xform.world_matrices(self._stage, parents)]
        positions = torch.tensor([pose[0].tolist() for pose in poses]).reshape(-1, 3).to(like)
        return positions, torch.tensor([pose[1].tolist() for pose in poses]).reshape(-1, 4).to(like)
