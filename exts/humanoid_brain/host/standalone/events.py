# SPDX-License-Identifier: Apache-2.0
"""What happens to the simulation, told to whoever listens: views, the world, callers' callbacks."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum, IntEnum


class IsaacEvents(str, Enum):
    """Moments in the life of the simulation, by Isaac Sim's names."""

    PHYSICS_WARMUP = "isaac.physics_warmup"
    SIMULATION_VIEW_CREATED = "isaac.simulation_view_created"
    PHYSICS_READY = "isaac.physics_ready"
    POST_RESET = "isaac.post_reset"
    PRE_PHYSICS_STEP = "isaac.pre_physics_step"
    POST_PHYSICS_STEP = "isaac.post_physics_step"
    TIMELINE_STOP = "isaac.timeline_stop"


class TimelineEventType(IntEnum):
    """``type`` of the event that a timeline callback receives, as ``omni.timeline`` numbers them."""

    PLAY = 0
    PAUSE = 1
    STOP = 2


@dataclass(frozen=True)
class CallbackEvent:
    """What a timeline, stage or render callback receives."""

    type: int
    payload: dict[str, float] = field(default_factory=dict)


class EventBus:
    """Listeners by event, in the order they came. Bound methods are held weakly, so a dropped view disappears."""

    def __init__(self) -> None:
        self._listeners: dict[IsaacEvents, list[weakref.WeakMethod[Callable[[], None]]]] = {}

    def listen(self, event: IsaacEvents, method: Callable[[], None]) -> None:
        """Call the bound ``method`` at every ``event``, for as long as its object lives."""
        self._listeners.setdefault(event, []).append(weakref.WeakMethod(method))

    def send(self, event: IsaacEvents) -> None:
        """Call every listener of ``event``."""
        listeners = self._listeners.get(event, [])
        for reference in list(listeners):
            method = reference()
            if method is None:
                listeners.remove(reference)
            else:
                method()


bus = EventBus()
