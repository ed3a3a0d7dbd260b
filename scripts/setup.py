# SPDX-License-Identifier: Apache-2.0
"""Build two Python environments once, outside the checkout, and print an interpreter. Run through ``setup.sh``.

One runs everything; the other, small one has the URDF and MJCF converters, whose OpenUSD would overwrite ours. Each is
named after what is in it (the pins and pyproject.toml's dependencies), so other checkouts with the same needs share it.
The package itself is never installed there: it runs from the checkout by PYTHONPATH.
"""

from __future__ import annotations

import contextlib
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
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "exts"))

from humanoid_brain import machine, paths  # noqa: E402  (needs the path above; standard library only)
from humanoid_brain.errors import RobotError  # noqa: E402
from humanoid_brain.scene import converters  # noqa: E402

BOOT = Path("/proc/sys/kernel/random/boot_id")
EXTRAS = ("standalone", "studio", "ray", "dev")
BUILDING, COMPLETE = "humanoid_brain.building", paths.BUILT


class SetupError(Exception):
    """Why there can be no environment, and what to do about it."""


class Environment(NamedTuple):
    """An environment that this script builds."""

    folder: Path
    wanted: list[str]
    key: str
    """Of everything that decides what is in it."""
    needed: float
    """GiB of disk while it is built."""
    note: str
    """What a user waits for."""
    variable: str
    """Environment variable that moves it to another place."""

    @property
    def python(self) -> Path:
        """Its interpreter."""
        return self.folder / "bin" / "python"


def main(arguments: list[str]) -> int:
    """Print the interpreter's path on stdout; return 1 and say why if there is none.

    With the argument "converters", see to that environment alone and print its interpreter.
    """
    if arguments not in ([], ["converters"]):
        say(f"error: unknown arguments {' '.join(arguments)}; there is only 'converters'")
        return 2
    try:
        print(prepare_converters() if arguments else prepare())
    except SetupError as error:
        say(f"error: {error}")
        return 1
    except KeyboardInterrupt:
        say("interrupted; the next run starts this step again")
        return 130
    return 0


def prepare() -> Path:
    """The interpreter of a complete environment with all native libraries it needs, after that of the converters."""
    python = prepare_main()
    prepare_converters()
    return python


