# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from humanoid_brain import doctor, machine, paths
from humanoid_brain.doctor import OK, PROBLEM, WARNING, Check
from humanoid_brain.errors import RobotError
from humanoid_brain.scene import converters

GPU = machine.Gpu("NVIDIA H200", 140 << 30, 139 << 30, "580.1", (13, 0))


def ask(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "humanoid_brain", "doctor", *arguments]
    return subprocess.run(command, capture_output=True, text=True, env=os.environ | environment)


def checks(done: subprocess.CompletedProcess[str]) -> dict[str, dict[str, str]]:
    return {check["name"]: check for check in json.loads(done.stdout.splitlines()[-1])["checks"]}


def broken(tmp_path: Path, module: str) -> str:
    """A PYTHONPATH on which ``module`` cannot be found, whatever is installed."""
    (tmp_path / "sitecustomize.py").write_text(
        "import sys\n"
        "class Hide:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        f"        if name.partition('.')[0] == {module!r}:\n"
        "            raise ModuleNotFoundError(f'No module named {name}', name=name)\n"
        "sys.meta_path.insert(0, Hide())\n"
    )
    return os.pathsep.join([str(tmp_path), os.environ["PYTHONPATH"]])


@pytest.fixture
def healthy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "missing_libraries", lambda: [])
    monkeypatch.setattr(machine, "gpus", lambda: [])
    monkeypatch.setattr(machine, "free_memory", lambda: 16 << 30)
    monkeypatch.setattr(doctor, "isaac_version", lambda: None)


def examined(output: Path) -> dict[str, Check]:
    return {check.name: check for check in doctor.examine(output)}


def test_doctor_answers_within_three_seconds_and_finds_this_environment_usable() -> None:
    began = time.perf_counter()
    done = ask()
    assert time.perf_counter() - began < 3.0
    assert done.returncode == 0, done.stdout
    assert "problem" not in done.stdout.splitlines()[0]
    assert not done.stderr


def test_json_is_the_last_line_and_says_the_same_as_the_exit_code() -> None:
    done = ask("--json")
    summary = json.loads(done.stdout.splitlines()[-1])
    assert summary["ok"] is (done.returncode == 0)
    assert summary["problems"] == sum(check["status"] == PROBLEM for check in summary["checks"])
    assert {"host", "Python", "torch", "GPU", "CPU", "memory", "disk", "output"} <= set(checks(done))


def test_table_is_aligned_and_plain_when_it_goes_to_a_file() -> None:
    lines = [line for line in ask().stdout.splitlines() if line.startswith(f"  {OK} ")]
    assert len(lines) > 20
    assert "\x1b" not in "".join(lines)
    columns = {len(line) - len(line.split(maxsplit=2)[2]) for line in lines if len(line.split(maxsplit=2)) == 3}
    assert len(columns) == 1


def test_terminal_gets_colours(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    monkeypatch.delenv("NO_COLOR", raising=False)
    doctor.main([])
    assert "\x1b[32mok" in capsys.readouterr().out
    monkeypatch.setenv("NO_COLOR", "1")
    doctor.main([])
    assert "\x1b" not in capsys.readouterr().out


@pytest.mark.parametrize(("module", "package"), [("ovphysx", "ovphysx"), ("yaml", "pyyaml"), ("pxr", "usd-core")])
def test_missing_package_is_a_problem_with_the_command_that_mends_it(tmp_path: Path, module: str, package: str) -> None:
    done = ask("--json", PYTHONPATH=broken(tmp_path, module))
    assert done.returncode == 1
    found = checks(done)[package]
    assert (found["status"], found["found"]) == (PROBLEM, "missing")
    wanted = doctor.pins(paths.constraints().read_text())[package]
    assert f'-m pip install "{package}=={wanted}"' in found["todo"]
    assert found["todo"] in done.stdout.partition("{")[0]
    assert "1 problem" in done.stdout


def test_other_commands_point_to_the_doctor_when_a_package_is_missing(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "humanoid_brain", "train"]
    environment = os.environ | {"PYTHONPATH": broken(tmp_path, "pydantic")}
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert done.returncode == 1
    assert "the package 'pydantic' is missing" in done.stderr
    assert "doctor" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.usefixtures("healthy")
def test_missing_studio_package_is_only_a_warning(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(doctor, "_importable", lambda module: module != "omni.ui")
    found = examined(tmp_path)["ovui"]
    assert found.status == WARNING
    assert "pip install" in found.todo


@pytest.mark.usefixtures("healthy")
def test_version_that_is_not_the_pinned_one_is_a_warning(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    installed = {"torch": "1.0.0", "numpy": "2.5.5+local"}
    real = doctor._installed
    monkeypatch.setattr(doctor, "_installed", lambda name: installed.get(name) or real(name))
    found = examined(tmp_path)
    assert found["torch"].status == WARNING
    assert "1.0.0, tested with" in found["torch"].found
    assert found["numpy"].status == OK


def test_converters_are_reported_with_their_versions_and_their_python() -> None:
    found = checks(ask("--json"))["converters"]
    assert found["status"] == OK
    wanted = doctor.pins(paths.constraints().read_text())
    for package in converters.PACKAGES:
        assert f"{package} {wanted[package]}" in found["found"]
    assert str(converters.find()) in found["found"]


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"XDG_CACHE_HOME": "/nowhere", converters.VARIABLE: ""}, "missing"),
        ({converters.VARIABLE: "/nowhere/python"}, "/nowhere/python: is not a Python"),
        ({converters.VARIABLE: sys.executable}, "lacks urdf-usd-converter and mujoco-usd-converter"),
    ],
)
def test_missing_converters_are_a_warning_with_the_commands_that_bring_them(
    variables: dict[str, str], words: str
) -> None:
    done = ask("--json", **variables)
    assert done.returncode == 0
    found = checks(done)["converters"]
    assert found["status"] == WARNING
    assert words in found["found"]
    assert found["todo"] == converters.how_to_make()


