# SPDX-License-Identifier: Apache-2.0
"""How a frame is divided between the job and the window, and which frames show the simulation."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

from humanoid_brain.ui.observable import Value

STEP, SOME, NONE = "step", "some", "none"
MODES = {STEP: "every step", SOME: "every n-th frame", NONE: "nothing"}
"""What of a running simulation is shown, with words for it."""
SHARES = (0.1, 0.95)
"""Least and largest share of a frame that a job can be given."""
TICK_S = 0.016
"""Longest tick in s. With the window's own work, 30 frames a second and more are left."""
_SLOW = 1.5
"""A window that draws slowly gives the job at most so many times as long as it takes itself: 60 % of the frame."""
_LONGEST = 0.1
"""Time in s that a job gets per frame at most, so that the window answers however slowly it draws."""
_SMOOTHING = 0.1


class Pace:
    """Gives the job its share of the frame's time.

    Args:
        clock: Seconds that only grow.
    """

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self._clock = clock
        self.share = Value(0.9)
        """Share of each frame's time that goes to the job."""
        self.mode = Value(SOME)
        """What is shown: a key of :data:`MODES`."""
        self.every = Value(2)
        """With :data:`SOME`, how many frames lie between two that show the simulation."""
        self.window = 0.01
        """Time in s that the window itself takes per frame, drawing and waiting for the screen included, smoothed."""
        self._left: float | None = None
        self._frames = 0

    @property
    def budget(self) -> float:
        """Time in s for the job in this frame. With every step to be shown, it is one slice."""
        if self.mode.value == STEP:
            return 0.0
        share = min(max(self.share.value, SHARES[0]), SHARES[1])
        most = min(max(TICK_S, _SLOW * self.window), _LONGEST)
        return min(self.window * share / (1.0 - share), most)

    def ticks(self, advancing: Callable[[], bool]) -> Iterator[float]:
        """Budgets in s of this frame's ticks, of which there are several where the window draws slowly.

        Call it once per frame, and take all of them; the time that the caller spends on one counts as the job's.

        Args:
            advancing: Whether there is a job that would advance by another tick.
        """
        began = self._clock()
        if self._left is not None:
            self.window += _SMOOTHING * (min(began - self._left, 1.0) - self.window)
        end = began + self.budget
        while True:
            yield min(max(0.0, end - self._clock()), TICK_S)
            self._left = self._clock()
            if end - self._left < TICK_S / 2 or not advancing():
                break
        self._frames += 1

    @property
    def shows(self) -> bool:
        """Whether this frame shows the simulation."""
        if self.mode.value == NONE:
            return False
        return self.mode.value == STEP or self._frames % max(1, self.every.value) == 0

    def collect(self) -> dict[str, Any]:
        """The settings, as JSON."""
        return {"share": self.share.value, "mode": self.mode.value, "every": self.every.value}

    def apply(self, state: dict[str, Any]) -> None:
        """Take over earlier settings; what does not fit is left out."""
        share, mode, every = state.get("share"), state.get("mode"), state.get("every")
        if isinstance(share, float) and SHARES[0] <= share <= SHARES[1]:
            self.share.value = share
        if isinstance(mode, str) and mode in MODES:
            self.mode.value = mode
        if isinstance(every, int) and not isinstance(every, bool) and 1 <= every <= 1000:
            self.every.value = every