def prepare_main() -> Path:
    """The interpreter that runs everything but the converters."""
    wanted = requirements(tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"])
    key = fingerprint(wanted)
    chosen = os.environ.get("HUMANOID_BRAIN_VENV")
    folder = Path(chosen).absolute() if chosen else paths.cache() / f"venv-{key}"
    # Measured: 6.9 GiB in the end, 9.4 GiB while the wheels are unpacked.
    note = "2 to 3 minutes with a fast connection: 3 GB to download, for torch brings the CUDA libraries"
    environment = Environment(folder, wanted, key, 11, note, "HUMANOID_BRAIN_VENV")
    if chosen and is_foreign(folder):
        if not runs(environment.python):
            raise SetupError(f"HUMANOID_BRAIN_VENV={folder} is not a Python environment. Name another folder.")
        install_libraries()
    else:
        install_libraries()
        ensure(environment)
    return environment.python


def prepare_converters() -> Path:
    """The interpreter that has the URDF and MJCF converters."""
    if os.environ.get(converters.VARIABLE):
        try:
            return converters.find()
        except RobotError as error:
            raise SetupError(str(error)) from error
    wanted = sorted(converters.PACKAGES)
    folder = converters.default_folder(ROOT / "constraints.txt")
    # Measured: 0.33 GiB in the end.
    note = "the converters of URDF and MJCF files, about 15 seconds: 80 MB to download"
    environment = Environment(folder, wanted, fingerprint(wanted), 1, note, "XDG_CACHE_HOME")
    ensure(environment)
    return environment.python


def requirements(project: dict) -> list[str]:
    """The dependencies of pyproject.toml with the extras that go into one environment."""
    return sorted([*project["dependencies"], *(r for e in EXTRAS for r in project["optional-dependencies"][e])])


def fingerprint(wanted: list[str]) -> str:
    """Short hash of everything that decides what is in the environment."""
    pins = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    text = json.dumps([pins, wanted, sys.version_info[:2], os.uname().machine])
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def is_complete(environment: Environment) -> bool:
    """True if it was built to the end from the same needs, and its base Python still exists."""
    try:
        made_of = json.loads((environment.folder / COMPLETE).read_text(encoding="utf-8"))["key"]
    except (OSError, ValueError, KeyError):
        return False
    return made_of == environment.key and runs(environment.python)


def is_foreign(folder: Path) -> bool:
    """True for a folder with content that this script did not make, which it must not touch."""
    ours = (folder / BUILDING).exists() or (folder / COMPLETE).exists()
    return not ours and folder.exists() and (not folder.is_dir() or any(folder.iterdir()))


def runs(python: Path) -> bool:
    """True if the interpreter starts."""
    try:
        return subprocess.run([python, "-I", "-S", "-c", ""], capture_output=True).returncode == 0
    except OSError:
        return False


def ensure(environment: Environment) -> None:
    """Build the environment unless it is there or another process does so meanwhile."""
    if is_complete(environment):
        return
    with lock(environment) as held:
        if not is_complete(environment):
            build(environment, held)


def build(environment: Environment, held: int) -> None:
    """Make the environment.

    It counts as complete by a file written last: scripts in it hold its absolute path, so building elsewhere and
    renaming would break them. A build that was killed is thrown away by the next run.
    """
    folder = environment.folder
    if is_foreign(folder):
        raise SetupError(f"{folder} has content that is not ours. Move it away, or set {environment.variable}.")
    shutil.rmtree(folder, ignore_errors=True)
    free = shutil.disk_usage(folder.parent).free / (1 << 30)
    if free < environment.needed:
        raise SetupError(
            f"{folder.parent} has {free:.1f} GiB free, the environment takes {environment.needed} GiB while it is "
            f"built. Free some space, or set {environment.variable} to a folder on another disk."
        )
    began = time.monotonic()
    say(f"building {folder}")
    say(environment.note)
    (folder / "tmp").mkdir(parents=True)
    (folder / BUILDING).touch()
    run([sys.executable, "-m", "venv", str(folder)], folder, held)
    pip = [str(environment.python), "-m", "pip", "install", "--no-input", "--progress-bar", "off"]
    pip += ["--disable-pip-version-check", "--constraint", str(ROOT / "constraints.txt")]
    run([*pip, "--upgrade", "pip"], folder, held)
    run([*pip, *environment.wanted], folder, held)
    shutil.rmtree(folder / "tmp")
    part = folder / f"{COMPLETE}.part"
    made_of = {"key": environment.key, "python": sys.version, "requirements": environment.wanted}
    part.write_text(json.dumps(made_of, indent=2))
    part.replace(folder / COMPLETE)
    (folder / BUILDING).unlink()
    say(f"ready after {time.monotonic() - began:.0f} s")
    kind = folder.name.partition("-")[0]
    others = sorted(str(p) for p in folder.parent.glob(f"{kind}-*") if p.is_dir() and p != folder)
    if others and folder.parent == paths.cache():
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
        count = line.count(",") + 1
        return f"  installing {count} packages{', about a minute' if count > 50 else ''}"
    return None


def install_libraries() -> None:
    """See that the native libraries are there; install Debian's packages when root, else say what to run.

    What is optional is tried once between two starts of the machine: not every system has it.
    """
    missing = machine.missing_libraries()
    packages = sorted({name for library in missing for name in library.debian.split()})
    command = f"apt-get install {' '.join(packages)}"
    required = [library for library in missing if library.required]
    first = bool(missing) and first_try(packages)
    if (required or first) and os.geteuid() == 0 and shutil.which("apt-get"):
        names = ", ".join(library.soname for library in missing)
        say(f"installing Debian packages for {names}, about half a minute: {command}")
        apt_install(packages)
        missing = machine.missing_libraries()
        required = [library for library in missing if library.required]
    if required:
        users = ", ".join(f"{library.soname} (for {library.user})" for library in required)
        raise SetupError(f"missing native libraries: {users}. An administrator must run: {command}")
    if missing and first:
        lacking = "; ".join(f"only {library.user} needs {library.soname}" for library in missing)
        say(f"note: {lacking}: {command}")


def first_try(packages: list[str]) -> bool:
    """True once per start of the machine and list of packages."""
    this = " ".join([BOOT.read_text().strip() if BOOT.exists() else "", *packages])
    tried = paths.cache() / "libraries-tried"
    if tried.exists() and tried.read_text() == this:
        return False
    with contextlib.suppress(OSError):
        tried.parent.mkdir(parents=True, exist_ok=True)
        tried.write_text(this)
    return True


def apt_install(packages: list[str]) -> None:
    """Install what can be, one by one where not all can; whether it was enough is for the caller to see."""
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    base = ["apt-get", "-q", "-o", "DPkg::Lock::Timeout=300"]

    def apt(*arguments: str) -> bool:
        done = subprocess.run([*base, *arguments], env=environment, capture_output=True, text=True)
        if done.returncode:
            say("\n".join((done.stdout + done.stderr).splitlines()[-5:]))
        return done.returncode == 0

    install = ("install", "-y", "--no-install-recommends")
    apt("update")
    if not apt(*install, *packages) and len(packages) > 1:
        for package in packages:
            apt(*install, package)


@contextlib.contextmanager
def lock(environment: Environment) -> Iterator[int]:
    """Let one process at a time build; gives the handle. The system frees the lock when its holders die."""
    folder = environment.folder
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        stream = folder.with_name(f"{folder.name}.lock").open("w")
    except OSError as error:
        raise SetupError(f"{folder.parent}: {error.strerror}. Set {environment.variable} to another folder.") from error
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
    raise SystemExit(main(sys.argv[1:]))
