# SPDX-License-Identifier: Apache-2.0
"""What changes from frame to frame of a capture runs through kernels that are compiled already."""

from __future__ import annotations

import gc
from collections.abc import Callable

import pytest
from pxr import Gf, Usd, UsdGeom, UsdLux, UsdShade

from humanoid_brain.host.standalone.render.renderer import StageRenderer
from humanoid_brain.scene.looks import Looks, preview_surface
from tests.host.render_scenes import camera_at, new_stage, renderer_of

_LARGE, _SMALL = 500, 100
VIEW = camera_at((6, 0, 2), (0, 0, 0), size=24, focal=50)


def furnished() -> Usd.Stage:
    stage = new_stage()
    UsdLux.DomeLight.Define(stage, "/World/sky").CreateIntensityAttr(300)
    for i, kind in enumerate((UsdLux.RectLight, UsdLux.SphereLight, UsdLux.DiskLight)):
        lamp = kind.Define(stage, f"/World/lamp_{i}")
        lamp.CreateIntensityAttr(2000)
        UsdGeom.XformCommonAPI(lamp).SetTranslate(Gf.Vec3d(0, i - 1, 3))
    for i in range(4):
        cube = UsdGeom.Cube.Define(stage, f"/World/cube_{i}")
        UsdGeom.XformCommonAPI(cube).SetTranslate(Gf.Vec3d(0, 2.5 * i - 4, 0))
        looks = preview_surface(stage, f"/World/looks_{i}", Looks((0.2 * i, 0.5, 0.3), roughness=0.2 + 0.2 * i))
        UsdShade.MaterialBindingAPI.Apply(cube.GetPrim()).Bind(looks)
    return stage


def kernels(renderer: StageRenderer) -> set[str]:
    """Kernels of a frame but the small ones, which fill an array or add two."""
    dr = renderer.backend.dr
    with dr.scoped_set_flag(dr.JitFlag.KernelHistory, True):
        dr.kernel_history_clear()
        renderer.sync()
        renderer.labels(VIEW)
        renderer.color(VIEW, 1, 0)
        return {str(kernel["hash"]) for kernel in dr.kernel_history() if kernel.get("operation_count", 0) > _LARGE}


def outline_kernels(renderer: StageRenderer) -> set[str]:
    """Kernels of a frame without a picture."""
    dr = renderer.backend.dr
    with dr.scoped_set_flag(dr.JitFlag.KernelHistory, True):
        dr.kernel_history_clear()
        renderer.sync(looks=False)
        seen = renderer.outlines(VIEW)
        renderer.visible_alone(VIEW, [[0, 1], [2], [3]], seen)
        return {str(kernel["hash"]) for kernel in dr.kernel_history() if kernel.get("operation_count", 0) > _SMALL}


@pytest.fixture(autouse=True)
def _alone() -> None:
    """Objects of earlier tests are gone: Mitsuba numbers all that there are, and compiles the numbers in."""
    gc.collect()


def _material(stage: Usd.Stage) -> None:
    shader = UsdShade.Shader.Get(stage, "/World/looks_1/shader")
    shader.GetInput("diffuseColor").Set(Gf.Vec3f(0.9, 0.1, 0.7))
    shader.GetInput("roughness").Set(0.77)


def _move(stage: Usd.Stage) -> None:
    for name, place in (
        ("lamp_0", (1, 1, 2)),
        ("lamp_1", (0.3, -2, 2.5)),
        ("lamp_2", (-1, 0.2, 4)),
        ("cube_2", (1, 2, 1)),
    ):
        UsdGeom.XformCommonAPI(stage.GetPrimAtPath(f"/World/{name}")).SetTranslate(Gf.Vec3d(*place))


def _hide(stage: Usd.Stage) -> None:
    for name in ("lamp_1", "cube_0"):
        UsdGeom.Imageable(stage.GetPrimAtPath(f"/World/{name}")).MakeInvisible()


def _light(stage: Usd.Stage) -> None:
    UsdLux.RectLight.Get(stage, "/World/lamp_0").GetIntensityAttr().Set(777)
    UsdLux.DomeLight.Get(stage, "/World/sky").GetIntensityAttr().Set(123)


@pytest.mark.parametrize("edit", [_material, _move, _hide, _light])
def test_an_edit_compiles_nothing(edit: Callable[[Usd.Stage], None]) -> None:
    stage = furnished()
    renderer = renderer_of(stage)
    kernels(renderer)
    before = kernels(renderer)
    edit(stage)
    assert before and kernels(renderer) == before


@pytest.mark.parametrize("edit", [_material, _move, _hide, _light])
def test_an_edit_compiles_nothing_for_outlines(edit: Callable[[Usd.Stage], None]) -> None:
    stage = furnished()
    renderer = renderer_of(stage)
    before = outline_kernels(renderer)
    edit(stage)
    assert len(before) > 1 and outline_kernels(renderer) == before
