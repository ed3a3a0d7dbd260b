# SPDX-License-Identifier: Apache-2.0
"""Edits of a stage in a layer of their own, so that the scene's files stay as they are and all can be taken back."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from pxr import Gf, Sdf, Usd, UsdGeom, Vt

from humanoid_brain.errors import SceneError
from humanoid_brain.randomization.stream import Array
from humanoid_brain.scene.schemas import label_properties

SCOPE = "/randomization"
"""Where prims of the randomization's own lie: pools of lights and solids, copies of materials, fog."""
_TRANSFORM = "xformOp:transform:randomization"
_RESET = "!resetXformStack!"
_Key = tuple[str, str]


@dataclass(frozen=True)
class Edit:
    """One attribute of one prim for one draw."""

    prim: str
    name: str
    type: Sdf.ValueTypeName
    value: object = None
    """The value; None leaves that of the scene."""
    sources: tuple[str, ...] | None = None
    """Outputs that the attribute is connected to; empty: none, whatever the scene says; None leaves the scene's."""


@dataclass(frozen=True)
class Placed:
    """A prim whose pose is set by one matrix."""

    path: str
    base: Array
    """Pose (4, 4) in the parent that the scene gives it."""
    parent: Array
    """Pose (4, 4) of the parent in the world."""

    def edit(self, local: Array) -> Edit:
        """Set the pose (4, 4) in the parent."""
        return Edit(self.path, _TRANSFORM, Sdf.ValueTypeNames.Matrix4d, to_gf(local))

    def edit_world(self, world: Array) -> Edit:
        """Set the pose (4, 4) in the world."""
        return self.edit(np.linalg.inv(self.parent) @ world)


def to_gf(matrix: Array) -> Gf.Matrix4d:
    """USD's matrix, which multiplies row vectors, for one (4, 4) that multiplies column vectors."""
    return Gf.Matrix4d(*matrix.T.flatten().tolist())


def from_gf(matrix: Gf.Matrix4d) -> Array:
    """The inverse of :func:`to_gf`."""
    return np.array(matrix, np.float64).T


def single(value: float) -> float:
    """The number as USD stores it in an attribute of type float."""
    return float(np.float32(value))


