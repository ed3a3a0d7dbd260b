# SPDX-License-Identifier: Apache-2.0
"""Checks that several models share, in words for a config file."""

from __future__ import annotations

from typing import TypeVar

_Pair = TypeVar("_Pair", tuple[float, float], tuple[int, int])


def check_ordered(name: str, low: float, high: float) -> None:
    """Refuse an empty range."""
    if low > high:
        raise ValueError(f"the lower end of {name}, {low:g}, lies above the upper end, {high:g}")


def ordered(value: _Pair) -> _Pair:
    """A pair that is a range; an empty one is refused."""
    check_ordered("the range", *value)
    return value


def check_weights(weights: list[float], count: int) -> None:
    """Refuse weights that do not fit ``count`` choices; an empty list makes all equally likely."""
    if not weights:
        return
    if len(weights) != count:
        raise ValueError(f"there are {len(weights)} weights for {count} choices")
    if min(weights) < 0.0 or sum(weights) <= 0.0:
        raise ValueError("weights must not be negative, and one at least must be above 0")
