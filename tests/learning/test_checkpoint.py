# SPDX-License-Identifier: Apache-2.0
"""Checkpoints are whole or absent, verified when read, and belong to one set-up."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from humanoid_brain.errors import CheckpointError, StorageError
from humanoid_brain.learning import checkpoint as module
from humanoid_brain.learning.checkpoint import CheckpointStore, Totals

SIGNATURE = {"robot": "humanoid", "joints": ["a", "b"], "num_envs": 4}


def _store(folder: Path, signature: dict | None = None, *, keep: int = 3, reserve: int = 0) -> CheckpointStore:
    return CheckpointStore(folder, signature or SIGNATURE, keep=keep, reserve=reserve)


def _write(store: CheckpointStore, iteration: int) -> Path:
    tensors = {"x": torch.full((5,), float(iteration)), "n": torch.tensor(iteration)}
    return store.write(Totals(iteration, 100 * iteration, 0.5), tensors, {"y": torch.ones(3, dtype=torch.bool)})


def test_what_was_written_is_read_back(tmp_path: Path) -> None:
    store = _store(tmp_path / "checkpoints")
    _write(store, 25)
    read = store.read()
    assert read.totals == Totals(25, 2500, 0.5)
    assert torch.equal(read.learner["x"], torch.full((5,), 25.0))
    assert read.learner["n"].dtype is torch.int64
    assert read.environment["y"].dtype is torch.bool


def test_newest_is_read_and_old_ones_are_deleted(tmp_path: Path) -> None:
    store = _store(tmp_path, keep=2)
    for iteration in (1, 2, 10):
        _write(store, iteration)
    assert store.names() == ["iteration_000002", "iteration_000010"]
    assert store.read().totals.iteration == 10
    assert store.read("iteration_000002").totals.iteration == 2


@pytest.mark.parametrize("part", ["learner.safetensors", "environment.safetensors"])
@pytest.mark.parametrize("damage", ["truncate", "tamper", "remove"])
def test_damage_is_refused_and_the_one_before_is_offered(tmp_path: Path, part: str, damage: str) -> None:
    store = _store(tmp_path)
    _write(store, 1)
    path = _write(store, 2) / part
    if damage == "truncate":
        path.write_bytes(path.read_bytes()[:-1])
    elif damage == "tamper":
        data = bytearray(path.read_bytes())
        data[-1] ^= 1
        path.write_bytes(bytes(data))
    else:
        path.unlink()
    with pytest.raises(CheckpointError, match=r"damaged|missing") as caught:
        store.read()
    assert "iteration_000001" in caught.value.todo
    assert store.read("iteration_000001").totals.iteration == 1


@pytest.mark.parametrize("text", ["{", "[]", '{"format": 99}'])
def test_a_broken_manifest_is_refused(tmp_path: Path, text: str) -> None:
    store = _store(tmp_path)
    (_write(store, 1) / "manifest.json").write_text(text)
    with pytest.raises(CheckpointError, match="manifest"):
        store.read()


def test_a_checkpoint_of_another_robot_is_refused_by_name(tmp_path: Path) -> None:
    _write(_store(tmp_path), 1)
    other = _store(tmp_path, {**SIGNATURE, "robot": "hexapod"})
    with pytest.raises(CheckpointError, match=r"robot.*'humanoid'.*'hexapod'"):
        other.read()


def test_a_path_out_of_the_folder_is_no_checkpoint(tmp_path: Path) -> None:
    store = _store(tmp_path / "checkpoints")
    _write(store, 1)
    with pytest.raises(CheckpointError, match="no checkpoint"):
        store.read("../checkpoints/iteration_000001")


def test_a_failed_write_leaves_nothing_and_keeps_the_old(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = _store(tmp_path)
    _write(store, 1)

    def fail(path: Path, value: object) -> None:
        raise StorageError("the disk is full", where=str(path))

    monkeypatch.setattr(module, "write_json", fail)
    with pytest.raises(StorageError, match="full"):
        _write(store, 2)
    assert [p.name for p in tmp_path.iterdir()] == ["iteration_000001"]


def test_the_reserve_is_respected(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="would stay free"):
        _write(_store(tmp_path, reserve=1 << 60), 1)
    assert not list(tmp_path.glob("iteration*"))


def test_what_a_kill_left_half_written_is_ignored_and_swept(tmp_path: Path) -> None:
    store = _store(tmp_path)
    _write(store, 1)
    part = tmp_path / ".iteration_000002.part"
    part.mkdir()
    (part / "manifest.json").write_text("{}")
    assert store.read().totals.iteration == 1
    _write(store, 2)
    assert not part.exists()


def test_no_file_of_a_checkpoint_can_hold_code(tmp_path: Path) -> None:
    path = _write(_store(tmp_path), 1)
    assert {p.suffix for p in path.iterdir()} == {".safetensors", ".json"}
    assert set(json.loads((path / "manifest.json").read_text())["sha256"]) == {
        "learner.safetensors", "environment.safetensors"
    }  # fmt: skip
