# SPDX-License-Identifier: Apache-2.0
"""Lights of the randomization's own: a pool of which some are on in each frame."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from pxr import Gf, Sdf, Usd, Vt

from humanoid_brain.config.randomization_terms import LightPoolTerm
from humanoid_brain.randomization.term import Context, Json, Term, Values, registry
from humanoid_brain.randomization.terms.lights import light_edits
from humanoid_brain.randomization.workspace import SCOPE, Edit, Placed, Workspace, single
from humanoid_brain.scene.surroundings import frame_along

_TYPES = Sdf.ValueTypeNames
_SHAPES = {"sphere": "SphereLight", "rect": "RectLight", "disk": "DiskLight"}


@registry("light_pool")
class LightPool(Term[LightPoolTerm]):
    """As many lights as ``count`` can reach, shapes in turn; a draw switches some on."""

    def __init__(self, name: str, config: LightPoolTerm, seed: int) -> None:
        super().__init__(name, config, seed)
        self.targets = tuple(str(i) for i in range(round(config.count.bounds()[1])))
        self._placed: list[Placed] = []

    def resolve(self, stage: Usd.Stage, workspace: Workspace) -> list[str]:
        """Create the lights, all off."""
        for i in range(len(self.targets)):
            shape = self._shape(i)
            spec = workspace.define(f"{SCOPE}/{self.name}/light_{i}", _SHAPES[shape])
            workspace.prepare(spec, "visibility", _TYPES.Token, "invisible")
            # A lamp in the picture would be a bright patch of no class; RTX then only shows its light.
            workspace.prepare(spec, "visibleInPrimaryRay", _TYPES.Bool, False)
            self._placed.append(workspace.place_new(spec))
        return []

    def _shape(self, index: int) -> str:
        return self.config.shapes[index % len(self.config.shapes)]

    def draw(self, frame: int, context: Context) -> Values:
        """Which lights are on, and how."""
        config, moment = self.config, self.moment(frame, context)
        count = round(self.single("count", config.count, moment))
        active = self.subset("active", count, moment)
        drawn: dict[str, list[Any]] = {
            "intensity": self.scalars("intensity", config.intensity, moment),
            "temperature": self.scalars("temperature", config.temperature, moment),
            "size": self.scalars("size", config.size, moment),
        }
        if config.color is not None:
            drawn["color"] = self.colors("color", config.color, moment)
        origin = context.below if config.origin == "subject" else np.zeros(3)
        drawn["position"] = (origin + self.points("position", config.position, moment)).tolist()
        values: Values = {f"{self.name}.count": count, f"{self.name}.active": list(active)}
        for i in active:
            values.update({self.key(str(i), quantity): each[i] for quantity, each in drawn.items()})
            if self._shape(i) != "sphere":
                values[self.key(str(i), "target")] = list(context.subject)
        return values

    def edits(self, values: Mapping[str, Json]) -> Iterator[Edit]:
        """Attributes of the lights that are on; the others are off as prepared."""
        active: Any = values[f"{self.name}.active"]
        for i in active:
            taken: dict[str, Any] = {
                quantity: values[key]
                for quantity in ("intensity", "temperature", "color", "size", "position", "target")
                if (key := self.key(str(i), quantity)) in values
            }
            placed = self._placed[i]
            yield Edit(placed.path, "visibility", _TYPES.Token, "inherited")
            yield from light_edits(placed.path, taken)
            yield from self._size_edits(i, taken["size"])
            eye = np.array(taken["position"])
            away = eye - np.array(taken.get("target", eye))  # rect and disk lights shine along their -z axis
            yield placed.edit_world(frame_along(away if np.linalg.norm(away) > 1e-6 else np.array([0, 0, 1.0]), eye))

    def _size_edits(self, index: int, size: float) -> Iterator[Edit]:
        path, shape, half = self._placed[index].path, self._shape(index), size / 2
        if shape == "rect":
            yield Edit(path, "inputs:width", _TYPES.Float, single(size))
            yield Edit(path, "inputs:height", _TYPES.Float, single(size))
        else:
            yield Edit(path, "inputs:radius", _TYPES.Float, single(half))
        depth = half if shape == "sphere" else 0.0
        corners = [Gf.Vec3f(-half, -half, -depth), Gf.Vec3f(half, half, depth)]
        yield Edit(path, "extent", _TYPES.Float3Array, Vt.Vec3fArray(corners))
