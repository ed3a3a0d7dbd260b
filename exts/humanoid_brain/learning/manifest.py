# SPDX-License-Identifier: Apache-2.0
"""What the manifests of checkpoints and policies say. No tensor library is needed to read them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from humanoid_brain.errors import CheckpointError

FORMAT = 2
"""Version of a checkpoint's layout, which tensors it holds included."""
PREFIX = "iteration_"
"""With what the name of a checkpoint's folder begins."""
LEFT = "left"
"""Folder, beside the checkpoints, of those that a run has left by going on from an earlier one."""
PARTS = ("learner", "environment")
"""The tensor files of a checkpoint, without their suffix."""


@dataclass(frozen=True)
class Totals:
    """How far a run had come."""

    iteration: int
    env_steps: int
    seconds: float
    """Training time, s."""


def checkpoint_names(folder: Path) -> list[str]:
    """Checkpoints in a folder that have a manifest, which is written last; oldest first."""
    if not folder.is_dir():
        return []
    return sorted(path.name for path in folder.glob(f"{PREFIX}*") if (path / "manifest.json").is_file())


def read_manifest(folder: Path, version: int) -> dict[str, Any]:
    """The manifest of a checkpoint or policy folder.

    Raises:
        CheckpointError: It is missing, no JSON, or of a version this program does not know.
    """
    path = folder / "manifest.json"
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise CheckpointError("the manifest is missing or damaged", where=str(path)) from error
    found = manifest.get("format") if isinstance(manifest, dict) else None
    if found != version:
        raise CheckpointError(
            f"it was written by another version: its format is {found!r}, this version's is {version}",
            where=str(path),
            todo="Use the version of humanoid_brain that wrote it",
        )
    return manifest


def difference(mine: Mapping[str, Any], other: object) -> tuple[str, object, object] | None:
    """First key in which two signatures differ, with both values."""
    theirs = other if isinstance(other, dict) else {}
    for key in [*mine, *theirs]:
        if mine.get(key) != theirs.get(key):
            return key, mine.get(key), theirs.get(key)
    return None
