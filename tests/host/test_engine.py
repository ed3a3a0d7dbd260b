# SPDX-License-Identifier: Apache-2.0
"""The engine's process-wide rules and its errors."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from humanoid_brain import host
from humanoid_brain.errors import DeviceError, HostError, SceneError
from humanoid_brain.host.standalone import engine as engines
from humanoid_brain.host.standalone.engine_tensors import Buffer
from humanoid_brain.host.standalone.quantity import Quantity
from humanoid_brain.host.standalone.simulation import Simulation, simulation
from tests.host import scenes
from tests.host.conftest import MakeWorld


@pytest.fixture
def engine(h: host.Host) -> engines.Engine:
    return engines.open_engine("cpu", None, 1)


def test_a_process_has_one_device(engine: engines.Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    assert engines.open_engine("cpu", None, 1) is engine
    monkeypatch.setattr(engines, "check_device", lambda device: "cuda:0")
    with pytest.raises(DeviceError, match=r"runs on cpu in this process and cannot move to cuda:0\. Start a new proc"):
        engines.open_engine("cuda", None, 1)


def test_other_threads_make_another_engine(engine: engines.Engine) -> None:
    assert engine.threads == 0  # one environment: on the calling thread
    other = engines.open_engine("cpu", 2, 1)
    assert other is not engine and other.threads == 2
    many = engines.open_engine("cpu", None, 1000)
    assert many.threads == len(os.sched_getaffinity(0))


def test_missing_and_broken_scenes_are_refused(engine: engines.Engine, tmp_path: Path) -> None:
    broken = tmp_path / "broken.usda"
    broken.write_text("this is no USD")
    for path in (tmp_path / "missing.usda", broken):
        with pytest.raises(SceneError, match=f"{path}: the scene cannot be simulated"):
            engine.attach(path, [])
        assert not engine.attached


def test_nothing_works_without_a_scene(engine: engines.Engine) -> None:
    engine.detach()
    with pytest.raises(HostError, match="physics step failed"):
        engine.step(0.005)
    with pytest.raises(HostError, match="no scene is loaded"):
        engine.write_scene("/World/physicsScene", "physics:gravityMagnitude", torch.ones(1).numpy())
    with pytest.raises((HostError, SceneError)):
        engine.bind(Quantity.BODY_POSE, ["/World/nothing"])


def test_buffers_are_contiguous() -> None:
    with pytest.raises(HostError, match="contiguous"):
        Buffer(torch.zeros(4, 6)[:, ::2])


def test_who_asks_for_the_same_shares_a_binding(h: host.Host, make_world: MakeWorld) -> None:
    stage = scenes.new_scene(h)
    scenes.add_box(stage, "/World/envs/env_0/box", position=(0.0, 0.0, 1.0))
    scenes.clone(h, 3)
    world = make_world()
    one, other = (h.RigidPrimView("/World/envs/env_.*/box", name=name) for name in ("one", "other"))
    world.reset()
    engine, paths = simulation.engine, one.prim_paths
    bound = engine.bind(Quantity.BODY_POSE, paths)
    assert engine.bind(Quantity.BODY_POSE, list(paths)) is bound
    assert engine.bind(Quantity.BODY_POSE, paths[::-1]) is not bound
    assert engine.bind(Quantity.BODY_VELOCITY, paths) is not bound
    there = one.get_world_poses(clone=False)[0]
    moved = there + 1.0
    other.set_world_poses(positions=moved)
    torch.testing.assert_close(there + 1.0, moved)  # one view's buffer is not another's
    torch.testing.assert_close(one.get_world_poses()[0], moved)
    world.stop()
    world.reset()
    assert simulation.engine.bind(Quantity.BODY_POSE, paths) is not bound


def test_repeated_engine_messages_are_passed_on_a_few_times(caplog: pytest.LogCaptureFixture) -> None:
    engines._repeated.clear()
    with caplog.at_level(logging.ERROR, logger="humanoid_brain.physx"):
        for step in range(20):
            engines.log.error("Invalid transform (NaN) of the link %s, and so on: step %d", "pelvis" * 8, step)
        engines.log.error("another trouble")
    assert len(caplog.records) == 4


def test_a_missing_package_is_one_clear_error(repo_root: Path) -> None:
    code = (
        "import sys; sys.modules['ovphysx'] = None\n"
        "from humanoid_brain import errors, host\n"
        "try: host.load('standalone')\n"
        "except errors.HostError as error: print(error)\n"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=repo_root)
    assert "the standalone host does not load" in result.stdout and "humanoid-brain[standalone]" in result.stdout


def test_a_missing_pytorch_is_told_before_a_scene_is_built(repo_root: Path) -> None:
    code = (
        "import sys; sys.modules['torch'] = None\n"
        "from humanoid_brain import errors, host\n"
        "try: host.load('standalone')\n"
        "except errors.HostError as error: print(error)\n"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=repo_root)
    assert "the standalone host does not load: No module named 'torch'" in result.stdout


def test_a_broken_pytorch_is_one_clear_error(repo_root: Path, tmp_path: Path) -> None:
    (tmp_path / "torch.py").write_text("raise OSError('libtorch_cpu.so: file too short')")
    code = (
        "from humanoid_brain import errors, host\n"
        "h = host.load('standalone')\n"
        "h.stage.create_new_stage()\n"
        "try: h.World(backend='torch').play()\n"
        "except errors.HostError as error: print(error)\n"
    )
    path = os.pathsep.join([str(tmp_path), *filter(None, [os.environ.get("PYTHONPATH")])])
    command, env = [sys.executable, "-c", code], {**os.environ, "PYTHONPATH": path}
    result = subprocess.run(command, capture_output=True, text=True, check=True, cwd=repo_root, env=env)
    assert "PyTorch does not load: libtorch_cpu.so: file too short" in result.stdout


def test_a_pytorch_without_the_device_is_one_clear_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(DeviceError, match="cuda:0 was asked for, but PyTorch finds no CUDA device"):
        Simulation(device="cuda:0")._import_torch()


def test_a_device_that_the_driver_does_not_have_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "cuda_devices", lambda: 2)
    assert engines.check_device("cuda:1") == "cuda:1"
    with pytest.raises(DeviceError, match="cuda:2 was asked for, but there are 2 CUDA devices"):
        engines.check_device("cuda:2")


def test_the_host_package_is_light(repo_root: Path) -> None:
    code = (
        "import sys; import humanoid_brain.host\n"
        "print([name for name in ('torch', 'pxr', 'numpy', 'ovphysx') if name in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=repo_root)
    assert result.stdout.strip() == "[]"


def test_an_unknown_host_is_refused() -> None:
    with pytest.raises(HostError, match="no host 'moon'"):
        host.load("moon")  # type: ignore[arg-type]


def test_threads_can_be_chosen(h: host.Host) -> None:
    with pytest.raises(HostError, match="-1 threads are impossible"):
        h.set_threads(-1)
    h.set_threads(None)
