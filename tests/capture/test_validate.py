# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import base64
import dataclasses
import html
import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from humanoid_brain.capture.frame import Frame
from humanoid_brain.capture.validate.advice import ADVICE
from humanoid_brain.capture.validate.hashing import look, look_alikes
from humanoid_brain.capture.validate.job import ValidationJob
from humanoid_brain.capture.writer import DatasetWriter
from humanoid_brain.config.validation import ValidationConfig
from tests.capture.conftest import capture, found, inspect
from tests.capture.synthetic import description, frame


@pytest.fixture
def copy(tmp_path: Path, reference: Path) -> Path:
    folder = tmp_path / "dataset"
    shutil.copytree(reference, folder)
    return folder


def captured_with(tmp_path: Path, change: Callable[[Frame], Frame], index: int = 4) -> Path:
    """The dataset with one frame changed before it was written."""
    folder = tmp_path / "dataset"
    with DatasetWriter(folder, description()) as writer:
        for number in writer.missing():
            writer.submit(change(frame(number)) if number == index else frame(number))
        writer.finish()
    return folder


def moved_box(good: Frame) -> Frame:
    first = next(label for label in good.objects if label.box_tight is not None)
    assert first.box_tight is not None
    x0, y0, x1, y1 = first.box_tight
    moved = dataclasses.replace(first, box_tight=(x0, max(0, y0 - 9), x1, max(3, y1 - 9)))
    return dataclasses.replace(good, objects=tuple(moved if label is first else label for label in good.objects))


def flung_keypoint(good: Frame) -> Frame:
    person = next(o for o in good.objects if o.keypoints is not None and o.box_tight is not None)
    assert person.keypoints is not None
    points = person.keypoints.copy()
    points[0] = [95.0 if points[0, 0] < 48 else 1.0, 71.0 if points[0, 1] < 36 else 1.0, 2]
    flung = dataclasses.replace(person, keypoints=points)
    return dataclasses.replace(good, objects=tuple(flung if label is person else label for label in good.objects))


def forgotten_object(good: Frame) -> Frame:
    return dataclasses.replace(good, objects=good.objects[:-1])


def black(good: Frame) -> Frame:
    return dataclasses.replace(good, color=np.zeros((72, 96, 3), np.uint8))


def blank(good: Frame) -> Frame:
    return dataclasses.replace(good, color=np.full((72, 96, 3), 90, np.uint8))


def without_objects(good: Frame) -> Frame:
    zero = np.zeros((72, 96), np.uint16)
    return dataclasses.replace(good, objects=(), instance=zero, semantic=zero)


def without_classes(good: Frame) -> Frame:
    assert good.semantic is not None
    return dataclasses.replace(good, semantic=np.maximum(good.semantic, 1).astype(np.uint16))


def not_a_number(good: Frame) -> Frame:
    assert good.depth is not None
    depth = good.depth.copy()
    depth[5, 5] = np.nan
    return dataclasses.replace(good, depth=depth)


def in_millimetres(good: Frame) -> Frame:
    assert good.depth is not None
    return dataclasses.replace(good, depth=good.depth * np.float32(1000.0))


def test_a_good_dataset_has_no_finding(reference: Path, tmp_path: Path) -> None:
    verdict, report = inspect(reference, tmp_path)
    assert found(report) == {}
    assert (verdict.errors, verdict.warnings, verdict.exit_code) == (0, 0, 0)
    assert verdict.pictures == 12
    assert verdict.objects == sum(report["statistics"]["classes"].values()) == 60
    assert report["statistics"]["resolutions"] == {"96 x 72": 12}


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (black, "error black"),
        (blank, "error blank"),
        (moved_box, "error mask_box"),
        (flung_keypoint, "error keypoint_off"),
        (forgotten_object, "error masks_disagree"),
        (without_objects, "error label_free"),
        (without_classes, "warning unlabelled_pixels"),
        (not_a_number, "error depth_not_finite"),
        (in_millimetres, "warning depth_range"),
        (lambda good: dataclasses.replace(frame(2), index=good.index), "error duplicate"),
    ],
)
def test_a_frame_that_was_captured_wrong_is_found(tmp_path: Path, change: Callable[[Frame], Frame], code: str) -> None:
    verdict, report = inspect(captured_with(tmp_path, change), tmp_path)
    assert code in found(report)
    assert found(report)[code] == 1
    assert verdict.exit_code == int(code.startswith("error") or verdict.errors > 0)
    (group,) = [g for g in report["groups"] if g["code"] == code.split()[1]]
    assert "000004" in group["examples"][0]["where"]


