# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pxr import Gf, Usd, UsdGeom, UsdShade

from humanoid_brain.errors import SceneError
from humanoid_brain.host.standalone.render.surfaces import bound_surface
from tests.host.render_scenes import (
    TYPES,
    add_dome,
    add_material,
    add_quad,
    add_texture,
    bind,
    camera_at,
    new_stage,
    paint,
    renderer_of,
    write_image,
)

RED, GREEN, BLUE, YELLOW = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 0)
ABOVE = camera_at((0, 0, 4), (0, 0, 0), size=32, focal=60, up=(0, 1, 0))
"""Looks down with +x right and +y up; a square of 2 m fills 30 of 32 pixels."""


def albedo(stage: Usd.Stage) -> np.ndarray:
    """Linear colours [H, W, 3] without light."""
    return renderer_of(stage).guides(ABOVE, 4, 0).albedo


def named(color: np.ndarray) -> str:
    return {(1, 0, 0): "red", (0, 1, 0): "green", (0, 0, 1): "blue", (1, 1, 0): "yellow"}.get(
        tuple((color > 0.5).astype(int).tolist()), "?"
    )


def corners(stage: Usd.Stage) -> list[str]:
    """Upper left, upper right, lower left, lower right."""
    image = albedo(stage)
    return [named(image[row, column]) for row in (5, 26) for column in (5, 26)]


def textured(tmp_path: Path, image: Any = ((RED, GREEN), (BLUE, YELLOW)), **options: Any) -> Usd.Stage:
    stage = new_stage()
    file = write_image(tmp_path / "image.png", image)
    material = add_material(stage, "/World/Looks/a", diffuseColor=add_texture(stage, "/World/Looks/a", file, **options))
    bind(add_quad(stage, "/World/quad").GetPrim(), material)
    return stage


def test_the_first_row_of_an_image_is_at_the_top(tmp_path: Path) -> None:
    assert corners(textured(tmp_path)) == ["red", "green", "blue", "yellow"]


def test_texture_coordinates_are_scaled_turned_and_moved(tmp_path: Path) -> None:
    # Turned by 90 degrees about (0, 0): u' = -v, v' = u.
    turned = textured(tmp_path, transform=(90.0, (1, 1), (0, 0)), wrapS="repeat", wrapT="repeat")
    assert corners(turned) == ["blue", "red", "yellow", "green"]
    moved = textured(tmp_path, transform=(0.0, (1, 1), (0.5, 0)), wrapS="repeat", wrapT="repeat")
    assert corners(moved) == ["green", "red", "yellow", "blue"]
    twice = albedo(textured(tmp_path, transform=(0.0, (2, 2), (0, 0)), wrapS="repeat", wrapT="repeat"))
    assert named(twice[4, 4]) == named(twice[4, 20]) == named(twice[20, 4]) == "red"
    clamped = albedo(textured(tmp_path, transform=(0.0, (2, 2), (0, 0)), wrapS="clamp", wrapT="clamp"))
    assert named(clamped[4, 26]) == "green" and named(clamped[26, 4]) == "blue"


def test_colour_spaces(tmp_path: Path) -> None:
    grey = [[(128, 128, 128)] * 2] * 2
    linear = ((128 / 255 + 0.055) / 1.055) ** 2.4
    for space, value in (("sRGB", linear), ("raw", 128 / 255), ("auto", linear)):
        image = albedo(textured(tmp_path, grey, sourceColorSpace=space))
        assert image[16, 16] == pytest.approx(value, abs=1e-4), space
    scaled = textured(tmp_path, grey, sourceColorSpace="raw", scale=(0.5, 1, 1, 1), bias=(0.1, 0, 0, 0))
    assert albedo(scaled)[16, 16, 0] == pytest.approx(128 / 255 / 2 + 0.1, abs=1e-4)


def test_a_missing_texture_names_the_prim_and_the_file() -> None:
    stage = new_stage()
    texture = add_texture(stage, "/World/Looks/a", "nowhere/wood.png")
    bind(add_quad(stage, "/World/quad").GetPrim(), add_material(stage, "/World/Looks/a", diffuseColor=texture))
    with pytest.raises(SceneError, match=r"/World/Looks/a/texture: the texture file 'nowhere/wood\.png' is not there"):
        renderer_of(stage)


