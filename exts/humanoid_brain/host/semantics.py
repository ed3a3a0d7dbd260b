# SPDX-License-Identifier: Apache-2.0
"""Semantic labels in both schemas, as plain USD: UsdSemantics (Isaac Sim 5 and later) and SemanticsAPI (before).

Isaac Sim's own function changes with the version: 4.5 has add_update_semantics alone, 5.x both, 6.0 add_labels alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pxr import Usd

_NEW = "SemanticsLabelsAPI"
_OLD = "SemanticsAPI"
_PREFIX = "semantics:labels:"


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
    attribute = prim.CreateAttribute(_PREFIX + instance_name, Sdf.ValueTypeNames.TokenArray, False)
    attribute.Set(Vt.TokenArray(merged))
    old = _old_instance(instance_name)
    prim.AddAppliedSchema(f"{_OLD}:{old}")
    for name, value in (("semanticType", instance_name), ("semanticData", merged[0] if merged else "")):
        prim.CreateAttribute(f"semantic:{old}:params:{name}", Sdf.ValueTypeNames.String, False).Set(value)


def get_labels(prim: Usd.Prim) -> dict[str, list[str]]:
    """Labels of ``prim`` by kind."""
    found: dict[str, list[str]] = {}
    for attribute in prim.GetAttributes():
        name = attribute.GetName()
        if name.startswith(_PREFIX):
            found[name[len(_PREFIX) :]] = [str(label) for label in attribute.Get() or ()]
    return found


def remove_labels(prim: Usd.Prim, instance_name: str | None = None, include_descendants: bool = False) -> None:
    """Remove the labels of one kind, or all, in both schemas."""
    from pxr import Usd

    for each in Usd.PrimRange(prim) if include_descendants else [prim]:
        for kind in get_labels(each):
            if instance_name in (None, kind):
                old = _old_instance(kind)
                each.RemoveProperty(_PREFIX + kind)
                for name in ("semanticType", "semanticData"):
                    each.RemoveProperty(f"semantic:{old}:params:{name}")
                each.RemoveAppliedSchema(f"{_NEW}:{kind}")
                each.RemoveAppliedSchema(f"{_OLD}:{old}")


def _old_instance(kind: str) -> str:
    """Instance name that Isaac Sim's add_update_semantics uses; one per kind."""
    return "Semantics" if kind == "class" else f"Semantics_{kind}"
