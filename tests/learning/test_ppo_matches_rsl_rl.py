# SPDX-License-Identifier: Apache-2.0
"""Our PPO and rsl_rl's, fed the same rollout, make the same losses and weights."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from rsl_rl.algorithms import PPO as RslPPO
from rsl_rl.models import MLPModel
from rsl_rl.storage import RolloutStorage
from tensordict import TensorDict

from humanoid_brain.config.learner import PPOConfig
from humanoid_brain.learning.networks import ActorCritic
from humanoid_brain.learning.ppo import PPO, Mirror, Symmetry

ENVS, STEPS, POLICY, CRITIC, ACTIONS = 12, 5, 7, 9, 4
EPOCHS, BATCHES = 3, 2
# Two float32 implementations that sum in a different order part by a few units in the last place per
# optimizer step; six steps of Adam with gradients of order one stay well below this.
ROUNDING: dict[str, Any] = {"rtol": 2e-4, "atol": 2e-6}


def _reflect(size: int) -> Mirror:
    return Mirror(torch.arange(size).flip(0), torch.tensor([1.0, -1.0]).repeat(size)[:size])


def _symmetry() -> Symmetry:
    return Symmetry(_reflect(POLICY), _reflect(CRITIC), _reflect(ACTIONS))


def mirror_for_rsl(env: object, obs: TensorDict | None = None, actions: torch.Tensor | None = None):
    s = _symmetry()
    both = None
    if obs is not None:
        mirrored = TensorDict(
            {"policy": s.policy(obs["policy"]), "critic": s.critic(obs["critic"])}, batch_size=obs.batch_size
        )
        both = torch.cat([obs, mirrored])
    return both, None if actions is None else torch.cat([actions, s.action(actions)])


def _ours(config: PPOConfig, mirror: bool) -> PPO:
    network = ActorCritic(POLICY, CRITIC, ACTIONS, hidden=[16, 16], initial_std=0.7, std_range=(1e-3, 1e3), seed=3)
    return PPO(network, config, ENVS, symmetry=_symmetry() if mirror else None)


def _rsl(ours: PPO, config: PPOConfig, mirror: bool) -> RslPPO:
    groups = {"actor": ["policy"], "critic": ["critic"]}
    sample = TensorDict({"policy": torch.zeros(ENVS, POLICY), "critic": torch.zeros(ENVS, CRITIC)}, batch_size=[ENVS])
    gauss = {"class_name": "GaussianDistribution", "init_std": 0.7, "std_type": "log"}
    shape = {"hidden_dims": [16, 16], "activation": "elu", "obs_normalization": True}
    actor = MLPModel(sample, groups, "actor", ACTIONS, distribution_cfg=gauss, **shape)
    critic = MLPModel(sample, groups, "critic", 1, **shape)
    actor.mlp.load_state_dict(ours.network.actor.state_dict())
    critic.mlp.load_state_dict(ours.network.critic.state_dict())
    symmetry = None
    if mirror:
        symmetry = {"use_data_augmentation": True, "use_mirror_loss": False, "mirror_loss_coeff": 0.0,
                    "data_augmentation_func": mirror_for_rsl, "env": None}  # fmt: skip
    return RslPPO(
        actor, critic, RolloutStorage("rl", ENVS, STEPS, sample, [ACTIONS]),
        num_learning_epochs=EPOCHS, num_mini_batches=BATCHES, clip_param=config.clip, gamma=config.discount,
        lam=config.gae_lambda, value_loss_coef=config.value, entropy_coef=config.entropy,
        learning_rate=config.learning_rate, max_grad_norm=config.max_gradient_norm,
        use_clipped_value_loss=config.clip_value_loss, desired_kl=config.desired_kl, symmetry_cfg=symmetry,
    )  # fmt: skip


def _fill_both(ours: PPO, theirs: RslPPO) -> TensorDict:
    generator = torch.Generator().manual_seed(1)

    def draw(*shape: int) -> torch.Tensor:
        return torch.randn(*shape, generator=generator)

    observation = TensorDict({"policy": draw(ENVS, POLICY), "critic": draw(ENVS, CRITIC)}, batch_size=[ENVS])
    for t in range(STEPS):
        action = ours.act(observation["policy"], observation["critic"])
        theirs.act(observation)
        theirs.transition.actions = action
        theirs.transition.actions_log_prob = theirs.actor.get_output_log_prob(action).detach()
        following = TensorDict({"policy": draw(ENVS, POLICY), "critic": draw(ENVS, CRITIC)}, batch_size=[ENVS])
        reward = draw(ENVS)
        terminated = (torch.arange(ENVS) + t) % 5 == 0
        truncated = ((torch.arange(ENVS) + t) % 7 == 0) & ~terminated
        final = draw(ENVS, CRITIC)
        ended = terminated | truncated
        final = torch.where(ended.unsqueeze(-1), final, following["critic"])
        ours.observe(reward, terminated, truncated, final)
        # rsl_rl bootstraps from the value before the step; give it the final observation's value instead.
        bootstrap = ours.config.discount * ours.network.value(final).detach() * truncated
        theirs.process_env_step(following, reward + bootstrap, ended.long(), {})
        observation = following
    return observation


@pytest.mark.parametrize("mirror", [False, True])
@pytest.mark.parametrize("clip_value_loss", [False, True])
@pytest.mark.parametrize("desired_kl", [1e-4, 0.01, 0.5])
def test_same_rollout_gives_same_losses_and_weights(
    monkeypatch: pytest.MonkeyPatch, mirror: bool, clip_value_loss: bool, desired_kl: float
) -> None:
    config = PPOConfig(steps=STEPS, epochs=EPOCHS, minibatches=BATCHES, learning_rate=2e-3, entropy=0.01,
                       clip_value_loss=clip_value_loss, desired_kl=desired_kl,
                       mirror="double" if mirror else "off")  # fmt: skip
    ours = _ours(config, mirror)
    theirs = _rsl(ours, config, mirror)
    last = _fill_both(ours, theirs)

    order = torch.randperm(ENVS * STEPS, generator=torch.Generator().manual_seed(5))
    monkeypatch.setattr(torch, "randperm", lambda *_, **__: order)
    theirs.compute_returns(last)
    losses = theirs.update()

    ours.estimate_returns()
    size = ENVS * STEPS // BATCHES
    for _ in range(EPOCHS):
        for part in range(BATCHES):
            ours.optimize(order[part * size : (part + 1) * size])
    ours.finish()
    metrics = ours.read_metrics()

    assert metrics["value_loss"] == pytest.approx(losses["value"], rel=1e-4)
    assert metrics["surrogate_loss"] == pytest.approx(losses["surrogate"], rel=1e-3, abs=1e-5)
    assert metrics["learning_rate"] == pytest.approx(theirs.learning_rate, rel=1e-6)
    for mine, other in zip(ours.network.actor.parameters(), theirs.actor.mlp.parameters(), strict=True):
        torch.testing.assert_close(mine, other, **ROUNDING)
    for mine, other in zip(ours.network.critic.parameters(), theirs.critic.mlp.parameters(), strict=True):
        torch.testing.assert_close(mine, other, **ROUNDING)
    assert theirs.actor.distribution is not None
    torch.testing.assert_close(ours.network.log_std, theirs.actor.distribution.log_std_param, **ROUNDING)
    torch.testing.assert_close(
        ours.network.policy_normalizer.mean, theirs.actor.obs_normalizer.mean, rtol=1e-5, atol=1e-6
    )
    torch.testing.assert_close(
        ours.network.critic_normalizer.variance.sqrt(), theirs.critic.obs_normalizer.std, rtol=1e-5, atol=1e-6
    )
