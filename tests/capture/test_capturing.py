# SPDX-License-Identifier: Apache-2.0
"""Frames one after the other, in a session that draws nothing: what overlaps, what becomes of flaws and errors."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator, Iterable, Iterator
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from humanoid_brain.capture.capturing import FrameCaptured, FrameLine
from humanoid_brain.errors import DatasetError, StorageError
from humanoid_brain.jobs import Event, Warned, drained
from tests.capture.synthetic import frame


class _Shot:
    def __init__(self, log: list[Any], index: int, attempt: int, began: float, flawed: bool) -> None:
        self.index, self.attempt, self.began = index, attempt, began
        self.seconds = {"render": 1.0}
        self._log, self._flawed = log, flawed

    def labelled(self) -> tuple[Any, Any]:
        self._log.append(("labelled", self.index, self.attempt, threading.current_thread() is threading.main_thread()))
        return frame(self.index), np.zeros((8, 8, 3), np.uint8) if self._flawed else None


class _Session:
    """Draws frames; those of ``flawed`` come out black, by frame the first so many attempts."""

    config = SimpleNamespace(allow_empty=False, attempts=2)

    def __init__(self, **flawed: int) -> None:
        self.log: list[Any] = []
        self._flawed = {int(name[1:]): count for name, count in flawed.items()}

    def shoot(
        self, index: int, attempt: int = 0, beside: Callable[[], None] | None = None
    ) -> Generator[None, None, _Shot]:
        began = time.perf_counter()
        self.log.append(("drawing", index, attempt))
        yield
        if beside is not None:
            failed: list[Exception] = []

            def run() -> None:
                try:
                    beside()
                except Exception as error:
                    failed.append(error)

            thread = threading.Thread(target=run)
            thread.start()
            thread.join()
            if failed:
                raise failed[0]
        self.log.append(("drawn", index, attempt))
        return _Shot(self.log, index, attempt, began, attempt < self._flawed.get(index, 0))

    def go_ahead(self, frames: Iterable[int]) -> None:
        self.log.append(("ahead", *frames))


class _Line:
    def __init__(self, session: _Session, submit: Callable[[Any], None] = lambda frame: None) -> None:
        self.made: list[FrameCaptured] = []
        self.warnings: list[Event] = []
        self.halts: list[StorageError] = []
        self.line = FrameLine(
            session,  # pyright: ignore[reportArgumentType]
            submit=submit,
            made=self.made.append,
            retried=self._retried,
            report=self.warnings.append,
        )

    def run(self, *frames: int) -> None:
        for number, index in enumerate(frames, start=1):
            for _ in self.line.make(index, frames[number:]):
                pass
        for _ in self.line.finish():
            pass

    def _retried(self, write: Callable[[], object]) -> Iterator[None]:
        while True:
            try:
                write()
                return
            except StorageError as error:
                self.halts.append(error)
                yield


def test_a_frame_is_labelled_in_a_thread_while_the_next_one_is_drawn() -> None:
    session = _Session()
    line = _Line(session)
    line.run(3, 4)
    assert session.log == [
        ("drawing", 3, 0), ("ahead", 4), ("drawn", 3, 0),
        ("drawing", 4, 0), ("labelled", 3, 0, False), ("ahead",), ("drawn", 4, 0),
        ("labelled", 4, 0, True),
    ]  # fmt: skip
    assert [event.index for event in line.made] == [3, 4]
    assert all(set(event.seconds) == {"render", "wait", "total"} for event in line.made)
    assert not line.warnings and not line.halts


def test_a_total_is_the_time_until_work_on_the_next_frame_began() -> None:
    line = _Line(_Session(), submit=lambda frame: time.sleep(0.05))
    began = time.perf_counter()
    line.run(0, 1, 2)
    spent = time.perf_counter() - began
    totals = [event.seconds["total"] for event in line.made]
    assert sum(totals) == pytest.approx(spent, abs=0.02)
    assert totals[0] < 0.04 < min(totals[1:])


def test_a_flawed_frame_is_drawn_anew_after_the_one_that_came_next() -> None:
    session = _Session(f5=1)
    line = _Line(session)
    line.run(5, 6, 7)
    assert [each[1:] for each in session.log if each[0] == "drawn"] == [(5, 0), (6, 0), (5, 1), (7, 0)]
    assert sorted(event.index for event in line.made) == [5, 6, 7]
    (warning,) = line.warnings
    assert isinstance(warning, Warned) and warning.what.startswith("frame 5: the picture is black")


def test_the_last_frame_is_drawn_anew_as_well() -> None:
    session = _Session(f6=1)
    line = _Line(session)
    line.run(5, 6)
    assert [each[1:] for each in session.log if each[0] == "drawn"] == [(5, 0), (6, 0), (6, 1)]
    assert [event.index for event in line.made] == [5, 6]


@pytest.mark.parametrize("frames", [(5,), (5, 6), (4, 5, 6)])
def test_a_frame_without_a_usable_picture_is_an_error_that_names_it(frames: tuple[int, ...]) -> None:
    line = _Line(_Session(f5=9))
    with pytest.raises(DatasetError, match=r"frame 5: 2 attempts gave no usable picture: the picture is black"):
        line.run(*frames)
    assert len(line.warnings) == 2
    assert 5 not in [event.index for event in line.made]


@pytest.mark.parametrize("full", [1, 2])
def test_what_finds_the_disk_full_is_submitted_again(full: int) -> None:
    """The first one while another is drawn, the last one at the end; each is made once."""
    submitted: list[int] = []
    refusals = [1, 1]

    def submit(made: Any) -> None:
        submitted.append(made.index)
        if made.index == full and refusals and refusals.pop():
            raise StorageError("the disk is full", where="here", todo="Free some space")

    line = _Line(_Session(), submit)
    line.run(0, 1, 2)
    assert [event.index for event in line.made] == [0, 1, 2]
    assert submitted == sorted([0, 1, 2, full, full])
    assert len(line.halts) == 2


def test_what_a_writer_raises_while_another_frame_is_drawn_is_raised() -> None:
    def submit(made: Any) -> None:
        raise DatasetError("the frame has no depth", where=f"frame {made.index}")

    line = _Line(_Session(), submit)
    drained(line.line.make(0))  # pyright: ignore[reportArgumentType]
    with pytest.raises(DatasetError, match="frame 0: the frame has no depth"):
        drained(line.line.make(1))  # pyright: ignore[reportArgumentType]
