# SPDX-License-Identifier: Apache-2.0
"""Small stages for tests of the renderer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from pxr import Gf, Sdf, Usd, UsdGeom, UsdLux, UsdShade

from humanoid_brain.host.standalone.render.renderer import StageRenderer
from humanoid_brain.optics import CameraModel

TYPES = Sdf.ValueTypeNames


def new_stage() -> Usd.Stage:
    stage = Usd.Stage.CreateInMemory()
    UsdGeom.SetStageUpAxis(stage, "Z")
    UsdGeom.SetStageMetersPerUnit(stage, 1.0)
    return stage


def camera_at(
    eye: Any, target: Any, size: int = 64, focal: float = 60.0, up: Any = (0, 0, 1), **lens: Any
) -> CameraModel:
    """A square camera that looks from ``eye`` to ``target``."""
    back = np.array(eye, float) - np.array(target, float)
    back /= np.linalg.norm(back)
    right = np.cross(np.array(up, float), back)
    right /= np.linalg.norm(right)
    pose = np.eye(4)
    pose[:3, 0], pose[:3, 1], pose[:3, 2], pose[:3, 3] = right, np.cross(back, right), back, eye
    return CameraModel(size, size, focal, focal, size / 2, size / 2, pose, **lens)


def add_dome(stage: Usd.Stage, intensity: float = 1000.0) -> UsdLux.DomeLight:
    dome = UsdLux.DomeLight.Define(stage, "/World/sky")
    dome.CreateIntensityAttr(intensity)
    return dome


def add_material(stage: Usd.Stage, path: str, **inputs: Any) -> UsdShade.Material:
    """A UsdPreviewSurface with values, or shaders to connect, as inputs."""
    material, shader = UsdShade.Material.Define(stage, path), UsdShade.Shader.Define(stage, f"{path}/shader")
    shader.CreateIdAttr("UsdPreviewSurface")
    for name, value in inputs.items():
        kind = TYPES.Color3f if name.endswith("Color") else TYPES.Normal3f if name == "normal" else TYPES.Float
        given = shader.CreateInput(name, TYPES.Int if name == "useSpecularWorkflow" else kind)
        if isinstance(value, UsdShade.Output):
            given.ConnectToSource(value)
        else:
            given.Set(Gf.Vec3f(*value) if isinstance(value, tuple) else value)
    material.CreateSurfaceOutput().ConnectToSource(shader.CreateOutput("surface", TYPES.Token))
    return material


def add_texture(
    stage: Usd.Stage, path: str, file: Path | str, output: str = "rgb", transform: Any = None, **inputs: Any
) -> UsdShade.Output:
    reader = UsdShade.Shader.Define(stage, f"{path}/reader")
    reader.CreateIdAttr("UsdPrimvarReader_float2")
    reader.CreateInput("varname", TYPES.String).Set("st")
    coordinates = reader.CreateOutput("result", TYPES.Float2)
    if transform is not None:
        node = UsdShade.Shader.Define(stage, f"{path}/transform")
        node.CreateIdAttr("UsdTransform2d")
        node.CreateInput("in", TYPES.Float2).ConnectToSource(coordinates)
        turn, scale, shift = transform
        node.CreateInput("rotation", TYPES.Float).Set(turn)
        node.CreateInput("scale", TYPES.Float2).Set(Gf.Vec2f(*scale))
        node.CreateInput("translation", TYPES.Float2).Set(Gf.Vec2f(*shift))
        coordinates = node.CreateOutput("result", TYPES.Float2)
    texture = UsdShade.Shader.Define(stage, f"{path}/texture")
    texture.CreateIdAttr("UsdUVTexture")
    texture.CreateInput("file", TYPES.Asset).Set(Sdf.AssetPath(str(file)))
    texture.CreateInput("st", TYPES.Float2).ConnectToSource(coordinates)
    for name, value in inputs.items():
        kind = TYPES.Float4 if isinstance(value, tuple) else TYPES.Token
        texture.CreateInput(name, kind).Set(Gf.Vec4f(*value) if isinstance(value, tuple) else value)
    return texture.CreateOutput(output, TYPES.Float3 if output == "rgb" else TYPES.Float)


def bind(prim: Usd.Prim, material: UsdShade.Material) -> None:
    UsdShade.MaterialBindingAPI.Apply(prim).Bind(material)


def paint(
    stage: Usd.Stage, shape: UsdGeom.Gprim, color: tuple[float, float, float], **inputs: Any
) -> UsdShade.Material:
    material = add_material(stage, f"{shape.GetPath()}_looks", diffuseColor=color, **inputs)
    bind(shape.GetPrim(), material)
    return material


def add_quad(stage: Usd.Stage, path: str, size: float = 2.0) -> UsdGeom.Mesh:
    """A square in the xy-plane that faces +z, with texture coordinates: (0, 0) at its lower left seen from above."""
    mesh = UsdGeom.Mesh.Define(stage, path)
    h = size / 2
    mesh.CreatePointsAttr([(-h, -h, 0), (h, -h, 0), (h, h, 0), (-h, h, 0)])
    mesh.CreateFaceVertexCountsAttr([4])
    mesh.CreateFaceVertexIndicesAttr([0, 1, 2, 3])
    st = UsdGeom.PrimvarsAPI(mesh).CreatePrimvar("st", TYPES.TexCoord2fArray, "faceVarying")
    st.Set([(0, 0), (1, 0), (1, 1), (0, 1)])
    return mesh


def write_image(path: Path, rows: Any) -> Path:
    """PNG of colours, row by row from the upper edge."""
    from PIL import Image

    Image.fromarray(np.array(rows, np.uint8)).save(path)
    return path


def renderer_of(stage: Usd.Stage, **options: Any) -> StageRenderer:
    return StageRenderer(stage, "cpu", **options)


def path_of(renderer: StageRenderer, shape: int) -> str:
    return renderer.shapes[shape].path if shape >= 0 else ""
