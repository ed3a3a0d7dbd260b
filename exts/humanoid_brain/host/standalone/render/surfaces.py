# SPDX-License-Identifier: Apache-2.0
"""UsdPreviewSurface materials as plain values."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
from pxr import Gf, Sdf, Usd, UsdGeom, UsdShade

from humanoid_brain.errors import SceneError

Color = tuple[float, float, float]


@dataclass(frozen=True)
class Texture:
    """An image on a surface; its values times ``scale`` plus ``bias``."""

    file: str
    """Resolved path."""
    prim: str
    """Path of the shader prim that names it."""
    channels: str = "rgb"
    """"rgb" or one of r, g, b, a."""
    color_space: str = "auto"
    """"sRGB", "raw" or "auto": sRGB for 8-bit colour."""
    wrap: str = "repeat"
    """"repeat", "mirror" or "clamp"."""
    scale: tuple[float, ...] = (1.0, 1.0, 1.0, 1.0)
    bias: tuple[float, ...] = (0.0, 0.0, 0.0, 0.0)
    transform: tuple[float, float, float, float, float] = (0.0, 1.0, 1.0, 0.0, 0.0)
    """Rotation in degrees, scale and translation of the texture coordinates."""

    @property
    def matrix(self) -> npt.NDArray[np.float64]:
        """The transform of texture coordinates as a matrix (3, 3)."""
        turn, across, up, right, top = self.transform
        c, s = math.cos(math.radians(turn)), math.sin(math.radians(turn))
        return np.array([[c * across, -s * up, right], [s * across, c * up, top], [0.0, 0.0, 1.0]])

    def inverted(self) -> Texture:
        """One minus this."""
        return self.moved(-1.0, 1.0)

    def moved(self, factor: float, shift: float) -> Texture:
        """``factor`` times this plus ``shift``."""
        scale, bias = (v * factor for v in self.scale), (v * factor + shift for v in self.bias)
        return replace(self, scale=tuple(scale), bias=tuple(bias))


Number = float | Texture
Tint = Color | Texture


@dataclass(frozen=True)
class Surface:
    """What we draw of a UsdPreviewSurface; colours in linear RGB."""

    color: Tint = (0.55, 0.55, 0.56)
    roughness: Number = 0.5
    metallic: Number = 0.0
    specular: float = 0.5
    """Reflectance at normal incidence over 0.08; 0.5 is an index of refraction of 1.5."""
    clearcoat: Number = 0.0
    clearcoat_roughness: Number = 0.01
    emission: Tint = (0.0, 0.0, 0.0)
    opacity: Number = 1.0
    threshold: float = 0.0
    """Opacity from which a surface is whole and below which it is not there; 0 for a gradual one."""
    normal: Texture | None = None
    primvar: str = "st"
    """Name of the texture coordinates."""

    @property
    def textures(self) -> tuple[Texture, ...]:
        """The images it needs."""
        return tuple(value for value in vars(self).values() if isinstance(value, Texture))

    @property
    def emits(self) -> bool:
        """True for a surface that gives light."""
        return isinstance(self.emission, Texture) or max(self.emission) > 0.0


def bound_shader(prim: Usd.Prim) -> UsdShade.Shader | None:
    """The UsdPreviewSurface of the material bound to a gprim or GeomSubset; None if there is none."""
    material, _ = UsdShade.MaterialBindingAPI(prim).ComputeBoundMaterial()
    shader = material.ComputeSurfaceSource()[0] if material else None
    return shader if shader and shader.GetShaderId() == "UsdPreviewSurface" else None


def display_surface(prim: Usd.Prim) -> Surface:
    """The surface of a gprim or GeomSubset without a material: of its display colour."""
    gprim = prim if prim.IsA(UsdGeom.Gprim) else prim.GetParent()
    color = UsdGeom.PrimvarsAPI(gprim).FindPrimvarWithInheritance("displayColor")
    values = color.ComputeFlattened() if color and color.HasValue() else None
    return Surface(color=_color(values[0])) if values else Surface()


def bound_surface(prim: Usd.Prim) -> Surface:
    """The surface of a gprim or GeomSubset: of the material bound to it, or its display colour.

    Raises:
        SceneError: A texture's file is not there.
    """
    shader = bound_shader(prim)
    return shader_surface(shader) if shader else display_surface(prim)


def shader_surface(shader: UsdShade.Shader, nodes: set[str] | None = None) -> Surface:
    """The surface that a UsdPreviewSurface describes.

    Args:
        shader: The shader.
        nodes: Takes the paths of all shaders that it is made of.

    Raises:
        SceneError: A texture's file is not there.
    """
    reader = _Reader(shader, nodes)
    surface = Surface(
        color=reader.tint("diffuseColor", (0.18, 0.18, 0.18)),
        roughness=reader.number("roughness", 0.5),
        metallic=reader.number("metallic", 0.0),
        clearcoat=reader.number("clearcoat", 0.0),
        clearcoat_roughness=reader.number("clearcoatRoughness", 0.01),
        emission=reader.tint("emissiveColor", (0.0, 0.0, 0.0)),
        opacity=reader.number("opacity", 1.0),
        threshold=reader.constant("opacityThreshold", 0.0),
        normal=reader.texture("normal", "rgb"),
        primvar=reader.primvar,
    )
    if reader.constant("useSpecularWorkflow", 0):
        return _specular_workflow(surface, reader.tint("specularColor", (0.0, 0.0, 0.0)))
    ior = float(reader.constant("ior", 1.5))
    return replace(surface, specular=min(((ior - 1.0) / (ior + 1.0)) ** 2 / 0.08, 1.0))


def opacity_alone(shader: UsdShade.Shader, nodes: set[str] | None = None) -> Surface:
    """As :func:`shader_surface`, with nothing but opacity and its threshold."""
    reader = _Reader(shader, nodes)
    return Surface(opacity=reader.number("opacity", 1.0), threshold=reader.constant("opacityThreshold", 0.0))


def _specular_workflow(surface: Surface, specular: Tint) -> Surface:
    """The nearest metal or dielectric: a reflectance above that of gems (0.2) is a metal's."""
    if isinstance(specular, Texture):
        return replace(surface, color=specular, metallic=1.0)
    if max(specular) > 0.2:
        return replace(surface, color=specular, metallic=1.0)
    return replace(surface, metallic=0.0, specular=min(sum(specular) / 3 / 0.08, 1.0))


