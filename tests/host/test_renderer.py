# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pxr import Gf, Sdf, Usd, UsdGeom, UsdLux, UsdPhysics, UsdShade

from humanoid_brain.errors import DeviceError
from humanoid_brain.host.standalone.renderer import Follow, Renderer, choose_variant
from humanoid_brain.host.standalone.renderer_geometry import collect
from humanoid_brain.host.standalone.renderer_image import denoise, tone_map

SIZE = 64


def scene(lights: bool = True) -> Usd.Stage:
    """A red ball that can move and a green cube that cannot, under a sky and a sun."""
    stage = Usd.Stage.CreateInMemory()
    UsdGeom.SetStageUpAxis(stage, "Z")
    ball = UsdGeom.Xform.Define(stage, "/World/envs/env_0/ball")
    UsdPhysics.RigidBodyAPI.Apply(ball.GetPrim())
    paint(UsdGeom.Sphere.Define(stage, "/World/envs/env_0/ball/shape"), (0.8, 0.05, 0.05))
    cube = UsdGeom.Cube.Define(stage, "/World/cube")
    cube.AddTranslateOp().Set(Gf.Vec3d(0.0, 4.0, 0.0))
    paint(cube, (0.05, 0.8, 0.05))
    hidden = UsdGeom.Cube.Define(stage, "/World/envs/env_0/ball/collision")
    hidden.CreateSizeAttr(10.0)
    hidden.CreatePurposeAttr(UsdGeom.Tokens.guide)
    if lights:
        sky = UsdLux.DomeLight.Define(stage, "/World/sky")
        sky.CreateIntensityAttr(800.0)
        sun = UsdLux.DistantLight.Define(stage, "/World/sun")
        sun.CreateIntensityAttr(2000.0)
    return stage


def paint(shape: UsdGeom.Gprim, color: tuple[float, float, float]) -> None:
    stage, path = shape.GetPrim().GetStage(), f"{shape.GetPath()}_looks"
    material, shader = UsdShade.Material.Define(stage, path), UsdShade.Shader.Define(stage, f"{path}/shader")
    shader.CreateIdAttr("UsdPreviewSurface")
    shader.CreateInput("diffuseColor", Sdf.ValueTypeNames.Color3f).Set(Gf.Vec3f(*color))
    material.CreateSurfaceOutput().ConnectToSource(shader.CreateOutput("surface", Sdf.ValueTypeNames.Token))
    UsdShade.MaterialBindingAPI.Apply(shape.GetPrim()).Bind(material)


def centre_of(image: np.ndarray, channel: int) -> tuple[float, float]:
    """Mean column and row of the pixels where one channel clearly leads."""
    values = image.astype(float)
    others = np.delete(values, channel, -1).max(-1)
    rows, columns = np.nonzero(values[..., channel] > 1.5 * others + 10)
    assert len(rows) > 10
    return float(columns.mean()), float(rows.mean())


@pytest.fixture(scope="module")
def renderer() -> Renderer:
    return Renderer(scene(), SIZE, SIZE, samples=4, device="cpu")


LOOK = Follow((0.0, 0.0, 0.0), azimuth=0.0, elevation=0.0, distance=12.0)


def test_a_frame_has_the_asked_for_size_and_colours(renderer: Renderer) -> None:
    image = renderer.render(LOOK)
    assert image.shape == (SIZE, SIZE, 3) and image.dtype == np.uint8
    x, y = centre_of(image, 0)
    assert (x, y) == pytest.approx((SIZE / 2, SIZE / 2), abs=1.5)
    # Seen from +x, +y is to the right; 4 m of 12 m at a 45 degree field of view are 0.8 of half the image.
    x, _ = centre_of(image, 1)
    assert x == pytest.approx(SIZE / 2 * (1 + 4 / 12 / np.tan(np.radians(22.5))), abs=3)


def test_a_body_is_drawn_where_it_is_put_and_stays_there(renderer: Renderer) -> None:
    pose = np.eye(4)
    pose[:3, 3] = (0.0, -2.0, 1.0)
    moved = renderer.render(LOOK, {"/World/envs/env_0/ball": pose})
    x, y = centre_of(moved, 0)
    per_metre = SIZE / 2 / 12 / np.tan(np.radians(22.5))
    assert x == pytest.approx(SIZE / 2 - 2 * per_metre, abs=2)
    assert y == pytest.approx(SIZE / 2 - per_metre, abs=2)
    assert centre_of(renderer.render(LOOK), 0) == pytest.approx((x, y), abs=0.5)
    renderer.render(LOOK, {"/World/envs/env_0/ball": np.eye(4)})


