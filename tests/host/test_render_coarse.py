# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import io
import time

import numpy as np
from pxr import Usd, UsdGeom

from humanoid_brain.host.standalone.render import live
from humanoid_brain.host.standalone.render.coarse import coarsened
from humanoid_brain.host.standalone.render.solids import Triangles, flat, solid


def ball() -> Triangles:
    stage = Usd.Stage.CreateInMemory()
    made = solid(UsdGeom.Sphere.Define(stage, "/ball").GetPrim())
    assert made is not None
    return made


def test_a_coarse_ball_is_a_ball_of_far_fewer_triangles() -> None:
    fine, coarse = ball(), coarsened(ball(), 0.25)
    assert len(coarse.faces) < len(fine.faces) / 5
    radius = np.linalg.norm(coarse.points, axis=1)
    assert radius.min() > 0.95 and radius.max() < 1.001  # a mean of points on it lies a little within
    corners = coarse.points[coarse.faces]
    outwards = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    assert ((outwards * corners.mean(1)).sum(1) > 0.0).all()
    assert (np.abs(np.linalg.norm(coarse.normals, axis=1) - 1.0) < 1e-6).all()
    assert len(coarse.uvs) == len(coarse.points)


def test_what_is_coarse_already_stays_as_it_is() -> None:
    square = flat(np.array([[0.0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0]]), np.array([[0, 1, 2], [0, 2, 3]]))
    assert len(coarsened(square, 0.1).faces) == 2


def test_both_sides_of_a_thin_wall_that_become_one_keep_a_normal() -> None:
    points = np.array([[0.0, 0, 0], [1, 0, 0], [0, 1, 0]])
    wall = flat(np.concatenate([points, points + np.array([0, 0, 0.001])]), np.array([[0, 2, 1], [3, 4, 5]]))
    assert (np.abs(np.linalg.norm(coarsened(wall, 0.1).normals, axis=1) - 1.0) < 1e-6).all()


def test_a_viewport_that_follows_a_simulation_waits_for_its_next_poses_rather_than_drawing_better() -> None:
    server = live._Server(io.BytesIO())
    assert server.patience is None
    server.take([{"open": "scene.usda", "number": 1}])
    assert server.patience == 0.0
    server.take([{"poses": {"/body": [0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0]}, "number": 2}])
    assert server.patience == 0.0  # these are drawn at once
    server._level = 1
    assert server.patience == live._NEXT_POSES_S
    server._simulated = time.monotonic() - 2.0
    assert server.patience == 0.0
