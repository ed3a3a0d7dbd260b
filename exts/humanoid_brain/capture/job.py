# SPDX-License-Identifier: Apache-2.0
"""The capture job: frame by frame from a seed to a dataset, resumable at any moment."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING

from humanoid_brain.capture.assemble import Summary, assemble
from humanoid_brain.capture.capturing import LATER, FrameCaptured, FrameLine
from humanoid_brain.capture.description import describe
from humanoid_brain.config.capture import CaptureConfig
from humanoid_brain.errors import StorageError
from humanoid_brain.jobs import Event, FileWritten, Job, JobState, Warned

if TYPE_CHECKING:
    from humanoid_brain.capture.folder import DatasetFolder
    from humanoid_brain.capture.session import CaptureSession
    from humanoid_brain.capture.team import Team
    from humanoid_brain.capture.writer import DatasetWriter
    from humanoid_brain.host import Host

_WAIT = 0.005
"""Seconds that a slice waits for news of other processes: short, for whoever draws a panel between two slices."""


class CaptureJob(Job):
    """Captures a dataset into its folder, or goes on with one that is there.

    In one process, a slice is one policy step of the robot, or one render, while on the standalone host the frame
    before is labelled in a thread; encoding and writing run beside both in processes of their own. With several, each
    opens the scene and does all of this for its share of the frames, and a slice hears what they have done; pausing
    waits until each has ended its slice.

    Args:
        config: What to capture.
        host: The simulator for a capture in this process; None takes the one this process runs in.
        elsewhere: Frames that need not be captured, as they are in another folder.
    """

    def __init__(
        self, config: CaptureConfig, *, host: Host | None = None, elsewhere: Collection[int] = frozenset()
    ) -> None:
        super().__init__()
        self.config = config
        self.summary: Summary | None = None
        """Counts of the dataset, once it is whole."""
        self.processes = 1
        """Processes that capture."""
        self.seconds: defaultdict[str, float] = defaultdict(float)
        """Time in s spent on each stage, over all frames of this run and all processes; "wait" is for the writer."""
        self._host, self._elsewhere = host, frozenset(elsewhere)
        self._session: CaptureSession | None = None
        self._writer: DatasetWriter | None = None
        self._team: Team | None = None
        self._folder: DatasetFolder | None = None
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
        """Open the scene, once in each process, then capture what is missing."""
        from humanoid_brain.capture.team import process_count

        self.processes = process_count(self.config)
        several = self.processes > 1
        self.progress.phase = f"building the scene in {self.processes} processes" if several else "building the scene"
        yield
        yield from (self._together() if several else self._alone())
        self.progress.phase = "writing"
        yield from self._retried(self._assemble)
        self.events.append(FileWritten(str(self.config.output), "dataset"))

    def pause(self) -> None:
        """When this returns, nothing advances until :meth:`resume`, in no process."""
        super().pause()
        if self._team is not None and self.state is JobState.PAUSED:
            self._team.pause()

    def resume(self) -> None:
        """Go on from where :meth:`pause` left off."""
        if self._team is not None and self.state is JobState.PAUSED:
            self._team.resume()
        super().resume()

    def release(self) -> None:
        """Close scenes and writers; frames that were handed over are on the disk then."""
        with ExitStack() as closing:
            if self._folder is not None:
                closing.callback(self._folder.release)
            for part in (self._writer, self._session, self._team):  # the last one first: a session's thread may write
                if part is not None:
                    closing.callback(part.close)
            self._team = self._writer = self._session = None

    def _alone(self) -> Iterator[None]:
        from humanoid_brain import host as hosts
        from humanoid_brain.capture.session import opening_session
        from humanoid_brain.capture.writer import DatasetWriter

        self._session = session = yield from opening_session(self.config, self._host or hosts.load())
        yield
        description = describe(self.config, session.categories, session.versions)
        self._writer = writer = DatasetWriter(self.config.output, description)
        total = len(description.indices())
        todo = self._wanted(writer.missing())
        self._begin(total, len(todo), writer.damaged)
        report = self.events.append
        line = FrameLine(session, submit=writer.submit, made=self._made, retried=self._retried, report=report)
        while todo and not self.stopping:
            for number, index in enumerate(todo, start=1):
                if self.stopping:
                    break
                yield from line.make(index, todo[number : number + LATER])
                yield from self._retried(writer.poll)  # its list of written frames would grow otherwise
                yield
            yield from line.finish()
            yield from self._retried(writer.drain)
            todo = self._wanted(writer.missing())  # again those that were accepted and then found the disk full
            self.progress.done = total - len(todo)

    def _together(self) -> Iterator[None]:
        from humanoid_brain.capture.folder import DatasetFolder
        from humanoid_brain.capture.team import Team

        self._team = team = Team(self.config, self.processes)
        while team.dataset is None:
            self._hear(team.poll(_WAIT))
            yield
        description = describe(self.config, *team.dataset)
        self._folder = folder = DatasetFolder(self.config.output, description)
        total = len(description.indices())
        todo = self._wanted(sorted(set(description.indices()) - folder.whole))
        self._begin(total, len(todo), folder.damaged)
        team.begin(folder, todo)
        while not team.idle:
            if self.stopping:
                team.stop()
            self._hear(team.poll(_WAIT))
            self.progress.done = total - len(todo) + team.captured
            if (trouble := team.take_trouble()) is not None:
                yield from self.halt(trouble)
            yield
        team.dismiss()  # it takes them a second, in which the dataset is put together
        self.progress.done = total - len(set(todo) - folder.whole)

    def _wanted(self, missing: list[int]) -> list[int]:
        return [index for index in missing if index not in self._elsewhere]

    def _begin(self, total: int, todo: int, damaged: list[int]) -> None:
        if damaged:
            self.events.append(Warned(f"{len(damaged)} frames were damaged and are captured again"))
        self.progress.total, self.progress.phase = total, "capturing"
        self.progress.begin(total - todo)

    def _hear(self, events: Iterable[Event]) -> None:
        for event in events:
            if isinstance(event, FrameCaptured):
                self._note(event)
            else:
                self.events.append(event)

    def _made(self, event: FrameCaptured) -> None:
        self._note(event)
        self.progress.done += 1

    def _note(self, event: FrameCaptured) -> None:
        for stage, seconds in event.seconds.items():
            if stage != "total":
                self.seconds[stage] += seconds
        self.events.append(event)

    def _assemble(self) -> None:
        self.summary = assemble(self.config.output)

    def _retried(self, write: Callable[[], object]) -> Iterator[None]:
        """Write; where the disk is full, pause and do it again once the job was resumed."""
        while True:
            try:
                write()
                return
            except StorageError as error:
                yield from self.halt(error)
