# SPDX-License-Identifier: Apache-2.0
"""A dataset in COCO form, written by any tool, under inspection."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from humanoid_brain.capture.findings import Finding
from humanoid_brain.capture.validate.source import FileFacts, Picture
from humanoid_brain.errors import DatasetError, StorageError
from humanoid_brain.files import inside

Json = dict[str, Any]

_PICTURES = {".png", ".jpg", ".jpeg", ".bmp", ".webp", ".tif", ".tiff"}


class CocoSource:
    """Holds the annotations in memory, as any COCO reader does, and reads the pictures one by one.

    Args:
        annotations: The JSON file.
        images: Folder of the pictures; None looks for it beside the annotations.

    Raises:
        DatasetError: The file is no dataset in COCO form, or no folder has its pictures.
    """

    must_have_objects = False

    def __init__(self, annotations: Path, images: Path | None = None) -> None:
        content = _read(annotations)
        self.title = annotations.name
        self._flaws: list[Finding] = []
        self._images = self._table(content, "images", {"id", "file_name", "width", "height"})
        self.categories = self._table(content, "categories", {"id", "name"})
        self._by_image: dict[Any, list[Json]] = defaultdict(list)
        for item in self._table(content, "annotations", {"id", "image_id", "category_id"}):
            self._by_image[item["image_id"]].append(item)
        self._folder = images or _find_images(annotations, [str(image["file_name"]) for image in self._images[:20]])
        self.count = len(self._images)

    def picture(self, number: int) -> Picture:
        """An image by its place in the file."""
        image = self._images[number]
        name = str(image["file_name"])
        try:
            width, height = int(image["width"]), int(image["height"])
        except (TypeError, ValueError):
            width = height = 0
        picture = Picture(name, width, height, self._by_image.get(image["id"], []))
        try:
            picture.files.append(FileFacts("color", inside(self._folder, name)))
        except StorageError as error:
            picture.flaws.append(Finding("path_outside", "error", error.what, f"image {image['id']}"))
        return picture

    def structure(self) -> Iterator[Finding]:
        """Malformed entries, ids that are used twice or point nowhere, and pictures without an entry."""
        yield from self._flaws
        everything = [item for items in self._by_image.values() for item in items]
        tables = (("image", self._images), ("annotation", everything), ("category", self.categories))
        for kind, table in tables:
            for number, count in Counter(item["id"] for item in table).items():
                if count > 1:
                    yield Finding("duplicate_id", "error", f"{count} {kind} entries have it", f"{kind} id {number}")
        for name, count in Counter(str(image["file_name"]) for image in self._images).items():
            if count > 1:
                yield Finding("duplicate_id", "error", f"{count} image entries have this file", name)
        known = {image["id"] for image in self._images}
        for number in self._by_image:
            if number not in known:
                what = f"{len(self._by_image[number])} annotations belong to an image that does not exist"
                yield Finding("unknown_image", "error", what, f"image id {number}")
        yield from self._strays()

    def _strays(self) -> Iterator[Finding]:
        known = {Path(str(image["file_name"])).as_posix() for image in self._images}
        for path in sorted(self._folder.rglob("*")):
            name = path.relative_to(self._folder).as_posix()
            if path.suffix.lower() in _PICTURES and name not in known:
                yield Finding("stray", "note", "belongs to no image entry", name)

    def _table(self, content: Json, name: str, needed: set[str]) -> list[Json]:
        """The usable entries of a list; the others become findings."""
        table: list[Json] = []
        for place, item in enumerate(content[name]):
            where = f"{name}[{place}]"
            if not isinstance(item, dict):
                self._flaws.append(Finding("malformed", "error", "not an object", where))
            elif lacking := sorted(needed - item.keys()):
                self._flaws.append(Finding("malformed", "error", f"has no {', '.join(lacking)}", where))
            elif any(isinstance(item[key], dict | list) for key in needed):
                self._flaws.append(Finding("malformed", "error", "a value where a plain one belongs is a list", where))
            else:
                table.append(item)
        return table


def find_annotations(path: Path) -> Path:
    """The annotation file that ``path`` is or holds.

    Raises:
        DatasetError: There is none, or more than one.
    """
    if path.is_file():
        return path
    if not path.is_dir():
        raise DatasetError("there is no such file or folder", where=str(path), todo="Name a dataset's folder")
    for folder in (path, path / "annotations"):
        found = [file for file in sorted(folder.glob("*.json")) if file.name != "report.json" and _is_coco(file)]
        if len(found) == 1:
            return found[0]
        if found:
            names = ", ".join(file.name for file in found)
            raise DatasetError(
                f"there are several annotation files: {names}", where=str(folder), todo="Name one of them"
            )
    raise DatasetError(
        "neither a dataset of this program nor one in COCO form",
        where=str(path),
        todo="Name the folder that has dataset.json, or a COCO annotation file",
    )


def _is_coco(path: Path) -> bool:
    """A look at the first and last few kilobytes; the file may have gigabytes."""
    with path.open("rb") as stream:
        head = stream.read(1 << 16)
        stream.seek(max(0, path.stat().st_size - (1 << 16)))
        ends = head + stream.read()
    return b'"images"' in ends or b'"annotations"' in ends or b'"categories"' in ends


def _read(path: Path) -> Json:
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise DatasetError(f"cannot be read: {error.strerror}", where=str(path)) from error
    except (ValueError, RecursionError) as error:
        raise DatasetError(f"no valid JSON: {error}", where=str(path), todo="Write the file anew") from error
    tables = ("images", "annotations", "categories")
    if not isinstance(value, dict) or any(not isinstance(value.get(name), list) for name in tables):
        raise DatasetError(
            "not in COCO form: it has no lists 'images', 'annotations' and 'categories'",
            where=str(path),
            todo="Name the file with the instances, not captions or predictions",
        )
    return value


def _find_images(annotations: Path, names: list[str]) -> Path:
    """The folder that has the first pictures: beside the file, in images/, or named after it as COCO does."""
    here, above = annotations.parent, annotations.parent.parent
    split = annotations.stem.rpartition("_")[2]
    folders = [base / part for base in (here, above) for part in ("", "images", split, f"images/{split}")]
    for folder in folders:
        if any(_is_file_inside(folder, name) for name in names):
            return folder
    return here


def _is_file_inside(folder: Path, name: str) -> bool:
    try:
        return inside(folder, name).is_file()
    except (StorageError, OSError):
        return False
