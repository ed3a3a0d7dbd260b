# SPDX-License-Identifier: Apache-2.0
"""The two files that describe a whole dataset, from the records of its frames.

Both are streamed, and hold neither times nor names of machines: the same frames give the same bytes, whether captured
at once, resumed, or merged from shards.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from humanoid_brain.capture.commit import write_stream
from humanoid_brain.capture.dataset import Dataset
from humanoid_brain.capture.layout import ANNOTATIONS, METADATA

Json = dict[str, Any]


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
    digest = write_stream(folder / ANNOTATIONS, coco(dataset))
    summary = summarize(dataset)
    write_stream(folder / METADATA, metadata(dataset, summary, digest))
    return summary


def coco(dataset: Dataset) -> Iterator[bytes]:
    """The dataset in COCO form, in pieces. Beyond COCO: occlusion, instance, prim_path, bbox_loose, box_3d."""
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
    yield from _items(dataset.records(), lambda record: [coco_image(dataset, record)])
    yield b'],\n"annotations":['
    number: Counter[str] = Counter()

    def annotations(record: Json) -> Iterator[Json]:
        for item in visible(record):
            number["id"] += 1
            yield {"id": number["id"], "image_id": record["index"], **item}

    yield from _items(dataset.records(), annotations)
    yield b"]}\n"


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
    yield from _items(dataset.records(), lambda record: [{k: record[k] for k in ("index", "files", "randomization")}])
    yield b"]}\n"


def summarize(dataset: Dataset) -> Summary:
    """Count what a dataset holds, from its records."""
    names = {category["id"]: category["name"] for category in dataset.categories}
    objects = Counter({name: 0 for name in names.values()})
    size = 0
    for record in dataset.records():
        objects.update(names[item["category_id"]] for item in visible(record))
        size += sum(file["bytes"] for file in record["files"].values())
    missing = len(set(dataset.expected).difference(dataset.indices))
    return Summary(len(dataset.indices), missing, dict(objects), size)


def _items(records: Iterable[Json], make: Callable[[Json], Iterable[Json]]) -> Iterator[bytes]:
    """One line per item, separated by commas."""
    before = "\n"
    for record in records:
        for item in make(record):
            yield f"{before}{_line(item)}".encode()
            before = ",\n"


def _line(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), allow_nan=False)
