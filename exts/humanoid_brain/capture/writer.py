# SPDX-License-Identifier: Apache-2.0
"""Frames in, a dataset on disk out: resumable, in parallel, never a partial frame."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from types import TracebackType

from humanoid_brain.capture.assemble import Summary, assemble
from humanoid_brain.capture.description import Description, coco_categories
from humanoid_brain.capture.encode import Written
from humanoid_brain.capture.folder import DatasetFolder
from humanoid_brain.capture.frame import Frame
from humanoid_brain.capture.frame_writer import FrameWriter
from humanoid_brain.capture.pool import Failed


class DatasetWriter:
    """Writes the frames of one dataset, or of one shard of it, into a folder.

    Frames may come in any order. A frame exists once its record is on the disk; after a kill, opening the folder again
    goes on with :meth:`missing`. Use as a context manager, and not from two threads at once.

    Args:
        folder: Where the dataset is or shall be.
        description: The dataset. A folder that holds another one is refused.

    Raises:
        StorageError: The folder cannot be written, or another process writes to it.
        ConfigError: The folder holds another dataset; the message says what differs.
    """

    def __init__(self, folder: Path, description: Description) -> None:
        self._description = description
        self._folder = DatasetFolder(folder, description)
        self._failure: Exception | None = None
        self._submitted: set[int] = set()
        self._fresh: list[Written] = []
        self.seconds: Counter[str] = Counter()
        """Wall time by stage, summed over workers: label, encode, write."""
        try:
            categories = coco_categories(description.categories)
            self._frames = FrameWriter(self.path, description.storage, categories, self._folder.lock)
        except BaseException:
            self._folder.release()
            raise

    @property
    def path(self) -> Path:
        """The dataset's folder."""
        return self._folder.path

    @property
    def damaged(self) -> list[int]:
        """Frames that were there on opening but whose files were gone or cut short; they count as missing."""
        return self._folder.damaged

    @property
    def pending(self) -> int:
        """Frames accepted and not yet on the disk."""
        return len(self._submitted)

    @property
    def hand_over_seconds(self) -> float:
        """Time that :meth:`submit` spent on copying frames to workers; without workers, on writing them."""
        return self._frames.hand_over_seconds

    def missing(self, indices: Iterable[int] | None = None) -> list[int]:
        """Those of ``indices``, by default of this shard, that are neither on the disk nor on their way, ascending."""
        wanted = self._description.indices() if indices is None else indices
        return sorted(set(wanted) - self._folder.whole - self._submitted)

    def grow(self, frames: int) -> None:
        """Make it a dataset of more frames, where their number was not known before.

        Raises:
            StorageError: The description cannot be written.
        """
        self._description = replace(self._description, frames=frames)
        self._folder.describe(self._description)

    def submit(self, frame: Frame) -> None:
        """Accept a frame; waits while the workers have their hands full.

        When this raises, the frame was not accepted: submit it again, or ask :meth:`missing`.

        Raises:
            StorageError: The disk is full or below its reserve. Free space, then go on with :meth:`missing`.
            DatasetError: The frame does not fit the dataset, or a worker failed, with an earlier frame perhaps.
            ValueError: The frame was written before or belongs to another shard.
        """
        self._raise_failure()
        index = frame.index
        if index not in self._description.indices():
            raise ValueError(f"frame {index} is none of this shard's")
        if index in self._folder.whole or index in self._submitted:
            raise ValueError(f"frame {index} was written before")
        ended = self._frames.submit(frame)
        self._submitted.add(index)
        self._account(ended)

    def poll(self) -> list[Written]:
        """Frames that reached the disk since the last call.

        Raises:
            StorageError, DatasetError: As for :meth:`submit`.
        """
        self._account(self._frames.poll())
        fresh, self._fresh = self._fresh, []
        if not fresh:
            self._raise_failure()
        return fresh

    def drain(self) -> None:
        """Wait until every accepted frame is on the disk.

        Raises:
            StorageError, DatasetError: A frame could not be written; :meth:`missing` has it again.
        """
        while self._frames.pending:
            self._account(self._frames.poll(wait=True))
        self._raise_failure()

    def finish(self) -> Summary:
        """Drain, then write ``annotations.json`` and ``metadata.json`` over all frames that are there."""
        self.drain()
        return assemble(self.path)

    def close(self) -> None:
        """End the workers and let the folder go. Frames in work are finished."""
        try:
            self._frames.close()
        finally:
            self._folder.release()

    def __enter__(self) -> DatasetWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _account(self, ended: list[Written | Failed]) -> None:
        for item in ended:
            self._submitted.discard(item.index)
            if isinstance(item, Failed):
                self._failure = self._failure or item.error
            else:
                self._folder.whole.add(item.index)
                self._fresh.append(item)
                self.seconds.update(item.seconds)

    def _raise_failure(self) -> None:
        failure, self._failure = self._failure, None
        if failure is not None:
            raise failure
