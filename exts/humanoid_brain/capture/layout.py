# SPDX-License-Identifier: Apache-2.0
"""Names in a dataset's folder."""

from __future__ import annotations

from typing import get_args

from humanoid_brain.config.capture import Output

DESCRIPTION = "dataset.json"
"""What the dataset is; written first."""
ANNOTATIONS = "annotations.json"
METADATA = "metadata.json"
FRAMES = "frames"
"""Folder of the records. A frame exists once its record does."""
LOCK = ".lock"
OUTPUTS: tuple[str, ...] = get_args(Output)
PICTURES = ("color", "instance", "semantic", "normals", "depth", "distance")
"""Outputs that can stand as a frame's picture in COCO form, the best first."""
BESIDE = ("config.yaml", "manifest.json", "report.html", "report.json", "preview.png", "events.jsonl")
"""Other files that may lie in the folder."""


def frame_name(index: int) -> str:
    """Stem of all files of a frame."""
    return f"{index:06d}"


def record_path(index: int) -> str:
    """Path of a frame's record inside the dataset."""
    return f"{FRAMES}/{frame_name(index)}.json"


def frames_of(frames: int, part: int, parts: int) -> range:
    """The frames of one of ``parts`` shards of about the same size: all in a row, since neighbours share work.

    Raises:
        ValueError: There is no such shard.
    """
    if not 0 <= part < parts:
        raise ValueError(f"shard {part} of {parts} does not exist; they count from 0")
    return range(frames * part // parts, frames * (part + 1) // parts)


def frame_index(stem: str) -> int | None:
    """The inverse of :func:`frame_name`; None for a name that no frame has."""
    return int(stem) if stem.isascii() and stem.isdecimal() and frame_name(int(stem)) == stem else None
