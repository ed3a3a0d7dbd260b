# SPDX-License-Identifier: Apache-2.0
"""Actor and critic networks with the observation statistics that belong to them."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn

_EPSILON = 1e-2
_BOUND = 10.0


class Normalizer(nn.Module):
    """Shifts and scales observations by their running mean and variance (Chan et al. 1979).

    The statistics are buffers, so they travel with ``state_dict`` into checkpoints and policies.
    """

    mean: Tensor
    variance: Tensor
    count: Tensor

    def __init__(self, size: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(size))
        self.register_buffer("variance", torch.ones(size))
        self.register_buffer("count", torch.zeros((), dtype=torch.int64))

    def forward(self, x: Tensor) -> Tensor:
        """Normalize ``x`` of shape (..., size); the result is clamped to +-10."""
        return ((x - self.mean) / (self.variance.sqrt() + _EPSILON)).clamp(-_BOUND, _BOUND)

    @torch.no_grad()
    def update(self, x: Tensor) -> None:
        """Add all rows of ``x`` (..., size) to the statistics."""
        rows = x.reshape(-1, x.shape[-1])
        variance, mean = torch.var_mean(rows, dim=0, unbiased=False)
        self.count += rows.shape[0]
        rate = rows.shape[0] / self.count
        delta = mean - self.mean
        self.mean += rate * delta
        self.variance += rate * (variance - self.variance + delta * (mean - self.mean))


class ActorCritic(nn.Module):
    """A Gaussian policy with a state-independent standard deviation, and a value function.

    Args:
        policy_size: Width of the policy observation.
        critic_size: Width of the critic observation.
        action_size: Number of actions.
        hidden: Widths of the hidden layers of both networks.
        initial_std: Standard deviation of the actions at the start.
        std_range: Ends the standard deviation is kept within.
        seed: Seed of the initial weights; the same on every device.
    """

    def __init__(
        self,
        policy_size: int,
        critic_size: int,
        action_size: int,
        *,
        hidden: Sequence[int],
        initial_std: float = 0.8,
        std_range: tuple[float, float] = (0.05, 1.5),
        seed: int = 0,
    ) -> None:
        super().__init__()
        generator = torch.Generator().manual_seed(seed)
        self.policy_normalizer = Normalizer(policy_size)
        self.critic_normalizer = Normalizer(critic_size)
        self.actor = mlp(policy_size, hidden, action_size, gain=0.01, generator=generator)
        self.critic = mlp(critic_size, hidden, 1, generator=generator)
        self.log_std = nn.Parameter(torch.full((action_size,), math.log(initial_std)))
        self._log_std_range = (math.log(std_range[0]), math.log(std_range[1]))

    def mean(self, policy_observation: Tensor) -> Tensor:
        """The deterministic action, (..., action_size)."""
        return self.actor(self.policy_normalizer(policy_observation))

    def value(self, critic_observation: Tensor) -> Tensor:
        """Expected discounted return, (...)."""
        return self.critic(self.critic_normalizer(critic_observation)).squeeze(-1)

    def log_prob(self, mean: Tensor, action: Tensor) -> Tensor:
        """Log density of ``action`` under the policy with this ``mean``, (...)."""
        scaled = (action - mean) * torch.exp(-self.log_std)
        return (-0.5 * scaled * scaled - self.log_std).sum(-1) - 0.5 * math.log(2 * math.pi) * action.shape[-1]

    def entropy(self) -> Tensor:
        """Entropy of the action distribution, a scalar."""
        return self.log_std.sum() + 0.5 * math.log(2 * math.pi * math.e) * self.log_std.numel()

    def actor_parameters(self) -> list[nn.Parameter]:
        """Parameters whose gradients are clipped together as the actor's."""
        return [*self.actor.parameters(), self.log_std]

    def critic_parameters(self) -> list[nn.Parameter]:
        """Parameters whose gradients are clipped together as the critic's."""
        return list(self.critic.parameters())

    @torch.no_grad()
    def clamp_std(self) -> None:
        """Bring the standard deviation back into its range after an optimizer step."""
        self.log_std.clamp_(*self._log_std_range)


def mlp(
    inputs: int,
    hidden: Sequence[int],
    outputs: int,
    *,
    gain: float = 1.0,
    generator: torch.Generator | None = None,
) -> nn.Sequential:
    """ELU network with orthogonal weights (Saxe et al. 2014) and zero biases; ``gain`` is the last layer's."""
    layers: list[nn.Module] = []
    for before, after in itertools.pairwise([inputs, *hidden, outputs]):
        last = len(layers) == 2 * len(hidden)
        linear = nn.Linear(before, after)
        nn.init.orthogonal_(linear.weight, gain if last else math.sqrt(2.0), generator=generator)
        nn.init.zeros_(linear.bias)
        layers += [linear] if last else [linear, nn.ELU()]
    return nn.Sequential(*layers)
