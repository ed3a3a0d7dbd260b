# SPDX-License-Identifier: Apache-2.0
"""Looks of prims of the scene: base colour, roughness, metallic, specular, varnish, texture."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pxr import Gf, Sdf, Usd

from humanoid_brain.config.randomization_terms import MaterialTerm
from humanoid_brain.randomization.images import ImageFiles, find_images
from humanoid_brain.randomization.material_copies import OMNI, Shader, copy_material, outside, slots_of
from humanoid_brain.randomization.targets import describe, matching, what_is_there
from humanoid_brain.randomization.term import Context, Json, Term, Values, dotted, registry
from humanoid_brain.randomization.workspace import SCOPE, Edit, Workspace, single

_TYPES = Sdf.ValueTypeNames
_OMNI_INPUTS = {
    "roughness": "reflection_roughness_constant",
    "metallic": "metallic_constant",
    "specular": "specular_level",
}
_WHITE = (1.0, 1.0, 1.0)
_QUANTITIES = ("color", "tint", "roughness", "metallic", "specular", "clearcoat", "texture", "tiling")


@dataclass(frozen=True)
class _Surface:
    """A shader of a copy, its material, and the target whose draws it follows."""

    shader: Shader
    material: str
    target: str
    has_st: bool
    """Whether there are texture coordinates for a texture."""


@registry("material")
class Materials(Term[MaterialTerm]):
    """Draws for each material of each selected prim."""

    def __init__(self, name: str, config: MaterialTerm, seed: int) -> None:
        super().__init__(name, config, seed)
        self._surfaces: list[_Surface] = []
        self._images: ImageFiles | None = find_images(config.texture) if config.texture else None

    def resolve(self, stage: Usd.Stage, workspace: Workspace) -> list[str]:
        """Find the prims and give each its copies of the materials."""
        select = self.config.select
        problems = list(self._images.problems) if self._images else []
        prims = matching(stage, select)
        self.targets = ()
        if not prims and not self.config.optional:
            return [*problems, f"no prim matches {describe(select)}; {what_is_there(stage, select)}"]
        for prim in prims:
            problems += self._resolve_prim(prim, workspace)
        self.targets = tuple(dict.fromkeys(surface.target for surface in self._surfaces))
        if self._images and self._surfaces and not any(surface.has_st for surface in self._surfaces):
            problems.append(f"nothing of {describe(select)} has texture coordinates (primvars:st) for a texture")
        if prims and not self._surfaces and not problems:
            problems.append(f"{describe(select)} matches {prims[0].GetPath()}, which has nothing to be seen")
        return problems

    def _resolve_prim(self, prim: Usd.Prim, workspace: Workspace) -> list[str]:
        name, problems = dotted(str(prim.GetPath())), []
        slots = slots_of(prim, self.config.select.label_kind)
        for slot in slots:
            holder = outside(slot, prim)
            if holder is not None:
                problems.append(f"the material of {prim.GetPath()} is held by a stronger binding on {holder.GetPath()}")
                continue
            for bound in dict.fromkeys(str(bound.GetPath()) for bound, _ in slot.bindings):
                problems += workspace.claim(self.name, bound, ["material"])
            path = f"{SCOPE}/{self.name}/{name.replace('.', '_')}_{len(self._surfaces)}"
            target = name if self.config.each == "prim" else f"{name}.{slot.name}"
            shaders = copy_material(workspace, slot, path)
            self._surfaces += [_Surface(shader, path, target, slot.has_st) for shader in shaders]
            if self._images and slot.has_st:
                _add_texture(workspace, path)
        return problems

    def draw(self, frame: int, context: Context) -> Values:
        """Values of every material, or of every prim."""
        config, moment = self.config, self.moment(frame, context)
        drawn: dict[str, list[Any]] = {}
        if config.color is not None:
            drawn["color"] = self.colors("color", config.color, moment)
        if config.tint is not None:
            drawn["tint"] = self.colors("tint", config.tint, moment)
        for quantity in ("roughness", "metallic", "specular", "clearcoat", "tiling"):
            if (distribution := getattr(config, quantity)) is not None:
                drawn[quantity] = self.scalars(quantity, distribution, moment)
        if self._images is not None:
            drawn["texture"] = self._images.draw(self.uniform("texture", moment, 2))
        changed = self.uniform("share", moment, 1)[:, 0] < config.share
        return {
            self.key(target, quantity): each[i]
            for quantity, each in drawn.items()
            for i, target in enumerate(self.targets)
            if changed[i]
        }

    def edits(self, values: Mapping[str, Json]) -> Iterator[Edit]:
        """Inputs of the copies' shaders."""
        for surface in self._surfaces:
            taken: dict[str, Any] = {
                quantity: values[key]
                for quantity in _QUANTITIES
                if (key := self.key(surface.target, quantity)) in values
            }
            name = taken.get("texture") if surface.has_st else None
            file = self._images.path(name) if self._images and name else None
            if surface.shader.kind == OMNI:
                yield from _omni_edits(surface.shader.path, taken, file)
            else:
                yield from _preview_edits(surface, taken, file)


