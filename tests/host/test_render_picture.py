# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
import torch
from pxr import Gf, Usd, UsdGeom, UsdLux, UsdPhysics

from humanoid_brain.errors import DeviceError
from humanoid_brain.host.standalone.render import variant
from humanoid_brain.host.standalone.render.film import FilmRenderer, Follow
from humanoid_brain.host.standalone.render.guides import Guides
from humanoid_brain.host.standalone.render.picture import PRESETS, add_fog, denoise, fog_left, linear_picture, tone_map
from humanoid_brain.host.standalone.render.variant import choose_variant, find_llvm
from tests.host.render_scenes import add_dome, camera_at, new_stage, paint, renderer_of

SIZE = 64
LOOK = Follow((0.0, 0.0, 0.0), azimuth=0.0, elevation=0.0, distance=12.0)


def scene(lights: bool = True) -> Usd.Stage:
    """A red ball that can move and a green cube that cannot, under a sky and a sun."""
    stage = new_stage()
    ball = UsdGeom.Xform.Define(stage, "/World/ball")
    UsdPhysics.RigidBodyAPI.Apply(ball.GetPrim())
    paint(stage, UsdGeom.Sphere.Define(stage, "/World/ball/shape"), (0.8, 0.05, 0.05))
    cube = UsdGeom.Cube.Define(stage, "/World/cube")
    cube.AddTranslateOp().Set(Gf.Vec3d(0.0, 4.0, 0.0))
    paint(stage, cube, (0.05, 0.8, 0.05))
    if lights:
        add_dome(stage, 800.0)
        UsdLux.DistantLight.Define(stage, "/World/sun").CreateIntensityAttr(2000.0)
    return stage


def centre_of(image: np.ndarray, channel: int) -> tuple[float, float]:
    """Mean column and row of the pixels where one channel clearly leads."""
    values = image.astype(float)
    others = np.delete(values, channel, -1).max(-1)
    rows, columns = np.nonzero(values[..., channel] > 1.5 * others + 10)
    assert len(rows) > 10
    return float(columns.mean()), float(rows.mean())


@pytest.fixture(scope="module")
def film() -> FilmRenderer:
    return FilmRenderer(scene(), SIZE, SIZE, samples=4, device="cpu")


def test_a_frame_has_the_asked_for_size_and_colours(film: FilmRenderer) -> None:
    image = film.render(LOOK)
    assert image.shape == (SIZE, SIZE, 3) and image.dtype == np.uint8
    assert centre_of(image, 0) == pytest.approx((SIZE / 2, SIZE / 2), abs=1.5)
    # Seen from +x, +y is to the right; 4 m of 12 m at a 45 degree field of view are 0.8 of half the image.
    x, _ = centre_of(image, 1)
    assert x == pytest.approx(SIZE / 2 * (1 + 4 / 12 / np.tan(np.radians(22.5))), abs=3)


def test_a_body_is_filmed_where_it_is_put_and_stays_there(film: FilmRenderer) -> None:
    pose = np.eye(4)
    pose[:3, 3] = (0.0, -2.0, 1.0)
    x, y = centre_of(film.render(LOOK, {"/World/ball": pose}), 0)
    per_metre = SIZE / 2 / 12 / np.tan(np.radians(22.5))
    assert x == pytest.approx(SIZE / 2 - 2 * per_metre, abs=2)
    assert y == pytest.approx(SIZE / 2 - per_metre, abs=2)
    assert centre_of(film.render(LOOK), 0) == pytest.approx((x, y), abs=0.5)
    film.render(LOOK, {"/World/ball": np.eye(4)})


def test_the_same_seed_gives_the_same_frame(film: FilmRenderer) -> None:
    assert (film.render(LOOK, seed=3) == film.render(LOOK, seed=3)).all()


def test_a_film_without_lights_is_not_black() -> None:
    image = FilmRenderer(scene(lights=False), SIZE, SIZE, samples=2, device="cpu").render(LOOK)
    assert image.mean() > 60


def test_films_work_without_llvm_and_labels_say_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(variant, "find_llvm", lambda: None)
    plain = FilmRenderer(scene(), SIZE, SIZE, samples=4, device="cpu")
    image = plain.render(LOOK)
    assert centre_of(image, 0) == pytest.approx((SIZE / 2, SIZE / 2), abs=1.5)
    assert centre_of(image, 1)[0] == pytest.approx(SIZE / 2 * (1 + 4 / 12 / np.tan(np.radians(22.5))), abs=3)
    with pytest.raises(DeviceError, match=r"Install LLVM 19 or later"):
        renderer_of(scene()).labels(camera_at((5, 0, 0), (0, 0, 0)))


