# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from pxr import Gf, Usd

from humanoid_brain.config.randomization import RandomizationConfig
from humanoid_brain.errors import ConfigError
from humanoid_brain.host.cameras import read_camera
from humanoid_brain.randomization.placement import blocked
from humanoid_brain.randomization.randomizer import Context, Randomizer
from tests.randomization.conftest import value, world_pose

Configured = Callable[[str], RandomizationConfig]
SUBJECT = np.array([1.0, 2.0, 0.9])


def draws(stage: Usd.Stage, config: RandomizationConfig, context: Context, frames: int = 60) -> list[dict[str, Any]]:
    randomizer = Randomizer(config, stage, 1)
    return [dict(randomizer.draw(frame, context).values) for frame in range(frames)]


def test_the_camera_stands_on_the_shell_around_the_subject(stage: Usd.Stage, configured: Configured) -> None:
    config = configured("terms:\n  v: {kind: camera, distance: [2, 3], azimuth: [30, 60], elevation: [10, 20]}\n")
    for values in draws(stage, config, Context(subject=(1.0, 2.0, 0.9))):
        way = np.array(values["v.position"]) - SUBJECT
        distance = np.linalg.norm(way)
        assert 2.0 <= distance <= 3.0
        assert 30.0 <= np.degrees(np.arctan2(way[1], way[0])) <= 60.0
        assert 9.99 <= np.degrees(np.arcsin(way[2] / distance)) <= 20.01


def test_azimuth_may_count_from_the_subjects_heading(stage: Usd.Stage, configured: Configured) -> None:
    config = configured("terms:\n  v: {kind: camera, azimuth: 0, azimuth_from: heading, elevation: 0}\n")
    for values in draws(stage, config, Context(subject=(1.0, 2.0, 0.9), heading=90.0), 3):
        way = np.array(values["v.position"]) - SUBJECT
        assert way / np.linalg.norm(way) == pytest.approx([0.0, 1.0, 0.0])


def test_the_camera_looks_at_its_target_with_the_drawn_roll(stage: Usd.Stage, configured: Configured) -> None:
    config = configured("""
terms:
  v: {kind: camera, roll: [10, 40], look_at: {kind: box, low: [-0.5, -0.5, -0.5], high: [0.5, 0.5, 0.5]}}
""")
    randomizer = Randomizer(config, stage, 1)
    for frame in range(10):
        draw = randomizer.draw(frame)
        randomizer.apply(draw)
        values: dict[str, Any] = dict(draw.values)
        pose = world_pose(stage, "/World/camera")
        eye, target = Gf.Vec3d(*values["v.position"]), Gf.Vec3d(*values["v.target"])
        assert Gf.IsClose(pose.ExtractTranslation(), eye, 1e-9)
        assert Gf.Dot(-pose.GetRow3(2), (target - eye).GetNormalized()) == pytest.approx(1.0)
        assert np.degrees(
            np.arcsin(pose.GetRow3(0)[2] / np.hypot(pose.GetRow3(0)[2], pose.GetRow3(1)[2]))
        ) == pytest.approx(values["v.roll"])
        assert not np.allclose(values["v.target"], [0.0, 0.0, 0.9])


def test_the_camera_lands_where_it_should_below_a_moved_parent(stage: Usd.Stage, configured: Configured) -> None:
    from pxr import UsdGeom

    UsdGeom.Xformable(stage.GetPrimAtPath("/World")).AddTransformOp().Set(
        Gf.Matrix4d(Gf.Rotation(Gf.Vec3d(0, 0, 1), 50), Gf.Vec3d(5, 6, 7))
    )
    randomizer = Randomizer(configured("terms:\n  v: {kind: camera}\n"), stage, 1)
    draw = randomizer.draw(0)
    randomizer.apply(draw)
    assert tuple(world_pose(stage, "/World/camera").ExtractTranslation()) == pytest.approx(draw.values["v.position"])


