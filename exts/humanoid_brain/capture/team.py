# SPDX-License-Identifier: Apache-2.0
"""Several processes that capture one dataset together: started, given frames to capture, watched.

Each runs :mod:`humanoid_brain.capture.member`. Frames are handed out as they are needed, those of one walk together,
and those for which robots walk at once while there are plenty.
What a member has captured and lost again, or had in work when it died, is handed out once more.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import socket
import subprocess
import time
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import cycle, groupby, takewhile
from typing import Any

from humanoid_brain import host as hosts
from humanoid_brain import machine
from humanoid_brain.capture.capturing import LATER, FrameCaptured
from humanoid_brain.capture.description import Category
from humanoid_brain.capture.folder import DatasetFolder
from humanoid_brain.capture.layout import frames_of
from humanoid_brain.capture.spawn import RESUMABLE, obituary, spawn
from humanoid_brain.capture.walks import frames_at_once
from humanoid_brain.config.capture import CaptureConfig
from humanoid_brain.errors import ConfigError, DatasetError, HumanoidBrainError, from_json
from humanoid_brain.jobs import Event, Warned

_MOST_PER_GPU = 16
"""A process takes a gigabyte of the GPU's memory."""
_MOST_ON_CPU = 8
"""A process takes a gigabyte, and more than one thread of the renderer wait for the rest of its frame."""
_PATIENCE = 30.0
"""Seconds that members may take to end once they were told."""
Message = dict[str, Any]


