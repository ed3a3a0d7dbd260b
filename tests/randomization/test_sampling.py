# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import colorsys
import math
from statistics import NormalDist

import numpy as np
import pytest

from humanoid_brain.config.distributions import (
    Choice,
    Constant,
    Distribution,
    Integer,
    LogUniform,
    Normal,
    Schedule,
    Uniform,
)
from humanoid_brain.config.spaces import Axes, Box, Hemisphere, Hsv, Palette, Rgb, Shell, Sphere
from humanoid_brain.randomization import sampling
from humanoid_brain.randomization.sampling import Moment
from humanoid_brain.randomization.stream import Stream

COUNT = 20000
SIGMAS = 5.0
"""A right generator fails a test at five standard errors once in two million runs, and the seed is fixed."""
NOW = Moment(0)


def numbers(columns: int = 1) -> np.ndarray:
    return Stream(7, "test", [str(i) for i in range(COUNT)], columns).uniform(0)


def check_mean(values: np.ndarray, mean: float, variance: float) -> None:
    assert abs(values.mean() - mean) < SIGMAS * math.sqrt(variance / len(values))


@pytest.mark.parametrize(
    ("distribution", "mean", "variance"),
    [
        (Uniform(low=-2.0, high=4.0), 1.0, 3.0),
        (LogUniform(low=1.0, high=math.e), math.e - 1.0, (math.e**2 - 1) / 2 - (math.e - 1) ** 2),
        (Integer(low=1, high=6), 3.5, 35 / 12),
        (Choice(values=[1.0, 5.0], weights=[3.0, 1.0]), 2.0, 3.0),
        (Choice(values=[1.0, 2.0, 3.0]), 2.0, 2 / 3),
        (Normal(mean=1.0, std=0.5, low=-9.0, high=11.0), 1.0, 0.25),
        # Half a normal distribution: mean sqrt(2 / pi), variance 1 - 2 / pi.
        (Normal(mean=0.0, std=1.0, low=0.0, high=40.0), math.sqrt(2 / math.pi), 1 - 2 / math.pi),
    ],
)
def test_draws_have_the_mean_and_keep_the_limits_of_their_distribution(
    distribution: Distribution, mean: float, variance: float
) -> None:
    values = sampling.scalar(distribution, numbers()[:, 0], NOW)
    check_mean(values, mean, variance)
    low, high = distribution.bounds()
    assert low <= values.min() and values.max() <= high
    assert values.var() == pytest.approx(variance, rel=0.1)  # five standard errors of a variance of 20,000 draws


def test_every_whole_number_of_a_range_is_as_likely() -> None:
    values = sampling.scalar(Integer(low=-1, high=2), numbers()[:, 0], NOW)
    found, counts = np.unique(values, return_counts=True)
    assert found.tolist() == [-1.0, 0.0, 1.0, 2.0]
    assert np.abs(counts - COUNT / 4).max() < SIGMAS * math.sqrt(COUNT * 3 / 16)


def test_the_ends_of_the_uniform_numbers_stay_within_all_limits() -> None:
    ends = np.array([0.0, 1.0 - 2.0**-53])
    for distribution in (
        LogUniform(low=0.1, high=0.3),
        Normal(mean=0.0, std=1e-3, low=-1.0, high=1.0),
        Normal(mean=5.0, std=1e6, low=5.0, high=5.0),
        Integer(low=3, high=5),
        Choice(values=[1.0, 2.0, 9.0], weights=[0.1, 0.2, 0.0]),
    ):
        values = sampling.scalar(distribution, ends, NOW)
        low, high = distribution.bounds()
        assert np.isfinite(values).all() and low <= values.min() and values.max() <= high
    assert sampling.scalar(Choice(values=[1.0, 9.0], weights=[1.0, 0.0]), ends, NOW).tolist() == [1.0, 1.0]


def test_points_of_a_shell_fill_it_evenly() -> None:
    points = sampling.position(Shell(radius=(1.0, 2.0)), numbers(3), NOW)
    radius = np.linalg.norm(points, axis=1)
    assert radius.min() >= 1.0 and radius.max() <= 2.0
    share = (1.5**3 - 1.0) / (2.0**3 - 1.0)
    check_mean((radius < 1.5).astype(float), share, share * (1 - share))
    check_mean(points[:, 2], 0.0, 1.0)


def test_directions_fill_their_part_of_the_sphere_evenly() -> None:
    up = sampling.direction(Hemisphere(), numbers(2))
    assert np.linalg.norm(up, axis=1) == pytest.approx(1.0)
    assert up[:, 2].min() >= 0.0
    check_mean(up[:, 2], 0.5, 1 / 12)
    part = sampling.direction(Sphere(azimuth=(80.0, 100.0), elevation=(-10.0, 30.0)), numbers(2))
    elevation = np.degrees(np.arcsin(part[:, 2]))
    azimuth = np.degrees(np.arctan2(part[:, 1], part[:, 0]))
    assert elevation.min() >= -10.001 and elevation.max() <= 30.001
    assert azimuth.min() >= 79.999 and azimuth.max() <= 100.001
    low, high = np.sin(np.radians([-10.0, 30.0]))
    check_mean(part[:, 2], (low + high) / 2, (high - low) ** 2 / 12)