def test_the_camera_never_goes_below_the_ground(stage: Usd.Stage, configured: Configured) -> None:
    config = configured("terms:\n  v: {kind: camera, elevation: [-90, 10], distance: [0.5, 3], min_height: 0.2}\n")
    context = Context(subject=(0.0, 0.0, 3.9), ground=3.0)
    assert min(values["v.position"][2] for values in draws(stage, config, context)) >= 3.2


def test_the_camera_keeps_out_of_obstacles_and_sees_past_them(stage: Usd.Stage, configured: Configured) -> None:
    wall = ((1.0, -3.0, 0.0), (1.2, 3.0, 3.0))
    cupboard = ((-3.0, -3.0, 0.0), (-1.0, -1.0, 2.0))
    context = Context(obstacles=(wall, cupboard))
    hidden = draws(stage, configured("terms:\n  v: {kind: camera, distance: [1, 4], clearance: 0.3}\n"), context)
    seen = draws(stage, configured("terms:\n  v: {kind: camera, distance: [1, 4], clear_view: true}\n"), context)
    for values in hidden:
        x, y, z = values["v.position"]
        assert not (-3.3 < x < -0.7 and -3.3 < y < -0.7 and z < 2.0)
    assert any(values["v.position"][0] > 1.2 and values["v.position"][2] < 2.0 for values in hidden)
    for values in seen:
        eye, subject = np.array(values["v.position"]), np.array([0.0, 0.0, 0.9])
        way = eye[None] + np.linspace(0.0, 1.0, 400)[:, None] * (subject - eye)
        for low, high in (wall, cupboard):
            assert not ((way > low) & (way < high)).all(1).any()


def test_the_camera_stays_in_the_room(stage: Usd.Stage, configured: Configured) -> None:
    config = configured("terms:\n  v: {kind: camera, distance: [1, 6], clearance: 0.2}\n")
    context = Context(room=((-2.0, -3.0, 0.0), (2.0, 3.0, 2.5)))
    places = np.array([values["v.position"] for values in draws(stage, config, context)])
    assert (np.abs(places[:, :2]) <= [1.8, 2.8]).all() and places[:, 2].max() <= 2.3


def test_a_line_is_blocked_by_a_box_across_it_only() -> None:
    box = (((-1.0, -1.0, -1.0), (1.0, 1.0, 1.0)),)
    eyes = np.array([[-5.0, 0.0, 0.0], [-5.0, 5.0, 0.0], [3.0, 0.0, 0.0], [0.0, 0.0, 0.0], [5.0, 1.5, 0.0]])
    assert blocked(eyes, np.array([5.0, 0.0, 0.0]), box).tolist() == [True, False, False, True, False]
    assert blocked(eyes, np.array([0.5, 0.0, 0.0]), box).tolist() == [False] * 5  # the target itself is in the box


def test_a_camera_that_can_stand_nowhere_is_an_error_with_a_way_out(stage: Usd.Stage, configured: Configured) -> None:
    config = configured("terms:\n  v: {kind: camera, elevation: [-80, -60], distance: 3}\n")
    with pytest.raises(ConfigError) as caught:
        Randomizer(config, stage, 1).draw(17)
    message = str(caught.value)
    assert "terms.v: no place for the camera in 64 attempts for frame 17" in message
    assert "Widen distance, azimuth or elevation" in message


def test_every_pixel_of_a_distorted_image_has_a_ray(stage: Usd.Stage, configured: Configured) -> None:
    config = configured("terms:\n  v: {kind: camera, focal_length: 18, distortion: {k1: [-0.3, 0.1], k2: [0, 0.02]}}\n")
    corner = 36.0 / 2 / 18.0 * np.hypot(1.0, 480 / 640)
    k1 = []
    for values in draws(stage, config, Context(image_size=(640, 480))):
        # What OpenCV's model maps to the corner must be found by going outwards without a fold on the way.
        radius = np.linspace(0.0, 5.0, 20001)
        mapped = radius + values["v.k1"] * radius**3 + values["v.k2"] * radius**5
        there = int(np.argmax(mapped >= corner))
        assert there > 0 and (np.diff(mapped[: there + 1]) > 0).all()
        k1.append(values["v.k1"])
    assert min(k1) < -0.05  # a lens of 4:3 folds from about -0.095 on, where k2 does not help


