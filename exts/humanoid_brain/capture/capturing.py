# SPDX-License-Identifier: Apache-2.0
"""Frames, from their numbers to the writer: drawn, labelled, checked, and drawn anew where nothing is to be seen."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from humanoid_brain.capture.check import check_frame
from humanoid_brain.errors import DatasetError, StorageError
from humanoid_brain.jobs import Event, Warned

if TYPE_CHECKING:
    from humanoid_brain.capture.frame import Frame
    from humanoid_brain.capture.session import CaptureSession
    from humanoid_brain.capture.shot import Shot


LATER = 6
"""Frames ahead of the one in work that should be known, for what they need to be there in time."""


@dataclass(frozen=True)
class FrameCaptured(Event):
    """A frame was made and handed to the writer.

    ``seconds`` by stage, in s; stages of neighbouring frames overlap. "total" is from when work on it began until work
    on the next one did.
    """

    name: ClassVar[str] = "frame"
    index: int
    objects: int
    seconds: Mapping[str, float]


class FrameLine:
    """Frames one after the other: while one is drawn, the one before is labelled, checked and handed over.

    Args:
        session: The open scene.
        submit: Gives a frame to the writer. It and ``made`` may be called in another thread, while this one draws or
            waits.
        made: Takes the news of each frame that was handed over.
        retried: Does something again and again, yielding, for as long as it raises a StorageError.
        report: Takes a warning for each attempt that gave no usable picture.
    """

    def __init__(
        self,
        session: CaptureSession,
        *,
        submit: Callable[[Frame], None],
        made: Callable[[FrameCaptured], None],
        retried: Callable[[Callable[[], None]], Iterator[None]],
        report: Callable[[Event], None],
    ) -> None:
        self._session, self._submit, self._made = session, submit, made
        self._retried, self._report = retried, report
        self._shot: Shot | None = None
        self._frame: Frame | None = None
        self._until = 0.0
        self._flaw = ""
        self._trouble: StorageError | None = None

    def make(self, index: int, later: Iterable[int] = ()) -> Iterator[None]:
        """Draw a frame, and finish the one before; yields after each slice of work.

        Args:
            index: Its number.
            later: Frames that come next; some of their physics is done now.

        Raises:
            DatasetError: None of the attempts gave a usable picture.
        """
        later = tuple(later)

        def beside() -> None:
            self._end()
            self._session.go_ahead(later)

        todo = [(index, 0)]
        while todo:
            index, attempt = todo.pop()
            self._until = time.perf_counter()
            shot = yield from self._session.shoot(index, attempt, beside)
            if (unusable := (yield from self._settled())) is not None:
                todo.append((unusable.index, unusable.attempt + 1))
            self._shot = shot

    def finish(self) -> Iterator[None]:
        """Finish the last frame."""
        while self._shot is not None:
            self._until = 0.0
            self._end()
            unusable, self._shot = (yield from self._settled()), None
            if unusable is not None:
                self._shot = yield from self._session.shoot(unusable.index, unusable.attempt + 1)

    def _end(self) -> None:
        """Do what is left to do for the frame that was drawn, without the scene."""
        if (shot := self._shot) is None:
            return
        frame, sample = shot.labelled()
        found = check_frame(frame, sample=sample, need_objects=not self._session.config.allow_empty)
        if found:
            self._flaw = found[0].what
            return
        self._frame = frame
        try:
            self._hand_over()
        except StorageError as error:
            self._trouble = error

    def _hand_over(self) -> None:
        shot, frame = self._shot, self._frame
        assert shot is not None and frame is not None
        began = time.perf_counter()
        self._submit(frame)
        now, self._frame = time.perf_counter(), None
        seconds = {**shot.seconds, "wait": now - began, "total": (self._until or now) - shot.began}
        self._made(FrameCaptured(shot.index, len(frame.objects), seconds))

    def _settled(self) -> Generator[None, None, Shot | None]:
        """See how :meth:`_end` went; gives a shot that has to be drawn anew."""

        def once_more() -> None:
            trouble, self._trouble = self._trouble, None
            if trouble is not None:
                raise trouble
            self._hand_over()

        if self._trouble is not None:
            yield from self._retried(once_more)
        flaw, self._flaw = self._flaw, ""
        if not flaw:
            return None
        shot = self._shot
        assert shot is not None
        self._report(Warned(f"frame {shot.index}: {flaw}", "It is drawn anew"))
        attempts = self._session.config.attempts
        if shot.attempt + 1 >= attempts:
            raise DatasetError(
                f"{attempts} attempts gave no usable picture: {flaw}",
                where=f"frame {shot.index}",
                todo="Look at a preview and narrow the ranges, or raise attempts",
            )
        return shot
