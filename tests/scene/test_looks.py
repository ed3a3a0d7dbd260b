# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from pathlib import Path

import pytest
from pxr import Usd, UsdShade

from humanoid_brain.scene.looks import Looks, Texture, preview_surface


def source(shader: UsdShade.Shader, name: str) -> tuple[UsdShade.Shader, str]:
    """What an input is connected to, and the name of that output."""
    (found,), _ = shader.GetInput(name).GetConnectedSources()
    return UsdShade.Shader(found.source.GetPrim()), found.sourceName


@pytest.fixture
def stage() -> Usd.Stage:
    return Usd.Stage.CreateInMemory()


def surface(stage: Usd.Stage, looks: Looks) -> UsdShade.Shader:
    return preview_surface(stage, "/look", looks).ComputeSurfaceSource()[0]


def test_a_texture_is_read_in_metres_and_repeats(stage: Usd.Stage) -> None:
    texture = Texture("planks", 1.6, normal=True, roughness=True, tint=(1.0, 0.5, 0.25))
    shader = surface(stage, Looks((0.4, 0.3, 0.2), 0.4, texture=texture))
    for name, channel, output, space in (
        ("diffuseColor", "color", "rgb", "sRGB"),
        ("roughness", "roughness", "r", "raw"),
        ("normal", "normal", "rgb", "raw"),
    ):
        reader, given = source(shader, name)
        assert (reader.GetShaderId(), given) == ("UsdUVTexture", output)
        file = Path(reader.GetInput("file").Get().path)
        assert file.name == f"planks_{channel}.png" and file.is_file()
        assert reader.GetInput("sourceColorSpace").Get() == space
        assert reader.GetInput("wrapS").Get() == reader.GetInput("wrapT").Get() == "repeat"
        scaled, _ = source(reader, "st")
        assert scaled.GetShaderId() == "UsdTransform2d"
        assert tuple(scaled.GetInput("scale").Get()) == pytest.approx((1 / 1.6, 1 / 1.6))
        primvar, _ = source(scaled, "in")
        assert (primvar.GetShaderId(), primvar.GetInput("varname").Get()) == ("UsdPrimvarReader_float2", "st")
    normal, color = source(shader, "normal")[0], source(shader, "diffuseColor")[0]
    assert tuple(normal.GetInput("scale").Get()) == (2.0, 2.0, 2.0, 1.0)
    assert tuple(normal.GetInput("bias").Get()) == (-1.0, -1.0, -1.0, 0.0)
    assert tuple(color.GetInput("scale").Get()) == (1.0, 0.5, 0.25, 1.0)
    assert tuple(shader.GetInput("diffuseColor").Get()) == pytest.approx((0.4, 0.3, 0.2))  # without textures


def test_a_plain_material_has_no_textures(stage: Usd.Stage) -> None:
    shader = surface(stage, Looks((0.4, 0.3, 0.2), 0.4, metallic=1.0))
    assert not shader.GetInput("diffuseColor").HasConnectedSource()
    assert not shader.GetInput("normal") and shader.GetInput("metallic").Get() == 1.0


def test_only_the_channels_that_exist_are_read(stage: Usd.Stage) -> None:
    shader = surface(stage, Looks((0.4, 0.3, 0.2), 0.45, texture=Texture("wood")))
    assert not shader.GetInput("normal")
    assert shader.GetInput("roughness").Get() == pytest.approx(0.45)
    assert not shader.GetInput("roughness").HasConnectedSource()
