# SPDX-License-Identifier: Apache-2.0
"""Copies of materials, so that the looks of one prim change and those of others that share them do not.

A copy refers to its source and so has all of it but what a draw overrides: UsdPreviewSurface, and Isaac Sim's OmniPBR.
A prim without a material that we know gets a new UsdPreviewSurface.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass, field

from pxr import Sdf, Usd, UsdGeom, UsdShade

from humanoid_brain.config.scene import Color
from humanoid_brain.randomization.targets import labels_of
from humanoid_brain.randomization.workspace import Workspace

_TYPES = Sdf.ValueTypeNames
PREVIEW, TEXTURE, OMNI = "UsdPreviewSurface", "UsdUVTexture", "OmniPBR"
_BINDING = "material:binding"


@dataclass(frozen=True)
class Shader:
    """A surface shader whose inputs we know."""

    path: str
    kind: str
    color: Color = (0.18, 0.18, 0.18)
    """Base colour that the source has, where no texture gives it; UsdPreviewSurface's default."""
    texture: str | None = None
    """UsdUVTexture that gives the base colour."""
    scale: Color = (1.0, 1.0, 1.0)
    """Colour that this texture is multiplied with."""


@dataclass
class Slot:
    """One material of one target, and the prims that it is bound to."""

    name: str
    source: UsdShade.Material | None
    bindings: list[tuple[Usd.Prim, str]] = field(default_factory=list)
    """Prims and the names of the relationships that bind."""
    has_st: bool = False
    """Whether something that it is bound to has texture coordinates, or is a solid for which hosts make some."""


def slots_of(target: Usd.Prim, kind: str) -> list[Slot]:
    """The materials of a prim and of what lies below it, up to prims that carry a label of this kind themselves."""
    slots: dict[str, Slot] = {}
    for prim in _surfaces(target, kind):
        material, relationship = UsdShade.MaterialBindingAPI(prim).ComputeBoundMaterial(UsdShade.Tokens.full)
        instance = _instance_of(prim)  # takes one material for all that is inside
        source = str(instance.GetPath() if instance else material.GetPath()) if instance or material else ""
        if source not in slots:
            name = material.GetPrim().GetName() if material else "material"
            taken = {slot.name for slot in slots.values()}
            while name in taken:
                name += "_"
            slots[source] = Slot(name, material if material else None)
        slots[source].bindings += _bindings(prim, relationship)
        slots[source].has_st |= _has_st(prim)
    return list(slots.values())


def _surfaces(target: Usd.Prim, kind: str) -> Iterator[Usd.Prim]:
    """Solids, meshes and parts of meshes that are drawn."""
    below = iter(Usd.PrimRange(target, Usd.TraverseInstanceProxies()))
    for prim in below:
        if prim != target and labels_of(prim, kind):
            below.PruneChildren()
        elif prim.IsA(UsdGeom.Gprim):
            if UsdGeom.Imageable(prim).ComputePurpose() != UsdGeom.Tokens.guide:
                yield prim
        elif prim.IsA(UsdGeom.Subset) and UsdGeom.Subset(prim).GetFamilyNameAttr().Get() == "materialBind":
            yield prim


def _bindings(prim: Usd.Prim, relationship: Usd.Relationship) -> list[tuple[Usd.Prim, str]]:
    """Where to bind so that ``prim`` is drawn with our material instead of the one that ``relationship`` gives it."""
    winner = relationship.GetPrim() if relationship else None
    stronger = winner is not None and (
        UsdShade.MaterialBindingAPI.GetMaterialBindingStrength(relationship) == UsdShade.Tokens.strongerThanDescendants
    )
    place = winner if winner is not None and stronger else prim
    place = _instance_of(place) or place
    names = {_BINDING}
    if relationship and relationship.GetName() == f"{_BINDING}:full":
        names.add(relationship.GetName())
    return [(place, name) for name in sorted(names)]


def _instance_of(prim: Usd.Prim) -> Usd.Prim | None:
    """The instance that the prim is inside of, which can be edited unlike the prim itself; None outside instances."""
    if not prim.IsInstanceProxy():
        return None
    while prim.IsInstanceProxy():
        prim = prim.GetParent()
    return prim


def _has_st(prim: Usd.Prim) -> bool:
    mesh = prim.GetParent() if prim.IsA(UsdGeom.Subset) else prim
    return not mesh.IsA(UsdGeom.Mesh) or UsdGeom.PrimvarsAPI(mesh).HasPossiblyInheritedPrimvar("st")


