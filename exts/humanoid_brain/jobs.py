# SPDX-License-Identifier: Apache-2.0
"""Jobs: the one way work is done. A job advances in slices, so whoever drives it stays responsive.

A command line ticks a job with no limit; a panel ticks it once per frame with a few milliseconds.
"""

from __future__ import annotations

import importlib
import math
import threading
import time
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Coroutine, Generator, Iterator
from dataclasses import dataclass, field
from enum import Enum
from itertools import islice
from typing import Any, ClassVar, TypeVar

ResultT = TypeVar("ResultT")

_PATIENCE_S = 0.004
"""Longest slice in s of a job that waits for a thread."""
_FORGETTING = 0.9
"""What is left, after each slice, of the memory of a longer one."""


class JobState(str, Enum):
    """Where a job stands. ``done`` and ``failed`` are final."""

    IDLE = "idle"
    RUNNING = "running"
    PAUSED = "paused"
    STOPPING = "stopping"
    DONE = "done"
    FAILED = "failed"

    @property
    def final(self) -> bool:
        """True when the job will never advance again."""
        return self in (JobState.DONE, JobState.FAILED)


@dataclass(frozen=True)
class Event:
    """Something that happened. ``time`` is seconds since the epoch."""

    name: ClassVar[str] = "event"
    time: float = field(default_factory=time.time, kw_only=True)


@dataclass(frozen=True)
class StateChanged(Event):
    """The job entered ``state``."""

    name: ClassVar[str] = "state"
    state: JobState


@dataclass(frozen=True)
class Warned(Event):
    """Something the user should know, and what to do about it."""

    name: ClassVar[str] = "warning"
    what: str
    todo: str = ""


@dataclass(frozen=True)
class FileWritten(Event):
    """A file of the output folder is whole on the disk. ``kind``: checkpoint, policy, video, report, frame."""

    name: ClassVar[str] = "file"
    path: str
    kind: str


class EventLog:
    """Append-only log that any number of readers follow, each with its own cursor.

    The newest ``capacity`` events are kept; a reader that lags further behind loses the oldest.
    """

    def __init__(self, capacity: int = 65536) -> None:
        self._events: deque[Event] = deque(maxlen=capacity)
        self._count = 0

    def append(self, event: Event) -> None:
        """Add an event; readers see it at their next :meth:`read`."""
        self._events.append(event)
        self._count += 1

    def read(self, cursor: int = 0) -> tuple[list[Event], int]:
        """Events since ``cursor`` and the cursor for the next call. Start with 0."""
        fresh = max(0, min(self._count - cursor, len(self._events)))
        return [*islice(reversed(self._events), fresh)][::-1], self._count

    def __len__(self) -> int:
        return self._count


@dataclass
class Progress:
    """How far a job is."""

    done: float = 0.0
    total: float = math.inf
    unit: str = ""
    phase: str = ""
    seconds: float = 0.0
    """Time spent running, pauses left out, in seconds."""
    before: float = 0.0
    """Units that an earlier run did, or that took no time."""
    preparation: float = 0.0
    """Part of ``seconds`` that went by before the units were begun."""

    def begin(self, before: float = 0.0) -> None:
        """The units are begun: rate and time left are those of what is done from now on."""
        self.done = self.before = before
        self.preparation = self.seconds

    @property
    def fraction(self) -> float:
        """Share done, 0 to 1; 0 while the total is unknown."""
        return min(self.done / self.total, 1.0) if 0 < self.total < math.inf else 0.0

    @property
    def rate(self) -> float:
        """Mean units per second of the time spent on them in this run."""
        spent = self.seconds - self.preparation
        return (self.done - self.before) / spent if spent > 0 else 0.0

    @property
    def seconds_left(self) -> float:
        """Estimate from the rate so far; infinite while nothing is known."""
        left = max(self.total - self.done, 0.0)
        return left / self.rate if self.rate > 0 else math.inf


def drained(slices: Generator[None, None, ResultT]) -> ResultT:
    """The result of work in slices that is done at once, for who has no window to draw meanwhile."""
    while True:
        try:
            next(slices)
        except StopIteration as end:
            return end.value


def awaited(coroutine: Coroutine[Any, Any, None]) -> Iterator[None]:
    """Let a coroutine run on the application's event loop, yielding until it is done: for :meth:`Job.slices`."""
    import asyncio  # takes a while, and only Isaac Sim's window needs it

    task = asyncio.ensure_future(coroutine)
    try:
        while not task.done():
            yield
    finally:
        task.cancel()  # without effect on one that is done
    task.result()