def truncate(folder: Path) -> None:
    path = folder / "color" / "000003.png"
    path.write_bytes(path.read_bytes()[:2000])


def flip(folder: Path) -> None:
    path = folder / "instance" / "000003.png"
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 4
    path.write_bytes(data)


def remove(folder: Path) -> None:
    (folder / "depth" / "000003.tiff").unlink()


def remove_frame(folder: Path) -> None:
    (folder / "frames" / "000003.json").unlink()


def stray(folder: Path) -> None:
    (folder / "color" / "copy of 000003.png").write_bytes(b"")


def garble_record(folder: Path) -> None:
    (folder / "frames" / "000003.json").write_text("{")


def edit_record(folder: Path) -> None:
    (folder / "frames" / "000003.json").write_text(json.dumps({"index": 3, "files": {}, "objects": [{}]}))


def lead_outside(folder: Path) -> None:
    path = folder / "frames" / "000003.json"
    record = json.loads(path.read_text())
    record["files"]["color"]["path"] = "../../../etc/passwd"
    path.write_text(json.dumps(record))


def link_outside(folder: Path) -> None:
    path = folder / "color" / "000003.png"
    target = folder.parent / "elsewhere.png"
    shutil.move(path, target)
    path.symlink_to(target)


def edit_annotations(folder: Path) -> None:
    path = folder / "annotations.json"
    path.write_text(path.read_text().replace('"crate"', '"chest"', 1))


def remove_metadata(folder: Path) -> None:
    (folder / "metadata.json").unlink()


@pytest.mark.parametrize(
    ("damage", "code"),
    [
        (truncate, "error truncated"),
        (flip, "error checksum"),
        (remove, "error missing_file"),
        (remove_frame, "error missing_frame"),
        (stray, "note stray"),
        (garble_record, "error record"),
        (edit_record, "error record"),
        (lead_outside, "error path_outside"),
        (link_outside, "error path_outside"),
        (edit_annotations, "error annotations_differ"),
        (remove_metadata, "error not_finished"),
    ],
)
def test_damage_after_the_capture_is_found(
    copy: Path, tmp_path: Path, damage: Callable[[Path], None], code: str
) -> None:
    damage(copy)
    verdict, report = inspect(copy, tmp_path)
    assert found(report).get(code) == 1
    assert verdict.exit_code == int(not code.startswith("note"))
    assert html.escape(ADVICE[code.split()[1]].todo) in (tmp_path / "report" / "report.html").read_text()


def test_a_damaged_png_is_found_without_checksums_too(copy: Path, tmp_path: Path, capfd: Any) -> None:
    flip(copy)
    _, report = inspect(copy, tmp_path, checksums=False)
    assert found(report) == {"error truncated": 1}
    assert capfd.readouterr().err == ""  # nothing of a codec's own complaints


def test_severity_decides_the_exit_status(tmp_path: Path) -> None:
    folder = captured_with(tmp_path, without_classes)
    assert inspect(folder, tmp_path)[0].exit_code == 0
    assert inspect(folder, tmp_path, fail_on="warning")[0].exit_code == 1
    truncate(folder)
    assert inspect(folder, tmp_path, fail_on="error")[0].exit_code == 1
    assert inspect(folder, tmp_path, fail_on="never")[0].exit_code == 0


def test_the_page_needs_nothing_else_and_runs_nothing(copy: Path, tmp_path: Path) -> None:
    (copy / "color" / "<script>alert(1)</script>.png".replace("/", "&sol;")).write_bytes(b"")
    inspect(copy, tmp_path)
    page = (tmp_path / "report" / "report.html").read_text()
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert re.findall(r"""(?:src|href)="(?!data:)""", page) == []
    assert page.count("data:image/jpeg") >= 12 + 8
    assert str(tmp_path) not in page


