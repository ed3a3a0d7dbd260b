# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest
import torch

from humanoid_brain import host
from humanoid_brain.errors import SceneError
from humanoid_brain.host.standalone import simulation as loading
from humanoid_brain.host.standalone.waking import wake_torch
from tests.host.conftest import MakeWorld
from tests.host.scenes import add_box, new_scene


def test_a_cpu_has_no_time_to_spare() -> None:
    done = list[str]()
    wake_torch("cpu", None, lambda: done.append("worked"))
    assert not done


def test_threads_are_those_asked_for() -> None:
    before = torch.get_num_threads()
    try:
        wake_torch("cpu", before + 1, None)
        assert torch.get_num_threads() == before + 1
        wake_torch("cpu", None, None)
        assert torch.get_num_threads() == before + 1
    finally:
        torch.set_num_threads(before)


def test_work_is_done_beside_the_loads_of_its_context_alone(
    h: host.Host, make_world: MakeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = list[tuple[str, object]]()
    monkeypatch.setattr(loading, "wake_torch", lambda *given: seen.append(given))
    stage = new_scene(h)
    add_box(stage, "/World/box", (0.0, 0.0, 1.0))
    world = make_world()

    def work() -> None:
        pass

    with h.meanwhile(work):
        world.reset()
    world.stop()
    world.reset()
    assert seen == [("cpu", None, work), ("cpu", None, None)]
    world.stop()
    scene = stage.GetPrimAtPath("/World/physicsScene")
    scene.SetActive(False)
    with pytest.raises(SceneError), h.meanwhile(work):
        world.reset()
    scene.SetActive(True)
    world.reset()
    assert seen[2:] == [("cpu", None, None)]


def test_what_fails_beside_a_load_is_noted(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("INFO", "humanoid_brain.host"):
        wake_torch("cuda:99", None, lambda: None)
    assert "beside PhysX failed" in caplog.text and "Traceback" in caplog.text
