# SPDX-License-Identifier: Apache-2.0
"""A shard of a capture that is driven from another machine: advanced in slices, its frames sent home if need be."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from humanoid_brain import paths
from humanoid_brain.capture.commit import commit_frame
from humanoid_brain.capture.dataset import Dataset
from humanoid_brain.capture.folder import adopt, lock_folder, read_description, scan
from humanoid_brain.capture.images import file_path
from humanoid_brain.capture.job import CaptureJob
from humanoid_brain.capture.layout import DESCRIPTION, frames_of, record_path
from humanoid_brain.config.base import dump
from humanoid_brain.config.capture import CaptureConfig, DatasetConfig
from humanoid_brain.errors import DatasetError
from humanoid_brain.files import make_folder
from humanoid_brain.jobs import Event, FileWritten, JobState, StateChanged

_LOAD = 64 << 20
"""Bytes of frames that are sent at once."""
Json = dict[str, Any]


@dataclass(frozen=True)
class Parcel:
    """A frame on its way: its record, and its files' content by path."""

    record: Json
    files: dict[str, bytes]


@dataclass(frozen=True)
class Report:
    """How a shard stands."""

    state: JobState
    error: Exception | None
    done: int
    total: float
    events: list[Event]
    description: Json | None
    """What ``dataset.json`` says, once the shard's folder is open."""
    parcels: list[Parcel]
    """Frames to keep; each is sent until it was named in a call of :meth:`Shard.tick`."""
    over: bool
    """Whether nothing is left to do or to send."""


class Shard:
    """The node's side.

    Args:
        config: The capture, as JSON values, with the shard to make and its folder.
        token: A file that the driver wrote for this session; a node that sees it shares the driver's storage. Empty:
            none does.
        have: Frames of the shard that are at home already.
        cwd: The driver's working folder, from which relative paths in the configuration count.
    """

    def __init__(self, config: Json, token: str, have: Collection[int], cwd: str) -> None:
        self._config = CaptureConfig.model_validate(config)
        if Path(cwd).is_dir():
            os.chdir(cwd)
        self._send = not (token and Path(token).exists())
        if self._send:
            digest = hashlib.sha256(dump(self._config).encode()).hexdigest()[:16]
            self._config.output = paths.cache() / "shards" / digest
        self._job = CaptureJob(self._config, elsewhere=have)
        self._sent, self._cursor = set(have), 0
        self._job.start()

    def tick(self, budget_s: float, kept: Iterable[int] = ()) -> Report:
        """Advance for so many seconds, then say how things are. ``kept``: frames that have arrived."""
        self._forget(kept)
        job = self._job
        job.tick(budget_s)
        events, self._cursor = job.events.read(self._cursor)
        news = [event for event in events if not isinstance(event, StateChanged | FileWritten)]
        opened = (self._config.output / DESCRIPTION).exists() and job.progress.total < float("inf")
        description = read_description(self._config.output) if opened else None
        parcels = self._parcels() if opened and self._send else []
        done, total = int(job.progress.done), job.progress.total
        over = job.state.final and not parcels
        if over and self._send:
            shutil.rmtree(self._config.output, ignore_errors=True)
        return Report(job.state, job.error, done, total, news, description, parcels, over)

    def pause(self) -> None:
        """Let nothing advance until :meth:`resume`, not even between two ticks."""
        self._job.pause()

    def resume(self) -> None:
        """Go on after a pause."""
        self._job.resume()

    def stop(self) -> None:
        """Capture no more frames; tick until the shard is over."""
        self._job.stop()

    def _parcels(self) -> list[Parcel]:
        dataset, parcels, size = Dataset(self._config.output), [], 0
        for index in dataset.indices:
            if index not in self._sent and size < _LOAD:
                record = dataset.record(index)
                files = {facts["path"]: dataset.file(record, name) for name, facts in record["files"].items()}
                parcels.append(Parcel(record, {name: path.read_bytes() for name, path in files.items()}))
                size += sum(map(len, parcels[-1].files.values()))
        return parcels

    def _forget(self, kept: Iterable[int]) -> None:
        """Delete frames that have arrived at home."""
        if not (arrived := list(kept)):
            return
        self._sent.update(arrived)
        dataset = Dataset(self._config.output)
        for index in arrived:
            record = dataset.record(index)
            (dataset.path / record_path(index)).unlink()
            for name in record["files"]:
                dataset.file(record, name).unlink()


class Depot:
    """The driver's side of a shard whose frames are sent: keeps them in a folder, each compared with its checksum.

    Args:
        folder: The shard's folder; it is made if need be.
        description: What the node's ``dataset.json`` says.

    Raises:
        ConfigError, StorageError, DatasetError: As for :class:`humanoid_brain.capture.folder.DatasetFolder`.
    """

    def __init__(self, folder: Path, description: Json) -> None:
        self.folder = make_folder(folder)
        self._storage = DatasetConfig.model_validate(description["identity"]["storage"])
        self._lock = lock_folder(folder)
        try:
            adopt(folder, description["identity"], description["shard"])
        except BaseException:
            self.close()
            raise

    def keep(self, parcel: Parcel) -> int:
        """Write a frame and return its number.

        Raises:
            DatasetError: A file is missing, not where it belongs, or does not have its checksum.
            StorageError: The disk is full.
        """
        record, index = parcel.record, parcel.record["index"]
        for output in self._storage.outputs:
            facts, path = record["files"][output], file_path(output, index, self._storage)
            data = parcel.files.get(path)
            if facts["path"] != path or data is None or hashlib.sha256(data).hexdigest() != facts["sha256"]:
                where = f"frame {index}, {output}"
                raise DatasetError("what arrived does not have its checksum", where=where, todo="Look at the network")
        commit_frame(self.folder, parcel.files, record, sync=False)
        return index

    def close(self) -> None:
        """Let the folder go."""
        self._lock.close()


def frames_in(folder: Path) -> set[int]:
    """Frames that are whole in the folder of a dataset or shard; none where there is no such folder."""
    if not (folder / DESCRIPTION).exists():
        return set()
    description = read_description(folder)
    identity = description["identity"]
    storage = DatasetConfig.model_validate(identity["storage"])
    return scan(folder, frames_of(identity["frames"], *description["shard"]), storage)[0]
