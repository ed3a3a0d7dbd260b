# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from humanoid_brain.errors import StorageError
from humanoid_brain.jobs import Job, JobState, Warned
from humanoid_brain.ui.task import Task
from humanoid_brain.ui.work import Worker, duration_text, error_message, progress_text


class Count(Job):
    """Counts to ten, a number per slice; may halt, warn or fail on the way."""

    def __init__(self, halt: int = -1, warn: int = -1, fail: int = -1) -> None:
        super().__init__()
        self.halt_at, self.warn, self.fail = halt, warn, fail
        self.released = 0
        self.progress.total, self.progress.unit = 10, "numbers"

    def slices(self) -> Iterator[None]:
        for number in range(10):
            if self.stopping:
                return
            if number == self.halt_at:
                yield from self.halt(StorageError("the disk is full", todo="Free some space and resume"))
            if number == self.warn:
                self.events.append(Warned("slow", "Get a faster one"))
            if number == self.fail:
                raise ValueError("seven is not nine")
            self.progress.done = number + 1
            yield

    def release(self) -> None:
        self.released += 1


def frames(worker: Worker, count: int = 40) -> None:
    for _ in range(count):
        worker.tick()


@pytest.fixture
def worker() -> Worker:
    made = Worker()
    made.budget = 0.0
    return made


def test_a_job_advances_a_slice_per_frame_and_pause_is_exact(worker: Worker) -> None:
    task, done = Task(worker), []
    job = Count()
    task.start("Count", lambda: job, done.append)
    frames(worker, 3)
    assert job.progress.done == 3
    job.pause()
    frames(worker)
    assert job.progress.done == 3 and "paused" in progress_text(job)
    job.resume()
    frames(worker)
    assert job.state is JobState.DONE and done == [job] and job.released == 1
    assert task.messages.value == () and not worker.busy


def test_a_second_job_is_told_why_it_must_wait(worker: Worker) -> None:
    first, second = Task(worker), Task(worker)
    first.start("Count", Count, lambda job: None)
    second.start("Other", Count, lambda job: None)
    (message,) = second.messages.value
    assert message.severity == "error" and "one job runs at a time" in message.text and "Stop Count" in message.todo
    assert second.job is None and first.running


def test_an_error_of_the_job_is_told_where_it_was_started_and_logged(
    worker: Worker, caplog: pytest.LogCaptureFixture
) -> None:
    task, other, done = Task(worker), Task(worker), []
    with caplog.at_level(logging.ERROR):
        task.start("Count", lambda: Count(fail=4), done.append)
        frames(worker)
    (message,) = task.messages.value
    assert "seven is not nine" in message.text and message.todo
    assert not done and not other.messages.value and worker.failed
    assert "Traceback" in caplog.text
    task.start("Count", Count, done.append)
    assert not task.messages.value
    frames(worker)
    assert len(done) == 1


def test_a_job_that_pauses_itself_says_why_until_it_is_resumed(worker: Worker) -> None:
    task = Task(worker)
    job = Count(halt=2)
    task.start("Count", lambda: job, lambda job: None)
    frames(worker)
    assert job.state is JobState.PAUSED
    assert [(m.text, m.todo) for m in task.messages.value if m.severity == "error"] == [
        ("the disk is full", "Free some space and resume")
    ]
    job.resume()
    frames(worker)
    assert job.state is JobState.DONE and not task.messages.value


def test_warnings_are_shown_and_a_stopped_job_frees_the_worker(worker: Worker) -> None:
    task = Task(worker)
    job = Count(warn=1)
    task.start("Count", lambda: job, lambda job: None)
    frames(worker, 3)
    assert [(m.severity, m.text, m.todo) for m in task.messages.value] == [("warning", "slow", "Get a faster one")]
    job.stop()
    frames(worker)
    assert not worker.busy and job.progress.done < 10


def test_closing_ends_a_job_in_the_middle(worker: Worker) -> None:
    task = Task(worker)
    job = Count()
    task.start("Count", lambda: job, lambda job: None)
    frames(worker, 2)
    worker.close()
    assert job.released == 1 and job.state.final and not worker.busy


def test_words_for_errors_and_times() -> None:
    known = error_message(StorageError("no permission to write", where="/data", todo="Choose another --output"))
    assert (known.text, known.todo) == ("/data: no permission to write", "Choose another --output")
    assert "KeyError" in error_message(KeyError("x")).text
    assert [duration_text(s) for s in (5, 65, 3700)] == ["5 s", "1:05 min", "1:01 h"]
