# SPDX-License-Identifier: Apache-2.0
"""Fog, handed to the renderer in attributes of a prim of its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pxr import Gf, Sdf, Usd

from humanoid_brain.config.randomization_terms import FOG, FOG_COLOR, FOG_DENSITY, FogTerm
from humanoid_brain.randomization.term import Context, Json, Term, Values, registry
from humanoid_brain.randomization.workspace import Edit, Workspace, single

_TYPES = Sdf.ValueTypeNames


@registry("fog")
class Fog(Term[FogTerm]):
    """USD has no fog: see ``FOG``, ``FOG_DENSITY`` and ``FOG_COLOR`` for what a renderer reads."""

    targets = ("",)

    def resolve(self, stage: Usd.Stage, workspace: Workspace) -> list[str]:
        """Create the prim, without fog."""
        spec = workspace.define(FOG, "Scope")
        workspace.prepare(spec, FOG_DENSITY, _TYPES.Float, 0.0).custom = True
        workspace.prepare(spec, FOG_COLOR, _TYPES.Color3f, Gf.Vec3f(1.0)).custom = True
        return []

    def draw(self, frame: int, context: Context) -> Values:
        """Density and colour."""
        moment = self.moment(frame, context)
        color: Any = self.colors("color", self.config.color, moment)[0]
        density = self.single("density", self.config.density, moment)
        return {f"{self.name}.density": density, f"{self.name}.color": color}

    def edits(self, values: Mapping[str, Json]) -> Iterator[Edit]:
        """The attributes."""
        density: Any = values[f"{self.name}.density"]
        color: Any = values[f"{self.name}.color"]
        yield Edit(FOG, FOG_DENSITY, _TYPES.Float, single(density))
        yield Edit(FOG, FOG_COLOR, _TYPES.Color3f, Gf.Vec3f(*color))
