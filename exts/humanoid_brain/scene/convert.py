# SPDX-License-Identifier: Apache-2.0
"""URDF and MJCF files to USD, through the Newton project's converters in a Python of their own."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

from humanoid_brain.errors import RobotError
from humanoid_brain.files import make_folder, write_atomic
from humanoid_brain.scene import converters
from humanoid_brain.scene.trust import foreign_files

TIMEOUT = 300.0
"""Longest conversion in s."""
PICTURES = {".bmp", ".exr", ".hdr", ".jpeg", ".jpg", ".png", ".tga"}
"""Suffixes of textures. The converter copies what a mesh's material names, which may be any file of this machine."""


def convert(path: Path, folder: Path) -> Path:
    """Convert the URDF (.urdf) or MJCF (.xml) file ``path`` to one USD file in ``folder``, its textures beside it.

    Raises:
        RobotError: The file is broken or refers to files outside its folder, or there is no converter that runs.
        StorageError: The folder cannot be written.
    """
    if foreign := list(foreign_files(path)):
        raise RobotError(
            f"refers to files outside its folder: {', '.join(foreign)}",
            where=str(path),
            todo="Put all files of a robot into one folder",
        )
    python = converters.find()
    with tempfile.TemporaryDirectory(prefix="humanoid_brain_convert_") as scratch:
        made = _run(python, path, Path(scratch))
        target = make_folder(folder) / f"{path.stem}.usd"
        for file in sorted(Path(scratch).rglob("*")):
            if file.suffix.lower() in PICTURES:
                place = folder / file.relative_to(scratch)
                write_atomic(make_folder(place.parent) / place.name, file.read_bytes())
        write_atomic(target, made.read_bytes())
    return target.resolve()


def _run(python: Path, path: Path, scratch: Path) -> Path:
    """Run the converter; gives the USD file that it made in ``scratch``."""
    module = converters.MODULES[path.suffix.lower()]
    flags = ["--no-layer-structure", "--no-physics-scene"]
    try:
        done = subprocess.run(
            converters.command(python, "-m", module, str(path.resolve()), str(scratch), *flags),
            env=converters.environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            timeout=TIMEOUT,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise RobotError(
            f"the conversion to USD did not end within {TIMEOUT:g} s", where=str(path), todo="Simplify its meshes"
        ) from error
    except OSError as error:
        raise RobotError(f"does not run: {error.strerror}", where=str(python), todo=converters.how_to_make()) from error
    made = sorted(scratch.glob("*.usd*"))
    if done.returncode or not made:
        raise _failure(path, python, module, done)
    return made[0]


def _failure(path: Path, python: Path, module: str, done: subprocess.CompletedProcess[str]) -> RobotError:
    reason = _reason(done.stdout) or (
        f"the converter was ended by signal {-done.returncode}"
        if done.returncode < 0
        else "the converter gave no reason"
    )
    if "No module named" in reason or "ImportError" in reason:
        return RobotError(f"{module} does not load ({reason})", where=str(python), todo=converters.how_to_make())
    return RobotError(f"cannot be converted to USD: {reason}", where=str(path), todo="Repair the file")


def _reason(output: str) -> str:
    """What the converter says behind "Conversion failed:", which may be several lines, or else its last line."""
    _, failed, text = output.rpartition("Conversion failed:")
    if not failed:
        return next((line.strip() for line in reversed(output.splitlines()) if line.strip()), "")
    return " ".join(text.rpartition("Python runtime error:")[2].strip().removesuffix("'").split())
