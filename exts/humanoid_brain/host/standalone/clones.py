# SPDX-License-Identifier: Apache-2.0
"""Environments that exist in the physics engine only, and path expressions that find prims in them.

A clone is one light Xform prim on the USD stage, for its pose. Whatever lies below the source exists below the
clone too, as far as views are concerned; nothing of it is authored, so thousands of environments load in seconds.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pxr import Usd

_PLAIN = re.compile(r"[\w:]*")


class CloneTable:
    """Which subtree of a stage stands for which: clone path to source path."""

    def __init__(self) -> None:
        self.sources: dict[str, str] = {}

    def add(self, source: str, targets: Sequence[str]) -> None:
        """Record ``targets`` as copies of ``source``."""
        self.sources.update((target, source) for target in targets if target != source)

    def batches(self) -> dict[str, list[str]]:
        """Source path to its clones, in the order they were made."""
        groups: dict[str, list[str]] = {}
        for target, source in self.sources.items():
            groups.setdefault(source, []).append(target)
        return groups

    def split(self, path: str) -> tuple[str, str] | None:
        """Clone root and remainder of a path at or below a clone, or None."""
        if not self.sources:
            return None
        end = len(path)
        while end > 0:
            root = path[:end]
            if root in self.sources:
                return root, path[end:]
            end = path.rfind("/", 0, end)
        return None

    def authored(self, path: str) -> str:
        """The prim that stands for ``path`` on the stage: itself, or its counterpart below the source."""
        found = self.split(path)
        if found is None or not found[1]:
            return path
        return self.sources[found[0]] + found[1]

    def is_virtual(self, path: str) -> bool:
        """True below a clone's root, where nothing is authored."""
        found = self.split(path)
        return found is not None and bool(found[1])


_tables: dict[int, tuple[object, CloneTable]] = {}


def clones_of(stage: Usd.Stage) -> CloneTable:
    """The clone table of ``stage``."""
    layer = stage.GetRootLayer()
    found = _tables.get(id(layer))
    if found is None or found[0] is not layer:
        found = _tables[id(layer)] = (layer, CloneTable())
    return found[1]


def forget_clones(stage: Usd.Stage) -> None:
    """Drop the clone table of a stage that is being closed."""
    _tables.pop(id(stage.GetRootLayer()), None)


def find_paths(stage: Usd.Stage, expression: str) -> list[str]:
    """Paths that match ``expression``, one regular expression per path element, in stage order.

    Environment order is the order of their prims: env_0, env_1, ..., env_10. A bare ``*`` stands for ``.*``.
    """
    tokens = [token for token in expression.split("/") if token]
    if not tokens or not expression.startswith("/"):
        return []
    sources = clones_of(stage).sources
    level = [""]
    for depth, token in enumerate(tokens, 1):
        level = _below(stage, level, [token])
        if depth < len(tokens) and any(path in sources for path in level):
            return _below_clones(stage, sources, level, tokens[depth:])
    return level


def _below_clones(stage: Usd.Stage, sources: dict[str, str], level: list[str], tokens: list[str]) -> list[str]:
    """Match once below each source, then rename for every clone."""
    endings: dict[str, list[str]] = {}
    results: list[str] = []
    for path in level:
        source = sources.get(path, path)
        if source not in endings:
            endings[source] = [match[len(source) :] for match in _below(stage, [source], tokens)]
        results.extend([path + ending for ending in endings[source]])
    return results


def _below(stage: Usd.Stage, level: list[str], tokens: list[str]) -> list[str]:
    for token in tokens:
        level = [child for path in level for child in _children(stage, path, token)]
    return level


def _children(stage: Usd.Stage, path: str, token: str) -> list[str]:
    """Paths of the children of ``path`` ("" is the root) that match ``token``; by name, since prims cost time."""
    if _PLAIN.fullmatch(token):
        child = f"{path}/{token}"
        return [child] if stage.GetPrimAtPath(child) else []
    pattern = re.compile(".*" if token == "*" else token)
    names: list[str] = stage.GetPrimAtPath(path or "/").GetChildrenNames()
    return [f"{path}/{name}" for name in names if pattern.fullmatch(name)]
