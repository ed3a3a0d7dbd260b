# SPDX-License-Identifier: Apache-2.0
"""Export a dataset: pick the layout, go through the frames, write what the layout makes of each."""

from __future__ import annotations

from collections.abc import Iterator
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
from humanoid_brain.jobs import FileWritten, Job

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


class ExportJob(Job):
    """Exports a dataset. One that is stopped leaves a part behind; the next one wants an empty folder.

    Args:
        config: What, where to and how.
    """

    def __init__(self, config: ExportConfig) -> None:
        super().__init__()
        self._config = config
        self.summary: ExportSummary | None = None
        """There once the job is done."""
        self.progress.unit, self.progress.phase = "frames", "exporting"

    def slices(self) -> Iterator[None]:
        """One frame per slice.

        Raises:
            DatasetError: There is no dataset, it lacks what the layout needs, a file is damaged, or the output folder
                is not empty.
            StorageError: The disk is full or the folder cannot be written.
        """
        config = self._config
        dataset = Dataset(config.path)
        layout = _layout(dataset, config)
        make_folder(config.output)
        if any(config.output.iterdir()):
            raise DatasetError(
                "this folder is not empty", where=str(config.output), todo="Choose an empty or new folder"
            )

        def run(index: int) -> tuple[int, int]:
            files = layout.frame(dataset.record(index))
            write_files(config.output, files, sync=False)
            return len(files), sum(map(len, files.values()))

        self.progress.total = len(dataset.indices)
        count = size = 0
        for files, length in ordered_map(run, dataset.indices, config.workers):
            count, size = count + files, size + length
            self.progress.done += 1
            yield
            if self.stopping:
                return
        closing = layout.closing()
        write_files(config.output, closing, sync=True)
        self.summary = ExportSummary(
            len(dataset.indices), count + len(closing), size + sum(map(len, closing.values())), config.output
        )
        self.events.append(FileWritten(str(config.output), "export"))

    def release(self) -> None:
        """Nothing is held."""


def _layout(dataset: Dataset, config: ExportConfig) -> Layout:
    if config.format == "kitti":
        return KittiLayout(dataset, config)
    if config.format == "basic-writer":
        return BasicWriterLayout(dataset)
    return YoloLayout(dataset, config, pose=config.format == "yolo-pose")
