# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import math
import threading
import time
from collections.abc import Iterator

import pytest

from humanoid_brain.errors import StorageError
from humanoid_brain.jobs import Event, EventLog, Job, JobState, Progress, StateChanged, Warned, beside, drained

IDLE, RUNNING, PAUSED, STOPPING, DONE, FAILED = JobState


class Counting(Job):
    """Counts to ``total``, one per slice; raises at ``fail_at``; pauses itself at ``pause_at``."""

    def __init__(self, total: int = 5, *, fail_at: int = -1, pause_at: int = -1, error: BaseException | None = None):
        super().__init__()
        self.total, self.fail_at, self.pause_at, self.to_raise = total, fail_at, pause_at, error
        self.count = self.released = 0
        self.cleaned_up = False
        self.release_error: Exception | None = None

    def slices(self) -> Iterator[None]:
        try:
            while self.count < self.total and not self.stopping:
                if self.count == self.fail_at:
                    raise self.to_raise or ValueError("bad slice")
                self.count += 1
                self.progress.done, self.progress.total = self.count, self.total
                if self.count == self.pause_at:
                    self.pause()
                yield
        finally:
            self.cleaned_up = True

    def release(self) -> None:
        self.released += 1
        if self.release_error:
            raise self.release_error


def states(job: Job) -> list[JobState]:
    return [event.state for event in job.events.read()[0] if isinstance(event, StateChanged)]


def test_job_runs_from_idle_to_done_and_frees_what_it_holds() -> None:
    job = Counting()
    assert job.state is IDLE
    job.run()
    assert (job.count, job.released, states(job)) == (5, 1, [RUNNING, DONE])


def test_tick_before_start_does_nothing() -> None:
    job = Counting()
    assert job.tick() is IDLE
    assert job.count == 0


def test_job_starts_once() -> None:
    job = Counting()
    job.start()
    with pytest.raises(RuntimeError, match="running cannot be started"):
        job.start()


def test_tick_with_no_budget_does_one_slice() -> None:
    job = Counting()
    job.start()
    for expected in (1, 2, 3):
        assert job.tick(0.0) is RUNNING
        assert job.count == expected


