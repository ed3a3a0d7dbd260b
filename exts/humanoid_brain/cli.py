# SPDX-License-Identifier: Apache-2.0
"""The command line: one subcommand per job. Each loads a configuration, drives the job, shows progress."""

from __future__ import annotations

import os
import sys
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from humanoid_brain import __version__, console, dataset_commands, paths, training_commands
from humanoid_brain.command import Command, ConfigT, Result
from humanoid_brain.config.base import load
from humanoid_brain.errors import ConfigError, HumanoidBrainError

if TYPE_CHECKING:
    from humanoid_brain.config.commands import BenchConfig, BuildSceneConfig, DemoConfig
    from humanoid_brain.config.studio import StudioConfig


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
    with warnings.catch_warnings():
        # It warns that distributions of the default have names of their own among the variants; they keep them.
        warnings.filterwarnings("ignore", module=r"tyro\.")
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


def _bench(config: BenchConfig) -> Result:
    from humanoid_brain.bench import run

    return {"figures": run(config, console.print_json)}


def _demo(config: DemoConfig) -> Result:
    from humanoid_brain.demo import run

    return run(config)


def _studio(config: StudioConfig) -> Result:
    from humanoid_brain.studio import run

    return run(config)


def _studio_config() -> type[StudioConfig]:
    from humanoid_brain.config.studio import StudioConfig

    return StudioConfig


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
    **training_commands.COMMANDS,
    **dataset_commands.COMMANDS,
    "studio": Command("Open the panels in a window, without Isaac Sim", _studio_config, _studio),
    "bench": Command("Measure this machine: physics, learning, capture, memory", _bench_config, _bench),
    "demo": Command("Build, train, evaluate, film and capture a humanoid, from nothing", _demo_config, _demo),
}
