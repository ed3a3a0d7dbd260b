# SPDX-License-Identifier: Apache-2.0
"""A dataset that this program wrote, under inspection."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from humanoid_brain.capture.assemble import coco, metadata, summarize, visible
from humanoid_brain.capture.dataset import Dataset
from humanoid_brain.capture.findings import Finding
from humanoid_brain.capture.layout import (
    ANNOTATIONS,
    BESIDE,
    DESCRIPTION,
    FRAMES,
    METADATA,
    OUTPUTS,
    frame_index,
    frame_name,
    record_path,
)
from humanoid_brain.capture.validate.source import FileFacts, Picture
from humanoid_brain.errors import DatasetError, HumanoidBrainError, StorageError
from humanoid_brain.files import sha256

Json = dict[str, Any]


class OwnSource:
    """Reads the frames' records, which are what the dataset is; the files made from them are compared with them.

    Args:
        folder: The dataset.

    Raises:
        DatasetError: There is none, or its description is damaged.
    """

    def __init__(self, folder: Path) -> None:
        self._dataset = Dataset(folder)
        self.title = folder.resolve().name
        self.categories = self._dataset.categories
        self.count = len(self._dataset.indices)
        settings = self._dataset.identity.get("config")
        self.must_have_objects = not (isinstance(settings, dict) and settings.get("allow_empty"))

    def picture(self, number: int) -> Picture:
        """A frame by its place among those that are there."""
        return self.frame(self._dataset.indices[number])

    def frame(self, index: int) -> Picture:
        """A frame by its number."""
        key = frame_name(index)
        try:
            record = self._dataset.record(index)
            annotations = [{"image_id": index, **item} for item in visible(record)]
            picture = Picture(key, int(record["width"]), int(record["height"]), annotations)
            outputs = sorted(self._dataset.outputs, key=lambda name: name != self._dataset.picture)
            for output in outputs:
                self._add(picture, record, output)
        except (DatasetError, KeyError, TypeError, ValueError, AttributeError) as error:
            what = error.what if isinstance(error, DatasetError) else f"the record cannot be used: {error!r}"
            return Picture(key, 0, 0, [], flaws=[Finding("record", "error", what, record_path(index), key)])
        return picture

    def structure(self) -> Iterator[Finding]:
        """Frames that are missing, files that nobody knows, and the two files about the whole dataset."""
        missing = sorted(set(self._dataset.expected).difference(self._dataset.indices))
        for index in missing:
            yield Finding("missing_frame", "error", f"frame {index} was never captured", record_path(index))
        yield from self._strays()
        yield from self._summaries()

    def _add(self, picture: Picture, record: Json, output: str) -> None:
        try:
            path = self._dataset.file(record, output)
            facts = record["files"][output]
            picture.files.append(FileFacts(output, path, int(facts["bytes"]), str(facts["sha256"])))
        except StorageError as error:
            picture.flaws.append(
                Finding("path_outside", "error", error.what, record_path(record["index"]), picture.key)
            )
        except DatasetError as error:
            picture.flaws.append(
                Finding("missing_file", "error", error.what, record_path(record["index"]), picture.key)
            )

    def _strays(self) -> Iterator[Finding]:
        root = self._dataset.path
        known = {DESCRIPTION, ANNOTATIONS, METADATA, FRAMES, *self._dataset.outputs, *BESIDE}
        for path in sorted(root.iterdir()):
            if path.name not in known and (not path.name.startswith(".") or path.name.endswith(".part")):
                yield Finding("stray", "note", "belongs to no frame", path.name)
        numbers = set(self._dataset.indices)
        for folder in (FRAMES, *(name for name in OUTPUTS if name in self._dataset.outputs)):
            place = root / folder
            for path in sorted(place.iterdir()) if place.is_dir() else ():
                if frame_index(path.stem) not in numbers:
                    yield Finding("stray", "note", "belongs to no frame", f"{folder}/{path.name}")

    def _summaries(self) -> Iterator[Finding]:
        """Whether annotations.json and metadata.json say what the records say."""
        root = self._dataset.path
        for name in (ANNOTATIONS, METADATA):
            if not (root / name).is_file():
                yield Finding("not_finished", "error", "missing: the capture was not finished", name)
        try:
            if (root / ANNOTATIONS).is_file() and not _same(root / ANNOTATIONS, coco(self._dataset)):
                yield Finding("annotations_differ", "error", "does not say what the frames' records say", ANNOTATIONS)
            if (root / METADATA).is_file() and not self._metadata_fits():
                yield Finding("metadata_differ", "error", "does not say what the frames' records say", METADATA)
        except (HumanoidBrainError, KeyError, TypeError, ValueError):
            return  # a damaged record, which is a finding of its own

    def _metadata_fits(self) -> bool:
        root = self._dataset.path
        digest = sha256(root / ANNOTATIONS) if (root / ANNOTATIONS).is_file() else ""
        return _same(root / METADATA, metadata(self._dataset, summarize(self._dataset), digest))


def _same(path: Path, chunks: Iterable[bytes]) -> bool:
    """Whether a file consists of these pieces, reading no more than one at a time."""
    with path.open("rb") as stream:
        return all(stream.read(len(chunk)) == chunk for chunk in chunks) and not stream.read(1)


def is_own(folder: Path) -> bool:
    """Whether a folder holds a dataset of this program, even a damaged one."""
    if (folder / DESCRIPTION).is_file():
        return True
    try:
        return (folder / FRAMES).is_dir() and "format" in json.loads((folder / METADATA).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