class Workspace:
    """A layer below the session layer of a stage.

    Terms prepare prims and attributes in it once. Each :meth:`write` then states all that differs from the prepared
    state, so nothing of an earlier draw is left over, and what did not change is not touched.

    Raises:
        SceneError: The stage has no session layer.
    """

    def __init__(self, stage: Usd.Stage) -> None:
        session = stage.GetSessionLayer()
        if not session:
            raise SceneError("the stage has no session layer to hold the edits", todo="Open the stage with one")
        self._session, self.layer = session, Sdf.Layer.CreateAnonymous("randomization.usda")
        self._written: dict[_Key, Edit] = {}
        self._prepared: dict[_Key, object] = {}
        self._owners: dict[_Key, str] = {}

    def attach(self) -> None:
        """Let the stage see the layer, if it does not."""
        if self.layer.identifier not in self._session.subLayerPaths:
            self._session.subLayerPaths.insert(0, self.layer.identifier)

    def detach(self) -> None:
        """Take the layer off the stage, which is then as it was."""
        if self.layer.identifier in self._session.subLayerPaths:
            self._session.subLayerPaths.remove(self.layer.identifier)

    def claim(self, term: str, prim: str, aspects: Iterable[str]) -> list[str]:
        """Reserve aspects of a prim, such as its pose, for a term; returns what another term has reserved, in words."""
        problems = []
        for aspect in aspects:
            owner = self._owners.setdefault((prim, aspect), term)
            if owner != term:
                problems.append(f"the {aspect} of {prim} is set by the term '{owner}' already")
        return problems

    def define(self, path: str, kind: str) -> Sdf.PrimSpec:
        """A new prim of the given type, with scopes above it."""
        for prefix in Sdf.Path(path).GetPrefixes():
            spec = Sdf.CreatePrimInLayer(self.layer, prefix)
            if spec.specifier != Sdf.SpecifierDef:
                spec.specifier, spec.typeName = Sdf.SpecifierDef, "Scope"
        spec = self.layer.GetPrimAtPath(path)
        spec.typeName = kind
        return spec

    def over(self, path: str) -> Sdf.PrimSpec:
        """Opinions on a prim of the scene."""
        return Sdf.CreatePrimInLayer(self.layer, path)

    def prepare(self, spec: Sdf.PrimSpec, name: str, kind: Sdf.ValueTypeName, value: object) -> Sdf.AttributeSpec:
        """Author an attribute that no draw takes away."""
        attribute = spec.attributes.get(name) or Sdf.AttributeSpec(spec, name, kind)
        attribute.default = value
        return attribute

    def apply_api(self, spec: Sdf.PrimSpec, name: str) -> None:
        """Apply an API schema to the prim, besides those that it has."""
        schemas = spec.GetInfo("apiSchemas") if spec.HasInfo("apiSchemas") else Sdf.TokenListOp()
        schemas.prependedItems = [*(item for item in schemas.prependedItems if item != name), name]
        spec.SetInfo("apiSchemas", schemas)

    def label(self, spec: Sdf.PrimSpec, label: str) -> None:
        """Give a prim its class, as :func:`humanoid_brain.scene.schemas.add_label` does."""
        for api, properties in label_properties(label).items():
            self.apply_api(spec, api)
            for name, kind, value in properties:
                self.prepare(spec, name, kind, value)

    def place(self, prim: Usd.Prim) -> Placed:
        """Prepare a prim of the scene for being moved; it stays where it is until then."""
        xformable = UsdGeom.Xformable(prim)
        base = xformable.GetLocalTransformation()
        resets = xformable.GetResetXformStack()
        parent = Gf.Matrix4d(1.0) if resets else UsdGeom.XformCache().GetParentToWorldTransform(prim)
        return self._place(self.over(str(prim.GetPath())), from_gf(base), from_gf(parent), resets)

    def place_new(self, spec: Sdf.PrimSpec) -> Placed:
        """Prepare a prim of the randomization's own for being placed."""
        return self._place(spec, np.eye(4), np.eye(4), False)

    def _place(self, spec: Sdf.PrimSpec, base: Array, parent: Array, resets: bool) -> Placed:
        placed = Placed(str(spec.path), base, parent)
        self.prepare(spec, _TRANSFORM, Sdf.ValueTypeNames.Matrix4d, to_gf(base))
        order = spec.attributes.get("xformOpOrder") or Sdf.AttributeSpec(
            spec, "xformOpOrder", Sdf.ValueTypeNames.TokenArray, Sdf.VariabilityUniform
        )
        order.default = Vt.TokenArray([_RESET, _TRANSFORM] if resets else [_TRANSFORM])
        return placed

    def write(self, edits: Iterable[Edit]) -> None:
        """Bring the layer from whatever it holds to the prepared state with ``edits``, in one change.

        Raises:
            SceneError: The session layer itself, which is stronger, sets an attribute that is to be edited.
        """
        wanted = {(edit.prim, edit.name): edit for edit in edits}
        self._require_visible(wanted.keys() - self._prepared.keys())
        with Sdf.ChangeBlock():
            for key in self._written.keys() - wanted.keys():
                self._restore(key)
                del self._written[key]
            for key, edit in wanted.items():
                if self._written.get(key) != edit:
                    self._author(key, edit)
                    self._written[key] = edit

    def _require_visible(self, keys: Iterable[_Key]) -> None:
        for prim, name in keys:
            if self._session.GetAttributeAtPath(f"{prim}.{name}"):
                raise SceneError(
                    "the session layer sets this attribute, which hides the randomization",
                    where=f"{prim}.{name}",
                    todo="Clear the edits of the session, or save them into the scene",
                )

    def _author(self, key: _Key, edit: Edit) -> None:
        spec = Sdf.CreatePrimInLayer(self.layer, edit.prim)
        attribute = spec.attributes.get(edit.name)
        if key not in self._prepared:
            self._prepared[key] = attribute.default if attribute else None
        attribute = attribute or Sdf.AttributeSpec(spec, edit.name, edit.type)
        _set_default(attribute, edit.value)
        if edit.sources is None:
            attribute.connectionPathList.ClearEdits()
        else:
            attribute.connectionPathList.ClearEditsAndMakeExplicit()
            for source in edit.sources:
                attribute.connectionPathList.explicitItems.append(source)

    def _restore(self, key: _Key) -> None:
        spec = self.layer.GetPrimAtPath(key[0])
        attribute, value = spec.attributes[key[1]], self._prepared[key]
        if value is None:
            spec.RemoveProperty(attribute)
        else:
            _set_default(attribute, value)
            attribute.connectionPathList.ClearEdits()


def _set_default(attribute: Sdf.AttributeSpec, value: object) -> None:
    if value is None:
        attribute.ClearDefaultValue()
    else:
        attribute.default = value
