# SPDX-License-Identifier: Apache-2.0
"""Read a dataset of ours back, frame by frame."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy.typing as npt

from humanoid_brain.capture import camera_json, images
from humanoid_brain.capture.folder import read_description
from humanoid_brain.capture.layout import FRAMES, PICTURES, frame_index, frames_of, record_path
from humanoid_brain.errors import DatasetError
from humanoid_brain.files import inside
from humanoid_brain.optics import CameraModel

Json = dict[str, Any]


class Dataset:
    """A dataset on disk. Only its description and the frames' numbers are held in memory.

    Args:
        folder: The dataset.

    Raises:
        DatasetError: There is none, or its description is damaged.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder
        self.description = read_description(folder)
        self.identity: Json = self.description["identity"]
        self.categories: list[Json] = self.identity["categories"]
        numbers = (frame_index(path.stem) for path in (folder / FRAMES).glob("*.json"))
        self.indices = sorted(number for number in numbers if number is not None)
        """Frames that are there, ascending."""

    @property
    def expected(self) -> range:
        """The frames that this folder has once it is complete."""
        return frames_of(self.identity["frames"], *self.description["shard"])

    @property
    def outputs(self) -> list[str]:
        """Kinds of files that each frame has."""
        return list(self.identity["storage"]["outputs"])

    @property
    def picture(self) -> str | None:
        """The output that stands as a frame's picture; None if there is none."""
        return next((name for name in PICTURES if name in self.outputs), None)

    def record(self, index: int) -> Json:
        """What is known of a frame.

        Raises:
            DatasetError: The record is missing or damaged.
        """
        path = self.path / record_path(index)
        try:
            value = json.loads(path.read_text(encoding="utf-8"))
            if (
                value["index"] != index
                or not isinstance(value["files"], dict)
                or not isinstance(value["objects"], list)
            ):
                raise ValueError("another frame's")
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise DatasetError(
                f"the record cannot be used: {error}", where=str(path), todo="Remove it and capture the frame again"
            ) from error
        return value

    def records(self) -> Iterator[Json]:
        """All records in the order of their frames."""
        return map(self.record, self.indices)

    def file(self, record: Json, output: str) -> Path:
        """Where a frame's file lies.

        Raises:
            StorageError: The recorded path leads out of the dataset.
            DatasetError: The frame has no such file.
        """
        try:
            name = record["files"][output]["path"]
        except (KeyError, TypeError) as error:
            raise DatasetError(f"the frame has no {output}", where=f"{self.path}, frame {record['index']}") from error
        return inside(self.path, str(name))

    def load(self, record: Json, output: str) -> npt.NDArray[Any]:
        """An array of a frame, as in :class:`humanoid_brain.capture.frame.Frame`.

        Raises:
            DatasetError: The file is missing or damaged.
        """
        path = self.file(record, output)
        try:
            return images.decode(output, path.read_bytes())
        except (OSError, ValueError) as error:
            raise DatasetError(str(error), where=str(path), todo="Capture the frame again") from error

    def camera(self, record: Json) -> CameraModel:
        """The camera that saw a frame.

        Raises:
            DatasetError: The file is missing or damaged, or the dataset was captured without cameras.
        """
        path = self.file(record, "camera")
        try:
            return camera_json.from_json(json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError) as error:
            raise DatasetError(str(error), where=str(path), todo="Capture the frame again") from error
