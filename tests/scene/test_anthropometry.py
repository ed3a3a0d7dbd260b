# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest

from humanoid_brain.scene.anthropometry import (
    MALE,
    PAIRED,
    Inertial,
    combine,
    cylinder,
    is_physical,
    remove,
    rotation,
    segment_inertial,
)


def test_the_segments_add_up_to_one_body() -> None:
    total = sum(row.mass * (2 if name in PAIRED else 1) for name, row in MALE.items())
    assert total == pytest.approx(1.0, abs=1e-12)


def test_the_three_trunk_segments_add_up_to_the_trunk_of_the_table() -> None:
    # de Leva's table gives the whole trunk too: 43.46 % of the mass.
    assert sum(MALE[f"{part}_trunk"].mass for part in ("upper", "middle", "lower")) == pytest.approx(0.4346)


def test_a_segment_has_the_mass_centre_and_gyration_of_the_table() -> None:
    thigh = segment_inertial("thigh", 73.0, np.array([0.0, 0.0, 0.9]), np.array([0.0, 0.0, 0.5]))
    assert thigh.mass == pytest.approx(0.1416 * 73.0)
    assert thigh.com == pytest.approx([0.0, 0.0, 0.9 - 0.4095 * 0.4])
    gyration = np.sqrt(np.diag(thigh.inertia) / thigh.mass) / 0.4
    assert gyration == pytest.approx([0.329, 0.329, 0.149])


def test_a_foot_lies_along_x() -> None:
    foot = segment_inertial("foot", 73.0, np.zeros(3), np.array([0.25, 0.0, 0.0]))
    gyration = np.sqrt(np.diag(foot.inertia) / foot.mass) / 0.25
    assert gyration == pytest.approx([0.124, 0.245, 0.257])


def test_two_halves_of_a_rod_have_the_inertia_of_the_rod() -> None:
    def rod(mass: float, length: float, at: float) -> Inertial:
        return Inertial(mass, np.array([0.0, 0.0, at]), np.diag([1.0, 1.0, 0.0]) * mass * length**2 / 12)

    whole = combine([rod(1.0, 0.5, 0.25), rod(1.0, 0.5, 0.75)])
    assert whole.com == pytest.approx([0.0, 0.0, 0.5])
    assert np.diag(whole.inertia) == pytest.approx([1 / 6, 1 / 6, 0.0])


def test_what_is_removed_and_what_is_left_are_the_whole_again() -> None:
    whole = segment_inertial("thigh", 55.0, np.array([0.0, 0.1, 0.86]), np.array([0.0, 0.1, 0.46]))
    motor = cylinder(0.99, np.array([0.01, 0.1, 0.87]), 0.05, 0.06, "Z")
    again = combine([remove(whole, [motor]), motor])
    assert again.mass == pytest.approx(whole.mass)
    assert again.com == pytest.approx(whole.com)
    assert again.inertia == pytest.approx(whole.inertia, abs=1e-12)


def test_impossible_inertias_are_told_from_possible_ones() -> None:
    assert is_physical(np.diag([1.0, 1.0, 1.9]))
    assert not is_physical(np.diag([1.0, 1.0, 2.1]))
    assert not is_physical(np.diag([0.0, 1.0, 1.0]))
    turn = rotation("X", 0.4) @ rotation("Z", 1.1)
    assert is_physical(turn @ np.diag([1.0, 1.2, 1.9]) @ turn.T)
