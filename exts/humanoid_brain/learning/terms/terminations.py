# SPDX-License-Identifier: Apache-2.0
"""Reasons to end an episode as a failure. Each returns a bool per environment, (N,)."""

from __future__ import annotations

import math
from collections.abc import Callable

from torch import Tensor

from humanoid_brain.learning.state import State
from humanoid_brain.learning.terms.registry import Registry

TerminationFunction = Callable[..., Tensor]
termination: Registry[TerminationFunction] = Registry("termination")


@termination
def too_low(state: State, *, height: float) -> Tensor:
    """The root is below ``height`` m."""
    return state.height < height


@termination
def tilted(state: State, *, angle: float) -> Tensor:
    """The root leans more than ``angle`` rad from upright."""
    return state.gravity[:, 2] > -math.cos(angle)


@termination
def joint_speed(state: State, *, limit: float) -> Tensor:
    """A joint turns faster than ``limit`` rad/s."""
    return state.joint_velocity.abs().amax(-1) > limit
