# SPDX-License-Identifier: Apache-2.0
"""The renderer of a USD stage: pictures and labels from the same rays."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from pxr import Usd, UsdGeom

from humanoid_brain.errors import DeviceError
from humanoid_brain.host.standalone.render.changes import Edits, Watcher
from humanoid_brain.host.standalone.render.coarse import coarsened
from humanoid_brain.host.standalone.render.lights import Light, read_lights
from humanoid_brain.host.standalone.render.meshes import read_mesh
from humanoid_brain.host.standalone.render.pieces import (
    Piece,
    gprims,
    instanced_gprims,
    list_pieces,
    require_metres,
)
from humanoid_brain.host.standalone.render.placement import place
from humanoid_brain.host.standalone.render.rays import Guides, RayTracer
from humanoid_brain.host.standalone.render.scene import Drawn, MitsubaScene, SceneBuilder, world_geometry
from humanoid_brain.host.standalone.render.solids import Triangles, solid
from humanoid_brain.host.standalone.render.surfaces import (
    Surface,
    bound_shader,
    bound_surface,
    display_surface,
    shader_surface,
)
from humanoid_brain.host.standalone.render.types import LabelBuffers, Shape
from humanoid_brain.host.standalone.render.variant import load_backend
from humanoid_brain.optics import CameraModel

Array = npt.NDArray[np.float64]
Floats = npt.NDArray[np.float32]

_MOST_LOOKS = 1 << 14
"""Pixels that are looked at to tell how much an object covers."""

_PROTOTYPE = "/__Prototype_"
"""How OpenUSD's paths of what instances share begin."""


