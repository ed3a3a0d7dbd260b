# SPDX-License-Identifier: Apache-2.0
"""How a policy learns: the algorithm's hyperparameters and the networks' shape."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from humanoid_brain.config.base import Model
from humanoid_brain.config.checks import ordered

Width = Annotated[int, Field(ge=1, le=65536)]
Deviation = Annotated[float, Field(ge=1e-6, le=100.0)]


class PPOConfig(Model):
    """Proximal policy optimization (Schulman et al. 2017), with the options of rsl_rl."""

    steps: int = Field(default=8, ge=1, le=1024)
    """Policy steps per environment and rollout."""
    epochs: int = Field(default=5, ge=1, le=100)
    """Passes over a rollout."""
    minibatches: int = Field(default=3, ge=1, le=1024)
    """Parts a rollout is split into, each one optimizer step per epoch."""
    learning_rate: float = Field(default=1e-3, gt=0, le=1)
    """Adam step size at the start."""
    desired_kl: float = Field(default=0.03, gt=0, le=1)
    """The step size is adapted so that the KL divergence of one update stays near this."""
    adapt_learning_rate: bool = True
    """Adapt the step size to the KL divergence; off: constant."""
    clip: float = Field(default=0.2, gt=0, lt=1)
    """Clipping range of the probability ratio and of the value update."""
    discount: float = Field(default=0.99, gt=0, le=1)
    """Discount factor per policy step (gamma)."""
    gae_lambda: float = Field(default=0.95, ge=0, le=1)
    """Exponent of generalized advantage estimation (lambda)."""
    entropy: float = Field(default=0.004, ge=0)
    """Weight of the entropy bonus."""
    value: float = Field(default=1.0, gt=0)
    """Weight of the value loss."""
    clip_value_loss: bool = True
    """Clip the value update like the policy's."""
    max_gradient_norm: float = Field(default=1.0, gt=0)
    """Gradients of actor and critic are each scaled down to this norm."""
    mirror: Literal["off", "alternate", "double"] = "double"
    """Learning from left-right mirrored samples. "double": every sample and its mirror image, as rsl_rl does it;
    "alternate": in each epoch one or the other, which costs half as much."""


class NetworkConfig(Model):
    """Actor and critic: multi-layer perceptrons with ELU."""

    hidden: list[Width] = Field(default_factory=lambda: [256, 256, 128], min_length=1)
    """Width of each hidden layer."""
    initial_std: float = Field(default=0.8, ge=1e-6, le=100)
    """Standard deviation of the actions at the start, unitless."""
    std_range: Annotated[tuple[Deviation, Deviation], AfterValidator(ordered)] = (0.05, 1.5)
    """The standard deviation is kept within these ends, unitless."""
