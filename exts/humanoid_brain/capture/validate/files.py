# SPDX-License-Identifier: Apache-2.0
"""Look into one picture and its files: whether they are whole, show something, and fit the labels."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from humanoid_brain.capture import images
from humanoid_brain.capture.check import check_picture
from humanoid_brain.capture.findings import Finding
from humanoid_brain.capture.frame import FIRST_CLASS, UNLABELLED
from humanoid_brain.capture.validate.hashing import Look, look
from humanoid_brain.capture.validate.labels import audit
from humanoid_brain.capture.validate.source import FileFacts, Picture
from humanoid_brain.config.validation import ValidationConfig

Json = dict[str, Any]

_LARGEST = 1 << 28
"""Pixels of the largest picture whose masks are unpacked: a file that claims more would fill the memory."""
_FIELDS = {"depth", "distance"}
_DEPTHS = 512
"""Depths that are kept of a picture for the histogram."""


@dataclass
class Inspected:
    """What one picture yields: its findings, and small figures for the statistics."""

    key: str
    width: int
    height: int
    annotations: list[Json]
    findings: list[Finding] = field(default_factory=list)
    look: Look | None = None
    brightness: float | None = None
    depths: npt.NDArray[np.float32] | None = None
    unlabelled: float | None = None


def inspect(
    picture: Picture, categories: dict[Any, Json], config: ValidationConfig, *, must_have_objects: bool
) -> Inspected:
    """Read all files of a picture and check them.

    Args:
        picture: The picture.
        categories: Classes by id.
        config: Limits.
        must_have_objects: Whether a picture without objects is an error.
    """
    seen = Inspected(picture.key, picture.width, picture.height, picture.annotations, list(picture.flaws))
    for facts in picture.files:
        data = _read(facts, picture.key, seen.findings, config)
        if data is not None:
            _check_file(facts, data, picture, seen, config)
    if 0 < picture.width * picture.height <= _LARGEST:
        seen.findings += audit(picture, categories, config)
    elif picture.annotations:
        what = f"its size is {picture.width} x {picture.height}, so its labels cannot be checked"
        seen.findings.append(Finding("malformed", "error", what, picture.key, picture.key))
    if not picture.annotations and not any(flaw.code == "record" for flaw in picture.flaws):
        severity = "error" if must_have_objects else "note"
        seen.findings.append(Finding("label_free", severity, "has no object", picture.key, picture.key))
    return seen


def _read(facts: FileFacts, key: str, findings: list[Finding], config: ValidationConfig) -> bytes | None:
    """The file's content, unless it is not what was written."""
    where = f"{facts.path.parent.name}/{facts.path.name}"
    try:
        data = facts.path.read_bytes()
    except OSError as error:
        findings.append(Finding("missing_file", "error", f"cannot be read: {error.strerror}", where, key))
        return None
    if facts.bytes is not None and len(data) != facts.bytes:
        code = "truncated" if len(data) < facts.bytes else "checksum"
        findings.append(Finding(code, "error", f"has {len(data)} bytes, not {facts.bytes} as written", where, key))
        return None
    if config.checksums and facts.sha256 is not None and hashlib.sha256(data).hexdigest() != facts.sha256:
        findings.append(Finding("checksum", "error", "was changed: it does not have its checksum", where, key))
        return None
    return data