class StageRenderer:
    """Draws one stage and labels its pixels.

    A frame depends on what the stage holds, the poses given, the camera, the number of samples and the seed, and on
    nothing else: not on earlier frames or edits, nor on the process.

    Args:
        stage: The stage, in metres. Edits are taken in by :meth:`sync`.
        device: "cpu", "cuda", or "auto" for CUDA where it works.
        bodies: Paths of the rigid bodies to draw, also in clones; all if None.

    Raises:
        DeviceError: CUDA was asked for and does not work here.
        SceneError: The stage is not in metres, or a texture is missing or no image.
    """

    def __init__(self, stage: Usd.Stage, device: str = "auto", bodies: Sequence[str] | None = None) -> None:
        require_metres(stage)
        self.backend = load_backend(device)
        self.stage = stage
        self._bodies = bodies
        self._builder, self._tracer = SceneBuilder(self.backend), RayTracer(self.backend)
        self._watcher = Watcher(stage)
        self._geometry: dict[tuple[str, str], dict[str, Triangles]] = {}
        self._parts: dict[str, Triangles] = {}
        self.shapes: Sequence[Shape] = ()
        """The drawn shapes, hidden ones too, in the order of the stage; :meth:`sync` may replace them."""
        self._pieces: list[Piece] = []
        self._surfaces: list[Surface] = []
        self._shaders: dict[str, Any] = {}
        self._lights: tuple[Light, ...] = ()
        self._local, self._visible = np.zeros((0, 4, 4)), np.zeros(0, bool)
        self._stage_poses: dict[str, Array] = {}
        self._poses: dict[str, Array] = {}
        self._drawn: dict[int, tuple[bytes, Drawn]] = {}
        self._cell, self._coarse = 0.0, dict[str, Triangles]()
        self._scene: MitsubaScene | None = None
        self.sync_all()

    @property
    def lights(self) -> tuple[Light, ...]:
        """The visible lights."""
        return tuple(light for light in self._lights if light.visible)

    def close(self) -> None:
        """Stop listening to the stage."""
        self._watcher.close()

    def sync_all(self) -> None:
        """Read the whole stage again, as if it were new."""
        self._watcher.take()
        self._geometry.clear()
        self._apply(Edits(True, set(), True, True, True))

    def sync(self, poses: Mapping[str, Array] | None = None) -> None:
        """Take in edits of the stage since the last call, then poses.

        Args:
            poses: World pose (4, 4), without scale, by path of a rigid body. It holds until the next one, or until
                the body is moved on the stage.

        Raises:
            SceneError: An edit named a texture that is missing.
        """
        self._apply(self._watcher.take())
        for path, pose in (poses or {}).items():
            given = np.array(pose, np.float64)
            if path not in self._poses or not np.array_equal(given, self._poses[path]):
                self._poses[path] = given
                self._scene = None

    def coarsen(self, cell: float) -> None:
        """Draw surfaces without details smaller than ``cell``, in their own unit; 0 draws them as they are."""
        if cell != self._cell:
            self._cell, self._scene = cell, None
            self._coarse.clear()
            self._drawn.clear()

    def labels(self, camera: CameraModel) -> LabelBuffers:
        """What each pixel's centre sees; surfaces less than half opaque are looked through.

        Raises:
            DeviceError: There is no LLVM and no CUDA on this machine.
        """
        scene = self._ready()
        hits = self._tracer.first(scene, camera)
        size = (camera.height, camera.width)
        return LabelBuffers(
            hits.piece.reshape(size),
            hits.distance.reshape(size),
            hits.depth.reshape(size),
            hits.normal.reshape(*size, 3),
            hits.position.reshape(*size, 3),
        )

    def color(
        self,
        camera: CameraModel,
        samples: int,
        seed: int,
        depth: int = 4,
        pixels: npt.NDArray[np.int64] | None = None,
    ) -> Floats:
        """Linear radiance [H, W, 3], or [N, 3] of some pixels.

        Args:
            camera: The camera, with its depth of field.
            samples: Paths per pixel.
            seed: The same seed gives the same noise.
            depth: Most segments of a path: 2 is direct light alone.
            pixels: Numbers of the N pixels, row by row.

        Raises:
            DeviceError: There is no LLVM and no CUDA on this machine.
        """
        return self._tracer.color(self._ready(), camera, samples, seed, depth, pixels)

    def guides(self, camera: CameraModel, samples: int, seed: int) -> Guides:
        """What each pixel sees first, as means over samples; for a denoiser."""
        return self._tracer.guides(self._ready(), camera, samples, seed)

    def visible_alone(self, camera: CameraModel, groups: Sequence[Sequence[int]]) -> list[int]:
        """Pixels that each group of shapes would cover if nothing else were there.

        Every pixel is looked at where a group's bounds are small, and an even grid of some thousands where they are
        large: the count is then right to about half a percent.

        Raises:
            DeviceError: There is no LLVM and no CUDA on this machine.
        """
        scene = self._ready()
        member = np.zeros((max(len(groups), 1), max(len(self._pieces), 1)), np.uint8)
        windows = np.ones((len(groups), 5), np.int64)
        for number, group in enumerate(groups):
            shown = [shape for shape in group if shape in self._drawn]
            member[number, shown] = 1
            windows[number] = self._window(camera, shown)
        counts = self._tracer.covered(scene, camera, windows, member)
        return (counts * windows[:, 4] ** 2).tolist()

    def vertices(self, shape: int) -> Array:
        """Vertices (N, 3) of a shape in the world, as posed now."""
        matrix = self.transform(shape)
        return self._parts[self._pieces[shape].part].points @ matrix[:3, :3].T + matrix[:3, 3]

    def triangles(self, shape: int) -> npt.NDArray[np.int64]:
        """Corners (F, 3) of a shape's triangles, as indices into its vertices."""
        return self._parts[self._pieces[shape].part].faces

    def is_visible(self, shape: int) -> bool:
        """Whether a shape is drawn; one that is hidden on the stage is not."""
        return bool(self._visible[shape])

    def transform(self, shape: int) -> Array:
        """world_from_shape (4, 4) as posed now."""
        body = self._pieces[shape].shape.body
        if not body:
            return self._local[shape].copy()
        return self._pose(body) @ self._local[shape]

    def _pose(self, body: str) -> Array:
        return self._poses[body] if body in self._poses else self._stage_poses[body]

    def _apply(self, edits: Edits) -> None:
        if not (edits.structure or edits.places or edits.looks or edits.lights):
            return
        self._scene = None
        if edits.structure:
            self._restructure(edits.shapes)
        if edits.structure or edits.looks:
            self._read_surfaces()
        if edits.structure or edits.places:
            self._read_places()
        if edits.structure or edits.lights:
            self._lights = read_lights(self.stage)

    def _restructure(self, changed: set[str]) -> None:
        """List the pieces again; geometry is read again at and below the paths that changed."""
        require_metres(self.stage)
        if any(path.startswith(_PROTOTYPE) for path in changed):
            self._geometry.clear()  # its instances have other paths
        for key in list(self._geometry):
            if any(_is_below(key[0], path) or _is_below(path, key[0]) for path in changed):
                del self._geometry[key]
        parts: dict[str, list[str]] = {}
        self._parts.clear()
        placed = [prim for _, prim, _ in instanced_gprims(self.stage)]
        for prim in (*gprims(self.stage), *placed):
            found = self._triangles(prim)
            parts[str(prim.GetPath())] = list(found)
            self._parts.update(found)
        self._pieces = list_pieces(self.stage, parts, self._bodies)
        self.shapes = tuple(piece.shape for piece in self._pieces)
        drawn = dict.fromkeys(piece.part for piece in self._pieces)
        self._shaders = {part: bound_shader(self.stage.GetPrimAtPath(part)) for part in drawn}
        self._drawn.clear()
        self._coarse.clear()

    def _triangles(self, prim: Usd.Prim) -> dict[str, Triangles]:
        path = str(prim.GetPath())
        if not prim.IsA(UsdGeom.Mesh):
            found = solid(prim)
            return {} if found is None else {path: found}
        primvar = bound_surface(prim).primvar
        if (path, primvar) not in self._geometry:
            self._geometry[path, primvar] = read_mesh(prim, primvar)
        return self._geometry[path, primvar]

    def _read_surfaces(self) -> None:
        known: dict[str, Surface] = {}
        for part, shader in self._shaders.items():
            if shader is None:
                known[part] = display_surface(self.stage.GetPrimAtPath(part))
            elif (path := str(shader.GetPath())) in known:  # most parts share their material with others
                known[part] = known[path]
            else:
                known[part] = known[path] = shader_surface(shader)
        self._surfaces = [known[piece.part] for piece in self._pieces]

    def _read_places(self) -> None:
        placement = place(self.stage, self._pieces)
        self._local, self._visible = placement.local, placement.visible
        for body, pose in placement.bodies.items():
            if body in self._stage_poses and not np.array_equal(self._stage_poses[body], pose):
                self._poses.pop(body, None)  # moved on the stage: the later of the two counts
        self._stage_poses = placement.bodies

    def scalar_scene(self) -> Any:
        """The Mitsuba scene as it is now, for the variant that traces one ray at a time."""
        return self._built().scene

    def _ready(self) -> MitsubaScene:
        """The scene as it is now, for many rays at once."""
        if not self.backend.vectorized:
            raise DeviceError(
                "this machine's Mitsuba traces one ray at a time, which is too slow for images with labels",
                todo="Install LLVM 19 or later (on Debian and Ubuntu: apt-get install libllvm19), or use a GPU",
            )
        return self._built()

    def _built(self) -> MitsubaScene:
        self.backend.activate()
        if self._scene is None:
            self._tracer.forget()
            self._scene = self._builder.build(self._visible_pieces(), self._surfaces, self._lights)
        return self._scene

    def _visible_pieces(self) -> list[Drawn]:
        drawn: dict[int, tuple[bytes, Drawn]] = {}
        for i in np.flatnonzero(self._visible).tolist():
            matrix = self.transform(i)
            key = matrix.tobytes()
            if i in self._drawn and self._drawn[i][0] == key:
                drawn[i] = self._drawn[i]
                drawn[i][1].surface = self._surfaces[i]
                continue
            triangles = self._drawn_part(self._pieces[i].part)
            drawn[i] = key, Drawn(i, self._surfaces[i], triangles, *world_geometry(triangles, matrix))
        self._drawn = drawn
        return [piece for _, piece in drawn.values()]

    def _drawn_part(self, part: str) -> Triangles:
        if not self._cell:
            return self._parts[part]
        if part not in self._coarse:
            self._coarse[part] = coarsened(self._parts[part], self._cell)
        return self._coarse[part]

    def _window(self, camera: CameraModel, shapes: Sequence[int]) -> tuple[int, int, int, int, int]:
        """Pixels to look at around shapes: first column and row, how many of each, and from one to the next."""
        if not shapes:
            return 0, 0, 0, 0, 1
        points = np.concatenate([self._drawn[shape][1].points for shape in shapes])
        pixels, depth = camera.project(points)
        if camera.kind != "fisheye" and not (depth > camera.near).any():
            return 0, 0, 0, 0, 1
        low, high = np.zeros(2), np.array([camera.width, camera.height], float)
        if np.isfinite(pixels).all() and (camera.kind == "fisheye" or (depth > 0.0).all()):
            # A long edge bends outwards under distortion; two pixels cover that of the triangles of an object.
            margin = 0.0 if camera.kind == "pinhole" else 2.0
            low, high = np.maximum(low, pixels.min(0) - 1 - margin), np.minimum(high, pixels.max(0) + 1 + margin)
        left, top = int(low[0]), int(low[1])
        width, height = max(int(np.ceil(high[0])) - left, 0), max(int(np.ceil(high[1])) - top, 0)
        step = max(1, math.isqrt(width * height // _MOST_LOOKS) + (width * height > _MOST_LOOKS))
        half = (step - 1) // 2
        return left + half, top + half, -(-(width - half) // step), -(-(height - half) // step), step


def _is_below(path: str, root: str) -> bool:
    """True for ``root`` and what is below it, as a GeomSubset is below its mesh."""
    return path == root or path.startswith(root.rstrip("/") + "/")
