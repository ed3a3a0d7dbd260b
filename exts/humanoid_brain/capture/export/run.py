# SPDX-License-Identifier: Apache-2.0
"""Export a dataset: pick the layout, go through the frames, write what the layout makes of each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from humanoid_brain.capture.commit import write_files
from humanoid_brain.capture.dataset import Dataset
from humanoid_brain.capture.export.basic_writer import BasicWriterLayout
from humanoid_brain.capture.export.kitti import KittiLayout
from humanoid_brain.capture.export.yolo import YoloLayout
from humanoid_brain.capture.parallel import ordered_map
from humanoid_brain.config.export import ExportConfig
from humanoid_brain.errors import DatasetError
from humanoid_brain.files import make_folder

Json = dict[str, Any]


class Layout(Protocol):
    """How another tool lays out a dataset."""

    def frame(self, record: Json) -> dict[str, bytes]:
        """The files of one frame, content by path. Called from several threads."""
        ...

    def closing(self) -> dict[str, bytes]:
        """Files about the whole dataset."""
        ...


@dataclass(frozen=True)
class ExportSummary:
    """What was exported and where to."""

    frames: int
    files: int
    bytes: int
    path: Path


def export(config: ExportConfig, progress: Callable[[int, int], None] = lambda done, total: None) -> ExportSummary:
    """Export a dataset.

    Args:
        config: What, where to and how.
        progress: Called with the number of frames done and the number of all.

    Raises:
        DatasetError: There is no dataset, it lacks what the layout needs, a file is damaged, or the output folder is
            not empty.
        StorageError: The disk is full or the folder cannot be written.
    """
    dataset = Dataset(config.path)
    layout = _layout(dataset, config)
    make_folder(config.output)
    if any(config.output.iterdir()):
        raise DatasetError("this folder is not empty", where=str(config.output), todo="Choose an empty or new --output")

    def run(index: int) -> tuple[int, int]:
        files = layout.frame(dataset.record(index))
        write_files(config.output, files, sync=False)
        return len(files), sum(map(len, files.values()))

    count = size = 0
    for done, (files, length) in enumerate(ordered_map(run, dataset.indices, config.workers), start=1):
        count, size = count + files, size + length
        progress(done, len(dataset.indices))
    closing = layout.closing()
    write_files(config.output, closing, sync=True)
    return ExportSummary(
        len(dataset.indices), count + len(closing), size + sum(map(len, closing.values())), config.output
    )


def _layout(dataset: Dataset, config: ExportConfig) -> Layout:
    if config.format == "kitti":
        return KittiLayout(dataset, config)
    if config.format == "basic-writer":
        return BasicWriterLayout(dataset)
    return YoloLayout(dataset, config, pose=config.format == "yolo-pose")