def test_boxes_and_axes_take_each_coordinate_from_its_own_range() -> None:
    box = sampling.position(Box(low=(0.0, 10.0, -1.0), high=(1.0, 20.0, -1.0)), numbers(3), NOW)
    assert (box.min(0) >= [0.0, 10.0, -1.0]).all() and (box.max(0) <= [1.0, 20.0, -1.0]).all()
    assert abs(np.corrcoef(box[:, 0], box[:, 1])[0, 1]) < SIGMAS / math.sqrt(COUNT)
    axes = sampling.position(Axes(x=Constant(value=3.0), z=Uniform(low=1.0, high=2.0)), numbers(3), NOW)
    assert (axes[:, :2] == [3.0, 0.0]).all() and axes[:, 2].min() >= 1.0


def test_hsv_gives_the_colours_of_a_colour_picker_in_linear_light() -> None:
    for hue, saturation, value in ((0.0, 1.0, 1.0), (120.0, 0.5, 0.8), (-60.0, 0.9, 0.3), (359.0, 0.2, 0.7)):
        space = Hsv(hue=Constant(value=hue), saturation=Constant(value=saturation), value=Constant(value=value))
        expected = colorsys.hsv_to_rgb(hue / 360.0 % 1.0, saturation, value)
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in expected]
        assert sampling.color(space, np.zeros((1, 3)), NOW)[0] == pytest.approx(linear)


def test_palettes_and_components_give_what_they_list() -> None:
    colors = [(1.0, 0.0, 0.0), (0.0, 0.0, 1.0)]
    drawn = sampling.color(Palette(colors=colors, weights=[1.0, 3.0]), numbers(3), NOW)
    check_mean(drawn[:, 2], 0.75, 3 / 16)
    rgb = Rgb(red=Constant(value=0.1), green=Constant(value=0.2), blue=Constant(value=0.3))
    assert sampling.color(rgb, numbers(3), NOW)[0].tolist() == [0.1, 0.2, 0.3]


def test_a_schedule_widens_a_range_and_moves_a_draw_with_it() -> None:
    schedule = Schedule.model_validate({"start": [0, 1], "end": [0, 3], "over": (0, 10)})
    u = numbers()[:, 0]
    for frame, high in ((0, 1.0), (5, 2.0), (10, 3.0), (99, 3.0)):
        assert sampling.scalar(schedule, u, Moment(frame)) == pytest.approx(u * high)


def test_a_schedule_of_ratios_is_interpolated_by_ratio() -> None:
    log = {"kind": "log_uniform"}
    schedule = Schedule.model_validate(
        {"start": {**log, "low": 1, "high": 10}, "end": {**log, "low": 100, "high": 1000}, "over": (0, 2)}
    )
    u = np.array([0.0, 0.5])
    assert sampling.scalar(schedule, u, Moment(1)) == pytest.approx([10.0, 10.0**1.5])


def test_numbers_do_not_depend_on_order_neighbours_or_other_targets() -> None:
    stream = Stream(3, "a.b", ["x", "y"], 3)
    in_order = [stream.uniform(frame).copy() for frame in range(800)]
    alone = Stream(3, "a.b", ["y"], 3)
    assert np.array_equal(alone.uniform(731)[0], in_order[731][1])
    backwards = Stream(3, "a.b", ["y", "x"], 3)
    for frame in (799, 0, 731, 5):
        assert np.array_equal(backwards.uniform(frame)[::-1], in_order[frame])


def test_seed_purpose_target_and_frame_all_change_the_numbers() -> None:
    base = Stream(3, "a.b", ["x"], 2).uniform(5)
    for other in (Stream(4, "a.b", ["x"], 2).uniform(5), Stream(3, "a.c", ["x"], 2).uniform(5)):
        assert not np.isclose(other, base).any()
    assert not np.isclose(Stream(3, "a.b", ["z"], 2).uniform(5), base).any()
    assert not np.isclose(Stream(3, "a.b", ["x"], 2).uniform(6), base).any()


def test_a_narrow_cut_out_of_a_normal_distribution_follows_it() -> None:
    values = sampling.scalar(Normal(mean=0.0, std=1.0, low=-0.5, high=1.0), numbers()[:, 0], NOW)
    normal = NormalDist()
    share = (normal.cdf(0.2) - normal.cdf(-0.5)) / (normal.cdf(1.0) - normal.cdf(-0.5))
    check_mean((values < 0.2).astype(float), share, share * (1 - share))
