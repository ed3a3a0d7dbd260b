# SPDX-License-Identifier: Apache-2.0
"""Ids and depth agree with those of Newton's camera sensor, which has its own import of USD and its own ray tracer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import newton
import numpy as np
import pytest
import warp as wp
from newton.sensors import SensorCamera
from pxr import Usd, UsdGeom, UsdPhysics

from humanoid_brain.config.scene import SceneConfig
from humanoid_brain.host.cameras import read_camera
from humanoid_brain.host.standalone.render.renderer import StageRenderer
from humanoid_brain.optics import CameraModel
from humanoid_brain.scene.build import write_scene

WIDTH, HEIGHT = 320, 240
AGREE = 0.999
"""Share of pixels: the rest lie on silhouettes, where rounding decides."""


@pytest.fixture
def stage(tmp_path: Path) -> Usd.Stage:
    """The humanoid's scene without its physics: Newton draws visual shapes of any prim."""
    write_scene(SceneConfig(), tmp_path / "scene.usda")
    stage = Usd.Stage.Open(str(tmp_path / "scene.usda"))
    flat = Usd.Stage.Open(stage.Flatten())
    for prim in list(flat.Traverse()):
        guide = prim.IsA(UsdGeom.Gprim) and UsdGeom.Imageable(prim).ComputePurpose() == UsdGeom.Tokens.guide
        if guide or prim.IsA(UsdPhysics.Joint) or prim.IsA(UsdPhysics.Scene):
            prim.SetActive(False)
            continue
        for name in [str(name) for name in prim.GetAppliedSchemas() if "Physics" in str(name) or "Physx" in str(name)]:
            prim.RemoveAppliedSchema(name)
    return flat


@pytest.mark.slow
def test_ids_and_depth_agree_with_an_independent_renderer(stage: Usd.Stage) -> None:
    camera = read_camera(stage.GetPrimAtPath("/World/camera"), WIDTH, HEIGHT)
    theirs, their_depth = _newton(stage, camera)
    renderer = StageRenderer(stage, "cpu")
    labels = renderer.labels(camera)
    paths = np.array([*(shape.path for shape in renderer.shapes), ""])
    same = paths[labels.shape] == theirs
    assert len(set(theirs.ravel())) > 20
    assert same.mean() >= AGREE
    both = same & np.isfinite(labels.distance)
    difference = np.abs(labels.distance - their_depth)[both]
    assert np.median(difference) < 1e-5 and np.percentile(difference, 99.9) < 1e-3


def _newton(stage: Usd.Stage, camera: CameraModel) -> tuple[np.ndarray, np.ndarray]:
    """Prim path and distance in m of each pixel."""
    builder: Any = newton.ModelBuilder()
    found: dict[str, Any] = builder.add_usd(stage)
    model = builder.finalize(device="cpu")
    sensor: Any = SensorCamera(model, load_textures=False)
    rays = np.zeros((HEIGHT, WIDTH, 1, 2, 3), np.float32)  # one sample per pixel: origin and direction
    grid = np.stack(np.meshgrid(np.arange(WIDTH) + 0.5, np.arange(HEIGHT) + 0.5), -1).reshape(-1, 2)
    rays[:, :, 0, 1] = camera.camera_rays(grid).reshape(HEIGHT, WIDTH, 3)
    shapes, depth = sensor.allocate_image_shape_index(1, WIDTH, HEIGHT), sensor.allocate_image_depth(1, WIDTH, HEIGHT)
    sensor.update(
        model.state(),
        wp.array([_transform(camera.world_from_camera)], dtype=wp.transformf, device="cpu"),
        wp.array(rays, dtype=wp.vec3f, device="cpu"),
        shape_index_image=shapes,
        depth_image=depth,
        render_config=SensorCamera.RenderConfig(enable_backface_culling=False),
    )
    names = {int(index): path for path, index in found["path_shape_map"].items()}
    ids = shapes.numpy().reshape(HEIGHT, WIDTH)
    known = {int(value): names.get(int(value), "") for value in np.unique(ids)}
    return np.vectorize(known.__getitem__, otypes=[object])(ids), depth.numpy().reshape(HEIGHT, WIDTH)


def _transform(pose: np.ndarray) -> Any:
    warp: Any = wp
    turn = warp.quat_from_matrix(warp.mat33(*pose[:3, :3].ravel().tolist()))
    return warp.transform(warp.vec3(*pose[:3, 3].tolist()), turn)
