# SPDX-License-Identifier: Apache-2.0
"""The built-in humanoid as a USD file of its own. ``python -m humanoid_brain.scene.export FILE`` writes one."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from pxr import Sdf

from humanoid_brain.config.base import parse
from humanoid_brain.config.robot import HumanoidSource, RobotConfig
from humanoid_brain.errors import HumanoidBrainError, RobotError, SceneError
from humanoid_brain.files import write_atomic
from humanoid_brain.scene.robots import open_robot


def write_robot(config: RobotConfig, path: Path) -> None:
    """Write the built-in humanoid that ``config`` describes as a USD file that can be referenced.

    Raises:
        RobotError: ``config`` is of another source.
        SceneError: The suffix is not .usd, .usda or .usdc.
        StorageError: The folder cannot be written.
    """
    if not isinstance(config.source, HumanoidSource):
        raise RobotError("not the built-in humanoid", where=f"robot '{config.name}'", todo="Use source.kind: humanoid")
    write_layer(open_robot(config).stage.GetRootLayer(), path)


def write_layer(layer: Sdf.Layer, path: Path) -> None:
    """Write a USD layer atomically, in the format of the path's suffix; .usd is binary.

    Raises:
        SceneError: The suffix is not .usd, .usda or .usdc.
        StorageError: The folder cannot be written.
    """
    suffix = path.suffix.lower()
    if suffix not in (".usd", ".usda", ".usdc"):
        raise SceneError(f"'{path.suffix}' is no USD suffix", where=str(path), todo="Use .usd, .usda or .usdc")
    with tempfile.TemporaryDirectory() as folder:
        part = Path(folder) / f"layer{suffix}"
        layer.Export(str(part))
        write_atomic(path, part.read_bytes())


def main() -> int:
    """Write the humanoid of the given size."""
    parser = argparse.ArgumentParser(prog="humanoid_brain.scene.export", description=main.__doc__)
    parser.add_argument("file", type=Path, help=".usd, .usda or .usdc")
    parser.add_argument("--height", type=float, default=1.70, help="m")
    parser.add_argument("--mass", type=float, default=55.0, help="kg")
    given = parser.parse_args()
    try:
        source = parse(HumanoidSource, f"{{height: {given.height}, mass: {given.mass}}}", "command line")
        write_robot(RobotConfig(source=source), given.file)
    except HumanoidBrainError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
