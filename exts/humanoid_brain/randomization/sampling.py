# SPDX-License-Identifier: Apache-2.0
"""From uniform numbers to values of the configured distributions, by inversion, so that a draw follows its range."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from humanoid_brain.config.distributions import Choice, Constant, Distribution, Integer, LogUniform, Normal, Schedule
from humanoid_brain.config.spaces import Axes, Box, Colors, Directions, Hsv, Palette, Points, Shell
from humanoid_brain.randomization.stream import Array


@dataclass(frozen=True)
class Moment:
    """What schedules go by."""

    frame: int
    progress: float = 0.0


def scalar(distribution: Distribution, uniform: Array, moment: Moment) -> Array:
    """Values of the shape of ``uniform``, which holds numbers in [0, 1)."""
    if isinstance(distribution, Constant):
        return np.full(uniform.shape, distribution.value)
    if isinstance(distribution, Schedule):
        return _scheduled(distribution, uniform, moment)
    if isinstance(distribution, Choice):
        return np.array(distribution.values)[pick(uniform, len(distribution.values), distribution.weights)]
    if isinstance(distribution, Normal):
        return _truncated_normal(distribution, uniform)
    low, high = distribution.low, distribution.high
    if isinstance(distribution, Integer):
        return np.minimum(np.floor(low + uniform * (high - low + 1)), high)
    if isinstance(distribution, LogUniform):
        return np.clip(low * np.exp(uniform * math.log(high / low)), low, high)
    return np.minimum(low + uniform * (high - low), high)  # the sum may round up beyond high


def _scheduled(schedule: Schedule, uniform: Array, moment: Moment) -> Array:
    weight = schedule.weight(moment.frame, moment.progress)
    start, end = scalar(schedule.start, uniform, moment), scalar(schedule.end, uniform, moment)
    if isinstance(schedule.start, LogUniform) and isinstance(schedule.end, LogUniform):
        return start * (end / start) ** weight
    value = (1.0 - weight) * start + weight * end
    whole = isinstance(schedule.start, Integer) and isinstance(schedule.end, Integer)
    return np.round(value) if whole else value


def _truncated_normal(normal: Normal, uniform: Array) -> Array:
    standard = NormalDist(normal.mean, normal.std)
    below, up_to = standard.cdf(normal.low), standard.cdf(normal.high)
    if up_to <= below:  # a range too narrow for the distribution function to resolve
        return np.full(uniform.shape, normal.mean)
    # NormalDist works on Python numbers and takes only what lies between 0 and 1, both excluded.
    share = np.clip(below + uniform * (up_to - below), 1e-300, 1.0 - 2.0**-53)
    values = np.array([standard.inv_cdf(p) for p in share.reshape(-1).tolist()]).reshape(uniform.shape)
    return np.clip(values, normal.low, normal.high)


def pick(uniform: Array, count: int, weights: list[float]) -> np.ndarray:
    """Indices below ``count`` with the relative frequencies ``weights``; all alike when that is empty."""
    if not weights:
        return np.minimum((uniform * count).astype(np.int64), count - 1)
    edges = np.cumsum(weights) / math.fsum(weights)
    index = np.searchsorted(edges, uniform, side="right")
    return np.minimum(index, int(np.flatnonzero(weights)[-1]))  # the last sum may round below 1


def position(space: Points, uniform: Array, moment: Moment) -> Array:
    """Points (N, 3) in m from uniform numbers (N, 3)."""
    if isinstance(space, Box):
        low, high = np.array(space.low), np.array(space.high)
        return np.minimum(low + uniform * (high - low), high)
    if isinstance(space, Shell):
        return _radius(space.radius, uniform[:, 0])[:, None] * _cone(space.azimuth, space.elevation, uniform[:, 1:])
    assert isinstance(space, Axes)
    columns = [scalar(axis, uniform[:, i], moment) for i, axis in enumerate((space.x, space.y, space.z))]
    return np.stack(columns, 1)


def direction(space: Directions, uniform: Array) -> Array:
    """Unit vectors (N, 3) from uniform numbers (N, 2)."""
    return _cone(space.azimuth, space.elevation, uniform)


def towards(azimuth: Array | float, elevation: Array | float) -> Array:
    """Unit vectors (..., 3) for angles in degrees: azimuth from +x towards +y, elevation above the plane."""
    a, e = np.radians(azimuth), np.radians(elevation)
    return np.stack(np.broadcast_arrays(np.cos(e) * np.cos(a), np.cos(e) * np.sin(a), np.sin(e)), -1)


def _radius(radius: tuple[float, float], uniform: Array) -> Array:
    """Equal volumes, equal shares."""
    inner, outer = radius[0] ** 3, radius[1] ** 3
    return np.cbrt(inner + uniform * (outer - inner))


def _cone(azimuth: tuple[float, float], elevation: tuple[float, float], uniform: Array) -> Array:
    """Equal solid angles, equal shares: the sine of the elevation is uniform (Archimedes)."""
    low, high = np.sin(np.radians(elevation))
    up = np.clip(low + uniform[:, 1] * (high - low), -1.0, 1.0)
    return towards(azimuth[0] + uniform[:, 0] * (azimuth[1] - azimuth[0]), np.degrees(np.arcsin(up)))


def color(space: Colors, uniform: Array, moment: Moment) -> Array:
    """Linear RGB (N, 3), 0 to 1, from uniform numbers (N, 3)."""
    if isinstance(space, Palette):
        return np.array(space.colors)[pick(uniform[:, 0], len(space.colors), space.weights)]
    parts = (
        (space.hue, space.saturation, space.value) if isinstance(space, Hsv) else (space.red, space.green, space.blue)
    )
    values = np.stack([scalar(part, uniform[:, i], moment) for i, part in enumerate(parts)], 1)
    return _linear(_from_hsv(values)) if isinstance(space, Hsv) else values


def _from_hsv(hsv: Array) -> Array:
    """Colours (N, 3) in sRGB from hue in degrees, saturation and value (Smith, "Color gamut transform pairs", 1978)."""
    hue, saturation, value = hsv.T
    place = (np.array([[5.0], [3.0], [1.0]]) + hue / 60.0) % 6.0
    ramp = np.clip(np.minimum(place, 4.0 - place), 0.0, 1.0)
    return (value * (1.0 - saturation * ramp)).T


def _linear(srgb: Array) -> Array:
    return np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