def process_count(config: CaptureConfig) -> int:
    """How many processes a capture takes: as many as it says, or what this machine has cores for.

    Raises:
        ConfigError: Isaac Sim runs this process, and it can be there only once.
    """
    if hosts.inside_kit():
        if (config.processes or 1) > 1:
            todo = "Capture with --processes 1, or split the frames with --shard"
            raise ConfigError("inside Isaac Sim a capture is one process", where="processes", todo=todo)
        return 1
    walks = min(len(frames_of(config.frames, *config.part)), -(-config.frames // config.randomization.robot_pose.hold))
    return max(1, min(walks, config.processes or _liked(config)))


def _liked(config: CaptureConfig) -> int:
    if config.device == "cuda":
        return min(_MOST_PER_GPU * len(_gpus()), max(1, machine.cores() * 3 // 4))  # encoders need the other cores
    return min(_MOST_ON_CPU, machine.cores())


@dataclass(eq=False)
class _Member:
    process: subprocess.Popen[bytes]
    channel: socket.socket
    buffer: bytes = b""
    ready: bool = False
    gone: bool = False
    paused: bool = False
    captured: int = 0
    begun: int = -1
    """The frame that it began to draw last."""
    ahead: deque[int] = field(default_factory=deque)
    """Frames it was given and has not captured yet, in their order: up to two of them are in work."""
    writing: set[int] = field(default_factory=set)
    """Frames it has captured, which are not known to be on the disk yet."""

    def tell(self, order: str, **more: Any) -> None:
        with contextlib.suppress(OSError):  # its end shows when it is listened to
            self.channel.sendall(json.dumps({"do": order, **more}).encode() + b"\n")

    def give(self, lock: int) -> None:
        with contextlib.suppress(OSError):
            socket.send_fds(self.channel, [b'{"do": "write"}\n'], [lock])


class Team:
    """The processes of one capture. Not for use from several threads.

    Args:
        config: The capture.
        count: Number of processes, at least 1.
    """

    def __init__(self, config: CaptureConfig, count: int) -> None:
        self.dataset: tuple[tuple[Category, ...], dict[str, str]] | None = None
        """Classes and versions of the dataset, once a member has opened the scene."""
        self.captured = 0
        """Frames that were captured, less those that could not be written."""
        self._config, self._count = config, count
        self._gpus = cycle(_gpus() if config.device == "cuda" else ())
        self._folder: DatasetFolder | None = None
        self._walks: deque[list[int]] = deque()
        self._together = frames_at_once(config.randomization.robot_pose, "standalone")
        self._inbox: deque[tuple[_Member, Message | None]] = deque()
        self._trouble: Exception | None = None
        self._failure: HumanoidBrainError | None = None
        self._deaths: Counter[int] = Counter()
        self._stopping = False
        self._members: list[_Member] = []
        self._leaving: list[_Member] = []
        try:
            for _ in range(count):
                self._members.append(self._start())
        except BaseException:
            self.close()
            raise

    def begin(self, folder: DatasetFolder, indices: Iterable[int]) -> None:
        """Let the members capture ``indices`` into a folder, in which the frames on the disk are noted."""
        self._folder = folder
        self._walks.extend(_walks(indices, self._config))
        for member in self._members:
            if member.ready:
                member.give(folder.lock)

    @property
    def idle(self) -> bool:
        """Whether there is nothing left to do."""
        if self._failure is not None:
            return False
        if self._stopping:
            return not self._members
        return not self._walks and not any(member.ahead or member.writing for member in self._members)

    def poll(self, wait_s: float) -> list[Event]:
        """Hand out frames, wait a little for news, and say what they are.

        Raises:
            HumanoidBrainError: What a member came upon, or how the last of them ended; news from before come first.
        """
        if self._failure is not None:
            raise self._failure
        self._feed()
        if not self._inbox:
            self._listen(wait_s)
        events: list[Event] = []
        try:
            while self._inbox:
                member, message = self._inbox.popleft()
                events += self._bury(member) if message is None else self._follow(member, message)
        except HumanoidBrainError as error:
            if not events:
                raise
            self._failure = error
            return events
        self._feed()
        return events

    def take_trouble(self) -> Exception | None:
        """Why frames cannot be written, if so; the members go on after :meth:`resume`."""
        trouble, self._trouble = self._trouble, None
        return trouble

    def pause(self) -> None:
        """When this returns, no member does anything but open its scene and write frames that it has captured."""
        for member in self._members:
            member.tell("pause")
        while any(member.ready and not (member.paused or member.gone) for member in self._members):
            self._listen(1.0)

    def resume(self) -> None:
        """Let the members go on."""
        for member in self._members:
            member.paused = False
            member.tell("resume")

    def stop(self) -> None:
        """Let each member end after the frames it has in work. The rest is not handed out."""
        if self._stopping:
            return
        self._stopping = True
        self._walks.clear()
        for member in self._members:
            member.tell("stop")
            if not member.ready:
                member.process.kill()  # it has nothing to lose yet

    def dismiss(self) -> None:
        """Let all members end, but do not wait. Of the frames in their hands, captured ones are still written."""
        for member in self._members:
            member.channel.close()
        self._leaving += self._members
        self._members.clear()

    def close(self) -> None:
        """As :meth:`dismiss`, and wait until no member is left."""
        self.dismiss()
        deadline = time.monotonic() + _PATIENCE
        for member in self._leaving:
            try:
                member.process.wait(timeout=max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                member.process.kill()
                member.process.wait()
        self._leaving.clear()

    def _start(self) -> _Member:
        gpu = next(self._gpus, None)
        threads = max(1, machine.cores() // self._count)
        ours, theirs = socket.socketpair()
        with theirs:
            try:
                process = spawn(
                    "humanoid_brain.capture.member",
                    threads=threads,
                    variables={} if gpu is None else {"CUDA_VISIBLE_DEVICES": gpu},
                    stdin=theirs.fileno(),
                )
            except BaseException:
                ours.close()
                raise
        member = _Member(process, ours)
        config = self._config.model_dump(mode="json")
        member.tell("set up", config=config, threads=threads, processes=self._count)
        return member

    def _feed(self) -> None:
        """Give frames to the members that run out of them: each has some ahead of the two in work, fewer at the end."""
        while self._walks and not self._stopping:
            ahead = max(1, min(LATER, len(self._walks) // (2 * len(self._members))))
            waiting = [member for member in self._members if member.ready and len(member.ahead) < 2 + ahead]
            if not waiting or self._folder is None:
                return
            member = min(waiting, key=lambda each: len(each.ahead))
            frames = self._next()
            member.ahead.extend(frames)
            member.tell("capture", frames=frames)

    def _next(self) -> list[int]:
        """Frames for one member: a walk, and those that share its work, fewer of them as the end comes near."""
        left, block = len(self._walks), self._walks[0][0] // self._together
        sharing = sum(1 for _ in takewhile(lambda walk: walk[0] // self._together == block, self._walks))
        share = max(2, -(-left // (2 * len(self._members))))
        count = share if sharing >= share + share // 2 else sharing  # few that would be left over go along
        return [index for _ in range(count) for index in self._walks.popleft()]

    def _listen(self, wait_s: float) -> None:
        """Collect messages; a member's end is None."""
        members = {member.channel: member for member in self._members if not member.gone}
        for channel in select.select(list(members), [], [], wait_s)[0]:
            member = members[channel]
            try:
                data = channel.recv(1 << 16)
            except OSError:
                data = b""
            if not data:
                member.gone = True
                self._inbox.append((member, None))
                continue
            *lines, member.buffer = (member.buffer + data).split(b"\n")
            for line in lines:
                message: Message = json.loads(line)
                member.paused = member.paused or "paused" in message
                self._inbox.append((member, message))

    def _follow(self, member: _Member, message: Message) -> Iterator[Event]:
        if "ready" in message:
            self._welcome(member, message["ready"])
        elif "begun" in message:
            member.begun = message["begun"]
        elif "captured" in message:
            index = message["captured"]
            member.ahead.remove(index)
            member.writing.add(index)
            member.captured += 1
            self.captured += 1
            yield FrameCaptured(index, message["objects"], message["seconds"])
        elif "written" in message:
            self._account(member, message["written"], message["lost"])
        elif "warning" in message:
            yield Warned(message["warning"], message["todo"])
        elif "trouble" in message:
            self._trouble = from_json(message["trouble"])
        elif "error" in message:
            raise from_json(message["error"])

    def _welcome(self, member: _Member, found: Message) -> None:
        member.ready = True
        categories = tuple(_category(each) for each in found["categories"])
        dataset = categories, found["versions"]
        if self.dataset is None:
            self.dataset = dataset
        elif dataset != self.dataset:
            raise DatasetError("two processes found other classes in the same scene", todo="Report this")
        if self._folder is not None:
            member.give(self._folder.lock)

    def _account(self, member: _Member, written: list[int], lost: list[int]) -> None:
        assert self._folder is not None
        self._folder.whole.update(written)
        member.writing.difference_update(written, lost)
        self.captured -= len(lost)
        self._walks.extend(_walks(lost, self._config))

    def _bury(self, member: _Member) -> Iterator[Event]:
        """A member has ended: its frames are for the others, and a new one takes its place if it ever got anywhere."""
        self._members.remove(member)
        member.channel.close()
        ending = obituary(member.process, "a capture process")
        if self._stopping:
            return
        self.captured -= len(member.writing)
        self._walks.extendleft(reversed(_walks(sorted({*member.ahead, *member.writing}), self._config)))
        if member.ahead:
            index = member.begun if member.begun in member.ahead else member.ahead[0]
            self._deaths[index] += 1
            if self._deaths[index] > 1:
                todo = "Look at its own message above. Another seed makes other frames"
                raise DatasetError(f"{ending}; it is the second one at this frame", where=f"frame {index}", todo=todo)
        if member.captured:
            self._members.append(self._start())
            yield Warned(ending, "Another one takes its place")
        elif self._members:
            yield Warned(ending, "The others go on")
        else:
            raise DatasetError(f"{ending}, and it was the last", todo=f"Look at its message above. {RESUMABLE}")


def _gpus() -> list[str]:
    """The GPUs among which processes are divided, by the names that CUDA_VISIBLE_DEVICES takes."""
    given = os.environ.get("CUDA_VISIBLE_DEVICES")
    if given is not None:
        return [name for name in given.split(",") if name]
    return [str(number) for number in range(len(machine.gpus()))]


def _walks(indices: Iterable[int], config: CaptureConfig) -> list[list[int]]:
    """Frames, ascending, in groups of one walk."""
    hold = config.randomization.robot_pose.hold
    return [list(walk) for _, walk in groupby(indices, key=lambda index: index // hold)]


def _category(value: Message) -> Category:
    skeleton = tuple((a, b) for a, b in value["skeleton"])
    return Category(value["name"], value["supercategory"], tuple(value["keypoints"]), skeleton)
