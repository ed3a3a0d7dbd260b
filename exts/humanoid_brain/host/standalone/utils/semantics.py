# SPDX-License-Identifier: Apache-2.0
"""Semantic labels of prims. Names follow isaacsim.core.utils.semantics."""

from __future__ import annotations

from typing import TYPE_CHECKING

from humanoid_brain.host.semantics import add_labels, get_labels, remove_labels
from humanoid_brain.host.standalone.utils.stage import get_current_stage

if TYPE_CHECKING:
    from pxr import Usd

__all__ = [
    "add_labels",
    "check_incorrect_labels",
    "check_missing_labels",
    "count_labels_in_scene",
    "get_labels",
    "remove_labels",
]


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
