# SPDX-License-Identifier: Apache-2.0
"""The furnished room of a capture: the arrangement of a frame on the stage and in the physics."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from humanoid_brain.config.interior import InteriorConfig
from humanoid_brain.optics import Array
from humanoid_brain.scene.interiors import plan_interior, prop_paths
from humanoid_brain.scene.layouts import Layout, apply_layout, draw_layout
from humanoid_brain.scene.placement import KeepClear

if TYPE_CHECKING:
    from pxr import Usd

    from humanoid_brain.host import Host, World
    from humanoid_brain.randomization.term import Vector

_OPEN = 100.0
"""Height in m of a room without a ceiling."""
_AWAY, _APART = 1000.0, 10.0
"""Where props are put for a moment, at this height in m and this far from one another, so that nothing touches."""

_PATIENCE, _SLICE = 3.0, 10
"""Most seconds that what was dropped has to come to rest, and steps of physics in a slice of work."""
_AT_REST = 0.01
"""m/s and rad/s below which a prop is at rest."""


class FurnishedRoom:
    """The props of a running scene.

    Args:
        config: The room, as it was built.
        stage: Where it was built.
        host: The simulator.
        world: Its World, which simulates.
    """

    def __init__(self, config: InteriorConfig, stage: Usd.Stage, host: Host, world: World) -> None:
        self._config, self._stage, self._world, self._host = config, stage, world, host
        self._interior = plan_interior(config)
        self._layout: Layout | None = None
        self._at: tuple[int, int] = (-1, -1)
        self._bodies = host.RigidPrimView(
            prim_paths_expr=prop_paths(config), name="props", reset_xform_properties=False
        )
        self._bodies.initialize(world.physics_sim_view)
        row = {path: i for i, path in enumerate(self._bodies.prim_paths)}
        self._rows = [row[path] for path in prop_paths(config)]

    @property
    def drops(self) -> bool:
        """Whether clutter is dropped onto tables, so that :meth:`settle` has something to do."""
        return self._config.clutter.drop_height > 0.0

    def arrange(self, seed: int, first: int, frame: int, ways: Sequence[KeepClear] = ()) -> bool:
        """Put the props where they are at the first frame of a walk, at rest.

        They stay as they are if ``frame`` is at or after the last one of the same walk, which the robot goes on with.
        Gives whether they were put anew.

        Args:
            seed: Seed of the capture.
            first: Address of the walk's first frame.
            frame: Address of the frame.
            ways: What stays free, besides the robot's place in the middle of the room.
        """
        walk, last = self._at
        if walk == first and last <= frame:
            self._at = first, frame
            return False
        self._part()
        self._at = first, frame
        self._layout = layout = draw_layout(self._config, seed, first, ways)
        apply_layout(self._stage, layout)
        self._put(layout.positions, layout.orientations)
        return True

    def settle(self) -> Iterator[None]:
        """Let physics bring what was dropped to rest, for a bounded time, yielding after each slice; then all rest."""
        import torch

        rows = torch.tensor(self._rows)
        for _ in range(round(_PATIENCE / self._world.get_physics_dt() / _SLICE)):
            for _ in range(_SLICE):
                self._world.step(render=False)
            yield
            if float(self._bodies.get_velocities(indices=rows).abs().max()) < _AT_REST:
                break
        self._bodies.set_velocities(torch.zeros(len(rows), 6), indices=rows)

    def clear(self) -> None:
        """Take the props away, for physics in which they have no part; the next :meth:`arrange` fetches them back."""
        count = len(self._rows)
        places = np.full((count, 3), _AWAY)
        places[:, 0] = _APART * np.arange(count)
        self._put(places, np.tile([1.0, 0.0, 0.0, 0.0], (count, 1)))
        self._at = -1, -1

    def _part(self) -> None:
        """Take the props apart for one step of physics, which makes it forget how they touched one another before."""
        self.clear()
        self._world.step(render=False)

    def _put(self, positions: Array, orientations: Array) -> None:
        import torch

        rows = torch.tensor(self._rows)
        places, turns = (torch.from_numpy(each.astype(np.float32)) for each in (positions, orientations))
        self._bodies.set_world_poses(places, turns, indices=rows)
        self._bodies.set_velocities(torch.zeros(len(rows), 6), indices=rows)

    @property
    def values(self) -> dict[str, object]:
        """What was drawn, as JSON values."""
        layout = self._layout
        if layout is None:
            return {}
        shown = [name for name, visible in zip(layout.names, layout.visible, strict=True) if visible]
        return {"room.floor": layout.floor, "room.wall": layout.wall, "room.props": shown}

    @property
    def bounds(self) -> tuple[Vector, Vector]:
        """Least and largest corner of the room, m."""
        room = self._interior.room
        x, y = room.width / 2, room.depth / 2
        return (-x, -y, 0.0), (x, y, room.height if self._config.ceiling else _OPEN)

    @property
    def obstacles(self) -> tuple[tuple[Vector, Vector], ...]:
        """Boxes along the axes around the props that are shown."""
        return tuple(self._around_props())

    def _around_props(self) -> list[tuple[Vector, Vector]]:
        assert self._layout is not None
        boxes: list[tuple[Vector, Vector]] = []
        poses = self._layout.poses()
        for pooled in self._interior.pool:
            if (pose := poses.get(pooled.path)) is not None:
                corners = _corners(*pooled.prop.bounds) @ pose[:3, :3].T + pose[:3, 3]
                low, high = corners.min(0).tolist(), corners.max(0).tolist()
                boxes.append(((low[0], low[1], low[2]), (high[0], high[1], high[2])))
        return boxes


def _corners(low: np.ndarray, high: np.ndarray) -> np.ndarray:
    pick = (np.arange(8)[:, None] >> np.arange(3)) & 1
    return np.where(pick == 1, high, low)
