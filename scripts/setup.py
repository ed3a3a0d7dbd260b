# SPDX-License-Identifier: Apache-2.0
"""Build the Python environment once, outside the checkout, and print its interpreter. Run through ``setup.sh``.

The environment is named after what is in it (the pins and pyproject.toml's dependencies), so other checkouts with the
same needs share it. The package itself is never installed there: it runs from the checkout by PYTHONPATH.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "exts"))

from humanoid_brain import machine  # noqa: E402  (needs the path above; standard library only)

EXTRAS = ("standalone", "studio", "dev")
NEEDED_GIB = 11
"""Measured: 6.9 GiB in the end, 9.4 GiB while the wheels are unpacked."""
BUILDING, COMPLETE = "humanoid_brain.building", "humanoid_brain.json"


class SetupError(Exception):
    """Why there can be no environment, and what to do about it."""


def main() -> int:
    """Print the interpreter's path on stdout; return 1 and say why if there is none."""
    try:
        print(prepare())
    except SetupError as error:
        say(f"error: {error}")
        return 1
    except KeyboardInterrupt:
        say("interrupted; the next run starts this step again")
        return 130
    return 0


def prepare() -> Path:
    """The interpreter of a complete environment with all native libraries it needs."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = requirements(project)
    key = fingerprint(wanted)
    chosen = os.environ.get("HUMANOID_BRAIN_VENV")
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "humanoid_brain"
    folder = Path(chosen).absolute() if chosen else cache / f"venv-{key}"
    python = folder / "bin" / "python"
    if chosen and is_foreign(folder):
        if not runs(python):
            raise SetupError(f"HUMANOID_BRAIN_VENV={folder} is not a Python environment. Name another folder.")
        install_libraries(optional=False)
        return python
    if not is_complete(folder, key):
        install_libraries(optional=True)
        with lock(folder) as held:
            if not is_complete(folder, key):  # another process may have built it while this one waited
                build(folder, wanted, key, held)
    else:
        install_libraries(optional=False)
    return python


def requirements(project: dict) -> list[str]:
    """All dependencies of pyproject.toml, with every extra."""
    return sorted([*project["dependencies"], *(r for e in EXTRAS for r in project["optional-dependencies"][e])])


def fingerprint(wanted: list[str]) -> str:
    """Short hash of everything that decides what is in the environment."""
    pins = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    text = json.dumps([pins, wanted, sys.version_info[:2], os.uname().machine])
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def is_complete(folder: Path, key: str) -> bool:
    """True if the environment was built to the end from the same needs, and its base Python still exists."""
    try:
        made_of = json.loads((folder / COMPLETE).read_text(encoding="utf-8"))["key"]
    except (OSError, ValueError, KeyError):
        return False
    return made_of == key and runs(folder / "bin" / "python")


def is_foreign(folder: Path) -> bool:
    """True for a folder with content that this script did not make, which it must not touch."""
    ours = (folder / BUILDING).exists() or (folder / COMPLETE).exists()
    return not ours and folder.exists() and (not folder.is_dir() or any(folder.iterdir()))


def runs(python: Path) -> bool:
    """True if the interpreter starts."""
    try:
        return subprocess.run([python, "-c", ""], capture_output=True).returncode == 0
    except OSError:
        return False


def build(folder: Path, wanted: list[str], key: str, held: int) -> None:
    """Make the environment.

    It counts as complete by a file written last: scripts in it hold its absolute path, so building elsewhere and
    renaming would break them. A build that was killed is thrown away by the next run.
    """
    if is_foreign(folder):
        raise SetupError(f"{folder} has content that is not ours. Move it away, or set HUMANOID_BRAIN_VENV.")
    shutil.rmtree(folder, ignore_errors=True)
    free = shutil.disk_usage(folder.parent).free / (1 << 30)
    if free < NEEDED_GIB:
        raise SetupError(
            f"{folder.parent} has {free:.1f} GiB free, the environment takes {NEEDED_GIB} GiB while it is built. "
            "Free some space, or set HUMANOID_BRAIN_VENV to a folder on another disk."
        )
    began = time.monotonic()
    say(f"building {folder}")
    say("2 to 3 minutes with a fast connection: 3 GB to download, for torch brings the CUDA libraries")
    (folder / "tmp").mkdir(parents=True)
    (folder / BUILDING).touch()
    run([sys.executable, "-m", "venv", str(folder)], folder, held)
    pip = [str(folder / "bin" / "python"), "-m", "pip", "install", "--no-input", "--progress-bar", "off"]
    pip += ["--disable-pip-version-check", "--constraint", str(ROOT / "constraints.txt")]
    run([*pip, "--upgrade", "pip"], folder, held)
    run([*pip, *wanted], folder, held)
    shutil.rmtree(folder / "tmp")
    part = folder / f"{COMPLETE}.part"
    part.write_text(json.dumps({"key": key, "python": sys.version, "requirements": wanted}, indent=2))
    part.replace(folder / COMPLETE)
    (folder / BUILDING).unlink()
    say(f"ready after {time.monotonic() - began:.0f} s")
    others = sorted(str(p) for p in folder.parent.glob("venv-*") if p.is_dir() and p != folder)
    if others and folder.name.startswith("venv-"):
        say(f"environments of other versions, which you may delete: {' '.join(others)}")


def run(command: list[str], folder: Path, held: int) -> None:
    """Run one step, show its large downloads as they come, and its last lines if it fails.

    The step inherits the lock ``held``: where this process is killed and the step lives on, the lock lives too.
    """
    environment = os.environ | {"TMPDIR": str(folder / "tmp")}  # /tmp is often too small for the wheels
    lines: list[str] = []
    with subprocess.Popen(
        command,
        env=environment,
        text=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        pass_fds=(held,),
    ) as process:
        for line in process.stdout or ():
            lines.append(line.rstrip())
            if shown := progress(lines[-1]):
                say(shown)
    if process.returncode:
        say("\n".join(lines[-15:]))
        raise SetupError(f"this step failed: {' '.join(command[:5])} ... The lines above say why; then run it again.")


def progress(line: str) -> str | None:
    """What to show of a line of pip's output: packages of 30 MB and more, and the start of the installation."""
    if match := re.match(r"\s*Downloading (\S+?)-\d\S* \(([\d.]+) (MB|GB)\)", line):
        large = match[3] == "GB" or float(match[2]) >= 30
        return f"  fetching {match[1]}, {match[2]} {match[3]}" if large else None
    if line.startswith("Installing collected packages") and "," in line:
        return f"  installing {line.count(',') + 1} packages, about a minute"
    return None


