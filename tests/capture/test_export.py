# SPDX-License-Identifier: Apache-2.0
"""Exports read back: by a library where there is a free one, else by a reader written from the format's manual."""

from __future__ import annotations

import dataclasses
import json
from collections import Counter
from pathlib import Path
from typing import Any

import cv2
import globox
import numpy as np
import pytest
import yaml

from humanoid_brain.capture.dataset import Dataset
from humanoid_brain.capture.export.job import ExportJob
from humanoid_brain.capture.frame import Box3d, Frame, ObjectLabel
from humanoid_brain.capture.writer import DatasetWriter
from humanoid_brain.config.export import ExportConfig
from humanoid_brain.errors import DatasetError
from humanoid_brain.optics import CameraModel
from tests.capture.conftest import capture, tree
from tests.capture.synthetic import KEYPOINTS, THICKNESS, description, frame


def run(reference: Path, output: Path, **settings: Any) -> Path:
    ExportJob(ExportConfig(path=reference, output=output, workers=2, **settings)).run()
    return output


def read_annotations(reference: Path) -> list[dict[str, Any]]:
    return json.loads((reference / "annotations.json").read_text())["annotations"]


# KITTI, after the development kit's readme: x_image = P2 x_rectified; boxes stand on their location, turned about y.


def read_kitti(folder: Path, name: str) -> tuple[np.ndarray, list[dict[str, Any]]]:
    lines = (folder / "training" / "calib" / f"{name}.txt").read_text().splitlines()
    calib = {key: np.array(values.split(), float) for key, values in (line.split(":") for line in lines if line)}
    assert {"P0", "P1", "P2", "P3", "R0_rect", "Tr_velo_to_cam", "Tr_imu_to_velo"} == set(calib)
    labels: list[dict[str, Any]] = []
    for line in (folder / "training" / "label_2" / f"{name}.txt").read_text().splitlines():
        fields = line.split()
        assert len(fields) == 15
        values = [float(field) for field in fields[1:]]
        labels.append(
            {"type": fields[0], "truncated": values[0], "occluded": int(fields[2]), "alpha": values[2]}
            | {"bbox": values[3:7], "hwl": values[7:10], "location": np.array(values[10:13]), "ry": values[13]}
        )
    return calib["P2"].reshape(3, 4), labels


def kitti_corners(label: dict[str, Any]) -> np.ndarray:
    h, w, length = label["hwl"]
    x = np.array([1, 1, -1, -1, 1, 1, -1, -1]) * length / 2
    y = np.array([0, 0, 0, 0, -1, -1, -1, -1]) * h
    z = np.array([1, -1, -1, 1, 1, -1, -1, 1]) * w / 2
    c, s = np.cos(label["ry"]), np.sin(label["ry"])
    return np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]]) @ np.stack([x, y, z]) + label["location"][:, None]


def test_kitti_boxes_project_onto_their_objects(reference: Path, tmp_path: Path) -> None:
    folder = run(reference, tmp_path / "kitti", format="kitti", classes={"person": "Pedestrian"})
    whole = 0
    for record in Dataset(reference).records():
        projection, labels = read_kitti(folder, f"{record['index']:06d}")
        shown = [item for item in record["objects"] if item["bbox"] is not None]
        assert [label["type"] for label in labels] == [["crate", "Pedestrian"][i["category_id"] - 1] for i in shown]
        for label, item in zip(labels, shown, strict=True):
            x, y, w, h = item["bbox"]
            assert label["bbox"] == [x, y, x + w - 1, y + h - 1]
            u, v, depth = projection @ np.vstack([kitti_corners(label), np.ones(8)])
            assert (depth > 0).all()
            if label["truncated"] < 1e-3 and item["occlusion"] == 0.0:
                whole += 1
                extent = [(u / depth).min(), (v / depth).min(), (u / depth).max(), (v / depth).max()]
                # The back of the plate projects a little inside or outside of its front.
                slack = 1.0 + 96 * THICKNESS
                np.testing.assert_allclose(extent, [x, y, x + w, y + h], atol=slack)
            ray = np.arctan2(label["location"][0], label["location"][2])
            assert np.cos(label["ry"] - ray - label["alpha"]) == pytest.approx(1.0, abs=1e-6)
    assert whole > 10


