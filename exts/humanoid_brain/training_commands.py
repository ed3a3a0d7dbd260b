# SPDX-License-Identifier: Apache-2.0
"""The subcommands about policies: train, evaluate, play."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from humanoid_brain import console
from humanoid_brain.command import Command, Result
from humanoid_brain.errors import ConfigError
from humanoid_brain.jobs import Event

if TYPE_CHECKING:
    from humanoid_brain.config.evaluation import EvaluationConfig, PlayConfig
    from humanoid_brain.config.training import TrainingConfig


def train(config: TrainingConfig) -> Result:
    """Train a policy, or go on with a run."""
    from humanoid_brain.learning.job import TrainingJob

    job = TrainingJob(config, checkpoint=config.resume_from or None)
    state = console.drive(job, describe=describe_training)
    done = job.totals.iteration >= config.budget.iterations or 0 < config.budget.seconds <= job.totals.seconds
    return {
        "output": str(config.output),
        "state": state.value,
        "interrupted": not done,
        "iteration": job.totals.iteration,
        "env_steps": job.totals.env_steps,
        "seconds": job.totals.seconds,
    }


def evaluate(config: EvaluationConfig) -> Result:
    """Measure a policy."""
    from humanoid_brain.evaluation.job import EvaluationJob

    _need_policy(config.policy, config.run)
    job = EvaluationJob(config)
    state = console.drive(job)
    if job.report:
        low, high = job.report["survival_interval"]
        print(
            f"survival {job.report['survival']:.3f} (95 % interval {low:.3f} to {high:.3f}), "
            f"velocity error {job.report['velocity_error']:.3f} m/s over {job.report['episodes']} episodes",
            file=sys.stderr,
        )
    return {"output": str(config.output), "interrupted": not job.report, "state": state.value, **job.report}


def play(config: PlayConfig) -> Result:
    """Make a film of a policy."""
    from humanoid_brain.evaluation.play import PlayJob

    _need_policy(config.policy, config.run)
    job = PlayJob(config)
    state = console.drive(job)
    return {"output": str(config.output), "state": state.value, "interrupted": not job.film, "film": job.film}


def _need_policy(policy: Path | None, run: Path | None) -> None:
    if (policy is None) == (run is None):
        raise ConfigError("name one policy", todo="Pass either --policy FOLDER or --run FOLDER")


def describe_training(event: Event) -> str | None:
    """A line for every tenth iteration."""
    from humanoid_brain.learning.job import IterationDone

    if not isinstance(event, IterationDone) or event.metrics["iteration"] % 10:
        return None
    m = event.metrics
    return (
        f"iteration {m['iteration']:5d}  {m['seconds']:7.1f} s  {m['env_steps'] / 1e6:6.2f} M steps  "
        f"reward {m['reward']:6.2f}/s  |v-v*| {m['velocity_error']:.3f} m/s  "
        f"{m['falls_per_minute']:5.1f} falls/min  {m['steps_per_second']:8,.0f} steps/s"
    )


def _training_config() -> type[TrainingConfig]:
    from humanoid_brain.config.training import TrainingConfig

    return TrainingConfig


def _evaluation_config() -> type[EvaluationConfig]:
    from humanoid_brain.config.evaluation import EvaluationConfig

    return EvaluationConfig


def _play_config() -> type[PlayConfig]:
    from humanoid_brain.config.evaluation import PlayConfig

    return PlayConfig


COMMANDS: dict[str, Command[Any]] = {
    "train": Command(
        "Train a policy, or go on with the run in --output", _training_config, train, "training/walk.yaml"
    ),
    "evaluate": Command("Measure a policy over many episodes", _evaluation_config, evaluate),
    "play": Command("Replay a policy and write a film", _play_config, play),
}
