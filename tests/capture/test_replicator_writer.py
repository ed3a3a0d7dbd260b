# SPDX-License-Identifier: Apache-2.0
"""HumanoidBrainWriter in a Replicator script: on the standalone host, and on the recorded interface of NVIDIA's."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pxr import Gf, Usd, UsdGeom, UsdLux, UsdPhysics

from humanoid_brain import host
from humanoid_brain.capture.dataset import Dataset
from humanoid_brain.capture.replicator_writer import NAME, register_writer
from humanoid_brain.config.scene import SceneConfig
from humanoid_brain.errors import ConfigError, DatasetError, SceneError
from humanoid_brain.host.semantics import add_labels
from humanoid_brain.scene.build import build_scene
from tests.capture.conftest import inspect
from tests.contract.fake_replicator import Calls, fake_replicator

SIZE = (96, 72)
QUICK = {"workers": 0, "reserve_bytes": 0, "sync": False}


@pytest.fixture(scope="module")
def h() -> Iterator[host.Host]:
    standalone = host.load("standalone")
    register_writer(standalone)
    yield standalone
    standalone.replicator.WriterRegistry.unregister(NAME)


@pytest.fixture(autouse=True)
def finished(h: host.Host) -> Iterator[None]:
    h.replicator.standalone_settings.use("preview")  # type: ignore[attr-defined]
    yield
    h.replicator.standalone_settings.reset()  # type: ignore[attr-defined]
    h.replicator.orchestrator.stop()
    h.World.clear_instance()


@pytest.fixture
def stage(h: host.Host) -> Usd.Stage:
    """A crate and a ball before a wall that has no label, seen along +y."""
    h.stage.create_new_stage()
    stage = h.stage.get_current_stage()
    UsdGeom.SetStageUpAxis(stage, "Z")
    UsdGeom.SetStageMetersPerUnit(stage, 1.0)
    camera = UsdGeom.Camera.Define(stage, "/World/camera")
    camera.AddTranslateOp().Set(Gf.Vec3d(0.0, -6.0, 0.0))
    camera.AddRotateXOp().Set(90.0)
    solid(stage, "/World/crate", "crate", -1.0)
    solid(stage, "/World/ball", "ball", 1.0, UsdGeom.Sphere)
    UsdLux.DomeLight.Define(stage, "/World/sky").CreateIntensityAttr(500.0)
    UsdLux.DistantLight.Define(stage, "/World/sun").CreateIntensityAttr(2000.0)
    return stage


def solid(stage: Usd.Stage, path: str, label: str, x: float, kind: Any = UsdGeom.Cube) -> Usd.Prim:
    found = kind.Define(stage, path)
    found.AddTranslateOp().Set(Gf.Vec3d(x, 0.0, 0.0))
    found.AddScaleOp().Set(Gf.Vec3f(0.6, 0.6, 0.6))
    add_labels(found.GetPrim(), [label])
    return found.GetPrim()


def attached(h: host.Host, folder: Path, camera: str = "/World/camera", **settings: Any) -> Any:
    product = h.replicator.create.render_product(camera, SIZE)
    writer = h.replicator.WriterRegistry.get(NAME)
    writer.initialize(output_dir=str(folder), **{"dataset": QUICK, **settings})
    writer.attach([product])
    return writer


def move(stage: Usd.Stage, path: str, x: float) -> None:
    prim = stage.GetPrimAtPath(path)
    prim.GetAttribute("xformOp:translate").Set(Gf.Vec3d(x, *prim.GetAttribute("xformOp:translate").Get()[1:]))


def steps(h: host.Host, stage: Usd.Stage, count: int) -> None:
    """Steps of which each shows something else, the same in each run."""
    for number in range(count):
        move(stage, "/World/crate", -1.0 - 0.2 * number)
        h.replicator.orchestrator.step()


def test_a_walk_through_a_scene_becomes_a_dataset_that_passes_inspection(h: host.Host, tmp_path: Path) -> None:
    h.stage.create_new_stage()
    config = SceneConfig()
    config.camera.position, config.camera.target = (0.5, -4.0, 1.2), (0.0, 0.0, 0.8)
    built = build_scene(config, h)
    world = h.World(physics_dt=0.005, rendering_dt=0.02, backend="numpy", physics_prim_path="/World/physicsScene")
    world.reset()
    robots = h.ArticulationView(prim_paths_expr=built.robot_expr, name="robots")
    robots.initialize(world.physics_sim_view)
    writer = attached(h, tmp_path / "walk")
    writer.randomization = {"push": 1.5}
    for place in (-0.5, 0.0, 0.5):  # the physics has it there, the stage keeps it in the middle
        robots.set_world_poses(positions=np.array([[place, 0.0, 1.0]]))
        h.replicator.orchestrator.step(delta_time=0.1)
    h.replicator.orchestrator.stop()
    verdict, report = inspect(tmp_path / "walk", tmp_path)
    assert (verdict.pictures, verdict.objects, verdict.errors, verdict.warnings) == (3, 3, 0, 0), report["groups"]
    metadata = json.loads((tmp_path / "walk" / "metadata.json").read_text())
    assert metadata["counts"] == {"planned": 3, "frames": 3, "missing": 0, "objects": {"humanoid": 3, "ground": 0}}
    assert [frame["randomization"] for frame in metadata["frames"]] == [{"push": 1.5}] * 3
    assert metadata["config"]["camera"] == "/World/camera" and "mitsuba" in metadata["versions"]
    coco = json.loads((tmp_path / "walk" / "annotations.json").read_text())
    noses = [each["keypoints"][0] for each in coco["annotations"]]
    assert coco["categories"][0]["keypoints"][0] == "nose" and 0 < noses[0] < noses[1] - 8 < noses[2] - 16
    assert all(each["num_keypoints"] > 10 for each in coco["annotations"])


def test_a_run_goes_on_where_frames_are_missing(
    h: host.Host, stage: Usd.Stage, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / "numbered"
    writer = attached(h, folder, frames=3)
    steps(h, stage, 2)
    writer.detach()
    assert "1 of 3 frames are missing" in caplog.text
    first = (folder / "frames" / "000001.json").stat().st_mtime_ns
    writer = attached(h, folder, frames=3)
    steps(h, stage, 4)  # one more than there are frames
    writer.detach()
    assert Dataset(folder).indices == [0, 1, 2]
    assert (folder / "frames" / "000001.json").stat().st_mtime_ns == first
    verdict, report = inspect(folder, tmp_path)
    assert verdict.errors == 0, report["groups"]


def test_a_dataset_grows_again_after_the_end_of_a_run(h: host.Host, stage: Usd.Stage, tmp_path: Path) -> None:
    attached(h, tmp_path / "grown")
    steps(h, stage, 1)
    h.replicator.orchestrator.stop()
    move(stage, "/World/ball", 2.0)
    h.replicator.orchestrator.step()
    h.stage.create_new_stage()  # detaches all writers
    verdict, report = inspect(tmp_path / "grown", tmp_path)
    assert (verdict.pictures, verdict.errors) == (2, 0), report["groups"]
    with pytest.raises(ConfigError, match=r"holds a dataset already.*give the number of frames"):
        h.replicator.WriterRegistry.get(NAME).initialize(output_dir=str(tmp_path / "grown"))


def test_a_black_picture_is_left_out_and_said(
    h: host.Host, stage: Usd.Stage, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    writer = attached(h, tmp_path / "dark")
    lights = [stage.GetPrimAtPath(path).GetAttribute("inputs:intensity") for path in ("/World/sky", "/World/sun")]
    before = [light.Get() for light in lights]
    for light in lights:
        light.Set(0.0)
    steps(h, stage, 1)
    with caplog.at_level(logging.WARNING):
        assert "step not written as frame 0: the picture is black" in caplog.text
    for light, value in zip(lights, before, strict=True):
        light.Set(value)
    steps(h, stage, 1)
    writer.detach()
    assert Dataset(tmp_path / "dark").indices == [0]


@pytest.mark.parametrize("empty", [False, True])
def test_frames_without_objects_are_written_when_asked_for(
    h: host.Host, stage: Usd.Stage, tmp_path: Path, empty: bool
) -> None:
    writer = attached(h, tmp_path / "empty", classes=["crate"], allow_empty=empty)
    steps(h, stage, 1)
    UsdGeom.Imageable(stage.GetPrimAtPath("/World/crate")).MakeInvisible()
    h.replicator.orchestrator.step()
    writer.detach()
    assert Dataset(tmp_path / "empty").indices == ([0, 1] if empty else [0])
    verdict, report = inspect(tmp_path / "empty", tmp_path)
    assert verdict.errors == 0, report["groups"]


def test_later_objects_get_the_next_numbers_and_new_classes_are_refused(
    h: host.Host, stage: Usd.Stage, tmp_path: Path
) -> None:
    writer = attached(h, tmp_path / "later")
    steps(h, stage, 1)
    solid(stage, "/World/another", "ball", 0.0)
    steps(h, stage, 1)
    second = Dataset(tmp_path / "later").record(1)
    assert {each["prim_path"]: each["instance"] for each in second["objects"]} == {
        "/World/crate": 1,
        "/World/ball": 2,
        "/World/another": 3,
    }
    solid(stage, "/World/cat", "cat", 0.0)
    with pytest.raises(DatasetError, match="the class 'cat' came after the first frame"):
        steps(h, stage, 1)
    writer.detach()


def test_a_camera_on_a_moving_body_is_where_the_physics_has_it(h: host.Host, stage: Usd.Stage, tmp_path: Path) -> None:
    UsdPhysics.Scene.Define(stage, "/World/physicsScene")
    drone = UsdGeom.Xform.Define(stage, "/World/drone")
    drone.AddTranslateOp().Set(Gf.Vec3d(0.0, -6.0, 0.5))
    UsdPhysics.RigidBodyAPI.Apply(drone.GetPrim())
    UsdGeom.Camera.Define(stage, "/World/drone/camera").AddRotateXOp().Set(90.0)
    world = h.World(physics_dt=0.005, rendering_dt=0.02, physics_prim_path="/World/physicsScene")
    world.reset()
    writer = attached(h, tmp_path / "drone", camera="/World/drone/camera")
    for _ in range(2):
        h.replicator.orchestrator.step(delta_time=0.1)
    writer.detach()
    dataset = Dataset(tmp_path / "drone")
    heights = [dataset.camera(record).world_from_camera[2, 3] for record in dataset.records()]
    # The first step of a run does not advance. 0.1 s of free fall, begun 0.01 s earlier in the steps of warming up.
    assert heights[0] - heights[1] == pytest.approx(9.81 * (0.1**2 / 2 + 0.1 * 0.01), rel=0.1)
    verdict, report = inspect(tmp_path / "drone", tmp_path)
    assert verdict.errors == 0, report["groups"]


def test_what_cannot_be_written_is_refused_at_once(h: host.Host, stage: Usd.Stage, tmp_path: Path) -> None:
    writer = h.replicator.WriterRegistry.get(NAME)
    with pytest.raises(ConfigError, match=rf"{NAME}: dataset.color_format"):
        writer.initialize(output_dir=str(tmp_path), dataset={"color_format": "bmp"})
    with pytest.raises(ConfigError, match=rf"{NAME}: unknown key 'rgb'"):
        writer.initialize(output_dir=str(tmp_path), rgb=True)
    writer.initialize(output_dir=str(tmp_path / "two"))
    products = [h.replicator.create.render_product("/World/camera", SIZE, force_new=True) for _ in range(2)]
    with pytest.raises(ConfigError, match="2 render products"):
        writer.attach(products)
    for product in products:
        product.destroy()


def test_a_stage_without_the_class_is_refused_before_anything_is_written(
    h: host.Host, stage: Usd.Stage, tmp_path: Path
) -> None:
    writer = attached(h, tmp_path / "none", classes=["unicorn"])
    with pytest.raises(SceneError, match="nothing on the stage has the class unicorn"):
        h.replicator.orchestrator.step()
    writer.detach()
    assert not (tmp_path / "none").exists()


class _Spy:
    """What a writer gets in a step, in the legacy layout."""

    def __init__(self, h: host.Host) -> None:
        base: Any = h.replicator.Writer
        self.payloads = payloads = []

        class Spy(base):
            def __init__(self, annotators: list[str]) -> None:
                self.annotators = annotators

            def write(self, data: dict[str, Any]) -> None:
                payloads.append(data)

        self.kind = Spy


def test_the_writer_needs_no_more_than_the_recorded_interface(h: host.Host, stage: Usd.Stage, tmp_path: Path) -> None:
    """The class on NVIDIA's names and signatures, fed with the layouts that are recorded: same dataset."""
    real = attached(h, tmp_path / "real", classes=["crate", "ball"])
    spy = _Spy(h)
    watcher = spy.kind([])
    watcher.annotators = list(real.annotators)
    watcher.attach(real.get_attached_annotators()[0].product)
    steps(h, stage, 2)
    real.detach()
    watcher.detach()
    calls: Calls = []
    isaac = replace(h, replicator=fake_replicator(calls))  # type: ignore[arg-type]
    register_writer(isaac)
    writer = isaac.replicator.WriterRegistry.get(NAME)
    writer.initialize(output_dir=str(tmp_path / "isaac"), classes=["crate", "ball"], dataset=QUICK)
    assert {each.name for each in writer.annotators} == {each.name for each in real.annotators}
    writer.attach(["/Render/OmniverseKit/HydraTextures/Replicator"])
    for number, payload in enumerate(spy.payloads):
        writer.write(_fast_keys(payload) if number else payload)
    writer.on_final_frame()
    writer.detach()
    assert [name for name, _ in calls] == ["Writer.attach", "Writer.detach"]
    writer.initialize(output_dir=str(tmp_path / "centimetres"))
    UsdGeom.SetStageMetersPerUnit(stage, 0.01)
    with pytest.raises(SceneError, match="not in metres"):
        writer.write(spy.payloads[0])
    for name in ("annotations.json", "color/000001.png", "instance/000001.png"):
        assert (tmp_path / "isaac" / name).read_bytes() == (tmp_path / "real" / name).read_bytes()


def _fast_keys(payload: dict[str, Any]) -> dict[str, Any]:
    """As the annotators that do not go through JSON have it: ids are numbers."""
    data = dict(payload)
    for name, content in payload.items():
        if isinstance(content, dict) and "idToLabels" in content.get("info", {}):
            table = {int(key): value for key, value in content["info"]["idToLabels"].items()}
            data[name] = {**content, "info": {**content["info"], "idToLabels": table}}
    return data
