# SPDX-License-Identifier: Apache-2.0
"""Confidence intervals of what an evaluation measures."""

from __future__ import annotations

import math
from collections.abc import Sequence

_Z = 1.959964
"""97.5 % quantile of the standard normal distribution."""


def wilson(successes: int, trials: int) -> tuple[float, float]:
    """95 % interval of a share (Wilson 1927), which holds near 0 and 1 and for few trials."""
    if trials == 0:
        return 0.0, 1.0
    share, z2 = successes / trials, _Z * _Z
    centre = (share + z2 / (2 * trials)) / (1 + z2 / trials)
    half = _Z / (1 + z2 / trials) * math.sqrt(share * (1 - share) / trials + z2 / (4 * trials * trials))
    return (0.0 if successes == 0 else centre - half), (1.0 if successes == trials else centre + half)


def mean_interval(values: Sequence[float]) -> tuple[float, tuple[float, float]]:
    """Mean over independent episodes, and its 95 % interval by the normal approximation.

    Returns:
        (mean, (low, high)); NaN throughout where there are no values, and an infinite interval for one value.
    """
    n = len(values)
    if n == 0:
        return math.nan, (math.nan, math.nan)
    mean = math.fsum(values) / n
    if n == 1:
        return mean, (-math.inf, math.inf)
    deviation = math.sqrt(math.fsum((value - mean) ** 2 for value in values) / (n - 1))
    half = _Z * deviation / math.sqrt(n)
    return mean, (mean - half, mean + half)
