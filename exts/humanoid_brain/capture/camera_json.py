# SPDX-License-Identifier: Apache-2.0
"""Camera models as JSON."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from humanoid_brain.optics import CameraModel


def to_json(camera: CameraModel) -> dict[str, Any]:
    """All fields of the model by name; the pose as four rows."""
    values = {field.name: getattr(camera, field.name) for field in dataclasses.fields(camera)}
    values["world_from_camera"] = np.asarray(camera.world_from_camera, np.float64).tolist()
    for name in ("distortion", "aperture", "shutter"):
        values[name] = list(values[name])
    return values


def from_json(values: dict[str, Any]) -> CameraModel:
    """The inverse of :func:`to_json`.

    Raises:
        ValueError: A field is missing, unknown or of the wrong shape.
    """
    try:
        pose = np.asarray(values["world_from_camera"], np.float64).reshape(4, 4)
        lens = tuple(float(value) for value in values["distortion"])
        width, height = (float(value) for value in values["aperture"])
        # Older datasets have no shutter.
        opens, closes = (float(value) for value in values.get("shutter", (0.0, 0.0)))
        changed = {"world_from_camera": pose, "distortion": lens, "aperture": (width, height)}
        changed["shutter"] = (opens, closes)
        return CameraModel(**{**values, **changed})
    except (KeyError, TypeError) as error:
        raise ValueError(f"not a camera: {error}") from error
