# SPDX-License-Identifier: Apache-2.0
"""Solids of the randomization's own: distractors around the subject, occluders in front of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

import numpy as np
from pxr import Gf, Sdf, Usd, Vt

from humanoid_brain.config.randomization_view import ClutterTerm, DistractorTerm, OccluderTerm
from humanoid_brain.errors import ConfigError
from humanoid_brain.randomization import sampling
from humanoid_brain.randomization.placement import across, distances, inside, rotation_matrix, rotations
from humanoid_brain.randomization.sampling import Moment
from humanoid_brain.randomization.stream import Array
from humanoid_brain.randomization.term import Context, Json, Term, Values, registry
from humanoid_brain.randomization.workspace import SCOPE, Edit, Placed, Workspace, single

_TYPES = Sdf.ValueTypeNames
_SOLIDS = {
    "cube": ("Cube", {"size": 1.0}),
    "sphere": ("Sphere", {"radius": 0.5}),
    "cylinder": ("Cylinder", {"radius": 0.5, "height": 1.0}),
    "cone": ("Cone", {"radius": 0.5, "height": 1.0}),
    "capsule": ("Capsule", {"radius": 0.25, "height": 0.5}),
}
"""USD type and measures of each solid; all fit a cube of edge 1."""
REACH = 0.87
"""Radius of the sphere around a cube of edge 1."""
SUBJECT = 0.35
"""Radius in m of what belongs to the subject: no solid reaches nearer to the vertical through it."""
LENS = 0.15
"""Room in m around the camera."""
_ATTEMPTS = 16
_QUANTITIES = ("position", "orientation", "size", "color", "roughness", "metallic")
ClutterT = TypeVar("ClutterT", bound=ClutterTerm)


class Clutter(Term[ClutterT]):
    """A pool of solids, shapes in turn, of which a draw shows some."""

    def __init__(self, name: str, config: ClutterT, seed: int) -> None:
        super().__init__(name, config, seed)
        self.targets = tuple(str(i) for i in range(round(config.count.bounds()[1])))
        self._placed: list[Placed] = []
        self._shaders: list[str] = []

    def resolve(self, stage: Usd.Stage, workspace: Workspace) -> list[str]:
        """Create the solids, all hidden, each with a material of its own."""
        for i in range(len(self.targets)):
            kind, measures = _SOLIDS[self.config.shapes[i % len(self.config.shapes)]]
            path = f"{SCOPE}/{self.name}/solid_{i}"
            spec = workspace.define(path, kind)
            for name, value in measures.items():
                workspace.prepare(spec, name, _TYPES.Double, value)
            corners = [Gf.Vec3f(-0.5, -0.5, -0.5), Gf.Vec3f(0.5, 0.5, 0.5)]
            workspace.prepare(spec, "extent", _TYPES.Float3Array, Vt.Vec3fArray(corners))
            workspace.prepare(spec, "visibility", _TYPES.Token, "invisible")
            workspace.label(spec, self.config.label)
            self._placed.append(workspace.place_new(spec))
            self._shaders.append(_material(workspace, spec, f"{SCOPE}/{self.name}/material_{i}"))
        return []

    def draw(self, frame: int, context: Context) -> Values:
        """Which solids are seen, where, and how they look."""
        config, moment = self.config, self.moment(frame, context)
        count = round(self.single("count", config.count, moment))
        values: Values = {f"{self.name}.count": 0, f"{self.name}.active": []}
        if count == 0:
            return values
        sizes = np.array(self.scalars("size", config.size, moment))
        drawn: dict[str, list[Any]] = {
            "orientation": rotations(self.uniform("orientation", moment, 3)).tolist(),
            "size": sizes.tolist(),
            "color": self.colors("color", config.color, moment),
            "roughness": self.scalars("roughness", config.roughness, moment),
            "metallic": self.scalars("metallic", config.metallic, moment),
        }
        chosen = self.subset("active", count, moment)
        places = self._settle(chosen, self.candidates(moment, context), sizes * REACH, context)
        for i, place in places.items():
            values[self.key(str(i), "position")] = place.tolist()
            values.update({self.key(str(i), quantity): each[i] for quantity, each in drawn.items()})
        values[f"{self.name}.count"] = len(places)
        values[f"{self.name}.active"] = list(places)
        return values

    def candidates(self, moment: Moment, context: Context) -> Array:
        """Places (targets, attempts, 3) to try in turn, m, world frame."""
        raise NotImplementedError

    def _settle(self, chosen: list[int], candidates: Array, reach: Array, context: Context) -> dict[int, Array]:
        """The first candidate of each that fits; what has none stays out."""
        places: dict[int, Array] = {}
        for i in chosen:
            points = candidates[i]
            fits = (points[:, 2] >= context.ground + reach[i]) & (distances(points, context.obstacles) > reach[i])
            fits &= inside(points, context.room, reach[i])
            if context.camera is not None:
                fits &= np.linalg.norm(points - np.array(context.camera), axis=1) > reach[i] + LENS
            beside = np.linalg.norm(points[:, :2] - np.array(context.subject[:2]), axis=1)
            fits &= beside > reach[i] + SUBJECT
            for j, other in places.items():
                fits &= np.linalg.norm(points - other, axis=1) > reach[i] + reach[j]
            if fits.any():
                places[i] = points[int(np.argmax(fits))]
        return places

    def edits(self, values: Mapping[str, Json]) -> Iterator[Edit]:
        """Attributes of the solids that are seen; the others are hidden as prepared."""
        active: Any = values[f"{self.name}.active"]
        for i in active:
            taken: dict[str, Any] = {quantity: values[self.key(str(i), quantity)] for quantity in _QUANTITIES}
            pose = np.eye(4)
            pose[:3, :3] = rotation_matrix(np.array(taken["orientation"])) * taken["size"]
            pose[:3, 3] = taken["position"]
            yield Edit(self._placed[i].path, "visibility", _TYPES.Token, "inherited")
            yield self._placed[i].edit_world(pose)
            shader = self._shaders[i]
            yield Edit(shader, "inputs:diffuseColor", _TYPES.Color3f, Gf.Vec3f(*taken["color"]))
            yield Edit(shader, "inputs:roughness", _TYPES.Float, single(taken["roughness"]))
            yield Edit(shader, "inputs:metallic", _TYPES.Float, single(taken["metallic"]))


def _material(workspace: Workspace, solid: Sdf.PrimSpec, path: str) -> str:
    """Give the solid a UsdPreviewSurface of its own; returns the shader's path."""
    material = workspace.define(path, "Material")
    shader = workspace.define(f"{path}/shader", "Shader")
    Sdf.AttributeSpec(shader, "info:id", _TYPES.Token, Sdf.VariabilityUniform).default = "UsdPreviewSurface"
    Sdf.AttributeSpec(shader, "outputs:surface", _TYPES.Token)
    surface = Sdf.AttributeSpec(material, "outputs:surface", _TYPES.Token)
    surface.connectionPathList.explicitItems.append(f"{path}/shader.outputs:surface")
    workspace.apply_api(solid, "MaterialBindingAPI")
    Sdf.RelationshipSpec(solid, "material:binding", False).targetPathList.explicitItems.append(path)
    return f"{path}/shader"


