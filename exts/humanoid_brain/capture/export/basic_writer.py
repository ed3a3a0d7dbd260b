# SPDX-License-Identifier: Apache-2.0
"""The layout of Replicator's BasicWriter, one render product: all files in one folder, by kind and frame.

Masks are in colour, as the writer makes them by default: the JSON beside each names its colours. Matrices are for row
vectors, boxes include both ends.
"""

from __future__ import annotations

import colorsys
import io
import json
from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

from humanoid_brain.capture import images
from humanoid_brain.capture.dataset import Dataset
from humanoid_brain.capture.frame import FIRST_CLASS
from humanoid_brain.config.capture import DatasetConfig
from humanoid_brain.errors import DatasetError
from humanoid_brain.optics import CameraModel

Json = dict[str, Any]

_RATIO = ("occlusionRatio", "<f4")
_CORNERS = ("x_min", "y_min", "z_min", "x_max", "y_max", "z_max")
_BOX_2D = np.dtype([("semanticId", "<u4"), *((name, "<i4") for name in ("x_min", "y_min", "x_max", "y_max")), _RATIO])
_BOX_3D = np.dtype([("semanticId", "<u4"), *((name, "<f4") for name in _CORNERS), ("transform", "<f4", (4, 4)), _RATIO])
_OCCLUSION = np.dtype([("instanceId", "<u4"), ("semanticId", "<u4"), _RATIO])
_MODELS = {"pinhole": "pinhole", "opencv": "opencvPinhole", "fisheye": "opencvFisheye"}
_BACKGROUND, _UNLABELLED = (0, 0, 0, 0), (0, 0, 0, 255)
_GOLDEN_RATIO = 0.618033988749895


class BasicWriterLayout:
    """Files of a dataset as BasicWriter names them.

    Args:
        dataset: The dataset.
    """

    def __init__(self, dataset: Dataset) -> None:
        self._dataset = dataset
        self._names: dict[int, str] = {category["id"]: category["name"] for category in dataset.categories}

    def frame(self, record: Json) -> dict[str, bytes]:
        """All files of a frame that the dataset can fill."""
        end = f"{record['index']:04}"
        files: dict[str, bytes] = {}
        outputs = self._dataset.outputs
        if "color" in outputs:
            files[f"rgb_{end}.png"] = _rgba(_opaque(self._dataset.load(record, "color")))
        if "depth" in outputs:
            files[f"distance_to_image_plane_{end}.npy"] = _npy(self._dataset.load(record, "depth"))
        if "distance" in outputs:
            files[f"distance_to_camera_{end}.npy"] = _npy(self._dataset.load(record, "distance"))
        if "normals" in outputs:
            normals = self._dataset.load(record, "normals")
            files[f"normals_{end}.png"] = _rgba(_opaque(np.rint((normals * 0.5 + 0.5) * 255.0).astype(np.uint8)))
        if "motion" in outputs:
            motion = np.nan_to_num(self._dataset.load(record, "motion"))
            files[f"motion_vectors_{end}.npy"] = _npy(np.concatenate([motion, np.zeros_like(motion)], -1))
        if "points" in outputs:
            files[f"pointcloud_{end}.npy"] = _npy(self._dataset.load(record, "points"))
        if "semantic" in outputs:
            files |= self._semantic(record, end)
        if "instance" in outputs:
            files |= self._instance(record, end)
        if "camera" in outputs:
            files[f"camera_params_{end}.json"] = _json(camera_params(self._dataset.camera(record)))
        return files | self._boxes(record, end)

    def closing(self) -> dict[str, bytes]:
        """The writer's ``metadata.txt``."""
        return {"metadata.txt": _json({"category": "BasicWriter", "annotators": self._dataset.outputs})}

    def _semantic(self, record: Json, end: str) -> dict[str, bytes]:
        classes = [{"class": self._names[i]} for i in sorted(self._names)]
        labels = [{"class": "BACKGROUND"}, {"class": "UNLABELLED"}, *classes]
        table = _palette(len(labels), FIRST_CLASS)
        mask = self._dataset.load(record, "semantic")
        if int(mask.max()) >= len(labels):
            raise DatasetError(
                f"the semantic mask has the value {int(mask.max())}, and the classes end at {len(labels) - 1}",
                where=str(self._dataset.file(record, "semantic")),
                todo="Inspect the dataset with validate-dataset",
            )
        present = np.unique(mask).tolist()
        return {
            f"semantic_segmentation_{end}.png": _rgba(table[mask]),
            f"semantic_segmentation_labels_{end}.json": _json({_color(table[i]): labels[i] for i in present}),
        }

    def _instance(self, record: Json, end: str) -> dict[str, bytes]:
        mask = self._dataset.load(record, "instance")
        numbers, places = np.unique(mask, return_inverse=True)
        has_background = int(numbers[0] == 0)
        table = _palette(len(numbers), has_background)
        known = {item["instance"]: item for item in record["objects"]}
        paths, classes = {}, {}
        for place, number in enumerate(numbers.tolist()):
            item = known.get(number)
            name = self._names[item["category_id"]] if item else "BACKGROUND" if number == 0 else "UNLABELLED"
            paths[_color(table[place])] = item["prim_path"] if item else name
            classes[_color(table[place])] = {"class": name}
        return {
            f"instance_segmentation_{end}.png": _rgba(table[places.reshape(mask.shape)]),
            f"instance_segmentation_mapping_{end}.json": _json(paths),
            f"instance_segmentation_semantics_mapping_{end}.json": _json(classes),
        }

    def _boxes(self, record: Json, end: str) -> dict[str, bytes]:
        files: dict[str, bytes] = {}
        for kind, key in (("2d_tight", "bbox"), ("2d_loose", "bbox_loose")):
            items = [item for item in record["objects"] if item[key] is not None]
            files |= self._box_files(kind, items, (self._box_2d(item, item[key]) for item in items), _BOX_2D, end)
        items = [item for item in record["objects"] if "box_3d" in item]
        files |= self._box_files("3d", items, map(self._box_3d, items), _BOX_3D, end)
        rows = [(i["instance"], self._semantic_id(i), i["occlusion"]) for i in record["objects"]]
        files[f"occlusion_{end}.npy"] = _npy(np.array(rows, _OCCLUSION))
        return files

    def _box_files(
        self, kind: str, items: list[Json], rows: Iterable[tuple[Any, ...]], dtype: np.dtype[Any], end: str
    ) -> dict[str, bytes]:
        labels = {str(self._semantic_id(item)): {"class": self._names[item["category_id"]]} for item in items}
        return {
            f"bounding_box_{kind}_{end}.npy": _npy(np.array(list(rows), dtype)),
            f"bounding_box_{kind}_labels_{end}.json": _json(labels),
            f"bounding_box_{kind}_prim_paths_{end}.json": _json([item["prim_path"] for item in items]),
        }

    def _box_2d(self, item: Json, box: list[int]) -> tuple[Any, ...]:
        x, y, w, h = box
        return self._semantic_id(item), x, y, x + w - 1, y + h - 1, item["occlusion"]

    def _box_3d(self, item: Json) -> tuple[Any, ...]:
        box = item["box_3d"]
        transform = np.array(box["world_from_object"]).T
        return self._semantic_id(item), *box["min"], *box["max"], transform, item["occlusion"]

    def _semantic_id(self, item: Json) -> int:
        return item["category_id"] - 1


