# SPDX-License-Identifier: Apache-2.0
"""The label audit: whether boxes, masks and keypoints of a picture make sense, and agree."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from humanoid_brain.capture import rle
from humanoid_brain.capture.findings import Finding
from humanoid_brain.capture.validate.source import Picture
from humanoid_brain.config.validation import ValidationConfig

Json = dict[str, Any]
Mask = npt.NDArray[np.bool_]

_NEAR = 0.03
"""Share of an object's diagonal by which a visible keypoint may lie beside its mask: joints are inside the body."""
_FAR = 1e6
"""Pixels beyond which an outline is cut off."""


def audit(picture: Picture, categories: dict[Any, Json], config: ValidationConfig) -> Iterator[Finding]:
    """All flaws of a picture's annotations.

    Args:
        picture: The picture; its size must be known.
        categories: Classes by id.
        config: Tolerances.
    """
    for item in picture.annotations:
        where = f"{picture.key}, annotation {item.get('id', item.get('instance', '?'))}"
        category = categories.get(item.get("category_id"))
        if category is None:
            yield Finding(
                "unknown_category", "error", f"class {item.get('category_id')!r} is not listed", where, picture.key
            )
            continue
        where = f"{where} ({category['name']})"
        box = _box(item)
        if box is None:
            yield Finding("malformed", "error", f"its box is {item.get('bbox')!r}", where, picture.key)
            continue
        for finding in _check(item, category, box, picture, config):
            yield Finding(finding.code, finding.severity, finding.what, where, picture.key, box)


def mask_of(item: Json, width: int, height: int) -> Mask | None:
    """The mask (H, W) of an annotation, from runs or polygons; None if it has none.

    Raises:
        ValueError: The mask is damaged or of another size.
    """
    value = item.get("segmentation")
    if not value:
        return None
    if isinstance(value, dict):
        try:
            size = [int(number) for number in value["size"]]
            if size != [height, width]:
                raise ValueError(f"its mask is {size[1]} x {size[0]} pixels in a picture of {width} x {height}")
            return rle.decode(value)
        except (KeyError, TypeError, OverflowError, IndexError) as error:
            raise ValueError(f"its mask cannot be read: {error!r}") from error
    return _from_polygons(value, width, height)


def _check(
    item: Json, category: Json, box: tuple[float, float, float, float], picture: Picture, config: ValidationConfig
) -> Iterator[Finding]:
    x, y, w, h = box
    if w <= 0 or h <= 0:
        yield Finding("box_empty", "error", f"its box has no area: {w:g} x {h:g}")
        return
    over = max(-x, -y, x + w - picture.width, y + h - picture.height)
    if over > config.box_tolerance:
        yield Finding("box_outside", "error", f"its box leaves the picture by {over:g} pixels")
    area = item.get("area", w * h)
    if isinstance(area, int | float) and area < config.minimum_area:
        yield Finding("tiny", "note", f"{area:g} pixels can be seen of it")
    mask: Mask | None = None
    try:
        mask = mask_of(item, picture.width, picture.height)
    except ValueError as error:
        yield Finding("mask_damaged", "error", str(error))
    if mask is not None:
        yield from _check_mask(item, mask, box, config)
    if item.get("keypoints"):
        yield from _check_keypoints(item, category, mask, box, config)


def _check_mask(
    item: Json, mask: Mask, box: tuple[float, float, float, float], config: ValidationConfig
) -> Iterator[Finding]:
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    if not len(rows):
        yield Finding("mask_empty", "error", "its mask has no pixel")
        return
    own = np.array([columns[0], rows[0], columns[-1] + 1, rows[-1] + 1], float)
    x, y, w, h = box
    apart = float(np.abs(own - [x, y, x + w, y + h]).max())
    if apart > config.box_tolerance:
        yield Finding("mask_box", "error", f"its box and the extent of its mask are {apart:g} pixels apart")
    pixels, area = int(mask.sum()), item.get("area")
    # Polygons have no exact pixel count, and cover at least their outline once they are drawn.
    slack = 0 if isinstance(item["segmentation"], dict) else 0.1 * pixels + 2 * (own[2] - own[0] + own[3] - own[1])
    if isinstance(area, int | float) and abs(area - pixels) > slack:
        yield Finding("mask_area", "warning", f"its area is {area:g}, its mask has {pixels} pixels")


def _check_keypoints(
    item: Json, category: Json, mask: Mask | None, box: tuple[float, float, float, float], config: ValidationConfig
) -> Iterator[Finding]:
    names = category.get("keypoints") or []
    flat = item["keypoints"]
    if not isinstance(flat, list) or len(flat) != 3 * len(names) or not all(_is_number(value) for value in flat):
        yield Finding("keypoint_count", "error", f"its keypoints are not {len(names)} times u, v and visibility")
        return
    points = np.array(flat, float).reshape(-1, 3)
    if "num_keypoints" in item and item["num_keypoints"] != int((points[:, 2] > 0).sum()):
        yield Finding("keypoint_count", "warning", f"num_keypoints is {item['num_keypoints']}, which is not true")
    x, y, w, h = box
    diagonal = math.hypot(w, h)
    margin = config.keypoint_margin * diagonal
    for name, (u, v, seen) in zip(names, points.tolist(), strict=True):
        if seen != 2:
            continue
        if not (x - margin <= u <= x + w + margin and y - margin <= v <= y + h + margin):
            yield Finding("keypoint_off", "error", f"{name} counts as visible and lies far outside its box")
        elif mask is not None and not _near(mask, u, v, max(1.0, _NEAR * diagonal)):
            yield Finding("keypoint_off", "warning", f"{name} counts as visible and does not lie on its mask")


def _near(mask: Mask, u: float, v: float, radius: float) -> bool:
    """Whether the mask has a pixel within a square around a place."""
    top, left = max(0, math.floor(v - radius)), max(0, math.floor(u - radius))
    return bool(mask[top : math.floor(v + radius) + 1, left : math.floor(u + radius) + 1].any())


def _box(item: Json) -> tuple[float, float, float, float] | None:
    box = item.get("bbox")
    if not isinstance(box, list) or len(box) != 4 or not all(_is_number(value) for value in box):
        return None
    return float(box[0]), float(box[1]), float(box[2]), float(box[3])


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _from_polygons(polygons: Any, width: int, height: int) -> Mask:
    import cv2

    mask = np.zeros((height, width), np.uint8)
    for polygon in polygons if isinstance(polygons, list) else [None]:
        flat = polygon if isinstance(polygon, list) else [None]
        if len(flat) < 6 or len(flat) % 2 or not all(map(_is_number, flat)):
            raise ValueError("its outline is no list of at least three points")
        # Pixel (0, 0) covers 0 to 1; OpenCV counts from pixel centres, in sixteenths.
        outline = np.clip(np.array(flat, float).reshape(-1, 2), -_FAR, _FAR) - 0.5
        points = np.rint(outline * 16.0).astype(np.int32)
        cv2.fillPoly(mask, [points], (1,), shift=4)
    return mask.astype(bool)
