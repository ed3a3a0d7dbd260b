# SPDX-License-Identifier: Apache-2.0
"""Join the shards of a dataset into the dataset that a single capture would have written."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Generator, Sequence
from pathlib import Path
from typing import Any

from humanoid_brain.capture.assemble import Summary, assemble
from humanoid_brain.capture.commit import commit_frame
from humanoid_brain.capture.dataset import Dataset
from humanoid_brain.capture.folder import FORMAT, VERSION, differences, lock_folder
from humanoid_brain.capture.layout import DESCRIPTION, FRAMES, LOCK
from humanoid_brain.errors import DatasetError
from humanoid_brain.files import make_folder, write_json

_SHOWN = 10


def merge(
    shards: Sequence[Path],
    output: Path,
    *,
    allow_missing: bool = False,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Summary:
    """Copy the frames of all shards into ``output``, each file compared with its checksum on the way.

    A merge that was interrupted goes on when it is called again.

    Args:
        shards: Folders with parts of one dataset.
        output: Folder for the whole; new, or of a merge of the same dataset.
        allow_missing: Whether the result may lack frames.
        progress: Called with the number of frames done and the number of all.

    Raises:
        DatasetError: The shards are of different datasets, two have different versions of a frame, a file does not
            have its checksum, or frames are missing; the message names them.
        StorageError: The disk is full or ``output`` cannot be written.
    """
    work = merging(shards, output, allow_missing=allow_missing)
    while True:
        try:
            progress(*next(work))
        except StopIteration as ended:
            return ended.value


def merging(
    shards: Sequence[Path], output: Path, *, allow_missing: bool = False
) -> Generator[tuple[int, int], None, Summary]:
    """:func:`merge` in slices: gives the number of frames done and the number of all after each frame."""
    parts = [Dataset(shard) for shard in shards]
    if not parts:
        raise DatasetError("no shards to merge", where=str(output), todo="Name the folders of the shards")
    _same_dataset(parts)
    owners = _owners(parts)
    expected = range(parts[0].identity["frames"])
    missing = [index for index in expected if index not in owners]
    if missing and not allow_missing:
        raise DatasetError(
            f"{len(missing)} frames are in no shard: {_list(missing)}",
            where=str(output),
            todo="Capture the missing shards, or resume them to their end",
        )
    with lock_folder(make_folder(output)):
        have = _begin(output, parts[0])
        for done, index in enumerate(sorted(owners), start=1):
            record = owners[index].record(index)
            if have is None or index not in have.indices or have.record(index) != record:
                _copy(owners[index], record, output)
            yield done, len(owners)
        return assemble(output)


def _same_dataset(parts: Sequence[Dataset]) -> None:
    for other in parts[1:]:
        if changed := list(differences(parts[0].identity, other.identity)):
            raise DatasetError(
                f"not a shard of the dataset in {parts[0].path}: {parts[0].path.name} has {'; '.join(changed[:3])}",
                where=str(other.path),
                todo="Merge shards of one configuration, seed and version only",
            )


def _owners(parts: Sequence[Dataset]) -> dict[int, Dataset]:
    """Which shard has a frame. Two may have the same frame if both have the same files."""
    owners: dict[int, Dataset] = {}
    conflicts: list[int] = []
    for part in parts:
        for index in part.indices:
            before = owners.setdefault(index, part)
            if before is not part and before.record(index) != part.record(index):
                conflicts.append(index)
    if conflicts:
        raise DatasetError(
            f"{len(conflicts)} frames differ between shards that both have them: {_list(conflicts)}",
            where=", ".join(str(part.path) for part in parts),
            todo="Leave out the shard that is wrong; frames of one seed and version are the same everywhere",
        )
    return owners


def _begin(output: Path, part: Dataset) -> Dataset | None:
    """Begin the whole dataset, or find an interrupted merge in the folder."""
    if (output / DESCRIPTION).exists():
        before = Dataset(output)
        if before.identity != part.identity or before.description["shard"] != [0, 1]:
            raise DatasetError("this folder holds another dataset", where=str(output), todo="Choose another --output")
        return before
    if any(path.name != LOCK for path in output.iterdir()):
        raise DatasetError("this folder is not empty", where=str(output), todo="Choose an empty or new --output")
    for folder in (FRAMES, *part.outputs):
        make_folder(output / folder)
    value = {"format": FORMAT, "version": VERSION, "shard": [0, 1], "identity": part.identity}
    write_json(output / DESCRIPTION, value)
    return None


def _copy(part: Dataset, record: dict[str, Any], output: Path) -> None:
    files: dict[str, bytes] = {}
    for name, facts in record["files"].items():
        path = part.file(record, name)
        try:
            data = path.read_bytes()
        except OSError as error:
            raise DatasetError(f"the file cannot be read: {error.strerror}", where=str(path), todo=_AGAIN) from error
        if hashlib.sha256(data).hexdigest() != facts["sha256"]:
            raise DatasetError("the file does not have its recorded checksum", where=str(path), todo=_AGAIN)
        files[str(path.relative_to(part.path.resolve()))] = data
    commit_frame(output, files, record, sync=False)


_AGAIN = "Capture the frame again: remove its record in frames/ and resume the shard"


def _list(indices: Sequence[int]) -> str:
    shown = ", ".join(str(index) for index in indices[:_SHOWN])
    return shown + (", ..." if len(indices) > _SHOWN else "")
