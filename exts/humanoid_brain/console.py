# SPDX-License-Identifier: Apache-2.0
"""How a job shows itself in a terminal: a bar where there is one, plain lines otherwise; Ctrl-C ends it cleanly."""

from __future__ import annotations

import json
import math
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, TextIO

from humanoid_brain.errors import HumanoidBrainError
from humanoid_brain.jobs import Event, FileWritten, Job, JobState, Warned

Describe = Callable[[Event], str | None]
"""Turns an event of a job into a line for people, or None to leave it out."""

_REFRESH_S = 0.2
_PLAIN_S = 5.0


def drive(job: Job, *, describe: Describe | None = None, stream: TextIO | None = None) -> JobState:
    """Run ``job`` to its end, showing progress on ``stream`` (default: standard error).

    SIGINT and SIGTERM ask the job to stop; a second SIGINT interrupts at once.

    Raises:
        Exception: What made the job fail, or pause for a reason that only its user can mend.
    """
    out = stream or sys.stderr
    bar = _Bar(out) if out.isatty() else _Lines(out)
    cursor = 0
    try:
        job.start()
        with _stop_on_signal(job):
            while not job.tick(_REFRESH_S).final:
                cursor = _report(job, cursor, bar, describe)
                if job.state is JobState.PAUSED:
                    # Nobody is there to resume it: what it has is on the disk.
                    break
                bar.show(job)
        _report(job, cursor, bar, describe)
    finally:
        bar.close()
        job.close()
    if job.error is not None:
        raise job.error
    return job.state


def print_json(value: dict[str, Any]) -> None:
    """One machine-readable line on standard output."""
    print(json.dumps(value, allow_nan=False), flush=True)


def print_error(error: HumanoidBrainError) -> None:
    """The error, plainly, on standard error."""
    red, off = ("\x1b[31m", "\x1b[0m") if sys.stderr.isatty() else ("", "")
    print(f"{red}error:{off} {error}", file=sys.stderr, flush=True)


def _report(job: Job, cursor: int, bar: _Bar | _Lines, describe: Describe | None) -> int:
    events, cursor = job.events.read(cursor)
    for event in events:
        line = describe(event) if describe else None
        if line is None and isinstance(event, Warned):
            line = f"warning: {event.what}" + (f". {event.todo}" if event.todo else "")
        if line is None and isinstance(event, FileWritten) and event.kind != "checkpoint":
            line = f"{event.kind}: {event.path}"
        if line is not None:
            bar.write(line)
    return cursor


@contextmanager
def _stop_on_signal(job: Job) -> Iterator[None]:
    def handle(number: int, frame: FrameType | None) -> None:
        if job.stopping:
            raise KeyboardInterrupt
        job.stop()

    before = {number: signal.signal(number, handle) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class _Bar:
    """One line that is drawn over and over."""

    _WIDTH = 28

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._length = 0

    def show(self, job: Job) -> None:
        filled = round(self._WIDTH * job.progress.fraction)
        bar = "\u2588" * filled + "\u2591" * (self._WIDTH - filled)
        self._draw(f"{bar} {_status(job)}")

    def write(self, line: str) -> None:
        self._draw("")
        self._out.write(f"\r{line}\n")
        self._out.flush()

    def close(self) -> None:
        self._draw("")
        self._out.write("\r")
        self._out.flush()

    def _draw(self, text: str) -> None:
        self._out.write("\r" + text.ljust(self._length))
        self._out.flush()
        self._length = len(text)


class _Lines:
    """A line now and then, for logs."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._last = -math.inf
        self._phase = ""

    def show(self, job: Job) -> None:
        now = time.monotonic()
        if now - self._last >= _PLAIN_S or job.progress.phase != self._phase:
            self._last, self._phase = now, job.progress.phase
            self.write(_status(job))

    def write(self, line: str) -> None:
        print(line, file=self._out, flush=True)

    def close(self) -> None:
        self._out.flush()


def _status(job: Job) -> str:
    p = job.progress
    if not 0 < p.total < math.inf:
        return f"{p.phase} ({p.seconds:.0f} s)"
    left = "" if math.isinf(p.seconds_left) else f", {_duration(p.seconds_left)} left"
    return f"{p.phase} {p.done:.0f}/{p.total:.0f} {p.unit} ({100 * p.fraction:.0f} %{left})"


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d} h" if hours else f"{minutes}:{rest:02d} min" if minutes else f"{rest} s"
