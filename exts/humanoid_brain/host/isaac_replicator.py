# SPDX-License-Identifier: Apache-2.0
"""NVIDIA's Replicator, found when it is first used, with what differs between its versions smoothed out."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

_DRIVES = frozenset({"create", "orchestrator"})
"""Names with which our code makes Replicator draw; a writer or annotator of ours may be a part of another's script."""


class IsaacReplicator:
    """``omni.replicator.core`` of the running application; every name but ``orchestrator`` is NVIDIA's own.

    Args:
        find: Gives the module, or raises HostError where the extension is not enabled. It is called at the first
            use, so that a host without Replicator loads and trains all the same.
    """

    def __init__(self, find: Callable[[], Any]) -> None:
        self._find = find
        self._module: Any = None
        self._drives = False

    @property
    def orchestrator(self) -> IsaacOrchestrator:
        """NVIDIA's orchestrator; see :class:`IsaacOrchestrator`."""
        return IsaacOrchestrator(self._resolve("orchestrator").orchestrator)

    def __getattr__(self, name: str) -> Any:
        """The same name of NVIDIA's module."""
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self._resolve(name), name)

    def _resolve(self, name: str) -> Any:
        if self._module is None:
            self._module = self._find()
        if name in _DRIVES and not self._drives:
            # On by default: the window's play button would capture every frame, and training would write a dataset.
            self._module.orchestrator.set_capture_on_play(False)
            self._drives = True
        return self._module


class IsaacOrchestrator:
    """NVIDIA's orchestrator, with steps of one signature on every version."""

    def __init__(self, orchestrator: Any) -> None:
        self._orchestrator = orchestrator

    def __getattr__(self, name: str) -> Any:
        """The same name of NVIDIA's orchestrator."""
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self._orchestrator, name)

    def step(
        self,
        rt_subframes: int = -1,
        pause_timeline: bool = True,
        delta_time: float | None = None,
        wait_for_render: bool = True,
    ) -> None:
        """A step of a script that owns the application; within Kit's window it raises, and one must await the other."""
        self._orchestrator.step(**self._known(rt_subframes, pause_timeline, delta_time, wait_for_render))

    async def step_async(
        self,
        rt_subframes: int = -1,
        pause_timeline: bool = True,
        delta_time: float | None = None,
        wait_for_render: bool = True,
    ) -> None:
        """A step within Kit's window."""
        await self._orchestrator.step_async(**self._known(rt_subframes, pause_timeline, delta_time, wait_for_render))

    def _known(
        self, rt_subframes: int, pause_timeline: bool, delta_time: float | None, wait_for_render: bool
    ) -> dict[str, Any]:
        """``wait_for_render`` came with Replicator 1.12 or later: 4.5 always waits and refuses the argument."""
        given = {"rt_subframes": rt_subframes, "pause_timeline": pause_timeline, "delta_time": delta_time}
        if "wait_for_render" in inspect.signature(self._orchestrator.step_async).parameters:
            given["wait_for_render"] = wait_for_render
        return given
