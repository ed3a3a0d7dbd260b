# SPDX-License-Identifier: Apache-2.0
"""Prims of the current stage: find, create, change. Names follow isaacsim.core.utils.prims."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from humanoid_brain.errors import SceneError
from humanoid_brain.host.standalone.clones import clones_of, find_paths
from humanoid_brain.host.standalone.utils.stage import add_reference_to_stage, get_current_stage

if TYPE_CHECKING:
    from pxr import Usd

Vector = Sequence[float]


def get_prim_at_path(prim_path: str, fabric: bool = False) -> Usd.Prim:
    """The prim at ``prim_path``; an invalid one when there is none, also below a clone, where nothing is authored."""
    return get_current_stage().GetPrimAtPath(prim_path)


def is_prim_path_valid(prim_path: str, fabric: bool = False) -> bool:
    """True when a prim is there, on the stage or below a clone."""
    stage = get_current_stage()
    return bool(stage.GetPrimAtPath(clones_of(stage).authored(prim_path)))


def get_prim_path(prim: Usd.Prim) -> str:
    """Path of ``prim`` as text."""
    return prim.GetPath().pathString if prim else ""


def get_prim_type_name(prim_path: str, fabric: bool = False) -> str:
    """Type of the prim, such as "Xform"."""
    return str(_need(prim_path).GetTypeName())


def get_prim_attribute_names(prim_path: str, fabric: bool = False) -> list[str]:
    """Names of the prim's attributes."""
    return [attribute.GetName() for attribute in _need(prim_path).GetAttributes()]


def get_prim_attribute_value(prim_path: str, attribute_name: str, fabric: bool = False) -> object:
    """Value of an attribute, None when it has none."""
    return _need(prim_path).GetAttribute(attribute_name).Get()


def set_prim_attribute_value(prim_path: str, attribute_name: str, value: object, fabric: bool = False) -> None:
    """Set an attribute that exists.

    Raises:
        SceneError: The prim has no such attribute.
    """
    attribute = _need(prim_path).GetAttribute(attribute_name)
    if not attribute:
        raise SceneError(f"there is no attribute '{attribute_name}'", where=prim_path)
    attribute.Set(value)


def get_prim_property(prim_path: str, property_name: str) -> object:
    """Value of an attribute."""
    return get_prim_attribute_value(prim_path, property_name)


def set_prim_property(prim_path: str, property_name: str, property_value: object) -> None:
    """Set an attribute that exists."""
    set_prim_attribute_value(prim_path, property_name, property_value)


def define_prim(prim_path: str, prim_type: str = "Xform", fabric: bool = False) -> Usd.Prim:
    """Make a prim.

    Raises:
        SceneError: A prim is already there.
    """
    if is_prim_path_valid(prim_path):
        raise SceneError("a prim is already there", where=prim_path, todo="Use get_prim_at_path")
    return get_current_stage().DefinePrim(prim_path, prim_type)


def create_prim(
    prim_path: str,
    prim_type: str = "Xform",
    position: Vector | None = None,
    translation: Vector | None = None,
    orientation: Vector | None = None,
    scale: Vector | None = None,
    usd_path: str | None = None,
    semantic_label: str | None = None,
    semantic_type: str = "class",
    attributes: Mapping[str, object] | None = None,
) -> Usd.Prim:
    """Make a prim with a pose, a reference, a label and attribute values.

    Args:
        prim_path: Where.
        prim_type: USD type.
        position: World position in m; not together with ``translation``.
        translation: Position in the parent's frame in m.
        orientation: Quaternion wxyz, in the frame of whichever position is given.
        scale: Local scale.
        usd_path: File to reference.
        semantic_label: Label to attach.
        semantic_type: Kind of the label.
        attributes: Values by attribute name.
    """
    from humanoid_brain.host.standalone.utils.semantics import add_labels
    from humanoid_brain.host.standalone.xform_view import XFormPrimView

    prim = define_prim(prim_path, prim_type)
    for name, value in (attributes or {}).items():
        attribute = prim.GetAttribute(name)
        if not attribute:
            raise SceneError(f"{prim_type} has no attribute '{name}'", where=prim_path)
        attribute.Set(value)
    if usd_path is not None:
        add_reference_to_stage(usd_path, prim_path)
    if semantic_label is not None:
        add_labels(prim, [semantic_label], semantic_type)
    XFormPrimView(
        prim_path,
        positions=None if position is None else [list(position)],
        translations=None if translation is None else [list(translation)],
        orientations=None if orientation is None else [list(orientation)],
        scales=None if scale is None else [list(scale)],
    )
    return prim


def delete_prim(prim_path: str) -> None:
    """Remove a prim and everything below it."""
    get_current_stage().RemovePrim(prim_path)


def move_prim(path_from: str, path_to: str) -> None:
    """Rename or reparent a prim.

    Raises:
        SceneError: The move is impossible.
    """
    from pxr import Usd

    editor = Usd.NamespaceEditor(get_current_stage())
    if not (editor.MovePrimAtPath(path_from, path_to) and editor.CanApplyEdits() and editor.ApplyEdits()):
        raise SceneError(f"cannot be moved to {path_to}", where=path_from)


