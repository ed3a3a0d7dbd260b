# SPDX-License-Identifier: Apache-2.0
"""Take steps: advance time, render, annotate, write. Names follow ``omni.replicator.core.orchestrator``."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from enum import IntEnum
from typing import TYPE_CHECKING

from humanoid_brain.host.standalone.replicator.capture import capture
from humanoid_brain.host.standalone.replicator.errors import OrchestratorError
from humanoid_brain.host.standalone.simulation_context import SimulationContext
from humanoid_brain.host.standalone.utils.stage import on_stage_change

if TYPE_CHECKING:
    from humanoid_brain.host import World

_FULL_STEP = 1e-6  # share of a physics step by which time may fall short of it


class Status(IntEnum):
    """What the orchestrator does."""

    STOPPED = 0
    STARTED = 1
    STARTING = 2
    LOADING = 3
    STOPPING = 4
    PAUSED = 5
    INITIALIZING = 6
    STEPPING = 7
    STEPPED = 8


class StatusCallback:
    """A function that hears of each change of the status, until this object is gone."""

    def __init__(self, callback: Callable[[Status], None]) -> None:
        self._callback = callback
        self.register()

    def register(self) -> None:
        """Hear of changes from now on."""
        _callbacks.add(self)

    def unregister(self) -> None:
        """Hear of no more changes."""
        _callbacks.discard(self)

    def __call__(self, status: Status) -> None:
        """Tell the function."""
        self._callback(status)


class _Orchestrator:
    def __init__(self) -> None:
        self.status = Status.STOPPED
        self.resume_play = False
        self.time_left = 0.0  # asked for by delta_time but too short for a physics step, s

    def set_status(self, status: Status) -> None:
        if status is not self.status:
            self.status = status
            for callback in list(_callbacks):
                callback(status)

    def advance(self, world: World | SimulationContext, delta_time: float | None) -> None:
        """Step physics by ``delta_time``, or by the time between frames, where it plays.

        Physics steps have a fixed length: what is left of ``delta_time`` is made up for in later steps.
        """
        self.time_left += world.get_rendering_dt() if delta_time is None else delta_time
        while world.is_playing() and self.time_left >= world.get_physics_dt() * (1.0 - _FULL_STEP):
            world.step(render=False)
            self.time_left -= world.get_physics_dt()
        self.time_left = max(self.time_left, 0.0) if world.is_playing() else 0.0


_orchestrator = _Orchestrator()
_callbacks: weakref.WeakSet[StatusCallback] = weakref.WeakSet()


def step(
    rt_subframes: int = -1, pause_timeline: bool = True, delta_time: float | None = None, wait_for_render: bool = True
) -> None:
    """Advance, then render every attached render product once, fill its annotators and call its writers.

    As in Isaac Sim, the first step after a stop shows the scene as it is, without advancing.

    Args:
        rt_subframes: Has no meaning here: a frame is whole after one rendering.
        pause_timeline: Pause a playing world afterwards; the next step resumes it.
        delta_time: Seconds to advance a playing world; None advances by the time between frames, 0 not at all.
        wait_for_render: Has no meaning here: a step is over when all is rendered.

    Raises:
        OrchestratorError: ``delta_time`` is negative.
    """
    if delta_time is not None and not delta_time >= 0.0:
        raise OrchestratorError(f"a step of {delta_time} s is impossible", todo="Use delta_time=0.0 or more")
    first = _orchestrator.status is Status.STOPPED
    world = SimulationContext.instance()
    _orchestrator.set_status(Status.STEPPING)
    try:
        if world is not None:
            if _orchestrator.resume_play and world.is_simulating():
                world.play()
            _orchestrator.resume_play = False
            if not first:
                _orchestrator.advance(world, delta_time)
        capture()
        if world is not None and pause_timeline and world.is_playing():
            _orchestrator.resume_play = True
            world.pause()
    finally:
        _orchestrator.set_status(Status.STEPPED)


async def step_async(
    rt_subframes: int = -1, pause_timeline: bool = True, delta_time: float | None = None, wait_for_render: bool = True
) -> None:
    """As :func:`step`; other coroutines run before it."""
    import asyncio

    await asyncio.sleep(0)
    step(rt_subframes, pause_timeline, delta_time, wait_for_render)


def run_until_complete(num_frames: int | None = None, start_timeline: bool = False) -> None:
    """Take ``num_frames`` steps, then end as :func:`wait_until_complete` does.

    Args:
        num_frames: How many.
        start_timeline: Let the world play meanwhile.

    Raises:
        OrchestratorError: ``num_frames`` is None: here no trigger ends a run.
    """
    if num_frames is None:
        raise OrchestratorError("a run without an end is not possible on this host", todo="Give num_frames")
    world = SimulationContext.instance()
    if start_timeline and world is not None:
        world.play()
    for _ in range(num_frames):
        step(pause_timeline=False)
    wait_until_complete()


async def run_until_complete_async(num_frames: int | None = None, start_timeline: bool = False) -> None:
    """As :func:`run_until_complete`; other coroutines run before it."""
    import asyncio

    await asyncio.sleep(0)
    run_until_complete(num_frames, start_timeline)


def stop() -> None:
    """End a run: writers hear of the final frame, and the next step is a first one again."""
    from humanoid_brain.host.standalone.replicator.writers import WriterRegistry

    if _orchestrator.status is not Status.STOPPED:
        _orchestrator.set_status(Status.STOPPING)
        try:
            WriterRegistry.finish()
        finally:
            reset()


async def stop_async() -> None:
    """As :func:`stop`."""
    stop()


def wait_until_complete() -> None:
    """End a run. All that was stepped is written already: writers are called within the step."""
    stop()


async def wait_until_complete_async() -> None:
    """As :func:`wait_until_complete`."""
    stop()


def reset() -> None:
    """Forget the run without a word to writers, as when the stage is replaced."""
    _orchestrator.resume_play, _orchestrator.time_left = False, 0.0
    _orchestrator.set_status(Status.STOPPED)


def get_status() -> Status:
    """What the orchestrator does."""
    return _orchestrator.status


def get_is_started() -> bool:
    """Whether a run goes on by itself; never here."""
    return _orchestrator.status is Status.STARTED


def get_is_paused() -> bool:
    """Whether a run is paused; never here."""
    return _orchestrator.status is Status.PAUSED


def get_is_stopped() -> bool:
    """True before the first step and after :func:`stop`."""
    return _orchestrator.status is Status.STOPPED


def set_capture_on_play(value: bool) -> None:
    """Capture every frame that the world plays; this host captures in steps only.

    Raises:
        OrchestratorError: ``value`` is true.
    """
    if value:
        raise OrchestratorError("capture on play is not possible on this host", todo="Call step for each frame")


def set_next_rt_subframes(rt_subframes: int) -> None:
    """Has no meaning here: a frame is whole after one rendering."""


def register_status_callback(callback: Callable[[Status], None]) -> StatusCallback:
    """Call ``callback(status)`` at each change, for as long as the result is kept."""
    return StatusCallback(callback)


on_stage_change(reset)
