# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import itertools
import math

import pytest

from humanoid_brain.ui.series import CAPACITY, Series, number_text, scale_of


def test_a_short_curve_is_kept_as_it_is() -> None:
    series = Series([1.0, 2.0, math.nan, math.inf, 4.0])
    assert series.points == [1.0, 2.0, 4.0] and series.last == 4.0 and len(series) == 3


def test_a_long_curve_stays_bounded_and_keeps_its_shape() -> None:
    series = Series(float(i) for i in range(100_003))
    points = series.points
    assert len(points) <= CAPACITY and series.last == 100_002.0
    assert points == sorted(points) and points[0] < 300 and points[-1] > 99_700
    steps = [b - a for a, b in itertools.pairwise(points[:-1])]
    assert max(steps) == min(steps), "points stay evenly spaced"


def test_the_axis_holds_all_curves_and_is_never_empty() -> None:
    low, high = scale_of([[1.0, 3.0], [2.0, -1.0]])
    assert low < -1.0 and high > 3.0
    assert scale_of([[0.0, 5.0]])[0] == 0.0, "a curve above zero has no axis below it"
    for flat in ([[2.0]], [[0.0, 0.0]], [[]], []):
        low, high = scale_of(flat)
        assert low < high


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "-"), (math.nan, "-"), (0.0, "0"), (0.123456, "0.123"), (-2.5, "-2.50"), (42.0, "42.0"), (1234.0, "1,234"),
     (98765.0, "99 k"), (-1.2e-7, "-1.2e-7")],
)  # fmt: skip
def test_numbers_are_short(value: float | None, text: str) -> None:
    assert number_text(value) == text