def test_presets_get_less_noisy() -> None:
    renderer, camera = renderer_of(scene()), camera_at((6, 0, 2), (0, 0, 0), size=128, focal=130)
    truth = renderer.color(camera, 512, 99)
    error = [np.abs(linear_picture(renderer, camera, preset, 1) - truth).mean() for preset in PRESETS.values()]
    noisy = np.abs(renderer.color(camera, PRESETS["standard"].samples, 1) - truth).mean()
    assert error[0] > error[1] > error[2] and error[1] < noisy


def test_the_denoiser_smooths_noise_and_keeps_edges() -> None:
    random = np.random.default_rng(0)
    truth = np.full((32, 32, 3), 0.2, np.float32)
    truth[:, 16:] = 0.6
    noisy = truth * (1 + random.normal(0, 0.15, truth.shape).astype(np.float32))
    up, seen = np.zeros((32, 32, 3), np.float32), np.ones((32, 32), np.float32)
    up[..., 2] = 1.0
    guides = Guides(truth.astype(np.float32), up, 5.0 * seen, seen)
    clean = denoise(noisy, guides)
    assert np.abs(clean - truth).mean() < 0.35 * np.abs(noisy - truth).mean()
    assert clean[:, 16].mean() - clean[:, 15].mean() == pytest.approx(0.4, abs=0.03)


def test_fog_follows_beer_and_lambert() -> None:
    linear, distance = np.ones((1, 3, 3), np.float32), np.array([[0.0, 10.0, np.inf]], np.float32)
    foggy = add_fog(linear, fog_left(distance, 0.1), (0.2, 0.3, 0.4))
    left = np.exp(-1.0)
    assert foggy[0, 0] == pytest.approx((1, 1, 1))
    assert foggy[0, 1] == pytest.approx(left + (1 - left) * np.array([0.2, 0.3, 0.4]), rel=1e-5)
    assert foggy[0, 2] == pytest.approx((0.2, 0.3, 0.4))


def test_tone_mapping_keeps_greys_grey_and_rolls_off_highlights() -> None:
    ramp = np.linspace(0, 20, 200, dtype=np.float32)[:, None].repeat(3, 1)[None]
    image = tone_map(ramp)[0]
    assert (image == image[:, :1]).all()
    assert (np.diff(image[:, 0].astype(int)) >= 0).all()
    assert image[-1, 0] >= 250 and image[0, 0] == 0


def test_a_tensor_becomes_the_picture_that_an_array_becomes() -> None:
    light = np.random.default_rng(1).gamma(0.6, 0.8, (40, 60, 3)).astype(np.float32)
    left = np.random.default_rng(2).random((40, 60)).astype(np.float32)
    array, tensor = (add_fog(each, left, (0.2, 0.3, 0.4)) for each in (light, torch.from_numpy(light)))
    assert tensor.numpy() == pytest.approx(array, rel=1e-6, abs=1e-7)
    made, other = (tone_map(each, 0.3, (1.1, 1.0, 0.9)) for each in (array, tensor))
    assert isinstance(other, np.ndarray) and other.dtype == np.uint8
    assert np.abs(made.astype(int) - other).max() <= 1
    assert (made == other).mean() > 0.999
    assert 0.05 < (array >= 0.76).any(-1).mean() < 0.95


def test_exposure_and_white_balance() -> None:
    linear = np.full((1, 1, 3), 0.2, np.float32)
    assert np.array_equal(tone_map(linear, exposure=1.0), tone_map(linear * 2))
    warm = tone_map(linear, white=(1.2, 1.0, 0.8))[0, 0]
    assert warm[0] > warm[1] > warm[2]


def test_cuda_without_a_gpu_is_one_clear_error() -> None:
    if Path("/dev/nvidiactl").exists():
        assert choose_variant("cuda") == "cuda_ad_rgb"
        return
    with pytest.raises(DeviceError, match=r"cannot render on this machine's GPU\. Install a driver with OptiX"):
        choose_variant("cuda")


def test_an_llvm_that_is_too_old_is_not_taken(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("DRJIT_LIBLLVM_PATH", raising=False)
    monkeypatch.setattr(variant, "_LLVM_NAMES", (str(tmp_path / "libLLVM.so.*"),))
    for version, found in (("18.1", None), ("19.1", "19.1"), ("20.1", "20.1"), ("9", "20.1")):
        (tmp_path / f"libLLVM.so.{version}").touch()
        find_llvm.cache_clear()
        assert find_llvm() == (str(tmp_path / f"libLLVM.so.{found}") if found else None)
    monkeypatch.setenv("DRJIT_LIBLLVM_PATH", "/my/libLLVM.so")
    find_llvm.cache_clear()
    assert find_llvm() == "/my/libLLVM.so"
    find_llvm.cache_clear()
    assert os.environ["DRJIT_LIBLLVM_PATH"] == "/my/libLLVM.so"
