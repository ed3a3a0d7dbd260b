# SPDX-License-Identifier: Apache-2.0
"""The vectorised environment: many humanoids side by side, over the host's World and views.

It keeps to Isaac Lab's convention: a dict of observation groups, ``terminated`` apart from ``truncated``,
environments reset in the step that ends them, the final observation kept in ``extras["final_obs"]``.
Between two calls into the physics everything is tensor work of fixed shape without waiting for the device,
recorded as a CUDA graph on a GPU.
"""

from __future__ import annotations

import math
from collections.abc import Generator
from typing import Any

import torch
from torch import Tensor

from humanoid_brain import rng
from humanoid_brain.config.base import LARGEST
from humanoid_brain.config.task import TaskConfig
from humanoid_brain.learning import rotations
from humanoid_brain.learning.episodes import EpisodeRing
from humanoid_brain.learning.graphs import Captured
from humanoid_brain.learning.simulation import Simulation
from humanoid_brain.learning.state import Derived, State, rows_like
from humanoid_brain.learning.terms.commands import make_command
from humanoid_brain.learning.terms.managers import Failures, ObservationVector, RewardSum, joint_weights
from humanoid_brain.learning.terms.noise import NoiseAhead

Observations = dict[str, Tensor]
Outcome = tuple[Observations, Tensor, Tensor, Tensor, dict[str, Any]]
"""What a step returns: observations, reward, terminated, truncated, extras."""


