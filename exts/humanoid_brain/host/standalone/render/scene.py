# SPDX-License-Identifier: Apache-2.0
"""Pieces, surfaces and lights as one Mitsuba scene.

Surfaces without textures are a few meshes in the world's frame, and each textured material is one more. Mitsuba
compiles every shape, BSDF and light into its kernels, with its number: a scene of few large meshes compiles in
seconds where one of hundreds of instances takes minutes, and the next frame's scene runs through the same kernels if
it has as many objects in the same order. So what is hidden keeps its place, as a speck far below the stage, and the
objects of one scene are gone before those of the next are made. Since nothing is edited in place, a picture is a
function of what the stage holds and not of how it came about.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from humanoid_brain.host.standalone.render.bsdfs import (
    SPECULAR_LEVELS,
    emission,
    is_plain,
    is_solid,
    specular_level,
    table_bsdf,
    table_width,
    textured_bsdf,
)
from humanoid_brain.host.standalone.render.lights import FAR_BELOW, Light, emitters
from humanoid_brain.host.standalone.render.solids import Triangles
from humanoid_brain.host.standalone.render.surfaces import Surface
from humanoid_brain.host.standalone.render.variant import Backend

Array = npt.NDArray[np.float64]
Floats = npt.NDArray[np.float32]

NOTHING, LAMP = np.uint32(0xFFFFFFFF), np.uint32(0xFFFFFFFE)
_SPECK = np.add([[0.0, 0.0, 0.0], [1e-3, 0.0, 0.0], [0.0, 1e-3, 0.0]], FAR_BELOW, dtype=np.float32)
"""What stands for a material that nothing visible has."""


@dataclass(eq=False)
class Drawn:
    """A visible piece: its number, surface, geometry in the world and whether it is mirrored there."""

    number: int
    surface: Surface
    triangles: Triangles
    points: Floats
    normals: Floats
    faces: npt.NDArray[np.uint32]


@dataclass(eq=False)
class MitsubaScene:
    """A scene, and the pieces that its faces are of."""

    scene: Any
    offsets: npt.NDArray[np.uint32]
    """By number of the Mitsuba shape: where its faces begin in ``faces``; NOTHING for a light, LAMP for one that the
    camera does not see."""
    faces: npt.NDArray[np.int32]
    """Piece of each face."""
    see_through: bool
    """True if a surface is transparent or has holes."""
    lamps: bool
    """True if there are lights that the camera does not see."""


def world_geometry(triangles: Triangles, matrix: Array) -> tuple[Floats, Floats, npt.NDArray[np.uint32]]:
    """Points, normals and faces in the world; a mirrored piece keeps its outside."""
    linear = matrix[:3, :3]
    determinant = np.linalg.det(linear)
    points = (triangles.points @ linear.T + matrix[:3, 3]).astype(np.float32)
    cofactors = np.linalg.inv(linear).T * determinant if abs(determinant) > 1e-300 else np.eye(3)
    normals = triangles.normals @ cofactors.T * (1.0 if determinant >= 0.0 else -1.0)
    normals = normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-300)
    faces = triangles.faces if determinant >= 0.0 else triangles.faces[:, ::-1]
    return points, normals.astype(np.float32), faces.astype(np.uint32)


class SceneBuilder:
    """Makes Mitsuba scenes, and keeps materials and lights that do not change."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._bsdfs: dict[Any, Any] = {}
        self._lights: tuple[tuple[Light, ...], dict[str, Any]] | None = None

    def build(self, pieces: Sequence[Drawn], surfaces: Sequence[Surface], lights: tuple[Light, ...]) -> MitsubaScene:
        """A scene of visible pieces.

        Args:
            pieces: The visible pieces.
            surfaces: Surfaces of all pieces, those of hidden ones too.
            lights: All lights, hidden ones too.

        Raises:
            SceneError: A texture is no image.
        """
        mi = self._backend.mi
        groups = _groups(pieces, surfaces)
        self._keep({group.key for group in groups})
        entries: dict[str, Any] = {"type": "scene", **self._emitters(lights)}
        made = [self._mesh(group) for group in groups]
        entries |= {f"mesh_{i}": mesh for i, (mesh, _) in enumerate(made)}
        scene = mi.load_dict(entries, optimize=False)
        starts = np.cumsum([0, *(len(faces) for _, faces in made)])
        unseen = [entries[f"light_{i}"] for i, light in enumerate(lights) if light.visible and not light.primary]
        return MitsubaScene(
            scene,
            self._offsets(scene, [mesh for mesh, _ in made], starts, unseen),
            np.concatenate([faces for _, faces in made]),
            any(not is_solid(piece.surface) for piece in pieces),
            bool(unseen),
        )

    def _offsets(
        self, scene: Any, meshes: list[Any], starts: npt.NDArray[np.int64], lamps: list[Any]
    ) -> npt.NDArray[np.uint32]:
        if not self._backend.vectorized:
            return np.zeros(1, np.uint32)
        numbers = [self._number(mesh) for mesh in meshes]
        highest = max([self._number(shape) for shape in scene.shapes()], default=0)
        # A power of two, so that the table's size changes seldom.
        offsets = np.full(1 << max(4, highest.bit_length()), NOTHING, np.uint32)
        offsets[numbers] = starts[:-1]
        offsets[[self._number(lamp) for lamp in lamps]] = LAMP
        return offsets

    def _number(self, shape: Any) -> int:
        mi, dr = self._backend.mi, self._backend.dr
        return int(dr.reinterpret_array(mi.UInt32, mi.ShapePtr(shape))[0])

    def _emitters(self, lights: tuple[Light, ...]) -> dict[str, Any]:
        if self._lights is None or self._lights[0] != lights:
            mi, self._lights = self._backend.mi, None
            self._lights = lights, {name: self._emitter(entry) for name, entry in emitters(mi, lights).items()}
        return self._lights[1]

    def _emitter(self, entry: dict[str, Any]) -> Any:
        mi, emitter = self._backend.mi, self._backend.mi.load_dict(entry)
        if entry["type"] == "rectangle" and self._backend.vectorized:
            # It alone compiles its place into kernels, unless the place is set once more as data.
            place = mi.Transform4f(entry["to_world"])
            self._backend.dr.make_opaque(place)
            values = mi.traverse(emitter)
            values["to_world"] = place
            values.update()
        return emitter

    def _mesh(self, group: _Group) -> tuple[Any, npt.NDArray[np.int32]]:
        """The mesh of a group, and the piece of each face."""
        mi, pieces = self._backend.mi, group.pieces
        if pieces:
            sizes = np.cumsum([0, *(len(piece.points) for piece in pieces)])
            faces = np.concatenate([piece.faces + np.uint32(at) for piece, at in zip(pieces, sizes, strict=False)])
            points = np.concatenate([piece.points for piece in pieces])
            normals = np.concatenate([piece.normals for piece in pieces])
            owners = np.repeat([piece.number for piece in pieces], [len(p.faces) for p in pieces]).astype(np.int32)
        else:
            faces, points = np.array([[0, 1, 2]], np.uint32), _SPECK
            normals, owners = np.tile(np.array([0.0, 0.0, 1.0], np.float32), (3, 1)), np.array([-1], np.int32)
        properties = mi.Properties()
        if isinstance(group.key, Surface):
            surface = group.key
            uvs = [piece.triangles.uvs for piece in pieces] or [np.zeros((3, 2))]
            properties["bsdf"] = self._bsdf(group.key, lambda: textured_bsdf(mi, surface))
            if surface.emits:
                properties["emitter"] = emission(mi, surface, _area(points, faces))
        else:
            width, slots = table_width(len(group.surfaces)), {surface: i for i, surface in enumerate(group.surfaces)}
            u = np.repeat([(slots[p.surface] + 0.5) / width for p in pieces], [len(p.points) for p in pieces])
            uvs = [np.stack([u, np.full_like(u, 0.5)], -1)] if pieces else [np.zeros((3, 2))]
            properties["bsdf"] = self._bsdf(group.key, lambda: table_bsdf(mi, group.surfaces))
        mesh = mi.Mesh("mesh", len(points), len(faces), properties, has_vertex_normals=True, has_vertex_texcoords=True)
        values = mi.traverse(mesh)
        values["vertex_positions"] = points.ravel()
        values["vertex_normals"] = normals.ravel()
        values["vertex_texcoords"] = np.concatenate(uvs).astype(np.float32).ravel()
        values["faces"] = faces.ravel()
        values.update()
        return mesh, owners

    def _bsdf(self, key: Any, make: Any) -> Any:
        if key not in self._bsdfs:
            self._bsdfs[key] = make()
        return self._bsdfs[key]

    def _keep(self, keys: set[Any]) -> None:
        """Drop all other BSDFs, so that new ones get their numbers."""
        for key in [key for key in self._bsdfs if key not in keys]:
            del self._bsdfs[key]