def beside(work: Callable[[], ResultT], *, leave: bool = False) -> Generator[None, None, ResultT]:
    """Do work in a thread, yielding until it is done: ``yield from`` it within :meth:`Job.slices`.

    For what mostly waits, as for a disk. Nothing else of the job runs meanwhile.

    Args:
        work: The work.
        leave: A job that is closed meanwhile leaves the thread alone; otherwise it waits for the end of it.

    Raises:
        BaseException: What the work raised.
    """
    done: list[ResultT] = []
    failed: list[BaseException] = []

    def run() -> None:
        try:
            done.append(work())
        except BaseException as error:
            failed.append(error)

    thread = threading.Thread(target=run, daemon=True, name=f"beside {getattr(work, '__name__', 'a job')}")
    thread.start()
    try:
        while thread.is_alive():
            thread.join(_PATIENCE_S)
            yield
    finally:
        if not leave:
            thread.join()
    if failed:
        raise failed[0]
    return done[0]


def import_beside(*modules: str) -> Iterator[None]:
    """Import heavy modules in a thread, yielding meanwhile: ``yield from`` it within :meth:`Job.slices`.

    Raises:
        ImportError: What an import raised.
    """

    def imports() -> None:
        for module in modules:
            importlib.import_module(module)

    yield from beside(imports, leave=True)


class Job(ABC):
    """A resumable piece of work that never blocks its caller much longer than the budget it was given.

    A subclass implements :meth:`slices`, a generator that does the work and yields after each natural
    slice, and :meth:`release`, which frees what it holds. Between two slices the job can be paused for ever.
    """

    def __init__(self) -> None:
        self.state = JobState.IDLE
        self.progress = Progress()
        self.events = EventLog()
        self.error: Exception | None = None
        self._work: Iterator[None] | None = None
        self._expected = 0.0
        """Time in s that a slice may take, from those before it."""

    @abstractmethod
    def slices(self) -> Iterator[None]:
        """Do the work, yielding after each slice. Check :attr:`stopping` where the work may end early."""

    @abstractmethod
    def release(self) -> None:
        """Free what the job holds. Called once, also after a failure."""

    @property
    def stopping(self) -> bool:
        """True once :meth:`stop` was called: finish the current unit of work, save, and return."""
        return self.state is JobState.STOPPING

    def start(self) -> None:
        """Begin; the work itself happens in :meth:`tick`.

        Raises:
            RuntimeError: The job was started before.
        """
        if self.state is not JobState.IDLE:
            raise RuntimeError(f"a job that is {self.state.value} cannot be started")
        self._work = self.slices()
        self._enter(JobState.RUNNING)

    def tick(self, budget_s: float = math.inf) -> JobState:
        """Advance until ``budget_s`` seconds would be exceeded by another slice, the job ends, or it is paused.

        How long another slice takes is guessed from those before. At least one slice is done. Errors end up in
        :attr:`error` with the state ``failed``.
        """
        if self.state not in (JobState.RUNNING, JobState.STOPPING) or self._work is None:
            return self.state
        began = last = time.perf_counter()
        while True:
            try:
                next(self._work)
            except StopIteration:
                self._finish(JobState.DONE)
            except Exception as error:
                self.error = error
                self._finish(JobState.FAILED)
            except BaseException:  # Ctrl-C in the middle of a slice ends the generator: it cannot go on
                self._finish(JobState.FAILED)
                raise
            now = time.perf_counter()
            self.progress.seconds += now - last
            self._expected = max(now - last, _FORGETTING * self._expected)
            last = now
            if self.state not in (JobState.RUNNING, JobState.STOPPING) or now - began + self._expected > budget_s:
                return self.state

    def pause(self) -> None:
        """When this returns, nothing advances until :meth:`resume`."""
        if self.state is JobState.RUNNING:
            self._enter(JobState.PAUSED)

    def resume(self) -> None:
        """Go on from where :meth:`pause` left off."""
        if self.state is JobState.PAUSED:
            self._enter(JobState.RUNNING)

    def stop(self) -> None:
        """Ask the job to end early, keeping what it has; :meth:`tick` until it is ``done``."""
        if self.state is JobState.IDLE:
            self._finish(JobState.DONE)
        elif self.state in (JobState.RUNNING, JobState.PAUSED):
            self._enter(JobState.STOPPING)

    def close(self) -> None:
        """Free everything at once, whatever the state. What is on disk stays; the job never advances again."""
        work, self._work = self._work, None
        try:
            if isinstance(work, Generator):
                work.close()
        finally:
            if not self.state.final:
                self._finish(JobState.DONE)

    def run(self) -> None:
        """Start and tick until the job ends or pauses itself, then raise its error if it has one."""
        self.start()
        self.tick()
        if self.error is not None:
            raise self.error

    def halt(self, error: Exception) -> Iterator[None]:
        """Pause with a reason that only the user can mend: ``yield from`` it within :meth:`slices`.

        Returns when the job was resumed; the work should then be tried again.

        Raises:
            Exception: The ``error`` itself, when the job is stopped instead.
        """
        self.error = error
        self.events.append(Warned(str(error)))
        self.pause()
        yield
        if self.stopping:
            raise error
        self.error = None

    def _enter(self, state: JobState) -> None:
        self.state = state
        self.events.append(StateChanged(state))

    def _finish(self, state: JobState) -> None:
        self._work = None
        try:
            self.release()
        except Exception as error:
            self.error = self.error or error
            state = JobState.FAILED
        self._enter(state)