def find_matching_prim_paths(prim_path_regex: str, prim_type: str | None = None) -> list[str]:
    """Paths that match, one regular expression per path element, below clones too.

    Args:
        prim_path_regex: For example ``/World/envs/env_.*/Robot``.
        prim_type: "articulation" or "rigid_body" keeps only those prims.
    """
    from pxr import UsdPhysics

    paths = find_paths(get_current_stage(), prim_path_regex)
    if prim_type is None:
        return paths
    kinds = {"articulation": UsdPhysics.ArticulationRootAPI, "rigid_body": UsdPhysics.RigidBodyAPI}
    if prim_type not in kinds:
        raise SceneError(f"'{prim_type}' is no kind of prim", todo="Use articulation or rigid_body")
    stage = get_current_stage()
    table = clones_of(stage)
    return [path for path in paths if stage.GetPrimAtPath(table.authored(path)).HasAPI(kinds[prim_type])]


def get_prim_children(prim: Usd.Prim) -> list[Usd.Prim]:
    """Direct children."""
    return list(prim.GetChildren())


def get_prim_parent(prim: Usd.Prim) -> Usd.Prim:
    """The parent."""
    return prim.GetParent()


def get_first_matching_child_prim(
    prim_path: str, predicate: Callable[[str], bool], fabric: bool = False
) -> Usd.Prim | None:
    """The first prim at or below ``prim_path``, parents first, whose path fulfils ``predicate``."""
    return next((prim for prim in _subtree(prim_path) if predicate(get_prim_path(prim))), None)


def get_first_matching_parent_prim(prim_path: str, predicate: Callable[[str], bool]) -> Usd.Prim | None:
    """The nearest ancestor, the prim itself included, whose path fulfils ``predicate``."""
    prim = get_prim_at_path(prim_path)
    while prim and not prim.IsPseudoRoot():
        if predicate(get_prim_path(prim)):
            return prim
        prim = prim.GetParent()
    return None


def get_all_matching_child_prims(
    prim_path: str, predicate: Callable[[str], bool] = lambda x: True, depth: int | None = None
) -> list[Usd.Prim]:
    """Every prim at or below ``prim_path``, at most ``depth`` levels down, whose path fulfils ``predicate``."""
    top = prim_path.rstrip("/").count("/")
    return [
        prim
        for prim in _subtree(prim_path)
        if predicate(get_prim_path(prim)) and (depth is None or get_prim_path(prim).count("/") - top <= depth)
    ]


def is_prim_ancestral(prim_path: str) -> bool:
    """True when the prim comes from a reference and cannot be removed here."""
    prim = _need(prim_path)
    layers = get_current_stage().GetLayerStack()
    return not any(layer.GetPrimAtPath(prim_path) for layer in layers) and bool(prim)


def is_prim_root_path(prim_path: str) -> bool:
    """True for "/"."""
    return prim_path == "/"


def query_parent_path(prim_path: str, predicate: Callable[[str], bool]) -> bool:
    """True when the prim or one of its ancestors fulfils ``predicate``."""
    return get_first_matching_parent_prim(prim_path, predicate) is not None


def set_prim_visibility(prim: Usd.Prim, visible: bool) -> None:
    """Show or hide a prim."""
    from pxr import UsdGeom

    imageable = UsdGeom.Imageable(prim)
    imageable.MakeVisible() if visible else imageable.MakeInvisible()


def set_targets(prim: Usd.Prim, attribute: str, target_prim_paths: list[str]) -> None:
    """Set the targets of a relationship."""
    prim.CreateRelationship(attribute).SetTargets(target_prim_paths)


def get_prim_object_type(prim_path: str) -> str | None:
    """What the prim is to physics: "articulation", "rigid_body", "joint", "d6joint", "xform" or None."""
    from pxr import UsdGeom, UsdPhysics

    prim = _need(prim_path)
    if prim.HasAPI(UsdPhysics.ArticulationRootAPI):
        return "articulation"
    if prim.HasAPI(UsdPhysics.RigidBodyAPI):
        return "rigid_body"
    if prim.IsA(UsdPhysics.Joint):
        single = any(prim.IsA(kind) for kind in (UsdPhysics.PrismaticJoint, UsdPhysics.RevoluteJoint))
        return "joint" if single else "d6joint"
    return "xform" if prim.IsA(UsdGeom.Xformable) else None


def get_articulation_root_api_prim_path(prim_path: str) -> str:
    """The prim with ArticulationRootAPI at or below ``prim_path``; ``prim_path`` itself when there is none."""
    from pxr import UsdPhysics

    stage = get_current_stage()
    authored = clones_of(stage).authored(prim_path)
    for prim in _subtree(authored):
        if prim.HasAPI(UsdPhysics.ArticulationRootAPI):
            return prim_path + get_prim_path(prim)[len(authored) :]
    return prim_path


def is_prim_non_root_articulation_link(prim_path: str) -> bool:
    """True for a rigid body of an articulation that is not its root."""
    from pxr import UsdPhysics

    from humanoid_brain.host.standalone.export import take_inventory

    stage = get_current_stage()
    prim = stage.GetPrimAtPath(clones_of(stage).authored(prim_path))
    if not prim or not prim.HasAPI(UsdPhysics.RigidBodyAPI) or prim.HasAPI(UsdPhysics.ArticulationRootAPI):
        return False
    return get_prim_path(prim) not in take_inventory(stage).bodies


def _need(prim_path: str) -> Usd.Prim:
    stage = get_current_stage()
    prim = stage.GetPrimAtPath(clones_of(stage).authored(prim_path))
    if not prim:
        raise SceneError("there is no prim at this path", where=prim_path)
    return prim


def _subtree(prim_path: str) -> list[Usd.Prim]:
    from pxr import Usd

    return list(Usd.PrimRange(_need(prim_path), Usd.TraverseInstanceProxies(Usd.PrimDefaultPredicate)))