def outside(slot: Slot, target: Usd.Prim) -> Usd.Prim | None:
    """A prim above the target that holds the slot's material by a stronger binding, which others share; or None."""
    path = target.GetPath()
    for prim, _ in slot.bindings:
        above = prim.GetPath() != path and path.HasPrefix(prim.GetPath())
        if above:
            return prim
    return None


def copy_material(workspace: Workspace, slot: Slot, path: str) -> list[Shader]:
    """Create the copy at ``path`` and bind it; returns the shaders that take overrides."""
    spec = workspace.define(path, "Material")
    shaders = _known_shaders(slot.source) if slot.source else []
    if slot.source and shaders:
        source = slot.source.GetPath()
        spec.referenceList.prependedItems.append(Sdf.Reference("", source))
        shaders = [_moved(each, source, Sdf.Path(path)) for each in shaders]
    else:
        shaders = [_new_preview(workspace, spec)]
    for prim, name in slot.bindings:
        bound = workspace.over(str(prim.GetPath()))
        workspace.apply_api(bound, "MaterialBindingAPI")
        binding = bound.relationships.get(name) or Sdf.RelationshipSpec(bound, name, False)
        binding.targetPathList.ClearEditsAndMakeExplicit()
        binding.targetPathList.explicitItems.append(path)
        if not prim.IsA(UsdGeom.Gprim) and not prim.IsA(UsdGeom.Subset):
            binding.SetInfo("bindMaterialAs", UsdShade.Tokens.strongerThanDescendants)
    return shaders


def _known_shaders(material: UsdShade.Material) -> list[Shader]:
    """The material's shaders, for RTX ("mdl") and for all renderers; none unless we can override every one of them."""
    found: dict[str, Shader] = {}
    for context in ("mdl", UsdShade.Tokens.universalRenderContext):
        shader = material.ComputeSurfaceSource(context)[0]
        if not shader:
            continue
        kind = _kind(shader)
        if not kind or not shader.GetPath().HasPrefix(material.GetPath()):
            return []
        found[str(shader.GetPath())] = _shader(shader, kind, material)
    return list(found.values())


def _shader(shader: UsdShade.Shader, kind: str, material: UsdShade.Material) -> Shader:
    """The shader with what a tint needs to know of its base colour."""
    path, base = str(shader.GetPath()), shader.GetInput("diffuseColor")
    if kind != PREVIEW or not base:
        return Shader(path, kind)
    producers = base.GetValueProducingAttributes()
    giver = UsdShade.Shader(producers[0].GetPrim()) if producers else None
    if giver and giver.GetIdAttr().Get() == TEXTURE and giver.GetPath().HasPrefix(material.GetPath()):
        scale = giver.GetInput("scale")
        factors = scale.Get() if scale and scale.Get() is not None else (1.0, 1.0, 1.0)
        return Shader(path, kind, texture=str(giver.GetPath()), scale=(factors[0], factors[1], factors[2]))
    color = producers[0].Get() if producers else None
    return Shader(path, kind) if color is None else Shader(path, kind, (color[0], color[1], color[2]))


def _moved(shader: Shader, source: Sdf.Path, copy: Sdf.Path) -> Shader:
    """The shader's counterpart in a copy of its material."""

    def there(path: str) -> str:
        return str(Sdf.Path(path).ReplacePrefix(source, copy))

    texture = there(shader.texture) if shader.texture else None
    return dataclasses.replace(shader, path=there(shader.path), texture=texture)


def _kind(shader: UsdShade.Shader) -> str:
    if shader.GetIdAttr().Get() == PREVIEW:
        return PREVIEW
    name = shader.GetPrim().GetAttribute("info:mdl:sourceAsset:subIdentifier").Get()
    return OMNI if name == OMNI else ""


def _new_preview(workspace: Workspace, material: Sdf.PrimSpec) -> Shader:
    shader = workspace.define(f"{material.path}/shader", "Shader")
    Sdf.AttributeSpec(shader, "info:id", _TYPES.Token, Sdf.VariabilityUniform).default = PREVIEW
    Sdf.AttributeSpec(shader, "outputs:surface", _TYPES.Token)
    surface = Sdf.AttributeSpec(material, "outputs:surface", _TYPES.Token)
    surface.connectionPathList.explicitItems.append(f"{shader.path}.outputs:surface")
    return Shader(str(shader.path), PREVIEW)
