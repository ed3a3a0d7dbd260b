# SPDX-License-Identifier: Apache-2.0
"""The Python that has the URDF and MJCF converters. Standard library only: the set-up and the doctor use it too.

It is another one than ours: the converters bring OpenUSD in the wheel usd-exchange, we have it from usd-core, and where
both are installed they overwrite each other's files.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import shlex
import subprocess
from pathlib import Path

from humanoid_brain import paths
from humanoid_brain.errors import RobotError

VARIABLE = "HUMANOID_BRAIN_CONVERTERS"
"""Environment variable that names the Python to use."""
PACKAGES: tuple[str, ...] = ("urdf-usd-converter", "mujoco-usd-converter")
"""What it must have: the extra ``convert`` of pyproject.toml."""
MODULES = {".urdf": "urdf_usd_converter", ".xml": "mujoco_usd_converter"}
"""The converter of each suffix."""
_FOREIGN = ("PYTHON", "PXR_")
"""Beginnings of variables that would lead another Python to our packages, and its OpenUSD to our plug-ins."""


def find() -> Path:
    """The Python that :data:`VARIABLE` names, else that of the environment which ``make setup`` builds.

    Raises:
        RobotError: There is none; the message says how to make one.
    """
    if chosen := os.environ.get(VARIABLE):
        python = Path(chosen).expanduser().absolute()
        if not python.is_file() or not os.access(python, os.X_OK):
            raise RobotError("is not a Python that can be run", where=f"{VARIABLE}={chosen}", todo=how_to_make())
        return python
    folder = default_folder(paths.constraints())
    python = folder / "bin" / "python"
    if not (folder / paths.BUILT).is_file() or not python.exists():
        raise RobotError("the converters of URDF and MJCF are not installed", todo=how_to_make())
    return python


def default_folder(constraints: Path) -> Path:
    """The environment in the cache, named after its packages and the pins, so checkouts with the same pins share it."""
    pins = constraints.read_text(encoding="utf-8") if constraints.is_file() else ""
    text = json.dumps([pins, PACKAGES, platform.machine()])
    return paths.cache() / f"converters-{hashlib.sha256(text.encode()).hexdigest()[:12]}"


def how_to_make() -> str:
    """The commands that make such a Python."""
    here = "~/converters"
    install = f"{here}/bin/pip install -c {shlex.quote(str(paths.constraints()))} {' '.join(PACKAGES)}"
    export = f"export {VARIABLE}={here}/bin/python"
    return f"Run `make converters` in the checkout, or: python3.12 -m venv {here} && {install} && {export}"


def versions(python: Path, names: tuple[str, ...] = PACKAGES) -> dict[str, str]:
    """Version of each of the distributions ``names`` that ``python`` has.

    Raises:
        RobotError: It does not run.
    """
    code = (
        "import json, sys\nfrom importlib import metadata\n"
        "found = {name: next(metadata.distributions(name=name), None) for name in sys.argv[1:]}\n"
        "print(json.dumps({name: package.version for name, package in found.items() if package}))"
    )
    try:
        done = subprocess.run(
            command(python, "-c", code, *names),
            env=environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=2.0,
            check=True,
        )
        return json.loads(done.stdout)
    except (OSError, subprocess.SubprocessError, ValueError) as error:
        raise RobotError("does not run as a Python", where=str(python), todo=how_to_make()) from error


def command(python: Path, *arguments: str) -> list[str]:
    """Command line of ``python`` in isolated mode: no module of this folder, this user or this process comes in."""
    return [str(python), "-I", "-X", "utf8", "-W", "ignore", *arguments]


def environment() -> dict[str, str]:
    """This process's environment variables without those that are for our own Python and OpenUSD."""
    return {name: value for name, value in os.environ.items() if not name.startswith(_FOREIGN)}
