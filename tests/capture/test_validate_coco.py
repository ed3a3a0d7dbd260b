# SPDX-License-Identifier: Apache-2.0
"""Datasets of other tools under inspection."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from humanoid_brain.capture import rle
from humanoid_brain.errors import DatasetError
from tests.capture.conftest import found, inspect
from tests.capture.synthetic import frame


@pytest.fixture
def foreign(tmp_path: Path) -> Path:
    """Four JPEGs and annotations with polygons, as labelling tools write them, in COCO's own folder names."""
    folder = tmp_path / "foreign"
    (folder / "val2017").mkdir(parents=True)
    (folder / "annotations").mkdir()
    images, annotations = [], []
    for index in range(4):
        picture = frame(index)
        assert picture.color is not None
        assert picture.instance is not None
        name = f"{index:012d}.jpg"
        cv2.imwrite(str(folder / "val2017" / name), picture.color[..., ::-1])
        images.append({"id": 100 + index, "file_name": name, "width": 96, "height": 72})
        for label in picture.objects:
            if label.box_tight is None or label.occlusion > 0.0:
                continue
            x0, y0, x1, y1 = label.box_tight
            mask = (picture.instance == label.instance).astype(np.uint8)
            outline = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)[0][0].reshape(-1, 2) + 0.5
            annotations.append(
                {
                    "id": len(annotations),
                    "image_id": 100 + index,
                    "category_id": 18 if label.category == "person" else 44,
                    "bbox": [x0, y0, x1 - x0 + 1, y1 - y0 + 1],
                    "area": float(mask.sum()),
                    "segmentation": [outline.ravel().tolist()],
                    "iscrowd": 0,
                }
            )
    categories = [{"id": 18, "name": "person"}, {"id": 44, "name": "crate"}]
    content = {"images": images, "annotations": annotations, "categories": categories}
    (folder / "annotations" / "instances_val2017.json").write_text(json.dumps(content))
    return folder


def edit(folder: Path, change: Callable[[dict[str, Any]], None]) -> None:
    path = folder / "annotations" / "instances_val2017.json"
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))


def test_a_good_dataset_of_another_tool_has_no_finding(foreign: Path, tmp_path: Path) -> None:
    verdict, report = inspect(foreign, tmp_path)
    assert found(report) == {}
    assert verdict.pictures == 4
    assert verdict.objects > 4


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda c: c["images"][0].update(file_name="../../secret.jpg"), "error path_outside"),
        (lambda c: c["images"][0].update(file_name="/etc/passwd"), "error path_outside"),
        (lambda c: c["images"][0].update(file_name="gone.jpg"), "error missing_file"),
        (lambda c: c["images"][0].update(width=97), "error size"),
        (lambda c: c["images"][0].update(width=10**9, height=10**9), "error malformed"),
        (lambda c: c["images"][0].pop("width"), "error malformed"),
        (lambda c: c["images"][0].update(id=[1]), "error malformed"),
        (lambda c: c["images"][1].update(id=100), "error duplicate_id"),
        (lambda c: c["annotations"][0].update(image_id=7), "error unknown_image"),
        (lambda c: c["annotations"][0].update(category_id=7), "error unknown_category"),
        (lambda c: c["annotations"][0].update(id=1), "error duplicate_id"),
        (lambda c: c["annotations"][0].update(bbox=[1, 2, 0, 5]), "error box_empty"),
        (lambda c: c["annotations"][0].update(bbox=[90, 2, 20, 5]), "error box_outside"),
        (lambda c: c["annotations"][0].update(bbox=["a", 2, 20, 5]), "error malformed"),
        (lambda c: c["annotations"][0].update(bbox=[1e400, 2, 20, 5]), "error malformed"),
        (lambda c: c["annotations"][0].update(area=6000), "warning mask_area"),
        (lambda c: c["annotations"][0].update(segmentation=[[1, 2, 3]]), "error mask_damaged"),
        (lambda c: c["annotations"][0].update(segmentation={"size": [72, 96], "counts": "zzz"}), "error mask_damaged"),
        (lambda c: c["annotations"][0].update(segmentation={"size": [7, 9], "counts": [63]}), "error mask_damaged"),
        (lambda c: c["annotations"][0].update(segmentation={"size": [72, 96], "counts": [6912]}), "error mask_empty"),
        (lambda c: c["annotations"][0].update(keypoints=[1, 2, 2]), "error keypoint_count"),
        (lambda c: c["annotations"].append(7), "error malformed"),
        (lambda c: c["categories"].append({"id": 3, "name": "ghost"}), "warning absent_class"),
    ],
)
def test_flaws_in_a_dataset_of_another_tool_are_found(
    foreign: Path, tmp_path: Path, change: Callable[[dict[str, Any]], None], code: str
) -> None:
    edit(foreign, change)
    _, report = inspect(foreign, tmp_path)
    assert found(report).get(code, 0) >= 1


def test_run_length_masks_of_other_tools_are_checked_too(foreign: Path, tmp_path: Path) -> None:
    def change(content: dict[str, Any]) -> None:
        mask = np.zeros((72, 96), bool)
        mask[3:20, 5:30] = True
        content["annotations"][0] |= {"bbox": [5, 3, 25, 17], "area": 425}
        content["annotations"][0]["segmentation"] = {"size": [72, 96], "counts": rle.encode(mask)}

    edit(foreign, change)
    assert found(inspect(foreign, tmp_path)[1]) == {}
    edit(foreign, lambda c: c["annotations"][0].update(bbox=[5, 3, 25, 20]))
    assert found(inspect(foreign, tmp_path)[1]) == {"error mask_box": 1}


def test_pictures_may_lie_elsewhere(foreign: Path, tmp_path: Path) -> None:
    shutil.move(foreign / "val2017", tmp_path / "pictures")
    file = foreign / "annotations" / "instances_val2017.json"
    assert inspect(file, tmp_path)[0].errors == 4
    assert inspect(file, tmp_path, images=tmp_path / "pictures")[0].errors == 0


def test_a_picture_without_objects_is_a_note_where_negatives_are_usual(foreign: Path, tmp_path: Path) -> None:
    edit(foreign, lambda c: c.update(annotations=[a for a in c["annotations"] if a["image_id"] != 100]))
    verdict, report = inspect(foreign, tmp_path)
    assert found(report)["note label_free"] == 1
    assert verdict.exit_code == 0


@pytest.mark.parametrize("text", ["", "[]", '{"images": 3, "annotations": [], "categories": []}', "\xff"])
def test_what_is_no_dataset_is_a_clear_error(tmp_path: Path, text: str) -> None:
    path = tmp_path / "annotations.json"
    path.write_text(text, encoding="latin-1")
    with pytest.raises(DatasetError, match=r"annotations\.json"):
        inspect(path, tmp_path)
    with pytest.raises(DatasetError, match=r"COCO|valid JSON"):
        inspect(tmp_path, tmp_path)
    with pytest.raises(DatasetError, match="no such"):
        inspect(tmp_path / "nowhere", tmp_path)


def test_objects_of_a_few_pixels_are_noted(foreign: Path, tmp_path: Path) -> None:
    edit(foreign, lambda c: c["annotations"][0].update(area=3))
    assert [group["code"] for group in inspect(foreign, tmp_path)[1]["groups"]] == ["mask_area", "tiny"]
