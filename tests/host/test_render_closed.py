# SPDX-License-Identifier: Apache-2.0
"""Which surfaces are closed, and on which side they have their outside."""

from __future__ import annotations

import numpy as np
import pytest
from pxr import Usd, UsdGeom

from humanoid_brain.host.standalone.render.closed import outsides
from humanoid_brain.host.standalone.render.solids import solid

CUBE = np.array([[x, y, z] for x in (0, 1) for y in (0, 1) for z in (0, 1)], float)
QUADS = np.array([[0, 1, 3, 2], [4, 6, 7, 5], [0, 4, 5, 1], [2, 3, 7, 6], [0, 2, 6, 4], [1, 5, 7, 3]])
FACES = np.concatenate([QUADS[:, [0, 1, 2]], QUADS[:, [0, 2, 3]]])


@pytest.mark.parametrize("kind", [UsdGeom.Cube, UsdGeom.Sphere, UsdGeom.Capsule, UsdGeom.Cylinder, UsdGeom.Cone])
def test_every_solid_is_closed_with_its_front_outside(kind: type) -> None:
    stage = Usd.Stage.CreateInMemory()
    made = solid(kind.Define(stage, "/solid").GetPrim())
    assert made is not None
    first, second, third = (made.points[made.faces[:, i]] for i in range(3))
    area = np.cross(second - first, third - first)
    assert (made.outsides[np.linalg.norm(area, axis=1) > 1e-12] == 1).all()


def test_a_plane_is_not_closed() -> None:
    stage = Usd.Stage.CreateInMemory()
    made = solid(UsdGeom.Plane.Define(stage, "/solid").GetPrim())
    assert made is not None and (made.outsides == 0).all()


def test_faces_that_look_inwards_have_their_back_outside() -> None:
    assert (outsides(CUBE, FACES) == 1).all()
    assert (outsides(CUBE, FACES[:, ::-1]) == -1).all()


def test_each_surface_of_a_mesh_counts_by_itself() -> None:
    open_box = np.delete(FACES, 4, 0) + 8  # a triangle is missing
    points = np.concatenate([CUBE, CUBE + 5.0, CUBE * 0.1 - 7.0])
    found = outsides(points, np.concatenate([FACES, open_box, FACES[:, ::-1] + 16]))
    assert found.tolist() == [1] * 12 + [0] * 11 + [-1] * 12


def test_a_face_turned_over_and_a_sheet_within_leave_a_surface_open() -> None:
    turned = FACES.copy()
    turned[3] = turned[3, ::-1]
    assert (outsides(CUBE, turned) == 0).all()
    assert (outsides(CUBE, np.concatenate([FACES, [[0, 3, 7]]])) == 0).all()  # an edge with three faces


def test_points_in_one_place_hang_together() -> None:
    apart = CUBE[FACES].reshape(-1, 3)
    apart[::2] += 1e-12
    assert (outsides(apart, np.arange(36).reshape(-1, 3)) == 1).all()


def test_nothing_is_no_surface() -> None:
    assert len(outsides(np.zeros((0, 3)), np.zeros((0, 3), np.int64))) == 0