class HumanoidEnv:
    """N humanoids that all do one task.

    Args:
        simulation: World and views, already reset.
        config: The task.
        seed: Seed of every random draw of the environment.

    The returned tensors are buffers that the next step overwrites: clone what must last.
    """

    def __init__(self, simulation: Simulation, config: TaskConfig, *, seed: int = 0) -> None:
        self.simulation, self.config, self.seed = simulation, config, seed
        self.num_envs, self.device = simulation.num_envs, simulation.device
        self.control_dt = simulation.physics_dt * config.decimation
        self.max_episode_length = math.ceil(config.episode / self.control_dt - 1e-6)
        self.state = State(simulation.robot, simulation.tensors, config.gait, self.num_envs, self.control_dt)
        self.num_actions = simulation.tensors.nominal.numel()
        self.pushes = config.push.speed > 0
        """Whether robots are pushed; may be switched off, for example to evaluate. Takes effect on :meth:`reset`."""
        simulation.configure_drives(config.action.kind)
        self._may_branch = self.device.type != "cuda"
        self._allocate()
        self._build_terms()
        self._reseed()

    # -- the interface learners use -------------------------------------------------------------------------

    @property
    def episode_length_buf(self) -> Tensor:
        """Policy steps since each environment's last reset, (N,) int64."""
        return self.state.episode_step

    def reset(self, seed: int | None = None, *, spread: bool = False) -> tuple[Observations, dict[str, Any]]:
        """Begin a new episode everywhere.

        Args:
            seed: New seed; None keeps the present one.
            spread: Let the episodes start at random ages, so that they do not all end by time at once.

        Returns:
            Observations and an empty dict.
        """
        if seed is not None:
            self.seed = seed
        self._reseed()
        state = self.state
        state.reset_count.zero_()
        state.fresh.fill_(False)
        state.command.zero_()
        self._begin_episodes(self.all_rows)
        if spread:
            age = rng.uniform(rng.stream(self.seed, "age"), [state.env_index], 1, 0.0, self.max_episode_length)
            state.episode_step.copy_(age[:, 0].to(torch.int64))
        self.episodes.reward.zero_()
        self.episodes.forget()
        self.write_state()
        return self.observations, {}

    def restart(self, rows: Tensor) -> None:
        """Begin a new episode in the environments of ``rows`` (N,) bool, while the others go on."""
        self.state.fresh.fill_(False)
        self._begin_episodes(rows)
        self.write_state(rows)

    def _begin_episodes(self, rows: Tensor) -> None:
        self._reset_rows.copy_(rows)
        self._reset_state()
        self._observe_reset()

    def step(self, action: Tensor) -> Outcome:
        """Apply ``action`` (N, num_actions) for one policy step.

        Returns:
            Observations after the step (of the new episode where one ended), reward (N,), terminated (N,) bool,
            truncated (N,) bool, and extras with ``final_obs``: the observations before any reset.
        """
        self._begin(action)
        self.simulation.advance(self.state, self.config.decimation, self.config.action.kind)
        return self._outcome()

    def stepping(self, action: Tensor) -> Generator[None, None, Outcome]:
        """As :meth:`step`, in slices of one physics step."""
        self._begin(action)
        yield from self.simulation.advancing(self.state, self.config.decimation, self.config.action.kind)
        return self._outcome()

    def _begin(self, action: Tensor) -> None:
        self._action_input.copy_(action)
        self._noise_ahead = NoiseAhead()
        self._before()

    def _outcome(self) -> Outcome:
        """From the state that the physics reported to what a step returns."""
        self._after()
        self.simulation.write_rows(self.state, self._written_rows, at_rest=not self.pushes)
        return self.observations, self.reward, self.terminated, self.truncated, {"final_obs": self.final_observations}

    @torch.inference_mode()
    def follow(self, action: Tensor, group: str = "policy") -> Tensor:
        """Apply ``action`` (N, num_actions) for one policy step and return one group of observations, (N, size).

        No rewards, pushes, new commands or ends of episodes: for whoever only wants the robots to move. What no term
        of the group and no failure condition looks at is not computed, nor read from the physics.
        """
        self._action_input.copy_(action)
        self._before()
        state, vector, observed = self.state, self.groups[group], self.observations[group]
        if group not in self._asks_links:
            self._asks_links[group] = self._looks_at_links(vector)
        self.simulation.advance(state, self.config.decimation, self.config.action.kind, links=self._asks_links[group])
        state.fresh.fill_(False)
        state.episode_step += 1
        self._tick_gait()
        self._command.update(state)
        noise = self._noise_ahead.of(group, vector, state)
        return observed.copy_(vector.stacked(vector.now(self._derived.renew(), noise), observed, state.fresh))

    @torch.inference_mode()
    def failed(self) -> Tensor:
        """Whether each environment's episode would end in failure now, (N,) bool; for use with :meth:`follow`."""
        state = self.state
        broken = ~torch.isfinite(torch.cat([state.root_position, state.joint_position], -1)).all(-1)
        return self.failures(self._derived.renew(), broken) > 0

    def record(self) -> None:
        """Record the CUDA graphs now, so that the first step is as fast as the others."""
        for graph in self.graphs:
            graph.record()

    @property
    def graphs(self) -> tuple[Captured, ...]:
        """What :meth:`record` records."""
        return self._before, self._after

    # -- state ----------------------------------------------------------------------------------------------

    def write_state(self, rows: Tensor | None = None) -> None:
        """Write the whole state of the buffers into the physics, or that of the environments of ``rows`` (N,) bool.

        This also makes the physics forget its contact history, so that what follows depends only on what a
        checkpoint can hold: learners call it before each rollout.
        """
        self.simulation.write_rows(self.state, self.all_rows if rows is None else rows)

    def state_dict(self) -> dict[str, Tensor]:
        """Everything needed to go on from here, as flat tensors."""
        parts: dict[str, dict[str, Tensor]] = {
            "state": self.state.buffers(),
            "episodes": self.episodes.buffers(),
            "observations": self.observations,
        }
        return {f"{part}.{name}": tensor for part, tensors in parts.items() for name, tensor in tensors.items()}

    def load_state_dict(self, state: dict[str, Tensor]) -> None:
        """Take over what :meth:`state_dict` gave and write it into the physics."""
        mine = self.state_dict()
        if different := sorted(mine.keys() ^ state.keys()):
            raise KeyError(f"environment state does not match: {', '.join(different[:5])}")
        for name, tensor in mine.items():
            tensor.copy_(state[name])
        self.episodes.forget()
        self._noise_ahead = NoiseAhead()
        self.write_state()

    # -- set-up ---------------------------------------------------------------------------------------------

    def _allocate(self) -> None:
        def zeros(*shape: int, dtype: torch.dtype = torch.float32) -> Tensor:
            return torch.zeros(self.num_envs, *shape, dtype=dtype, device=self.device)

        self.reward, self.cause = zeros(), zeros(dtype=torch.int64)
        self.terminated, self.truncated = zeros(dtype=torch.bool), zeros(dtype=torch.bool)
        self.velocity_error, self.yaw_error = zeros(), zeros()
        """Tracking errors of the last step: planar m/s, yaw rad/s, (N,)."""
        self.broken_steps = zeros(dtype=torch.int64)
        """Steps at which each environment's state was not finite, since someone set it to zero."""
        self.sums = torch.zeros(3, device=self.device)
        """Sums over steps of the means over environments: velocity error, yaw error, reward."""
        self.episodes = EpisodeRing(self.num_envs, self.device)
        self._action_input = zeros(self.num_actions)
        self._reset_rows, self._written_rows = zeros(dtype=torch.bool), zeros(dtype=torch.bool)
        self.all_rows = zeros(dtype=torch.bool).fill_(True)
        """A mask of all environments, (N,) bool."""
        self._start_position = self.simulation.origins.clone()
        self._start_position[:, 2] += self.state.robot.nominal_height + self.config.reset.lift

    def _build_terms(self) -> None:
        config, state = self.config, self.state
        state.derive()
        self.rewards = RewardSum(config.rewards, state)
        self.failures = Failures(config.terminations, state)
        self.groups = {
            name: ObservationVector(name, group, state, self.seed) for name, group in config.observations.items()
        }
        self.observations = {n: torch.zeros(self.num_envs, g.size, device=self.device) for n, g in self.groups.items()}
        self.final_observations = {name: torch.zeros_like(value) for name, value in self.observations.items()}
        self._lift_joints = joint_weights(config.gait.lift_joints, state, "gait.lift_joints")
        self._derived = Derived(state)
        self._asks_links: dict[str, bool] = {}

    def _looks_at_links(self, vector: ObservationVector) -> bool:
        """Whether a group's terms or the failure conditions look at what single links do."""
        vector.now(self._derived.renew())
        self.failures(self._derived, torch.zeros_like(self.state.fresh))
        return self._derived.asked_links

    def _reseed(self) -> None:
        """Begin anew with the current seed; recorded graphs are dropped since they hold it."""
        for group in self.groups.values():
            group.reseed(self.seed)
        for tensor in (*self.observations.values(), *self.final_observations.values(),
                       self.rewards.sums, self.rewards.broken):  # fmt: skip
            tensor.zero_()
        self._command = make_command(self.config.command, self.seed)
        self._resample_steps = max(1, round(self.config.command.resample / self.control_dt))
        self._reset_key, self._push_key = rng.stream(self.seed, "reset"), rng.stream(self.seed, "push")
        self._before = Captured(self._apply_action, self.device, self._tensors)
        self._after = Captured(self._evaluate, self.device, self._tensors)
        self._noise_ahead = NoiseAhead()

    def _tensors(self) -> list[Tensor]:
        """Every buffer that a step changes."""
        own = [value for value in vars(self).values() if isinstance(value, Tensor)]
        observed = [*self.observations.values(), *self.final_observations.values()]
        terms = [self.rewards.sums, self.rewards.broken, *self.episodes.tensors()]
        return [*own, *self.state.buffers().values(), self.state.terminated, *observed, *terms]

    # -- one step -------------------------------------------------------------------------------------------

    @torch.no_grad()
    def _apply_action(self) -> None:
        state, clip = self.state, self.config.action.clip
        state.last_action2.copy_(state.last_action)
        state.last_action.copy_(state.action)
        state.action.copy_(torch.nan_to_num(self._action_input).clamp(-clip, clip))
        state.last_joint_velocity.copy_(state.joint_velocity)
        t = state.tensors
        if self.config.action.kind == "position":
            state.joint_target.copy_(t.nominal + t.action_scale * state.action + self._foot_lift())
        else:
            state.joint_target.copy_(self.config.action.torque_scale * t.effort_limit * state.action)

    def _foot_lift(self) -> Tensor:
        """Feed-forward joint targets of the gait clock for the coming step, (N, D) rad."""
        state, gait, t = self.state, self.config.gait, self.state.tensors
        if gait.lift == 0.0:
            return torch.zeros_like(t.nominal)
        swing = state.swing((state.gait_phase + self.control_dt / gait.cycle) % 1.0)
        height = gait.lift * torch.sin(torch.pi * swing).square()
        return self._lift_joints * (height[:, :1] * t.left + height[:, 1:] * t.right)

    @torch.no_grad()
    def _evaluate(self) -> None:
        """From the state the physics reported to rewards, ends of episodes, resets and observations."""
        state = self.state
        state.fresh.fill_(False)
        broken = self._quarantine()
        state.episode_step += 1
        state.readdress()
        self._tick_gait()
        self._command.update(state)
        state.derive()
        self._judge(broken)
        self._note_errors()
        state.air_time.copy_(torch.where(state.contact, 0.0, state.air_time + self.control_dt))

        self._command.resample(state, state.episode_step % self._resample_steps == 0)
        self._command.update(state)
        state.derive_command()
        for name, group in self.groups.items():
            self.final_observations[name].copy_(group.stacked(group.now(state), self.observations[name], state.fresh))

        torch.logical_or(self.terminated, self.truncated, out=self._reset_rows)
        self._written_rows.copy_(self._reset_rows)
        self._push()
        for name, value in self.final_observations.items():
            self.observations[name].copy_(value)
        # A graph cannot branch; elsewhere a look at the mask costs nothing and mostly saves the work.
        if not self._may_branch or bool(self._reset_rows.any()):
            self._reset_state()
            self._observe_reset()

    def _tick_gait(self) -> None:
        phase = self.state.gait_phase
        phase.copy_((phase + self.control_dt / self.config.gait.cycle) % 1.0)

    def _quarantine(self) -> Tensor:
        """Mark environments whose state is not finite, or far from any that can be, and clear it; (N,) bool."""
        state = self.state
        reported = (state.root_position, state.root_orientation, state.root_velocity, state.joint_position,
                    state.joint_velocity, state.foot_position, state.foot_orientation, state.foot_velocity,
                    state.foot_force, state.torso_orientation)  # fmt: skip
        broken = ~(torch.cat([tensor.flatten(1) for tensor in reported], -1).abs() <= LARGEST).all(-1)  # NaN, too
        for tensor in reported:
            tensor.masked_fill_(rows_like(broken, tensor), 0.0)
        self.broken_steps += broken
        return broken

    def _judge(self, broken: Tensor) -> None:
        """Rewards and ends of episodes."""
        state = self.state
        cause = self.failures(state, broken)
        state.terminated.copy_(cause > 0)
        self.terminated.copy_(state.terminated)
        torch.logical_and(state.episode_step >= self.max_episode_length, ~state.terminated, out=self.truncated)
        self.cause.copy_(cause)
        self.reward.copy_(self.rewards(state))
        done = self.terminated | self.truncated
        self.episodes.add(self.reward, state.episode_step, done, cause, state.reached)

    def _note_errors(self) -> None:
        state = self.state
        self.velocity_error.copy_((state.heading_velocity - state.command[:, :2]).norm(dim=-1))
        self.yaw_error.copy_((state.root_velocity[:, 5] - state.command[:, 2]).abs())
        self.sums += torch.stack([self.velocity_error.mean(), self.yaw_error.mean(), self.reward.mean()])

    @torch.no_grad()
    def _reset_state(self) -> None:
        """Put the buffers of the rows that ended back to the start of an episode."""
        state, rows, c, t = self.state, self._reset_rows, self.config.reset, self.state.tensors
        state.reset_count += rows
        for name in ("root_velocity", "joint_velocity", "last_joint_velocity", "action", "last_action", "last_action2",
                     "air_time", "episode_step", "reached"):  # fmt: skip
            buffer = getattr(state, name)
            buffer.masked_fill_(rows_like(rows, buffer), 0)
        state.readdress()
        draw = rng.uniform(self._reset_key, [state.address], self.num_actions + 2)
        heading = rotations.from_yaw(c.heading[0] + (c.heading[1] - c.heading[0]) * draw[:, 0])
        joints = t.nominal + c.joint_offset * (2.0 * draw[:, 2:] - 1.0)
        held = t.nominal if self.config.action.kind == "position" else torch.zeros_like(t.nominal)
        upright = rotations.from_yaw(torch.zeros_like(draw[:, 0]))
        values = {
            "root_position": self._start_position, "root_orientation": heading, "gait_phase": draw[:, 1],
            "joint_position": torch.maximum(torch.minimum(joints, t.upper), t.lower), "joint_target": held,
            "torso_orientation": upright, "foot_orientation": upright.unsqueeze(1),
        }  # fmt: skip
        for name, value in values.items():
            buffer = getattr(state, name)
            torch.where(rows_like(rows, buffer), value, buffer, out=buffer)
        state.fresh.logical_or_(rows)
        self._command.resample(state, rows)

    def _push(self) -> None:
        """Change the root velocity of a few robots."""
        if not self.pushes:
            return
        state, push = self.state, self.config.push
        draw = rng.uniform(self._push_key, [state.address], 3)
        hit = (draw[:, 0] < self.control_dt / push.interval) & ~self._reset_rows
        kick = torch.zeros_like(state.root_velocity)
        kick[:, :2] = push.speed * (2.0 * draw[:, 1:] - 1.0)
        state.root_velocity += kick * hit.unsqueeze(-1)
        self._written_rows.logical_or_(hit)

    def _observe_reset(self) -> None:
        """Observations of the rows that begin a new episode."""
        state = self.state
        self._command.update(state)
        state.derive()
        rows = state.fresh.unsqueeze(-1)
        for name, group in self.groups.items():
            observed = self.observations[name]
            stacked = group.stacked(group.now(state), observed, state.fresh)
            torch.where(rows, stacked, observed, out=observed)
