# SPDX-License-Identifier: Apache-2.0
"""Pictures of the report: small copies, labels drawn over a picture, the map of positions."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from humanoid_brain.capture.drawing import Color, Image, KeypointStyle, draw_box, draw_keypoints
from humanoid_brain.capture.validate.files import read_color
from humanoid_brain.capture.validate.labels import mask_of
from humanoid_brain.capture.validate.source import Picture

Json = dict[str, Any]
Box = tuple[float, float, float, float]

_SMALL, _LARGE = 192, 640
_MARK = (40, 40, 220)
_COLORS = (
    (179, 109, 47),
    (26, 87, 194),
    (87, 139, 46),
    (150, 60, 130),
    (0, 120, 160),
    (110, 110, 20),
    (120, 60, 190),
    (60, 80, 110),
)
"""Blue, green, red; dark enough for white letters."""
_KEYPOINTS = KeypointStyle(bone=(255, 255, 255), seen=(60, 160, 40), hidden=(40, 140, 240), ring=(255, 255, 255))


def small(picture: Picture) -> str | None:
    """A small copy as a data URL; None if the picture cannot be read."""
    image = read_color(picture.files[0].path) if picture.files else None
    return None if image is None else _jpeg(_resize(image, _SMALL)[0])


def overlay(picture: Picture, categories: dict[Any, Json], marks: list[Box]) -> str | None:
    """The picture with its labels drawn in and places marked, as a data URL; None if it cannot be read."""
    canvas = drawn(picture, categories, marks)
    return None if canvas is None else _jpeg(canvas)


def drawn(
    picture: Picture, categories: dict[Any, Json], marks: Sequence[Box] = (), width: int = _LARGE
) -> Image | None:
    """The picture [H, W, 3], BGR, ``width`` pixels wide, with its labels drawn in; None if it cannot be read."""
    image = read_color(picture.files[0].path) if picture.files else None
    if image is None:
        return None
    canvas, scale = _resize(image, width)
    fits = image.shape[:2] == (picture.height, picture.width)
    for item in picture.annotations:
        color = _color(item.get("category_id"), list(categories))
        if fits:
            _draw_mask(canvas, item, picture, color)
        _draw_box(canvas, item.get("bbox"), scale, color, 1)
    for item in picture.annotations:
        category = categories.get(item.get("category_id"), {})
        _draw_keypoints(canvas, item, category, scale)
        _draw_name(
            canvas, item, str(category.get("name", "?")), scale, _color(item.get("category_id"), list(categories))
        )
    for mark in marks:
        _draw_box(canvas, list(mark), scale, _MARK, 3)
    return canvas


def heat_map(grid: npt.NDArray[np.float64]) -> str:
    """How often boxes cover each place, as a data URL: white is never, dark blue most often."""
    share = grid / max(1.0, float(grid.max()))
    low, high = np.array([250.0, 247.0, 245.0]), np.array([107.0, 60.0, 20.0])
    image = (low + (high - low) * share[..., None]).astype(np.uint8)
    return _png(np.kron(image, np.ones((8, 8, 1), np.uint8)))


def _draw_mask(canvas: Image, item: Json, picture: Picture, color: Color) -> None:
    import cv2

    try:
        mask = mask_of(item, picture.width, picture.height)
    except ValueError:
        return
    if mask is None:
        return
    size = (canvas.shape[1], canvas.shape[0])
    large = cv2.resize(mask.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST)
    area = large.astype(bool)
    canvas[area] = (0.62 * canvas[area] + 0.38 * np.array(color)).astype(np.uint8)
    outlines, _ = cv2.findContours(large, cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
    cv2.drawContours(canvas, outlines, -1, color, 1, cv2.LINE_AA)


def _draw_box(canvas: Image, box: Any, scale: float, color: Color, thickness: int) -> None:
    corners = _corners(box, scale)
    if corners is not None:
        draw_box(canvas, *corners, color, thickness)


def _draw_keypoints(canvas: Image, item: Json, category: Json, scale: float) -> None:
    flat, names = item.get("keypoints"), category.get("keypoints") or []
    if not isinstance(flat, list) or len(flat) != 3 * len(names):
        return
    try:
        points = np.array(flat, float).reshape(-1, 3)
    except (TypeError, ValueError):
        return
    if not np.isfinite(points).all():
        return
    points[:, :2] = np.clip(points[:, :2] * scale, -1e4, 1e4)
    pairs = [pair for pair in category.get("skeleton") or [] if _is_pair(pair, len(names))]
    draw_keypoints(canvas, points, [(a - 1, b - 1) for a, b in pairs], _KEYPOINTS)


def _draw_name(canvas: Image, item: Json, name: str, scale: float, color: Color) -> None:
    import cv2

    corners = _corners(item.get("bbox"), scale)
    if corners is None:
        return
    text = "".join(letter if " " <= letter <= "~" else "?" for letter in name[:24])
    (width, height), _ = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, 0.4, 1)
    left = int(np.clip(corners[0][0], 0, max(0, canvas.shape[1] - width - 6)))
    bottom = int(np.clip(corners[0][1], height + 6, canvas.shape[0]))
    cv2.rectangle(canvas, (left, bottom - height - 6), (left + width + 6, bottom), color, -1)
    cv2.putText(canvas, text, (left + 3, bottom - 4), cv2.FONT_HERSHEY_SIMPLEX, 0.4, (255, 255, 255), 1, cv2.LINE_AA)


def _corners(box: Any, scale: float) -> tuple[tuple[int, int], tuple[int, int]] | None:
    """First and last pixel of a box on the canvas."""
    try:
        x, y, w, h = (float(value) * scale for value in box)
    except (TypeError, ValueError):
        return None
    if not np.isfinite([x, y, w, h]).all():
        return None
    x0, y0, x1, y1 = (round(value) for value in np.clip([x, y, x + w - 1, y + h - 1], -1e4, 1e4).tolist())
    return (x0, y0), (x1, y1)


def _is_pair(pair: Any, count: int) -> bool:
    return isinstance(pair, list) and len(pair) == 2 and all(isinstance(end, int) and 0 < end <= count for end in pair)


def _color(category: Any, order: list[Any]) -> Color:
    """A colour per class."""
    return _COLORS[order.index(category) % len(_COLORS)] if category in order else (90, 90, 90)


def _resize(image: Image, width: int) -> tuple[Image, float]:
    import cv2

    scale = width / image.shape[1]
    size = (width, max(1, round(image.shape[0] * scale)))
    way = cv2.INTER_AREA if scale < 1.0 else cv2.INTER_NEAREST
    return np.ascontiguousarray(cv2.resize(image, size, interpolation=way)).astype(np.uint8), scale


def _jpeg(image: Image) -> str:
    import cv2

    data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 82])[1].tobytes()
    return f"data:image/jpeg;base64,{base64.b64encode(data).decode()}"


def _png(image: Image) -> str:
    import cv2

    return f"data:image/png;base64,{base64.b64encode(cv2.imencode('.png', image)[1].tobytes()).decode()}"