def camera_params(camera: CameraModel) -> Json:
    """The annotator's values; projection with reversed depth, 1 at the near and 0 at the far plane."""
    near, far = camera.near, camera.far
    width, height = camera.width, camera.height
    projection = np.zeros((4, 4))
    projection[0, 0], projection[1, 1] = 2 * camera.fx / width, 2 * camera.fy / height
    projection[2] = [1 - 2 * camera.cx / width, 2 * camera.cy / height - 1, near / (far - near), -1.0]
    projection[3, 2] = far * near / (far - near)
    view = np.linalg.inv(camera.world_from_camera).T
    offset = [
        (width / 2 - camera.cx) / width * camera.aperture[0],
        (camera.cy - height / 2) / height * camera.aperture[1],
    ]
    return {
        "cameraAperture": list(camera.aperture),
        "cameraApertureOffset": offset,
        "cameraFisheyeLensP": [],
        "cameraFisheyeLensS": [],
        "cameraFisheyeMaxFOV": 0.0,
        "cameraFisheyeNominalHeight": 0,
        "cameraFisheyeNominalWidth": 0,
        "cameraFisheyeOpticalCentre": [0.0, 0.0],
        "cameraFisheyePolynomial": [0.0] * 5,
        "cameraFocalLength": camera.focal_length,
        "cameraFocusDistance": camera.focus_distance,
        "cameraFStop": camera.f_stop,
        "cameraModel": _MODELS[camera.kind],
        "cameraNearFar": [near, far],
        "cameraProjection": projection.ravel().tolist(),
        "cameraViewTransform": view.ravel().tolist(),
        "metersPerSceneUnit": 1.0,
        "renderProductResolution": [width, height],
    }


def _palette(count: int, reserved: int) -> npt.NDArray[np.uint8]:
    """Colours (count, 4) that differ well; the first stand for background and what has no class."""
    table = np.zeros((count, 4), np.uint8)
    table[:reserved] = [_BACKGROUND, _UNLABELLED][:reserved]
    for number in range(reserved, count):
        hue, ring = number * _GOLDEN_RATIO % 1.0, number // 32 % 4
        rgb = colorsys.hsv_to_rgb(hue, 0.9 - 0.15 * ring, 0.95 - 0.1 * (number // 128 % 4))
        table[number] = [*(round(255 * value) for value in rgb), 255]
    return table


def _color(value: npt.NDArray[np.uint8]) -> str:
    return str(tuple(value.tolist()))


def _opaque(rgb: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    return np.concatenate([rgb, np.full((*rgb.shape[:2], 1), 255, np.uint8)], -1)


def _rgba(array: npt.NDArray[np.uint8]) -> bytes:
    return images.encode("rgba", array[..., [2, 1, 0, 3]], DatasetConfig())


def _npy(array: npt.NDArray[Any]) -> bytes:
    stream = io.BytesIO()
    np.save(stream, array, allow_pickle=False)
    return stream.getvalue()


def _json(value: object) -> bytes:
    return (json.dumps(value, allow_nan=False) + "\n").encode()
