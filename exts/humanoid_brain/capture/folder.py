# SPDX-License-Identifier: Apache-2.0
"""A dataset's folder: one capture at a time, and only the capture that began it may go on."""

from __future__ import annotations

import fcntl
import json
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Any

from humanoid_brain.capture.description import MOST_FRAMES, Description
from humanoid_brain.capture.images import file_path
from humanoid_brain.capture.layout import BESIDE, DESCRIPTION, FRAMES, LOCK, OUTPUTS, frame_index
from humanoid_brain.config.capture import DatasetConfig
from humanoid_brain.errors import ConfigError, DatasetError, StorageError
from humanoid_brain.files import make_folder, storage_errors, write_json

FORMAT = "humanoid_brain dataset"
VERSION = 1
_ORPHANS = 10.0
"""Seconds to wait for workers of a killed capture to end the frame they were writing."""


class DatasetFolder:
    """Holds the lock on a dataset while it is open.

    Args:
        path: The folder; it is made if need be.
        description: The dataset that it holds or shall hold.

    Raises:
        StorageError: The folder cannot be written, or another process writes to it.
        ConfigError: It holds another dataset, or files that are none; the message says what differs.
        DatasetError: Its description is damaged.
    """

    def __init__(self, path: Path, description: Description) -> None:
        self.path = make_folder(path)
        self._lock = lock_folder(self.path)
        try:
            identity = json.loads(json.dumps(description.identity(), allow_nan=False))
            adopt(self.path, identity, description.shard)
            self.whole, self.damaged = scan(self.path, description.indices(), description.storage)
        except BaseException:
            self.release()
            raise

    @property
    def lock(self) -> int:
        """Descriptor of the lock; a process that inherits it holds the lock, too."""
        return self._lock.fileno()

    def describe(self, description: Description) -> None:
        """Write the description anew, with another number of frames."""
        _write_description(self.path, description.identity(), description.shard)

    def release(self) -> None:
        """Let another process have the folder."""
        self._lock.close()


def scan(folder: Path, indices: range, storage: DatasetConfig) -> tuple[set[int], list[int]]:
    """Clear away what a kill left behind; frames that are there, and those whose files are gone or cut short."""
    with storage_errors(folder):
        for part in _parts(folder):
            part.unlink(missing_ok=True)
    whole: set[int] = set()
    damaged: list[int] = []
    for path in (folder / FRAMES).glob("*.json"):
        index = frame_index(path.stem)
        if index is None or index not in indices:
            continue
        if _complete(folder, path, index, storage):
            whole.add(index)
        else:
            with storage_errors(path):
                path.unlink()
            damaged.append(index)
    return whole, sorted(damaged)


def read_description(folder: Path) -> dict[str, Any]:
    """The content of ``dataset.json``: ``identity`` and ``shard``.

    Raises:
        DatasetError: It is missing, damaged or of a later version of this program.
    """
    path = folder / DESCRIPTION
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
        known = value["format"] == FORMAT and isinstance(value["version"], int)
    except OSError as error:
        raise DatasetError(f"no {DESCRIPTION} here: {error.strerror}", where=str(folder)) from error
    except (ValueError, KeyError, TypeError) as error:
        raise DatasetError(
            "damaged", where=str(path), todo="Restore the file, or capture into another folder"
        ) from error
    if not known:
        raise DatasetError("not a dataset of this program", where=str(path))
    if value["version"] != VERSION:
        raise DatasetError(
            f"written in version {value['version']} of the format; this program reads version {VERSION}",
            where=str(path),
            todo="Update humanoid_brain",
        )
    if not _is_sound(value):
        raise DatasetError("damaged", where=str(path), todo="Restore the file, or capture into another folder")
    return value


def _is_sound(value: dict[str, Any]) -> bool:
    """Whether a description has all that readers rely on; anyone may have edited it."""
    try:
        identity, (part, parts) = value["identity"], value["shard"]
        DatasetConfig.model_validate(identity["storage"])
        return (
            0 <= part < parts
            and 0 <= identity["frames"] <= MOST_FRAMES
            and isinstance(identity["seed"], int)
            and all(_is_category(category) for category in identity["categories"])
        )
    except (ValueError, KeyError, TypeError):
        return False


