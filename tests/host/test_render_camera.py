# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from pxr import Gf, UsdGeom

from humanoid_brain.errors import SceneError
from humanoid_brain.host.cameras import read_camera
from tests.host.render_scenes import TYPES, add_dome, add_quad, camera_at, new_stage, paint, renderer_of


@pytest.fixture
def made() -> Iterator[UsdGeom.Camera]:
    stage = new_stage()
    made = UsdGeom.Camera.Define(stage, "/World/camera")
    made.CreateFocalLengthAttr(24.0)
    made.CreateHorizontalApertureAttr(36.0)
    made.CreateVerticalApertureAttr(20.0)
    made.AddTranslateOp().Set(Gf.Vec3d(1, 2, 3))
    made.AddRotateXOp().Set(90.0)
    made.AddScaleOp().Set(Gf.Vec3f(2, 2, 2))
    yield made


def test_the_horizontal_aperture_spans_the_width_and_pixels_are_square(made: UsdGeom.Camera) -> None:
    model = read_camera(made.GetPrim(), 640, 480)
    assert (model.fx, model.fy) == pytest.approx((640 * 24 / 36,) * 2)
    assert (model.cx, model.cy) == (320, 240)
    assert model.kind == "pinhole" and model.focal_length == 24.0 and model.aperture == (36.0, 20.0)
    # Turned up by 90 degrees, the camera looks along +y; its scale does not count.
    assert model.rays([[320, 240]])[0] == pytest.approx((0, 1, 0), abs=1e-12)
    assert model.world_from_camera[:3, 3] == pytest.approx((1, 2, 3))
    assert np.linalg.det(model.world_from_camera[:3, :3]) == pytest.approx(1.0)


def test_a_shutter_that_closes_before_it_opens_is_refused(made: UsdGeom.Camera) -> None:
    assert read_camera(made.GetPrim(), 360, 200).shutter == (0.0, 0.0)
    made.CreateShutterOpenAttr(0.5)
    with pytest.raises(SceneError, match=r"shutter:close: the shutter closes before it opens"):
        read_camera(made.GetPrim(), 360, 200)


def test_focus_clipping_and_offsets(made: UsdGeom.Camera) -> None:
    made.CreateFStopAttr(2.8)
    made.CreateFocusDistanceAttr(4.0)
    made.CreateClippingRangeAttr(Gf.Vec2f(0.2, 50.0))
    made.CreateHorizontalApertureOffsetAttr(3.6)
    made.CreateVerticalApertureOffsetAttr(1.8)
    model = read_camera(made.GetPrim(), 360, 200)
    assert (model.f_stop, model.focus_distance, model.near, model.far) == pytest.approx((2.8, 4.0, 0.2, 50.0))
    # GfCamera's frustum is shifted to +x and +y by the offsets: the axis is left of and below the middle.
    frustum = made.GetCamera().frustum
    window = frustum.GetWindow()
    assert model.cx / 360 == pytest.approx(-window.GetMin()[0] / (window.GetMax()[0] - window.GetMin()[0]), abs=1e-6)
    assert (model.cx, model.cy) == pytest.approx((180 - 36, 100 + 18))
    assert window.GetMin()[1] + window.GetMax()[1] > 0


def test_opencv_lenses_as_isaac_sim_authors_them(made: UsdGeom.Camera) -> None:
    prim = made.GetPrim()

    def author(model: str, **values: Any) -> None:
        prim.CreateAttribute("omni:lensdistortion:model", TYPES.Token).Set(model)
        prim.CreateAttribute(f"omni:lensdistortion:{model}:imageSize", TYPES.Int2).Set(Gf.Vec2i(1280, 960))
        for name, value in values.items():
            prim.CreateAttribute(f"omni:lensdistortion:{model}:{name}", TYPES.Float).Set(value)

    author("opencvFisheye", fx=400.0, fy=410.0, cx=650.0, cy=470.0, k1=0.1, k2=0.01)
    model = read_camera(prim, 640, 480)
    assert model.kind == "fisheye"
    assert (model.fx, model.fy, model.cx, model.cy) == pytest.approx((200, 205, 325, 235))
    assert model.distortion == pytest.approx((0.1, 0.01, 0, 0))
    author("opencvPinhole", fx=900.0, fy=900.0, cx=640.0, cy=480.0, k1=-0.1, p2=0.001, k6=0.002)
    model = read_camera(prim, 1280, 960)
    assert model.kind == "opencv" and model.fx == 900.0
    assert model.distortion == pytest.approx((-0.1, 0, 0, 0.001, 0, 0, 0, 0.002))
    author("opencvPinhole", s1=0.1)
    with pytest.raises(SceneError, match=r"/World/camera\.omni:lensdistortion:opencvPinhole:s1: thin prism"):
        read_camera(prim, 640, 480)
    author("ftheta")
    with pytest.raises(SceneError, match="the lens model 'ftheta' is not drawn"):
        read_camera(prim, 640, 480)


def test_what_is_no_perspective_camera_is_refused(made: UsdGeom.Camera) -> None:
    made.CreateProjectionAttr("orthographic")
    with pytest.raises(SceneError, match="/World/camera: an orthographic camera is not drawn"):
        read_camera(made.GetPrim(), 64, 64)
    with pytest.raises(SceneError, match="there is no camera here"):
        read_camera(made.GetPrim().GetParent(), 64, 64)


def test_depth_of_field_blurs_what_is_out_of_focus_and_labels_stay_sharp() -> None:
    stage = new_stage()
    add_dome(stage, 300.0)
    half = add_quad(stage, "/World/half", 4.0)
    half.AddTranslateOp().Set(Gf.Vec3d(2, 0, 0))
    paint(stage, half, (0.9, 0.9, 0.9), emissiveColor=(1.0, 1.0, 1.0))
    renderer = renderer_of(stage)

    def edge_width(**lens: float) -> int:
        camera = camera_at((0, 0, 4), (0, 0, 0), size=64, focal=120, up=(0, 1, 0), **lens)
        row = renderer.color(camera, 64, 0)[28:36].mean((0, 2))
        share = (row - row.min()) / np.ptp(row)
        assert (renderer.labels(camera).shape[32, :31] == -1).all()
        return int(((share > 0.08) & (share < 0.92)).sum())

    sharp = edge_width()
    focused = edge_width(f_stop=0.1, focus_distance=4.0, focal_length=50.0)
    blurred = edge_width(f_stop=0.1, focus_distance=1.5, focal_length=50.0)
    assert sharp <= 2 and focused <= 2 and blurred > 15
