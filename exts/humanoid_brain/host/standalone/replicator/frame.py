# SPDX-License-Identifier: Apache-2.0
"""One rendered frame of one render product, and what annotators derive from it together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from humanoid_brain.host.standalone.replicator.boxes import (
    PixelBounds,
    Runs,
    bounds_in,
    clamped,
    pixel_bounds,
    projected_bounds,
)
from humanoid_brain.host.standalone.replicator.semantics import InstanceTable, SemanticFilter, StageSemantics
from humanoid_brain.optics import Array, CameraModel

if TYPE_CHECKING:
    from pxr import Usd

    from humanoid_brain.host.standalone.render.renderer import StageRenderer
    from humanoid_brain.host.standalone.render.types import LabelBuffers, Outlines
    from humanoid_brain.host.standalone.replicator.poses import StageFrames

Box = tuple[int, int, int, int]
Integers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Past:
    """What motion vectors need of the frame before: the camera, and world_from_shape (4, 4) by shape."""

    camera: CameraModel
    transforms: dict[tuple[str, int], Array]


class Frame:
    """The buffers of one frame; what several annotators need is computed once.

    Args:
        stage: The stage as it was drawn.
        renderer: In the state that was drawn; it is asked for geometry only before the next frame.
        camera: The camera.
        camera_prim: Its prim.
        labels: What each pixel sees.
        picture: RGBA [H, W, 4] in sRGB, None when no annotator asked for it.
        semantics: The stage's labels.
        frames: Where prims are.
        past: The frame before; None for the first one.
    """

    def __init__(
        self,
        stage: Usd.Stage,
        renderer: StageRenderer,
        camera: CameraModel,
        camera_prim: Usd.Prim,
        labels: Outlines,
        picture: npt.NDArray[np.uint8] | None,
        semantics: StageSemantics,
        frames: StageFrames,
        past: Past | None,
    ) -> None:
        self.stage, self.camera, self.camera_prim = stage, camera, camera_prim
        self.labels, self.past = labels, past
        self._picture = picture
        self._renderer, self._semantics, self._frames = renderer, semantics, frames
        self._tables: dict[SemanticFilter, InstanceTable] = {}
        self._runs: Runs | None = None
        self._bounds: PixelBounds | None = None
        self._projected: dict[int, Array | None] = {}
        self._loose: dict[tuple[int, ...], Box | None] = {}
        self._alone: dict[tuple[int, ...], int] = {}

    @property
    def picture(self) -> npt.NDArray[np.uint8]:
        """RGBA [H, W, 4] in sRGB."""
        assert self._picture is not None  # the step draws it when an attached annotator needs it
        return self._picture

    @property
    def surfaces(self) -> LabelBuffers:
        """What each pixel sees, with the surface there."""
        from humanoid_brain.host.standalone.render.types import LabelBuffers

        assert isinstance(self.labels, LabelBuffers)  # the step asks for it when an attached annotator needs it
        return self.labels

    @property
    def shape_paths(self) -> list[str]:
        """Paths of the drawn shapes, by their index in the buffers."""
        return [shape.path for shape in self._renderer.shapes]

    def table(self, chosen: SemanticFilter) -> InstanceTable:
        """The instances that a filter finds."""
        if chosen not in self._tables:
            visible = [self._renderer.is_visible(index) for index in range(len(self._renderer.shapes))]
            self._tables[chosen] = self._semantics.instances(self.shape_paths, visible, chosen)
        return self._tables[chosen]

    def instance_of(self, chosen: SemanticFilter) -> Integers:
        """Id [S] of each shape's instance: 1 unlabelled, from 2 on the instances of the filter's table."""
        return self.table(chosen).owner.astype(np.int64) + 2

    def semantic_of(self, chosen: SemanticFilter) -> Integers:
        """Id [S] of each shape's label set: 1 unlabelled, from 2 on the label sets of the filter's table."""
        table = self.table(chosen)
        return np.where(table.owner >= 0, np.append(table.semantic, -1)[table.owner], -1).astype(np.int64) + 2

    def shape_of(self) -> Integers:
        """Id [S] of each shape, from 2 on."""
        return np.arange(len(self._renderer.shapes)) + 2

    def image(self, ids: Integers) -> npt.NDArray[np.uint32]:
        """An image [H, W] of ids that are given by shape; 0 is the background."""
        return self._rows().painted(ids.astype(np.uint32))

    def tight_box(self, members: tuple[int, ...]) -> tuple[int, Box]:
        """Visible pixels of several shapes, and their box, inclusive."""
        return self._seen().union(members)

    def loose_box(self, members: tuple[int, ...]) -> Box | None:
        """Box, inclusive, of the whole of several shapes, cut at the image's border; None when out of view."""
        if members not in self._loose:
            found = self._project(members)
            bounds = np.array([found[index] for index in members if found[index] is not None])
            whole = [bounds[:, :2].min(0), bounds[:, 2:].max(0)] if len(bounds) else []
            self._loose[members] = clamped(np.concatenate(whole), *self.size) if whole else None
        return self._loose[members]

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.camera.width, self.camera.height

    def box_3d(self, path: str, members: tuple[int, ...]) -> tuple[Array, Array]:
        """Extents (2, 3) of several shapes in their object's frame, and that frame, world_from_object (4, 4)."""
        frame = self._object_frame(path, members)
        points = [self._renderer.vertices(index) for index in members]
        return bounds_in(frame, np.concatenate(points)), frame

    def occlusion(self, groups: list[tuple[int, ...]]) -> list[float]:
        """Share of each group's pixels that others hide, 0 to 1; NaN for one that is out of view."""
        missing = [group for group in dict.fromkeys(groups) if group not in self._alone]
        if missing:
            counts = self._renderer.visible_alone(self.camera, missing, self.labels)
            self._alone.update(zip(missing, counts, strict=True))
        shares: list[float] = []
        for group in groups:
            alone = self._alone[group]
            shares.append(1.0 - min(self.tight_box(group)[0] / alone, 1.0) if alone else float("nan"))
        return shares

    def present(self, ids: Integers) -> list[int]:
        """Those of ``ids``, given by shape, that an image of them has, ascending."""
        return np.unique(ids[self._seen().count > 0]).tolist()

    def moved(self) -> tuple[npt.NDArray[np.bool_], Array]:
        """Pixels [H, W] whose point moved in the world since the frame before, and where those (N, 3) were, m."""
        assert self.past is not None
        shapes = self._renderer.shapes
        moves = np.tile(np.eye(4), (len(shapes) + 1, 1, 1))  # the last stays at rest, for the background
        moving = np.zeros(len(shapes) + 1, bool)
        for index, shape in enumerate(shapes):
            before, now = self.past.transforms.get((shape.path, shape.instance)), self._renderer.transform(index)
            if before is not None and not np.array_equal(before, now):
                moves[index], moving[index] = before @ np.linalg.inv(now), True
        pixels = moving[self.labels.shape]
        move, points = moves[self.labels.shape[pixels]], self.surfaces.position[pixels].astype(np.float64)
        return pixels, np.einsum("nij,nj->ni", move[:, :3, :3], points) + move[:, :3, 3]

    def now(self) -> Past:
        """What the next frame's motion vectors need of this one."""
        shapes = enumerate(self._renderer.shapes)
        transforms = {(shape.path, shape.instance): self._renderer.transform(index).copy() for index, shape in shapes}
        return Past(self.camera, transforms)

    def _rows(self) -> Runs:
        if self._runs is None:
            self._runs = Runs.of(self.labels.shape)
        return self._runs

    def _seen(self) -> PixelBounds:
        if self._bounds is None:
            self._bounds = pixel_bounds(self._rows(), len(self._renderer.shapes))
        return self._bounds

    def _project(self, members: tuple[int, ...]) -> dict[int, Array | None]:
        """Bounds (4,) in pixels by shape, of ``members`` and others; None for what is hidden or behind the camera.

        Those of all instances that annotators know of are computed together.
        """
        if any(index not in self._projected for index in members):
            known = {i for table in self._tables.values() for each in table.instances for i in each.shapes}
            missing = sorted((known | set(members)) - self._projected.keys())
            self._projected.update(dict.fromkeys(missing))
            points = {i: self._renderer.vertices(i) for i in missing if self._renderer.is_visible(i)}
            shown = [i for i, each in points.items() if len(each)]
            bounds = projected_bounds(
                self.camera, [points[i] for i in shown], lambda number: self._renderer.triangles(shown[number])
            )
            self._projected.update(zip(shown, bounds, strict=True))
        return self._projected

    def _object_frame(self, path: str, members: tuple[int, ...]) -> Array:
        """The labelled prim's frame; of a robot, that of its root link; of what a single body moves, the body's."""
        bodies = {self._renderer.shapes[index].body for index in members}
        root = self._frames.articulation_root(path)
        if root and "" not in bodies:
            return self._frames.frame(root)
        if not self._frames.body_of(path) and len(bodies) == 1 and "" not in bodies:
            return self._frames.frame(bodies.pop())
        return self._frames.frame(path)