def test_tick_returns_when_its_budget_is_spent(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter(range(100))  # every look at the clock is one second later
    monkeypatch.setattr(time, "perf_counter", lambda: float(next(clock)))
    job = Counting(50)
    job.start()
    assert job.tick(10.0) is RUNNING
    assert job.count == 10


def test_tick_ends_before_a_slice_that_would_take_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter(range(100))
    monkeypatch.setattr(time, "perf_counter", lambda: float(next(clock)))
    job = Counting(50)
    job.start()
    assert job.tick(3.5) is RUNNING
    assert job.count == 3
    monkeypatch.setattr(time, "perf_counter", lambda: 2.0 * next(clock))  # slices take twice as long
    job.tick(3.5)
    assert job.count == 4


def test_work_beside_a_job_lets_it_yield_meanwhile_and_gives_its_result() -> None:
    gate = threading.Event()
    work = beside(lambda: gate.wait() and 7)
    for _ in range(3):
        next(work)
    gate.set()
    assert drained(work) == 7

    def fail() -> None:
        raise OSError("the disk is gone")

    with pytest.raises(OSError, match="the disk is gone"):
        drained(beside(fail))


def test_closing_waits_for_work_beside_the_job_unless_it_may_be_left() -> None:
    gate, done = threading.Event(), threading.Event()

    def work() -> None:
        gate.wait()
        done.set()

    left = beside(work, leave=True)
    next(left)
    left.close()
    assert not done.is_set()
    kept = beside(work)
    next(kept)
    threading.Timer(0.05, gate.set).start()
    kept.close()
    assert done.is_set()


def test_nothing_advances_between_pause_and_resume() -> None:
    job = Counting()
    job.start()
    job.tick(0.0)
    job.pause()
    seconds = job.progress.seconds
    for _ in range(3):
        assert job.tick() is PAUSED
    assert job.count == 1
    assert job.progress.seconds == seconds
    job.resume()
    assert job.tick() is DONE
    assert (job.count, states(job)) == (5, [RUNNING, PAUSED, RUNNING, DONE])


def test_job_that_pauses_itself_gives_control_back_at_once() -> None:
    job = Counting(pause_at=2)
    job.run()
    assert (job.state, job.count) == (PAUSED, 2)


def test_pause_and_resume_mean_nothing_to_a_job_that_does_not_run() -> None:
    job = Counting()
    job.pause()
    job.resume()
    assert job.state is IDLE
    job.run()
    job.pause()
    assert job.state is DONE


@pytest.mark.parametrize("paused", [False, True])
def test_stop_ends_early_and_keeps_what_there_is(paused: bool) -> None:
    job = Counting()
    job.start()
    job.tick(0.0)
    if paused:
        job.pause()
    job.stop()
    job.stop()
    assert job.stopping
    assert job.tick() is DONE
    assert (job.count, job.released, states(job).count(STOPPING)) == (1, 1, 1)


def test_stop_of_a_job_that_never_started_ends_it() -> None:
    job = Counting()
    job.stop()
    assert (job.state, job.released) == (DONE, 1)


@pytest.mark.parametrize("error", [ValueError("bad slice"), StorageError("the disk is full")])
def test_error_in_a_slice_is_kept_and_frees_what_the_job_holds(error: Exception) -> None:
    job = Counting(fail_at=2, error=error)
    job.start()
    assert job.tick() is FAILED
    assert (job.error, job.count, job.released) == (error, 2, 1)
    assert job.tick() is FAILED


def test_run_raises_the_error_of_the_job() -> None:
    with pytest.raises(ValueError, match="bad slice"):
        Counting(fail_at=0).run()


def test_interrupt_in_a_slice_reaches_the_caller_and_is_not_taken_for_success() -> None:
    job = Counting(fail_at=2, error=KeyboardInterrupt())
    job.start()
    with pytest.raises(KeyboardInterrupt):
        job.tick()
    assert (job.tick(), job.released) == (FAILED, 1)


def test_error_while_freeing_makes_the_job_fail() -> None:
    job = Counting()
    job.release_error = OSError("stuck")
    job.start()
    assert job.tick() is FAILED
    assert job.error is job.release_error


def test_error_while_freeing_does_not_hide_the_first_one() -> None:
    job = Counting(fail_at=1)
    job.release_error = OSError("stuck")
    job.start()
    job.tick()
    assert isinstance(job.error, ValueError)


@pytest.mark.parametrize("slices", [0, 2, 99])
def test_close_frees_once_whenever_it_comes(slices: int) -> None:
    job = Counting()
    job.start()
    for _ in range(slices):
        job.tick(0.0)
    job.close()
    job.close()
    assert job.released == 1
    assert job.state is DONE
    assert job.tick() is DONE
    assert job.cleaned_up == (slices > 0)  # a generator that never began has nothing to clean up
    assert job.count == min(slices, 5)


def test_close_of_an_idle_job_frees_it() -> None:
    job = Counting()
    job.close()
    assert (job.released, job.state) == (1, DONE)


def test_each_reader_sees_every_event_once() -> None:
    log = EventLog()
    events = [Warned(f"w{i}") for i in range(5)]
    for event in events[:2]:
        log.append(event)
    first, cursor = log.read()
    assert first == events[:2]
    assert log.read(cursor) == ([], 2)
    for event in events[2:]:
        log.append(event)
    assert log.read(cursor) == (events[2:], 5)
    assert log.read() == (events, 5)
    assert len(log) == 5


def test_reader_that_lags_behind_loses_only_the_oldest() -> None:
    log = EventLog(capacity=3)
    events = [Warned(f"w{i}") for i in range(10)]
    for event in events[:4]:
        log.append(event)
    _, cursor = log.read()
    for event in events[4:]:
        log.append(event)
    assert log.read(cursor) == (events[7:], 10)
    assert log.read(9) == (events[9:], 10)
    assert log.read(10) == ([], 10)
    assert log.read(99) == ([], 10)


def test_event_notes_when_it_happened() -> None:
    before = time.time()
    assert before <= Event().time <= time.time()
    assert Warned("w", todo="t", time=3.0).time == 3.0


def test_progress_knows_share_rate_and_time_left() -> None:
    progress = Progress(done=25, total=100, seconds=5.0)
    assert (progress.fraction, progress.rate, progress.seconds_left) == (0.25, 5.0, 15.0)


def test_rate_and_time_left_are_those_of_this_run_once_its_units_are_begun() -> None:
    progress = Progress(total=100, seconds=8.0)
    progress.begin(60)
    assert (progress.done, progress.fraction, progress.rate, progress.seconds_left) == (60, 0.6, 0.0, math.inf)
    progress.done, progress.seconds = 70, 13.0
    assert (progress.rate, progress.seconds_left) == (2.0, 15.0)


def test_progress_claims_nothing_while_nothing_is_known() -> None:
    assert (Progress().fraction, Progress().rate, Progress().seconds_left) == (0.0, 0.0, math.inf)
    assert Progress(done=7, seconds=1.0).seconds_left == math.inf


def test_progress_never_exceeds_one() -> None:
    assert Progress(done=12, total=10, seconds=1.0).fraction == 1.0
    assert Progress(done=12, total=10, seconds=1.0).seconds_left == 0.0