def test_a_file_that_is_no_image_names_the_prim_and_the_file(tmp_path: Path) -> None:
    stage = textured(tmp_path)
    (tmp_path / "image.png").write_bytes(b"not an image")
    with pytest.raises(SceneError, match=r"/World/Looks/a/texture: the texture '.*image\.png' is not an image"):
        albedo(stage)


def test_an_exchanged_file_is_read_again_when_the_material_is_edited(tmp_path: Path) -> None:
    stage = textured(tmp_path)
    renderer = renderer_of(stage)
    other = write_image(tmp_path / "other.png", [[YELLOW] * 2] * 2)
    node = UsdShade.Shader(stage.GetPrimAtPath("/World/Looks/a/texture"))
    assert named(renderer.guides(ABOVE, 2, 0).albedo[5, 5]) == "red"
    node.GetInput("file").Set(str(other))
    renderer.sync()
    assert named(renderer.guides(ABOVE, 2, 0).albedo[5, 5]) == "yellow"


def test_cut_out_leaves_are_holes_in_picture_and_labels(tmp_path: Path) -> None:
    stage = new_stage()
    file = write_image(tmp_path / "leaf.png", [[(255, 255, 255, 255), (255, 255, 255, 40)]] * 2)
    opacity = add_texture(stage, "/World/Looks/a", file, output="a", wrapS="clamp")
    material = add_material(
        stage, "/World/Looks/a", diffuseColor=(1.0, 0.0, 0.0), opacity=opacity, opacityThreshold=0.5
    )
    bind(add_quad(stage, "/World/leaf").GetPrim(), material)
    floor = add_quad(stage, "/World/floor")
    floor.AddTranslateOp().Set(Gf.Vec3d(0, 0, -0.1))
    paint(stage, floor, (0.0, 0.0, 1.0))
    add_dome(stage)
    renderer = renderer_of(stage)
    shape = renderer.labels(ABOVE).shape
    order = [renderer.shapes[i].path for i in (shape[16, 8], shape[16, 23])]
    assert order == ["/World/leaf", "/World/floor"]
    image = renderer.color(ABOVE, 16, 0)
    assert image[16, 8].argmax() == 0 and image[16, 23].argmax() == 2


def test_a_normal_map_turns_the_light(tmp_path: Path) -> None:
    """A flat map changes nothing; one that leans towards +x is brighter in light from there."""
    from pxr import UsdLux

    def brightness(texel: tuple[int, int, int] | None) -> float:
        stage = new_stage()
        sun = UsdLux.DistantLight.Define(stage, "/World/sun")
        sun.CreateIntensityAttr(1000.0)
        sun.AddRotateYOp().Set(50.0)  # shines from +x
        inputs: dict[str, Any] = {"diffuseColor": (0.5, 0.5, 0.5), "roughness": 1.0}
        if texel:
            file = write_image(tmp_path / "normal.png", [[texel] * 2] * 2)
            vectors: dict[str, Any] = {"scale": (2.0, 2.0, 2.0, 1.0), "bias": (-1.0, -1.0, -1.0, 0.0)}
            inputs["normal"] = add_texture(stage, "/World/Looks/a", file, sourceColorSpace="raw", **vectors)
        bind(add_quad(stage, "/World/quad").GetPrim(), add_material(stage, "/World/Looks/a", **inputs))
        return float(renderer_of(stage).color(ABOVE, 16, 0)[8:24, 8:24].mean())

    plain, flat, leaning = brightness(None), brightness((128, 128, 255)), brightness((218, 128, 218))
    assert flat == pytest.approx(plain, rel=0.05)
    assert leaning > 1.2 * plain


def test_a_surface_that_emits_is_seen_and_lights_others() -> None:
    stage = new_stage()
    panel = add_quad(stage, "/World/panel", 1.0)
    panel.AddTranslateOp().Set(Gf.Vec3d(1.4, 0, 1))
    panel.AddRotateYOp().Set(180.0)
    paint(stage, panel, (0.0, 0.0, 0.0), emissiveColor=(3.0, 1.5, 0.0))
    paint(stage, add_quad(stage, "/World/floor"), (0.5, 0.5, 0.5))
    dome = add_dome(stage)
    dome.CreateIntensityAttr(0.0)
    renderer = renderer_of(stage)
    below = camera_at((1.4, 0, 0.2), (1.4, 0, 1), size=16, focal=20, up=(0, 1, 0))
    # Its gloss adds a little of what the floor gives back.
    assert renderer.color(below, 4, 0)[8, 8] == pytest.approx((3.0, 1.5, 0.0), rel=5e-3)
    floor = renderer.color(ABOVE, 32, 0)[16, 10]
    assert floor[0] > 0.01 and floor[0] == pytest.approx(2 * floor[1], rel=1e-3) and floor[2] == 0


