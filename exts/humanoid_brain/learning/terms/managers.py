# SPDX-License-Identifier: Apache-2.0
"""Turn the terms of a configuration into tensors: total reward, terminations, observation groups."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from torch import Tensor

from humanoid_brain import rng
from humanoid_brain.config.task import ObservationGroup, RewardTerm, TerminationTerm
from humanoid_brain.errors import TermError
from humanoid_brain.learning.state import State
from humanoid_brain.learning.terms.observations import REFLECTIONS, Reflection, observation
from humanoid_brain.learning.terms.registry import JOINT_WEIGHTS, Registry, check_shape
from humanoid_brain.learning.terms.rewards import reward
from humanoid_brain.learning.terms.terminations import termination

Value = Callable[[State], Tensor]


class RewardSum:
    """The weighted sum of the reward terms, and the running sum of each for the log.

    Args:
        terms: Terms by the name they are logged under.
        state: The state they will read; its robot resolves joint groups.
    """

    _BOUND = 1e12
    """Largest amount of a weighted value; the square of a return, which is learned from, stays finite in float32."""

    def __init__(self, terms: Mapping[str, RewardTerm], state: State) -> None:
        self.names = list(terms)
        self._values = [_resolve(reward, name, config, f"rewards.{name}", state) for name, config in terms.items()]
        self._weights = torch.tensor([[config.weight] for config in terms.values()], device=state.device)
        self._checked = False
        self.sums = torch.zeros(len(self.names), device=state.device)
        """Sum over steps of each term's mean over the environments, weighted, per second."""
        self.broken = torch.zeros(len(self.names), dtype=torch.int64, device=state.device)
        """How often each term was no number that can be summed."""

    def __call__(self, state: State) -> Tensor:
        """Reward of this step, (N,); a weighted value that is not finite, or beyond 1e12, counts as zero."""
        terms = [value(state) for value in self._values]
        if not self._checked:
            for name, term in zip(self.names, terms, strict=True):
                check_shape(term, (state.num_envs,), "reward", f"rewards.{name}")
            self._checked = True
        weighted = torch.stack(terms) * self._weights
        sound = weighted.abs() <= self._BOUND  # false of NaN
        weighted = torch.where(sound, weighted, 0.0)
        self.sums += weighted.mean(-1)
        self.broken += (~sound).sum(-1)
        return weighted.sum(0) * state.dt


class Failures:
    """The failure conditions of a task, and which of them ended each episode."""

    NON_FINITE = "non_finite"
    TIME_OUT = "time_out"

    def __init__(self, terms: Mapping[str, TerminationTerm], state: State) -> None:
        self.causes = [self.TIME_OUT, *terms, self.NON_FINITE]
        """Names of the ways an episode can end; a cause is an index into this list."""
        self._values = [_resolve(termination, name, t, f"terminations.{name}", state) for name, t in terms.items()]
        self._checked = False

    def __call__(self, state: State, broken: Tensor) -> Tensor:
        """Cause per environment, (N,) int64: 0 while none applies, else an index into :attr:`causes`.

        Args:
            state: The state.
            broken: (N,) bool, environments whose state is not finite.
        """
        cause = torch.zeros(state.num_envs, dtype=torch.int64, device=state.device)
        for i, value in enumerate(self._values, start=1):
            fails = value(state)
            if not self._checked:
                check_shape(fails, (state.num_envs,), "termination", f"terminations.{self.causes[i]}")
            cause = torch.where((cause == 0) & fails, i, cause)
        self._checked = True
        return torch.where(broken, len(self.causes) - 1, cause)


