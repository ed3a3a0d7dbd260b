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
    table = clones_of(stage)
    below_source: dict[tuple[str, int], list[str]] = {}
    level = [stage.GetPseudoRoot()]
    results: list[str] = []
    for depth, token in enumerate(tokens):
        last = depth == len(tokens) - 1
        level = [child for prim in level for child in _children(prim, token)]
        if last:
            results.extend(prim.GetPath().pathString for prim in level)
        elif table.sources:
            level, expanded = _expand(stage, table, level, tokens[depth + 1 :], below_source)
            if expanded is not None:
                return expanded
    return results


def _expand(
    stage: Usd.Stage,
    table: CloneTable,
    level: list[Usd.Prim],
    rest: list[str],
    cache: dict[tuple[str, int], list[str]],
) -> tuple[list[Usd.Prim], list[str] | None]:
    """Finish the search below clones: match once below each source, then rename for every clone."""
    paths = [prim.GetPath().pathString for prim in level]
    if not any(path in table.sources for path in paths):
        return level, None
    results: list[str] = []
    for path in paths:
        source = table.sources.get(path) or path
        key = (source, len(rest))
        if key not in cache:
            cache[key] = [match[len(source) :] for match in _match_below(stage, source, rest)]
        results.extend(path + suffix for suffix in cache[key])
    return [], results


def _match_below(stage: Usd.Stage, root: str, tokens: list[str]) -> list[str]:
    level = [stage.GetPrimAtPath(root)]
    for token in tokens:
        level = [child for prim in level for child in _children(prim, token)]
    return [prim.GetPath().pathString for prim in level]


def _children(prim: Usd.Prim, token: str) -> list[Usd.Prim]:
    if _PLAIN.fullmatch(token):
        child = prim.GetStage().GetPrimAtPath(prim.GetPath().AppendChild(token))
        return [child] if child else []
    pattern = re.compile(".*" if token == "*" else token)
    return [child for child in prim.GetChildren() if pattern.fullmatch(child.GetName())]