def test_pictures_on_the_page_can_be_decoded_and_show_the_labels(reference: Path, tmp_path: Path) -> None:
    inspect(reference, tmp_path, overlays=1, contact_sheet=1)
    page = (tmp_path / "report" / "report.html").read_text()
    small: list[np.ndarray] = []
    for text in re.findall(r"data:image/jpeg;base64,([^\"]+)", page):
        picture = cv2.imdecode(np.frombuffer(base64.b64decode(text), np.uint8), cv2.IMREAD_COLOR)
        assert picture is not None
        small.append(cv2.resize(picture, (96, 72), interpolation=cv2.INTER_AREA).astype(int))
    overlay, plain = small
    labelled = frame(0).instance
    assert labelled is not None
    changed = np.abs(overlay - plain).mean(-1)
    assert changed[labelled > 0].mean() > 3 * changed[labelled == 0].mean()


def test_inspection_can_be_paused_and_stopped(reference: Path, tmp_path: Path) -> None:
    job = ValidationJob(ValidationConfig(path=reference, output=tmp_path))
    job.start()
    job.tick(0.0)
    assert job.progress.done == 1
    assert job.progress.total == 12
    job.stop()
    job.tick()
    assert job.state.value == "done"
    assert job.verdict is None
    assert not (tmp_path / "report.html").exists()


def test_pictures_that_look_alike_are_grouped(tmp_path: Path) -> None:
    def brighter(good: Frame) -> Frame:
        color = frame(2).color
        assert color is not None
        color = color.copy()
        color[0, 0] = 255  # another file, the same picture
        return dataclasses.replace(frame(2), index=good.index, color=color)

    _, report = inspect(captured_with(tmp_path, brighter), tmp_path)
    assert found(report) == {"warning near_duplicate": 1}


def test_look_alikes_are_those_whose_hashes_differ_in_few_bits_wherever_these_are() -> None:
    rng = np.random.default_rng(0)
    base = rng.integers(0, 2**63, 300, dtype=np.uint64)
    flips = [rng.choice(64, count, replace=False) for count in (0, 1, 2, 3, 4, 5) for _ in range(20)]
    near = [int(base[i]) ^ sum(1 << int(bit) for bit in bits) for i, bits in enumerate(flips)]
    hashes = np.concatenate([base, np.array(near, np.uint64)])
    copies = np.zeros((len(hashes), 16, 16), np.uint8)
    want = [[i, 300 + i] for i, bits in enumerate(flips) if len(bits) <= 3]
    assert sorted(look_alikes(hashes, copies, 3, 1.0)) == want
    copies[310] = 9  # the same hash, another picture
    assert [10, 310] not in look_alikes(hashes, copies, 3, 1.0)


def test_the_hash_survives_scaling_and_compression() -> None:
    color = frame(1, width=320, height=240).color
    assert color is not None
    grey = color.mean(-1).astype(np.uint8)
    smaller = cv2.resize(grey, (160, 120), interpolation=cv2.INTER_AREA).astype(np.uint8)
    jpeg = cv2.imdecode(cv2.imencode(".jpg", grey, [cv2.IMWRITE_JPEG_QUALITY, 60])[1], cv2.IMREAD_GRAYSCALE)
    assert jpeg is not None
    for other in (smaller, jpeg.astype(np.uint8)):
        assert bin(look(grey, b"").hash ^ look(other, b"").hash).count("1") <= 3


def test_every_kind_of_finding_has_advice() -> None:
    folder = Path(__file__).parents[2] / "exts" / "humanoid_brain" / "capture" / "validate"
    text = "".join(path.read_text() for path in folder.glob("*.py"))
    used = set(re.findall(r'Finding\(\s*"(\w+)"', text)) | {"truncated", "unreadable", "checksum", "black", "blank"}
    assert used == set(ADVICE)


def test_a_shard_is_complete_in_itself(tmp_path: Path) -> None:
    capture(tmp_path / "full", 4)
    with DatasetWriter(tmp_path / "shard", description(4, shard=(1, 2))) as writer:
        for index in writer.missing():
            writer.submit(frame(index))
        writer.finish()
    assert inspect(tmp_path / "shard", tmp_path)[0].errors == 0
