# SPDX-License-Identifier: Apache-2.0
"""Motion blur: what moves is smeared along its way up to the frame's time, and labels know nothing of it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from pxr import Gf, Usd, UsdGeom, UsdLux, UsdPhysics

from humanoid_brain import host
from humanoid_brain.host.cameras import read_camera
from humanoid_brain.host.standalone import replicator as rep
from humanoid_brain.host.standalone.render.picture import Preset
from humanoid_brain.host.standalone.replicator.poses import BodyPoses, Twist
from tests.host.conftest import MakeWorld
from tests.host.replicator_scenes import CAMERA, add_camera, add_cube
from tests.host.scenes import DT, add_box, new_scene

BOX = "/World/envs/env_0/box"
SIZE = (160, 120)  # with a focal length of 160 pixels
OPEN = 0.2
"""Seconds that the shutter is open."""
SPEED = 5.0
"""Metres per second, so that the box goes 1 m while it is."""
SHARP = Preset(samples=16, depth=2, guides=0, exposures=16)
"""Without a denoiser."""


@pytest.fixture
def light() -> Iterator[list[np.ndarray]]:
    """The linear radiance of each picture that is drawn."""
    seen: list[np.ndarray] = []
    rep.standalone_settings.preset = SHARP
    rep.standalone_settings.develop = lambda light: seen.append(light) or light
    yield seen
    rep.standalone_settings.reset()
    rep.orchestrator.stop()


@pytest.fixture
def stage(h: host.Host) -> Usd.Stage:
    """A box of 1 m in front of an even sky, weightless, seen along +y from 10 m."""
    stage = new_scene(h, gravity=0.0, ground=False)
    add_box(stage, BOX, (0.0, 0.0, 0.0), half=(0.5, 0.5, 0.5))
    h.add_labels(stage.GetPrimAtPath(BOX), ["box"])
    add_camera(stage, CAMERA, (0.0, -10.0, 0.0))
    UsdLux.DomeLight.Define(stage, "/World/sky").CreateIntensityAttr(1000.0)
    return stage


def shut(stage: Usd.Stage, seconds: float, camera: str = CAMERA) -> None:
    prim = UsdGeom.Camera(stage.GetPrimAtPath(camera))
    prim.CreateShutterOpenAttr(-seconds * stage.GetTimeCodesPerSecond())
    prim.CreateShutterCloseAttr(0.0)


def moving(h: host.Host, make_world: MakeWorld, linear: Any = (0.0, 0.0, 0.0), angular: Any = (0.0, 0.0, 0.0)) -> None:
    """Let the box move, from where it stands."""
    make_world(dt=DT).reset()
    view = h.RigidPrimView(prim_paths_expr=BOX, name="moving")
    view.set_velocities(np.array([[*linear, *angular]]))


def take(names: tuple[str, ...] = ("rgb",), camera: str = CAMERA) -> list[Any]:
    product = rep.create.render_product(camera, SIZE)
    annotators = [rep.annotators.get(name) for name in names]
    for annotator in annotators:
        annotator.attach(product)
    rep.orchestrator.step(delta_time=0.0, pause_timeline=False)
    found = [annotator.get_data() for annotator in annotators]
    for annotator in annotators:
        annotator.detach()
    return found


def columns(radiance: np.ndarray) -> np.ndarray:
    """How far [W] the box covers the sky in the rows through its middle, 0 to 1."""
    row = radiance[55:65].mean((0, 2))
    return (row[0] - row) / (row[0] - row.min())


def test_a_moving_box_is_smeared_back_to_where_the_shutter_opened(
    h: host.Host, stage: Usd.Stage, make_world: MakeWorld, light: list[np.ndarray]
) -> None:
    shut(stage, OPEN)
    moving(h, make_world, linear=(SPEED, 0.0, 0.0))
    pictures = [take()[0] for _ in range(2)]
    camera = read_camera(stage.GetPrimAtPath(CAMERA), *SIZE)
    corners = np.array([[x, y, 0.0] for x in (-0.5, 0.5) for y in (-0.5, 0.5)])
    inside = np.zeros(SIZE[0])
    for back in np.linspace(0.0, SPEED * OPEN, 1001):
        u = camera.project(corners - (back, 0.0, 0.0))[0][:, 0]
        inside += (np.arange(SIZE[0]) + 0.5 > u.min()) & (np.arange(SIZE[0]) + 0.5 < u.max())
    # 16 moments stand for all of them, and one pixel is an eighth of the way that each stands for.
    np.testing.assert_allclose(columns(light[0]), inside / inside.max(), atol=0.12)
    assert np.array_equal(*pictures)


def test_with_few_paths_each_pixel_has_some_of_the_moments(
    h: host.Host, stage: Usd.Stage, make_world: MakeWorld, light: list[np.ndarray]
) -> None:
    shut(stage, OPEN)
    moving(h, make_world, linear=(SPEED, 0.0, 0.0))
    take()
    rep.standalone_settings.preset = Preset(samples=3, depth=2, guides=0, exposures=16)
    take()
    few, many = light[1][55:65], light[0][55:65]
    assert few.std(0).max() > 2.0 * many.std(0).max()
    np.testing.assert_allclose(few.mean(0), many.mean(0), atol=0.3)
    np.testing.assert_allclose(few.mean(), many.mean(), rtol=0.02)


def test_labels_are_those_of_the_frames_time(
    h: host.Host, stage: Usd.Stage, make_world: MakeWorld, light: list[np.ndarray]
) -> None:
    names = ("rgb", "distance_to_camera", "instance_segmentation", "bounding_box_2d_loose", "bounding_box_3d")
    moving(h, make_world, linear=(SPEED, 0.0, 0.0), angular=(0.0, 0.0, 3.0))
    sharp = take(names)
    shut(stage, OPEN)
    blurred = take(names)
    assert (sharp[0] != blurred[0]).any()
    assert np.array_equal(sharp[1], blurred[1]) and np.array_equal(sharp[2]["data"], blurred[2]["data"])
    assert all((sharp[i]["data"] == blurred[i]["data"]).all() for i in (3, 4))


def test_what_stands_still_is_as_sharp_as_with_the_shutter_closed(
    h: host.Host, stage: Usd.Stage, make_world: MakeWorld, light: list[np.ndarray]
) -> None:
    moving(h, make_world)
    (sharp,) = take()
    shut(stage, OPEN)
    assert np.array_equal(take()[0], sharp)
    add_cube(stage, "/World/wall", (0.0, 3.0, 0.0), half=(9.0, 0.1, 1.0))
    h.RigidPrimView(prim_paths_expr=BOX, name="slow").set_velocities(np.array([[0.0, SPEED, 0.0, 0.0, 0.0, 0.0]]))
    take()
    wall = light[-1][:, 100:]  # beside the box, which goes away from the camera
    assert np.abs(np.diff(wall[:60].mean((1, 2)))).max() > 0.2  # its upper edge is one pixel wide


def test_a_camera_on_a_body_smears_what_stands_still(
    h: host.Host, stage: Usd.Stage, make_world: MakeWorld, light: list[np.ndarray]
) -> None:
    carried = f"{BOX}/camera"
    add_camera(stage, carried, (0.0, 1.0, 0.0))
    add_cube(stage, "/World/target", (0.0, 11.0, 0.0), half=(0.5, 0.5, 0.5))
    shut(stage, OPEN, carried)
    moving(h, make_world, linear=(SPEED, 0.0, 0.0))
    take(camera=carried)
    covered = columns(light[0])
    # Seen from up to 1 m farther left, the target, 9.5 m away, appears up to 16.8 pixels farther right.
    middle = float((covered * (np.arange(SIZE[0]) + 0.5)).sum() / covered.sum())
    assert middle - SIZE[0] / 2 == pytest.approx(160 / 9.5 * SPEED * OPEN / 2, abs=0.7)


def test_fog_lies_over_the_smear_as_over_what_is_smeared(
    h: host.Host, stage: Usd.Stage, make_world: MakeWorld, light: list[np.ndarray]
) -> None:
    shut(stage, OPEN)
    moving(h, make_world, linear=(SPEED, 0.0, 0.0))
    rep.standalone_settings.fog_density = math.log(2.0) / 9.5  # half of the light of the box gets through
    rep.standalone_settings.fog_color = (1.0, 1.0, 1.0)
    take()
    rep.standalone_settings.fog_density = 0.0
    take()
    foggy, clear = (1.0 - each[55:65].mean((0, 2)) for each in light)
    np.testing.assert_allclose(foggy, clear / 2, atol=0.06)


def test_a_body_turns_about_its_centre_of_mass(h: host.Host, stage: Usd.Stage, make_world: MakeWorld) -> None:
    UsdPhysics.MassAPI.Apply(stage.GetPrimAtPath(BOX)).CreateCenterOfMassAttr(Gf.Vec3f(0.3, 0.0, 0.0))
    moving(h, make_world, angular=(0.0, 0.0, 2.0))
    bodies = BodyPoses(stage)
    poses = bodies.read()
    twist = bodies.twists(poses)[BOX]
    np.testing.assert_allclose(twist.center, [0.3, 0.0, 0.0], atol=1e-5)
    then = twist.motion(-0.5) @ poses[BOX]
    np.testing.assert_allclose(then @ [0.3, 0.0, 0.0, 1.0], [0.3, 0.0, 0.0, 1.0], atol=1e-5)
    np.testing.assert_allclose(then[:2, 0], [math.cos(1.0), -math.sin(1.0)], atol=1e-5)


def test_a_twist_is_a_turn_about_a_centre_that_goes_on() -> None:
    twist = Twist(np.array([1.0, 0.0, 0.0]), np.array([1.0, 2.0, 3.0]), np.array([0.0, 0.0, math.pi]))
    np.testing.assert_allclose(twist.motion(1.0) @ [2.0, 0.0, 0.0, 1.0], [1.0, 2.0, 3.0, 1.0], atol=1e-12)
    np.testing.assert_allclose(twist.motion(-0.5) @ [1.0, 0.0, 0.0, 1.0], [0.5, -1.0, -1.5, 1.0], atol=1e-12)
    np.testing.assert_array_equal(Twist(np.ones(3), np.zeros(3), np.zeros(3)).motion(1.0), np.eye(4))