def _add_texture(workspace: Workspace, material: str) -> None:
    """Prepare the nodes of a base colour texture; nothing is connected to them until a draw takes a file."""
    reader = workspace.define(f"{material}/randomization_st", "Shader")
    transform = workspace.define(f"{material}/randomization_tiling", "Shader")
    texture = workspace.define(f"{material}/randomization_texture", "Shader")
    for spec, kind in ((reader, "UsdPrimvarReader_float2"), (transform, "UsdTransform2d"), (texture, "UsdUVTexture")):
        Sdf.AttributeSpec(spec, "info:id", _TYPES.Token, Sdf.VariabilityUniform).default = kind
    workspace.prepare(reader, "inputs:varname", _TYPES.String, "st")
    Sdf.AttributeSpec(reader, "outputs:result", _TYPES.Float2)
    source = Sdf.AttributeSpec(transform, "inputs:in", _TYPES.Float2)
    source.connectionPathList.explicitItems.append(f"{reader.path}.outputs:result")
    Sdf.AttributeSpec(transform, "outputs:result", _TYPES.Float2)
    st = Sdf.AttributeSpec(texture, "inputs:st", _TYPES.Float2)
    st.connectionPathList.explicitItems.append(f"{transform.path}.outputs:result")
    for name, value in (("wrapS", "repeat"), ("wrapT", "repeat"), ("sourceColorSpace", "sRGB")):
        workspace.prepare(texture, f"inputs:{name}", _TYPES.Token, value)
    Sdf.AttributeSpec(texture, "outputs:rgb", _TYPES.Float3)


def _preview_edits(surface: _Surface, taken: Mapping[str, Any], file: str | None) -> Iterator[Edit]:
    shader, texture = surface.shader.path, f"{surface.material}/randomization_texture"
    if file is not None:
        tint, tiling = taken.get("color", taken.get("tint", _WHITE)), taken.get("tiling", 1.0)
        yield Edit(texture, "inputs:file", _TYPES.Asset, Sdf.AssetPath(file))
        yield Edit(texture, "inputs:scale", _TYPES.Float4, Gf.Vec4f(*tint, 1.0))
        scale = Gf.Vec2f(tiling, tiling)
        yield Edit(f"{surface.material}/randomization_tiling", "inputs:scale", _TYPES.Float2, scale)
        yield Edit(shader, "inputs:diffuseColor", _TYPES.Color3f, sources=(f"{texture}.outputs:rgb",))
    elif "color" in taken:
        yield Edit(shader, "inputs:diffuseColor", _TYPES.Color3f, Gf.Vec3f(*taken["color"]), ())
    elif "tint" in taken and surface.shader.texture is not None:
        factors = _times(surface.shader.scale, taken["tint"])
        yield Edit(surface.shader.texture, "inputs:scale", _TYPES.Float4, Gf.Vec4f(*factors, 1.0), ())
    elif "tint" in taken:
        color = _times(surface.shader.color, taken["tint"])
        yield Edit(shader, "inputs:diffuseColor", _TYPES.Color3f, Gf.Vec3f(*color), ())
    for quantity in ("roughness", "metallic", "clearcoat"):
        if quantity in taken:
            yield Edit(shader, f"inputs:{quantity}", _TYPES.Float, single(taken[quantity]), ())
    if "specular" in taken:
        yield Edit(shader, "inputs:useSpecularWorkflow", _TYPES.Int, 0, ())
        yield Edit(shader, "inputs:ior", _TYPES.Float, single(index_of_refraction(taken["specular"])), ())


def _omni_edits(shader: str, taken: Mapping[str, Any], file: str | None) -> Iterator[Edit]:
    """OmniPBR has no varnish; its textures override its constants by an influence or by being there."""
    if file is not None:
        tiling = taken.get("tiling", 1.0)
        yield Edit(shader, "inputs:diffuse_texture", _TYPES.Asset, Sdf.AssetPath(file), ())
        tint = taken.get("color", taken.get("tint", _WHITE))
        yield Edit(shader, "inputs:diffuse_tint", _TYPES.Color3f, Gf.Vec3f(*tint), ())
        yield Edit(shader, "inputs:texture_scale", _TYPES.Float2, Gf.Vec2f(tiling, tiling), ())
    elif "color" in taken:
        yield Edit(shader, "inputs:diffuse_color_constant", _TYPES.Color3f, Gf.Vec3f(*taken["color"]), ())
        yield Edit(shader, "inputs:diffuse_texture", _TYPES.Asset, Sdf.AssetPath(""), ())
    elif "tint" in taken:  # OmniPBR multiplies colour and texture with it alike
        yield Edit(shader, "inputs:diffuse_tint", _TYPES.Color3f, Gf.Vec3f(*taken["tint"]), ())
    for quantity, name in _OMNI_INPUTS.items():
        if quantity in taken:
            yield Edit(shader, f"inputs:{name}", _TYPES.Float, single(taken[quantity]), ())
    for quantity in ("roughness", "metallic"):
        if quantity in taken:
            influence = f"inputs:{'reflection_' if quantity == 'roughness' else ''}{quantity}_texture_influence"
            yield Edit(shader, influence, _TYPES.Float, 0.0, ())


def _times(one: Sequence[float], other: Sequence[float]) -> tuple[float, float, float]:
    return one[0] * other[0], one[1] * other[1], one[2] * other[2]


def index_of_refraction(specular: float) -> float:
    """Index of refraction whose reflectance at normal incidence is 0.08 * ``specular`` (Burley, SIGGRAPH 2012)."""
    root = math.sqrt(0.08 * specular)
    return (1.0 + root) / (1.0 - root)