def test_a_clone_is_drawn_as_its_counterpart() -> None:
    path = "/World/envs/env_7/ball"
    renderer = Renderer(scene(), SIZE, SIZE, samples=4, device="cpu", bodies=[path])
    pose = np.eye(4)
    pose[:3, 3] = (0.0, 0.0, -2.0)
    _, y = centre_of(renderer.render(LOOK, {path: pose}), 0)
    assert y > SIZE / 2 + 5


def test_the_same_seed_gives_the_same_picture(renderer: Renderer) -> None:
    assert (renderer.render(LOOK, seed=3) == renderer.render(LOOK, seed=3)).all()


def test_a_stage_without_lights_is_not_black() -> None:
    image = Renderer(scene(lights=False), SIZE, SIZE, samples=2, device="cpu").render(LOOK)
    assert image.mean() > 60


def test_collision_shapes_are_not_drawn_and_bodies_are_gathered() -> None:
    groups = collect(scene())
    assert set(groups) == {"/World/envs/env_0/ball", ""}
    ((looks, parts),) = groups["/World/envs/env_0/ball"].items()
    assert looks.color == pytest.approx((0.8, 0.05, 0.05))
    assert np.abs(np.concatenate([part.points for part in parts])).max() == pytest.approx(1.0)


@pytest.mark.parametrize("kind", ["Cube", "Sphere", "Capsule", "Cylinder", "Cone"])
@pytest.mark.parametrize("axis", ["X", "Y", "Z"])
def test_solids_fill_their_extent_and_face_outwards(kind: str, axis: str) -> None:
    stage = Usd.Stage.CreateInMemory()
    shape = getattr(UsdGeom, kind).Define(stage, "/shape")
    if kind not in ("Cube", "Sphere"):
        shape.CreateAxisAttr(axis)
    extent = UsdGeom.Boundable.ComputeExtentFromPlugins(UsdGeom.Boundable(shape.GetPrim()), Usd.TimeCode.Default())
    ((part,),) = collect(stage)[""].values()
    assert part.points.min(0) == pytest.approx(extent[0], abs=1e-6)
    assert part.points.max(0) == pytest.approx(extent[1], abs=1e-6)
    corners = part.points[part.faces]
    across = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    solid = np.linalg.norm(across, axis=1) > 1e-9
    assert ((across * corners.mean(1)).sum(1)[solid] > 0).all(), "away from the centre"
    assert ((across * part.normals[part.faces].mean(1)).sum(1)[solid] > 0).all(), "with the normals"


def test_the_denoiser_smooths_noise_and_keeps_edges() -> None:
    random = np.random.default_rng(0)
    truth = np.full((32, 32, 3), 0.2, np.float32)
    truth[:, 16:] = 0.6
    noisy = truth + random.normal(0, 0.05, truth.shape).astype(np.float32)
    cover = np.ones((32, 32, 2), np.float32)
    clean = denoise(noisy, truth, cover, samples=8)
    assert np.abs(clean - truth).mean() < 0.35 * np.abs(noisy - truth).mean()
    step = clean[:, 16].mean() - clean[:, 15].mean()
    assert step == pytest.approx(0.4, abs=0.03)


def test_tone_mapping_keeps_greys_grey_and_rolls_off_highlights() -> None:
    ramp = np.linspace(0, 20, 200, dtype=np.float32)[:, None].repeat(3, 1)[None]
    image = tone_map(ramp)[0]
    assert (image == image[:, :1]).all()
    assert (np.diff(image[:, 0].astype(int)) >= 0).all()
    assert image[-1, 0] >= 250 and image[0, 0] == 0


def test_cuda_without_a_gpu_is_one_clear_error() -> None:
    if Path("/dev/nvidiactl").exists():
        assert choose_variant("cuda") == "cuda_ad_rgb"
        return
    with pytest.raises(DeviceError, match=r"cannot render on this machine's GPU\. Install a driver with OptiX"):
        choose_variant("cuda")
    assert choose_variant("cpu") in ("scalar_rgb", "llvm_ad_rgb")
