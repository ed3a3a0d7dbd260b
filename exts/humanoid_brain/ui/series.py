# SPDX-License-Identifier: Apache-2.0
"""A curve that grows while someone watches, in bounded memory."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any, TypeGuard

CAPACITY = 400
"""Points that a curve keeps; more than the pixels of a plot would show nothing new."""


class Series:
    """Values at evenly spaced places. When it is full, neighbours are averaged and each point stands for two.

    Args:
        values: What it begins with.
    """

    def __init__(self, values: Iterable[float] = ()) -> None:
        self._points: list[float] = []
        self._stride, self._sum, self._count = 1, 0.0, 0
        self.last: float | None = None
        """The newest value, or None."""
        for value in values:
            self.add(value)

    def add(self, value: float) -> None:
        """Append a value; what is not finite is left out."""
        if not math.isfinite(value):
            return
        self.last = value
        self._sum, self._count = self._sum + value, self._count + 1
        if self._count == self._stride:
            self._points.append(self._sum / self._count)
            self._sum, self._count = 0.0, 0
        if len(self._points) >= CAPACITY:
            self._points = [(a + b) / 2 for a, b in zip(self._points[::2], self._points[1::2], strict=True)]
            self._stride *= 2

    @property
    def points(self) -> list[float]:
        """The curve."""
        rest = [self._sum / self._count] if self._count else []
        return [*self._points, *rest]

    def __len__(self) -> int:
        return len(self._points) + (self._count > 0)


def scale_of(curves: Iterable[list[float]], least: float = 1e-3) -> tuple[float, float]:
    """Ends of an axis that holds all curves with some room, is never empty, and goes below zero only with them."""
    values = [value for curve in curves for value in curve]
    if not values:
        return 0.0, 1.0
    low, high = min(values), max(values)
    room = max(0.06 * (high - low), least * max(abs(low), abs(high), 1e-9))
    return max(low - room, 0.0) if low >= 0.0 else low - room, high + room


def is_plain(value: Any) -> TypeGuard[float]:
    """Whether it is a number that can be drawn and told, whatever a file or an editor has put there."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e30


def number_text(value: float | None) -> str:
    """A number in at most six characters or so."""
    if value is None or not math.isfinite(value):
        return "-"
    size = abs(value)
    if size >= 10_000:
        return f"{value / 1000:,.0f} k"
    if size >= 100:
        return f"{value:,.0f}"
    if size >= 10:
        return f"{value:.1f}"
    if size >= 0.01 or size == 0.0:
        return f"{value:.3g}" if size < 1 else f"{value:.2f}"
    return f"{value:.1e}".replace("e-0", "e-")
