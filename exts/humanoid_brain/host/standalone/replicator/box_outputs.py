# SPDX-License-Identifier: Apache-2.0
"""Bounding boxes and occlusion as rows, one for each instance."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from humanoid_brain.host.standalone.replicator.frame import Frame
from humanoid_brain.host.standalone.replicator.masks import FIRST
from humanoid_brain.host.standalone.replicator.semantics import InstanceTable, filter_of

BOX_2D = np.dtype(
    [
        ("semanticId", "<u4"),
        ("x_min", "<i4"),
        ("y_min", "<i4"),
        ("x_max", "<i4"),
        ("y_max", "<i4"),
        ("occlusionRatio", "<f4"),
    ]
)
BOX_3D = np.dtype(
    [
        ("semanticId", "<u4"),
        ("x_min", "<f4"),
        ("y_min", "<f4"),
        ("z_min", "<f4"),
        ("x_max", "<f4"),
        ("y_max", "<f4"),
        ("z_max", "<f4"),
        ("transform", "<f4", (4, 4)),
        ("occlusionRatio", "<f4"),
    ]
)
OCCLUSION = np.dtype([("instanceId", "<u4"), ("semanticId", "<u4"), ("occlusionRatio", "<f4")])


def bounding_box_2d_tight(frame: Frame, params: dict[str, Any]) -> dict[str, Any]:
    """Boxes, inclusive, of visible pixels; what is wholly hidden is left out."""
    table = frame.table(filter_of(params))
    boxes = [frame.tight_box(instance.shapes) for instance in table.instances]
    kept = [index for index, (pixels, _) in enumerate(boxes) if pixels]
    rows = [boxes[index][1] for index in kept]
    return _boxes(frame, table, kept, BOX_2D, lambda row: rows[row])


def bounding_box_2d_loose(frame: Frame, params: dict[str, Any]) -> dict[str, Any]:
    """Boxes, inclusive, of whole prims whatever hides them, cut at the image's border."""
    table = frame.table(filter_of(params))
    boxes = [frame.loose_box(instance.shapes) for instance in table.instances]
    kept = [index for index, box in enumerate(boxes) if box is not None]
    rows = [boxes[index] or () for index in kept]
    return _boxes(frame, table, kept, BOX_2D, lambda row: rows[row])


def bounding_box_3d(frame: Frame, params: dict[str, Any], everywhere: bool = False) -> dict[str, Any]:
    """Boxes in the object's frame, and that frame; of what is in the field of view, unless ``everywhere``."""
    table = frame.table(filter_of(params))
    instances = table.instances
    kept = [
        index
        for index, each in enumerate(instances)
        if each.shapes and (everywhere or frame.loose_box(each.shapes) is not None)
    ]
    boxes = [frame.box_3d(instances[index].path, instances[index].shapes) for index in kept]
    return _boxes(frame, table, kept, BOX_3D, lambda row: (*boxes[row][0].ravel(), boxes[row][1].T))


def occlusion(frame: Frame, params: dict[str, Any]) -> dict[str, Any]:
    """Share of each instance in view that others hide; ids are those of the segmentations."""
    table = frame.table(filter_of(params))
    rows = [
        (index + FIRST, table.semantic[index] + FIRST, share)
        for index, share in enumerate(_occlusion(frame, table, range(len(table.instances))))
        if not np.isnan(share)
    ]
    return {"data": np.array(rows, OCCLUSION)}


def _boxes(
    frame: Frame, table: InstanceTable, kept: list[int], dtype: np.dtype[Any], bounds: Callable[[int], tuple[Any, ...]]
) -> dict[str, Any]:
    """Rows of a box annotator for the instances ``kept``; ``bounds`` gives the fields of one but the first and last."""
    shares = _occlusion(frame, table, kept)
    rows = [(table.semantic[index], *bounds(row), shares[row]) for row, index in enumerate(kept)]
    return {
        "data": np.array(rows, dtype),
        "idToLabels": {int(table.semantic[index]): table.semantics[table.semantic[index]] for index in kept},
        "bboxIds": np.array(kept, np.uint32),
        "primPaths": [table.instances[index].path for index in kept],
    }


def _occlusion(frame: Frame, table: InstanceTable, kept: Sequence[int]) -> list[float]:
    """-1 for an instance with labelled prims below it, as in Replicator."""
    # Those of all that are in view at once, since the other annotators ask for theirs next.
    alone = [each.shapes for each in table.instances if not each.has_children and frame.loose_box(each.shapes)]
    frame.occlusion(alone)
    chosen = [table.instances[index] for index in kept]
    shares = iter(frame.occlusion([each.shapes for each in chosen if not each.has_children]))
    return [-1.0 if each.has_children else next(shares) for each in chosen]