def test_a_lens_that_never_fills_the_image_is_an_error(stage: Usd.Stage, configured: Configured) -> None:
    config = configured("terms:\n  v: {kind: camera, focal_length: 12, distortion: {k1: -0.5}}\n")
    with pytest.raises(ConfigError, match=r"terms\.v\.distortion: no distortion in 64 attempts for frame 0 reaches"):
        Randomizer(config, stage, 1).draw(0)


def test_a_lens_without_distortion_is_as_wide_as_one_likes(stage: Usd.Stage, configured: Configured) -> None:
    config = configured("terms:\n  v: {kind: camera, focal_length: 1.5, distortion: {}}\n")
    assert Randomizer(config, stage, 1).draw(0).values["v.k1"] == 0.0


def test_the_shutter_is_open_until_the_frames_time(stage: Usd.Stage, configured: Configured) -> None:
    stage.SetTimeCodesPerSecond(60.0)
    config = configured("terms:\n  v: {kind: camera, shutter: [0.01, 0.03]}\n")
    randomizer = Randomizer(config, stage, 1)
    draw = randomizer.draw(0)
    randomizer.apply(draw)
    drawn: Any = draw.values["v.shutter"]
    assert 0.01 <= drawn <= 0.03
    assert value(stage, "/World/camera.shutter:open") == pytest.approx(-60.0 * drawn)
    assert value(stage, "/World/camera.shutter:close") == 0.0
    assert read_camera(stage.GetPrimAtPath("/World/camera"), 64, 48).shutter == pytest.approx((-drawn, 0.0))


def test_the_lens_goes_onto_the_camera(stage: Usd.Stage, configured: Configured) -> None:
    config = configured("""
terms:
  v: {kind: camera, focal_length: [18, 55], f_stop: [1.4, 16], distortion: {k1: [-0.1, 0.1], p2: 0.001}}
""")
    randomizer = Randomizer(config, stage, 1)
    draw = randomizer.draw(0, Context(image_size=(640, 480)))
    randomizer.apply(draw)
    values: dict[str, Any] = dict(draw.values)
    camera, lens = "/World/camera", "/World/camera.omni:lensdistortion:opencvPinhole:"
    assert value(stage, f"{camera}.focalLength") == pytest.approx(values["v.focal_length"])
    assert value(stage, f"{camera}.fStop") == pytest.approx(values["v.f_stop"])
    distance = np.linalg.norm(np.array(values["v.position"]) - values["v.target"])
    assert value(stage, f"{camera}.focusDistance") == pytest.approx(distance)
    assert value(stage, f"{camera}.omni:lensdistortion:model") == "opencvPinhole"
    assert value(stage, f"{lens}k1") == pytest.approx(values["v.k1"])
    assert value(stage, f"{lens}p2") == pytest.approx(0.001)
    assert value(stage, f"{lens}imageSize") == Gf.Vec2i(640, 480)
    # The aperture of 36 mm spans the width, and pixels are square.
    assert value(stage, f"{lens}fx") == pytest.approx(640 * values["v.focal_length"] / 36.0)
    assert value(stage, f"{lens}fy") == value(stage, f"{lens}fx")
    assert (value(stage, f"{lens}cx"), value(stage, f"{lens}cy")) == (320.0, 240.0)
    schemas = stage.GetPrimAtPath(camera).GetPrimTypeInfo().GetAppliedAPISchemas()
    assert "OmniLensDistortionOpenCvPinholeAPI" in schemas
