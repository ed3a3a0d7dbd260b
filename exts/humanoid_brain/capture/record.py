# SPDX-License-Identifier: Apache-2.0
"""From a frame to its record: the small JSON file that says what the frame's labels and files are."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from humanoid_brain.capture import camera_json, rle
from humanoid_brain.capture.frame import Box2d, Frame, ObjectLabel
from humanoid_brain.errors import DatasetError

Json = dict[str, Any]


def describe(frame: Frame, categories: list[Json]) -> str:
    """All of a frame but its arrays, as JSON.

    Args:
        frame: The frame.
        categories: From :func:`humanoid_brain.capture.description.coco_categories`.

    Raises:
        DatasetError: An object has a class that the dataset does not have or another number of keypoints, two objects
            are the same instance, or a value is none that JSON has, such as a place that is not a number.
    """
    known = {category["name"]: category for category in categories}
    numbers = [label.instance for label in frame.objects]
    if twice := {number for number in numbers if numbers.count(number) > 1}:
        raise DatasetError(f"two objects are instance {min(twice)}", where=f"frame {frame.index}")
    value = {
        "index": frame.index,
        "camera": camera_json.to_json(frame.camera),
        "objects": [_object(label, known, frame.index) for label in frame.objects],
        "randomization": dict(frame.randomization),
    }
    try:
        return json.dumps(value, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise DatasetError(
            f"a label or draw is no value that JSON has: {error}", where=f"frame {frame.index}"
        ) from error


def _object(label: ObjectLabel, known: Mapping[str, Json], index: int) -> Json:
    where = f"frame {index}, {label.prim_path}"
    category = known.get(label.category)
    if category is None:
        raise DatasetError(
            f"'{label.category}' is no class of this dataset",
            where=where,
            todo=f"Label the prim with one of: {', '.join(known)}",
        )
    out: Json = {
        "instance": label.instance,
        "category_id": category["id"],
        "prim_path": label.prim_path,
        "occlusion": float(label.occlusion),
        "bbox": _coco_box(label.box_tight),
        "bbox_loose": _coco_box(label.box_loose),
    }
    if label.box_3d is not None:
        out["box_3d"] = {
            "min": [float(value) for value in label.box_3d.minimum],
            "max": [float(value) for value in label.box_3d.maximum],
            "world_from_object": np.asarray(label.box_3d.world_from_object, np.float64).tolist(),
        }
    if label.keypoints is not None:
        names = category["keypoints"]
        if label.keypoints.shape != (len(names), 3):
            raise DatasetError(
                f"'{label.category}' has {len(names)} keypoints, not {list(label.keypoints.shape)}", where=where
            )
        out["keypoints"], out["num_keypoints"] = _keypoints(label.keypoints)
    return out


def _coco_box(box: Box2d | None) -> list[int] | None:
    """[x, y, width, height] of a box whose both ends are inside."""
    return None if box is None else [int(v) for v in (box[0], box[1], box[2] - box[0] + 1, box[3] - box[1] + 1)]


def _keypoints(points: npt.NDArray[np.float64]) -> tuple[list[float], int]:
    """COCO's flat list; a keypoint that is not labelled stands at 0, 0."""
    labelled = points[:, 2] > 0
    places = np.where(labelled[:, None], points[:, :2], 0.0).round(3)
    flat: list[float] = []
    for (u, v), seen in zip(places.tolist(), points[:, 2].tolist(), strict=True):
        flat += [u, v, int(seen)]
    return flat, int(labelled.sum())


def add_masks(objects: list[Json], instance: npt.NDArray[np.uint16] | None) -> None:
    """Add ``area`` and ``segmentation`` to each visible object; without masks the area is that of the box."""
    counts = None if instance is None else np.bincount(instance.ravel())
    for item in objects:
        box = item["bbox"]
        if box is None:
            continue
        if instance is None or counts is None:
            item["area"] = box[2] * box[3]
            continue
        number = item["instance"]
        item["area"] = int(counts[number]) if number < len(counts) else 0
        left, top = max(box[0], 0), max(box[1], 0)
        mask = instance[top : max(box[1] + box[3], 0), left : max(box[0] + box[2], 0)] == number
        if int(mask.sum()) != item["area"]:  # the box cuts its object: keep the whole mask, for the inspection to see
            left = top = 0
            mask = instance == number
        item["segmentation"] = {
            "size": list(instance.shape),
            "counts": rle.encode(mask, (top, left), (instance.shape[0], instance.shape[1])),
        }