def install_libraries(*, optional: bool) -> None:
    """See that the native libraries are there; install Debian's packages when root, else say what to run."""
    missing = machine.missing_libraries()
    required = [library for library in missing if library.required]
    if not required and not (missing and optional):
        return
    packages = sorted({name for library in missing for name in library.debian.split()})
    names = ", ".join(library.soname for library in missing)
    command = f"apt-get install {' '.join(packages)}"
    if os.geteuid() == 0 and shutil.which("apt-get"):
        say(f"installing Debian packages for {names}, about half a minute: {command}")
        apt_install(packages)
        required = [library for library in machine.missing_libraries() if library.required]
    if required:
        users = ", ".join(f"{library.soname} (for {library.user})" for library in required)
        raise SetupError(f"missing native libraries: {users}. An administrator must run: {command}")
    if missing := machine.missing_libraries():
        say(f"note: {', '.join(m.soname for m in missing)} missing; only the studio windows need them: {command}")


def apt_install(packages: list[str]) -> None:
    """Install what can be; whether it was enough is for the caller to see."""
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    base = ["apt-get", "-q", "-o", "DPkg::Lock::Timeout=300"]
    for arguments in (["update"], ["install", "-y", "--no-install-recommends", *packages]):
        done = subprocess.run([*base, *arguments], env=environment, capture_output=True, text=True)
        if done.returncode:
            say("\n".join((done.stdout + done.stderr).splitlines()[-5:]))


@contextmanager
def lock(folder: Path) -> Iterator[int]:
    """Let one process at a time build ``folder``; gives the handle. The system frees the lock when its holders die."""
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        stream = folder.with_name(f"{folder.name}.lock").open("w")
    except OSError as error:
        raise SetupError(f"{folder.parent}: {error.strerror}. Set HUMANOID_BRAIN_VENV to another folder.") from error
    with stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            say(f"another process is building {folder}; waiting for it")
            fcntl.flock(stream, fcntl.LOCK_EX)
        yield stream.fileno()


def say(text: str) -> None:
    """Tell the user, on stderr: stdout carries the interpreter's path alone."""
    print(f"[setup] {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
