# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import dataclasses
import json
import shutil
from pathlib import Path

import pytest

from humanoid_brain.capture.merge import merge
from humanoid_brain.capture.writer import DatasetWriter
from humanoid_brain.errors import DatasetError, StorageError
from tests.capture.conftest import tree
from tests.capture.synthetic import description, frame


@pytest.fixture
def shards(tmp_path: Path) -> list[Path]:
    folders = [tmp_path / f"shard{part}" for part in range(3)]
    for part, folder in enumerate(folders):
        with DatasetWriter(folder, description(shard=(part, 3))) as writer:
            for index in writer.missing():
                writer.submit(frame(index))
            assert writer.finish().missing == 0
    return folders


def test_merged_shards_equal_the_dataset_captured_at_once(shards: list[Path], tmp_path: Path, reference: Path) -> None:
    seen: list[tuple[int, int]] = []
    merge([shards[2], shards[0], shards[1]], tmp_path / "whole", progress=lambda *step: seen.append(step))
    assert tree(tmp_path / "whole") == tree(reference)
    assert seen == [(done, 12) for done in range(1, 13)]


def test_an_interrupted_merge_goes_on(shards: list[Path], tmp_path: Path, reference: Path) -> None:
    class Stop(Exception):
        pass

    def stop(done: int, total: int) -> None:
        if done == 5:
            raise Stop

    with pytest.raises(Stop):
        merge(shards, tmp_path / "whole", progress=stop)
    first = (tmp_path / "whole" / "frames" / "000000.json").stat().st_mtime_ns
    merge(shards, tmp_path / "whole")
    assert tree(tmp_path / "whole") == tree(reference)
    assert (tmp_path / "whole" / "frames" / "000000.json").stat().st_mtime_ns == first


def test_a_flipped_byte_is_found_on_the_way(shards: list[Path], tmp_path: Path) -> None:
    victim = shards[1] / "depth" / "000004.tiff"  # of frames 4 to 7
    data = bytearray(victim.read_bytes())
    data[len(data) // 2] ^= 1
    victim.write_bytes(data)
    with pytest.raises(DatasetError, match=r"000004\.tiff.*checksum"):
        merge(shards, tmp_path / "whole")
    assert not (tmp_path / "whole" / "frames" / "000004.json").exists()


def test_missing_frames_are_named_unless_allowed(shards: list[Path], tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"4 frames are in no shard: 4, 5, 6, 7"):
        merge([shards[0], shards[2]], tmp_path / "whole")
    assert not (tmp_path / "whole").exists()
    assert merge([shards[0], shards[2]], tmp_path / "whole", allow_missing=True).missing == 4


def test_frames_that_differ_between_shards_are_named(shards: list[Path], tmp_path: Path) -> None:
    other = tmp_path / "other"
    shutil.copytree(shards[0], other)
    merge([*shards, other], tmp_path / "whole")  # the same frame twice is no conflict
    path = other / "frames" / "000003.json"
    record = json.loads(path.read_text())
    record["files"]["color"]["sha256"] = "0" * 64
    path.write_text(json.dumps(record))
    with pytest.raises(DatasetError, match=r"1 frames differ.*: 3"):
        merge([*shards, other], tmp_path / "again")


def test_shards_of_another_dataset_are_refused(shards: list[Path], tmp_path: Path) -> None:
    with DatasetWriter(tmp_path / "other", dataclasses.replace(description(shard=(1, 3)), seed=8)) as writer:
        writer.finish()
    with pytest.raises(DatasetError, match="seed: 7, not 8"):
        merge([shards[0], tmp_path / "other"], tmp_path / "whole")


def test_a_path_that_leaves_a_shard_is_refused(shards: list[Path], tmp_path: Path) -> None:
    (tmp_path / "secret.png").write_bytes(b"secret")
    path = shards[0] / "frames" / "000003.json"
    record = json.loads(path.read_text())
    record["files"]["color"]["path"] = "../secret.png"
    path.write_text(json.dumps(record))
    with pytest.raises(StorageError, match="leads out of its folder"):
        merge(shards, tmp_path / "whole")
