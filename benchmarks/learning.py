# SPDX-License-Identifier: Apache-2.0
"""PPO end to end against the physics inside it.

The physics' throughput is that of the very same policy steps: writing targets, stepping, reading the state back
and writing resets, timed apart with the device drained before and after. Ratio: end to end over physics alone.

    python benchmarks/learning.py --device cuda --envs 8192
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.common import emit, walking

from humanoid_brain.learning.assembly import make_env, make_learner
from humanoid_brain.learning.env import HumanoidEnv
from humanoid_brain.learning.ppo import PPO

_WARM_UP = 3


def _rollout(env: HumanoidEnv, learner: PPO) -> None:
    env.write_state()
    for _ in range(learner.rollout.steps):
        _, reward, terminated, truncated, extras = env.step(
            learner.act(env.observations["policy"], env.observations["critic"])
        )
        learner.observe(reward, terminated, truncated, extras["final_obs"]["critic"])


def _iterate(env: HumanoidEnv, learner: PPO) -> None:
    _rollout(env, learner)
    for _ in learner.update():
        pass


def _timed(work: Callable[[], None], drain: Callable[[], None]) -> float:
    drain()
    began = time.perf_counter()
    work()
    drain()
    return time.perf_counter() - began


class _PhysicsClock:
    """Adds up the time spent in the calls of a simulation, with the device drained around each."""

    def __init__(self, env: HumanoidEnv, drain: Callable[[], None]) -> None:
        self.seconds = 0.0
        self._simulation, self._drain = env.simulation, drain

    def __enter__(self) -> _PhysicsClock:
        for name in ("advance", "write_rows"):
            setattr(self._simulation, name, self._wrap(getattr(self._simulation, name)))
        return self

    def __exit__(self, *error: object) -> None:
        for name in ("advance", "write_rows"):
            delattr(self._simulation, name)

    def _wrap(self, call: Callable[..., None]) -> Callable[..., None]:
        def timed(*arguments: object, **options: object) -> None:
            self.seconds += _timed(lambda: call(*arguments, **options), self._drain)

        return timed


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    parser.add_argument("--envs", type=int, default=0, help="0: as the preset has it")
    parser.add_argument("--seconds", type=float, default=10.0, help="time per figure")
    arguments = parser.parse_args()

    began = time.perf_counter()
    env = make_env(walking(arguments.device, arguments.envs))
    learner = make_learner(walking(arguments.device, arguments.envs), env)
    env.reset(spread=True)
    drain = torch.cuda.synchronize if env.device.type == "cuda" else lambda: None
    _iterate(env, learner)
    drain()
    facts: dict[str, Any] = {"envs": env.num_envs, "device": arguments.device}
    emit("learning.first_iteration", time.perf_counter() - began, "s", **facts)
    for _ in range(_WARM_UP):
        _iterate(env, learner)

    steps = env.num_envs * learner.rollout.steps
    whole, physics = [], []
    end = time.perf_counter() + 2 * arguments.seconds
    while time.perf_counter() < end or len(whole) < 3:
        # In turn, so that a machine that speeds up or slows down does so for both.
        whole.append(steps / _timed(lambda: _iterate(env, learner), drain))
        with _PhysicsClock(env, drain) as clock:
            _rollout(env, learner)
        physics.append(steps / clock.seconds)
        for _ in learner.update():
            pass
    total, alone = statistics.median(whole), statistics.median(physics)
    emit("learning.physics", alone, "env-steps/s", **facts)
    emit("learning.ppo", total, "env-steps/s", ratio=total / alone, **facts)


if __name__ == "__main__":
    main()
