# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import contextlib
import dataclasses
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from humanoid_brain import host as hosts
from humanoid_brain.capture import assemble, rle
from humanoid_brain.capture.camera_json import from_json, to_json
from humanoid_brain.capture.dataset import Dataset
from humanoid_brain.capture.description import FRAMES, picture_versions
from humanoid_brain.capture.writer import DatasetWriter
from humanoid_brain.errors import ConfigError, DatasetError, StorageError
from tests.capture.conftest import broken_frames, capture, tree
from tests.capture.synthetic import OUTPUTS, camera, description, frame


def test_what_was_written_is_read_back(reference: Path) -> None:
    dataset = Dataset(reference)
    assert dataset.indices == list(range(12))
    for record in dataset.records():
        want = frame(record["index"])
        for name in ("color", "depth", "distance", "semantic", "instance", "motion", "points"):
            np.testing.assert_array_equal(dataset.load(record, name), getattr(want, name))
        assert want.normals is not None
        # Half a step of 16 bits over two units.
        np.testing.assert_allclose(dataset.load(record, "normals"), want.normals, atol=1.6e-5)
        view = dataset.camera(record)
        np.testing.assert_array_equal(view.world_from_camera, want.camera.world_from_camera)
        assert (view.fx, view.cy, view.kind) == (want.camera.fx, want.camera.cy, "pinhole")
        assert view.shutter == want.camera.shutter == (-0.02, 0.0)
        assert record["randomization"] == want.randomization


def test_cameras_of_older_datasets_had_no_shutter() -> None:
    values = to_json(camera(3))
    del values["shutter"]
    assert from_json(values).shutter == (0.0, 0.0)


def test_workers_write_the_same_bytes_as_the_process_itself(tmp_path: Path, reference: Path) -> None:
    capture(tmp_path / "dataset", workers=2, sync=True)
    assert tree(tmp_path / "dataset") == tree(reference)


def test_frames_are_the_same_alone_in_another_order_and_resumed(tmp_path: Path, reference: Path) -> None:
    with DatasetWriter(tmp_path, description()) as writer:
        for index in (7, 2):
            writer.submit(frame(index))
        writer.finish()
        assert json.loads((tmp_path / "metadata.json").read_text())["counts"]["missing"] == 10
    with DatasetWriter(tmp_path, description()) as writer:
        assert writer.missing() == [0, 1, 3, 4, 5, 6, 8, 9, 10, 11]
        assert writer.missing(range(6, 9)) == [6, 8]
        for index in reversed(writer.missing()):
            writer.submit(frame(index))
        writer.finish()
    assert tree(tmp_path) == tree(reference)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"seed": 8}, "seed: 7, not 8"),
        ({"config": {"scene": {"objects": 6}, "resolution": [96, 72]}}, "config.scene.objects: 5, not 6"),
        ({"versions": {"humanoid_brain": "next"}}, "versions.humanoid_brain"),
        ({"shard": (0, 2)}, r"shard: \[0, 1\], not \[0, 2\]"),
    ],
)
def test_a_folder_with_another_dataset_is_refused_and_the_difference_named(
    tmp_path: Path, change: dict[str, Any], named: str
) -> None:
    capture(tmp_path, 2)
    before = tree(tmp_path)
    with pytest.raises(ConfigError, match=named):
        DatasetWriter(tmp_path, dataclasses.replace(description(2), **change))
    assert tree(tmp_path) == before


