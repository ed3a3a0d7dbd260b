# SPDX-License-Identifier: Apache-2.0
"""Proximal policy optimization in slices: one policy step, or one optimizer step, at a time.

The update is the one of Schulman et al. 2017 ("Proximal policy optimization algorithms") as rsl_rl implements
it (adaptive step size, clipped value loss, symmetry augmentation), which a test holds it to. It differs on
purpose in two points: an episode that was cut off by time is bootstrapped from its final observation, and
every epoch shuffles anew. On a GPU each slice is a CUDA graph and nothing waits for the device.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from humanoid_brain import rng
from humanoid_brain.config.learner import PPOConfig
from humanoid_brain.learning.adam import Adam
from humanoid_brain.learning.graphs import Captured
from humanoid_brain.learning.networks import ActorCritic

_MIN_RATE, _MAX_RATE, _RATE_STEP = 1e-5, 1e-2, 1.5
_OUTCOME = ("reward", "terminated", "truncated", "final_critic")
_OBSERVED = ("policy", "critic", *_OUTCOME)
_LEARNED = ("policy", "critic", "action", "log_prob", "advantage", "returns", "value", "mean")


@dataclass(frozen=True)
class Mirror:
    """Left-right reflection of a vector: ``mirrored[..., i] = sign[i] * vector[..., index[i]]``."""

    index: Tensor
    sign: Tensor

    def __call__(self, vector: Tensor) -> Tensor:
        """Reflect ``vector`` of shape (..., size)."""
        return vector[..., self.index] * self.sign


@dataclass(frozen=True)
class Symmetry:
    """Reflections of everything the learner sees."""

    policy: Mirror
    critic: Mirror
    action: Mirror


class Rollout:
    """Fixed buffers for ``steps`` policy steps of ``envs`` environments, (steps, envs, ...)."""

    def __init__(self, steps: int, envs: int, policy: int, critic: int, actions: int, device: torch.device) -> None:
        def zeros(*shape: int) -> Tensor:
            return torch.zeros(steps, envs, *shape, device=device)

        self.steps, self.envs = steps, envs
        self.policy, self.critic, self.final_critic = zeros(policy), zeros(critic), zeros(critic)
        self.action, self.mean, self.log_prob = zeros(actions), zeros(actions), zeros()
        self.reward, self.terminated, self.truncated = zeros(), zeros(), zeros()
        self.value, self.advantage, self.returns = zeros(), zeros(), zeros()
        self.cursor = torch.zeros(1, dtype=torch.int64, device=device)
        """The step that is written next."""

    def put(self, **values: Tensor) -> None:
        """Write one step's values, each (envs, ...), at the cursor."""
        for name, value in values.items():
            getattr(self, name).index_copy_(0, self.cursor, value.unsqueeze(0))

    def advance(self) -> None:
        """Move the cursor to the next step, back to the first after the last."""
        self.cursor.copy_((self.cursor + 1) % self.steps)

    def tensors(self) -> list[Tensor]:
        """Every buffer."""
        return [value for value in vars(self).values() if isinstance(value, Tensor)]


@dataclass(frozen=True)
class _Batch:
    """Samples of one optimizer step; mirrored ones may stand behind or among the plain ones."""

    policy: Tensor
    critic: Tensor
    action: Tensor
    log_prob: Tensor
    advantage: Tensor
    returns: Tensor
    value: Tensor
    mean: Tensor
    """Means of the policy that acted; only the first ``plain.numel()`` samples have one."""
    plain: Tensor
    """1 for samples as they were, 0 for those turned into their mirror image."""


