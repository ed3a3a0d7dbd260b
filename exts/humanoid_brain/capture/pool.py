# SPDX-License-Identifier: Apache-2.0
"""Worker processes that encode and write frames.

Workers are fresh interpreters, never forks: PhysX and CUDA do not survive a fork. Arrays go over in shared memory that
has no name (memfd): nothing stays behind however the processes end, and no limit of /dev/shm applies. Messages are
lines of JSON. Every worker holds a copy of the dataset's lock, so while one that outlived its parent still writes,
no other capture can open the folder. A worker ends when its parent does.
"""

from __future__ import annotations

import contextlib
import json
import mmap
import os
import select
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, cast

import numpy as np

from humanoid_brain.capture.encode import Arrays, Written
from humanoid_brain.capture.spawn import RESUMABLE, obituary, spawn
from humanoid_brain.config.capture import DatasetConfig
from humanoid_brain.errors import DatasetError, StorageError, from_json

_SLOTS = 2
"""Frames that a worker holds: one in work and one waiting."""
_STALLED = 300.0
"""Seconds without a sign of life from any busy worker after which the disk counts as stuck."""
_ALIGN = 64
_PAGE = 1 << 20


@dataclass(frozen=True)
class Failed:
    """A frame that could not be written, and why."""

    index: int
    error: Exception


@dataclass
class _Slot:
    handle: int
    memory: mmap.mmap | None = None
    index: int | None = None

    def reserve(self, size: int) -> memoryview:
        """At least ``size`` bytes, kept from frame to frame."""
        if self.memory is None or len(self.memory) < size:
            room = -(-size // _PAGE) * _PAGE
            os.ftruncate(self.handle, room)
            if self.memory is not None:
                self.memory.close()
            self.memory = mmap.mmap(self.handle, room)
        return memoryview(self.memory)

    def close(self) -> None:
        if self.memory is not None:
            self.memory.close()
        os.close(self.handle)


@dataclass
class _Worker:
    process: subprocess.Popen[bytes]
    slots: list[_Slot]
    buffer: bytes = b""
    pipe: int = field(init=False)

    def __post_init__(self) -> None:
        self.pipe = cast(IO[bytes], self.process.stdout).fileno()

    @property
    def busy(self) -> int:
        return sum(slot.index is not None for slot in self.slots)


class EncoderPool:
    """Workers of one dataset. Not for use from two threads at once.

    Args:
        folder: The dataset.
        config: What to write and how.
        workers: Number of processes, at least 1.
        lock: Descriptor of the dataset's lock.
    """

    def __init__(self, folder: Path, config: DatasetConfig, workers: int, lock: int) -> None:
        self._workers: list[_Worker] = []
        self.hand_over_seconds = 0.0
        try:
            for _ in range(workers):
                self._workers.append(_start(folder, config, lock))
        except BaseException:
            self.close()
            raise

    @property
    def pending(self) -> int:
        """Frames handed over and not yet reported."""
        return sum(worker.busy for worker in self._workers)

    def submit(self, index: int, labels: str, arrays: Arrays) -> list[Written | Failed]:
        """Hand a frame over; waits while every worker has its hands full.

        Args:
            index: Number of the frame.
            labels: From :func:`humanoid_brain.capture.record.describe`.
            arrays: The frame's arrays by output.

        Returns:
            What ended meanwhile.
        """
        ended = self.poll()
        while all(worker.busy == _SLOTS for worker in self._workers):
            ended += self.poll(wait=True)
        worker = min(self._workers, key=lambda w: w.busy)
        number = next(i for i, slot in enumerate(worker.slots) if slot.index is None)
        began = time.perf_counter()
        message = _fill(worker.slots[number], labels.encode(), arrays)
        worker.slots[number].index = index
        _send(worker, {"index": index, "slot": number, **message})
        self.hand_over_seconds += time.perf_counter() - began
        return ended

    def poll(self, *, wait: bool = False) -> list[Written | Failed]:
        """Frames that ended since the last call; with ``wait`` at least one, unless none is pending."""
        ended: list[Written | Failed] = []
        if not self.pending:
            return ended
        deadline = time.monotonic() + _STALLED
        while True:
            pipes = {worker.pipe: worker for worker in self._workers if worker.busy}
            ready, _, _ = select.select(list(pipes), [], [], 1.0 if wait and not ended else 0.0)
            for pipe in ready:
                ended += self._receive(pipes[pipe])
            if ended or not wait:
                return ended
            if time.monotonic() > deadline:
                raise StorageError(
                    f"no frame was written for {_STALLED:g} s",
                    todo="See whether the disk or network share still answers",
                )

    def close(self) -> None:
        """End the workers; a frame in work is finished first, for at most some seconds."""
        for worker in self._workers:
            if worker.process.stdin is not None:
                with contextlib.suppress(BrokenPipeError):
                    worker.process.stdin.close()
        for worker in self._workers:
            try:
                worker.process.wait(timeout=30.0)
            except subprocess.TimeoutExpired:
                worker.process.kill()
                worker.process.wait()
            cast(IO[bytes], worker.process.stdout).close()
            for slot in worker.slots:
                slot.close()
        self._workers = []

    def _receive(self, worker: _Worker) -> list[Written | Failed]:
        data = os.read(worker.pipe, 1 << 16)
        if not data:
            raise DatasetError(obituary(worker.process, "a worker process"), todo=RESUMABLE)
        *lines, worker.buffer = (worker.buffer + data).split(b"\n")
        return [_settle(worker, json.loads(line)) for line in lines]


def _start(folder: Path, config: DatasetConfig, lock: int) -> _Worker:
    handles: list[int] = []
    try:
        handles += [os.memfd_create("frame") for _ in range(_SLOTS)]
        process = spawn(
            "humanoid_brain.capture.worker",
            threads=1,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            pass_fds=[*handles, lock],
        )
    except BaseException:
        for handle in handles:
            os.close(handle)
        raise
    worker = _Worker(process, [_Slot(handle) for handle in handles])
    _send(worker, {"folder": str(folder), "config": config.model_dump(mode="json"), "slots": handles})
    return worker


def _fill(slot: _Slot, text: bytes, arrays: Arrays) -> dict[str, Any]:
    """Copy a frame into shared memory, the arrays one after the other, then the text; returns where they lie."""
    places: dict[str, Any] = {}
    end = 0
    for name, array in arrays.items():
        places[name] = {"at": end, "shape": array.shape, "dtype": array.dtype.str}
        end += -(-array.nbytes // _ALIGN) * _ALIGN
    with slot.reserve(end + len(text)) as view:
        for name, array in arrays.items():
            at = places[name]["at"]
            np.ndarray(array.shape, array.dtype, buffer=view, offset=at)[...] = array
        view[end : end + len(text)] = text
    return {"arrays": places, "text": [end, len(text)]}


def _send(worker: _Worker, message: dict[str, Any]) -> None:
    stream = cast(IO[bytes], worker.process.stdin)
    try:
        stream.write(json.dumps(message).encode() + b"\n")
        stream.flush()
    except BrokenPipeError as error:
        raise DatasetError(
            obituary(worker.process, "a worker process"), todo="See the worker's own message above"
        ) from error


def _settle(worker: _Worker, reply: dict[str, Any]) -> Written | Failed:
    index = reply["index"]
    next(slot for slot in worker.slots if slot.index == index).index = None
    if (error := reply.get("error")) is None:
        return Written(index, reply["bytes"], reply["seconds"])
    return Failed(index, from_json(error))
