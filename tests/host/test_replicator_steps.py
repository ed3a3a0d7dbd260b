# SPDX-License-Identifier: Apache-2.0
"""Steps: what they render, how they advance time, and where they find what physics moves."""

from __future__ import annotations

import asyncio
from typing import Any

import numpy as np
import pytest
from pxr import Usd

from humanoid_brain import host
from humanoid_brain.host.standalone import replicator as rep
from humanoid_brain.host.standalone.replicator.errors import (
    OrchestratorError,
)
from humanoid_brain.host.standalone.replicator.orchestrator import Status
from tests.host.conftest import MakeWorld
from tests.host.replicator_scenes import (
    CAMERA,
    add_camera,
    add_cube,
    add_two_cubes,
    attached,
    new_stage,
    product_of,
)
from tests.host.scenes import DT, add_box, new_scene

pytestmark = pytest.mark.usefixtures("stopped_orchestrator")

MIDDLE = (24, 32)


@pytest.fixture
def stage(h: host.Host) -> Usd.Stage:
    stage = new_stage(h)
    add_two_cubes(stage)
    return stage


def test_nothing_is_rendered_without_an_annotator(stage: Usd.Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    from humanoid_brain.host.standalone.render.renderer import StageRenderer

    calls: list[str] = []
    for name in ("labels", "color", "visible_alone"):
        original = getattr(StageRenderer, name)

        def noted(self: Any, *args: Any, name: str = name, original: Any = original, **kwargs: Any) -> Any:
            calls.append(name)
            return original(self, *args, **kwargs)

        monkeypatch.setattr(StageRenderer, name, noted)
    product = product_of()
    rep.orchestrator.step()
    assert calls == []
    several = [rep.annotators.get(name) for name in ("normals", "semantic_segmentation", "distance_to_camera")]
    for annotator in several:
        annotator.attach(product)
    rep.orchestrator.step()
    assert calls == ["labels"]
    boxes = [rep.annotators.get(f"bounding_box_2d_{kind}").attach(product) for kind in ("tight", "loose")]
    rep.orchestrator.step()
    assert calls.count("labels") == 2 and calls.count("color") == 0 and calls.count("visible_alone") == 1
    del several, boxes


def test_steps_advance_a_playing_world_as_asked(h: host.Host, make_world: MakeWorld) -> None:
    stage = new_scene(h, ground=False)
    add_box(stage, "/World/envs/env_0/box", (0.0, 0.0, 5.0))
    add_camera(stage, CAMERA, (0.0, -10.0, 5.0))
    world = make_world(dt=DT)
    world.reset()
    with attached("distance_to_image_plane") as annotator:

        def advance(**how: Any) -> float:
            before = world.current_time
            rep.orchestrator.step(**how)
            return round((world.current_time - before) / DT, 6)

        for _ in range(50):
            world.step(render=False)
        assert advance(pause_timeline=False) == 0  # the first step shows the scene as it is
        assert advance(pause_timeline=False) == 4  # then the time between frames
        assert advance(delta_time=0.0, pause_timeline=False) == 0
        assert advance(delta_time=2 * DT) == 2 and not world.is_playing()
        assert advance(delta_time=1.5 * DT, pause_timeline=False) == 1 and world.is_playing()  # it resumes
        assert advance(delta_time=1.5 * DT, pause_timeline=False) == 2  # and makes up for the rest
        assert np.isinf(annotator.get_data()[24, 32])  # the box has fallen out of view
        world.stop()
        assert advance() == 0
        assert annotator.get_data()[24, 32] == pytest.approx(9.9, abs=1e-4)  # and is back where the stage has it
        with pytest.raises(OrchestratorError, match="s is impossible"):
            rep.orchestrator.step(delta_time=-1.0)


def test_a_box_is_drawn_where_physics_has_it(h: host.Host, make_world: MakeWorld) -> None:
    stage = new_scene(h, ground=False)
    add_box(stage, "/World/envs/env_0/box", (0.0, 0.0, 0.0), half=(0.5, 0.5, 0.5))
    h.add_labels(stage.GetPrimAtPath("/World/envs/env_0/box"), ["box"])
    add_camera(stage, CAMERA, (0.0, -10.0, 0.0))
    world = make_world(dt=DT)
    world.reset()
    with attached("bounding_box_3d") as annotator:
        for _ in range(40):
            world.step(render=False)
        rep.orchestrator.step(delta_time=0.0, pause_timeline=False)
        (row,) = annotator.get_data()["data"]
        view = h.RigidPrimView(prim_paths_expr="/World/envs/env_0/box", name="box_view")
        height = float(view.get_world_poses()[0][0, 2])
        assert height < -0.15 and row["transform"][3, 2] == pytest.approx(height, abs=1e-5)
        np.testing.assert_allclose([row["z_min"], row["z_max"]], [-0.5, 0.5], atol=1e-5)


def test_a_camera_on_a_body_goes_with_it(h: host.Host, make_world: MakeWorld) -> None:
    stage = new_scene(h, ground=False)
    add_box(stage, "/World/envs/env_0/box", (0.0, -10.0, 0.0))
    add_camera(stage, "/World/envs/env_0/box/camera", (0.0, 1.0, 0.0))
    add_cube(stage, "/World/target", (0.0, 0.0, 0.0), "target")
    world = make_world(dt=DT)
    world.reset()
    with attached("bounding_box_2d_loose", "/World/envs/env_0/box/camera") as annotator:
        rep.orchestrator.step(delta_time=0.0, pause_timeline=False)
        before = int(annotator.get_data()["data"]["y_min"][0])
        for _ in range(40):
            world.step(render=False)
        rep.orchestrator.step(delta_time=0.0, pause_timeline=False)
        assert int(annotator.get_data()["data"]["y_min"][0]) < before  # the camera fell, so the target rose


def test_status_is_told(stage: Usd.Stage) -> None:
    heard: list[Status] = []
    callback = rep.orchestrator.register_status_callback(heard.append)
    asyncio.run(rep.orchestrator.step_async())
    assert rep.orchestrator.get_status() is Status.STEPPED
    rep.orchestrator.stop()
    assert heard == [Status.STEPPING, Status.STEPPED, Status.STOPPING, Status.STOPPED]
    callback.unregister()
    rep.orchestrator.step()
    assert len(heard) == 4
    assert not rep.orchestrator.get_is_started() and not rep.orchestrator.get_is_paused()


def test_capture_on_play_is_refused(stage: Usd.Stage) -> None:
    rep.orchestrator.set_capture_on_play(False)
    with pytest.raises(OrchestratorError, match="capture on play"):
        rep.orchestrator.set_capture_on_play(True)
    with pytest.raises(OrchestratorError, match="without an end"):
        rep.orchestrator.run_until_complete()
