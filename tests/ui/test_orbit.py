# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest

from humanoid_brain.host.standalone.render.film import Follow
from humanoid_brain.ui.orbit import Orbit, looking, overview


def pixel(orbit: Orbit, point: tuple[float, float, float], height: float = 480.0) -> tuple[float, float]:
    """Where a point is seen, in pixels right and down from the middle, by a camera as high as it is far away."""
    seen = np.linalg.inv(Follow(**orbit.as_dict()).pose) @ np.array([*point, 1.0])
    return seen[0] / -seen[2] * height, -seen[1] / -seen[2] * height


def test_a_drag_turns_the_scene_with_the_mouse() -> None:
    front = (0.5, -0.4, 0.85)
    before, after = pixel(Orbit(), front), pixel(Orbit().turned(20, 0), front)
    assert after[0] > before[0]
    low, high = pixel(Orbit(), (0, 0, 1.5)), pixel(Orbit().turned(0, 60), (0, 0, 1.5))
    assert high[1] > low[1]
    assert Orbit().turned(0, 10_000).elevation == 89.0


def test_a_shift_moves_the_point_with_the_mouse() -> None:
    moved = Orbit().moved(30, 20, 480)
    right, down = pixel(moved, (0.0, 0.0, 0.85))
    assert right == pytest.approx(30, abs=1.0) and down == pytest.approx(20, abs=1.5)


def test_the_wheel_comes_nearer_and_ends_somewhere() -> None:
    assert Orbit().zoomed(1).distance == pytest.approx(3.6)
    assert Orbit().zoomed(1000).distance == 0.5 and Orbit().zoomed(-1000).distance == 200.0


def test_more_environments_are_seen_from_farther_away() -> None:
    assert overview(1.25) == Orbit()
    assert overview(10.0).distance > overview(4.0).distance > Orbit().distance


def test_a_view_from_a_place_stands_there() -> None:
    place, target = (2.75, -2.35, 1.55), (-0.35, 0.35, 0.75)
    pose = Follow(**looking(place, target).as_dict()).pose
    assert pose[:3, 3] == pytest.approx(place)
    assert -pose[:3, 2] == pytest.approx((np.array(target) - place) / np.linalg.norm(np.array(target) - place))
