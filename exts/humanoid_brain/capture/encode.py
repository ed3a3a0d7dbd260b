# SPDX-License-Identifier: Apache-2.0
"""Encode and write one frame: what each worker does, and the capturing process itself where there are none."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from humanoid_brain.capture import images
from humanoid_brain.capture.commit import commit_frame
from humanoid_brain.capture.record import add_masks
from humanoid_brain.config.capture import DatasetConfig

Arrays = Mapping[str, npt.NDArray[Any]]


@dataclass(frozen=True)
class Written:
    """A frame that is whole on the disk. ``seconds`` by stage: label, encode, write; of the worker's wall time."""

    index: int
    bytes: int
    seconds: dict[str, float]


def write_frame(folder: Path, meta: dict[str, Any], arrays: Arrays, config: DatasetConfig) -> Written:
    """Encode a frame's arrays, write them and the frame's record.

    Args:
        folder: The dataset.
        meta: From :func:`humanoid_brain.capture.record.describe`, as an object.
        arrays: The frame's arrays by output.
        config: What to write and how.

    Raises:
        StorageError: The disk is full or the folder cannot be written. Nothing of the frame stays behind.
    """
    began = time.perf_counter()
    instance = arrays.get("instance")
    add_masks(meta["objects"], instance)
    labelled = time.perf_counter()
    files: dict[str, bytes] = {}
    facts: dict[str, Any] = {}
    for output in config.outputs:
        data = _encode(output, meta, arrays, config)
        path = images.file_path(output, meta["index"], config)
        files[path] = data
        facts[output] = {"path": path, "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    encoded = time.perf_counter()
    record = {
        "index": meta["index"],
        "width": meta["camera"]["width"],
        "height": meta["camera"]["height"],
        "files": facts,
        "objects": meta["objects"],
        "randomization": meta["randomization"],
    }
    commit_frame(folder, files, record, sync=config.sync)
    ended = time.perf_counter()
    seconds = {"label": labelled - began, "encode": encoded - labelled, "write": ended - encoded}
    return Written(meta["index"], sum(map(len, files.values())), seconds)


def _encode(output: str, meta: dict[str, Any], arrays: Arrays, config: DatasetConfig) -> bytes:
    if output == "camera":
        return _json(meta["camera"])
    if output == "boxes_3d":
        names = ("instance", "category_id", "prim_path", "occlusion")
        boxes = [{**{n: item[n] for n in names}, **item["box_3d"]} for item in meta["objects"] if "box_3d" in item]
        return _json(boxes)
    return images.encode(output, np.asarray(arrays[output]), config)


def _json(value: object) -> bytes:
    return (json.dumps(value, indent=1, allow_nan=False) + "\n").encode()
