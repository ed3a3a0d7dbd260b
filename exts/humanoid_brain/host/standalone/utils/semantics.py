# SPDX-License-Identifier: Apache-2.0
"""Semantic labels in both schemas: UsdSemantics labels (Isaac Sim 5 and later) and SemanticsAPI (before)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from humanoid_brain.host.standalone.utils.stage import get_current_stage

if TYPE_CHECKING:
    from pxr import Usd

_NEW = "SemanticsLabelsAPI"
_OLD = "SemanticsAPI"


def add_labels(prim: Usd.Prim, labels: list[str], instance_name: str = "class", overwrite: bool = True) -> None:
    """Label ``prim`` so that every Isaac Sim version reads it.

    Args:
        prim: The prim; its descendants inherit the labels.
        labels: Labels, such as ``["robot"]``. The old schema has room for one and gets the first.
        instance_name: Kind of label.
        overwrite: Replace labels of this kind instead of adding to them.
    """
    from pxr import Sdf, Vt

    kept = [] if overwrite else get_labels(prim).get(instance_name, [])
    merged = [*kept, *(label for label in labels if label not in kept)]
    prim.AddAppliedSchema(f"{_NEW}:{instance_name}")
    attribute = prim.CreateAttribute(f"semantics:labels:{instance_name}", Sdf.ValueTypeNames.TokenArray, False)
    attribute.Set(Vt.TokenArray(merged))
    old = f"Semantics_{instance_name}"
    prim.AddAppliedSchema(f"{_OLD}:{old}")
    for name, value in (("semanticType", instance_name), ("semanticData", merged[0] if merged else "")):
        prim.CreateAttribute(f"semantic:{old}:params:{name}", Sdf.ValueTypeNames.String, False).Set(value)


def get_labels(prim: Usd.Prim) -> dict[str, list[str]]:
    """Labels of ``prim`` by kind."""
    found: dict[str, list[str]] = {}
    for attribute in prim.GetAttributes():
        name = attribute.GetName()
        if name.startswith("semantics:labels:"):
            found[name.removeprefix("semantics:labels:")] = [str(label) for label in attribute.Get() or ()]
    return found


def remove_labels(prim: Usd.Prim, instance_name: str | None = None, include_descendants: bool = False) -> None:
    """Remove the labels of one kind, or all, in both schemas."""
    from pxr import Usd

    for each in Usd.PrimRange(prim) if include_descendants else [prim]:
        for kind in get_labels(each):
            if instance_name in (None, kind):
                old = f"Semantics_{kind}"
                names = [f"semantics:labels:{kind}"]
                names += [f"semantic:{old}:params:{name}" for name in ("semanticType", "semanticData")]
                for name in names:
                    each.RemoveProperty(name)
                each.RemoveAppliedSchema(f"{_NEW}:{kind}")
                each.RemoveAppliedSchema(f"{_OLD}:{old}")


def check_missing_labels(prim_path: str | None = None) -> list[str]:
    """Paths of the geometry prims that neither they nor an ancestor labels."""
    from pxr import UsdGeom

    return [prim.GetPath().pathString for prim in _below(prim_path) if prim.IsA(UsdGeom.Gprim) and not _inherited(prim)]


def check_incorrect_labels(prim_path: str | None = None) -> list[list[str]]:
    """[path, label] of the prims whose label does not occur in their path."""
    return [
        [prim.GetPath().pathString, label]
        for prim in _below(prim_path)
        for labels in get_labels(prim).values()
        for label in labels
        if label.lower() not in prim.GetPath().pathString.lower()
    ]


def count_labels_in_scene(prim_path: str | None = None) -> dict[str, int]:
    """How often each label occurs; "missing_labels" counts the geometry without one."""
    counts = {"missing_labels": len(check_missing_labels(prim_path))}
    for prim in _below(prim_path):
        for labels in get_labels(prim).values():
            for label in labels:
                counts[label] = counts.get(label, 0) + 1
    return counts


def _below(prim_path: str | None) -> list[Usd.Prim]:
    from pxr import Usd

    stage = get_current_stage()
    return list(Usd.PrimRange(stage.GetPrimAtPath(prim_path))) if prim_path else list(stage.Traverse())


def _inherited(prim: Usd.Prim) -> bool:
    while prim and not prim.IsPseudoRoot():
        if get_labels(prim):
            return True
        prim = prim.GetParent()
    return False
