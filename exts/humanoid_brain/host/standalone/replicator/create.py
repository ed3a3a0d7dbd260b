# SPDX-License-Identifier: Apache-2.0
"""Render products: a camera at a resolution. Names follow ``omni.replicator.core.create``."""

from __future__ import annotations

import re
from collections.abc import Sequence

from humanoid_brain.errors import HostError, SceneError
from humanoid_brain.host.standalone.replicator import render_products
from humanoid_brain.host.standalone.replicator.render_products import RenderProduct
from humanoid_brain.host.standalone.utils.stage import get_current_stage

_MAX_SIDE = 16384


def render_product(
    camera: object,
    resolution: tuple[int, int],
    force_new: bool = False,
    name: str | Sequence[str] | None = None,
) -> RenderProduct | list[RenderProduct]:
    """A render product of a camera, or a list of them for a list of cameras.

    Args:
        camera: Path of a UsdGeom.Camera, its prim, or a list of these. Below a clone, the camera of its source
            stands for it.
        resolution: Width and height in pixels.
        force_new: Make a new one even if there is one of this camera and resolution.
        name: Name of the product, or one for each camera; a new product is made.

    Raises:
        SceneError: There is no camera at a path.
        HostError: The resolution or the name is impossible.
    """
    cameras = list(camera) if isinstance(camera, list | tuple) else [camera]
    names = [name] * len(cameras) if name is None or isinstance(name, str) else list(name)
    if len(names) != len(cameras):
        raise HostError(f"{len(names)} names for {len(cameras)} cameras", todo="Give one name or one for each camera")
    size = _resolution(resolution)
    made = [_one(_camera_path(each), size, force_new, label) for each, label in zip(cameras, names, strict=True)]
    return made if isinstance(camera, list | tuple) else made[0]


def _one(camera: str, resolution: tuple[int, int], force_new: bool, name: str | None) -> RenderProduct:
    if not force_new and name is None:
        for product in render_products.all_products():
            if (product.camera_path, product.resolution) == (camera, resolution):
                return product
    return render_products.add(camera, resolution, _valid(name) if name is not None else "Replicator")


def _camera_path(camera: object) -> str:
    from pxr import UsdGeom

    from humanoid_brain.host.standalone.clones import clones_of

    path = str(camera.GetPath()) if hasattr(camera, "GetPath") else str(camera)  # type: ignore[attr-defined]
    stage = get_current_stage()
    prim = stage.GetPrimAtPath(clones_of(stage).authored(path)) if path.startswith("/") else None
    if not prim or not prim.IsA(UsdGeom.Camera):
        raise SceneError("there is no camera here", where=path, todo="Give the path of a UsdGeom.Camera prim")
    return path


def _resolution(resolution: tuple[int, int]) -> tuple[int, int]:
    width, height = (int(value) for value in resolution)
    if not (0 < width <= _MAX_SIDE and 0 < height <= _MAX_SIDE):
        raise HostError(f"{width}x{height} pixels are impossible", todo=f"Use 1 to {_MAX_SIDE} pixels on each side")
    return width, height


def _valid(name: str) -> str:
    if not re.fullmatch(r"[A-Za-z_]\w*", name):
        raise HostError(f"'{name}' is no name for a render product", todo="Use letters, digits and underscores")
    return name
