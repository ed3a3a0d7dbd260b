# SPDX-License-Identifier: Apache-2.0
"""Surfaces that share a BSDF look as if each had its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pxr import Gf, Usd, UsdGeom

from humanoid_brain.host.standalone.render import looks, scene
from humanoid_brain.host.standalone.render.bsdfs import Kind
from humanoid_brain.host.standalone.render.images import _load
from tests.host.render_scenes import (
    add_dome,
    add_material,
    add_quad,
    add_texture,
    bind,
    camera_at,
    new_stage,
    renderer_of,
    write_image,
)

VIEW = camera_at((0, -0.5, 6), (0, 0, 0), size=60, focal=80)


def images(folder: Path) -> dict[str, Path]:
    """Colours of 5 x 3, numbers of 4 x 4 in 16 bits, and slopes of 6 x 6."""
    random = np.random.default_rng(3)
    normals = np.clip(random.normal((128, 128, 230), (40, 40, 0), (6, 6, 3)), 0, 255)
    return {
        "color": write_image(folder / "color.png", random.integers(0, 256, (3, 5, 3))),
        "number": write_image(folder / "number.png", random.integers(40, 256, (4, 4))),
        "normal": write_image(folder / "normal.png", normals),
    }


def tiles(folder: Path) -> Usd.Stage:
    """Nine squares: with and without images, in every wrap, turned, tinted, and with one channel of an image."""
    stage, files = new_stage(), images(folder)
    add_dome(stage)

    def texture(name: str, path: str, **more: Any) -> Any:
        return add_texture(stage, f"/World/{path}", files[name], transform=(20.0, (2.3, 1.7), (-0.4, 0.3)), **more)

    def slopes(path: str) -> Any:
        return texture("normal", path, sourceColorSpace="raw", scale=(2.0, 2.0, 2.0, 1.0), bias=(-1.0, -1.0, -1.0, 0.0))

    looks: list[dict[str, Any]] = [
        {"diffuseColor": (0.8, 0.3, 0.1), "roughness": 0.3},
        {"diffuseColor": (0.1, 0.3, 0.8), "metallic": 0.9, "roughness": 0.2, "clearcoat": 0.7},
        {"diffuseColor": texture("color", "a", wrapS="repeat", wrapT="repeat")},
        {"diffuseColor": texture("color", "b", wrapS="mirror", wrapT="mirror"), "roughness": 0.1},
        {"diffuseColor": texture("color", "c", wrapS="clamp", wrapT="clamp", scale=(0.5, 0.9, 0.4, 1.0))},
        {"diffuseColor": (0.6, 0.6, 0.6), "metallic": texture("color", "d", output="g", sourceColorSpace="raw")},
        {"diffuseColor": (0.5, 0.5, 0.5), "normal": slopes("e")},
        {"diffuseColor": texture("color", "f"), "normal": slopes("g"), "roughness": texture("number", "h", output="r")},
        {
            "diffuseColor": texture("color", "i", scale=(0.8, 1.0, 0.7, 1.0), bias=(0.1, 0.0, 0.2, 0.0)),
            "clearcoat": 0.5,
            "ior": 1.0,
        },
    ]
    for i, inputs in enumerate(looks):
        quad = add_quad(stage, f"/World/tile_{i}", 1.8)
        UsdGeom.XformCommonAPI(quad).SetTranslate(Gf.Vec3d(2.0 * (i % 3) - 2.0, 2.0 * (i // 3) - 2.0, 0.0))
        bind(quad.GetPrim(), add_material(stage, f"/World/looks_{i}", **inputs))
    return stage


def picture(stage: Usd.Stage) -> tuple[np.ndarray, np.ndarray]:
    """Light and albedo."""
    renderer = renderer_of(stage)
    try:
        return renderer.color(VIEW, 256, 1), renderer.guides(VIEW, 4, 1).albedo
    finally:
        renderer.close()


def test_shared_bsdfs_draw_what_single_ones_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stage = tiles(tmp_path)
    light, albedo = picture(stage)
    monkeypatch.setattr(scene, "_shared_groups", scene._single_groups)
    other_light, other_albedo = picture(stage)
    assert np.count_nonzero(albedo.sum(-1)) > 0.7 * albedo[..., 0].size
    assert albedo.std() > 0.1
    np.testing.assert_allclose(albedo, other_albedo, atol=2e-3)
    smooth = [each.reshape(12, 5, 12, 5, 3).mean((1, 3)) for each in (light, other_light)]
    assert smooth[1].std() > 0.1
    np.testing.assert_allclose(smooth[0], smooth[1], rtol=0.05, atol=0.02)


def test_surfaces_share_a_bsdf_for_each_kind(tmp_path: Path) -> None:
    renderer = renderer_of(tiles(tmp_path))
    groups = scene._shared_groups([], renderer._looks())
    renderer.close()
    kinds = [group.look for group in groups]
    images = [kind.images for kind in kinds if isinstance(kind, Kind)]
    assert len(set(kinds)) == len(kinds) == 3 + 3
    assert images[:3] == [frozenset()] * 3
    assert set(images[3:]) == {
        frozenset({"base_color"}),  # the one whose specular reflectance is 0
        frozenset({"base_color", "metallic"}),  # each an image on some of them
        frozenset({"base_color", "normal", "roughness"}),
    }


def test_images_that_no_surface_shows_are_let_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stage = tiles(tmp_path)
    renderer = renderer_of(stage)
    before = renderer.guides(VIEW, 2, 1).albedo
    texels = renderer._builder._looks._texels
    used = texels._used
    assert used == 2 * (5 * 3) + 4 * 4 + 6 * 6  # one image is read as colours and as numbers
    monkeypatch.setattr(looks, "_MOST_TEXELS", used)
    attribute = stage.GetPrimAtPath("/World/h/texture").GetAttribute("inputs:file")
    old = attribute.Get()
    for size in (8, 7):
        attribute.Set(str(write_image(tmp_path / f"{size}.png", np.full((size, size), 90))))
        renderer.sync()
        renderer.color(VIEW, 1, 1)
        assert texels._used == (used + 64 if size == 8 else used - 16 + 49)
    attribute.Set(old)
    renderer.sync()
    np.testing.assert_array_equal(renderer.guides(VIEW, 2, 1).albedo, before)
    assert _load.cache_info().currsize > 3
    renderer.close()
    assert _load.cache_info().currsize == 0
