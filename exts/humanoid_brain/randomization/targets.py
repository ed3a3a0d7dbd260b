# SPDX-License-Identifier: Apache-2.0
"""Which prims of a stage a term means, and what else is there when it means none."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase

from pxr import Sdf, Usd

from humanoid_brain.config.randomization_terms import Select
from humanoid_brain.host.semantics import get_labels
from humanoid_brain.randomization.workspace import SCOPE

_SHOWN = 12
"""Names listed in a message before it says how many more there are."""


def labels_of(prim: Usd.Prim, kind: str) -> list[str]:
    """The prim's own labels of one kind, in the schema of Isaac Sim 5 or in the one before."""
    new = get_labels(prim).get(kind)
    return new if new is not None else list(_old_labels(prim, kind))


def _old_labels(prim: Usd.Prim, kind: str) -> Iterator[str]:
    for attribute in prim.GetAttributes():
        name = attribute.GetName()
        if name.startswith("semantic:") and name.endswith(":params:semanticType") and attribute.Get() == kind:
            yield str(prim.GetAttribute(name.removesuffix("Type") + "Data").Get())


def matching(stage: Usd.Stage, select: Select) -> list[Usd.Prim]:
    """The prims that ``select`` names, in the stage's order. Prims inside instances cannot be edited and are left out.

    With labels and paths both given, a prim must match one of each.
    """
    patterns = [re.compile(_regex(path)) for path in select.paths]
    return [prim for prim in _scene(stage) if _matches(prim, select, patterns)]


def _matches(prim: Usd.Prim, select: Select, patterns: list[re.Pattern[str]]) -> bool:
    if patterns and not any(pattern.fullmatch(str(prim.GetPath())) for pattern in patterns):
        return False
    if not select.labels:
        return True
    own = labels_of(prim, select.label_kind)
    return any(fnmatchcase(label, wanted) for label in own for wanted in select.labels)


def _regex(pattern: str) -> str:
    parts = re.split(r"(\*\*|\*)", pattern)
    return "".join({"**": ".*", "*": "[^/]*"}.get(part, re.escape(part)) for part in parts)


def _scene(stage: Usd.Stage) -> Iterator[Usd.Prim]:
    return (prim for prim in stage.Traverse() if not prim.GetPath().HasPrefix(SCOPE))


def describe(select: Select) -> str:
    """The selection in words."""
    parts = []
    if select.labels:
        parts.append(f"the {select.label_kind} label {' or '.join(map(repr, select.labels))}")
    if select.paths:
        parts.append(f"the path {' or '.join(map(repr, select.paths))}")
    return " and ".join(parts)


def what_is_there(stage: Usd.Stage, select: Select) -> str:
    """What a selection that matches nothing could have named."""
    if select.labels:
        found = sorted({label for prim in _scene(stage) for label in labels_of(prim, select.label_kind)})
        return f"the stage has the {select.label_kind} labels {_listing(found)}" if found else "the stage has no labels"
    heads = {_existing(stage, path) for path in select.paths}
    lists = [
        f"{head} has {_listing([prim.GetName() for prim in stage.GetPrimAtPath(head).GetChildren()])}"
        for head in sorted(heads)
    ]
    return "; ".join(lists)


def _existing(stage: Usd.Stage, pattern: str) -> str:
    """The deepest prim of the stage on the way to ``pattern``."""
    path = Sdf.Path.absoluteRootPath
    for name in pattern.strip("/").split("/")[:-1]:
        if not Sdf.Path.IsValidIdentifier(name) or not stage.GetPrimAtPath(path.AppendChild(name)):
            break
        path = path.AppendChild(name)
    return str(path)


def _listing(names: list[str]) -> str:
    shown = ", ".join(names[:_SHOWN]) or "nothing below it"
    return shown + (f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else "")