class PPO:
    """The learner.

    Args:
        network: Actor and critic, on their device.
        config: Hyperparameters.
        envs: Number of environments.
        symmetry: Reflections, or None to learn without.
        seed: Seed of exploration and shuffling.
    """

    metric_names = ("value_loss", "surrogate_loss", "kl", "gradient_norm", "skipped_updates")

    def __init__(
        self, network: ActorCritic, config: PPOConfig, envs: int, *, symmetry: Symmetry | None = None, seed: int = 0
    ) -> None:
        self.network, self.config, self.symmetry = network, config, symmetry
        self.device = network.log_std.device
        sizes = network.policy_normalizer.mean.numel(), network.critic_normalizer.mean.numel()
        self.rollout = Rollout(config.steps, envs, *sizes, network.log_std.numel(), self.device)
        self.iteration = torch.zeros((), dtype=torch.int64, device=self.device)
        self.learning_rate = torch.full((), config.learning_rate, device=self.device)
        self.optimizer = Adam([*network.actor_parameters(), *network.critic_parameters()], self.learning_rate)
        self.metrics = torch.zeros(len(self.metric_names), device=self.device)
        """Sums over the optimizer steps since :meth:`read_metrics`, in the order of ``metric_names``."""
        self._updates = 0
        self._old_std = torch.zeros_like(network.log_std)
        self._batch = torch.zeros(max(1, envs * config.steps // config.minibatches), dtype=torch.int64).to(self.device)
        self._epoch = torch.zeros((), dtype=torch.int64, device=self.device)
        self._env_index = torch.arange(envs, device=self.device)
        self._noise_key, self._order_key = rng.stream(seed, "exploration"), rng.stream(seed, "minibatches")
        self._inputs = {name: torch.zeros_like(getattr(self.rollout, name)[0]) for name in _OBSERVED}
        self._action = torch.zeros_like(self.rollout.action[0])
        self._sample = Captured(self._sample_action, self.device, lambda: [*self.rollout.tensors(), self._action])
        self._store = Captured(self._store_outcome, self.device, self.rollout.tensors)
        self._estimate = Captured(self._estimate_returns, self.device, self.rollout.tensors)
        self._optimize = Captured(self._step_minibatch, self.device, self._trained_tensors)
        self.graphs = (self._sample, self._store, self._estimate, self._optimize)
        """What :meth:`record` records."""

    # -- collecting -----------------------------------------------------------------------------------------

    @torch.no_grad()
    def act(self, policy: Tensor, critic: Tensor) -> Tensor:
        """Sample actions for the current observations and note the transition's first half.

        Args:
            policy: (envs, policy_size).
            critic: (envs, critic_size).

        Returns:
            Actions, (envs, action_size), in a buffer that the next call overwrites.
        """
        self._inputs["policy"].copy_(policy)
        self._inputs["critic"].copy_(critic)
        self._sample()
        return self._action

    @torch.no_grad()
    def observe(self, reward: Tensor, terminated: Tensor, truncated: Tensor, final_critic: Tensor) -> None:
        """Note the transition's second half.

        Args:
            reward: (envs,).
            terminated: (envs,) bool, the episode ended in failure.
            truncated: (envs,) bool, the episode was cut off by time.
            final_critic: (envs, critic_size), the critic's observation after the step and before any reset.
        """
        outcome = {"reward": reward, "terminated": terminated, "truncated": truncated, "final_critic": final_critic}
        for name, value in outcome.items():
            self._inputs[name].copy_(value)
        self._store()

    # -- learning -------------------------------------------------------------------------------------------

    def update(self) -> Iterator[None]:
        """Learn from the rollout; yields after the returns and each optimizer step; updates the normalizers last."""
        self.estimate_returns()
        yield
        size = self._batch.numel()
        for epoch in range(self.config.epochs):
            self._epoch.fill_(epoch)
            address = [self.iteration * self.config.epochs + epoch]
            order = rng.permutation(self._order_key, address, self.rollout.envs * self.rollout.steps)
            for part in range(self.config.minibatches):
                self.optimize(order[part * size : (part + 1) * size])
                yield
        self.finish()

    def estimate_returns(self) -> None:
        """Values, advantages and returns of the rollout."""
        self._estimate()

    def optimize(self, index: Tensor) -> None:
        """One optimizer step on the transitions ``index`` (int64) of the flattened rollout."""
        self._batch.copy_(index)
        self._optimize()
        self._updates += 1

    def finish(self) -> None:
        """Close the iteration: update the normalizers, count."""
        self.calibrate()
        self.iteration += 1

    def calibrate(self) -> None:
        """Take the rollout's observations into the normalizers."""
        self.network.policy_normalizer.update(self.rollout.policy)
        self.network.critic_normalizer.update(self.rollout.critic)

    def record(self) -> None:
        """Record the CUDA graphs now, so that the first iteration is as fast as the others."""
        for graph in self.graphs:
            graph.record()

    def read_metrics(self) -> dict[str, float]:
        """Mean of each metric over the optimizer steps since the last call; waits for the device once."""
        values = torch.cat([self.metrics / max(self._updates, 1), self.learning_rate.reshape(1),
                            self.network.log_std.exp().mean().reshape(1)]).tolist()  # fmt: skip
        self.metrics.zero_()
        self._updates = 0
        return dict(zip((*self.metric_names, "learning_rate", "action_std"), values, strict=True))

    # -- state ----------------------------------------------------------------------------------------------

    def state_dict(self) -> dict[str, Tensor]:
        """Everything a resumed run needs at an iteration boundary, as flat tensors."""
        state = {f"network.{name}": tensor for name, tensor in self.network.state_dict().items()}
        state.update({f"optimizer.{name}": tensor for name, tensor in self.optimizer.state_dict().items()})
        return {**state, "learning_rate": self.learning_rate, "iteration": self.iteration}

    @torch.no_grad()
    def load_state_dict(self, state: dict[str, Tensor]) -> None:
        """Take over what :meth:`state_dict` gave, keeping every buffer where it is."""
        mine = self.state_dict()
        if missing := sorted(mine.keys() ^ state.keys()):
            raise KeyError(f"learner state does not match: {', '.join(missing[:5])}")
        for name, tensor in mine.items():
            tensor.copy_(state[name])

    # -- the slices themselves ------------------------------------------------------------------------------

    @torch.no_grad()
    def _sample_action(self) -> None:
        net, rollout = self.network, self.rollout
        policy, critic = self._inputs["policy"], self._inputs["critic"]
        mean = net.mean(policy)
        step = self.iteration * rollout.steps + rollout.cursor
        noise = rng.normal(self._noise_key, [self._env_index, step], mean.shape[-1])
        self._action.copy_(mean + noise * net.log_std.exp())
        log_prob = net.log_prob(mean, self._action)
        rollout.put(policy=policy, critic=critic, action=self._action, mean=mean, log_prob=log_prob)

    @torch.no_grad()
    def _store_outcome(self) -> None:
        self.rollout.put(**{name: self._inputs[name] for name in _OUTCOME})
        self.rollout.advance()

    @torch.no_grad()
    def _estimate_returns(self) -> None:
        """Generalized advantage estimation (Schulman et al. 2016)."""
        r, config, net = self.rollout, self.config, self.network
        r.value.copy_(net.value(r.critic))
        following = net.value(r.final_critic) * (1.0 - r.terminated)
        going_on = 1.0 - torch.maximum(r.terminated, r.truncated)
        advantage = torch.zeros_like(r.value[0])
        for t in reversed(range(r.steps)):
            delta = r.reward[t] + config.discount * following[t] - r.value[t]
            advantage = delta + config.discount * config.gae_lambda * going_on[t] * advantage
            r.advantage[t] = advantage
        r.returns.copy_(r.advantage + r.value)
        r.advantage.copy_((r.advantage - r.advantage.mean()) / (r.advantage.std() + 1e-8))
        self._old_std.copy_(net.log_std.exp())

    def _step_minibatch(self) -> None:
        net, config = self.network, self.config
        batch = self._gather()
        mean, value = net.mean(batch.policy), net.value(batch.critic)
        ratio = torch.exp(net.log_prob(mean, batch.action) - batch.log_prob)
        clipped = ratio.clamp(1.0 - config.clip, 1.0 + config.clip)
        surrogate = torch.max(-batch.advantage * ratio, -batch.advantage * clipped).mean()
        value_loss = self._value_loss(value, batch.value, batch.returns)
        loss = surrogate + config.value * value_loss - config.entropy * net.entropy()
        self.optimizer.zero_grad()
        loss.backward()

        with torch.no_grad():
            kl = self._kl(mean[: batch.plain.numel()], batch.mean, batch.plain)
            self._adapt_rate(kl)
            norm = self._clip_gradients()
            skip = (~torch.isfinite(norm)).to(torch.float32)
            self.optimizer.step(skip)
            net.clamp_std()
            self.metrics += torch.nan_to_num(torch.stack([value_loss, surrogate, kl, norm, skip]), 0.0, 0.0, 0.0)

    def _gather(self) -> _Batch:
        """The minibatch, mirrored as the configuration says."""
        r = self.rollout
        columns = {name: getattr(r, name) for name in _LEARNED}
        drawn = {name: c.reshape(-1, *c.shape[2:])[self._batch] for name, c in columns.items()}
        plain = torch.ones_like(drawn["advantage"])
        if self.symmetry is not None:
            reflect = {"policy": self.symmetry.policy, "critic": self.symmetry.critic, "action": self.symmetry.action}
            if self.config.mirror == "double":
                for name in drawn.keys() - {"mean"}:
                    mirrored = reflect[name](drawn[name]) if name in reflect else drawn[name]
                    drawn[name] = torch.cat([drawn[name], mirrored])
            else:
                turned = (self._batch + self._epoch) % 2 == 1
                for name, mirror in reflect.items():
                    drawn[name] = torch.where(turned.unsqueeze(-1), mirror(drawn[name]), drawn[name])
                plain = 1.0 - turned.to(plain.dtype)
        return _Batch(plain=plain, **drawn)

    def _value_loss(self, value: Tensor, old: Tensor, returns: Tensor) -> Tensor:
        plain = (value - returns).square()
        if not self.config.clip_value_loss:
            return plain.mean()
        clipped = old + (value - old).clamp(-self.config.clip, self.config.clip)
        return torch.max(plain, (clipped - returns).square()).mean()

    def _kl(self, mean: Tensor, mean_old: Tensor, weight: Tensor) -> Tensor:
        """KL divergence of the old from the new Gaussian, averaged over the samples of ``weight`` 1."""
        std = self.network.log_std.exp()
        ratio = (self._old_std / std).square()
        kl = 0.5 * (ratio + ((mean - mean_old) / std).square() - 1.0 - torch.log(ratio)).sum(-1)
        return (kl * weight).sum() / weight.sum().clamp(min=1.0)

    def _adapt_rate(self, kl: Tensor) -> None:
        if not self.config.adapt_learning_rate:
            return
        rate, goal = self.learning_rate, self.config.desired_kl
        slower = torch.where(kl > 2.0 * goal, rate / _RATE_STEP, rate)
        faster = (kl < 0.5 * goal) & (kl > 0.0)
        rate.copy_(torch.where(faster, rate * _RATE_STEP, slower).clamp(_MIN_RATE, _MAX_RATE))

    def _clip_gradients(self) -> Tensor:
        """Clip actor and critic apart, as rsl_rl does; the norm of both before, not finite if a gradient is not."""
        limit, net = self.config.max_gradient_norm, self.network
        parts = (net.actor_parameters(), net.critic_parameters())
        return torch.stack([nn.utils.clip_grad_norm_(part, limit, foreach=True) for part in parts]).norm()

    def _trained_tensors(self) -> list[Tensor]:
        return [*self.state_dict().values(), self.metrics]
