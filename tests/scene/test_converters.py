# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest
from pxr import Sdf, UsdUtils

from humanoid_brain import paths
from humanoid_brain.errors import RobotError
from humanoid_brain.scene import convert, converters
from humanoid_brain.scene.robots import open_robot
from tests.scene import bipeds

TEXTURED = {
    "skin.obj": "mtllib skin.mtl\nv 0 0 0\nv 1 0 0\nv 0 1 0\nvt 0 0\nvt 1 0\nvt 0 1\nusemtl skin\nf 1/1 2/2 3/3\n",
    "skin.mtl": "newmtl skin\nKd 1 1 1\nmap_Kd skin.png\n",
}


@pytest.fixture
def urdf(tmp_path: Path) -> Path:
    path = tmp_path / "biped.urdf"
    path.write_text(bipeds.urdf())
    return path


@pytest.fixture
def nothing_built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache in which there is nothing yet."""
    monkeypatch.delenv(converters.VARIABLE, raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache"


def named(monkeypatch: pytest.MonkeyPatch, folder: Path, script: str) -> Path:
    """A program in place of the Python that has the converters."""
    path = folder / "python"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    monkeypatch.setenv(converters.VARIABLE, str(path))
    return path


# --- which Python


@pytest.mark.usefixtures("nothing_built")
def test_missing_converters_are_one_line_with_the_commands_that_bring_them(urdf: Path) -> None:
    with pytest.raises(RobotError, match="converters of URDF and MJCF are not installed") as caught:
        open_robot(bipeds.config(urdf))
    text = str(caught.value)
    assert "\n" not in text
    assert "`make converters`" in text
    for part in ("-m venv", f"pip install -c {paths.constraints()} urdf-usd-converter mujoco-usd-converter"):
        assert part in text
    assert f"export {converters.VARIABLE}=" in text


def test_environment_in_the_cache_is_found_once_it_is_whole(nothing_built: Path) -> None:
    folder = converters.default_folder(paths.constraints())
    assert folder.parent == nothing_built / "humanoid_brain"
    (folder / "bin").mkdir(parents=True)
    (folder / "bin" / "python").symlink_to(sys.executable)
    with pytest.raises(RobotError):
        converters.find()
    (folder / paths.BUILT).touch()
    assert converters.find() == folder / "bin" / "python"


def test_environment_is_named_after_the_pins(tmp_path: Path) -> None:
    pins = tmp_path / "constraints.txt"
    pins.write_text("a==1\n")
    first = converters.default_folder(pins)
    assert converters.default_folder(pins) == first
    pins.write_text("a==2\n")
    assert converters.default_folder(pins) != first


def test_named_python_wins_over_the_cache(nothing_built: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    python = named(monkeypatch, tmp_path, "exit 0")
    assert converters.find() == python


@pytest.mark.parametrize("name", ["nowhere/python", "biped.urdf", "."])
def test_named_python_that_is_none_is_said_with_its_variable(
    monkeypatch: pytest.MonkeyPatch, urdf: Path, name: str
) -> None:
    monkeypatch.setenv(converters.VARIABLE, str(urdf.parent / name))
    with pytest.raises(RobotError, match="is not a Python that can be run") as caught:
        open_robot(bipeds.config(urdf))
    assert caught.value.where.startswith(f"{converters.VARIABLE}=")


def test_python_without_the_converters_is_said_by_its_path(monkeypatch: pytest.MonkeyPatch, urdf: Path) -> None:
    monkeypatch.setenv(converters.VARIABLE, sys.executable)
    with pytest.raises(RobotError, match=r"urdf_usd_converter does not load .*No module named") as caught:
        open_robot(bipeds.config(urdf))
    assert caught.value.where == sys.executable
    assert "make converters" in caught.value.todo


def test_versions_are_those_of_the_other_python(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    found = converters.versions(converters.find(), (*converters.PACKAGES, "usd-exchange", "usd-core"))
    assert set(found) == {*converters.PACKAGES, "usd-exchange"}
    with pytest.raises(RobotError, match="does not run as a Python"):
        converters.versions(named(monkeypatch, tmp_path, "echo no"))


# --- how it is run


def test_nothing_of_this_process_leaks_into_the_converters(
    monkeypatch: pytest.MonkeyPatch, urdf: Path, tmp_path: Path
) -> None:
    for name in ("pxr", "numpy", "urdf_usd_converter", "sitecustomize"):
        (tmp_path / "lib" / name).mkdir(parents=True)
        (tmp_path / "lib" / name / "__init__.py").write_text("raise SystemExit('leaked')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "lib"))
    monkeypatch.setenv("PYTHONHOME", str(tmp_path))
    monkeypatch.chdir(tmp_path / "lib")
    assert convert.convert(urdf, tmp_path / "out").is_file()


def test_only_variables_of_python_and_usd_are_kept_from_the_converters(
    monkeypatch: pytest.MonkeyPatch, urdf: Path, tmp_path: Path
) -> None:
    named(monkeypatch, tmp_path, f"env > '{tmp_path}/seen'; exit 1")
    monkeypatch.setenv("PYTHONPATH", "/a")
    monkeypatch.setenv("PXR_PLUGINPATH_NAME", "/b")
    monkeypatch.setenv("HTTPS_PROXY", "c")
    with pytest.raises(RobotError):
        convert.convert(urdf, tmp_path / "out")
    seen = dict(line.split("=", 1) for line in (tmp_path / "seen").read_text().splitlines() if "=" in line)
    assert not {"PYTHONPATH", "PXR_PLUGINPATH_NAME"} & set(seen)
    assert seen["HTTPS_PROXY"] == "c"


def test_converter_that_hangs_is_ended_and_reported(
    monkeypatch: pytest.MonkeyPatch, urdf: Path, tmp_path: Path
) -> None:
    named(monkeypatch, tmp_path, "exec sleep 60")
    monkeypatch.setattr(convert, "TIMEOUT", 0.3)
    began = time.monotonic()
    with pytest.raises(RobotError, match=r"biped\.urdf: the conversion to USD did not end within 0\.3 s"):
        open_robot(bipeds.config(urdf))
    assert time.monotonic() - began < 10.0  # of the sleeper's 60


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("echo first; echo; echo the last line >&2; echo; exit 3", "the last line"),
        ("echo '[Warning] [x] Conversion failed: line 4'; echo ' of biped'; exit 1", "line 4 of biped"),
        ("echo \"Conversion failed: in 'f' at 56 : 'Python runtime error: no mesh a.stl'\"; exit 1", "no mesh a.stl"),
        ("kill -SEGV $$", "the converter was ended by signal 11"),
        ("exit 0", "the converter gave no reason"),
        ("printf '\\377 not text\\n'; exit 1", "\N{REPLACEMENT CHARACTER} not text"),
    ],
)
def test_converter_that_fails_is_reported_with_its_own_words(
    monkeypatch: pytest.MonkeyPatch, urdf: Path, tmp_path: Path, script: str, reason: str
) -> None:
    named(monkeypatch, tmp_path, script)
    with pytest.raises(RobotError) as caught:
        convert.convert(urdf, tmp_path / "out")
    assert caught.value.what == f"cannot be converted to USD: {reason}"
    assert caught.value.where == str(urdf)
    assert not (tmp_path / "out").exists()


def test_program_that_cannot_be_started_is_reported(
    monkeypatch: pytest.MonkeyPatch, urdf: Path, tmp_path: Path
) -> None:
    python = named(monkeypatch, tmp_path, "exit 0")
    python.write_text("#!/nowhere/python\n")
    with pytest.raises(RobotError, match="does not run: No such file or directory"):
        convert.convert(urdf, tmp_path / "out")


# --- what comes out


def test_textures_come_along_and_no_other_file_that_a_material_names(tmp_path: Path) -> None:
    from PIL import Image

    for name, text in TEXTURED.items():
        (tmp_path / name).write_text(text)
    Image.new("RGB", (2, 2)).save(tmp_path / "skin.png")
    path = tmp_path / "biped.urdf"
    path.write_text(bipeds.urdf('<visual><geometry><mesh filename="skin.obj"/></geometry></visual>'))
    made = convert.convert(path, tmp_path / "out")
    _, textures, missing = UsdUtils.ComputeAllDependencies(Sdf.AssetPath(str(made)))
    assert [Path(texture).name for texture in textures] == ["skin.png"]
    assert not missing
    (tmp_path / "secret.txt").write_text("secret")
    (tmp_path / "skin.mtl").write_text(TEXTURED["skin.mtl"].replace("skin.png", "secret.txt"))
    convert.convert(path, tmp_path / "other")
    assert [p.name for p in (tmp_path / "other").rglob("*") if p.is_file()] == ["biped.usd"]


def test_names_with_blanks_and_other_letters_are_kept(tmp_path: Path) -> None:
    folder = tmp_path / "mein Läufer; $(touch x)"
    folder.mkdir()
    path = folder / "zweibeiner ä.urdf"
    path.write_text(bipeds.urdf())
    assert convert.convert(path, folder / "aus").name == "zweibeiner ä.usd"
    assert not list(Path.cwd().glob("x"))
