# SPDX-License-Identifier: Apache-2.0
"""``python -m humanoid_brain doctor``: what this machine has, and for each problem what to do.

Nothing heavy is imported: versions come from the packages' metadata, GPUs from the driver, so the answer takes
well under a second even where torch needs several to load.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

import humanoid_brain
from humanoid_brain import machine, paths
from humanoid_brain.errors import RobotError, StorageError
from humanoid_brain.files import storage_errors
from humanoid_brain.scene import converters

OK, WARNING, PROBLEM = "ok", "warning", "problem"
GIB = 1 << 30

CORE, STANDALONE, STUDIO = "core", "standalone", "studio"
PACKAGES: dict[str, tuple[str, str]] = {
    "numpy": ("numpy", CORE),
    "pydantic": ("pydantic", CORE),
    "pyyaml": ("yaml", CORE),
    "safetensors": ("safetensors", CORE),
    "tyro": ("tyro", CORE),
    "torch": ("torch", STANDALONE),
    "usd-core": ("pxr", STANDALONE),
    "ovphysx": ("ovphysx", STANDALONE),
    "ovstage": ("ovstage", STANDALONE),
    "physx-usd-schemas": ("physx_usd_schemas", STANDALONE),
    "newton-usd-schemas": ("newton_usd_schemas", STANDALONE),
    "warp-lang": ("warp", STANDALONE),
    "packaging": ("packaging", STANDALONE),
    "mitsuba": ("mitsuba", STANDALONE),
    "gymnasium": ("gymnasium", STANDALONE),
    "matplotlib": ("matplotlib", STANDALONE),
    "tensorboard": ("tensorboard", STANDALONE),
    "opencv-python-headless": ("cv2", STANDALONE),
    "pillow": ("PIL", STANDALONE),
    "pyoidn": ("pyoidn", STANDALONE),
    "ovui": ("omni.ui", STUDIO),
}
"""Distribution -> module to import and who needs it: the same packages as in pyproject.toml."""


@dataclass(frozen=True)
class Check:
    """One line of the report. ``todo`` is the next step for the reader, empty where all is well."""

    name: str
    status: str
    found: str
    todo: str = ""


def examine(output: Path) -> list[Check]:
    """Look at everything a run needs. ``output`` is the folder where runs would be written."""
    isaac = isaac_version()
    checks = [_host(isaac), _python(isaac), *_packages(isaac)]
    if isaac is None and sys.platform == "linux":
        checks += _libraries()
    return [*checks, _converters(), *_gpus(), _cores(), _memory(), _disk(output), _output(output)]


def isaac_version() -> str | None:
    """Version of the Isaac Sim whose Python runs this, or None. Kit itself need not be running."""
    root = os.environ.get("ISAAC_PATH", "")
    file = Path(root) / "VERSION"
    if root and file.is_file():
        return file.read_text(encoding="utf-8").strip().partition("-")[0]
    return _installed("isaacsim")


def pins(text: str) -> dict[str, str]:
    """The ``name==version`` lines of a constraints file, names in lower case with dashes."""
    lines = (line.partition("#")[0].strip() for line in text.splitlines())
    return {_normal(name): version for name, _, version in (line.partition("==") for line in lines if line)}


def main(argv: Sequence[str]) -> int:
    """Run the checks and print the report. The exit code is 1 if there is a problem, else 0."""
    parser = argparse.ArgumentParser(prog="python -m humanoid_brain doctor", description="Check this machine.")
    parser.add_argument("--json", action="store_true", help="print one machine-readable line last")
    parser.add_argument("--output", type=Path, default=Path("outputs"), help="folder that runs will be written to")
    args = parser.parse_args(argv)
    checks = examine(args.output)
    print("\n".join(_report(checks, coloured=sys.stdout.isatty() and "NO_COLOR" not in os.environ)))
    problems = sum(check.status == PROBLEM for check in checks)
    if args.json:
        warnings = sum(check.status == WARNING for check in checks)
        summary = {"ok": problems == 0, "problems": problems, "warnings": warnings}
        print(json.dumps(summary | {"version": humanoid_brain.__version__, "checks": [asdict(c) for c in checks]}))
    return 1 if problems else 0


def _host(isaac: str | None) -> Check:
    return Check("host", OK, f"Isaac Sim {isaac}" if isaac else "standalone (PhysX through ovphysx)")


def _python(isaac: str | None) -> Check:
    version = ".".join(map(str, sys.version_info[:3]))
    if isaac is None and sys.version_info[:2] != (3, 12):
        return Check("Python", WARNING, version, "The pinned packages are tested with 3.12: run `make setup`")
    return Check("Python", OK, version)


def _packages(isaac: str | None) -> Iterator[Check]:
    wanted = _pins()
    for name, (module, group) in PACKAGES.items():
        if isaac is None or group == CORE:
            yield _package(name, module, group, None if isaac else wanted.get(name))
    if isaac is None and _installed("usd-exchange"):
        pip, core = (
            f"{sys.executable} -m pip",
            f"usd-core=={wanted['usd-core']}" if "usd-core" in wanted else "usd-core",
        )
        todo = f"Run: {pip} uninstall -y usd-exchange && {pip} install --force-reinstall --no-deps {core}"
        yield Check("usd-exchange", WARNING, "beside usd-core; they overwrite each other's files", todo)


def _package(name: str, module: str, group: str, wanted: str | None) -> Check:
    found = _installed(name) if _importable(module) else None
    pinned = f'"{name}=={wanted}"' if wanted else name
    install = f"Run: {sys.executable} -m pip install {pinned}"
    if found is None:
        if group == STUDIO:
            return Check(name, WARNING, "missing; only the studio windows need it", install)
        return Check(name, PROBLEM, "missing", f"{install}, or `make setup` in the checkout for all packages")
    if wanted and found.partition("+")[0] != wanted:
        return Check(name, WARNING, f"{found}, tested with {wanted}", install)
    return Check(name, OK, found)


def _converters() -> Check:
    """The Python that turns URDF and MJCF into USD; other robots do not need it."""
    name, only = "converters", "only robots from URDF and MJCF need them"
    try:
        python = converters.find()
        found = converters.versions(python, (*converters.PACKAGES, "usd-core"))
    except RobotError as error:
        what = f"{error.where}: {error.what}" if error.where else "missing"
        return Check(name, WARNING, f"{what}; {only}", error.todo)
    if missing := [package for package in converters.PACKAGES if package not in found]:
        return Check(name, WARNING, f"{python} lacks {' and '.join(missing)}; {only}", converters.how_to_make())
    if "usd-core" in found:
        clash = f"{python} has usd-core beside usd-exchange, which overwrite each other"
        return Check(name, WARNING, f"{clash}; {only}", converters.how_to_make())
    wanted, other = _pins(), []
    for package in converters.PACKAGES:
        if (pin := wanted.get(package)) and found[package] != pin:
            other.append(f"{package} {pin}")
    versions = ", ".join(f"{package} {found[package]}" for package in converters.PACKAGES)
    if other:
        return Check(name, WARNING, f"{versions}, tested with {', '.join(other)}", converters.how_to_make())
    return Check(name, OK, f"{versions}, by {python}")


def _libraries() -> Iterator[Check]:
    missing = machine.missing_libraries()
    for library in machine.LIBRARIES:
        if library not in missing:
            yield Check(library.soname, OK, f"found, for {library.user}")
            continue
        todo = f"Run as root: apt-get install {library.debian}"
        if library.required:
            yield Check(library.soname, PROBLEM, f"missing; {library.user} loads it", todo)
        else:
            yield Check(library.soname, WARNING, f"missing; only {library.user} needs it", todo)


def _gpus() -> Iterator[Check]:
    gpus = machine.gpus()
    if not gpus:
        yield Check("GPU", OK, "none; everything runs on the CPU (--device cpu)")
    built = _torch_cuda()
    for gpu in gpus:
        memory = f"{gpu.memory_free / GIB:.1f} of {gpu.memory / GIB:.1f} GiB free"
        found = f"{gpu.name}, {memory}, driver {gpu.driver}, CUDA {gpu.cuda[0]}.{gpu.cuda[1]}"
        if built is None:
            yield Check("GPU", WARNING, f"{found}; torch is built without CUDA", "Install torch from the default index")
        elif gpu.cuda[0] < built[0]:
            todo = "Update the NVIDIA driver, or run with --device cpu"
            yield Check("GPU", WARNING, f"{found}; torch needs CUDA {built[0]}", todo)
        else:
            yield Check("GPU", OK, found)


def _cores() -> Check:
    return Check("CPU", OK, f"{machine.cores()} cores")


def _memory() -> Check:
    free = machine.free_memory()
    if free is None:
        return Check("memory", OK, "unknown on this system")
    todo = "" if free >= 3 * GIB else "Training at 256 environments takes about 1.5 GiB: close other programs"
    return Check("memory", WARNING if todo else OK, f"{free / GIB:.1f} GiB free", todo)


def _disk(output: Path) -> Check:
    free = shutil.disk_usage(_ancestor(output)).free
    todo = "" if free >= 2 * GIB else "Free some space, or choose another --output"
    return Check("disk", WARNING if todo else OK, f"{free / GIB:.1f} GiB free for {output}", todo)


def _output(output: Path) -> Check:
    """Try to write where the folder is or would be made, without making it."""
    folder = _ancestor(output)
    try:
        with storage_errors(folder), tempfile.TemporaryFile(dir=folder):
            pass
    except StorageError as error:
        return Check("output", PROBLEM, f"{error.where}: {error.what}", error.todo)
    return Check("output", OK, f"{output} can be written")


def _ancestor(path: Path) -> Path:
    """``path`` itself or the nearest folder above it that exists."""
    whole = path.absolute()
    return next(folder for folder in (whole, *whole.parents) if folder.exists())


def _torch_cuda() -> tuple[int, int] | None:
    """CUDA version torch was built for, read from its version file because importing torch takes seconds."""
    spec = find_spec("torch")
    file = Path(spec.origin).with_name("version.py") if spec and spec.origin else None
    match = re.search(r"^cuda\b.*'(\d+)\.(\d+)'", file.read_text(encoding="utf-8"), re.M) if file else None
    return (int(match[1]), int(match[2])) if match else None


def _importable(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except (ImportError, ValueError):
        return False


def _installed(distribution: str) -> str | None:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return None


def _pins() -> dict[str, str]:
    file = paths.constraints()
    return pins(file.read_text(encoding="utf-8")) if file.is_file() else {}


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name.strip()).lower()


def _report(checks: list[Check], *, coloured: bool) -> Iterator[str]:
    """The table, then the verdict."""
    width = max(len(check.name) for check in checks)
    for check in checks:
        yield f"  {_paint(check.status, coloured)}  {check.name:<{width}}  {check.found}"
        if check.todo:
            yield f"  {'':<7}  {'':<{width}}  {check.todo}"
    problems = sum(check.status == PROBLEM for check in checks)
    warnings = sum(check.status == WARNING for check in checks)
    verdict = f"{problems} problem{'s' * (problems != 1)}, {warnings} warning{'s' * (warnings != 1)}"
    yield f"\nhumanoid_brain {humanoid_brain.__version__}: {'all is well' if not problems + warnings else verdict}"


def _paint(status: str, coloured: bool) -> str:
    colour = {OK: 32, WARNING: 33, PROBLEM: 31}[status]
    return f"\x1b[{colour}m{status:<7}\x1b[0m" if coloured else f"{status:<7}"
