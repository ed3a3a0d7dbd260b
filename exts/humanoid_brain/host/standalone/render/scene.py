# SPDX-License-Identifier: Apache-2.0
"""Pieces, surfaces and lights as one Mitsuba scene.

All surfaces without textures are one mesh in the world's frame, and each textured material is one more. Mitsuba
compiles every shape and BSDF into its kernels, so that a scene of few large meshes compiles in a second where one of
hundreds of instances takes minutes; and since nothing is edited in place, a picture is a function of what the stage
holds and not of how it came about.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from humanoid_brain.host.standalone.render.bsdfs import (
    emission,
    is_plain,
    is_solid,
    table_bsdf,
    table_width,
    textured_bsdf,
)
from humanoid_brain.host.standalone.render.lights import Light, emitters
from humanoid_brain.host.standalone.render.solids import Triangles
from humanoid_brain.host.standalone.render.surfaces import Surface
from humanoid_brain.host.standalone.render.variant import Backend

Array = npt.NDArray[np.float64]
Floats = npt.NDArray[np.float32]

NOTHING = np.uint32(0xFFFFFFFF)
_KEPT_BSDFS = 128


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
    """By number of the Mitsuba shape: where its faces begin in ``faces``; NOTHING for a light."""
    faces: npt.NDArray[np.int32]
    """Piece of each face."""
    see_through: bool
    """True if a surface is transparent or has holes."""


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

    def build(self, pieces: Sequence[Drawn], lights: tuple[Light, ...]) -> MitsubaScene:
        """A scene of visible pieces.

        Raises:
            SceneError: A texture is no image.
        """
        mi = self._backend.mi
        entries: dict[str, Any] = {"type": "scene", **self._emitters(lights)}
        meshes: list[Any] = []
        faces: list[npt.NDArray[np.int32]] = []
        for surface_key, group in _groups(pieces).items():
            mesh, of_faces = self._mesh(surface_key, group)
            entries[f"mesh_{len(meshes)}"] = mesh
            meshes.append(mesh)
            faces.append(of_faces)
        scene = mi.load_dict(entries, optimize=False)
        starts = np.cumsum([0, *map(len, faces)])
        return MitsubaScene(
            scene,
            self._offsets(scene, meshes, starts),
            np.concatenate([*faces, np.zeros(1, np.int32)]),
            any(not is_solid(piece.surface) for piece in pieces),
        )

    def _offsets(self, scene: Any, meshes: list[Any], starts: npt.NDArray[np.int64]) -> npt.NDArray[np.uint32]:
        if not self._backend.vectorized:
            return np.zeros(1, np.uint32)
        numbers = [self._number(mesh) for mesh in meshes]
        highest = max([self._number(shape) for shape in scene.shapes()], default=0)
        # A power of two, so that the table's size changes seldom.
        offsets = np.full(1 << max(4, highest.bit_length()), NOTHING, np.uint32)
        offsets[numbers] = starts[:-1]
        return offsets

    def _number(self, shape: Any) -> int:
        mi, dr = self._backend.mi, self._backend.dr
        return int(dr.reinterpret_array(mi.UInt32, mi.ShapePtr(shape))[0])

    def _emitters(self, lights: tuple[Light, ...]) -> dict[str, Any]:
        if self._lights is None or self._lights[0] != lights:
            mi = self._backend.mi
            loaded = {name: mi.load_dict(entry) for name, entry in emitters(mi, lights).items()}
            self._lights = lights, loaded
        return self._lights[1]

    def _mesh(self, key: Any, group: list[Drawn]) -> tuple[Any, npt.NDArray[np.int32]]:
        mi = self._backend.mi
        sizes = np.cumsum([0, *(len(piece.points) for piece in group)])
        faces = np.concatenate([piece.faces + np.uint32(at) for piece, at in zip(group, sizes, strict=False)])
        points = np.concatenate([piece.points for piece in group])
        normals = np.concatenate([piece.normals for piece in group])
        properties = mi.Properties()
        if isinstance(key, Surface):
            uvs = np.concatenate([piece.triangles.uvs for piece in group]).astype(np.float32)
            properties["bsdf"] = self._bsdf(key, lambda: textured_bsdf(mi, key))
            if key.emits:
                properties["emitter"] = emission(mi, key, _area(points, faces))
        else:
            surfaces = tuple(dict.fromkeys(piece.surface for piece in group))
            width, slots = table_width(len(surfaces)), {surface: i for i, surface in enumerate(surfaces)}
            u = np.repeat([(slots[p.surface] + 0.5) / width for p in group], [len(p.points) for p in group])
            uvs = np.stack([u, np.full_like(u, 0.5)], -1).astype(np.float32)
            properties["bsdf"] = self._bsdf(surfaces, lambda: table_bsdf(mi, surfaces))
        mesh = mi.Mesh("mesh", len(points), len(faces), properties, has_vertex_normals=True, has_vertex_texcoords=True)
        values = mi.traverse(mesh)
        values["vertex_positions"] = points.ravel()
        values["vertex_normals"] = normals.ravel()
        values["vertex_texcoords"] = uvs.ravel()
        values["faces"] = faces.ravel()
        values.update()
        return mesh, np.repeat([piece.number for piece in group], [len(p.faces) for p in group]).astype(np.int32)

    def _bsdf(self, key: Any, make: Any) -> Any:
        if key not in self._bsdfs:
            if len(self._bsdfs) >= _KEPT_BSDFS:
                self._bsdfs.clear()
            self._bsdfs[key] = make()
        return self._bsdfs[key]


def _groups(pieces: Sequence[Drawn]) -> dict[Any, list[Drawn]]:
    """Pieces that can be one mesh: by specular reflectance for plain surfaces, by surface for all others."""
    groups: dict[Any, list[Drawn]] = {}
    for piece in pieces:
        if len(piece.faces):
            surface = piece.surface
            groups.setdefault(surface.specular if is_plain(surface) else surface, []).append(piece)
    return groups


def _area(points: Floats, faces: npt.NDArray[np.uint32]) -> float:
    corners = points[faces].astype(np.float64)
    across = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    return float(np.linalg.norm(across, axis=1).sum()) / 2