def test_kitti_is_exact_for_a_camera_that_looks_down(tmp_path: Path) -> None:
    """An upright box, 2 m long, 1 m wide and 1.5 m high, on the floor, turned by 30 degrees."""
    tilt, turn = np.radians(25.0), np.radians(30.0)
    pose = np.eye(4)
    right, ahead = np.array([1.0, 0, 0]), np.array([0, np.cos(tilt), -np.sin(tilt)])
    pose[:3, :3] = np.stack([right, np.cross(right, ahead), -ahead], -1)
    pose[:3, 3] = [0.3, -5.0, 3.0]
    view = CameraModel(96, 72, 80.0, 80.0, 48.0, 36.0, pose)
    place = np.eye(4)
    place[:2, :2] = [[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]]
    box = Box3d((-1.0, -0.5, 0.0), (1.0, 0.5, 1.5), place)
    good = frame(0)
    label = ObjectLabel(1, "/World/crate", "crate", (40, 30, 60, 50), None, 0.0, box)
    single = Frame(0, view, (label,), color=good.color, instance=good.instance)
    with DatasetWriter(tmp_path / "dataset", description(1, outputs=("color", "camera"))) as writer:
        writer.submit(single)
        writer.finish()
    folder = run(tmp_path / "dataset", tmp_path / "kitti", format="kitti")
    projection, (read,) = read_kitti(folder, "000000")
    assert read["hwl"] == pytest.approx([1.5, 1.0, 2.0], abs=1e-4)
    u, v, depth = projection @ np.vstack([kitti_corners(read), np.ones(8)])
    got = np.stack([u / depth, v / depth], -1)
    want, _ = view.project(box.corners())
    apart = np.linalg.norm(got[:, None] - want[None], axis=-1)
    assert apart.min(0).max() < 0.05  # four decimals in the file
    assert read["location"][1] == pytest.approx(3.0, abs=1e-4)  # the base lies 3 m below the camera


def test_kitti_points_lie_on_the_surfaces_that_the_camera_sees(reference: Path, tmp_path: Path) -> None:
    folder = run(reference, tmp_path / "kitti", format="kitti")
    dataset = Dataset(reference)
    record = dataset.record(3)
    points = np.fromfile(folder / "training" / "velodyne" / "000003.bin", "<f4").reshape(-1, 4)[:, :3]
    calib = dict(line.split(":") for line in (folder / "training/calib/000003.txt").read_text().splitlines())
    to_camera = np.array(calib["Tr_velo_to_cam"].split(), float).reshape(3, 4)
    projection, _ = read_kitti(folder, "000003")
    rectified = to_camera @ np.vstack([points.T, np.ones(len(points))])
    u, v, w = projection @ np.vstack([rectified, np.ones(len(points))])
    depth = dataset.load(record, "depth")
    np.testing.assert_allclose(depth[(v / w).astype(int), (u / w).astype(int)], w, rtol=1e-4)


def test_kitti_refuses_a_lens_that_it_cannot_describe(tmp_path: Path) -> None:
    with DatasetWriter(tmp_path / "dataset", description(1)) as writer:
        lens = dataclasses.replace(frame(0).camera, kind="fisheye", distortion=(0.1, 0.0, 0.0, 0.0))
        writer.submit(dataclasses.replace(frame(0), camera=lens))
        writer.finish()
    with pytest.raises(DatasetError, match="fisheye"):
        run(tmp_path / "dataset", tmp_path / "kitti", format="kitti")


def test_yolo_boxes_are_read_back_by_globox(reference: Path, tmp_path: Path) -> None:
    folder = run(reference, tmp_path / "yolo", format="yolo")
    names = yaml.safe_load((folder / "data.yaml").read_text())["names"]
    truth = globox.AnnotationSet.from_coco(reference / "annotations.json")
    found: dict[str, Any] = {}
    for part in ("train", "val"):
        boxes = globox.AnnotationSet.from_yolo_v5(
            folder / "labels" / part, image_folder=folder / "images" / part, image_extension=".png"
        )
        found |= {annotation.image_id: annotation for annotation in boxes}
    assert len(found) == 12
    for annotation in truth:
        got = found[Path(annotation.image_id).name]
        assert got.image_size == annotation.image_size
        for one, other in zip(got.boxes, annotation.boxes, strict=True):
            assert names[int(one.label)] == other.label
            assert one.iou(other) > 0.999  # six decimals