class ObservationVector:
    """One observation group: its terms concatenated, with noise, scale and history."""

    _BOUND = 20.0

    def __init__(self, name: str, group: ObservationGroup, state: State, seed: int) -> None:
        self._values, reflections, scales, noises = [], [], [], []
        for key, config in group.terms.items():
            term, where = config.term or key, f"observations.{name}.{key}"
            function = observation.find(term, where)
            value = function(state)
            check_shape(value, (state.num_envs, value.shape[-1]), "observation", where)
            self._values.append(function)
            reflections.append(REFLECTIONS[term].of(state))
            scales.append(torch.full((value.shape[-1],), config.scale, device=state.device))
            noises.append(torch.full((value.shape[-1],), config.noise if group.noise else 0.0, device=state.device))
        self._scale, self._noise = torch.cat(scales), torch.cat(noises)
        self._noisy = bool(self._noise.any())
        self._purpose = f"noise.{name}"
        self.reseed(seed)
        self.width = self._scale.numel()
        """Numbers per step."""
        self.history = group.history
        self.reflection = _join(reflections, self.width, group.history)
        """Left-right reflection of the whole vector."""

    @property
    def size(self) -> int:
        """Width of the whole vector."""
        return self.width * self.history

    def reseed(self, seed: int) -> None:
        """Draw noise for another seed from now on."""
        self._key = rng.stream(seed, self._purpose)

    def noise(self, address: Tensor) -> Tensor | None:
        """What is added at addresses (...), (..., width), or None where nothing is."""
        if not self._noisy:
            return None
        return self._noise * rng.uniform(self._key, [address], self.width, -1.0, 1.0)

    def now(self, state: State, noise: Tensor | None = None) -> Tensor:
        """This step's numbers, (N, width).

        Args:
            state: The state.
            noise: From :meth:`noise` for this step, where it is known already.
        """
        value = torch.cat([function(state) for function in self._values], -1)
        noise = self.noise(state.address) if noise is None else noise
        value = value if noise is None else value + noise
        return torch.nan_to_num(value * self._scale).clamp(-self._BOUND, self._BOUND)

    def stacked(self, now: Tensor, before: Tensor, fresh: Tensor) -> Tensor:
        """The vector with its history, (N, size), oldest step first.

        Args:
            now: This step's numbers, (N, width).
            before: The vector of the step before, (N, size).
            fresh: (N,) bool, episodes that begin here: their history is this step repeated.
        """
        if self.history == 1:
            return now
        shifted = torch.cat([before[:, self.width :], now], -1)
        return torch.where(fresh.unsqueeze(-1), now.repeat(1, self.history), shifted)


def _resolve(
    registry: Registry[Callable[..., Tensor]],
    name: str,
    config: RewardTerm | TerminationTerm,
    where: str,
    state: State,
) -> Value:
    term = config.term or name
    function = registry.find(term, where)
    registry.check_params(term, config.params, where)
    params: dict[str, object] = dict(config.params)
    if isinstance(config, RewardTerm):
        if registry.takes_joints(term):
            params[JOINT_WEIGHTS] = joint_weights(config.joints, state, f"{where}.joints")
        elif config.joints:
            raise TermError(f"the term '{term}' takes no joint weights", where=f"{where}.joints")
    return lambda s: function(s, **params)


def joint_weights(weights: Mapping[str, float], state: State, where: str) -> Tensor:
    """Weight of each joint, (D,), from weights per joint group.

    Raises:
        TermError: The robot has no such group.
    """
    groups = state.robot.groups
    if unknown := sorted(set(weights) - set(groups)):
        known = ", ".join(dict.fromkeys(groups))
        raise TermError(f"the robot has no joint group '{unknown[0]}'", where=where, todo=f"It has {known}")
    return torch.tensor([weights.get(group, 0.0) for group in groups], device=state.device)


def _join(reflections: list[Reflection], width: int, history: int) -> Reflection:
    offset, indices, signs = 0, [], []
    for index, sign in reflections:
        indices.append(index + offset)
        signs.append(sign.to(torch.float32))
        offset += index.numel()
    one, sign = torch.cat(indices), torch.cat(signs)
    return torch.cat([one + step * width for step in range(history)]), sign.repeat(history)
