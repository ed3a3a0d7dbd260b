# SPDX-License-Identifier: Apache-2.0
"""Pieces, surfaces and lights as one Mitsuba scene.

Surfaces that differ in numbers and images alone are one mesh in the world's frame, with one BSDF. Mitsuba
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
    Kind,
    emission,
    is_solid,
    kinds_of,
    shared_bsdf,
    single_bsdf,
)
from humanoid_brain.host.standalone.render.lights import FAR_BELOW, Light, black, emitter_entry, emitters
from humanoid_brain.host.standalone.render.looks import Looks
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
        self._looks = Looks(backend)
        self._described: Sequence[Surface] | None = None
        self._slots: dict[Surface, int] = {}
        self._bsdfs: dict[Kind | Surface, Any] = {}
        self._lights: dict[str, tuple[tuple[Light, ...], Any]] = {}
        self._dark = black(backend.mi)

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
        groups = (_shared_groups if self._backend.vectorized else _single_groups)(pieces, surfaces)
        self._keep({group.look for group in groups})
        entries: dict[str, Any] = {"type": "scene", **self._emitters(lights)}
        corners = _corners(pieces)
        made = [self._mesh(group, corners if number == 0 else corners[:0]) for number, group in enumerate(groups)]
        entries |= {f"mesh_{i}": mesh for i, (mesh, _) in enumerate(made)}
        scene = mi.load_dict(entries, optimize=False)
        starts = np.cumsum([0, *(len(faces) for _, faces in made)])
        unseen = [entries[f"light_{i}"] for i, light in enumerate(lights) if light.visible and not light.primary]
        offsets = self._offsets(scene, [mesh for mesh, _ in made], starts, unseen)
        owners = np.concatenate([faces for _, faces in made])
        if self._backend.vectorized:
            self._describe(surfaces, pieces, offsets, owners)
        return MitsubaScene(
            scene,
            offsets,
            owners,
            any(not is_solid(piece.surface) for piece in pieces),
            bool(unseen),
        )

    def _describe(
        self,
        surfaces: Sequence[Surface],
        pieces: Sequence[Drawn],
        offsets: npt.NDArray[np.uint32],
        owners: npt.NDArray[np.int32],
    ) -> None:
        """Give the shared BSDFs what they look up."""
        if self._described is not surfaces:  # a new list after each edit of a material, the same while things move
            self._slots = {surface: slot for slot, surface in enumerate(dict.fromkeys(surfaces))}
            self._looks.describe(list(self._slots))
            self._described = surfaces
        slots = self._slots
        of_piece = np.zeros(max((piece.number for piece in pieces), default=-1) + 2, np.uint32)
        of_piece[[piece.number for piece in pieces]] = [slots[piece.surface] for piece in pieces]
        self._looks.own(self._backend.mi.UInt32(offsets), of_piece[owners])  # a speck's piece is -1

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
        """The scene's emitters by name; those whose lights are as they were are kept."""
        wanted, old = emitters(lights), self._lights
        self._lights = {name: old[name] for name, of in wanted.items() if name in old and old[name][0] == of}
        del old
        for name, of in wanted.items():
            if name not in self._lights:
                self._lights[name] = of, self._emitter(emitter_entry(self._backend.mi, name, of, self._dark))
        return {name: self._lights[name][1] for name in wanted}  # in this order they are picked

    def _emitter(self, entry: dict[str, Any]) -> Any:
        mi, emitter = self._backend.mi, self._backend.mi.load_dict(entry)
        if entry["type"] == "rectangle" and self._backend.vectorized:
            # It alone compiles its place into kernels, unless that is made data; to set it would fetch it from a GPU.
            self._backend.dr.make_opaque(mi.traverse(emitter)["to_world"])
        return emitter

    def _mesh(self, group: _Group, corners: Floats) -> tuple[Any, npt.NDArray[np.int32]]:
        """The mesh of a group, and the piece of each face; points in ``corners`` widen its bounds."""
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
        uvs = [piece.triangles.uvs for piece in pieces] or [np.zeros((3, 2))]
        points, normals = np.concatenate([points, corners]), np.concatenate([normals, np.zeros_like(corners)])
        uvs.append(np.zeros((len(corners), 2)))
        properties = mi.Properties()
        properties["bsdf"] = self._bsdf(group.look)
        if group.lamp is not None:
            properties["emitter"] = emission(mi, group.lamp, _area(points, faces))
        mesh = mi.Mesh("mesh", len(points), len(faces), properties, has_vertex_normals=True, has_vertex_texcoords=True)
        texcoords = np.concatenate(uvs).astype(np.float32)
        own_tree = not self._backend.vectorized  # for which a Mitsuba without Embree asks each mesh for its bounds
        self._backend.fill(
            mesh,
            bounds=own_tree or len(corners) > 0 or group.lamp is not None,
            vertex_positions=points,
            vertex_normals=normals,
            vertex_texcoords=texcoords,
            faces=faces,
        )
        return mesh, owners

    def _bsdf(self, look: Kind | Surface) -> Any:
        if look not in self._bsdfs:
            mi = self._backend.mi
            shared = isinstance(look, Kind)
            self._bsdfs[look] = (
                shared_bsdf(mi, self._looks, look)
                if shared
                else single_bsdf(mi, look, both_sides=not self._backend.vectorized)
            )
        return self._bsdfs[look]

    def _keep(self, looks: set[Kind | Surface]) -> None:
        """Drop all other BSDFs, so that new ones get their numbers."""
        for look in [look for look in self._bsdfs if look not in looks]:
            del self._bsdfs[look]


