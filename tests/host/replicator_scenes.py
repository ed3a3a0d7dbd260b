# SPDX-License-Identifier: Apache-2.0
"""A small stage whose images can be worked out by hand.

The camera stands at (0, -10, 0) and looks along +y with z up. With 64 by 48 pixels its focal length is 64 pixels, so
a point (x, y, z) is at depth y + 10 and in pixel (32 + 64 x / depth, 24 - 64 z / depth).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pxr import Gf, Usd, UsdGeom, UsdLux

from humanoid_brain import host
from humanoid_brain.host.semantics import add_labels
from humanoid_brain.host.standalone import replicator as rep
from humanoid_brain.host.standalone.replicator.render_products import RenderProduct

WIDTH, HEIGHT = 64, 48
CAMERA = "/World/camera"
Vector = tuple[float, float, float]


def new_stage(h: host.Host) -> Usd.Stage:
    """A new current stage with the camera and a light."""
    h.stage.create_new_stage()
    stage = h.stage.get_current_stage()
    UsdGeom.SetStageUpAxis(stage, "Z")
    UsdGeom.SetStageMetersPerUnit(stage, 1.0)
    UsdGeom.Xform.Define(stage, "/World")
    add_camera(stage, CAMERA, (0.0, -10.0, 0.0))
    UsdLux.DomeLight.Define(stage, "/World/sky").CreateIntensityAttr(1000.0)
    return stage


def add_camera(stage: Usd.Stage, path: str, position: Vector) -> UsdGeom.Camera:
    """A camera that looks along +y."""
    camera = UsdGeom.Camera.Define(stage, path)
    camera.CreateFocalLengthAttr(24.0)
    camera.CreateHorizontalApertureAttr(24.0)
    camera.CreateVerticalApertureAttr(18.0)
    camera.CreateClippingRangeAttr(Gf.Vec2f(0.1, 1000.0))
    camera.AddTranslateOp().Set(Gf.Vec3d(*position))
    camera.AddRotateXOp().Set(90.0)
    return camera


def add_cube(
    stage: Usd.Stage, path: str, position: Vector, label: str = "", half: Vector = (1.0, 1.0, 1.0)
) -> UsdGeom.Cube:
    """A cube of 2 m, stretched by ``half``, labelled by its class."""
    cube = UsdGeom.Cube.Define(stage, path)
    cube.CreateSizeAttr(2.0)
    cube.AddTranslateOp().Set(Gf.Vec3d(*position))
    cube.AddScaleOp().Set(Gf.Vec3f(*half))
    if label:
        add_labels(cube.GetPrim(), [label])
    return cube


def add_two_cubes(stage: Usd.Stage) -> None:
    """A crate at depth 9 to 11, half hiding a barrel at depth 13 to 15, and a stone without a label."""
    add_cube(stage, "/World/crate", (0.0, 0.0, 0.0), "crate")
    add_cube(stage, "/World/barrel", (1.5, 4.0, 0.0), "barrel")
    add_cube(stage, "/World/stone", (-4.0, 0.0, 0.0), half=(0.5, 0.5, 0.5))


def take(name: str, camera: str = CAMERA, legacy: bool = True, **params: Any) -> Any:
    """The data of one annotator after one step."""
    with attached(name, camera, **params) as annotator:
        rep.orchestrator.step()
        return annotator.get_data(use_legacy_structure=legacy)


@contextmanager
def attached(name: str, camera: str = CAMERA, **params: Any) -> Iterator[rep.annotators.Annotator]:
    """An annotator on a render product of the test's size."""
    annotator = rep.annotators.get(name, init_params=params)
    annotator.attach(product_of(camera))
    try:
        yield annotator
    finally:
        annotator.detach()


def product_of(camera: str = CAMERA, **kwargs: Any) -> RenderProduct:
    """A render product of the test's size."""
    product = rep.create.render_product(camera, (WIDTH, HEIGHT), **kwargs)
    assert isinstance(product, RenderProduct)
    return product
