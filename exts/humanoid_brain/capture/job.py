# SPDX-License-Identifier: Apache-2.0
"""The capture job: frame by frame from a seed to a dataset, resumable at any moment."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

from humanoid_brain import __version__
from humanoid_brain.capture.assemble import Summary
from humanoid_brain.capture.check import check_frame
from humanoid_brain.capture.description import Description
from humanoid_brain.config.capture import CaptureConfig
from humanoid_brain.errors import DatasetError, StorageError
from humanoid_brain.jobs import Event, FileWritten, Job, Warned

if TYPE_CHECKING:
    from humanoid_brain.capture.frame import Frame
    from humanoid_brain.capture.session import CaptureSession
    from humanoid_brain.capture.writer import DatasetWriter
    from humanoid_brain.host import Host

_STORED_ELSEWHERE = {"output", "shard", "seed", "frames", "dataset", "device"}
"""Fields of the configuration that are not part of a dataset's identity, or stand in its description already."""


@dataclass(frozen=True)
class FrameCaptured(Event):
    """A frame was made and handed to the writer. ``seconds`` by stage, in s."""

    name: ClassVar[str] = "frame"
    index: int
    objects: int
    seconds: Mapping[str, float]


class CaptureJob(Job):
    """Captures a dataset into its folder, or goes on with one that is there.

    A slice is one policy step of the robot, one render, or one frame's labels. Encoding and writing run beside it in
    processes of their own.

    Args:
        config: What to capture.
        host: The simulator; None takes the one this process runs in.
    """

    def __init__(self, config: CaptureConfig, *, host: Host | None = None) -> None:
        super().__init__()
        self.config = config
        self.summary: Summary | None = None
        """Counts of the dataset, once it is whole."""
        self.seconds: defaultdict[str, float] = defaultdict(float)
        """Time in s spent on each stage, over all frames of this run; "wait" is for the writer."""
        self._host = host
        self._session: CaptureSession | None = None
        self._writer: DatasetWriter | None = None
        self.progress.unit = "frames"

    @property
    def stopped_early(self) -> bool:
        """Whether frames of this shard are still to be captured."""
        return self.progress.done < self.progress.total

    @property
    def slowest(self) -> str:
        """The stage that takes the most time; empty before the first frame."""
        return max(self.seconds, key=lambda stage: self.seconds[stage], default="")

    def slices(self) -> Iterator[None]:
        """Build the scene, then capture what is missing."""
        from humanoid_brain import host as hosts
        from humanoid_brain.capture.session import CaptureSession
        from humanoid_brain.capture.writer import DatasetWriter

        self.progress.phase = "building the scene"
        yield
        host = self._host or hosts.load()
        self._session = session = CaptureSession(self.config, host)
        yield
        description = describe(self.config, session, host)
        self._writer = writer = DatasetWriter(self.config.output, description)
        todo, total = writer.missing(), len(description.indices())
        if damaged := writer.damaged:
            self.events.append(Warned(f"{len(damaged)} frames were damaged and are captured again"))
        self.progress.total, self.progress.done, self.progress.phase = total, total - len(todo), "capturing"
        while todo and not self.stopping:
            for index in todo:
                if self.stopping:
                    break
                yield from self._capture(session, writer, index)
            yield from self._retried(writer.drain)
            todo = writer.missing()  # again those that were accepted and then found the disk full
            self.progress.done = total - len(todo)
        self.progress.phase = "writing"
        yield from self._retried(lambda: self._assemble(writer))
        self.events.append(FileWritten(str(self.config.output), "dataset"))

    def release(self) -> None:
        """Close the scene and the writer; frames that were handed over are on the disk then."""
        for part in (self._writer, self._session):
            if part is not None:
                part.close()
        self._writer = self._session = None

    def _capture(self, session: CaptureSession, writer: DatasetWriter, index: int) -> Iterator[None]:
        began = time.perf_counter()
        flaws: list[str] = []
        for attempt in range(self.config.attempts):
            frame: Frame | None = None
            for made in session.frame(index, attempt):
                frame = made
                yield
            assert frame is not None  # the last that a session gives
            # Without the sensor's noise, which would hide that nothing else is there.
            clean = replace(frame, color=None if frame.color is None else session.rendered)
            found = check_frame(clean, need_objects=not self.config.allow_empty)
            if not found:
                break
            flaws.append(found[0].what)
            self.events.append(Warned(f"frame {index}: {found[0].what}", "It is drawn anew"))
        else:
            raise DatasetError(
                f"{self.config.attempts} attempts gave no usable picture: {flaws[-1]}",
                where=f"frame {index}",
                todo="Look at a preview and narrow the ranges, or raise attempts",
            )
        waited = time.perf_counter()
        yield from self._retried(lambda: writer.submit(frame))
        yield from self._retried(writer.poll)  # its list of written frames would grow otherwise
        seconds = {**session.seconds, "wait": time.perf_counter() - waited}
        for stage, spent in seconds.items():
            self.seconds[stage] += spent
        self.progress.done += 1
        seconds["total"] = time.perf_counter() - began
        self.events.append(FrameCaptured(index, len(frame.objects), seconds))
        yield

    def _assemble(self, writer: DatasetWriter) -> None:
        self.summary = writer.finish()

    def _retried(self, write: Callable[[], object]) -> Iterator[None]:
        """Write; where the disk is full, pause and do it again once the job was resumed."""
        while True:
            try:
                write()
                return
            except StorageError as error:
                yield from self.halt(error)


def describe(config: CaptureConfig, session: CaptureSession, host: Host) -> Description:
    """The dataset that a configuration stands for."""
    return Description(
        seed=config.seed,
        frames=config.frames,
        categories=session.categories,
        config=config.model_dump(mode="json", exclude=_STORED_ELSEWHERE),
        versions={"humanoid_brain": __version__, host.name: host.version, **session.versions},
        storage=config.dataset,
        shard=config.part,
    )