@dataclass(frozen=True, eq=False)
class _Group:
    """Visible pieces, perhaps none, that are one mesh."""

    look: Kind | Surface
    """What its BSDF is of."""
    pieces: list[Drawn]
    lamp: Surface | None
    """The surface whose light the mesh gives."""


def _shared_groups(pieces: Sequence[Drawn], surfaces: Sequence[Surface]) -> list[_Group]:
    """The meshes of a scene whose surfaces share BSDFs: one for each kind, and one for each that is lit or clear.

    Every level of specular is there, since it changes most often from frame to frame.
    """
    kind_of = kinds_of(surface for surface in surfaces if is_solid(surface))
    kinds = {kind_of[surface] for surface in surfaces if _shares(surface)} | {Kind(level) for level in SPECULAR_LEVELS}
    drawn: dict[Kind | Surface, list[Drawn]] = {kind: [] for kind in sorted(kinds, key=_order)}
    drawn |= {surface: [] for surface in surfaces if not _shares(surface)}
    for piece in pieces:
        if len(piece.faces):
            drawn[kind_of[piece.surface] if _shares(piece.surface) else piece.surface].append(piece)
    groups = []
    for look, shown in drawn.items():
        lamp = look if isinstance(look, Surface) and look.emits else None
        bsdf = kind_of[look] if isinstance(look, Surface) and is_solid(look) else look
        groups.append(_Group(bsdf, shown, lamp))
    return groups


def _single_groups(pieces: Sequence[Drawn], surfaces: Sequence[Surface]) -> list[_Group]:
    """The meshes of a scene with a BSDF for each surface."""
    drawn: dict[Surface, list[Drawn]] = {surface: [] for surface in surfaces}
    for piece in pieces:
        if len(piece.faces):
            drawn[piece.surface].append(piece)
    return [_Group(surface, shown, surface if surface.emits else None) for surface, shown in drawn.items()]


def _shares(surface: Surface) -> bool:
    """Whether a surface is part of a mesh with others."""
    return is_solid(surface) and not surface.emits


def _order(kind: Kind) -> tuple[list[str], float]:
    return sorted(kind.images), kind.specular


def _corners(pieces: Sequence[Drawn]) -> Floats:
    """Two opposite corners [2, 3] of what holds all pieces, and what stands for none.

    As points of one mesh, of no face, they give the scene its bounds, of which its sky has to be outside. To let each
    mesh find its own takes longer.
    """
    points = np.concatenate([_SPECK, *(piece.points for piece in pieces)]).T.copy()  # in rows, it is as fast as to copy
    return np.stack([points.min(1), points.max(1)])


def _area(points: Floats, faces: npt.NDArray[np.uint32]) -> float:
    corners = points[faces].astype(np.float64)
    across = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    return float(np.linalg.norm(across, axis=1).sum()) / 2
