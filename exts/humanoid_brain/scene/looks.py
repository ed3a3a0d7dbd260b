# SPDX-License-Identifier: Apache-2.0
"""Materials that Isaac Sim and our renderer both draw."""

from __future__ import annotations

from dataclasses import dataclass

from pxr import Gf, Sdf, Usd, UsdShade

from humanoid_brain import paths


@dataclass(frozen=True)
class Texture:
    """Tiling images of data/textures, by the name they share: NAME_color.png, NAME_normal.png, NAME_roughness.png."""

    name: str
    size: float = 1.0
    """Edge in m of the square that one image covers; meshes count their texture coordinates in m."""
    normal: bool = False
    """Whether there is a normal map."""
    roughness: bool = False
    """Whether there is a roughness map."""
    tint: tuple[float, float, float] = (1.0, 1.0, 1.0)
    """Factor of the image's linear colour."""


@dataclass(frozen=True)
class Looks:
    """Parameters of a UsdPreviewSurface; colours in linear RGB."""

    color: tuple[float, float, float]
    roughness: float = 0.5
    metallic: float = 0.0
    clearcoat: float = 0.0
    emission: tuple[float, float, float] = (0.0, 0.0, 0.0)
    texture: Texture | None = None
    """Images in place of the colour, which stays for renderers without textures."""


def preview_surface(stage: Usd.Stage, path: str, looks: Looks) -> UsdShade.Material:
    """A UsdPreviewSurface material, as RTX and our renderer both draw it."""
    material = UsdShade.Material.Define(stage, path)
    shader = UsdShade.Shader.Define(stage, f"{path}/shader")
    shader.CreateIdAttr("UsdPreviewSurface")
    types = Sdf.ValueTypeNames
    shader.CreateInput("diffuseColor", types.Color3f).Set(Gf.Vec3f(*looks.color))
    shader.CreateInput("roughness", types.Float).Set(looks.roughness)
    shader.CreateInput("metallic", types.Float).Set(looks.metallic)
    if looks.clearcoat > 0.0:
        shader.CreateInput("clearcoat", types.Float).Set(looks.clearcoat)
        shader.CreateInput("clearcoatRoughness", types.Float).Set(0.08)
    if max(looks.emission) > 0.0:
        shader.CreateInput("emissiveColor", types.Color3f).Set(Gf.Vec3f(*looks.emission))
    if looks.texture is not None:
        _connect_texture(stage, path, shader, looks.texture)
    output = shader.CreateOutput("surface", types.Token)
    material.CreateSurfaceOutput().ConnectToSource(output)
    return material


def _connect_texture(stage: Usd.Stage, path: str, shader: UsdShade.Shader, texture: Texture) -> None:
    """Texture readers on the coordinates "st", scaled from metres to images."""
    types = Sdf.ValueTypeNames
    reader = UsdShade.Shader.Define(stage, f"{path}/coordinates")
    reader.CreateIdAttr("UsdPrimvarReader_float2")
    reader.CreateInput("varname", types.String).Set("st")
    scaled = UsdShade.Shader.Define(stage, f"{path}/scale")
    scaled.CreateIdAttr("UsdTransform2d")
    read = reader.CreateOutput("result", types.Float2)
    scaled.CreateInput("in", types.Float2).ConnectToSource(read)
    scaled.CreateInput("scale", types.Float2).Set(Gf.Vec2f(1.0 / texture.size))
    st = scaled.CreateOutput("result", types.Float2)
    color = _reader(stage, f"{path}/color", texture, "color", "sRGB", st)
    color.CreateInput("scale", types.Float4).Set(Gf.Vec4f(*texture.tint, 1.0))
    shader.GetInput("diffuseColor").ConnectToSource(color.CreateOutput("rgb", types.Float3))
    if texture.roughness:
        roughness = _reader(stage, f"{path}/roughness", texture, "roughness", "raw", st)
        shader.GetInput("roughness").ConnectToSource(roughness.CreateOutput("r", types.Float))
    if texture.normal:
        normal = _reader(stage, f"{path}/normal", texture, "normal", "raw", st)
        normal.CreateInput("scale", types.Float4).Set(Gf.Vec4f(2.0, 2.0, 2.0, 1.0))
        normal.CreateInput("bias", types.Float4).Set(Gf.Vec4f(-1.0, -1.0, -1.0, 0.0))
        shader.CreateInput("normal", types.Normal3f).ConnectToSource(normal.CreateOutput("rgb", types.Float3))


def _reader(
    stage: Usd.Stage, path: str, texture: Texture, channel: str, space: str, st: UsdShade.Output
) -> UsdShade.Shader:
    types = Sdf.ValueTypeNames
    reader = UsdShade.Shader.Define(stage, path)
    reader.CreateIdAttr("UsdUVTexture")
    file = paths.data() / "textures" / f"{texture.name}_{channel}.png"
    reader.CreateInput("file", types.Asset).Set(Sdf.AssetPath(str(file)))
    reader.CreateInput("sourceColorSpace", types.Token).Set(space)
    reader.CreateInput("wrapS", types.Token).Set("repeat")
    reader.CreateInput("wrapT", types.Token).Set("repeat")
    reader.CreateInput("st", types.Float2).ConnectToSource(st)
    return reader
