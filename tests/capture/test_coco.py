# SPDX-License-Identifier: Apache-2.0
"""Annotations read back by libraries that are not ours."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import faster_coco_eval
import numpy as np
import pytest
from pycocotools import coco as coco_api
from pycocotools import mask as mask_api

from humanoid_brain.capture.dataset import Dataset
from tests.capture.synthetic import frame


@pytest.fixture(scope="module")
def coco(reference: Path) -> Any:
    return coco_api.COCO(str(reference / "annotations.json"))


def test_images_and_classes_are_there(coco: Any, reference: Path) -> None:
    assert [category["name"] for category in coco.loadCats(coco.getCatIds())] == ["crate", "person"]
    for image in coco.loadImgs(coco.getImgIds()):
        assert (reference / image["file_name"]).is_file()
        assert image["license"] in {terms["id"] for terms in coco.dataset["licenses"]}


def test_masks_boxes_and_areas_are_those_of_the_frame(coco: Any, reference: Path) -> None:
    dataset = Dataset(reference)
    for index in coco.getImgIds():
        instance = dataset.load(dataset.record(index), "instance")
        annotations = coco.loadAnns(coco.getAnnIds(imgIds=index))
        assert {item["instance"] for item in annotations} == set(np.unique(instance).tolist()) - {0}
        for item in annotations:
            mask = coco.annToMask(item).astype(bool)
            np.testing.assert_array_equal(mask, instance == item["instance"])
            assert item["area"] == mask.sum() == mask_api.area(coco.annToRLE(item))
            np.testing.assert_array_equal(mask_api.toBbox(coco.annToRLE(item)), item["bbox"])
            assert item["iscrowd"] == 0


def test_keypoints_carry_coco_visibility(coco: Any) -> None:
    (person,) = coco.getCatIds(catNms="person")
    names = coco.loadCats(person)[0]["keypoints"]
    assert all(1 <= end <= len(names) for pair in coco.loadCats(person)[0]["skeleton"] for end in pair)
    seen: set[int] = set()
    for item in coco.loadAnns(coco.getAnnIds(catIds=person)):
        points = np.array(item["keypoints"]).reshape(-1, 3)
        assert len(points) == len(names)
        assert item["num_keypoints"] == (points[:, 2] > 0).sum()
        assert not points[points[:, 2] == 0].any()
        label = next(o for o in frame(item["image_id"]).objects if o.instance == item["instance"])
        assert label.keypoints is not None
        known = points[:, 2] > 0
        np.testing.assert_allclose(points[known], label.keypoints[known], atol=5e-4)  # kept to a thousandth
        seen |= set(points[:, 2].astype(int).tolist())
    assert seen == {0, 1, 2}


def test_ids_are_unique_and_count_from_one(coco: Any) -> None:
    ids = [item["id"] for item in coco.dataset["annotations"]]
    assert ids == list(range(1, len(ids) + 1))


@pytest.mark.parametrize("kind", ["bbox", "segm"])
def test_an_evaluation_of_the_labels_against_themselves_is_perfect(reference: Path, tmp_path: Path, kind: Any) -> None:
    truth = faster_coco_eval.COCO(str(reference / "annotations.json"))
    results = [
        {**{key: item[key] for key in ("image_id", "category_id", "bbox", "segmentation")}, "score": 1.0}
        for item in json.loads((reference / "annotations.json").read_text())["annotations"]
    ]
    (tmp_path / "results.json").write_text(json.dumps(results))
    evaluation = faster_coco_eval.COCOeval_faster(truth, truth.loadRes(str(tmp_path / "results.json")), iouType=kind)
    evaluation.evaluate()
    evaluation.accumulate()
    evaluation.summarize()
    assert evaluation.stats[0] == pytest.approx(1.0)
