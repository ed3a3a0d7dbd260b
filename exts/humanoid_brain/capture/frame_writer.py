# SPDX-License-Identifier: Apache-2.0
"""Frames into the folder of a dataset that is open: encoded and written in processes beside this one, or in it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from humanoid_brain import machine
from humanoid_brain.capture.encode import Arrays, Written, write_frame
from humanoid_brain.capture.frame import IMAGES, Frame
from humanoid_brain.capture.pool import EncoderPool, Failed
from humanoid_brain.capture.record import describe
from humanoid_brain.config.capture import DatasetConfig
from humanoid_brain.errors import DatasetError, StorageError
from humanoid_brain.files import free_bytes

_MOST_WORKERS = 16


class FrameWriter:
    """Writes frames, in any order, and says which are whole on the disk. Not for use from two threads at once.

    Args:
        folder: The dataset.
        config: What is written and how.
        categories: From :func:`humanoid_brain.capture.description.coco_categories`.
        lock: Descriptor of the folder's lock, of which each encoding process gets a copy.
        processes: How many processes write frames of this dataset; they share the encoders.
    """

    def __init__(
        self, folder: Path, config: DatasetConfig, categories: list[dict[str, Any]], lock: int, processes: int = 1
    ) -> None:
        self._folder, self._config, self._categories = folder, config, categories
        self._local_seconds = 0.0
        workers = _encoders(config, processes)
        self._pool = EncoderPool(folder, config, workers, lock) if workers else None

    @property
    def pending(self) -> int:
        """Frames that are on their way to the disk."""
        return self._pool.pending if self._pool else 0

    @property
    def hand_over_seconds(self) -> float:
        """Time that :meth:`submit` spent on copying frames to workers; without workers, on writing them."""
        return self._pool.hand_over_seconds if self._pool else self._local_seconds

    def submit(self, frame: Frame) -> list[Written | Failed]:
        """Accept a frame; waits while the workers have their hands full.

        Returns:
            What ended meanwhile, perhaps this frame.

        Raises:
            StorageError: The disk is full or below its reserve. The frame was not accepted.
            DatasetError: The frame does not fit the dataset, or a worker process ended.
        """
        labels = describe(frame, self._categories)
        arrays = _arrays(frame, self._config.outputs)
        self._check_space()
        if self._pool is not None:
            return self._pool.submit(frame.index, labels, arrays)
        written = write_frame(self._folder, json.loads(labels), arrays, self._config)
        self._local_seconds += sum(written.seconds.values())
        return [written]

    def poll(self, *, wait: bool = False) -> list[Written | Failed]:
        """Frames that ended since the last call; with ``wait`` at least one, unless none is pending."""
        return self._pool.poll(wait=wait) if self._pool else []

    def close(self) -> None:
        """End the workers. Frames in work are finished."""
        if self._pool is not None:
            self._pool.close()

    def _check_space(self) -> None:
        free = free_bytes(self._folder)
        if free < self._config.reserve_bytes:
            raise StorageError(
                f"{free / 1e9:.2f} GB are free, less than the reserve of {self._config.reserve_bytes / 1e9:.2f} GB",
                where=str(self._folder),
                todo="Free some space and resume, or lower reserve_bytes",
            )


def _encoders(config: DatasetConfig, processes: int) -> int:
    """Encoding processes for one of so many writing processes; none where the configuration wants none."""
    wanted = config.workers
    if wanted is None:
        wanted = max(1, min(_MOST_WORKERS, machine.cores() - 1))
    return -(-wanted // processes)


def _arrays(frame: Frame, outputs: Iterable[str]) -> Arrays:
    """The arrays that are written, and the instance mask, which the annotations need."""
    arrays = {name: getattr(frame, name) for name in (*IMAGES, "points") if name in outputs}
    lacking = [name for name, array in arrays.items() if array is None]
    if lacking:
        raise DatasetError(
            f"the frame has no {lacking[0]}", where=f"frame {frame.index}", todo="Leave it out of the dataset's outputs"
        )
    if frame.instance is not None:
        arrays["instance"] = frame.instance
    return arrays
