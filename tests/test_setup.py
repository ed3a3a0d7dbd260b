# SPDX-License-Identifier: Apache-2.0
"""The set-up script, with the steps that take minutes replaced."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
import threading
import time
import venv
from collections.abc import Callable
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from humanoid_brain.scene import converters

LIBRARY = SimpleNamespace(soname="libGL.so.1", debian="libgl1", user="ovstage", required=True)
OPTIONAL = SimpleNamespace(soname="libglfw.so.3", debian="libglfw3", user="the studio", required=False)


@pytest.fixture
def setup(repo_root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The script as a module, with a cache of its own, all libraries present and a quick stand-in for pip."""
    module = loaded(repo_root)
    monkeypatch.setattr(module, "run", fake_run)
    monkeypatch.setattr(module.machine, "missing_libraries", lambda: [])
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("HUMANOID_BRAIN_VENV", raising=False)
    monkeypatch.delenv("HUMANOID_BRAIN_CONVERTERS", raising=False)
    return module


def loaded(repo_root: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("setup_script", repo_root / "scripts" / "setup.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def fake_run(command: list[str], folder: Path, held: int = -1) -> None:
    (folder / "bin").mkdir(exist_ok=True)
    (folder / "bin" / "python").unlink(missing_ok=True)
    (folder / "bin" / "python").symlink_to(sys.executable)


def place(folder: Path) -> SimpleNamespace:
    """As much of an environment as the lock needs."""
    return SimpleNamespace(folder=folder, variable="XDG_CACHE_HOME")


def refuse(*_: object) -> None:
    raise AssertionError("this must not be called")


def test_environment_is_built_once_outside_the_checkout(
    setup: ModuleType, tmp_path: Path, repo_root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    python = setup.prepare()
    assert python.parents[2] == tmp_path / "cache" / "humanoid_brain"
    assert repo_root not in python.parents
    assert subprocess.run([python, "-c", ""]).returncode == 0
    assert not (python.parents[1] / "tmp").exists()
    monkeypatch.setattr(setup, "run", refuse)
    assert setup.prepare() == python


def test_other_checkout_shares_it_and_other_pins_do_not(
    setup: ModuleType, repo_root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    python = setup.prepare()
    other = tmp_path / "clone"
    other.mkdir()
    for name in ("pyproject.toml", "constraints.txt"):
        shutil.copy(repo_root / name, other)
    monkeypatch.setattr(setup, "ROOT", other)
    assert setup.prepare() == python
    with (other / "constraints.txt").open("a") as stream:
        stream.write("another==1.0\n")
    changed = setup.prepare()
    assert changed != python
    text = (repo_root / "pyproject.toml").read_text()
    (other / "pyproject.toml").write_text(text.replace('"pyyaml"', '"pyyaml>=5"'))
    assert setup.prepare() not in (python, changed)


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit])
def test_build_that_was_cut_off_is_thrown_away(
    setup: ModuleType, monkeypatch: pytest.MonkeyPatch, error: type[BaseException]
) -> None:
    def cut_off(command: list[str], folder: Path, held: int) -> None:
        fake_run(command, folder)
        (folder / "half").touch()
        raise error

    monkeypatch.setattr(setup, "run", cut_off)
    with pytest.raises(error):
        setup.prepare()
    monkeypatch.setattr(setup, "run", fake_run)
    python = setup.prepare()
    assert not (python.parents[1] / "half").exists()


def test_environment_whose_base_python_is_gone_is_built_again(setup: ModuleType) -> None:
    python = setup.prepare()
    python.unlink()
    python.symlink_to("/nowhere/python3.12")
    assert setup.prepare() == python
    assert setup.runs(python)


def test_two_at_once_build_once(setup: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[list[str]] = []
    found: list[Path] = []

    def slow(command: list[str], folder: Path, held: int) -> None:
        calls.append(command)
        time.sleep(0.2)
        fake_run(command, folder)

    monkeypatch.setattr(setup, "run", slow)
    threads = [threading.Thread(target=lambda: found.append(setup.prepare())) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30.0)
    assert len(found) == 3
    assert len(set(found)) == 1
    assert len(calls) == 6  # the environment, pip, the packages, and the same for the converters


def test_chosen_environment_of_ours_is_built_there(
    setup: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HUMANOID_BRAIN_VENV", str(tmp_path / "mine"))
    assert setup.prepare() == tmp_path / "mine" / "bin" / "python"
    monkeypatch.setattr(setup, "run", refuse)
    assert setup.prepare() == tmp_path / "mine" / "bin" / "python"


def test_chosen_environment_of_someone_else_is_used_and_never_changed(
    setup: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "theirs"
    folder.mkdir()
    fake_run([], folder)
    monkeypatch.setenv("HUMANOID_BRAIN_VENV", str(folder))
    setup.prepare_converters()
    monkeypatch.setattr(setup, "run", refuse)
    assert setup.prepare() == folder / "bin" / "python"
    assert sorted(path.name for path in folder.iterdir()) == ["bin"]


def test_chosen_folder_that_is_no_environment_is_refused_and_kept(
    setup: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "cat.png").touch()
    monkeypatch.setenv("HUMANOID_BRAIN_VENV", str(tmp_path / "photos"))
    assert setup.main([]) == 1
    streams = capsys.readouterr()
    assert "is not a Python environment" in streams.err
    assert not streams.out
    assert (tmp_path / "photos" / "cat.png").exists()


def test_too_little_space_is_said_before_anything_is_made(
    setup: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=3 << 30))
    with pytest.raises(setup.SetupError, match=r"3\.0 GiB free.*another disk"):
        setup.prepare()
    assert not list((tmp_path / "cache" / "humanoid_brain").glob("venv-*/"))


def test_cache_that_cannot_be_written_is_named(
    setup: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    with pytest.raises(setup.SetupError, match="HUMANOID_BRAIN_VENV"):
        setup.prepare()


def test_converters_get_an_environment_of_their_own_with_nothing_else(
    setup: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed: dict[Path, list[str]] = {}

    def note(command: list[str], folder: Path, held: int) -> None:
        installed.setdefault(folder, []).extend(command)
        fake_run(command, folder)

    monkeypatch.setattr(setup, "run", note)
    python = setup.prepare()
    other = converters.find()  # where the package looks for it at run time
    assert set(installed) == {python.parents[1], other.parents[1]}
    assert installed[other.parents[1]][-2:] == ["mujoco-usd-converter", "urdf-usd-converter"]
    assert not {*installed[python.parents[1]]} & {*converters.PACKAGES, "usd-exchange"}
    for commands in installed.values():
        assert str(setup.ROOT / "constraints.txt") in commands


def test_converters_can_be_built_alone(setup: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert setup.main(["converters"]) == 0
    assert capsys.readouterr().out.strip() == str(converters.find())
    assert not list((tmp_path / "cache" / "humanoid_brain").glob("venv-*/"))
    assert setup.main(["convertors"]) == 2


def test_converters_that_cannot_be_built_stop_the_setup_and_leave_the_main_environment(
    setup: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(command: list[str], folder: Path, held: int) -> None:
        if folder.name.startswith("converters-"):
            raise setup.SetupError("this step failed: pip install")
        fake_run(command, folder)

    monkeypatch.setattr(setup, "run", broken)
    assert setup.main([]) == 1
    streams = capsys.readouterr()
    assert "this step failed" in streams.err
    assert not streams.out
    monkeypatch.setattr(setup, "run", refuse)
    assert setup.runs(setup.prepare_main())


def test_named_converters_are_used_as_they_are(setup: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    python = setup.prepare_main()
    monkeypatch.setattr(setup, "run", refuse)
    monkeypatch.setenv("HUMANOID_BRAIN_CONVERTERS", sys.executable)
    assert setup.prepare() == python
    assert setup.main(["converters"]) == 0
    monkeypatch.setenv("HUMANOID_BRAIN_CONVERTERS", "/nowhere/python")
    with pytest.raises(setup.SetupError, match="HUMANOID_BRAIN_CONVERTERS=/nowhere/python"):
        setup.prepare()


def test_failed_step_shows_its_last_lines(repo_root: Path, tmp_path: Path, capsys: Any) -> None:
    script = loaded(repo_root)
    failing = [sys.executable, "-c", "print('no such package'); raise SystemExit(3)"]
    with script.lock(place(tmp_path / "venv")) as held, pytest.raises(script.SetupError, match="this step failed"):
        script.run(failing, tmp_path, held)
    assert "no such package" in capsys.readouterr().err


def test_step_that_outlives_a_killed_setup_keeps_the_lock(repo_root: Path, tmp_path: Path) -> None:
    """Otherwise the next run would build into a folder that an orphaned pip still writes to."""
    code = f"""
import importlib.util, os, signal, sys, threading, time
from pathlib import Path
from types import SimpleNamespace
spec = importlib.util.spec_from_file_location("script", {str(repo_root / "scripts" / "setup.py")!r})
script = importlib.util.module_from_spec(spec)
spec.loader.exec_module(script)
folder = Path({str(tmp_path)!r})
threading.Timer(0.5, lambda: os.kill(os.getpid(), signal.SIGKILL)).start()
with script.lock(SimpleNamespace(folder=folder / "venv", variable="")) as held:
    script.run([sys.executable, "-c", "import time; time.sleep(2)"], folder, held)
"""
    assert subprocess.run([sys.executable, "-c", code], timeout=30).returncode == -9
    began = time.monotonic()
    with loaded(repo_root).lock(place(tmp_path / "venv")):
        # The orphan sleeps two seconds in all, of which half a second and a little had passed.
        assert time.monotonic() - began > 0.5


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("  Downloading torch-2.11.0-cp312-cp312-manylinux_2_28_x86_64.whl (530.6 MB)", "  fetching torch, 530.6 MB"),
        ("Downloading nvidia_cublas-13.1-py3.whl (1.2 GB)", "  fetching nvidia_cublas, 1.2 GB"),
        ("  Downloading tyro-1.0.17-py3-none-any.whl (180 kB)", None),
        ("  Downloading pillow-13.0.0.whl (7.0 MB)", None),
        ("Installing collected packages: a, b, c", "  installing 3 packages"),
        (f"Installing collected packages: {', '.join('a' * 99)}", "  installing 99 packages, about a minute"),
        ("Installing collected packages: pip", None),
        ("Collecting torch", None),
    ],
)
def test_progress_shows_what_takes_long(setup: ModuleType, line: str, shown: str | None) -> None:
    assert setup.progress(line) == shown


def test_missing_library_names_the_command_for_an_administrator(
    setup: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(setup.machine, "missing_libraries", lambda: [LIBRARY, OPTIONAL])
    with pytest.raises(setup.SetupError, match=r"libGL\.so\.1 \(for ovstage\).*apt-get install libgl1 libglfw3"):
        setup.prepare()


def test_missing_studio_library_is_a_note(
    setup: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(setup.machine, "missing_libraries", lambda: [OPTIONAL])
    assert setup.main([]) == 0
    assert "only the studio needs libglfw.so.3: apt-get install libglfw3" in capsys.readouterr().err


def test_root_installs_what_is_missing(setup: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    missing, installed = [LIBRARY, OPTIONAL], []

    def install(packages: list[str]) -> None:
        installed.extend(packages)
        missing.clear()

    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(setup.machine, "missing_libraries", lambda: list(missing))
    monkeypatch.setattr(setup, "apt_install", install)
    setup.prepare()
    assert installed == ["libgl1", "libglfw3"]


def test_optional_library_that_cannot_be_had_is_tried_once(setup: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[list[str]] = []
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(setup.machine, "missing_libraries", lambda: [OPTIONAL])
    monkeypatch.setattr(setup, "apt_install", tried.append)
    setup.prepare()
    setup.prepare()
    assert tried == [["libglfw3"]]


def test_stdout_carries_the_path_alone(setup: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    assert setup.main([]) == 0
    out = capsys.readouterr().out
    assert Path(out.strip()).name == "python"
    assert out.count("\n") == 1


@pytest.fixture
def bare_path(tmp_path: Path) -> Callable[..., dict[str, str]]:
    """An environment in which the shell finds no Python at all."""
    for tool in ("sh", "dirname", "cat"):
        (tmp_path / tool).symlink_to(shutil.which(tool) or tool)
    return lambda **more: {"PATH": str(tmp_path), "HOME": str(tmp_path)} | more


def test_no_python_is_told_with_the_ways_to_get_it(repo_root: Path, bare_path: Callable[..., dict[str, str]]) -> None:
    done = subprocess.run([repo_root / "scripts" / "setup.sh"], env=bare_path(), capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (1, "")
    assert "no Python 3.12" in done.stderr
    assert "pyenv install 3.12" in done.stderr


def test_python_can_be_named(repo_root: Path, bare_path: Callable[..., dict[str, str]], tmp_path: Path) -> None:
    # Not the environment that runs this: one of other pins would be built anew, under the feet of whoever uses it.
    venv.create(tmp_path / "own", symlinks=True)
    environment = bare_path(
        HUMANOID_BRAIN_PYTHON=sys.executable,
        HUMANOID_BRAIN_VENV=str(tmp_path / "own"),
        HUMANOID_BRAIN_CONVERTERS=sys.executable,  # else they would be built in the empty home
    )
    done = subprocess.run([repo_root / "scripts" / "setup.sh"], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == str(tmp_path / "own" / "bin" / "python")


def test_make_says_so_when_the_setup_fails(repo_root: Path, bare_path: Callable[..., dict[str, str]]) -> None:
    done = subprocess.run(
        [shutil.which("make") or "make", "setup"], cwd=repo_root, env=bare_path(), capture_output=True, text=True
    )
    assert done.returncode != 0
    assert "no Python 3.12" in done.stderr
    assert "the set-up failed" in done.stderr
