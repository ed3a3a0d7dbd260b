# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from pxr import Gf, Sdf, Usd, UsdGeom, UsdLux

from humanoid_brain.errors import SceneError
from humanoid_brain.host.standalone.render.lights import RADIANCE, read_lights
from tests.host.render_scenes import add_dome, add_quad, camera_at, new_stage, paint, renderer_of, write_image

ABOVE = camera_at((0, 0, 3), (0, 0, 0), size=16, focal=60, up=(0, 1, 0))
GREY = 0.5


def floor_radiance(stage: Usd.Stage, samples: int = 64) -> np.ndarray:
    """Radiance (3,) of a rough grey floor below the origin, seen from the side."""
    paint(stage, add_quad(stage, "/World/floor", 1.0), (GREY, GREY, GREY), roughness=1.0, ior=1.0)
    aside = camera_at((1.2, 0, 1.0), (0, 0, 0), size=16, focal=100)
    return renderer_of(stage).color(aside, samples, 0, depth=2)[6:10, 6:10].mean((0, 1))


def test_a_dome_of_intensity_1000_has_radiance_1() -> None:
    stage = new_stage()
    add_dome(stage, 1000.0).CreateExposureAttr(-1.0)
    assert renderer_of(stage).color(ABOVE, 1, 0) == pytest.approx(0.5, rel=1e-4)
    # The rough diffuse lobe of Mitsuba's "principled" gives back up to a tenth more or less than Lambert's.
    assert floor_radiance(stage) == pytest.approx(0.5 * GREY, rel=0.12)


def test_a_sun_gives_its_intensity_as_irradiance() -> None:
    for angle in (0.5, 5.0):
        stage = new_stage()
        sun = UsdLux.DistantLight.Define(stage, "/World/sun")
        sun.CreateIntensityAttr(2000.0)
        sun.CreateAngleAttr(angle)
        assert floor_radiance(stage) == pytest.approx(2.0 * GREY / math.pi, rel=0.12)


def lamp(kind: str, stage: Usd.Stage) -> tuple[UsdLux.BoundableLightBase, float]:
    """A lamp 2 m above the floor, and the irradiance below it per radiance, from textbooks."""
    light = getattr(UsdLux, kind).Define(stage, "/World/lamp")
    light.AddTranslateOp().Set(Gf.Vec3d(0, 0, 2))
    if kind == "SphereLight":
        light.CreateRadiusAttr(0.3)
        return light, math.pi * (0.3 / 2) ** 2
    if kind == "DiskLight":
        light.CreateRadiusAttr(0.3)
        return light, math.pi * 0.3**2 / (0.3**2 + 2**2)
    if kind == "RectLight":
        light.CreateWidthAttr(0.4)
        light.CreateHeightAttr(0.2)
        return light, 0.4 * 0.2 / 4
    light.CreateRadiusAttr(0.05)
    light.CreateLengthAttr(0.4)
    return light, 2 * 0.05 * 0.4 / 4


@pytest.mark.parametrize("kind", ["SphereLight", "DiskLight", "RectLight", "CylinderLight"])
@pytest.mark.parametrize("normalize", [False, True])
def test_lamps_shine_down_as_textbooks_say(kind: str, normalize: bool) -> None:
    areas = {"SphereLight": 4 * math.pi * 0.09, "DiskLight": math.pi * 0.09, "RectLight": 0.08}
    stage = new_stage()
    light, irradiance = lamp(kind, stage)
    light.CreateIntensityAttr(10_000.0)
    light.CreateNormalizeAttr(normalize)
    radiance = 10_000.0 * RADIANCE / (areas.get(kind, 2 * math.pi * 0.05 * 0.4) if normalize else 1.0)
    # 12 %: the floor's lobe; 3 % more: the far field is taken for rectangle and cylinder.
    assert floor_radiance(stage, 256) == pytest.approx(radiance * irradiance * GREY / math.pi, rel=0.15)


def test_a_disk_and_a_rectangle_shine_on_one_side() -> None:
    for kind in ("DiskLight", "RectLight"):
        stage = new_stage()
        light, _ = lamp(kind, stage)
        light.CreateIntensityAttr(10_000.0)
        light.AddRotateXOp().Set(180.0)
        assert floor_radiance(stage, 8) == pytest.approx(0.0, abs=1e-6)


def test_colour_temperature() -> None:
    stage = new_stage()
    dome = add_dome(stage)
    dome.CreateColorTemperatureAttr(3000.0)
    (plain,) = read_lights(stage)
    assert plain.radiance == pytest.approx((1, 1, 1))
    dome.CreateEnableColorTemperatureAttr(True)
    (warm,) = read_lights(stage)
    dome.CreateColorTemperatureAttr(10_000.0)
    (cold,) = read_lights(stage)
    assert warm.radiance[0] > 1.5 * warm.radiance[2] and cold.radiance[2] > 1.2 * cold.radiance[0]
    # OpenUSD normalizes to equal luminance.
    for light in (warm, cold):
        assert np.dot(light.radiance, (0.2126, 0.7152, 0.0722)) == pytest.approx(1.0, abs=0.02)


