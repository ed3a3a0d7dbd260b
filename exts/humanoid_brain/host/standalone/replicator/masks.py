# SPDX-License-Identifier: Apache-2.0
"""Segmentations: images of ids or colours, with tables of what they stand for."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from humanoid_brain.host.standalone.replicator.frame import Frame
from humanoid_brain.host.standalone.replicator.semantics import filter_of

FIRST = 2
"""Id of the first instance, label set or shape in an image; before it come background and what has no label."""
BACKGROUND, UNLABELLED = "BACKGROUND", "UNLABELLED"


def semantic_segmentation(frame: Frame, params: dict[str, Any]) -> dict[str, Any]:
    """Label sets as ids [H, W], or as colours that view as RGBA bytes."""
    chosen = filter_of(params)
    ids, table = frame.semantic_of(chosen), frame.table(chosen)
    labels: dict[int, Any] = {0: {"class": BACKGROUND}, 1: {"class": UNLABELLED}}
    labels |= {i: table.semantics[i - FIRST] for i in frame.present(ids) if i >= FIRST}
    return _mask(frame.image(ids), params, idToLabels=labels)


def instance_segmentation(frame: Frame, params: dict[str, Any]) -> dict[str, Any]:
    """Labelled prims as ids [H, W], or as colours that view as RGBA bytes."""
    chosen = filter_of(params)
    ids, table = frame.instance_of(chosen), frame.table(chosen)
    paths: dict[int, Any] = {0: BACKGROUND, 1: UNLABELLED}
    labels: dict[int, Any] = {0: {"class": BACKGROUND}, 1: {"class": UNLABELLED}}
    for i in frame.present(ids):
        if i >= FIRST:
            paths[i], labels[i] = table.instances[i - FIRST].path, table.instances[i - FIRST].labels
    return _mask(frame.image(ids), params, idToLabels=paths, idToSemantics=labels)


def instance_id_segmentation(frame: Frame, params: dict[str, Any]) -> dict[str, Any]:
    """Every drawn prim, labelled or not, as ids [H, W], or as colours that view as RGBA bytes."""
    ids, drawn = frame.shape_of(), frame.shape_paths
    paths: dict[int, Any] = {0: BACKGROUND}
    paths |= {i: drawn[i - FIRST] for i in frame.present(ids) if i >= FIRST}
    return _mask(frame.image(ids), params, idToLabels=paths)


def _mask(ids: npt.NDArray[np.uint32], params: dict[str, Any], **info: dict[int, Any]) -> dict[str, Any]:
    if not params.get("colorize"):
        return {"data": ids, **info}
    colors = {name: {_color(i): value for i, value in table.items()} for name, table in info.items()}
    words = np.array([packed_color(i) for i in range(int(ids.max(initial=0)) + 1)], np.uint32)
    return {"data": words[ids], **colors}


def packed_color(number: int) -> int:
    """The colour of an id as one little-endian word of the bytes R, G, B, A.

    An odd factor maps 24-bit numbers one to one, so no two ids share a colour.
    """
    if number < FIRST:
        return number * 0xFF000000
    return 0xFF000000 | (number * 0x9E3779 & 0xFFFFFF)


def _color(number: int) -> tuple[int, int, int, int]:
    word = packed_color(number)
    return word & 0xFF, word >> 8 & 0xFF, word >> 16 & 0xFF, word >> 24
