# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest

from humanoid_brain.scene.bodywork import BODY
from humanoid_brain.scene.shells import Section, Surface, drum, ellipsoid, loft, ring

SURFACES = {
    "loft": loft([Section(0.0, (0.05, 0.04)), Section(0.1, (0.06, 0.05), (0.01, 0.0), 3.0)]),
    "dome": loft([Section(0.0, (0.05, 0.04)), Section(0.1, (0.06, 0.05))], "X", dome=0.05),
    "drum": drum(0.05, 0.08, "Y"),
    "ring": ring(0.05, 0.01, 0.01, "Z"),
    "ellipsoid": ellipsoid((0.03, 0.04, 0.05)),
}


def edges(surface: Surface) -> dict[tuple[int, int], int]:
    """How often each directed edge between distinct points occurs; coincident points count as one."""
    _, same = np.unique(surface.points.round(9), axis=0, return_inverse=True)
    faces = same.reshape(-1)[surface.faces]
    count: dict[tuple[int, int], int] = {}
    for a, b in ((0, 1), (1, 2), (2, 0)):
        for edge in zip(faces[:, a].tolist(), faces[:, b].tolist(), strict=True):
            if edge[0] != edge[1]:
                count[edge] = count.get(edge, 0) + 1
    return count


@pytest.mark.parametrize("name", [name for name in SURFACES if name != "ring"])
def test_all_but_the_ring_are_closed(name: str) -> None:
    found = edges(SURFACES[name])
    assert all(found.get((b, a)) == n for (a, b), n in found.items())


@pytest.mark.parametrize("name", SURFACES)
def test_normals_have_unit_length_and_agree_with_the_winding(name: str) -> None:
    surface = SURFACES[name]
    assert np.linalg.norm(surface.normals, axis=1) == pytest.approx(1.0)
    corners = surface.points[surface.faces]
    across = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    agreement = (across * surface.normals[surface.faces].mean(1)).sum(1)
    assert (agreement > 0).all()


def test_a_surface_encloses_the_volume_it_should() -> None:
    surface = SURFACES["ellipsoid"]
    a, b, c = (surface.points[surface.faces[:, i]] for i in range(3))
    volume = (a * np.cross(b, c)).sum() / 6
    assert volume == pytest.approx(4 / 3 * np.pi * 0.03 * 0.04 * 0.05, rel=0.1)  # 20 facets cut off about 7 %


def test_a_mirrored_surface_still_points_outwards() -> None:
    surface = SURFACES["loft"].mirrored()
    corners = surface.points[surface.faces]
    across = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    assert ((across * surface.normals[surface.faces].mean(1)).sum(1) > 0).all()


def test_the_bodywork_has_a_sensible_number_of_triangles() -> None:
    total = 0
    for link, parts in BODY.items():
        faces = sum(len(surface.faces) for _, surface in parts())
        total += faces * (2 if link.startswith("left_") else 1)
    assert 15_000 <= total <= 36_000


def test_the_sole_of_the_shell_is_the_sole_that_collides() -> None:
    lowest = min(surface.points[:, 2].min() for _, surface in BODY["left_foot"]())
    assert lowest == pytest.approx(-0.08, abs=1e-3)
