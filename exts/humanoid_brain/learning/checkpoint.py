# SPDX-License-Identifier: Apache-2.0
"""Checkpoints: folders of safetensors and JSON that appear whole or not at all, and are checked when read.

checkpoints/iteration_000250/
    learner.safetensors      networks, optimizer, normalizers, step size, iteration
    environment.safetensors  state of every environment, commands, counters, observations
    manifest.json            sha256 of both, what they belong to, totals
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load_file, save
from torch import Tensor

from humanoid_brain.errors import CheckpointError, StorageError
from humanoid_brain.files import free_bytes, inside, sha256, storage_errors, sync_folder, write_atomic, write_json
from humanoid_brain.learning.manifest import (
    FORMAT,
    LEFT,
    PARTS,
    PREFIX,
    Totals,
    checkpoint_names,
    difference,
    read_manifest,
)


@dataclass(frozen=True)
class Checkpoint:
    """A checkpoint that was read and verified."""

    totals: Totals
    learner: dict[str, Tensor]
    environment: dict[str, Tensor]


class CheckpointStore:
    """The checkpoints of one run.

    Args:
        folder: Where they lie; created on the first write.
        signature: What a checkpoint must belong to: robot, sizes, number of environments, device.
        keep: Newest checkpoints kept.
        reserve: Bytes that must stay free on the disk.
    """

    def __init__(self, folder: Path, signature: Mapping[str, Any], *, keep: int, reserve: int) -> None:
        self._folder, self._signature = folder, json.loads(json.dumps(signature))
        self._keep, self._reserve = keep, reserve

    def names(self) -> list[str]:
        """Whole checkpoints, oldest first."""
        return checkpoint_names(self._folder)

    def write(self, totals: Totals, learner: Mapping[str, Tensor], environment: Mapping[str, Tensor]) -> Path:
        """Write a checkpoint, delete those that are too old, and put those of later iterations into a folder ``left``.

        Raises:
            StorageError: The disk is full or nearly so, or cannot be written; nothing half-written stays.
        """
        target = self._folder / f"{PREFIX}{totals.iteration:06d}"
        part = self._folder / f".{target.name}.part"
        with storage_errors(target):
            self._folder.mkdir(parents=True, exist_ok=True)
            self._sweep()
            blobs = {name: save(_on_cpu(tensors)) for name, tensors in zip(PARTS, (learner, environment), strict=True)}
            self._check_space(sum(map(len, blobs.values())))
            part.mkdir()
            try:
                self._fill(part, blobs, totals)
                if target.exists():
                    shutil.rmtree(target)
                part.replace(target)
            except BaseException:
                shutil.rmtree(part, ignore_errors=True)
                raise
            sync_folder(self._folder)
            names = self.names()
            # Later ones are of a course that the run has left by going on from an earlier checkpoint.
            later = [name for name in names if name > target.name]
            for name in later:
                self._leave(name)
            for name in names[: len(names) - len(later)][: -self._keep]:
                shutil.rmtree(self._folder / name, ignore_errors=True)
        return target

    def _leave(self, name: str) -> None:
        kept = self._folder / LEFT / name
        kept.parent.mkdir(exist_ok=True)
        shutil.rmtree(kept, ignore_errors=True)
        (self._folder / name).replace(kept)

    def read(self, name: str | None = None) -> Checkpoint:
        """Read and verify the checkpoint ``name``, or the newest one.

        Raises:
            CheckpointError: It is missing, damaged, or belongs to something else; of a damaged one the message names
                the one before it, if there is one.
        """
        names = self.names()
        if name is None and names:
            name = names[-1]
        if name is None or name not in names:
            raise CheckpointError(
                f"there is no checkpoint {name!r}" if name else "there is no checkpoint",
                where=str(self._folder),
                todo=f"There are: {', '.join(names)}" if names else "Start the run first",
            )
        try:
            return self._read(inside(self._folder, name))
        except CheckpointError as error:
            before = [other for other in names if other < name]
            offer = f"The one before it is {before[-1]}: pass --resume-from {before[-1]}" if before else ""
            raise CheckpointError(error.what, where=error.where, todo=error.todo or offer) from error

    def _fill(self, part: Path, blobs: Mapping[str, bytes], totals: Totals) -> None:
        for name, blob in blobs.items():
            write_atomic(part / f"{name}.safetensors", blob)
        manifest = {
            "format": FORMAT,
            "signature": self._signature,
            "totals": asdict(totals),
            "sha256": {f"{name}.safetensors": sha256(part / f"{name}.safetensors") for name in blobs},
        }
        write_json(part / "manifest.json", manifest)

    def _read(self, path: Path) -> Checkpoint:
        manifest = read_manifest(path, FORMAT)
        if different := difference(self._signature, manifest.get("signature")):
            key, mine, other = different
            raise CheckpointError(
                f"the checkpoint belongs to another set-up: its {key} is {other!r}, this run's is {mine!r}",
                where=str(path),
                todo="Use the configuration in its run folder, or another --output",
            )
        learner, environment = (load_tensors(path / f"{name}.safetensors", manifest) for name in PARTS)
        return Checkpoint(Totals(**manifest["totals"]), learner, environment)

    def _check_space(self, size: int) -> None:
        if free_bytes(self._folder) < size + self._reserve:
            raise StorageError(
                f"less than {self._reserve >> 20} MiB would stay free on the disk",
                where=str(self._folder),
                todo="Free some space and resume",
            )

    def _sweep(self) -> None:
        """Remove what a killed process left half-written."""
        for path in self._folder.glob(".*.part"):
            shutil.rmtree(path, ignore_errors=True)


def load_tensors(path: Path, manifest: Mapping[str, Any]) -> dict[str, Tensor]:
    """Tensors of a safetensors file whose digest the manifest holds, on the CPU.

    Raises:
        CheckpointError: The file is missing, truncated, or not the one the manifest was written for.
    """
    expected = manifest.get("sha256", {}).get(path.name)
    if not path.is_file():
        raise CheckpointError("the file is missing", where=str(path))
    if sha256(path) != expected:
        raise CheckpointError("the file is damaged: its checksum differs from the manifest's", where=str(path))
    try:
        return load_file(path)
    except (SafetensorError, OSError) as error:
        raise CheckpointError("the file is no valid safetensors file", where=str(path)) from error


def _on_cpu(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    # A copy each: safetensors refuses tensors that share memory.
    return {name: tensor.detach().to("cpu", copy=True).contiguous() for name, tensor in tensors.items()}