def _check_file(facts: FileFacts, data: bytes, picture: Picture, seen: Inspected, config: ValidationConfig) -> None:
    where = f"{facts.path.parent.name}/{facts.path.name}"
    if facts.output in ("points", "boxes_3d", "camera"):
        return
    try:
        grey = facts.output == "color"
        array = images.read_image(data, grey=True) if grey else images.decode(facts.output, data)
    except ValueError as error:
        code = "truncated" if "truncated" in str(error) else "unreadable"
        seen.findings.append(Finding(code, "error", str(error), where, picture.key))
        return
    if array.shape[:2] != (picture.height, picture.width):
        what = f"is {array.shape[1]} x {array.shape[0]} pixels, not {picture.width} x {picture.height}"
        seen.findings.append(Finding("size", "error", what, where, picture.key))
        return
    if facts.output == "color":
        _look(array, data, where, seen, config)
    elif facts.output in _FIELDS:
        seen.findings += _check_depth(array, where, picture.key, config)
        if facts.output == "depth":
            seen.depths = _sample(array)
    elif facts.output == "semantic":
        seen.unlabelled = float((array == UNLABELLED).mean())
        seen.findings += _check_semantic(array, seen.unlabelled, where, picture, config)
    elif facts.output == "instance":
        seen.findings += _check_instance(array, where, picture)


def _look(grey: npt.NDArray[np.uint8], data: bytes, where: str, seen: Inspected, config: ValidationConfig) -> None:
    flaws = check_picture(grey, where, black_level=config.black_level, blank_std=config.blank_std)
    seen.findings += [Finding(flaw.code, flaw.severity, flaw.what, where, seen.key) for flaw in flaws]
    seen.look = look(grey, data)
    seen.brightness = float(grey.mean())


def _check_depth(depth: npt.NDArray[np.float32], where: str, key: str, config: ValidationConfig) -> Iterator[Finding]:
    if np.isnan(depth).any():
        yield Finding("depth_not_finite", "error", "has values that are not a number", where, key)
        return
    hit = depth[np.isfinite(depth)]
    if not len(hit):
        yield Finding("depth_empty", "warning", "is infinite everywhere", where, key)
        return
    low, high = float(hit.min()), float(hit.max())
    nearest, farthest = config.depth_range
    if low < nearest or high > farthest:
        what = f"reaches from {low:.3g} to {high:.3g} m; plausible is {nearest:g} to {farthest:g} m"
        yield Finding("depth_range", "error" if low <= 0.0 else "warning", what, where, key)


def _check_semantic(
    mask: npt.NDArray[np.uint16], unlabelled: float, where: str, picture: Picture, config: ValidationConfig
) -> Iterator[Finding]:
    if unlabelled > config.unlabelled_share:
        what = f"{100 * unlabelled:.1f} % of the pixels show prims without a class"
        yield Finding("unlabelled_pixels", "warning", what, where, picture.key)
    if picture.annotations and not (mask >= FIRST_CLASS).any():
        yield Finding("masks_disagree", "error", "shows no class, yet there are annotations", where, picture.key)


def _check_instance(mask: npt.NDArray[np.uint16], where: str, picture: Picture) -> Iterator[Finding]:
    counts = np.bincount(mask.ravel())
    present = set(np.flatnonzero(counts).tolist()) - {0}
    listed = {item.get("instance") for item in picture.annotations}
    for number in sorted(present - listed):
        what = f"instance {number} has {counts[number]} pixels and no annotation"
        yield Finding("masks_disagree", "error", what, where, picture.key)
    for number in sorted(value for value in listed - present if isinstance(value, int)):
        what = f"instance {number} has an annotation and no pixels"
        yield Finding("masks_disagree", "error", what, where, picture.key)


def _sample(depth: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    flat = depth.ravel()
    thin = flat[:: max(1, len(flat) // _DEPTHS)]
    return thin[np.isfinite(thin)]


def read_color(path: Path) -> npt.NDArray[np.uint8] | None:
    """A picture for showing, 8 bits, blue, green, red; None if it cannot be read."""
    try:
        array = images.read_image(path.read_bytes(), grey=False)
    except (OSError, ValueError):
        return None
    if array.dtype != np.uint8:
        top = float(np.nanmax(np.where(np.isfinite(array), array, 0))) or 1.0
        array = np.clip(np.nan_to_num(array.astype(np.float32), posinf=top) * (255.0 / top), 0, 255).astype(np.uint8)
    if array.ndim == 2:
        array = np.repeat(array[..., None], 3, -1)
    return np.ascontiguousarray(array[..., :3])