def test_yolo_split_is_by_frame_and_seed_alone(reference: Path, tmp_path: Path) -> None:
    folder = run(reference, tmp_path / "yolo", format="yolo", validation_share=0.3)
    capture(tmp_path / "longer", 20)
    larger = run(tmp_path / "longer", tmp_path / "more", format="yolo", validation_share=0.3)
    for part in ("train", "val"):
        few = {path.name for path in (folder / "images" / part).iterdir()}
        many = {path.name for path in (larger / "images" / part).iterdir()}
        assert few
        assert few == {name for name in many if int(name[:6]) < 12}
        assert {path.stem for path in (folder / "labels" / part).iterdir()} == {name[:6] for name in few}


def test_yolo_poses_keep_keypoints_and_know_their_mirror(reference: Path, tmp_path: Path) -> None:
    folder = run(reference, tmp_path / "pose", format="yolo-pose", validation_share=0.0)
    about = yaml.safe_load((folder / "data.yaml").read_text())
    assert about["kpt_shape"] == [len(KEYPOINTS), 3]
    assert about["flip_idx"] == [0, 2, 1, 4, 3]
    assert about["names"] == {0: "person"}
    people = Counter(item["image_id"] for item in read_annotations(reference) if item["category_id"] == 2)
    for index in range(12):
        lines = (folder / "labels" / "train" / f"{index:06d}.txt").read_text().splitlines()
        assert len(lines) == people[index]
        wanted = [i for i in read_annotations(reference) if i["image_id"] == index and i["category_id"] == 2]
        for line, item in zip(lines, wanted, strict=True):
            values = np.array(line.split(), float)
            assert values[0] == 0
            points = values[5:].reshape(-1, 3) * [96, 72, 1]
            np.testing.assert_allclose(points, np.array(item["keypoints"]).reshape(-1, 3), atol=1e-3)


def test_basic_writer_layout_has_its_names_types_and_conventions(reference: Path, tmp_path: Path) -> None:
    folder = run(reference, tmp_path / "basic", format="basic-writer")
    want = frame(5)
    names = {path.name for path in folder.iterdir() if "_0005" in path.name}
    assert names == {
        "rgb_0005.png",
        "distance_to_camera_0005.npy",
        "distance_to_image_plane_0005.npy",
        "normals_0005.png",
        "motion_vectors_0005.npy",
        "pointcloud_0005.npy",
        "occlusion_0005.npy",
        "camera_params_0005.json",
        "semantic_segmentation_0005.png",
        "semantic_segmentation_labels_0005.json",
        "instance_segmentation_0005.png",
        "instance_segmentation_mapping_0005.json",
        "instance_segmentation_semantics_mapping_0005.json",
        *(f"bounding_box_{kind}_0005.npy" for kind in ("2d_tight", "2d_loose", "3d")),
        *(f"bounding_box_{kind}_labels_0005.json" for kind in ("2d_tight", "2d_loose", "3d")),
        *(f"bounding_box_{kind}_prim_paths_0005.json" for kind in ("2d_tight", "2d_loose", "3d")),
    }
    picture = cv2.imread(str(folder / "rgb_0005.png"), cv2.IMREAD_UNCHANGED)
    assert picture is not None
    np.testing.assert_array_equal(picture[..., 2::-1], want.color)
    assert (picture[..., 3] == 255).all()
    np.testing.assert_array_equal(np.load(folder / "distance_to_camera_0005.npy"), want.distance)
    boxes = np.load(folder / "bounding_box_2d_tight_0005.npy")
    labels = json.loads((folder / "bounding_box_2d_tight_labels_0005.json").read_text())
    paths = json.loads((folder / "bounding_box_2d_tight_prim_paths_0005.json").read_text())
    seen = [label for label in want.objects if label.box_tight is not None]
    assert paths == [label.prim_path for label in seen]
    for row, label in zip(boxes, seen, strict=True):
        assert (row["x_min"], row["y_min"], row["x_max"], row["y_max"]) == label.box_tight
        assert labels[str(row["semanticId"])] == {"class": label.category}
        assert row["occlusionRatio"] == pytest.approx(label.occlusion)


