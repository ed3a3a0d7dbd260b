# SPDX-License-Identifier: Apache-2.0
"""Learning from mirrored samples in alternate epochs."""

from __future__ import annotations

from collections import deque

import torch

from humanoid_brain.config.learner import PPOConfig
from humanoid_brain.learning.networks import ActorCritic
from humanoid_brain.learning.ppo import PPO, Mirror, Symmetry

ENVS, STEPS, POLICY, CRITIC, ACTIONS = 4, 3, 5, 7, 3  # odd sizes: reflecting twice gives the same again
EVERY_SAMPLE = torch.arange(ENVS * STEPS)


def _reflection(size: int) -> Mirror:
    return Mirror(torch.arange(size).flip(0), torch.tensor([1.0, -1.0]).repeat(size)[:size])


SYMMETRY = Symmetry(_reflection(POLICY), _reflection(CRITIC), _reflection(ACTIONS))


def _learner(mirror: str) -> PPO:
    config = PPOConfig.model_validate(
        {"steps": STEPS, "epochs": 2, "minibatches": 1, "mirror": mirror, "adapt_learning_rate": False}
    )
    network = ActorCritic(POLICY, CRITIC, ACTIONS, hidden=[8], initial_std=0.7, std_range=(1e-3, 1e3), seed=3)
    learner = PPO(network, config, ENVS, symmetry=None if mirror == "off" else SYMMETRY)
    generator = torch.Generator().manual_seed(2)
    rollout = learner.rollout
    for tensor in (rollout.policy, rollout.critic, rollout.action, rollout.mean, rollout.reward):
        tensor.copy_(torch.randn(tensor.shape, generator=generator))
    rollout.log_prob.fill_(-2.0)
    learner.estimate_returns()
    return learner


def _turn(learner: PPO, samples: torch.Tensor) -> None:
    """Replace some samples of the rollout by their mirror images."""
    chosen = samples.reshape(STEPS, ENVS, 1)
    for name in ("policy", "critic", "action"):
        tensor = getattr(learner.rollout, name)
        tensor.copy_(torch.where(chosen, getattr(SYMMETRY, name)(tensor), tensor))


def _weights(learner: PPO) -> dict[str, torch.Tensor]:
    return {name: tensor.clone() for name, tensor in learner.network.state_dict().items()}


def test_every_epoch_mirrors_half_of_the_samples_and_the_next_one_the_other_half() -> None:
    alternate, by_hand = _learner("alternate"), _learner("off")
    half = EVERY_SAMPLE % 2 == 1
    epochs = alternate.update()

    next(epochs)  # the returns
    next(epochs)
    _turn(by_hand, half)
    by_hand.optimize(EVERY_SAMPLE)
    # Sums in another order: the epoch is shuffled, the batch by hand is not.
    torch.testing.assert_close(_weights(alternate), _weights(by_hand), rtol=1e-4, atol=1e-6)

    next(epochs)
    everything = torch.ones_like(half)
    _turn(by_hand, everything)
    by_hand.optimize(EVERY_SAMPLE)
    torch.testing.assert_close(_weights(alternate), _weights(by_hand), rtol=1e-4, atol=1e-6)


def test_plain_learning_differs() -> None:
    alternate, plain = _learner("alternate"), _learner("off")
    for learner in (alternate, plain):
        deque(learner.update(), maxlen=0)
    assert not torch.allclose(_weights(alternate)["actor.0.weight"], _weights(plain)["actor.0.weight"], atol=1e-5)