@registry("distractors")
class Distractors(Clutter[DistractorTerm]):
    """Around the subject."""

    def candidates(self, moment: Moment, context: Context) -> Array:
        """Points of the configured space around the subject."""
        numbers = self.uniform("position", moment, 3 * _ATTEMPTS).reshape(-1, 3)
        points = np.array(context.subject) + sampling.position(self.config.position, numbers, moment)
        return points.reshape(-1, _ATTEMPTS, 3)


@registry("occluders")
class Occluders(Clutter[OccluderTerm]):
    """Near the line of sight from the camera to the subject."""

    def candidates(self, moment: Moment, context: Context) -> Array:
        """Points beside the line of sight.

        Raises:
            ConfigError: Nobody has said where the camera stands.
        """
        if context.camera is None:
            raise ConfigError(
                "occluders need to know where the camera stands",
                where=f"terms.{self.name}",
                todo="Add a term of the kind camera, or give the camera's position with the context",
            )
        eye = np.array(context.camera)
        way = np.array(context.subject) - eye
        along, aside, angle = (
            self.uniform(name, moment, _ATTEMPTS).reshape(-1) for name in ("along", "aside", "angle")
        )
        points = eye + sampling.scalar(self.config.along, along, moment)[:, None] * way
        points += sampling.scalar(self.config.aside, aside, moment)[:, None] * across(way, 2.0 * np.pi * angle)
        return points.reshape(-1, _ATTEMPTS, 3)
