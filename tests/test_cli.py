# SPDX-License-Identifier: Apache-2.0
"""The command line: one clear error each for bad input, exit codes, one machine-readable line."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from humanoid_brain.paths import share

PRESET = share() / "config" / "training" / "walk_cpu.yaml"
TINY = ["--scene.num-envs", "4", "--ppo.steps", "4", "--ppo.epochs", "1", "--network.hidden", "8", "--no-tensorboard"]


def brain(*arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(share() / "exts"), "COLUMNS": "200", "CUDA_VISIBLE_DEVICES": ""}
    command = [sys.executable, "-m", "humanoid_brain", *arguments]
    return subprocess.run(command, capture_output=True, text=True, env=environment, cwd=cwd, timeout=200, check=False)


def refused(*arguments: str, code: int = 2) -> str:
    result = brain(*arguments)
    text = result.stdout + result.stderr
    assert result.returncode == code, text
    assert "Traceback" not in text
    return text


def test_help_lists_the_commands_and_their_fields() -> None:
    result = brain("--help")
    assert result.returncode == 0
    for name in ("doctor", "build-scene", "train", "play", "evaluate", "bench", "demo"):
        assert f"  {name}" in result.stdout
    result = brain("train", "--config", str(PRESET), "--help")
    assert result.returncode == 0
    assert "--ppo.learning-rate FLOAT" in result.stdout and "Adam step size" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["fly"], "there is no command 'fly'"),
        (["train", "--config", "nowhere.yaml"], "nowhere.yaml: cannot read the configuration"),
        (["train", "--config"], "--config needs a file"),
        (["train", "--ppo.lerning-rate", "1"], "--ppo.learning-rate"),
        (["train", "--ppo.learning-rate", "-1"], "greater than 0"),
        (["train", "--ppo.learning-rate", "nan"], "finite number"),
        (["train", "--ppo.learning-rate", "fast"], "fast"),
        (["train", "--task.command.forward", "1", "0"], "the lower end of forward, 1, lies above the upper end, 0"),
        (["train", "--device", "tpu"], "tpu"),
        (["evaluate"], "name one policy"),
        (["evaluate", "--policy", "a", "--run", "b"], "name one policy"),
        (["play", "--policy", "nowhere"], "nowhere"),
        (["play", "--policy", "a", "--film", "../film.webm"], "plain file name"),
        (["build-scene", "--file", "scene.txt"], "no USD suffix"),
    ],
)
def test_wrong_input_gets_one_clear_error(arguments: list[str], message: str) -> None:
    result = brain(*arguments)
    text = result.stdout + result.stderr
    assert result.returncode in (1, 2), text
    assert message in text and "Traceback" not in text, text


def test_errors_in_a_file_name_file_line_and_field(tmp_path: Path) -> None:
    path = tmp_path / "run.yaml"
    path.write_text(PRESET.read_text().replace("extends: walk.yaml", "seed: 3"))
    text = refused("train", "--config", str(path))
    assert "run.yaml:5: task.observations: Field required" in text
    path.write_text("device: cpu\nppo:\n  discount: 1.5\n  gama: 0.9\n")
    text = refused("train", "--config", str(path))
    assert "run.yaml:3: ppo.discount" in text and "run.yaml:4: unknown key 'ppo.gama'" in text


def test_errors_are_machine_readable_too(tmp_path: Path) -> None:
    result = brain("train", "--config", str(tmp_path / "nothing.yaml"), "--json")
    last = json.loads(result.stdout.splitlines()[-1])
    assert last["ok"] is False and "nothing.yaml" in last["error"]


def test_a_scene_is_written_and_opens(tmp_path: Path) -> None:
    from pxr import Usd, UsdPhysics

    result = brain("build-scene", "--scene.num-envs", "3", "--output", str(tmp_path), "--json")
    assert result.returncode == 0, result.stderr
    report = json.loads(result.stdout.splitlines()[-1])
    stage = Usd.Stage.Open(report["output"])
    roots = [p for p in stage.Traverse() if p.HasAPI(UsdPhysics.ArticulationRootAPI)]
    assert [str(p.GetPath()) for p in roots] == [f"/World/envs/env_{i}/Robot/pelvis" for i in range(3)]


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("--scene.robot.source.kind", "humanoid", ""),
        ("--scene.robot.root-link", "tail", "tail"),
        ("--scene.robot.joints.knee.pattern", "(left|right)_kne_joint", "knee"),
        ("--scene.robot.joints.knee.nominal", "-1.0", "knee"),
    ],
)
def test_a_robot_that_does_not_fit_is_refused(tmp_path: Path, field: str, value: str, message: str) -> None:
    result = brain("build-scene", field, value, "--output", str(tmp_path))
    if not message:
        assert result.returncode == 0
        return
    text = result.stdout + result.stderr
    assert result.returncode in (1, 2) and message in text and "Traceback" not in text, text
    assert not list(tmp_path.glob("*.usd*"))


@pytest.mark.slow
def test_train_evaluate_and_play_from_the_shell(tmp_path: Path) -> None:
    run = tmp_path / "run"
    tiny = ["--config", str(PRESET), *TINY, "--output", str(run), "--json"]
    result = brain("train", *tiny, "--budget.iterations", "2")
    assert result.returncode == 0, result.stderr
    report = json.loads(result.stdout.splitlines()[-1])
    assert report["ok"] and report["iteration"] == 2 and not report["interrupted"]

    few = ["--episodes", "5", "--num-envs", "4", "--output", str(tmp_path / "e")]
    result = brain("evaluate", "--run", str(run), *few, "--json")
    assert result.returncode == 0, result.stderr
    report = json.loads(result.stdout.splitlines()[-1])
    assert 0.0 <= report["survival"] <= 1.0 and report["velocity_error"] > 0.0 and report["episodes"] == 5
    assert {path.name for path in (tmp_path / "e").iterdir()} == {"report.json", "report.png"}

    film = ["--width", "64", "--height", "64", "--samples", "1", "--fps", "5", "--output", str(tmp_path / "p")]
    result = brain("play", "--run", str(run), *film, "--json")
    assert result.returncode == 0, result.stderr
    assert (tmp_path / "p" / "film.webm").stat().st_size > 1000
    assert {path.name for path in (tmp_path / "p").iterdir()} == {"film.webm", "still.png"}


def test_cuda_is_refused_where_there_is_none(tmp_path: Path) -> None:
    text = refused("train", *TINY, "--device", "cuda", "--output", str(tmp_path / "run"), code=1)
    assert "no GPU" in text and "--device cpu" in text


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a read-only folder needs root")
def test_a_read_only_output_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "readonly"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "ro", "tmpfs", str(folder)], check=False)
    if mounted.returncode:
        pytest.skip("this container may not mount")
    try:
        text = refused("train", "--config", str(PRESET), *TINY, "--output", str(folder / "run"), code=1)
        assert "--output" in text
    finally:
        subprocess.run(["umount", str(folder)], check=True)