def _is_category(value: dict[str, Any]) -> bool:
    texts = [value["name"], value["supercategory"], *value["keypoints"]]
    numbers = [value["id"], value["semantic_id"], *(end for pair in value["skeleton"] for end in pair)]
    return all(isinstance(text, str) for text in texts) and all(isinstance(number, int) for number in numbers)


def differences(before: Any, now: Any, at: str = "") -> Iterator[str]:
    """Each value that differs, as "field: old, not new"."""
    if isinstance(before, dict) and isinstance(now, dict):
        for key in sorted(before.keys() | now.keys()):
            yield from differences(before.get(key), now.get(key), f"{at}.{key}" if at else str(key))
    elif before != now:
        yield f"{at}: {_short(before)}, not {_short(now)}"


def _short(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= 60 else text[:57] + "..."


def lock_folder(folder: Path) -> IO[str]:
    """Take the folder's lock, which closing the result gives back.

    Raises:
        StorageError: Another process keeps it.
    """
    with storage_errors(folder):
        lock = (folder / LOCK).open("a")
    deadline = time.monotonic() + _ORPHANS
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return lock
        except OSError as error:
            if time.monotonic() > deadline:
                lock.close()
                raise StorageError(
                    "another process is writing to this folder",
                    where=str(folder),
                    todo="Stop it or choose another --output",
                ) from error
        time.sleep(0.05)


def adopt(folder: Path, identity: dict[str, Any], shard: Sequence[int]) -> None:
    """Begin a dataset in a folder, or check that the folder's own is the same.

    Args:
        folder: Where; it exists and is locked.
        identity: As JSON has it, from :meth:`humanoid_brain.capture.description.Description.identity`.
        shard: Which part, and of how many.

    Raises:
        ConfigError: There is another dataset, or something else; the message says what differs.
        DatasetError: The description that is there is damaged.
    """
    if (folder / DESCRIPTION).exists():
        refuse_other(folder, identity, shard)
    else:
        foreign = sorted(p.name for p in folder.iterdir() if p.name not in BESIDE and not p.name.startswith("."))
        if foreign:
            raise ConfigError(
                f"this folder already holds '{foreign[0]}' and is no dataset to resume",
                where=str(folder),
                todo="Choose an empty or new --output",
            )
        _write_description(folder, identity, shard)
    for name in (FRAMES, *identity["storage"]["outputs"]):
        make_folder(folder / name)


def _write_description(folder: Path, identity: dict[str, Any], shard: Sequence[int]) -> None:
    value = {"format": FORMAT, "version": VERSION, "shard": list(shard), "identity": identity}
    write_json(folder / DESCRIPTION, value)


def refuse_other(folder: Path, identity: dict[str, Any], shard: Sequence[int]) -> None:
    """Raise ConfigError if the folder's dataset is not the one of these."""
    before = read_description(folder)
    changed = list(differences({"shard": before["shard"], **before["identity"]}, {"shard": list(shard), **identity}))
    if changed:
        more = f", and {len(changed) - 3} more" if len(changed) > 3 else ""
        raise ConfigError(
            f"this folder holds another dataset; it has {'; '.join(changed[:3])}{more}",
            where=str(folder),
            todo="Resume with the configuration and versions that began it, or choose another --output",
        )


def _parts(folder: Path) -> Iterator[Path]:
    yield from folder.glob(".*.part")
    for name in (FRAMES, *OUTPUTS):
        yield from (folder / name).glob(".*.part")


def _complete(folder: Path, path: Path, index: int, storage: DatasetConfig) -> bool:
    """Whether a record can be read and its files have their size. Their content is the inspection's task."""
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        files = record["files"]
        return record["index"] == index and all(
            files[output]["path"] == file_path(output, index, storage)
            and (folder / files[output]["path"]).stat().st_size == files[output]["bytes"]
            for output in storage.outputs
        )
    except (OSError, ValueError, KeyError, TypeError):
        return False