def test_frames_that_are_made_in_another_way_are_another_dataset(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    host = hosts.load("standalone")
    begun = dataclasses.replace(description(2), versions=picture_versions(host))
    with DatasetWriter(tmp_path, begun) as writer:
        writer.submit(frame(0))
    monkeypatch.setattr("humanoid_brain.capture.description.FRAMES", FRAMES + 1)
    with pytest.raises(ConfigError, match=rf'versions\.frames: "{FRAMES}", not "{FRAMES + 1}"'):
        DatasetWriter(tmp_path, dataclasses.replace(begun, versions=picture_versions(host)))


@pytest.mark.skipif(not hasattr(os, "nice"), reason="there are no priorities of this kind here")
def test_workers_stand_back_where_cores_are_short(tmp_path: Path) -> None:
    with DatasetWriter(tmp_path / "dataset", description(1, workers=1)) as writer:
        writer.submit(frame(0))
        writer.drain()
        assert writer._frames._pool is not None
        (worker,) = writer._frames._pool._workers
        mine, theirs = (os.getpriority(os.PRIO_PROCESS, pid) for pid in (0, worker.process.pid))
        assert theirs == min(mine + 5, 19)


def test_workers_and_reserve_may_change_on_resume(tmp_path: Path) -> None:
    capture(tmp_path, 2)
    capture(tmp_path, 2, workers=1, reserve_bytes=1, sync=True)
    with pytest.raises(ConfigError, match="jpeg"):
        capture(tmp_path, 2, color_format="jpeg")


def test_a_folder_with_other_files_is_refused(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").touch()
    (tmp_path / "holiday.png").touch()
    with pytest.raises(ConfigError, match=r"holiday\.png"):
        DatasetWriter(tmp_path, description())


@pytest.mark.parametrize("text", ["", "{}", "[1]", '{"format": "humanoid_brain dataset", "version": 1}'])
def test_a_damaged_description_is_a_clear_error(tmp_path: Path, text: str) -> None:
    (tmp_path / "dataset.json").write_text(text)
    with pytest.raises(DatasetError, match=r"dataset\.json"):
        DatasetWriter(tmp_path, description())


def test_two_captures_cannot_write_to_one_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("humanoid_brain.capture.folder._ORPHANS", 0.0)
    with DatasetWriter(tmp_path, description()), pytest.raises(StorageError, match="another process"):
        DatasetWriter(tmp_path, description())
    DatasetWriter(tmp_path, description()).close()


def test_a_worker_that_outlives_its_capture_keeps_the_folder_locked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("humanoid_brain.capture.folder._ORPHANS", 0.0)
    writer = DatasetWriter(tmp_path, description(workers=1))
    writer._folder.release()  # what the capture's death does; its worker is still there
    with pytest.raises(StorageError, match="another process"):
        DatasetWriter(tmp_path, description())
    writer.close()
    DatasetWriter(tmp_path, description()).close()


@pytest.mark.parametrize("workers", [0, 2])
def test_a_full_disk_is_reported_and_the_same_frames_are_written_once_there_is_space(
    small_disk: Callable[[int], Path], reference: Path, workers: int
) -> None:
    disk = small_disk(3 << 20)
    filler = disk / "filler"
    filler.write_bytes(bytes(5 << 19))  # 0.5 MiB are left, a third of what the frames need
    folder = disk / "dataset"
    with DatasetWriter(folder, description(workers=workers)) as writer:
        with pytest.raises(StorageError, match=r"disk is full.*Free some space"):
            for index in writer.missing():
                writer.submit(frame(index))
            writer.drain()
        while writer.pending:
            try:
                writer.drain()
            except StorageError:
                continue
        assert broken_frames(folder) == []
        assert 0 < len(writer.missing()) < 12
        named = {path.stem for path in (folder / "frames").iterdir()}
        assert {path.stem for path in (folder / "color").iterdir()} == named  # nothing of the others stays behind
        filler.unlink()
        while missing := writer.missing():  # a failure of a frame that was on its way may still come
            try:
                for index in missing:
                    writer.submit(frame(index))
                writer.drain()
            except StorageError:
                continue
        writer.finish()
    assert tree(folder) == tree(reference)


def test_long_lists_wait_on_the_disk_for_their_place_and_leave_nothing_there(
    tmp_path: Path, reference: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(assemble, "_IN_MEMORY", 64)
    monkeypatch.setattr(assemble, "_CHUNK", 100)
    capture(tmp_path / "dataset")
    assert tree(tmp_path / "dataset") == tree(reference)


def test_a_disk_that_is_full_while_lists_wait_on_it_is_reported_and_the_dataset_stays_as_it_was(
    small_disk: Callable[[int], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(assemble, "_IN_MEMORY", 64)
    disk = small_disk(4 << 20)
    capture(disk / "dataset")
    before, filler = tree(disk / "dataset"), disk / "filler"
    with filler.open("wb", buffering=0) as stream, contextlib.suppress(OSError):
        while True:
            stream.write(bytes(4096))
    with pytest.raises(StorageError, match="disk is full"):
        assemble.assemble(disk / "dataset")
    assert tree(disk / "dataset") == before
    filler.unlink()
    assemble.assemble(disk / "dataset")
    assert tree(disk / "dataset") == before


@pytest.mark.parametrize("workers", [0, 1])
def test_nothing_of_a_frame_stays_behind_whose_record_cannot_be_written(tmp_path: Path, workers: int) -> None:
    with DatasetWriter(tmp_path, description(workers=workers)) as writer:
        (tmp_path / "frames" / "000000.json").mkdir()
        with pytest.raises(StorageError):
            writer.submit(frame(0))
            writer.drain()
        assert list((tmp_path / "color").iterdir()) == []
        assert 0 in writer.missing()
        (tmp_path / "frames" / "000000.json").rmdir()
        writer.submit(frame(0))
        writer.drain()
        assert 0 not in writer.missing()


def test_a_box_that_cuts_its_object_does_not_cut_the_mask(tmp_path: Path) -> None:
    good = frame(0)
    label = max(good.objects, key=lambda o: 0 if o.box_tight is None else o.box_tight[3] - o.box_tight[1])
    assert label.box_tight is not None
    x0, y0, x1, y1 = label.box_tight
    cut = dataclasses.replace(label, box_tight=(x0, y0, x1, y1 - 5))
    with DatasetWriter(tmp_path, description()) as writer:
        writer.submit(dataclasses.replace(good, objects=(cut,)))
    (item,) = Dataset(tmp_path).record(0)["objects"]
    np.testing.assert_array_equal(rle.decode(item["segmentation"]), good.instance == label.instance)


def test_capture_stops_before_the_reserve_is_touched(tmp_path: Path) -> None:
    with DatasetWriter(tmp_path, description(reserve_bytes=1 << 50)) as writer:
        with pytest.raises(StorageError, match="less than the reserve"):
            writer.submit(frame(0))
        assert 0 in writer.missing()
    assert list((tmp_path / "color").iterdir()) == []


@pytest.mark.parametrize("workers", [0, 1])
def test_a_frame_whose_files_were_lost_is_captured_again(tmp_path: Path, reference: Path, workers: int) -> None:
    capture(tmp_path)
    (tmp_path / "depth" / "000004.tiff").unlink()
    picture = tmp_path / "color" / "000005.png"
    picture.write_bytes(picture.read_bytes()[:-9])
    with DatasetWriter(tmp_path, description(workers=workers)) as writer:
        assert writer.damaged == [4, 5] == writer.missing()
        for index in writer.missing():
            writer.submit(frame(index))
        writer.finish()
    assert tree(tmp_path) == tree(reference)


def test_a_frame_that_does_not_fit_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    good = frame(0)
    with DatasetWriter(tmp_path, description(shard=(0, 2))) as writer:
        with pytest.raises(DatasetError, match="no depth"):
            writer.submit(dataclasses.replace(good, depth=None))
        label = dataclasses.replace(good.objects[0], category="dragon")
        with pytest.raises(DatasetError, match="'dragon' is no class"):
            writer.submit(dataclasses.replace(good, objects=(label,)))
        lost = dataclasses.replace(good.objects[0], occlusion=float("nan"))
        with pytest.raises(DatasetError, match=r"frame 0.*JSON"):
            writer.submit(dataclasses.replace(good, objects=(lost,)))
        with pytest.raises(DatasetError, match="two objects are instance 1"):
            writer.submit(dataclasses.replace(good, objects=(good.objects[0], good.objects[0])))
        with pytest.raises(ValueError, match="shard"):
            writer.submit(frame(6))
        writer.submit(good)
        with pytest.raises(ValueError, match="before"):
            writer.submit(good)
    with pytest.raises(ValueError, match="depth must be float32"):
        dataclasses.replace(good, depth=np.zeros((4, 4), np.float32))


def test_frames_may_grow_from_one_to_the_next(tmp_path: Path) -> None:
    with DatasetWriter(tmp_path, description(6, workers=1)) as writer:
        for index in writer.missing():
            writer.submit(frame(index, width=96 * (1 + index), height=72 * (1 + index)))
        writer.finish()
    dataset = Dataset(tmp_path)
    for record in dataset.records():
        np.testing.assert_array_equal(
            dataset.load(record, "depth"), frame(record["index"], width=record["width"], height=record["height"]).depth
        )


def test_stages_are_timed(tmp_path: Path) -> None:
    with DatasetWriter(tmp_path, description(4, workers=1)) as writer:
        for index in writer.missing():
            writer.submit(frame(index))
        writer.drain()
        assert {written.index for written in writer.poll()} == set(range(4))
        assert set(writer.seconds) == {"label", "encode", "write"}
        assert min(writer.seconds.values()) > 0.0 < writer.hand_over_seconds


def test_no_file_names_this_machine_or_a_time(reference: Path) -> None:
    for name in ("metadata.json", "annotations.json", "dataset.json", "frames/000000.json"):
        text = (reference / name).read_text()
        assert str(reference) not in text
        assert "created" not in text


def test_outputs_that_were_not_asked_for_are_not_written(tmp_path: Path) -> None:
    capture(tmp_path, 1, outputs=("color",), color_format="jpeg")
    assert {path.name for path in tmp_path.iterdir() if path.is_dir()} == {"color", "frames"}
    record = Dataset(tmp_path).record(0)
    assert record["files"]["color"]["path"] == "color/000000.jpg"
    assert any("segmentation" in item for item in record["objects"])  # masks do not need their files
    assert set(OUTPUTS) >= set(record["files"])


def test_the_camera_of_the_fixture_looks_where_it_says() -> None:
    view = camera(3)
    pixels, depth = view.project(view.world_from_camera[:3, 3] - 2.0 * view.world_from_camera[:3, 2])
    np.testing.assert_allclose(pixels[0], [view.cx, view.cy])
    np.testing.assert_allclose(depth, [2.0])
