# SPDX-License-Identifier: Apache-2.0
"""Props of the scene: shifted, turned, scaled, and only some of them visible."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from pxr import Sdf, Usd, UsdGeom

from humanoid_brain.config.randomization_terms import PropTerm
from humanoid_brain.randomization.stream import Array
from humanoid_brain.randomization.targets import describe, matching, what_is_there
from humanoid_brain.randomization.term import Context, Json, Term, Values, dotted, registry
from humanoid_brain.randomization.workspace import Edit, Placed, Workspace


@registry("prop")
class Props(Term[PropTerm]):
    """Every pose counts from the one that the scene gives, not from that of the frame before."""

    def __init__(self, name: str, config: PropTerm, seed: int) -> None:
        super().__init__(name, config, seed)
        self._paths: dict[str, str] = {}
        self._placed: dict[str, Placed] = {}

    def resolve(self, stage: Usd.Stage, workspace: Workspace) -> list[str]:
        """Find the props."""
        select = self.config.select
        prims = [prim for prim in matching(stage, select) if prim.IsA(UsdGeom.Xformable)]
        self._paths = {dotted(str(prim.GetPath())): str(prim.GetPath()) for prim in prims}
        self.targets = tuple(self._paths)
        if not prims:
            problem = f"no prim with a pose matches {describe(select)}; {what_is_there(stage, select)}"
            return [] if self.config.optional else [problem]
        if self.config.count is not None and (most := self.config.count.bounds()[1]) > len(prims):
            return [f"count reaches {most:g}, but {describe(select)} matches {len(prims)} prims"]
        moves = any(quantity is not None for quantity in (self.config.offset, self.config.yaw, self.config.scale))
        if moves:
            self._placed = {dotted(str(prim.GetPath())): workspace.place(prim) for prim in prims}
        aspects = [*(["pose"] if moves else []), *(["visibility"] if self.config.count is not None else [])]
        return [problem for prim in prims for problem in workspace.claim(self.name, str(prim.GetPath()), aspects)]

    def draw(self, frame: int, context: Context) -> Values:
        """Values of the visible props."""
        config, moment = self.config, self.moment(frame, context)
        values: Values = {}
        visible = list(range(len(self.targets)))
        if config.count is not None and self.targets:
            count = round(self.single("count", config.count, moment))
            visible = self.subset("visible", count, moment)
            values[f"{self.name}.count"] = count
            values.update({self.key(name, "visible"): i in visible for i, name in enumerate(self.targets)})
        drawn: dict[str, list[Any]] = {}
        if config.offset is not None:
            drawn["offset"] = self.points("offset", config.offset, moment).tolist()
        if config.yaw is not None:
            drawn["yaw"] = self.scalars("yaw", config.yaw, moment)
        if config.scale is not None:
            drawn["scale"] = self.scalars("scale", config.scale, moment)
        for quantity, each in drawn.items():
            values.update({self.key(self.targets[i], quantity): each[i] for i in visible})
        return values

    def edits(self, values: Mapping[str, Json]) -> Iterator[Edit]:
        """Visibility and poses."""
        for name, path in self._paths.items():
            taken: dict[str, Any] = {
                quantity: values[key]
                for quantity in ("visible", "offset", "yaw", "scale")
                if (key := self.key(name, quantity)) in values
            }
            if taken.get("visible") is False:
                yield Edit(path, "visibility", Sdf.ValueTypeNames.Token, "invisible")
            elif name in self._placed:
                yield self._placed[name].edit(_moved(self._placed[name].base, taken))


def _moved(base: Array, taken: Mapping[str, Any]) -> Array:
    """Pose (4, 4) in the parent: turned about the vertical through the prop's origin, scaled, shifted."""
    angle = np.radians(taken.get("yaw", 0.0))
    turn = np.array([[np.cos(angle), -np.sin(angle), 0.0], [np.sin(angle), np.cos(angle), 0.0], [0.0, 0.0, 1.0]])
    pose = base.copy()
    pose[:3, :3] = turn @ base[:3, :3] * taken.get("scale", 1.0)
    pose[:3, 3] += taken.get("offset", (0.0, 0.0, 0.0))
    return pose
