# SPDX-License-Identifier: Apache-2.0
"""A process of a team that captures one dataset: opens the scene, captures the frames it is given, says how it went.

Started by :mod:`humanoid_brain.capture.team` with a socket as its standard input, on which both sides write lines of
JSON. Orders are looked at between two slices of work. The folder's lock comes over the socket too. When the socket
closes, the parent is gone: the process ends, at the latest after some seconds.
"""

from __future__ import annotations

import json
import os
import queue
import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from dataclasses import asdict
from itertools import islice
from typing import Any

from humanoid_brain import host as hosts
from humanoid_brain import machine
from humanoid_brain.capture.capturing import LATER, FrameCaptured, FrameLine
from humanoid_brain.capture.description import coco_categories
from humanoid_brain.capture.encode import Written
from humanoid_brain.capture.frame import Frame
from humanoid_brain.capture.frame_writer import FrameWriter
from humanoid_brain.capture.pool import Failed
from humanoid_brain.capture.session import CaptureSession, opening_session
from humanoid_brain.capture.spawn import as_ours
from humanoid_brain.config.capture import CaptureConfig
from humanoid_brain.errors import StorageError, to_json
from humanoid_brain.jobs import Event, Warned, drained

_LINGER = 5.0
"""Seconds that a process may take to end once its parent has gone; less than another capture waits for the folder."""


def main() -> None:
    """Serve until told to stop, or until the parent has gone."""
    channel = socket.socket(fileno=os.dup(0))
    os.dup2(2, 1)  # what a library prints is for the terminal
    member = _Member(channel)
    try:
        with closing(member.work()) as work:
            for _ in work:
                member.checkpoint()
    except _GoneError:
        pass
    except Exception as error:
        member.tell({"error": to_json(as_ours(error, "a capture process", ""))})


class _GoneError(Exception):
    """The parent has ended."""


class _Member:
    def __init__(self, channel: socket.socket) -> None:
        self._channel = channel
        self._inbox: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
        self._ahead: deque[int] = deque()
        self._paused = self._stopping = False
        self._lock: int | None = None
        self._setup: dict[str, Any] | None = None
        self._written: list[int] = []
        self._lost: list[int] = []
        self._failure: Exception | None = None
        threading.Thread(target=self._listen, daemon=True).start()

    def work(self) -> Generator[None, None, None]:
        """Everything this process does, in slices."""
        while self._setup is None:
            self._wait()
        config = CaptureConfig.model_validate(self._setup["config"])
        if config.device == "cuda":
            machine.sleep_for_cuda()  # a GPU's processes wait for each other most of the time
        with closing(drained(opening_session(config, hosts.load(), self._setup["threads"]))) as session:
            categories = [asdict(category) for category in session.categories]
            self.tell({"ready": {"categories": categories, "versions": session.versions}})
            while self._lock is None:
                if self._stopping:
                    return
                self._wait()
                yield
            rows, processes = coco_categories(session.categories), self._setup["processes"]
            writer = FrameWriter(config.output, config.dataset, rows, self._lock, processes)
            with closing(writer):
                yield from self._capture(session, writer)

    def checkpoint(self) -> None:
        """Follow the orders that have come in; while paused, wait for further ones.

        Raises:
            _GoneError: The parent has ended.
        """
        while self._paused or not self._inbox.empty():
            self._wait()

    def tell(self, message: dict[str, Any]) -> None:
        """Send a message to the parent, if it is still there."""
        try:
            self._channel.sendall(json.dumps(message).encode() + b"\n")
        except OSError:
            return

    def _capture(self, session: CaptureSession, writer: FrameWriter) -> Iterator[None]:
        def submit(frame: Frame) -> None:
            self._account(writer.submit(frame))

        line = FrameLine(session, submit=submit, made=self._made, retried=self._retried, report=self._report)
        while True:
            while self._ahead:
                index = self._ahead.popleft()
                self.tell({"begun": index})
                yield from line.make(index, islice(self._ahead, LATER))
                yield from self._settled(writer)
                yield
            yield from line.finish()
            yield from self._settled(writer)
            while writer.pending:
                yield from self._settled(writer, wait=True)
            if self._stopping:
                return
            if not self._ahead:
                self._wait()
                yield

    def _made(self, made: FrameCaptured) -> None:
        self.tell({"captured": made.index, "objects": made.objects, "seconds": dict(made.seconds)})

    def _report(self, event: Event) -> None:
        assert isinstance(event, Warned)
        self.tell({"warning": event.what, "todo": event.todo})

    def _settled(self, writer: FrameWriter, *, wait: bool = False) -> Iterator[None]:
        """See which frames ended, wait for the parent's word where one found the disk full, and tell of all."""
        self._account(writer.poll(wait=wait))

        def check() -> None:
            failure, self._failure = self._failure, None
            if failure is not None:
                raise failure

        yield from self._retried(check)
        self._tell_ended()

    def _account(self, ended: list[Written | Failed]) -> None:
        for item in ended:
            if isinstance(item, Failed):
                self._lost.append(item.index)
                self._failure = self._failure or item.error
            else:
                self._written.append(item.index)

    def _tell_ended(self) -> None:
        """Say which frames are on the disk, and which are not: those are for the parent to hand out again."""
        if self._written or self._lost:
            self.tell({"written": self._written, "lost": self._lost})
        self._written, self._lost = [], []

    def _retried(self, write: Callable[[], object]) -> Iterator[None]:
        """Write; where the disk is full, say so and do it again once the parent says to go on."""
        while True:
            try:
                write()
                return
            except StorageError as error:
                self.tell({"trouble": to_json(error)})
                self._paused = True
                yield

    def _wait(self) -> None:
        """Follow the next order, as soon as there is one."""
        order = self._inbox.get()
        if order is None:
            raise _GoneError
        kind = order["do"]
        if kind == "capture":
            self._ahead.extend(order["frames"])
        elif kind == "pause":
            self._paused = True
            self.tell({"paused": True})
        elif kind == "resume":
            self._paused = False
        elif kind == "stop":
            self._paused, self._stopping = False, True
            self._ahead.clear()
        elif kind == "write":
            self._lock = order["lock"]
        else:
            self._setup = order

    def _listen(self) -> None:
        """Collect orders, in a thread of its own, so that the parent's end is seen in the middle of a slice too."""
        buffer = b""
        while True:
            try:
                data, handles, _, _ = socket.recv_fds(self._channel, 1 << 16, 1)
            except OSError:
                data, handles = b"", []
            if not data:
                break
            *lines, buffer = (buffer + data).split(b"\n")
            orders = [json.loads(line) for line in lines]
            for handle in handles:
                next(order for order in orders if order["do"] == "write")["lock"] = handle
            for order in orders:
                self._inbox.put(order)
        self._inbox.put(None)
        time.sleep(_LINGER)
        os._exit(1)


if __name__ == "__main__":
    main()