def test_basic_writer_masks_are_in_the_colours_that_their_json_names(reference: Path, tmp_path: Path) -> None:
    folder = run(reference, tmp_path / "basic", format="basic-writer")
    for index in range(12):
        want = frame(index)
        assert want.instance is not None
        instance = cv2.imread(str(folder / f"instance_segmentation_{index:04}.png"), cv2.IMREAD_UNCHANGED)
        semantic = cv2.imread(str(folder / f"semantic_segmentation_{index:04}.png"), cv2.IMREAD_UNCHANGED)
        assert instance is not None
        assert semantic is not None
        paths = json.loads((folder / f"instance_segmentation_mapping_{index:04}.json").read_text())
        classes = json.loads((folder / f"semantic_segmentation_labels_{index:04}.json").read_text())
        known = {label.prim_path: label for label in want.objects}
        for color, path in paths.items():
            area = (instance[..., [2, 1, 0, 3]] == np.array(rgba(color))).all(-1)
            number = known[path].instance if path in known else 0
            np.testing.assert_array_equal(area, want.instance == number)
        for color, label in classes.items():
            area = (semantic[..., [2, 1, 0, 3]] == np.array(rgba(color))).all(-1)
            value = {"BACKGROUND": 0, "UNLABELLED": 1, "crate": 2, "person": 3}[label["class"]]
            np.testing.assert_array_equal(area, want.semantic == value)


def rgba(text: str) -> list[int]:
    return [int(part) for part in text.strip("()").split(",")]


def test_basic_writer_matrices_are_for_row_vectors(reference: Path, tmp_path: Path) -> None:
    """World points through view and projection land on the pixels that the camera model says."""
    folder = run(reference, tmp_path / "basic", format="basic-writer")
    want = frame(4)
    values = json.loads((folder / "camera_params_0004.json").read_text())
    view = np.array(values["cameraViewTransform"]).reshape(4, 4)
    projection = np.array(values["cameraProjection"]).reshape(4, 4)
    rows = np.load(folder / "bounding_box_3d_0004.npy")
    assert len(rows) == len(want.objects)
    for row, label in zip(rows, want.objects, strict=True):
        assert label.box_3d is not None
        local = np.array(
            [[row["x_min"], row["y_min"], row["z_min"], 1.0], [row["x_max"], row["y_max"], row["z_max"], 1]]
        )
        world = local @ row["transform"]
        np.testing.assert_allclose(world[:, :3], label.box_3d.corners()[[0, 7]], atol=1e-5)  # float32
        clip = world @ view @ projection
        ndc = clip[:, :3] / clip[:, 3:]
        width, height = values["renderProductResolution"]
        pixels = np.stack([(ndc[:, 0] + 1) / 2 * width, (1 - ndc[:, 1]) / 2 * height], -1)
        np.testing.assert_allclose(pixels, want.camera.project(world[:, :3])[0], atol=1e-6)
        assert ((ndc[:, 2] > 0) & (ndc[:, 2] < 1)).all()


def test_exports_are_the_same_each_time_and_refuse_a_used_folder(reference: Path, tmp_path: Path) -> None:
    one = run(reference, tmp_path / "one", format="kitti")
    assert tree(one) == tree(run(reference, tmp_path / "two", format="kitti"))
    with pytest.raises(DatasetError, match="not empty"):
        run(reference, tmp_path / "one", format="yolo")


def test_hidden_objects_can_be_left_out(reference: Path, tmp_path: Path) -> None:
    folder = run(reference, tmp_path / "yolo", format="yolo", minimum_visibility=0.5, validation_share=0.0)
    count = sum(len(path.read_text().splitlines()) for path in (folder / "labels" / "train").iterdir())
    assert (
        count
        == sum(item["occlusion"] <= 0.5 for item in read_annotations(reference))
        < len(read_annotations(reference))
    )


def test_a_dataset_without_what_a_layout_needs_is_refused(tmp_path: Path) -> None:
    capture(tmp_path / "dataset", 1, outputs=("color",))
    with pytest.raises(DatasetError, match="camera"):
        run(tmp_path / "dataset", tmp_path / "kitti", format="kitti")
    with pytest.raises(DatasetError, match=r"no dataset\.json"):
        run(tmp_path / "nothing", tmp_path / "out", format="kitti")
