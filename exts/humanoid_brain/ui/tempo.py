# SPDX-License-Identifier: Apache-2.0
"""How fast something goes at present, and how long it will take."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

_RECENT = 20


class Tempo:
    """The pace of the last steps by the clock on the wall, in which pauses do not count if they are told.

    Args:
        clock: Seconds that only grow.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._times: deque[float] = deque(maxlen=_RECENT)

    def mark(self) -> None:
        """A step is done."""
        self._times.append(self._clock())

    def forget(self) -> None:
        """What was before says nothing about what comes, as after a pause."""
        self._times.clear()

    @property
    def each(self) -> float | None:
        """Seconds per step; None while fewer than two are known."""
        if len(self._times) < 2:
            return None
        return (self._times[-1] - self._times[0]) / (len(self._times) - 1)

    def left(self, steps: float) -> float | None:
        """Seconds for so many more steps."""
        return None if self.each is None else self.each * max(0.0, steps)
