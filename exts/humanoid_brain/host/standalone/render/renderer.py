# SPDX-License-Identifier: Apache-2.0
"""The renderer of a USD stage: pictures and labels from the same rays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from pxr import Usd, UsdGeom

from humanoid_brain.errors import DeviceError
from humanoid_brain.host.standalone.render.bsdfs import is_opaque
from humanoid_brain.host.standalone.render.changes import Edits, Watcher, is_below
from humanoid_brain.host.standalone.render.coarse import coarsened
from humanoid_brain.host.standalone.render.coverage import Region, open_pixels, region
from humanoid_brain.host.standalone.render.guides import Guides
from humanoid_brain.host.standalone.render.images import forget_images
from humanoid_brain.host.standalone.render.lights import Light, list_lights, read_lights
from humanoid_brain.host.standalone.render.meshes import read_mesh
from humanoid_brain.host.standalone.render.outlines import Outline, outline_scene
from humanoid_brain.host.standalone.render.pieces import (
    Piece,
    gprims,
    instanced_gprims,
    list_pieces,
    require_metres,
)
from humanoid_brain.host.standalone.render.placement import Placement, place, place_again
from humanoid_brain.host.standalone.render.rays import RayTracer
from humanoid_brain.host.standalone.render.readings import Readings
from humanoid_brain.host.standalone.render.scene import Drawn, MitsubaScene, SceneBuilder, world_geometry
from humanoid_brain.host.standalone.render.solids import Triangles, solid
from humanoid_brain.host.standalone.render.surfaces import (
    Surface,
    bound_shader,
    bound_surface,
    display_surface,
    shader_surface,
)
from humanoid_brain.host.standalone.render.types import LabelBuffers, Outlines, Shape
from humanoid_brain.host.standalone.render.variant import load_backend
from humanoid_brain.optics import CameraModel

Array = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

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
        self.relabelled = 0
        """How often semantic labels may have changed."""
        self._pieces: list[Piece] = []
        self._surfaces: list[Surface] | None = None
        self._solid: list[bool] | None = None
        self._shaders: dict[str, Any] = {}
        self._read, self._opaque = Readings(shader_surface), Readings(is_opaque)
        self._light_prims: list[tuple[Usd.Prim, str]] = []
        self._lights: tuple[Light, ...] = ()
        self._placement = Placement(np.zeros((0, 4, 4)), np.zeros(0, bool), {})
        self._points: dict[int, tuple[bytes, Array]] = {}
        self._poses: dict[str, Array] = {}
        self._drawn: dict[int, tuple[bytes, Drawn]] = {}
        self._cell, self._coarse = 0.0, dict[str, Triangles]()
        self._scene: MitsubaScene | None = None
        self._outline: tuple[CameraModel, MitsubaScene] | None = None
        self.sync_all()

    @property
    def lights(self) -> tuple[Light, ...]:
        """The visible lights."""
        return tuple(light for light in self._lights if light.visible)

    def close(self) -> None:
        """Stop listening to the stage, and give memory back."""
        self._watcher.close()
        self._scene = self._outline = None
        self._tracer.forget()
        forget_images()
        self.backend.give_back()

    def sync_all(self) -> None:
        """Read the whole stage again, as if it were new."""
        self._watcher.take()
        self._geometry.clear()
        self._apply(Edits(structure=True, places=True, looks=True, lights=True, labels=True))
        self._looks()

    def sync(self, poses: Mapping[str, Array] | None = None, *, looks: bool = True) -> None:
        """Take in edits of the stage since the last call, then poses.

        Args:
            poses: World pose (4, 4), without scale, by path of a rigid body. It holds until the next one, or until
                the body is moved on the stage.
            looks: Read materials that were edited now, and not only when they are needed.

        Raises:
            SceneError: An edit named a texture that is missing.
        """
        self._apply(self._watcher.take())
        if looks:
            self._looks()
        for path, pose in (poses or {}).items():
            given = np.array(pose, np.float64)
            if path not in self._poses or not np.array_equal(given, self._poses[path]):
                self._poses[path] = given
                self._scene = self._outline = None

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
        hits = self._tracer.first(self._ready(), camera)
        size = (camera.height, camera.width)
        return LabelBuffers(
            hits.piece.reshape(size),
            hits.distance.reshape(size),
            hits.depth.reshape(size),
            hits.normal.reshape(*size, 3),
            hits.position.reshape(*size, 3),
        )

    def outlines(self, camera: CameraModel, *, drawn: bool = False) -> Outlines:
        """As :meth:`labels`, without what surfaces are like: sooner. ``drawn``: a picture is drawn of the scene, too.

        Raises:
            DeviceError: There is no LLVM and no CUDA on this machine.
            SceneError: A surface is transparent, and a texture is missing.
        """
        size = (camera.height, camera.width)
        piece, distance, depth = self._tracer.outlines(self._ready() if drawn else self._outlined(camera), camera)
        return Outlines(piece.reshape(size), distance.reshape(size), depth.reshape(size))

    def color(
        self,
        camera: CameraModel,
        samples: int,
        seed: int,
        depth: int = 4,
        pixels: Integers | None = None,
        *,
        there: bool = False,
    ) -> Any:
        """Linear radiance [H, W, 3], or [N, 3] of some pixels.

        Args:
            camera: The camera, with its depth of field.
            samples: Paths per pixel.
            seed: The same seed gives the same noise.
            depth: Most segments of a path: 2 is direct light alone.
            pixels: Numbers of the N pixels, row by row.
            there: What a GPU made stays there, as a tensor.

        Raises:
            DeviceError: There is no LLVM and no CUDA on this machine.
        """
        return self._tracer.color(self._ready(), camera, samples, seed, depth, pixels, there=there)

    def guides(self, camera: CameraModel, samples: int, seed: int, *, there: bool = False) -> Guides:
        """What each pixel sees first, as means over samples; for a denoiser."""
        return self._tracer.guides(self._ready(), camera, samples, seed, there=there)

    def visible_alone(
        self, camera: CameraModel, groups: Sequence[Sequence[int]], seen: Outlines | None = None
    ) -> list[int]:
        """Pixels that each group of shapes would cover if nothing else were there.

        Every pixel is looked at where a group's bounds are small, and an even grid of some thousands where they are
        large: the count is then right to about half a percent.

        Args:
            camera: The camera.
            groups: Indices of each group's shapes.
            seen: What :meth:`outlines` or :meth:`labels` shows now; it spares most rays.

        Raises:
            DeviceError: There is no LLVM and no CUDA on this machine.
        """
        scene = self._outlined(camera)
        member = np.zeros((max(len(groups), 1), max(len(self._pieces), 1)), bool)
        regions: list[Region] = []
        for number, group in enumerate(groups):
            shown = [shape for shape in group if self.is_visible(shape)]
            member[number, shown] = True
            longest = max((self._longest(shape) for shape in shown if camera.kind != "pinhole"), default=0.0)
            regions.append(region(camera, [self.vertices(shape) for shape in shown], longest))
        at_once, looks = open_pixels(camera, regions, member, seen, scene.see_through)
        counts = at_once + self._tracer.covered(scene, camera, regions, looks, member)
        return [count * each.step**2 for count, each in zip(counts.tolist(), regions, strict=True)]

    def vertices(self, shape: int) -> Array:
        """Vertices (N, 3) of a shape in the world, as posed now."""
        matrix = self.transform(shape)
        key, known = matrix.tobytes(), self._points.get(shape)
        if known is None or known[0] != key:
            points = self._parts[self._pieces[shape].part].points @ matrix[:3, :3].T + matrix[:3, 3]
            known = self._points[shape] = key, points
        return known[1]

    def triangles(self, shape: int) -> Integers:
        """Corners (F, 3) of a shape's triangles, as indices into its vertices."""
        return self._parts[self._pieces[shape].part].faces

    def _longest(self, shape: int) -> float:
        return self._parts[self._pieces[shape].part].longest * float(np.linalg.norm(self.transform(shape)[:3, :3]))

    def is_visible(self, shape: int) -> bool:
        """Whether a shape is drawn; one that is hidden on the stage is not."""
        return bool(self._placement.visible[shape])

    def transform(self, shape: int) -> Array:
        """world_from_shape (4, 4) as posed now."""
        body = self._pieces[shape].shape.body
        local = self._placement.local[shape]
        return self._pose(body) @ local if body else local.copy()

    def _pose(self, body: str) -> Array:
        return self._poses[body] if body in self._poses else self._placement.bodies[body]

    def _apply(self, edits: Edits) -> None:
        self.relabelled += edits.structure or edits.labels
        if not (edits.structure or edits.places or edits.looks or edits.shaders or edits.lights):
            return
        self._scene = self._outline = None
        if edits.structure:
            self._restructure(edits.shapes)
            self._light_prims = list_lights(self.stage)
        if edits.structure or edits.looks or edits.shaders:
            self._surfaces = self._solid = None
            for readings in (self._read, self._opaque):
                readings.forget(None if edits.structure or edits.looks else edits.shaders)
        if edits.structure or edits.places:
            self._read_places(None if edits.structure else edits.moved)
        if edits.structure or edits.lights:
            self._lights = read_lights(self.stage, self._light_prims)

    def _restructure(self, changed: set[str]) -> None:
        """List the pieces again; geometry is read again at and below the paths that changed."""
        require_metres(self.stage)
        if any(path.startswith(_PROTOTYPE) for path in changed):
            self._geometry.clear()  # its instances have other paths
        for key in list(self._geometry):
            if any(is_below(key[0], path) or is_below(path, key[0]) for path in changed):
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
        self._points.clear()
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

    def _looks(self) -> list[Surface]:
        """The surface of each piece."""
        if self._surfaces is not None:
            return self._surfaces
        known = {
            part: self._read.of(shader) if shader else display_surface(self.stage.GetPrimAtPath(part))
            for part, shader in self._shaders.items()
        }
        self._surfaces = [known[piece.part] for piece in self._pieces]
        return self._surfaces

    def _see_through(self) -> bool:
        """Whether something is seen through a visible piece; of materials this reads their opacity alone."""
        if self._solid is None:
            solid = {part: not shader or self._opaque.of(shader) for part, shader in self._shaders.items()}
            self._solid = [solid[piece.part] for piece in self._pieces]
        return not all(self._solid[i] for i in np.flatnonzero(self._placement.visible).tolist())

    def _read_places(self, moved: set[str] | None) -> None:
        """Read where pieces are: all, or those that depend on prims that moved."""
        before = dict(self._placement.bodies)
        if moved is None:
            self._placement = place(self.stage, self._pieces)
        elif not place_again(self.stage, self._pieces, moved, self._placement):
            return
        for body, pose in self._placement.bodies.items():
            if body in before and not np.array_equal(before[body], pose):
                self._poses.pop(body, None)  # moved on the stage: the later of the two counts

    def scalar_scene(self) -> Any:
        """The Mitsuba scene as it is now, for the variant that traces one ray at a time."""
        return self._built().scene

    def _outlined(self, camera: CameraModel) -> MitsubaScene:
        """A scene for the outlines that a camera sees now: the whole one, where there is or must be one."""
        if self._outline is not None and self._outline[0] is camera:
            return self._outline[1]
        if self._scene is not None or self._see_through():
            return self._ready()
        self._require_many_rays()
        self.backend.activate()
        self._tracer.forget()
        self._outline = None
        shown = np.flatnonzero(self._placement.visible).tolist()
        made = outline_scene(self.backend, [self._as_outline(i) for i in shown], self._lights, camera)
        self._outline = camera, made
        return made

    def _as_outline(self, shape: int) -> Outline:
        part = self._parts[self._pieces[shape].part]
        return Outline(shape, self.vertices(shape), part, self.transform(shape))

    def _ready(self) -> MitsubaScene:
        """The scene as it is now, for many rays at once."""
        self._require_many_rays()
        return self._built()

    def _require_many_rays(self) -> None:
        if not self.backend.vectorized:
            raise DeviceError(
                "this machine's Mitsuba traces one ray at a time, which is too slow for images with labels",
                todo="Install LLVM 19 or later (on Debian and Ubuntu: apt-get install libllvm19), or use a GPU",
            )

    def _built(self) -> MitsubaScene:
        self.backend.activate()
        if self._scene is None:
            self._tracer.forget()
            self._outline = None
            self._scene = self._builder.build(self._visible_pieces(), self._looks(), self._lights)
        return self._scene

    def _visible_pieces(self) -> list[Drawn]:
        drawn: dict[int, tuple[bytes, Drawn]] = {}
        surfaces = self._looks()
        for i in np.flatnonzero(self._placement.visible).tolist():
            matrix = self.transform(i)
            key = matrix.tobytes()
            if i in self._drawn and self._drawn[i][0] == key:
                drawn[i] = self._drawn[i]
                drawn[i][1].surface = surfaces[i]
                continue
            triangles = self._drawn_part(self._pieces[i].part)
            drawn[i] = key, Drawn(i, surfaces[i], triangles, *world_geometry(triangles, matrix))
        self._drawn = drawn
        return [piece for _, piece in drawn.values()]

    def _drawn_part(self, part: str) -> Triangles:
        if not self._cell:
            return self._parts[part]
        if part not in self._coarse:
            self._coarse[part] = coarsened(self._parts[part], self._cell)
        return self._coarse[part]
