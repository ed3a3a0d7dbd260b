# SPDX-License-Identifier: Apache-2.0
"""The two files that describe a whole dataset, from the records of its frames.

Both are streamed, and hold neither times nor names of machines: the same frames give the same bytes, whether captured
at once, resumed, or merged from shards.
"""

from __future__ import annotations

import contextlib
import json
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from humanoid_brain.capture.commit import write_stream
from humanoid_brain.capture.dataset import Dataset
from humanoid_brain.capture.layout import ANNOTATIONS, METADATA
from humanoid_brain.files import storage_errors

Json = dict[str, Any]

_IN_MEMORY = 1 << 24
"""Bytes of a list that wait in memory for their place in a file; more of them wait on the disk."""
_CHUNK = 1 << 20


@dataclass(frozen=True)
class Summary:
    """What a dataset holds. ``objects``: annotations by class; ``missing``: number of frames not captured yet."""

    frames: int
    missing: int
    objects: dict[str, int]
    bytes: int


def assemble(folder: Path) -> Summary:
    """Write ``annotations.json`` and ``metadata.json`` of the frames that are there. May be repeated at any time.

    Raises:
        DatasetError: A record is damaged.
        StorageError: The disk is full.
    """
    dataset = Dataset(folder)
    counts = _Counts(dataset)
    with _Waiting(folder) as images, _Waiting(folder) as annotations, _Waiting(folder) as frames:
        number = Counter[str]()
        for record in dataset.records():  # read once: of ten thousand frames, reading takes longer than the rest
            images.add(coco_image(dataset, record))
            for item in _annotations(record, number):
                annotations.add(item)
            frames.add(_frame(record))
            counts.add(record)
        summary = counts.summary()
        digest = write_stream(folder / ANNOTATIONS, _coco(dataset, images.text(), annotations.text()))
        write_stream(folder / METADATA, _metadata(dataset, summary, digest, frames.text()))
    return summary


def coco(dataset: Dataset) -> Iterator[bytes]:
    """The dataset in COCO form, in pieces. Beyond COCO: occlusion, instance, prim_path, bbox_loose, box_3d."""
    number = Counter[str]()
    images = _items(dataset.records(), lambda record: [coco_image(dataset, record)])
    yield from _coco(dataset, images, _items(dataset.records(), lambda record: _annotations(record, number)))


def _coco(dataset: Dataset, images: Iterable[bytes], annotations: Iterable[bytes]) -> Iterator[bytes]:
    storage = dataset.identity["storage"]
    info = {
        "description": storage["description"],
        "version": "1.0",
        "contributor": storage["creator"],
        "seed": dataset.identity["seed"],
    }
    terms = [{"id": 1, **storage["license"]}]
    yield f'{{"info":{_line(info)},\n"licenses":{_line(terms)},\n'.encode()
    yield f'"categories":{_line(dataset.categories)},\n"images":['.encode()
    yield from images
    yield b'],\n"annotations":['
    yield from annotations
    yield b"]}\n"


def _annotations(record: Json, number: Counter[str]) -> Iterator[Json]:
    """Those of one frame, numbered on from ``number``."""
    for item in visible(record):
        number["id"] += 1
        yield {"id": number["id"], "image_id": record["index"], **item}


def coco_image(dataset: Dataset, record: Json) -> Json:
    """A frame as an image in COCO form."""
    return {
        "id": record["index"],
        "file_name": record["files"][dataset.picture]["path"] if dataset.picture else "",
        "width": record["width"],
        "height": record["height"],
        "license": 1,
    }


def visible(record: Json) -> Iterator[Json]:
    """The annotations of a frame: its objects of which something can be seen."""
    for item in record["objects"]:
        if item["bbox"] is not None:
            yield {"iscrowd": 0, **item}


def metadata(dataset: Dataset, summary: Summary, annotations_sha256: str) -> Iterator[bytes]:
    """Configuration, seed, versions, counts, and per frame its draws and files with their checksums, in pieces."""
    frames = _items(dataset.records(), lambda record: [_frame(record)])
    yield from _metadata(dataset, summary, annotations_sha256, frames)


def _metadata(dataset: Dataset, summary: Summary, annotations_sha256: str, frames: Iterable[bytes]) -> Iterator[bytes]:
    head = {
        "format": dataset.description["format"],
        "version": dataset.description["version"],
        "shard": dataset.description["shard"],
        **{key: value for key, value in dataset.identity.items() if key != "frames"},
        "counts": {
            "planned": dataset.identity["frames"],
            "frames": summary.frames,
            "missing": summary.missing,
            "objects": summary.objects,
        },
        "bytes": summary.bytes,
        "files": {ANNOTATIONS: annotations_sha256},
    }
    text = json.dumps(head, indent=1, allow_nan=False)
    yield f'{text[:-2]},\n "frames": ['.encode()
    yield from frames
    yield b"]}\n"


def _frame(record: Json) -> Json:
    return {key: record[key] for key in ("index", "files", "randomization")}


def summarize(dataset: Dataset) -> Summary:
    """Count what a dataset holds, from its records."""
    counts = _Counts(dataset)
    for record in dataset.records():
        counts.add(record)
    return counts.summary()


class _Counts:
    """What the frames that were added hold."""

    def __init__(self, dataset: Dataset) -> None:
        self._dataset = dataset
        self._names = {category["id"]: category["name"] for category in dataset.categories}
        self._objects = Counter({name: 0 for name in self._names.values()})
        self._bytes = 0

    def add(self, record: Json) -> None:
        self._objects.update(self._names[item["category_id"]] for item in visible(record))
        self._bytes += sum(file["bytes"] for file in record["files"].values())

    def summary(self) -> Summary:
        indices = self._dataset.indices
        missing = len(set(self._dataset.expected).difference(indices))
        return Summary(len(indices), missing, dict(self._objects), self._bytes)


class _Waiting:
    """The text of a list whose place in a file has not come yet."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._before = folder, _FIRST
        self._text = tempfile.SpooledTemporaryFile(_IN_MEMORY, dir=str(folder))  # noqa: SIM115 - closed on exit

    def __enter__(self) -> _Waiting:
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):  # on a full disk it would try once more to write, and hide what was told
            self._text.close()

    def add(self, value: Any) -> None:
        with storage_errors(self._folder):
            self._text.write(f"{self._before}{_line(value)}".encode())
        self._before = _NEXT

    def text(self) -> Iterator[bytes]:
        self._text.seek(0)
        while chunk := self._text.read(_CHUNK):
            yield chunk


_FIRST, _NEXT = "\n", ",\n"
"""What stands before the items of a list, one to a line."""


def _items(records: Iterable[Json], make: Callable[[Json], Iterable[Json]]) -> Iterator[bytes]:
    before = _FIRST
    for record in records:
        for item in make(record):
            yield f"{before}{_line(item)}".encode()
            before = _NEXT


def _line(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), allow_nan=False)
