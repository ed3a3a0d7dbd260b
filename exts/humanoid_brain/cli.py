# SPDX-License-Identifier: Apache-2.0
"""The command line: one subcommand per job. Each loads a configuration, drives the job, shows progress."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from humanoid_brain import __version__, console, dataset_commands, paths
from humanoid_brain.command import Command, ConfigT, Result
from humanoid_brain.config.base import load
from humanoid_brain.errors import ConfigError, HumanoidBrainError
from humanoid_brain.jobs import Event

if TYPE_CHECKING:
    from humanoid_brain.config.commands import BenchConfig, BuildSceneConfig, DemoConfig
    from humanoid_brain.config.evaluation import EvaluationConfig, PlayConfig
    from humanoid_brain.config.training import TrainingConfig


def main(argv: list[str]) -> int:
    """Run one subcommand.

    Returns:
        0 done; 1 failed; 2 wrong usage or configuration; 130 interrupted, resumable.
    """
    if not argv or argv[0] in ("-h", "--help", "help"):
        print(_usage())
        return 0 if argv else 2
    if argv[0] == "--version":
        print(__version__)
        return 0
    command = COMMANDS.get(argv[0])
    if command is None:
        console.print_error(
            ConfigError(f"there is no command '{argv[0]}'", todo=f"Choose one of: {', '.join(COMMANDS)}")
        )
        return 2
    as_json = "--json" in argv
    try:
        config = _configure(argv[0], command, [a for a in argv[1:] if a != "--json"])
        result = command.run(config)
    except HumanoidBrainError as error:
        console.print_error(error)
        if as_json:
            console.print_json({"command": argv[0], "ok": False, "error": str(error)})
        return error.exit_code
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130
    except SystemExit as usage:
        # tyro has printed what is wrong with the arguments, or the help that was asked for.
        code = usage.code if isinstance(usage.code, int) else 2
        if as_json and code:
            console.print_json({"command": argv[0], "ok": False, "error": "wrong arguments"})
        return code
    except BrokenPipeError:
        # Whoever read our output, such as head, has seen enough.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    if as_json:
        console.print_json({"command": argv[0], "ok": True, **result})
    return 130 if result.get("interrupted") else int(result.get("exit_code", 0))


def _configure(name: str, command: Command[ConfigT], arguments: list[str]) -> ConfigT:
    """The preset or ``--config`` file, with the overrides of the command line."""
    # Without this, pydantic ends each message with a link.
    os.environ.setdefault("PYDANTIC_ERRORS_INCLUDE_URL", "0")
    import tyro

    kind = command.config()
    path, rest = _take_config(arguments)
    if command.positional and rest and not rest[0].startswith("-"):
        rest.insert(0, f"--{command.positional}")
    if path is None and command.preset:
        path = paths.config() / command.preset
    default = load(kind, path) if path is not None else kind()
    source = f" Values shown are those of {path}." if path is not None else ""
    return tyro.cli(
        kind,
        args=rest,
        default=default,
        prog=f"humanoid_brain {name}",
        description=f"{command.summary}.{source} --config FILE loads another file first; --json prints one "
        "machine-readable line last.",
        config=(tyro.conf.AvoidSubcommands,),
    )


def _take_config(arguments: list[str]) -> tuple[Path | None, list[str]]:
    """Split ``--config FILE`` off the arguments."""
    rest, path = [], None
    iterator = iter(arguments)
    for argument in iterator:
        if argument == "--config" or argument.startswith("--config="):
            value = argument.partition("=")[2] or next(iterator, "")
            if not value:
                raise ConfigError("--config needs a file", todo="For example --config config/training/walk.yaml")
            path = Path(value)
        else:
            rest.append(argument)
    return path, rest


def _usage() -> str:
    width = max(map(len, COMMANDS)) + 2
    rows = [f"  {name:<{width}}{command.summary}" for name, command in COMMANDS.items()]
    rows.insert(0, f"  {'doctor':<{width}}Check this machine: host, versions, GPU, libraries, and what to do")
    return "\n".join(
        [
            "usage: python -m humanoid_brain COMMAND [--config FILE] [--name.of.field VALUE ...] [--json]",
            "",
            *rows,
            "",
            "COMMAND --help lists every field with its unit and its value.",
        ]
    )


# -- the commands -------------------------------------------------------------------------------------------


def _build_scene(config: BuildSceneConfig) -> Result:
    from humanoid_brain.files import make_folder
    from humanoid_brain.scene.build import write_scene
    from humanoid_brain.scene.picture import write_picture

    folder = make_folder(config.output)
    path = folder / config.file
    write_scene(config.scene, path)
    print(f"scene: {path}", file=sys.stderr)
    result: Result = {"output": str(path), "num_envs": config.scene.num_envs, "bytes": path.stat().st_size}
    if config.picture:
        picture = path.with_suffix(".png")
        write_picture(path, config.scene, picture)
        print(f"picture: {picture}", file=sys.stderr)
        result["picture"] = str(picture)
    return result


def _train(config: TrainingConfig) -> Result:
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


def _evaluate(config: EvaluationConfig) -> Result:
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


def _play(config: PlayConfig) -> Result:
    from humanoid_brain.evaluation.play import PlayJob

    _need_policy(config.policy, config.run)
    job = PlayJob(config)
    state = console.drive(job)
    return {"output": str(config.output), "state": state.value, "interrupted": not job.film, "film": job.film}


def _bench(config: BenchConfig) -> Result:
    from humanoid_brain.bench import run

    return {"figures": run(config, console.print_json)}


def _demo(config: DemoConfig) -> Result:
    from humanoid_brain.demo import run

    return run(config)


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


def _build_scene_config() -> type[BuildSceneConfig]:
    from humanoid_brain.config.commands import BuildSceneConfig

    return BuildSceneConfig


def _bench_config() -> type[BenchConfig]:
    from humanoid_brain.config.commands import BenchConfig

    return BenchConfig


def _demo_config() -> type[DemoConfig]:
    from humanoid_brain.config.commands import DemoConfig

    return DemoConfig


COMMANDS: dict[str, Command[Any]] = {
    "build-scene": Command(
        "Write a scene as a USD file that Isaac Sim opens as it is", _build_scene_config, _build_scene
    ),
    "train": Command(
        "Train a policy, or go on with the run in --output", _training_config, _train, "training/walk.yaml"
    ),
    "evaluate": Command("Measure a policy over many episodes", _evaluation_config, _evaluate),
    "play": Command("Replay a policy and write a film", _play_config, _play),
    "bench": Command("Measure this machine: physics, learning, memory", _bench_config, _bench),
    **dataset_commands.COMMANDS,
    "demo": Command("Build, train, evaluate and film a humanoid from nothing", _demo_config, _demo),
}
