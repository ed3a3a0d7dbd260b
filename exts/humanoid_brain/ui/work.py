# SPDX-License-Identifier: Apache-2.0
"""The one job that runs at a time, driven a slice per frame; and how its state and its error read."""

from __future__ import annotations

import logging
import math
from dataclasses import dataclass

from humanoid_brain.errors import HumanoidBrainError
from humanoid_brain.jobs import Job, JobState
from humanoid_brain.ui.observable import Event

logger = logging.getLogger("humanoid_brain")

TICK_S = 0.008
"""Time in s per frame that a job gets where nobody says otherwise."""


class Worker:
    """Runs one job at a time: the simulator beneath is global to the process."""

    def __init__(self) -> None:
        self.job: Job | None = None
        self.title = ""
        """What the job does, as "Capture"."""
        self.budget = TICK_S
        """Time in s that a job gets per frame. One slice is done in any case."""
        self.changed = Event()
        """Emitted when a job begins, enters another state, or ends."""
        self.ticked = Event()
        """Emitted in each frame, after the job had its share."""
        self._state: JobState | None = None

    @property
    def busy(self) -> bool:
        """Whether a job is there that has not ended; a paused one too."""
        return self.job is not None and not self.job.state.final

    @property
    def advancing(self) -> bool:
        """Whether a tick would advance a job."""
        return self.job is not None and self.job.state in (JobState.RUNNING, JobState.STOPPING)

    @property
    def failed(self) -> bool:
        """Whether the last job ended with an error."""
        return self.job is not None and self.job.state is JobState.FAILED

    def start(self, job: Job, title: str) -> None:
        """Begin a job.

        Raises:
            HumanoidBrainError: Another one is still there.
        """
        if self.busy:
            assert self.job is not None
            raise HumanoidBrainError(
                f"{self.title} is {self.job.state.value}, and one job runs at a time",
                todo=f"Stop {self.title} first, or wait until it is done",
            )
        self.job, self.title = job, title
        job.start()
        self._notice()

    def tick(self, budget: float | None = None) -> None:
        """Advance the job by one frame's share: :attr:`budget` seconds where nobody says otherwise."""
        if self.job is not None:
            self.job.tick(self.budget if budget is None else budget)
            self._notice()
        self.ticked.emit()

    def close(self) -> None:
        """End the job at once; what it has on the disk stays."""
        if self.job is not None:
            self.job.close()
            self._notice()
            self.job = None

    def _notice(self) -> None:
        job = self.job
        assert job is not None
        if job.state is self._state:
            return
        self._state = job.state
        if job.error is not None and not isinstance(job.error, HumanoidBrainError):
            logger.error("%s failed", self.title, exc_info=job.error)
        if job.state.final:
            self._state = None
        self.changed.emit()


@dataclass(frozen=True)
class Message:
    """A sentence for the user."""

    severity: str
    """"error", "warning", "good" or "info"."""
    text: str
    todo: str = ""
    """The next step."""


def error_message(error: Exception) -> Message:
    """What a panel says about an error: what, where, and what to do."""
    if isinstance(error, HumanoidBrainError):
        text = f"{error.where}: {error.what}" if error.where else error.what
        return Message("error", text, error.todo)
    detail = str(error) or "no further details"
    return Message("error", f"{type(error).__name__}: {detail}", "This is a fault of ours; the log has the details")


def progress_text(job: Job) -> str:
    """Where a job stands, in a line: phase, count, rate and time left."""
    p = job.progress
    parts = [p.phase or job.state.value]
    if 0 < p.total < math.inf:
        parts.append(f"{p.done:.0f} of {p.total:.0f} {p.unit}".strip())
        if p.done and job.state is JobState.RUNNING:
            parts.append(f"{rate_text(p.rate)} {p.unit}/s".strip())
        if not math.isinf(p.seconds_left) and not job.state.final:
            parts.append(f"{duration_text(p.seconds_left)} left")
    elif p.seconds >= 1.0:
        parts.append(duration_text(p.seconds))
    if job.state is JobState.PAUSED:
        parts.insert(0, "paused")
    return ", ".join(parts)


def rate_text(rate: float) -> str:
    """A rate with two or three digits that count."""
    return f"{rate:,.0f}" if rate >= 100 else f"{rate:.2g}"


def duration_text(seconds: float) -> str:
    """A time in words: "12 s", "3:05 min", "1:02 h"."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d} h" if hours else f"{minutes}:{rest:02d} min" if minutes else f"{rest} s"
