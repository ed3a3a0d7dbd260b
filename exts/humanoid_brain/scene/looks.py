# SPDX-License-Identifier: Apache-2.0
"""Materials that Isaac Sim and our renderer both draw."""

from __future__ import annotations

from dataclasses import dataclass

from pxr import Gf, Sdf, Usd, UsdShade


@dataclass(frozen=True)
class Looks:
    """Parameters of a UsdPreviewSurface; colours in linear RGB."""

    color: tuple[float, float, float]
    roughness: float = 0.5
    metallic: float = 0.0
    clearcoat: float = 0.0
    emission: tuple[float, float, float] = (0.0, 0.0, 0.0)


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
    output = shader.CreateOutput("surface", types.Token)
    material.CreateSurfaceOutput().ConnectToSource(output)
    return material