@dataclass(frozen=True, eq=False)
class _Group:
    """Visible pieces, perhaps none, that are one mesh."""

    key: Any
    """The surface that they share, or the plain surfaces that their table holds, with their level of specular."""
    surfaces: tuple[Surface, ...]
    pieces: list[Drawn]


def _groups(pieces: Sequence[Drawn], surfaces: Sequence[Surface]) -> list[_Group]:
    """The meshes of a scene: one for each level of specular of plain surfaces, and one for each other surface."""
    tables: dict[float, dict[Surface, None]] = {level: {} for level in SPECULAR_LEVELS}
    others: dict[Surface, list[Drawn]] = {}
    for surface in surfaces:
        if is_plain(surface):
            tables[specular_level(surface)][surface] = None
        else:
            others.setdefault(surface, [])
    plain: dict[float, list[Drawn]] = {level: [] for level in SPECULAR_LEVELS}
    for piece in pieces:
        if len(piece.faces):
            known = plain[specular_level(piece.surface)] if is_plain(piece.surface) else others[piece.surface]
            known.append(piece)
    groups = [_Group((level, *tables[level]), tuple(tables[level]), plain[level]) for level in SPECULAR_LEVELS]
    return groups + [_Group(surface, (surface,), drawn) for surface, drawn in others.items()]


def _area(points: Floats, faces: npt.NDArray[np.uint32]) -> float:
    corners = points[faces].astype(np.float64)
    across = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    return float(np.linalg.norm(across, axis=1).sum()) / 2
