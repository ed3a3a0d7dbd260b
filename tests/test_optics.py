# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest

from humanoid_brain.optics import CameraModel

WIDTH, HEIGHT = 640, 480
MATRIX = np.array([[500.0, 0, 310], [0, 510, 250], [0, 0, 1]])
LENSES: dict[str, dict[str, Any]] = {
    "pinhole": {},
    "barrel": {"kind": "opencv", "distortion": (-0.3, 0.1, 0.001, -0.002, 0.01)},
    "rational": {"kind": "opencv", "distortion": (0.1, -0.05, 0.001, 0.002, 0.01, 0.02, 0.01, 0.001)},
    "fisheye": {"kind": "fisheye", "distortion": (0.05, -0.01, 0.002, -0.0005)},
}


def camera(lens: str, pose: np.ndarray | None = None) -> CameraModel:
    at = np.eye(4) if pose is None else pose
    return CameraModel(WIDTH, HEIGHT, 500.0, 510.0, 310.0, 250.0, at, **LENSES[lens])


def tilted() -> np.ndarray:
    pose = np.eye(4)
    pose[:3, :3] = cv2.Rodrigues(np.array([0.3, -0.8, 0.5]))[0]
    pose[:3, 3] = (1.0, 2.0, -3.0)
    return pose


@pytest.mark.parametrize("lens", LENSES)
def test_rays_are_the_inverse_of_projection(lens: str) -> None:
    model = camera(lens, tilted())
    pixels = np.random.default_rng(0).uniform((0, 0), (WIDTH, HEIGHT), (2000, 2))
    rays = model.rays(pixels)
    assert np.linalg.norm(rays, axis=1) == pytest.approx(1.0)
    found, depth = model.project(model.world_from_camera[:3, 3] + 3.0 * rays)
    assert np.abs(found - pixels).max() < 1e-8  # Newton's method ends at rounding
    assert (depth > 0).all()


@pytest.mark.parametrize("lens", LENSES)
def test_projection_is_that_of_opencv(lens: str) -> None:
    model = camera(lens)
    points = np.random.default_rng(1).normal(size=(200, 3)) * 0.4 + (0, 0, -2)
    in_opencv = points * (1, -1, -1)
    zero, distortion = np.zeros(3), np.array(model.distortion or (0.0,) * 5)
    project = cv2.fisheye.projectPoints if model.kind == "fisheye" else cv2.projectPoints
    truth, _ = project(in_opencv[None], zero, zero, MATRIX, distortion)
    pixels, depth = model.project(points)
    assert np.abs(pixels - truth.reshape(-1, 2)).max() < 1e-9
    assert depth == pytest.approx(-points[:, 2])


def test_a_point_on_the_axis_is_at_the_principal_point_and_y_goes_down() -> None:
    for lens in LENSES:
        pixels, _ = camera(lens).project([[0, 0, -1], [0.1, 0, -1], [0, 0.1, -1]])
        assert pixels[0] == pytest.approx((310, 250))
        assert pixels[1, 0] > 310 and pixels[2, 1] < 250


def test_what_a_lens_does_not_see_has_no_pixel() -> None:
    behind = [[0.1, 0.0, 1.0]]
    for lens in ("pinhole", "barrel"):
        pixels, depth = camera(lens).project(behind)
        assert np.isnan(pixels).all() and depth[0] < 0
    wide = CameraModel(100, 100, 30, 30, 50, 50, kind="fisheye", distortion=(-0.1,))
    assert np.degrees(wide.field) == pytest.approx(np.degrees(np.sqrt(1 / 0.3)), abs=0.1)
    assert np.isnan(wide.project(behind)[0]).all()
    assert np.isnan(wide.rays([[0, 0]])).all(), "outside of the image circle"
    assert np.isfinite(wide.rays([[50, 20]])).all()


def test_a_fold_of_the_distortion_is_not_an_image() -> None:
    """Strong barrel distortion brings far points back into the image; a lens shows them nowhere."""
    model = CameraModel(640, 480, 500, 500, 320, 240, kind="opencv", distortion=(-0.6, 0.1))
    fold = np.tan(model.field)
    inside, outside = [[fold * 0.99, 0, -1]], [[fold * 1.01, 0, -1]]
    assert np.isfinite(model.project(inside)[0]).all()
    assert np.isnan(model.project(outside)[0]).all()