def test_what_a_surface_reads() -> None:
    stage = new_stage()
    quad = add_quad(stage, "/World/quad")
    assert bound_surface(quad.GetPrim()).color == pytest.approx((0.55, 0.55, 0.56))
    quad.CreateDisplayColorAttr([(0.1, 0.2, 0.3)])
    assert bound_surface(quad.GetPrim()).color == pytest.approx((0.1, 0.2, 0.3))
    material = paint(stage, quad, (0.8, 0.6, 0.4), ior=2.0, clearcoat=1.0, clearcoatRoughness=0.2, opacity=0.5)
    surface = bound_surface(quad.GetPrim())
    assert surface.color == pytest.approx((0.8, 0.6, 0.4))
    assert surface.specular == pytest.approx(1.0) and surface.opacity == 0.5 and surface.clearcoat == 1.0
    shader = material.ComputeSurfaceSource()[0]
    shader.CreateInput("useSpecularWorkflow", TYPES.Int).Set(1)
    shader.CreateInput("specularColor", TYPES.Color3f).Set(Gf.Vec3f(0.9, 0.7, 0.3))
    gold = bound_surface(quad.GetPrim())
    assert gold.metallic == 1.0 and gold.color == pytest.approx((0.9, 0.7, 0.3))
    shader.GetInput("specularColor").Set(Gf.Vec3f(0.04, 0.04, 0.04))
    assert bound_surface(quad.GetPrim()).specular == pytest.approx(0.5)


def test_a_value_on_the_material_reaches_the_shader() -> None:
    stage = new_stage()
    quad = add_quad(stage, "/World/quad")
    material = paint(stage, quad, (0.8, 0.1, 0.1))
    public = material.CreateInput("tint", TYPES.Color3f)
    public.Set(Gf.Vec3f(0.1, 0.1, 0.9))
    UsdShade.Shader(stage.GetPrimAtPath("/World/quad_looks/shader")).GetInput("diffuseColor").ConnectToSource(public)
    assert bound_surface(quad.GetPrim()).color == pytest.approx((0.1, 0.1, 0.9))


def test_metal_reflects_its_colour_and_a_white_floor_is_not_brighter_than_the_sky() -> None:
    stage = new_stage()
    add_dome(stage)
    paint(stage, add_quad(stage, "/World/floor"), (1.0, 0.6, 0.2), metallic=1.0, roughness=0.4)
    color = renderer_of(stage).color(ABOVE, 64, 0)[8:24, 8:24].mean((0, 1))
    assert color[0] <= 1.01 and color == pytest.approx((1.0, 0.6, 0.2), abs=0.1)


def test_unknown_shader_nodes_are_refused() -> None:
    stage = new_stage()
    node = UsdShade.Shader.Define(stage, "/World/noise")
    node.CreateIdAttr("MyNoise")
    output = node.CreateOutput("rgb", TYPES.Float3)
    quad = add_quad(stage, "/World/quad")
    bind(quad.GetPrim(), add_material(stage, "/World/Looks/a", diffuseColor=output))
    with pytest.raises(SceneError, match=r"/World/noise: the diffuseColor comes from a MyNoise, which is not drawn"):
        renderer_of(stage)


def test_many_materials_have_their_own_colours() -> None:
    stage = new_stage()
    for i in range(40):
        ball = UsdGeom.Cube.Define(stage, f"/World/cube_{i}")
        ball.CreateSizeAttr(0.2)
        ball.AddTranslateOp().Set(Gf.Vec3d(i % 8 * 0.25 - 0.875, i // 8 * 0.25 - 0.5, 0))
        paint(stage, ball, (i / 40, 1 - i / 40, 0.5))
    renderer = renderer_of(stage)
    shape, image = renderer.labels(ABOVE).shape, renderer.guides(ABOVE, 1, 0)
    for i in range(40):
        seen = (shape == i) & (image.coverage == 1)
        assert np.median(image.albedo[seen], 0) == pytest.approx((i / 40, 1 - i / 40, 0.5), abs=1e-3)
