# SPDX-License-Identifier: Apache-2.0
"""Confidence intervals cover what they promise."""

from __future__ import annotations

import math
import random

import pytest

from humanoid_brain.evaluation.statistics import mean_interval, wilson


def test_wilson_matches_published_values() -> None:
    # Newcombe 1998, table I: 81 of 263, and 0 of 20 (score method without continuity correction).
    assert wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-4)
    assert wilson(0, 20) == pytest.approx((0.0, 0.1611), abs=5e-4)


def test_wilson_stays_within_bounds() -> None:
    for trials in (1, 2, 512):
        assert wilson(trials, trials)[1] == 1.0
        assert wilson(0, trials)[0] == 0.0
    assert wilson(0, 0) == (0.0, 1.0)


def test_mean_interval_covers_the_true_mean() -> None:
    rng = random.Random(0)
    hits = 0
    for _ in range(1000):
        _, (low, high) = mean_interval([rng.gauss(2.0, 3.0) for _ in range(50)])
        hits += low <= 2.0 <= high
    # 95 % nominal; the normal approximation at n = 50 gives about 94.4 %, +-3 standard deviations of 0.7 %.
    assert 920 <= hits <= 970


def test_too_few_values_say_so() -> None:
    assert all(math.isnan(x) for x in (mean_interval([])[0], *mean_interval([])[1]))
    assert mean_interval([1.5]) == (1.5, (-math.inf, math.inf))
