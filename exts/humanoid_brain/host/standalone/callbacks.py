# SPDX-License-Identifier: Apache-2.0
"""Callbacks by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, ParamSpec

from humanoid_brain.host.standalone.prim_view import log

Params = ParamSpec("Params")


class Callbacks(Generic[Params]):
    """Named functions, called in the order they were added."""

    def __init__(self, kind: str) -> None:
        self._kind = kind
        self._active: dict[str, Callable[Params, object]] = {}
        self._held: dict[str, Callable[Params, object]] = {}

    def add(self, name: str, function: Callable[Params, object]) -> None:
        """Add ``function``; a name that is taken is refused with an error in the log, as in Isaac Sim."""
        if name in self._active or name in self._held:
            log.error("the %s callback '%s' exists already; remove it first", self._kind, name)
        else:
            self._active[name] = function

    def remove(self, name: str) -> None:
        """Remove by name; a missing name is an error in the log."""
        if self._active.pop(name, None) is None:
            log.error("there is no %s callback '%s'", self._kind, name)

    def exists(self, name: str) -> bool:
        """True when a function of that name would be called."""
        return name in self._active

    def clear(self) -> None:
        """Remove all."""
        self._active.clear()
        self._held.clear()

    def hold(self) -> None:
        """Stop calling them, but keep them for :meth:`release`."""
        self._held.update(self._active)
        self._active.clear()

    def release(self) -> None:
        """Call them again."""
        self._active = {**self._held, **self._active}
        self._held = {}

    def call(self, *args: Params.args, **kwargs: Params.kwargs) -> None:
        """Call each."""
        if self._active:
            for function in list(self._active.values()):
                function(*args, **kwargs)