class _Reader:
    """Reads inputs of one shader, through connections, and notes the shaders on the way."""

    def __init__(self, shader: UsdShade.Shader, nodes: set[str] | None) -> None:
        self._shader = shader
        self._nodes = set[str]() if nodes is None else nodes
        self._nodes.add(str(shader.GetPath()))
        self.primvar = "st"

    def constant(self, name: str, fallback: Any) -> Any:
        given = _source(self._shader, name)
        value = given.Get() if isinstance(given, Usd.Attribute) else None
        return fallback if value is None else value

    def number(self, name: str, fallback: float) -> Number:
        found = self.texture(name, "r")
        return float(self.constant(name, fallback)) if found is None else found

    def tint(self, name: str, fallback: Color) -> Tint:
        found = self.texture(name, "rgb")
        return _color(self.constant(name, fallback)) if found is None else found

    def texture(self, name: str, channels: str) -> Texture | None:
        """The UsdUVTexture that feeds an input; ``channels`` of it where the connection is to all of them."""
        source = _source(self._shader, name)
        if not isinstance(source, UsdShade.Output):
            return None
        node = UsdShade.Shader(source.GetPrim())
        if node.GetShaderId() != "UsdUVTexture":
            raise SceneError(
                f"the {name} comes from a {node.GetShaderId() or 'shader without id'}, which is not drawn",
                where=str(node.GetPath()),
                todo="Connect a UsdUVTexture, or set a value",
            )
        output = str(source.GetBaseName())
        return self._texture(node, output if output in ("r", "g", "b", "a") else channels)

    def _texture(self, node: UsdShade.Shader, channels: str) -> Texture:
        reader = _Reader(node, self._nodes)
        path = str(node.GetPath())
        asset = reader.constant("file", None)
        return Texture(
            file=texture_file(asset, path),
            prim=path,
            channels=channels,
            color_space=str(reader.constant("sourceColorSpace", "auto")),
            wrap=_wrap(str(reader.constant("wrapS", "useMetadata"))),
            scale=tuple(float(x) for x in reader.constant("scale", (1.0, 1.0, 1.0, 1.0))),
            bias=tuple(float(x) for x in reader.constant("bias", (0.0, 0.0, 0.0, 0.0))),
            transform=self._coordinates(node),
        )

    def _coordinates(self, node: UsdShade.Shader) -> tuple[float, float, float, float, float]:
        """Transform of the texture coordinates; notes which ones they are."""
        transform = (0.0, 1.0, 1.0, 0.0, 0.0)
        source = _source(node, "st")
        while isinstance(source, UsdShade.Output):
            shader = UsdShade.Shader(source.GetPrim())
            reader = _Reader(shader, self._nodes)
            if shader.GetShaderId() == "UsdTransform2d":
                scale, shift = reader.constant("scale", (1.0, 1.0)), reader.constant("translation", (0.0, 0.0))
                turn = float(reader.constant("rotation", 0.0))
                transform = (turn, *(float(x) for x in scale), *(float(x) for x in shift))
                source = _source(shader, "in")
                continue
            self.primvar = str(reader.constant("varname", "st"))
            break
        return transform  # pyright: ignore[reportReturnType]


def texture_file(asset: Sdf.AssetPath | None, where: str) -> str:
    """The resolved path of a texture.

    Raises:
        SceneError: There is no such file.
    """
    given = asset.path if asset else ""
    resolved = (asset.resolvedPath if asset else "") or ""
    if not resolved:
        raise SceneError(
            f"the texture file '{given}' is not there" if given else "the texture names no file",
            where=where,
            todo="Correct inputs:file; a relative path counts from the layer that names it",
        )
    return resolved


def _source(shader: UsdShade.Shader, name: str) -> Any:
    """What gives an input its value: a Usd.Attribute, the UsdShade.Output of another shader, or None."""
    given = shader.GetInput(name)
    if not given:
        return None
    for attribute in given.GetValueProducingAttributes():
        if UsdShade.Output.IsOutput(attribute):
            return UsdShade.Output(attribute)
        return attribute
    return None


def _wrap(mode: str) -> str:
    return {"clamp": "clamp", "black": "clamp", "mirror": "mirror"}.get(mode, "repeat")


def _color(value: Any) -> Color:
    red, green, blue = np.maximum(np.array(Gf.Vec3f(*value), float), 0.0).tolist()
    return red, green, blue
