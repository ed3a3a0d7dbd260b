# SPDX-License-Identifier: Apache-2.0
"""Light along paths is what Mitsuba's own integrator finds with the same random numbers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pxr import Gf, Usd, UsdGeom, UsdLux

from humanoid_brain.host.standalone.render import bsdfs, scene
from humanoid_brain.host.standalone.render import rays as rays_module
from humanoid_brain.host.standalone.render.paths import Paths, Samples
from humanoid_brain.host.standalone.render.variant import Backend
from humanoid_brain.rng import stream
from tests.host.render_scenes import add_dome, add_quad, camera_at, new_stage, paint, renderer_of
from tests.host.test_render_looks import VIEW, tiles

SEED = 3


def textured(folder: Path) -> tuple[Usd.Stage, Any]:
    return tiles(folder), VIEW


def lit_from_all_sides(folder: Path) -> tuple[Usd.Stage, Any]:
    """Two walls, one of them seen from behind, a pane and a leaf that one sees through, a mirror, and five lights."""
    stage = new_stage()
    add_dome(stage, 150.0)
    for i, (place, turn, looks) in enumerate(
        (
            ((0, 0, 0), (0, 0, 0), {"color": (0.7, 0.6, 0.5)}),
            ((-1.9, 0, 1.5), (0, -90, 0), {"color": (0.2, 0.7, 0.3), "roughness": 0.4}),
            ((1.4, 0.5, 0.8), (0, 40, 0), {"color": (0.9, 0.2, 0.2), "opacity": 0.4}),
            ((0.4, -1.2, 0.5), (180, 0, 0), {"color": (0.9, 0.9, 0.9), "metallic": 1.0, "roughness": 0.06}),
        )
    ):
        quad = add_quad(stage, f"/World/wall_{i}", 4.0 if i < 2 else 1.3)
        UsdGeom.XformCommonAPI(quad).SetTranslate(Gf.Vec3d(*place))
        UsdGeom.XformCommonAPI(quad).SetRotate(Gf.Vec3f(*turn))
        paint(stage, quad, looks.pop("color"), **looks)
    glowing = add_quad(stage, "/World/glowing", 0.6)
    UsdGeom.XformCommonAPI(glowing).SetTranslate(Gf.Vec3d(-0.8, 1.2, 0.6))
    paint(stage, glowing, (0.1, 0.1, 0.1), emissiveColor=(3.0, 2.0, 0.5))
    kinds = UsdLux.RectLight, UsdLux.SphereLight, UsdLux.DiskLight, UsdLux.DistantLight
    for i, kind in enumerate(kinds):
        lamp = kind.Define(stage, f"/World/lamp_{i}")
        lamp.CreateIntensityAttr(3.0 if kind is UsdLux.DistantLight else 4000.0)
        UsdGeom.XformCommonAPI(lamp).SetTranslate(Gf.Vec3d(i - 1.2, 0.7 * i - 1, 2.0))
        if i == 1:
            lamp.CreateRadiusAttr(0.15)
    return stage, camera_at((3.2, -4.5, 3.5), (0, 0, 0.7), size=64, focal=70)


class _Mitsubas:
    """Mitsuba's integrator in place of :class:`Paths`."""

    def __init__(self, backend: Backend, depth: int) -> None:
        self._backend, self._launches = backend, 0
        self._integrator = backend.mi.load_dict({"type": "path", "max_depth": depth})

    def radiance(self, scene: Any, samples: Samples, rays: Any, active: Any) -> Any:
        mi, dr = self._backend.mi, self._backend.dr
        sampler = mi.load_dict({"type": "independent"})
        key = stream(SEED, f"color/{rays_module._MOST_SAMPLES * self._launches}") & 0xFFFFFFFF
        sampler.seed(dr.opaque(mi.UInt32, key), dr.width(samples.state))
        self._launches += 1
        sampler.next_2d()  # as was taken for the place in the pixel
        return self._integrator.sample(scene, sampler, rays, active=active)[0]


