# SPDX-License-Identifier: Apache-2.0
"""The environment on real physics: conventions, determinism, resets, quarantine."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch

from humanoid_brain.config.base import load
from humanoid_brain.config.training import TrainingConfig
from humanoid_brain.learning.assembly import make_env
from humanoid_brain.learning.env import HumanoidEnv
from humanoid_brain.learning.terms.rewards import reward
from humanoid_brain.paths import config as presets

ENVS = 8


def small_config(envs: int = ENVS) -> TrainingConfig:
    config = load(TrainingConfig, presets() / "training" / "walk_cpu.yaml")
    config.scene.num_envs = envs
    return config


@pytest.fixture(scope="module")
def env() -> Iterator[HumanoidEnv]:
    env = make_env(small_config())
    yield env
    env.simulation.close()


def actions(env: HumanoidEnv, steps: int, seed: int = 0, scale: float = 0.6) -> list[torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return [scale * torch.randn(env.num_envs, env.num_actions, generator=generator) for _ in range(steps)]


def roll(env: HumanoidEnv, steps: int, seed: int = 0) -> list[torch.Tensor]:
    """Everything a learner sees over some steps."""
    seen = []
    for action in actions(env, steps, seed):
        observations, reward, terminated, truncated, extras = env.step(action)
        parts = [*observations.values(), *extras["final_obs"].values(), reward, terminated, truncated]
        seen.append(torch.cat([part.reshape(env.num_envs, -1).to(torch.float32) for part in parts], -1))
    return seen


def test_shapes_and_kinds(env: HumanoidEnv) -> None:
    observations, _ = env.reset()
    assert observations["policy"].shape == (ENVS, 14 + 3 * 23)
    assert observations["critic"].shape == (ENVS, 14 + 3 * 23 + 9)
    _, reward, terminated, truncated, extras = env.step(torch.zeros(ENVS, 23))
    assert reward.shape == terminated.shape == truncated.shape == (ENVS,)
    assert terminated.dtype is truncated.dtype is torch.bool
    assert extras["final_obs"]["critic"].shape == observations["critic"].shape


def test_a_state_that_is_not_finite_or_far_from_any_that_can_be_is_cleared(env: HumanoidEnv) -> None:
    env.reset()
    state = env.state
    state.root_velocity[1], state.foot_force[2, 0, 0], state.joint_position[4, 3] = 1e25, float("nan"), -float("inf")
    kept = state.root_orientation.clone()
    assert env._quarantine().nonzero()[:, 0].tolist() == [1, 2, 4]
    assert not any(tensor[[1, 2, 4]].any() for tensor in (state.root_velocity, state.foot_force, state.joint_position))
    rest = [0, 3, 5, 6, 7]
    assert torch.equal(state.root_orientation[rest], kept[rest]) and kept[rest].any()
    env.reset()


def test_robots_fall_are_reset_in_the_same_step_and_the_final_observation_is_kept(env: HumanoidEnv) -> None:
    env.reset()
    falls = 0
    for action in actions(env, 200):
        before = env.state.reset_count.clone()
        _, _, terminated, truncated, extras = env.step(action)
        assert not truncated.any()
        assert torch.equal(env.state.reset_count - before, terminated.to(torch.int64))
        rows = terminated.nonzero()[:, 0].tolist()
        for row in rows:
            falls += 1
            assert env.state.episode_step[row] == 0
            # The last look before the reset shows a robot that lies or leans, the next one a robot that stands.
            gravity = slice(6, 9)
            assert extras["final_obs"]["critic"][row, gravity][2] > -0.7 or env.cause[row] == 1
            torch.testing.assert_close(env.observations["critic"][row, gravity], torch.tensor([0.0, 0.0, -1.0]))
        going = ~terminated
        assert torch.equal(env.observations["critic"][going], extras["final_obs"]["critic"][going])
    assert falls > ENVS


def test_time_truncates_and_does_not_terminate(env: HumanoidEnv) -> None:
    env.reset()
    env.state.episode_step.fill_(env.max_episode_length - 1)
    _, _, terminated, truncated, _ = env.step(torch.zeros(ENVS, 23))
    assert truncated.all() and not terminated.any()
    assert (env.state.episode_step == 0).all()


def test_episodes_are_counted_with_their_cause(env: HumanoidEnv) -> None:
    env.reset()
    total = torch.zeros(ENVS)
    sums = []
    for action in actions(env, 150):
        _, reward, terminated, truncated, _ = env.step(action)
        total += reward
        for row in (terminated | truncated).nonzero()[:, 0].tolist():
            sums.append((row, float(total[row])))
            total[row] = 0.0
    listed = env.episodes.read()
    assert [(e.env, pytest.approx(e.reward, abs=1e-4)) for e in listed] == sums
    assert {env.failures.causes[e.cause] for e in listed} <= {"too_low", "tilted"}


def test_same_seed_same_run_and_another_seed_another_run(env: HumanoidEnv) -> None:
    env.reset(seed=5)
    first = roll(env, 60)
    env.reset(seed=5)
    again = roll(env, 60)
    env.reset(seed=6)
    other = roll(env, 60)
    assert all(torch.equal(a, b) for a, b in zip(first, again, strict=True))
    assert not torch.equal(first[0], other[0])


def test_following_moves_the_robots_as_a_step_does_until_one_fails(env: HumanoidEnv) -> None:
    taken = actions(env, 40, scale=0.1)  # more than the noise of following is drawn for at once
    env.reset(seed=4)
    stepped = [{name: value.clone() for name, value in env.step(action)[0].items()} for action in taken]
    assert not env.failed().any()
    places = env.state.root_position.clone()
    for group in ("policy", "critic"):  # the critic sees the feet, the policy does not
        env.reset(seed=4)
        followed = [env.follow(action, group).clone() for action in taken]
        assert all(torch.equal(one[group], other) for one, other in zip(stepped, followed, strict=True))
        assert torch.equal(env.state.root_position, places)
    env.state.root_position[1, 2] = 0.2
    env.state.root_position[2, 0] = float("nan")
    assert env.failed().nonzero().flatten().tolist() == [1, 2]
    env.reset(seed=0)


def test_a_saved_state_goes_on_bit_for_bit(env: HumanoidEnv) -> None:
    env.reset(seed=1)
    roll(env, 45, seed=3)
    # What a checkpoint holds is what the run itself goes on from: both write it into the physics.
    env.write_state()
    saved = {name: tensor.clone() for name, tensor in env.state_dict().items()}
    first = roll(env, 60, seed=4)
    roll(env, 30, seed=9)
    env.load_state_dict(saved)
    again = roll(env, 60, seed=4)
    assert all(torch.equal(a, b) for a, b in zip(first, again, strict=True))


def test_an_environment_that_breaks_is_reset_and_counted_and_others_do_not_notice(env: HumanoidEnv) -> None:
    env.reset(seed=2)
    roll(env, 5)
    saved = {name: tensor.clone() for name, tensor in env.state_dict().items()}
    env.load_state_dict(saved)
    clean = roll(env, 10, seed=8)
    env.load_state_dict(saved)
    env.broken_steps.zero_()
    env.state.joint_position[3, 2] = float("nan")
    env.write_state()
    hurt = roll(env, 10, seed=8)
    assert env.broken_steps.tolist() == [0, 0, 0, 1, 0, 0, 0, 0]
    assert env.failures.causes[-1] == "non_finite"
    others = [row for row in range(ENVS) if row != 3]
    for a, b in zip(clean, hurt, strict=True):
        assert torch.isfinite(b).all()
        assert torch.equal(a[others], b[others])


def test_actions_that_are_not_finite_or_too_large_are_tamed(env: HumanoidEnv) -> None:
    env.reset()
    action = torch.zeros(ENVS, 23)
    action[0, 0], action[1, 1], action[2, 2] = float("nan"), float("inf"), 1e9
    env.step(action)
    assert env.state.action.abs().max() <= env.config.action.clip
    assert env.state.action[0, 0] == 0.0


def test_standing_commands_need_no_motion(env: HumanoidEnv) -> None:
    env.reset()
    env.state.command.zero_()
    env.step(torch.zeros(ENVS, 23))
    clock = slice(12, 14)
    assert torch.equal(env.observations["critic"][:, clock], torch.zeros(ENVS, 2))
    assert (env.state.joint_target == env.state.tensors.nominal).all()


def test_the_gait_clock_lifts_the_swinging_foot_by_itself(env: HumanoidEnv) -> None:
    env.reset()
    env.state.command[:] = torch.tensor([0.5, 0.0, 0.0])
    gait = env.config.gait
    env.state.gait_phase.fill_((gait.stance + 1.0) / 2 - env.control_dt / gait.cycle)
    env.step(torch.zeros(ENVS, 23))
    offset = env.state.joint_target[0] - env.state.tensors.nominal
    moved = {name: round(float(o), 3) for name, o in zip(env.state.robot.dof_names, offset, strict=True) if o != 0}
    lift = gait.lift
    assert moved == {
        "left_hip_pitch_joint": -lift, "left_knee_joint": 2 * lift, "left_ankle_pitch_joint": -lift
    }  # fmt: skip


def test_weight_is_on_the_feet(env: HumanoidEnv) -> None:
    env.reset()
    env.state.command.zero_()
    for _ in range(15):
        env.step(torch.zeros(ENVS, 23))
    # 55 kg at rest; half a second after being put down the robots still sway.
    mean = float(env.state.foot_force[..., 2].sum(1).mean())
    assert mean == pytest.approx(55.0 * 9.81, rel=0.15)
    assert env.state.contact.float().mean() > 0.8


def test_pushes_change_the_velocity_of_a_few_robots() -> None:
    config = small_config(64)
    config.task.push.speed, config.task.push.interval = 0.5, 0.5
    env = make_env(config)
    try:
        env.reset()
        hits = 0
        for _ in range(20):
            env.step(torch.zeros(64, 23))
            written = env._written_rows & ~(env.terminated | env.truncated)
            hits += int(written.sum())
        # 64 robots for 0.4 s at a mean interval of 0.5 s: 51 expected, Poisson with a deviation of 7.
        assert 25 < hits < 80
    finally:
        env.simulation.close()


def test_torque_actions_drive_the_joints() -> None:
    config = small_config(2)
    config.task.action.kind = "torque"
    env = make_env(config)
    try:
        env.reset()
        kps, kds = env.simulation.robots.get_gains()
        assert float(kps.abs().max()) == float(kds.abs().max()) == 0.0
        action = torch.zeros(2, 23)
        knee = env.state.robot.dof_names.index("left_knee_joint")
        action[0, knee] = 1.0
        for _ in range(5):
            env.step(action)
        bent = env.state.joint_position[:, knee]
        assert bent[0] > bent[1] + 0.1
        limit = env.state.tensors.effort_limit[knee]
        assert env.state.joint_target[0, knee] == config.task.action.torque_scale * limit
    finally:
        env.simulation.close()


def test_targets_lead_the_robot_there() -> None:
    config = load(TrainingConfig, presets() / "training" / "reach.yaml")
    config.scene.num_envs, config.device = 4, "cpu"
    env = make_env(config)
    try:
        env.reset(seed=3)
        distance = (env.state.target - env.state.root_position[:, :2]).norm(dim=-1)
        low, high = config.task.command.distance  # type: ignore[union-attr]
        assert ((distance >= low - 1e-3) & (distance <= high + 1e-3)).all()
        state = env.state
        assert not state.reached.any()
        state.target.copy_(
            state.root_position[:, :2] + 2.0 * torch.stack([torch.cos(state.yaw), torch.sin(state.yaw)], -1)
        )
        env._command.update(state)
        torch.testing.assert_close(state.command, torch.tensor([[0.8, 0.0, 0.0]]).expand(4, 3), rtol=0.0, atol=1e-4)
        facing = reward.functions["target_facing"]
        torch.testing.assert_close(facing(state.derive() or state, radius=0.25), torch.ones(4), rtol=0.0, atol=1e-4)
        state.target.copy_(2.0 * state.root_position[:, :2] - state.target)  # behind it now
        env._command.update(state)
        assert (state.command[:, 0] == 0.0).all() and torch.allclose(state.command[:, 2].abs(), torch.tensor(0.6))
        torch.testing.assert_close(facing(state.derive() or state, radius=0.25), -torch.ones(4), rtol=0.0, atol=1e-4)
        assert not state.reached.any()
        state.target.copy_(state.root_position[:, :2])
        env._command.update(state)
        assert torch.equal(state.command, torch.zeros(4, 3)) and state.reached.all()
        assert torch.equal(facing(state.derive() or state, radius=0.25), torch.ones(4))
        env.restart(torch.tensor([True, False, False, True]))
        assert state.reached.tolist() == [False, True, True, False]
    finally:
        env.simulation.close()
