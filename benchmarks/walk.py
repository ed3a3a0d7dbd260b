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

from humanoid_brain.config.evaluation import EvaluationConfig
from humanoid_brain.config.training import TrainingConfig
from humanoid_brain.evaluation.job import evaluation_setup
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


@torch.no_grad()
def judge(env: HumanoidEnv, snapshots: list[Snapshot], block: int) -> list[tuple[float, float]]:
    """Survival and mean velocity error of each snapshot, over the first episode of each environment."""
    policy = BlockPolicy(snapshots, block)
    env.reset(seed=1_000_003)
    running = torch.ones(env.num_envs, dtype=torch.bool, device=env.device)
    fell, error = torch.zeros_like(running), torch.zeros(env.num_envs, device=env.device)
    count = torch.zeros(env.num_envs, device=env.device)
    for _ in range(env.max_episode_length):
        env.step(policy(env.observations["policy"]))
        error += env.velocity_error * running
        count += running
        fell |= env.terminated & running
        running &= ~(env.terminated | env.truncated)
    survived = 1.0 - fell.float().view(-1, block).mean(-1)
    mean = error.view(-1, block).sum(-1) / count.view(-1, block).sum(-1)
    return list(zip(survived.tolist(), mean.tolist(), strict=True))


def train(config: TrainingConfig, every: float) -> list[Snapshot]:
    """Train and take a snapshot about every ``every`` seconds of training time."""
    job = TrainingJob(config)
    snapshots: list[Snapshot] = []
    cursor, due = 0, every
    job.start()
    while not job.tick(0.0).final:
        events, cursor = job.events.read(cursor)
        for event in events:
            if isinstance(event, IterationDone) and job.totals.seconds >= due:
                assert job.learner is not None
                snapshots.append(snapshot(job.learner.network, job.totals.seconds, job.totals.env_steps))
                due += every
    if job.error is not None:
        raise job.error
    return snapshots


def run_seed(arguments: argparse.Namespace, seed: int) -> dict[str, object]:
    """Train one seed and find the first snapshot that meets the criterion."""
    output = arguments.output / f"walk_{arguments.device}_{seed}"
    config = walking(arguments.device, seed=seed, output=output)
    config.budget.iterations, config.budget.seconds = 10**6, arguments.seconds
    config.checkpoint.every = 10**6
    snapshots = train(config, arguments.every)
    return judge_all(config, snapshots, arguments)


def judge_all(config: TrainingConfig, snapshots: list[Snapshot], arguments: argparse.Namespace) -> dict[str, object]:
    """Judge snapshots in blocks, latest first, and report the first that passes."""
    from humanoid_brain.learning.assembly import make_env

    block = arguments.episodes
    together = max(1, arguments.judged // block)
    newest = snapshots[-together:] if arguments.newest else snapshots
    rows: list[dict[str, object]] = []
    choice = EvaluationConfig(policy=config.output, device=config.device, episodes=block, num_envs=block)
    setup = evaluation_setup(config, choice)
    setup.scene.num_envs = min(together, len(newest)) * block
    env = make_env(setup)
    for start in range(0, len(newest), together):
        part = newest[start : start + together]
        padded = part + [part[-1]] * (setup.scene.num_envs // block - len(part))
        for snap, (survival, error) in zip(part, judge(env, padded, block), strict=False):
            rows.append(
                {"seconds": snap.seconds, "env_steps": snap.env_steps, "survival": survival, "velocity_error": error}
            )
        if not arguments.all and any(_passes(row) for row in rows):
            break
    env.simulation.close()
    first = next((row for row in rows if _passes(row)), None)
    return {"first": first, "rows": rows}


def _passes(row: dict[str, object]) -> bool:
    return float(str(row["survival"])) >= SURVIVAL and float(str(row["velocity_error"])) <= ERROR


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--seconds", type=float, default=600.0, help="training time per seed")
    parser.add_argument("--every", type=float, default=20.0, help="training time between snapshots, s")
    parser.add_argument("--episodes", type=int, default=BLOCK, help="environments per snapshot")
    parser.add_argument("--judged", type=int, default=BLOCK, help="environments judged at once")
    parser.add_argument("--newest", action="store_true", help="judge only as many newest snapshots as fit at once")
    parser.add_argument("--all", action="store_true", help="judge every snapshot, not only up to the first that passes")
    parser.add_argument("--output", type=Path, default=Path("outputs/bench"))
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one is not None:
        print(json.dumps(run_seed(arguments, arguments.one)), flush=True)
        return
    for seed in arguments.seeds:
        command = [sys.executable, __file__, *sys.argv[1:], "--one", str(seed)]
        lines = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()
        found = json.loads(lines[-1])
        first = found["first"]
        facts = {"seed": seed, "device": arguments.device, "snapshots": len(found["rows"])}
        if first is None:
            emit("walk.time", -1.0, "s", **facts, met=False, last=found["rows"][-1])
        else:
            emit("walk.time", first["seconds"], "s", **facts, met=True, first=first, last=found["rows"][-1])


if __name__ == "__main__":
    main()