@pytest.mark.parametrize("made", [textured, lit_from_all_sides])
@pytest.mark.parametrize("depth", [1, 2, 5])
def test_each_path_gives_the_light_that_mitsuba_finds(
    made: Callable[[Path], tuple[Usd.Stage, Any]],
    depth: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rays_module, "Paths", lambda backend, depth: Paths(backend, depth, roulette=depth))
    stage, view = made(tmp_path)
    renderer = renderer_of(stage)
    ours = renderer.color(view, 4, SEED, depth)
    renderer.close()

    def both_sides(bsdf: Callable[..., Any]) -> Callable[..., Any]:
        return lambda mi, *given: mi.load_dict({"type": "twosided", "bsdf": bsdf(mi, *given)})

    monkeypatch.setattr(rays_module, "Paths", _Mitsubas)
    monkeypatch.setattr(scene, "shared_bsdf", both_sides(bsdfs.shared_bsdf))
    monkeypatch.setattr(scene, "single_bsdf", lambda mi, look, **_: bsdfs.single_bsdf(mi, look, both_sides=True))
    renderer = renderer_of(stage)
    theirs = renderer.color(view, 4, SEED, depth)
    renderer.close()
    assert theirs.std() > 0.05 or depth == 1
    np.testing.assert_allclose(ours.mean(), theirs.mean(), rtol=0.005)
    close = np.abs(ours - theirs).max(-1) <= 1e-4 * (1.0 + theirs.max(-1))
    assert close.mean() > 0.995  # in rounding, a path may go on another way


def test_to_end_paths_by_chance_leaves_the_light_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stage, view = lit_from_all_sides(tmp_path)
    renderer = renderer_of(stage)
    some = renderer.color(view, 512, SEED, 5)
    monkeypatch.setattr(rays_module, "Paths", lambda backend, depth: Paths(backend, depth, roulette=depth))
    every = renderer.color(view, 512, SEED + 1, 5)
    direct = renderer.color(view, 64, SEED, 2)
    renderer.close()
    blocks = [each[:60, :60].reshape(6, 10, 6, 10, 3).mean((1, 3)) for each in (some, every)]
    assert direct.mean() < 0.95 * every.mean()  # further segments bring some of it
    np.testing.assert_allclose(some.mean(), every.mean(), rtol=0.005)
    np.testing.assert_allclose(*blocks, rtol=0.05, atol=0.01)


def test_bsdfs_are_compiled_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A state that does not change in the loop would let Dr.Jit go through it, and all BSDFs, a second time."""
    calls: list[int] = []
    met_light = Paths._met_light

    def counted(self: Paths, *given: Any) -> Any:
        calls.append(1)
        return met_light(self, *given)

    monkeypatch.setattr(Paths, "_met_light", counted)
    renderer = renderer_of(tiles(tmp_path))
    renderer.color(VIEW, 2, SEED, 4)
    renderer.close()
    assert len(calls) == 1


def test_a_surface_gives_as_much_light_as_a_lamp_of_its_size() -> None:
    pictures = []
    for lamp in (True, False):
        stage = new_stage()
        add_dome(stage, 0.0)  # without any light it would have a sky
        paint(stage, add_quad(stage, "/World/floor", 6.0), (0.8, 0.8, 0.8))
        if lamp:
            light = UsdLux.RectLight.Define(stage, "/World/light")
            light.CreateIntensityAttr(5000.0)
            light.CreateWidthAttr(1.5)
            light.CreateHeightAttr(1.5)
            placed = light
        else:
            placed = add_quad(stage, "/World/light", 1.5)
            paint(stage, placed, (0.0, 0.0, 0.0), emissiveColor=(5.0, 5.0, 5.0))
            UsdGeom.XformCommonAPI(placed).SetRotate(Gf.Vec3f(180, 0, 0))
        UsdGeom.XformCommonAPI(placed).SetTranslate(Gf.Vec3d(0, 0, 1.2))
        renderer = renderer_of(stage)
        pictures.append(renderer.color(camera_at((0, -3, 2.5), (0, 0, 0), size=40, focal=40), 64, SEED, 2))
        renderer.close()
    blocks = [each.reshape(4, 10, 4, 10, 3).mean((1, 3)) for each in pictures]
    assert blocks[0].std() > 0.1
    np.testing.assert_allclose(*blocks, rtol=0.03, atol=0.005)


def test_a_scene_knows_its_bounds() -> None:
    """Its sky is outside of them."""
    stage = new_stage()
    add_dome(stage)
    for i, place in enumerate(((-3.0, 0.0, 1.0), (5.0, 2.0, 4.0))):
        cube = UsdGeom.Cube.Define(stage, f"/World/cube_{i}")
        UsdGeom.XformCommonAPI(cube).SetTranslate(Gf.Vec3d(*place))
    renderer = renderer_of(stage)
    bounds = renderer._built().scene.bbox()
    renderer.close()
    np.testing.assert_allclose(np.array(bounds.max).ravel(), (6.0, 3.0, 5.0), rtol=1e-6)
    np.testing.assert_allclose(np.array(bounds.min).ravel()[:2], (-4.0, -1.0), rtol=1e-6)