@pytest.mark.usefixtures("healthy")
@pytest.mark.parametrize(
    ("other", "words"),
    [({"usd-core": "26.11"}, "overwrite each other"), ({"urdf-usd-converter": "0.1.0"}, "tested with urdf-usd")],
)
def test_converters_that_are_not_as_pinned_are_a_warning(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, other: dict[str, str], words: str
) -> None:
    wanted = doctor.pins(paths.constraints().read_text())
    found = {package: wanted[package] for package in converters.PACKAGES} | other
    monkeypatch.setattr(converters, "find", lambda: Path("/python"))
    monkeypatch.setattr(converters, "versions", lambda *_: found)
    check = examined(tmp_path)["converters"]
    assert check.status == WARNING
    assert words in check.found


@pytest.mark.usefixtures("healthy")
def test_converters_that_do_not_answer_are_a_warning(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def silent(*_: object) -> dict[str, str]:
        raise RobotError("does not run as a Python", where="/python")

    monkeypatch.setattr(converters, "versions", silent)
    assert examined(tmp_path)["converters"].status == WARNING


@pytest.mark.usefixtures("healthy")
def test_second_openusd_beside_ours_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert "usd-exchange" not in examined(tmp_path)
    real = doctor._installed
    monkeypatch.setattr(doctor, "_installed", lambda name: "3.0.1" if name == "usd-exchange" else real(name))
    found = examined(tmp_path)["usd-exchange"]
    assert found.status == WARNING
    assert "uninstall -y usd-exchange" in found.todo


@pytest.mark.usefixtures("healthy")
def test_missing_libraries_name_the_debian_package(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(machine, "missing_libraries", lambda: list(machine.LIBRARIES))
    found = examined(tmp_path)
    assert found["libGL.so.1"].status == PROBLEM
    assert found["libGL.so.1"].todo == "Run as root: apt-get install libgl1"
    assert found["libglfw.so.3"].status == WARNING


@pytest.mark.usefixtures("healthy")
@pytest.mark.parametrize(
    ("gpus", "built", "status", "words"),
    [
        ([], (13, 0), OK, "none"),
        ([GPU], (13, 0), OK, "NVIDIA H200, 139.0 of 140.0 GiB free, driver 580.1, CUDA 13.0"),
        ([GPU], None, WARNING, "without CUDA"),
        ([GPU], (14, 0), WARNING, "torch needs CUDA 14"),
    ],
)
def test_gpu_is_named_with_what_stands_in_its_way(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    gpus: list[machine.Gpu],
    built: tuple[int, int] | None,
    status: str,
    words: str,
) -> None:
    monkeypatch.setattr(machine, "gpus", lambda: gpus)
    monkeypatch.setattr(doctor, "_torch_cuda", lambda: built)
    found = examined(tmp_path)["GPU"]
    assert found.status == status
    assert words in found.found
    assert bool(found.todo) == (status != OK)


def test_cuda_version_of_torch_is_read_without_importing_it() -> None:
    import torch

    cuda = torch.version.cuda
    assert doctor._torch_cuda() == (tuple(map(int, cuda.split("."))) if cuda else None)


@pytest.mark.usefixtures("healthy")
def test_little_memory_and_little_disk_are_warnings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(machine, "free_memory", lambda: 1 << 30)
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=1 << 20))
    found = examined(tmp_path)
    assert (found["memory"].status, found["disk"].status) == (WARNING, WARNING)


@pytest.mark.usefixtures("healthy")
def test_output_that_cannot_be_written_is_a_problem_and_nothing_is_made(tmp_path: Path) -> None:
    found = examined(tmp_path / "new" / "folder")["output"]
    assert found.status == OK
    assert not list(tmp_path.iterdir())
    (tmp_path / "file").touch()
    found = examined(tmp_path / "file" / "run")["output"]
    assert found.status == PROBLEM
    assert "--output" in found.todo


@pytest.mark.usefixtures("healthy")
def test_isaac_sim_needs_only_what_it_does_not_bring(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(doctor, "isaac_version", lambda: "5.1.0")
    found = examined(tmp_path)
    assert found["host"].found == "Isaac Sim 5.1.0"
    assert "pydantic" in found
    assert not {"ovphysx", "torch", "libGL.so.1"} & set(found)


def test_isaac_sim_is_known_by_its_version_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "VERSION").write_text("5.1.0-rc.19+release.26219.9c81211b.gl\n")
    monkeypatch.setenv("ISAAC_PATH", str(tmp_path))
    assert doctor.isaac_version() == "5.1.0"
    monkeypatch.delenv("ISAAC_PATH")
    assert doctor.isaac_version() is None


def test_doctor_loads_nothing_heavy() -> None:
    look = "print(sorted({'torch', 'pxr', 'pydantic', 'numpy'} & set(sys.modules)))"
    code = f"import sys; from humanoid_brain import doctor; doctor.main([])\n{look}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_unknown_option_is_refused_with_the_usage() -> None:
    done = ask("--jason")
    assert done.returncode == 2
    assert "usage:" in done.stderr
