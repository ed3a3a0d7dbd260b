# SPDX-License-Identifier: Apache-2.0
"""Distributions of one number, and schedules that move a range along with the frames.

In a file a plain number stands for a constant and a pair for a uniform range: ``roughness: [0.2, 0.9]``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from humanoid_brain.config.base import Model
from humanoid_brain.config.checks import check_ordered, check_weights

Bounds = tuple[float, float]


class Constant(Model):
    """Always the same number."""

    kind: Literal["constant"] = "constant"
    """Always "constant"."""
    value: float
    """The number."""

    def bounds(self) -> Bounds:
        """Least and largest value."""
        return self.value, self.value


class Uniform(Model):
    """Every number of a range is equally likely."""

    kind: Literal["uniform"] = "uniform"
    """Always "uniform"."""
    low: float
    """Lower end."""
    high: float
    """Upper end."""

    @model_validator(mode="after")
    def _check(self) -> Uniform:
        check_ordered("the range", self.low, self.high)
        return self

    def bounds(self) -> Bounds:
        """Least and largest value."""
        return self.low, self.high


class LogUniform(Model):
    """Every ratio is equally likely: as many draws between 100 and 1,000 as between 1,000 and 10,000."""

    kind: Literal["log_uniform"] = "log_uniform"
    """Always "log_uniform"."""
    low: float = Field(gt=0.0)
    """Lower end, above 0."""
    high: float = Field(gt=0.0)
    """Upper end."""

    @model_validator(mode="after")
    def _check(self) -> LogUniform:
        check_ordered("the range", self.low, self.high)
        return self

    def bounds(self) -> Bounds:
        """Least and largest value."""
        return self.low, self.high


class Normal(Model):
    """A normal distribution, cut off at its limits."""

    kind: Literal["normal"] = "normal"
    """Always "normal"."""
    mean: float
    """Mean before the cut; it lies within the limits."""
    std: float = Field(gt=0.0)
    """Standard deviation before the cut."""
    low: float
    """Lower limit."""
    high: float
    """Upper limit."""

    @model_validator(mode="after")
    def _check(self) -> Normal:
        check_ordered("the limits", self.low, self.high)
        if not self.low <= self.mean <= self.high:
            raise ValueError(f"the mean {self.mean:g} lies outside the limits {self.low:g} to {self.high:g}")
        return self

    def bounds(self) -> Bounds:
        """Least and largest value."""
        return self.low, self.high


class Integer(Model):
    """A whole number of a range, both ends included."""

    kind: Literal["integer"] = "integer"
    """Always "integer"."""
    low: int
    """Least number."""
    high: int
    """Largest number."""

    @model_validator(mode="after")
    def _check(self) -> Integer:
        check_ordered("the range", self.low, self.high)
        return self

    def bounds(self) -> Bounds:
        """Least and largest value."""
        return self.low, self.high


class Choice(Model):
    """One of several numbers."""

    kind: Literal["choice"] = "choice"
    """Always "choice"."""
    values: list[float] = Field(min_length=1)
    """What is chosen from."""
    weights: list[float] = Field(default_factory=list)
    """Relative frequency of each value; empty: all alike."""

    @model_validator(mode="after")
    def _check(self) -> Choice:
        check_weights(self.weights, len(self.values))
        return self

    def bounds(self) -> Bounds:
        """Least and largest value."""
        return min(self.values), max(self.values)


def _shorthand(pair: str) -> BeforeValidator:
    """Expands a plain number to a constant, and a pair of numbers to a range of the kind ``pair``."""

    def expand(value: Any) -> Any:
        if isinstance(value, int | float) and not isinstance(value, bool):
            return {"kind": "constant", "value": value}
        if isinstance(value, list | tuple) and len(value) == 2:
            return {"kind": pair, "low": value[0], "high": value[1]}
        return value

    return BeforeValidator(expand)


Ranged = Annotated[
    Constant | Uniform | LogUniform | Normal | Integer, Field(discriminator="kind"), _shorthand("uniform")
]


class Schedule(Model):
    """A range that moves or widens from ``start`` to ``end``.

    The quantile function is interpolated, so two uniform ranges give uniform ranges in between, and a draw moves
    steadily with its range. Two log-uniform ranges are interpolated by ratio.
    """

    kind: Literal["schedule"] = "schedule"
    """Always "schedule"."""
    start: Ranged
    """Distribution up to the beginning of ``over``."""
    end: Ranged
    """Distribution from the end of ``over`` on."""
    by: Literal["frame", "progress"] = "frame"
    """What moves the range: the frame's index, or a progress from 0 to 1 that the caller gives."""
    over: tuple[float, float]
    """Beginning and end of the movement, in frames or as progress."""
    shape: Literal["linear", "cosine", "steps"] = "linear"
    """Steady, slow at both ends, or in equal steps."""
    steps: int = Field(default=4, ge=1)
    """Number of steps ("steps" only)."""

    @model_validator(mode="after")
    def _check(self) -> Schedule:
        first, last = self.over
        if not 0.0 <= first < last:
            raise ValueError(f"'over' must rise from 0 or more, not run from {first:g} to {last:g}")
        if self.by == "progress" and last > 1.0:
            raise ValueError(f"progress ends at 1, 'over' at {last:g}")
        return self

    def bounds(self) -> Bounds:
        """Least and largest value over the whole schedule."""
        (low, high), (other_low, other_high) = self.start.bounds(), self.end.bounds()
        return min(low, other_low), max(high, other_high)

    def weight(self, frame: int, progress: float) -> float:
        """Share of ``end`` at this moment, 0 to 1."""
        first, last = self.over
        now = frame if self.by == "frame" else progress
        share = min(max((now - first) / (last - first), 0.0), 1.0)
        if self.shape == "cosine":
            return 0.5 - 0.5 * math.cos(math.pi * share)
        if self.shape == "steps":
            return math.floor(share * self.steps) / self.steps
        return share


Distribution = Constant | Uniform | LogUniform | Normal | Integer | Choice | Schedule
Scalar = Annotated[Distribution, Field(discriminator="kind"), _shorthand("uniform")]
"""A number, a pair for a uniform range, or a distribution by its kind."""


@dataclass(frozen=True)
class Within:
    """Refuses a distribution which can leave the quantity's physical limits."""

    low: float
    high: float
    unit: str = ""

    def __call__(self, value: Distribution) -> Distribution:
        """Check ``value``, as a validator of pydantic."""
        least, most = value.bounds()
        if least < self.low or most > self.high:
            allowed = f"{self.low:g} to {self.high:g} {self.unit}".rstrip()
            raise ValueError(f"draws from {least:g} to {most:g} leave the possible range of {allowed}")
        return value


def within(low: float, high: float, unit: str = "") -> AfterValidator:
    """A validator that refuses a distribution which can leave the quantity's physical limits."""
    return AfterValidator(Within(low, high, unit))


def _check_whole(value: Distribution) -> Distribution:
    numbers = {Constant: lambda v: [v.value], Choice: lambda v: v.values}.get(type(value), lambda v: [])
    if any(number != round(number) for number in numbers(value)):
        raise ValueError("a count must be a whole number")
    return value


Share = Annotated[Scalar, within(0.0, 1.0)]
"""From 0 to 1."""
Angle = Annotated[Scalar, within(-360.0, 360.0, "degrees")]
"""Degrees."""
Count = Annotated[
    Constant | Integer | Choice | Schedule,
    Field(discriminator="kind"),
    _shorthand("integer"),
    AfterValidator(_check_whole),
]
"""A whole number, a pair for a range of them, or a distribution by its kind."""
