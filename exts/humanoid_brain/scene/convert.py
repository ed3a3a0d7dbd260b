# SPDX-License-Identifier: Apache-2.0
"""URDF and MJCF files to USD, through the Newton project's converters in a process of their own.

They need one: they load schemas, which USD accepts only before it is first used in a process.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from humanoid_brain.errors import RobotError
from humanoid_brain.files import make_folder, write_atomic
from humanoid_brain.scene.trust import foreign_files

CONVERTERS = {".urdf": "urdf_usd_converter", ".xml": "mujoco_usd_converter"}
"""Python module by suffix."""
TIMEOUT = 300.0
"""Longest conversion in s."""


def convert(path: Path, folder: Path) -> Path:
    """Convert the URDF (.urdf) or MJCF (.xml) file ``path`` into one USD file in ``folder``.

    Raises:
        RobotError: The file is broken or refers to files outside its folder, or the converter does not run.
        StorageError: The folder cannot be written.
    """
    if foreign := list(foreign_files(path)):
        raise RobotError(
            f"refers to files outside its folder: {', '.join(foreign)}",
            where=str(path),
            todo="Put all files of a robot into one folder",
        )
    module = CONVERTERS[path.suffix.lower()]
    with tempfile.TemporaryDirectory() as scratch:
        flags = ["--no-layer-structure", "--no-physics-scene"]
        command = [sys.executable, "-W", "ignore", "-m", module, str(path.resolve()), scratch, *flags]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT, check=False)
        except subprocess.TimeoutExpired as error:
            raise RobotError(
                f"the conversion to USD did not end within {TIMEOUT:.0f} s", where=str(path), todo="Simplify its meshes"
            ) from error
        made = sorted(Path(scratch).glob("*.usd*"))
        if done.returncode or not made:
            raise _failure(path, module, done.stdout + done.stderr)
        target = make_folder(folder) / f"{path.stem}.usd"
        write_atomic(target, made[0].read_bytes())
    return target.resolve()


def _failure(path: Path, module: str, output: str) -> RobotError:
    if "No module named" in output:
        return RobotError(
            f"the converter {module} is not installed",
            where=str(path),
            todo="pip install humanoid-brain[standalone]",
        )
    if "ImportError" in output:
        return RobotError(
            f"the converter {module} does not load: usd-core and usd-exchange both bring the pxr package",
            where=str(path),
            todo="pip uninstall usd-core, then pip install --force-reinstall usd-exchange",
        )
    reason = output.partition("Conversion failed:")[2].strip() or output.strip().splitlines()[-1:] or "no reason given"
    text = reason if isinstance(reason, str) else reason[0]
    return RobotError(f"cannot be converted to USD: {' '.join(text.split())}", where=str(path), todo="Repair the file")
