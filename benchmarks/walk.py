# SPDX-License-Identifier: Apache-2.0
"""Time to walk: training time from random weights until the policy meets the criterion.

Criterion: the deterministic policy, observation noise on, survives at least 95 % of 20 s episodes in 512
environments with a mean planar |v - v*| of at most 0.15 m/s, commands 0 to 1 m/s. Snapshots taken during the
training are judged after it, all in one roll-out, one block of environments each; the clock is training time,
without set-up, snapshots and judging. Each seed runs in a process of its own.

    python benchmarks/walk.py --device cuda --seeds 0 1 2 --seconds 20 --every 1.25
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.common import emit, walking

from humanoid_brain.learning.env import HumanoidEnv
from humanoid_brain.learning.job import IterationDone, TrainingJob
from humanoid_brain.learning.networks import ActorCritic

SURVIVAL, ERROR, BLOCK = 0.95, 0.15, 512


@dataclass
class Snapshot:
    """A policy at some time of its training."""

    seconds: float
    env_steps: int
    mean: Tensor
    variance: Tensor
    layers: list[tuple[Tensor, Tensor]]


def snapshot(network: ActorCritic, seconds: float, env_steps: int) -> Snapshot:
    """Copy the deterministic policy."""
    linear = [m for m in network.actor if isinstance(m, torch.nn.Linear)]
    norm = network.policy_normalizer
    layers = [(m.weight.detach().clone(), m.bias.detach().clone()) for m in linear]
    return Snapshot(seconds, env_steps, norm.mean.clone(), norm.variance.clone(), layers)


class BlockPolicy:
    """One policy per block of environments, all evaluated at once."""

    def __init__(self, snapshots: list[Snapshot], block: int) -> None:
        self._shape = (len(snapshots), block, -1)
        self._mean = torch.stack([s.mean for s in snapshots]).unsqueeze(1)
        self._std = torch.stack([s.variance for s in snapshots]).sqrt().unsqueeze(1) + 1e-2
        self._layers = [
            (torch.stack([s.layers[i][0] for s in snapshots]).mT, torch.stack([s.layers[i][1] for s in snapshots]))
            for i in range(len(snapshots[0].layers))
        ]

    def __call__(self, observation: Tensor) -> Tensor:
        """Actions, block by block."""
        x = ((observation.view(self._shape) - self._mean) / self._std).clamp(-10.0, 10.0)
        for i, (weight, bias) in enumerate(self._layers):
            x = torch.baddbmm(bias.unsqueeze(1), x, weight)
            if i + 1 < len(self._layers):
                x = torch.nn.functional.elu(x)
        return x.flatten(0, 1)


class Judge:
    """Runs whole episodes of snapshots in the environments of a training.

    Args:
        env: The environments; observation noise as in training, pushes switched off.
        episodes: Episodes per snapshot.
    """

    def __init__(self, env: HumanoidEnv, episodes: int) -> None:
        self._env = env
        self._block = min(episodes, env.num_envs)
        self.together = env.num_envs // self._block
        """Snapshots judged at once."""
        self._rounds = -(-episodes // self._block)
        env.pushes = False

    @torch.no_grad()
    def __call__(self, snapshots: list[Snapshot]) -> list[dict[str, float]]:
        """Survival and mean velocity error of at most :attr:`together` snapshots."""
        padded = snapshots + [snapshots[-1]] * (self.together - len(snapshots))
        policy = BlockPolicy(padded, self._block)
        sums = torch.zeros(3, self.together, device=self._env.device)
        for number in range(self._rounds):
            sums += self._round(policy, 1_000_003 + number)
        survived, error, steps = (sums / torch.tensor([[self._rounds * self._block], [1], [1]]).to(sums)).tolist()
        return [
            {
                "seconds": snapshot.seconds,
                "env_steps": snapshot.env_steps,
                "survival": survived[i],
                "velocity_error": error[i] / steps[i],
            }
            for i, snapshot in enumerate(snapshots)
        ]

    def _round(self, policy: BlockPolicy, seed: int) -> Tensor:
        """Survivors, summed error and steps of each block over the first episode of each environment, (3, blocks)."""
        env = self._env
        used = self.together * self._block
        env.reset(seed=seed)
        running = torch.ones(env.num_envs, dtype=torch.bool, device=env.device)
        fell = torch.zeros_like(running)
        error, steps = torch.zeros(env.num_envs, device=env.device), torch.zeros(env.num_envs, device=env.device)
        action = torch.zeros(env.num_envs, env.num_actions, device=env.device)
        for _ in range(env.max_episode_length):
            action[:used] = policy(env.observations["policy"][:used])
            env.step(action)
            error += env.velocity_error * running
            steps += running
            fell |= env.terminated & running
            running &= ~(env.terminated | env.truncated)
        parts = torch.stack([1.0 - fell.to(torch.float32), error, steps])
        return parts[:, :used].view(3, self.together, self._block).sum(-1)


def passes(row: dict[str, float]) -> bool:
    """Whether a judged snapshot meets the criterion."""
    return row["survival"] >= SURVIVAL and row["velocity_error"] <= ERROR


def first_to_pass(judge: Judge, snapshots: list[Snapshot]) -> list[dict[str, float]]:
    """Judged snapshots in the order of time, enough of them to know the first that passes.

    All of them where many are judged at once; else by bisection, which takes for granted that training does not
    unlearn to walk for long.
    """
    if judge.together > 1:
        parts = [snapshots[i : i + judge.together] for i in range(0, len(snapshots), judge.together)]
        return [row for part in parts for row in judge(part)]
    rows: dict[int, dict[str, float]] = {}
    low, high = 0, len(snapshots) - 1
    while low < high:
        middle = (low + high) // 2
        rows[middle] = judge([snapshots[middle]])[0]
        low, high = (low, middle) if passes(rows[middle]) else (middle + 1, high)
    if low not in rows:
        rows[low] = judge([snapshots[low]])[0]
    return [rows[i] for i in sorted(rows)]


def train(job: TrainingJob, seconds: float, every: float) -> list[Snapshot]:
    """Train for ``seconds`` of training time and take a snapshot about every ``every`` seconds of it."""
    snapshots: list[Snapshot] = []
    cursor, due = 0, every
    job.start()
    while job.totals.seconds < seconds:
        if job.tick(0.0).final:
            raise job.error or RuntimeError("the training ended early")
        events, cursor = job.events.read(cursor)
        if any(isinstance(event, IterationDone) for event in events) and job.totals.seconds >= due:
            assert job.learner is not None
            snapshots.append(snapshot(job.learner.network, job.totals.seconds, job.totals.env_steps))
            due += every
    return snapshots


def run_seed(arguments: argparse.Namespace, seed: int) -> list[dict[str, float]]:
    """Train one seed and judge its snapshots."""
    config = walking(arguments.device, seed=seed, output=arguments.output / f"walk_{arguments.device}_{seed}")
    config.budget.iterations = config.checkpoint.every = 10**6
    job = TrainingJob(config)
    try:
        snapshots = train(job, arguments.seconds, arguments.every)
        assert job.env is not None
        return first_to_pass(Judge(job.env, arguments.episodes), snapshots)
    finally:
        job.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--seconds", type=float, default=600.0, help="training time per seed")
    parser.add_argument("--every", type=float, default=20.0, help="training time between snapshots, s")
    parser.add_argument("--episodes", type=int, default=BLOCK, help="environments per snapshot")
    parser.add_argument("--output", type=Path, default=Path("outputs/bench"))
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one is not None:
        print(json.dumps(run_seed(arguments, arguments.one)), flush=True)
        return
    for seed in arguments.seeds:
        command = [sys.executable, __file__, *sys.argv[1:], "--one", str(seed)]
        output = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
        rows = json.loads(output.splitlines()[-1])
        first = next((row for row in rows if passes(row)), None)
        value = first["seconds"] if first else -1.0
        facts = {"seed": seed, "device": arguments.device, "met": first is not None, "judged": rows}
        emit("walk.time", value, "s", **facts)


if __name__ == "__main__":
    main()
