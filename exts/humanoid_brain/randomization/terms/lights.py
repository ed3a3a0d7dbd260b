# SPDX-License-Identifier: Apache-2.0
"""Lights that the scene has: how bright, of which colour, from where, and which sky."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from pxr import Gf, Sdf, Usd, UsdLux

from humanoid_brain.config.randomization_terms import LightTerm
from humanoid_brain.randomization import sampling
from humanoid_brain.randomization.images import ImageFiles, find_images
from humanoid_brain.randomization.stream import Array
from humanoid_brain.randomization.targets import describe, matching, what_is_there
from humanoid_brain.randomization.term import Context, Json, Term, Values, dotted, registry
from humanoid_brain.randomization.workspace import Edit, Placed, Workspace, single
from humanoid_brain.scene.surroundings import frame_along

_TYPES = Sdf.ValueTypeNames
_LOCAL = ("SphereLight", "RectLight", "DiskLight", "CylinderLight", "PortalLight")
_DOME = ("DomeLight", "DomeLight_1")
_TAKERS = {"direction": ("DistantLight",), "position": _LOCAL, "rotation": _DOME, "texture": _DOME}
"""Types of light that have the quantity; what is not here, all have."""
_POSES = ("direction", "position", "rotation")
_QUANTITIES = ("intensity", "exposure", "temperature", "color", *_POSES, "texture")


@registry("light")
class Lights(Term[LightTerm]):
    """Draws for each selected light, or light below a selected prim."""

    def __init__(self, name: str, config: LightTerm, seed: int) -> None:
        super().__init__(name, config, seed)
        self._paths: dict[str, str] = {}
        self._types: dict[str, str] = {}
        self._placed: dict[str, Placed] = {}
        self._sky: ImageFiles | None = find_images(config.texture) if config.texture else None

    def resolve(self, stage: Usd.Stage, workspace: Workspace) -> list[str]:
        """Find the lights, and refuse quantities that none of them has."""
        selected = matching(stage, self.config.select)
        lights = {
            prim.GetPath(): prim for top in selected for prim in Usd.PrimRange(top) if prim.HasAPI(UsdLux.LightAPI)
        }
        problems = list(self._sky.problems) if self._sky else []
        if not lights:
            return problems + self._missing(stage, selected)
        self._paths = {dotted(str(path)): str(path) for path in lights}
        self._types = {dotted(str(path)): str(prim.GetTypeName()) for path, prim in lights.items()}
        self.targets = tuple(self._paths)
        moved = [name for quantity in _POSES for name in self._takers(quantity)]
        self._placed = {name: workspace.place(stage.GetPrimAtPath(self._paths[name])) for name in moved}
        for quantity in _QUANTITIES:
            aspect = "pose" if quantity in _POSES else quantity
            for name in self._takers(quantity):
                problems += workspace.claim(self.name, self._paths[name], [aspect])
        kinds = ", ".join(sorted(set(self._types.values())))
        for quantity, takers in _TAKERS.items():
            if getattr(self.config, quantity) is not None and not self._takers(quantity):
                problems.append(f"'{quantity}' is for {' and '.join(takers)}, but the lights are {kinds}")
        return problems

    def _missing(self, stage: Usd.Stage, selected: list[Usd.Prim]) -> list[str]:
        if self.config.optional:
            self.targets = ()
            return []
        if selected:
            return [f"{describe(self.config.select)} matches {selected[0].GetPath()}, which is no light and holds none"]
        return [f"no prim matches {describe(self.config.select)}; {what_is_there(stage, self.config.select)}"]

    def _takers(self, quantity: str) -> list[str]:
        """Targets that draw the quantity."""
        if getattr(self.config, quantity) is None:
            return []
        takers = _TAKERS.get(quantity)
        return [name for name in self.targets if takers is None or self._types.get(name, takers[0]) in takers]

    def draw(self, frame: int, context: Context) -> Values:
        """Values of every light."""
        config, moment = self.config, self.moment(frame, context)
        drawn: dict[str, list[Any]] = {}
        for quantity in ("intensity", "exposure", "temperature", "rotation"):
            if (distribution := getattr(config, quantity)) is not None:
                drawn[quantity] = self.scalars(quantity, distribution, moment)
        if config.color is not None:
            drawn["color"] = self.colors("color", config.color, moment)
        if config.direction is not None:
            drawn["direction"] = sampling.direction(config.direction, self.uniform("direction", moment, 2)).tolist()
        if config.position is not None:
            origin = context.below if config.origin == "subject" else np.zeros(3)
            drawn["position"] = (origin + self.points("position", config.position, moment)).tolist()
        if self._sky is not None:
            drawn["texture"] = self._sky.draw(self.uniform("texture", moment, 2))
        return {
            self.key(name, quantity): values[i]
            for quantity, values in drawn.items()
            for i, name in enumerate(self.targets)
            if name in self._takers(quantity)
        }

    def edits(self, values: Mapping[str, Json]) -> Iterator[Edit]:
        """Attributes of the lights."""
        for name in self.targets:
            taken: dict[str, Any] = {q: values[self.key(name, q)] for q in _QUANTITIES if self.key(name, q) in values}
            yield from light_edits(self._paths[name], taken)
            if name in self._placed:
                yield self._placed[name].edit_world(self._pose(name, taken))
            if taken.get("texture") is not None and self._sky is not None:
                file = Sdf.AssetPath(self._sky.path(taken["texture"]))
                yield Edit(self._paths[name], "inputs:texture:file", _TYPES.Asset, file)
                yield Edit(self._paths[name], "inputs:texture:format", _TYPES.Token, "latlong")

    def _pose(self, name: str, taken: Mapping[str, Any]) -> Array:
        """World pose (4, 4)."""
        placed = self._placed[name]
        pose = placed.parent @ placed.base
        if "direction" in taken:  # a distant light shines along its -z axis
            pose = frame_along(np.array(taken["direction"]), pose[:3, 3])
        if "position" in taken:
            pose[:3, 3] = taken["position"]
        if "rotation" in taken:
            angle = np.radians(taken["rotation"])
            turn = np.eye(4)
            turn[:2, :2] = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
            pose = turn @ pose
        return pose


def light_edits(path: str, values: Mapping[str, Any]) -> Iterator[Edit]:
    """What intensity, exposure, temperature and colour, if they are among ``values``, mean for a light."""
    for quantity in ("intensity", "exposure"):
        if quantity in values:
            yield Edit(path, f"inputs:{quantity}", _TYPES.Float, single(values[quantity]))
    if "temperature" in values:
        yield Edit(path, "inputs:enableColorTemperature", _TYPES.Bool, True)
        yield Edit(path, "inputs:colorTemperature", _TYPES.Float, single(values["temperature"]))
    if "color" in values:
        yield Edit(path, "inputs:color", _TYPES.Color3f, Gf.Vec3f(*values["color"]))
