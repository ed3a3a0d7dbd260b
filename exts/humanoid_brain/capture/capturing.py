# SPDX-License-Identifier: Apache-2.0
"""One frame, from its number to the writer: made, looked at, and drawn anew where nothing is to be seen on it."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from humanoid_brain.capture.check import check_frame
from humanoid_brain.errors import DatasetError
from humanoid_brain.jobs import Event, Warned

if TYPE_CHECKING:
    from humanoid_brain.capture.frame import Frame
    from humanoid_brain.capture.session import CaptureSession


@dataclass(frozen=True)
class FrameCaptured(Event):
    """A frame was made and handed to the writer. ``seconds`` by stage, in s, and their "total"."""

    name: ClassVar[str] = "frame"
    index: int
    objects: int
    seconds: Mapping[str, float]


def capture_frame(
    session: CaptureSession,
    index: int,
    hand_over: Callable[[Frame], Iterator[None]],
    report: Callable[[Event], None],
) -> Generator[None, None, FrameCaptured]:
    """Make a frame and hand it over, yielding after each slice of work.

    Args:
        session: The open scene.
        index: Number of the frame.
        hand_over: Gives a frame to the writer, yielding while that has to wait.
        report: Takes a warning for each attempt that gave no usable picture.

    Raises:
        DatasetError: None of the attempts gave a usable picture.
    """
    began = time.perf_counter()
    frame = yield from _usable(session, index, report)
    waited = time.perf_counter()
    yield from hand_over(frame)
    now = time.perf_counter()
    return FrameCaptured(index, len(frame.objects), {**session.seconds, "wait": now - waited, "total": now - began})


def _usable(session: CaptureSession, index: int, report: Callable[[Event], None]) -> Generator[None, None, Frame]:
    config = session.config
    flaw = ""
    for attempt in range(config.attempts):
        frame: Frame | None = None
        for made in session.frame(index, attempt):
            frame = made
            yield
        assert frame is not None  # the last that a session gives
        found = check_frame(frame, sample=session.sample, need_objects=not config.allow_empty)
        if not found:
            return frame
        flaw = found[0].what
        report(Warned(f"frame {index}: {flaw}", "It is drawn anew"))
    raise DatasetError(
        f"{config.attempts} attempts gave no usable picture: {flaw}",
        where=f"frame {index}",
        todo="Look at a preview and narrow the ranges, or raise attempts",
    )
