# SPDX-License-Identifier: Apache-2.0
"""Terms: their values, their symmetries, and the errors that name them."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch

from humanoid_brain.config.base import load
from humanoid_brain.config.task import ObservationGroup, ObservationTerm, RewardTerm, TerminationTerm
from humanoid_brain.config.training import TrainingConfig
from humanoid_brain.errors import TermError
from humanoid_brain.learning.state import State
from humanoid_brain.learning.terms.managers import Failures, ObservationVector, RewardSum
from humanoid_brain.learning.terms.observations import REFLECTIONS, observation
from humanoid_brain.learning.terms.rewards import reward
from humanoid_brain.learning.terms.terminations import termination
from humanoid_brain.paths import config as presets
from tests.learning.conftest import DT, ENVS, quarter_turn, reflect

PARAMS: dict[str, dict[str, float]] = {
    "track_linear_velocity": {"std": 0.5}, "track_yaw_velocity": {"std": 0.5}, "feet_phase": {"std": 0.05},
    "air_time": {"threshold": 0.3}, "foot_distance": {"low": 0.17, "high": 0.28}, "target_distance": {"std": 1.0},
    "joint_deviation": {"arm_swing": 0.35}, "target_facing": {"radius": 0.25},
}  # fmt: skip
# float32 sums over some twenty joints of values around one.
CLOSE: dict[str, Any] = {"rtol": 1e-4, "atol": 1e-5}


def _value(name: str, state: State) -> torch.Tensor:
    joints = {group: 0.5 + 0.1 * i for i, group in enumerate(dict.fromkeys(state.robot.groups))}
    weights = joints if reward.takes_joints(name) else {}
    term = RewardTerm(weight=1.0, params=PARAMS.get(name, {}), joints=weights)
    return RewardSum({name: term}, state)(state) / DT


@pytest.mark.parametrize("name", sorted(reward.functions))
def test_rewards_do_not_know_left_from_right(name: str, moving_state: State) -> None:
    before = _value(name, moving_state)
    reflect(moving_state)
    torch.testing.assert_close(_value(name, moving_state), before, **CLOSE)


@pytest.mark.parametrize("name", sorted(reward.functions))
def test_rewards_do_not_depend_on_the_compass(name: str, moving_state: State) -> None:
    before = _value(name, moving_state)
    quarter_turn(moving_state)
    torch.testing.assert_close(_value(name, moving_state), before, **CLOSE)


@pytest.mark.parametrize("name", sorted(observation.functions))
def test_observations_reflect_as_they_declare(name: str, moving_state: State) -> None:
    index, sign = REFLECTIONS[name].of(moving_state)
    expected = observation.functions[name](moving_state)[:, index] * sign
    reflect(moving_state)
    torch.testing.assert_close(observation.functions[name](moving_state), expected, **CLOSE)


@pytest.mark.parametrize("name", sorted(set(observation.functions)))
def test_observations_do_not_depend_on_the_compass(name: str, moving_state: State) -> None:
    before = observation.functions[name](moving_state)
    quarter_turn(moving_state)
    torch.testing.assert_close(observation.functions[name](moving_state), before, **CLOSE)


def test_a_robot_that_stands_as_told_earns_all_and_pays_nothing(state: State) -> None:
    full = ("track_linear_velocity", "track_yaw_velocity", "alive", "feet_phase", "foot_contact")
    for name in full:
        torch.testing.assert_close(_value(name, state), torch.ones(ENVS), **CLOSE)
    free = ("upright", "base_height", "angular_velocity_xy", "vertical_velocity", "foot_slip", "foot_flat",
            "foot_distance", "joint_deviation", "action_rate", "joint_acceleration", "joint_limits", "stand_still",
            "fall", "air_time")  # fmt: skip
    for name in free:
        torch.testing.assert_close(_value(name, state), torch.zeros(ENVS), **CLOSE)


def test_velocity_tracking_measures_the_error_in_the_heading_frame(state: State) -> None:
    quarter_turn(state)
    state.command[:, 0] = 0.6
    state.root_velocity[:, 1] = 0.6  # the robot faces +y now
    state.derive()
    torch.testing.assert_close(_value("track_linear_velocity", state), torch.ones(ENVS), **CLOSE)
    state.root_velocity[:, 1] = 0.1
    state.derive()
    expected = torch.full((ENVS,), math.exp(-(0.5**2) / 0.5**2))
    torch.testing.assert_close(_value("track_linear_velocity", state), expected, **CLOSE)


def test_the_gait_clock_wants_the_swinging_foot_up(state: State) -> None:
    state.command[:, 0] = 0.5
    middle = (state.gait.stance + 1.0) / 2
    state.gait_phase.fill_(middle)
    state.derive()
    expected = torch.tensor([state.gait.swing_height, 0.0]).expand(ENVS, 2)
    torch.testing.assert_close(state.sole_reference, expected, rtol=0.0, atol=1e-4)
    assert state.wants_contact[0].tolist() == [False, True]
    # Both feet are down: one of two is right.
    torch.testing.assert_close(_value("foot_contact", state), torch.full((ENVS,), 0.5))


def test_action_rate_is_measured_in_target_angles(state: State) -> None:
    state.action[:, 0] = 2.0
    step = float(state.tensors.action_scale[0]) * 2.0
    torch.testing.assert_close(_value("action_rate", state), torch.full((ENVS,), 1.5 * step**2), **CLOSE)


def test_air_time_pays_when_a_foot_lands(state: State) -> None:
    state.command[:, 0] = 0.5
    state.air_time[:, 1] = 0.5
    state.derive()
    torch.testing.assert_close(_value("air_time", state), torch.full((ENVS,), 0.2), **CLOSE)


def test_failures_name_the_first_cause(state: State) -> None:
    terms = {"too_low": TerminationTerm(params={"height": 0.6}), "tilted": TerminationTerm(params={"angle": 0.873})}
    failures = Failures(terms, state)
    state.root_position[1, 2] = 0.5
    state.root_orientation[2] = torch.tensor([math.cos(0.45), math.sin(0.45), 0.0, 0.0])  # 0.9 rad of roll
    state.root_position[3, 2] = 0.5
    state.root_orientation[3] = state.root_orientation[2]
    state.derive()
    broken = torch.zeros(ENVS, dtype=torch.bool)
    broken[4] = True
    causes = [failures.causes[i] for i in failures(state, broken).tolist()]
    assert causes == ["time_out", "too_low", "tilted", "too_low", "non_finite", "time_out"]


def test_history_stacks_oldest_first_and_starts_full(state: State) -> None:
    group = ObservationGroup(terms={"base_height": ObservationTerm()}, history=3)
    vector = ObservationVector("policy", group, state, seed=0)
    fresh = torch.ones(ENVS, dtype=torch.bool)
    first = vector.stacked(torch.full((ENVS, 1), 1.0), torch.zeros(ENVS, 3), fresh)
    assert first[0].tolist() == [1.0, 1.0, 1.0]
    second = vector.stacked(torch.full((ENVS, 1), 2.0), first, ~fresh)
    assert second[0].tolist() == [1.0, 1.0, 2.0]
    assert vector.size == 3 and vector.reflection[0].tolist() == [0, 1, 2]


def test_noise_is_uniform_and_has_an_address(state: State) -> None:
    group = ObservationGroup(terms={"linear_velocity": ObservationTerm(noise=0.1, scale=2.0)})
    vector = ObservationVector("policy", group, state, seed=3)
    first = vector.now(state)
    assert torch.equal(first, vector.now(state))
    draws = []
    for step in range(400):
        state.episode_step.fill_(step)
        state.readdress()
        draws.append(vector.now(state))
    sample = torch.stack(draws)
    assert float(sample.abs().max()) <= 0.2
    # 7200 uniform draws of half width 0.2: the standard deviation is 0.2 / sqrt(3) within a few percent.
    assert float(sample.std()) == pytest.approx(0.2 / math.sqrt(3), rel=0.03)


@pytest.mark.parametrize(
    ("terms", "message"),
    [
        ({"sped": RewardTerm(weight=1.0)}, r"rewards.sped: there is no reward term 'sped'.*alive"),
        ({"a": RewardTerm(term="alive", weight=1.0, params={"std": 1.0})}, r"rewards.a: unknown parameter 'std'"),
        ({"b": RewardTerm(term="feet_phase", weight=1.0)}, r"rewards.b: parameter 'std' is missing"),
        ({"c": RewardTerm(term="joint_deviation", weight=1.0, joints={"tail": 1.0})}, "c.joints: .*joint group .tail."),
        ({"d": RewardTerm(term="alive", weight=1.0, joints={"knee": 1.0})}, r"d.joints: .*takes no joint weights"),
    ],
)  # fmt: skip
def test_wrong_reward_terms_are_refused_by_name(state: State, terms: dict[str, RewardTerm], message: str) -> None:
    with pytest.raises(TermError, match=message):
        RewardSum(terms, state)


def test_wrong_shapes_are_refused_by_name(state: State, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(reward.functions, "alive", lambda s: s.joint_velocity)
    with pytest.raises(TermError, match=r"rewards.alive: .*shape \(6, 23\) instead of \(6,\)"):
        RewardSum({"alive": RewardTerm(weight=1.0)}, state)(state)
    monkeypatch.setitem(termination.functions, "tilted", lambda s, *, angle: s.gravity)
    failures = Failures({"tilted": TerminationTerm(params={"angle": 1.0})}, state)
    with pytest.raises(TermError, match=r"terminations.tilted: .*shape"):
        failures(state, torch.zeros(ENVS, dtype=torch.bool))
    monkeypatch.setitem(observation.functions, "command", lambda s: s.command[:3])
    group = ObservationGroup(terms={"command": ObservationTerm()})
    with pytest.raises(TermError, match=r"observations.policy.command: .*shape"):
        ObservationVector("policy", group, state, seed=0)


def test_a_reward_that_is_not_finite_counts_as_zero_and_is_noted(state: State, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(s: State) -> torch.Tensor:
        value = torch.ones(ENVS)
        value[2] = math.nan
        return value

    monkeypatch.setitem(reward.functions, "alive", broken)
    rewards = RewardSum({"alive": RewardTerm(weight=1.0)}, state)
    assert (rewards(state) / DT).tolist() == pytest.approx([1.0, 1.0, 0.0, 1.0, 1.0, 1.0])
    assert rewards.broken.tolist() == [1]


@pytest.mark.parametrize("path", sorted((presets() / "training").glob("*.yaml")), ids=lambda p: p.stem)
def test_presets_resolve(path, state: State) -> None:
    config = load(TrainingConfig, path)
    RewardSum(config.task.rewards, state)(state)
    Failures(config.task.terminations, state)
    for name, group in config.task.observations.items():
        assert ObservationVector(name, group, state, seed=0).now(state).isfinite().all()