def colour_towards(stage: Usd.Stage, direction: tuple[float, float, float]) -> str:
    x, y, z = direction
    up = (0.0, 1.0, 0.0) if abs(z) > abs(y) or abs(x) > 0.5 else (0.0, 0.0, 1.0)
    image = renderer_of(stage).color(camera_at((0, 0, 0), (x, y, z), size=4, focal=40, up=up), 1, 0)
    names = {(1, 0, 0): "red", (0, 1, 0): "green", (0, 0, 1): "blue", (1, 1, 0): "yellow", (1, 1, 1): "white"}
    return names.get(tuple((image.mean((0, 1)) > 0.5).astype(int).tolist()), "?")


def quadrants(tmp_path: Path) -> Path:
    """Lat-long image: four quarters of longitude from the left, red, green, blue, yellow; the top eighth is white."""
    image = np.zeros((32, 64, 3), np.uint8)
    for i, color in enumerate([(255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 0)]):
        image[:, i * 16 : i * 16 + 16] = color
    image[:4] = 255
    return write_image(tmp_path / "sky.png", image)


def test_a_lat_long_sky_is_oriented_as_usd_says(tmp_path: Path) -> None:
    """The middle of the image is at +z, its left half at +x, its top at +y (OpenEXR's lat-long layout)."""
    stage = new_stage()
    dome = add_dome(stage)
    dome.CreateTextureFileAttr(Sdf.AssetPath(str(quadrants(tmp_path))))
    s = 0.7
    seen = [colour_towards(stage, d) for d in ((s, 0.01, -s), (s, 0.01, s), (-s, 0.01, s), (-s, 0.01, -s))]
    assert seen == ["red", "green", "blue", "yellow"]
    assert colour_towards(stage, (0.01, 1.0, 0.0)) == "white"


def test_a_turned_sky_turns_and_can_have_its_pole_up(tmp_path: Path) -> None:
    stage = new_stage()
    dome = add_dome(stage)
    dome.CreateTextureFileAttr(Sdf.AssetPath(str(quadrants(tmp_path))))
    dome.AddRotateXOp().Set(90.0)  # the pole, +y, to +z: z up
    assert colour_towards(stage, (0.0, 0.01, 1.0)) == "white"
    assert colour_towards(stage, (0.7, -0.7, 0.01)) == "green", "between +x and what was +z, now -y"
    other = new_stage()
    scene_up = UsdLux.DomeLight_1.Define(other, "/World/sky")
    scene_up.CreateIntensityAttr(1000.0)
    scene_up.CreateTextureFileAttr(Sdf.AssetPath(str(tmp_path / "sky.png")))
    scene_up.CreatePoleAxisAttr("scene")
    assert colour_towards(other, (0.0, 0.01, 1.0)) == "white"


def test_skies_add_up_but_only_one_has_an_image(tmp_path: Path) -> None:
    stage = new_stage()
    add_dome(stage, 500.0)
    second = UsdLux.DomeLight.Define(stage, "/World/second")
    second.CreateIntensityAttr(250.0)
    assert renderer_of(stage).color(ABOVE, 1, 0) == pytest.approx(0.75, rel=1e-4)
    file = Sdf.AssetPath(str(quadrants(tmp_path)))
    second.CreateTextureFileAttr(file)
    image = renderer_of(stage).color(ABOVE, 1, 0)
    assert image.min() == pytest.approx(0.5, abs=0.01) and image.max() == pytest.approx(0.75, abs=0.01)
    UsdLux.DomeLight.Get(stage, "/World/sky").CreateTextureFileAttr(file)
    with pytest.raises(SceneError, match="the domes /World/sky and /World/second both have a texture"):
        renderer_of(stage).color(ABOVE, 1, 0)


def test_a_missing_sky_names_the_dome() -> None:
    stage = new_stage()
    add_dome(stage).CreateTextureFileAttr(Sdf.AssetPath("skies/none.hdr"))
    with pytest.raises(SceneError, match=r"/World/sky: the texture file 'skies/none\.hdr' is not there"):
        renderer_of(stage)


def test_hidden_lights_are_off_and_a_stage_without_lights_has_a_grey_sky() -> None:
    stage = new_stage()
    assert [light.kind for light in read_lights(stage)] == ["dome"]
    dome = add_dome(stage)
    UsdGeom.Imageable(dome.GetPrim()).MakeInvisible()
    assert [light.visible for light in read_lights(stage)] == [False]


def test_a_light_that_the_camera_does_not_see_still_lights() -> None:
    stage = new_stage()
    floor = UsdGeom.Cube.Define(stage, "/World/floor")
    UsdGeom.XformCommonAPI(floor).SetScale(Gf.Vec3f(4, 4, 0.1))
    lamp = UsdLux.SphereLight.Define(stage, "/World/lamp")
    lamp.CreateIntensityAttr(5000)
    lamp.CreateRadiusAttr(0.3)
    UsdGeom.XformCommonAPI(lamp).SetTranslate(Gf.Vec3d(0, 0, 2))
    seen = renderer_of(stage)
    middle = ABOVE.height // 2
    assert seen.labels(ABOVE).shape[middle, middle] == -1 and seen.color(ABOVE, 1, 0)[middle, middle, 0] > 4.0
    lamp.GetPrim().CreateAttribute("visibleInPrimaryRay", Sdf.ValueTypeNames.Bool).Set(False)
    unseen = renderer_of(stage)
    labels = unseen.labels(ABOVE)
    assert labels.shape[middle, middle] == 0 and labels.depth[middle, middle] == pytest.approx(2.9, abs=1e-4)
    assert 0.01 < unseen.color(ABOVE, 16, 0)[middle, middle].mean() < 4.0
