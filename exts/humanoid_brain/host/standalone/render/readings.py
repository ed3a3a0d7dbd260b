# SPDX-License-Identifier: Apache-2.0
"""What was read of shaders, kept until one of those that it came from is edited."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

from pxr import UsdShade

_T = TypeVar("_T")


class Readings(Generic[_T]):
    """Reads shaders, each once.

    Args:
        read: Reads one, and adds the paths of all shaders that it looks at to the set.
    """

    def __init__(self, read: Callable[[UsdShade.Shader, set[str]], _T]) -> None:
        self._read = read
        self._known: dict[str, tuple[_T, set[str]]] = {}

    def of(self, shader: UsdShade.Shader) -> _T:
        """What a shader says, as it is now."""
        path = str(shader.GetPath())
        if path not in self._known:
            nodes = {path}
            self._known[path] = self._read(shader, nodes), nodes
        return self._known[path][0]

    def forget(self, edited: set[str] | None = None) -> None:
        """Read again what came from these shaders; without them, all."""
        if edited is None:
            self._known.clear()
        elif edited:
            self._known = {path: known for path, known in self._known.items() if not known[1] & edited}
