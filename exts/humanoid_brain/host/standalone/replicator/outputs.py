# SPDX-License-Identifier: Apache-2.0
"""The annotators that there are, with the data types and parameters of ``omni.replicator.core`` 1.12.

Data is a flat dict: the array, where there is one, is "data"; the rest is what Replicator calls info.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from humanoid_brain.host.standalone.replicator import images, masks
from humanoid_brain.host.standalone.replicator.box_outputs import (
    BOX_2D,
    BOX_3D,
    OCCLUSION,
    bounding_box_2d_loose,
    bounding_box_2d_tight,
    bounding_box_3d,
    occlusion,
)
from humanoid_brain.host.standalone.replicator.camera_params import camera_params
from humanoid_brain.host.standalone.replicator.frame import Frame

Data = dict[str, Any]
Params = dict[str, Any]

_SEMANTICS = frozenset({"semanticTypes", "semanticFilter"})
_MASK = _SEMANTICS | {"colorize"}


@dataclass(frozen=True)
class Output:
    """One kind of annotator.

    Attributes:
        compute: From a frame and the annotator's parameters to its data.
        dtype: Of the array; None when there is none.
        params: Names of the parameters that it takes.
        on_gpu: Whether its data may go to the GPU.
        needs_picture: Whether the frame must be drawn in colour.
        needs_past: Whether it compares with the frame before.
        needs_surfaces: Whether it tells where in the world a surface is, or which way it faces.
    """

    compute: Callable[[Frame, Params], Data]
    dtype: np.dtype[Any] | None
    params: frozenset[str] = frozenset()
    on_gpu: bool = True
    needs_picture: bool = False
    needs_past: bool = False
    needs_surfaces: bool = False


def _as_json(compute: Callable[[Frame, Params], Data]) -> Callable[[Frame, Params], Data]:
    """Replicator passes the tables of these annotators through JSON, which makes text of their keys."""

    def converted(frame: Frame, params: Params) -> Data:
        data = compute(frame, params)
        tables = {name: value for name, value in data.items() if isinstance(value, dict)}
        return data | {name: {str(key): value for key, value in table.items()} for name, table in tables.items()}

    return converted


def _catalogue() -> dict[str, Output]:
    u1, u4, f4 = np.dtype(np.uint8), np.dtype(np.uint32), np.dtype(np.float32)
    found = {
        "rgb": Output(images.rgb, u1, needs_picture=True),
        "distance_to_camera": Output(images.distance_to_camera, f4),
        "distance_to_image_plane": Output(images.distance_to_image_plane, f4),
        "normals": Output(images.normals, f4, needs_surfaces=True),
        "motion_vectors": Output(images.motion_vectors, f4, needs_past=True, needs_surfaces=True),
        "occlusion": Output(occlusion, OCCLUSION, _SEMANTICS),
        "camera_params": Output(camera_params, None),
        "semantic_segmentation": Output(_as_json(masks.semantic_segmentation), u4, _MASK),
        "pointcloud": Output(
            images.pointcloud, f4, _SEMANTICS | {"includeUnlabelled"}, needs_picture=True, needs_surfaces=True
        ),
    }
    found |= {"LdrColor": found["rgb"], "CameraParams": found["camera_params"]}
    found["MotionVectors"] = found["motion_vectors"]
    doubled: dict[str, tuple[Callable[[Frame, Params], Data], np.dtype[Any], frozenset[str], bool]] = {
        "instance_segmentation": (masks.instance_segmentation, u4, _MASK, True),
        "instance_id_segmentation": (masks.instance_id_segmentation, u4, frozenset({"colorize"}), True),
        "bounding_box_2d_tight": (bounding_box_2d_tight, BOX_2D, _SEMANTICS, False),
        "bounding_box_2d_loose": (bounding_box_2d_loose, BOX_2D, _SEMANTICS, False),
        "bounding_box_3d": (bounding_box_3d, BOX_3D, _SEMANTICS, False),
    }
    for name, (compute, dtype, params, on_gpu) in doubled.items():
        found[f"{name}_fast"] = Output(compute, dtype, params, on_gpu)
        found[name] = Output(_as_json(compute), dtype, params, on_gpu)
    everywhere = partial(bounding_box_3d, everywhere=True)
    found["bounding_box_3d_360"] = Output(everywhere, BOX_3D, _SEMANTICS, on_gpu=False)
    return found


OUTPUTS = _catalogue()
"""Every annotator by its name."""
