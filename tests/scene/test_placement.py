# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import math

import cv2
import numpy as np
import pytest

from humanoid_brain.scene.draws import Draws
from humanoid_brain.scene.placement import Footprint, KeepClear, apart, clear_of, within


def random_footprint(draws: Draws) -> Footprint:
    center = (draws.uniform(-1.0, 1.0), draws.uniform(-1.0, 1.0))
    return Footprint(center, (draws.uniform(0.05, 0.6), draws.uniform(0.05, 0.6)), draws.uniform(-4.0, 4.0))


def overlap(one: Footprint, other: Footprint) -> float:
    """Common area by polygon clipping, in m^2."""
    return float(cv2.intersectConvexConvex(np.array(one.corners, np.float32), np.array(other.corners, np.float32))[0])


def test_apart_agrees_with_polygon_clipping() -> None:
    seen = {True: 0, False: 0}
    for i in range(500):
        draws = Draws(0, "test.placement", i)
        one, other = random_footprint(draws), random_footprint(draws)
        found = apart(one, other, 0.0)
        assert found == apart(other, one, 0.0)
        assert found == (overlap(one, other) < 1e-6)
        seen[found] += 1
    assert min(seen.values()) > 100


def test_apart_keeps_the_gap() -> None:
    one = Footprint((0.0, 0.0), (0.5, 0.2), 0.0)
    assert apart(one, Footprint((0.0, 0.45), (0.5, 0.2), math.pi), 0.049)
    assert not apart(one, Footprint((0.0, 0.45), (0.5, 0.2), math.pi), 0.051)
    assert not apart(one, Footprint((0.1, 0.1), (0.01, 0.01), 0.3), 0.0)  # one inside the other


def test_a_way_is_left_free_to_its_edge() -> None:
    for i in range(300):
        draws = Draws(0, "test.ways", i)
        footprint = random_footprint(draws)
        ends = [(draws.uniform(-1.0, 1.0), draws.uniform(-1.0, 1.0)) for _ in range(2)]
        shares = np.linspace(0.0, 1.0, 400)[:, None]
        line = np.array(ends[0]) * (1 - shares) + np.array(ends[1]) * shares
        polygon = np.array(footprint.corners, np.float32).reshape(-1, 1, 2)
        # cv2's distance is positive inside; points 5 mm apart find the nearest one within 3 mm.
        near = min(-cv2.pointPolygonTest(polygon, (float(x), float(y)), True) for x, y in line)
        assert not clear_of(footprint, KeepClear(ends[0], ends[1], max(near, 0.0) + 0.004))
        if near > 0.01:
            assert clear_of(footprint, KeepClear(ends[0], ends[1], near - 0.004))


def test_a_disc_is_a_way_from_a_point_to_itself() -> None:
    disc = KeepClear((0.0, 0.0), (0.0, 0.0), 0.5)
    assert clear_of(Footprint((0.71, 0.0), (0.2, 2.0), 0.0), disc)
    assert not clear_of(Footprint((0.69, 0.0), (0.2, 2.0), 0.0), disc)
    assert not clear_of(Footprint((0.0, 0.0), (2.0, 2.0), 0.0), disc)


def test_a_room_holds_what_stays_off_its_walls() -> None:
    assert within(Footprint((1.4, 0.0), (0.5, 0.1), 0.0), 4.0, 4.0, 0.1)
    assert not within(Footprint((1.41, 0.0), (0.5, 0.1), 0.0), 4.0, 4.0, 0.1)
    assert not within(Footprint((1.4, 0.0), (0.5, 0.5), math.pi / 4), 4.0, 4.0, 0.1)


def test_draws_do_not_depend_on_how_many_are_taken() -> None:
    first, second = Draws(3, "test", 1, 2), Draws(3, "test", 1, 2)
    taken = [first.uniform() for _ in range(200)]
    assert [second.uniform() for _ in range(10)] == taken[:10]
    assert Draws(3, "test", 1, 3).uniform() != taken[0]
    assert min(taken) < 0.05 and max(taken) > 0.95 and np.mean(taken) == pytest.approx(0.5, abs=0.1)


def test_draws_cover_their_ranges() -> None:
    draws = Draws(0, "test.ranges", 0)
    assert {draws.integer(2, 4) for _ in range(60)} == {2, 3, 4}
    assert {draws.choice("ab") for _ in range(30)} == {"a", "b"}
    assert sorted(draws.order(7)) == list(range(7))
    assert 20 < sum(draws.chance(0.5) for _ in range(80)) < 60
