# SPDX-License-Identifier: Apache-2.0
"""The studio as a whole, each time in a process of its own and without a screen."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

STORIES = Path(os.environ.get("HUMANOID_BRAIN_SCREENSHOTS", ""))
"""Folder in which the pictures of the stories are kept, for people to look at."""


def run(*command: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    home = {"XDG_CONFIG_HOME": str(cwd / "home"), **environment}
    return subprocess.run(
        [sys.executable, *command], cwd=cwd, env={**os.environ, **home}, capture_output=True, text=True, timeout=880
    )


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("story", ["ranges", "training train return"])
def test_story(story: str, repo_root: Path, tmp_path: Path) -> None:
    """Parts of a story are processes that follow one another, as sessions of one user."""
    name, *parts = story.split()
    pictures = STORIES / name if STORIES.name else tmp_path / "pictures"
    for part in parts or [""]:
        tell(name, pictures, *part.split(), repo_root=repo_root, cwd=tmp_path)
    assert len(list(pictures.glob("*.png"))) >= 5


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize(("story", "version"), [("kit", "5.1.0"), ("kit", "4.5"), ("kit_tests", "5.1.0")])
def test_story_within_kit(story: str, version: str, repo_root: Path, tmp_path: Path) -> None:
    pictures = STORIES / "kit" if STORIES.name else tmp_path / "pictures"
    tell(story, pictures, version, repo_root=repo_root, cwd=tmp_path)


def tell(name: str, pictures: Path, *arguments: str, repo_root: Path, cwd: Path) -> None:
    steps = repo_root / "tests" / "kit" / "humanoid_brain_tests"
    path = os.pathsep.join([str(repo_root), str(steps), os.environ["PYTHONPATH"]])
    done = run("-m", f"tests.ui.story_{name}", str(pictures), *arguments, cwd=cwd, PYTHONPATH=path)
    assert done.returncode == 0 and done.stdout.rstrip().endswith("told"), done.stdout[-2000:] + done.stderr[-4000:]


def test_a_screenshot_of_each_panel_without_anything_heavy(tmp_path: Path) -> None:
    """The windows open before torch, USD, physics or a renderer is needed."""
    code = (
        "import sys; from humanoid_brain.__main__ import main; "
        "code = main(['studio', '--headless', '--screenshot', sys.argv[1], '--panel', sys.argv[2], '--json']); "
        "print(sorted({'torch', 'pxr', 'mitsuba', 'drjit', 'ovphysx', 'cv2'} & set(sys.modules))); sys.exit(code)"
    )
    (tmp_path / "imgui.ini").write_text("of another program")
    pictures = {}
    for panel in ("Scene", "Randomization", "Dataset", "Training", "Runs"):
        path = tmp_path / "made" / f"{panel}.png"
        done = run("-c", code, str(path), panel, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        *_, answer, heavy = done.stdout.splitlines()
        assert heavy == "[]"
        assert json.loads(answer) == {"command": "studio", "ok": True, "screenshot": str(path)}
        with Image.open(path) as image:
            assert image.size == (1440, 900)
            pictures[panel] = image.convert("RGB").tobytes()
    assert len({*pictures.values()}) == len(pictures)
    assert {path.name for path in tmp_path.iterdir()} == {"home", "made", "imgui.ini"}
    assert (tmp_path / "imgui.ini").read_text() == "of another program"


def test_without_a_screen_it_says_what_to_do(tmp_path: Path) -> None:
    done = run("-m", "humanoid_brain", "studio", cwd=tmp_path, DISPLAY="", WAYLAND_DISPLAY="")
    assert done.returncode == 1
    assert done.stderr.strip() == "error: there is no screen. Use --headless --screenshot FILE, or a desktop session"
    done = run("-m", "humanoid_brain", "studio", "--headless", cwd=tmp_path)
    assert done.returncode == 2 and "give screenshot" in done.stderr + done.stdout


def test_a_missing_ovui_is_named_with_the_command_that_installs_it(tmp_path: Path) -> None:
    code = (
        "import sys; sys.modules['omni.ui'] = None; from humanoid_brain.__main__ import main; "
        "sys.exit(main(['studio', '--headless', '--screenshot', 'x.png']))"
    )
    done = run("-c", code, cwd=tmp_path)
    assert done.returncode == 1 and done.stderr.count("\n") == 1
    assert f'Run: {sys.executable} -m pip install --no-deps "ovui==' in done.stderr


def test_a_missing_library_is_named_with_the_command_that_installs_it(tmp_path: Path) -> None:
    broken = tmp_path / "site" / "omni" / "ui"
    broken.mkdir(parents=True)
    (broken.parent / "__init__.py").write_text("")
    (broken / "__init__.py").write_text("raise ImportError('libvulkan.so.1: cannot open shared object file')\n")
    path = os.pathsep.join([str(tmp_path / "site"), os.environ["PYTHONPATH"]])
    command = ("-m", "humanoid_brain", "studio", "--headless", "--screenshot", "x.png")
    done = run(*command, cwd=tmp_path, PYTHONPATH=path)
    assert done.returncode == 1 and done.stderr.count("\n") == 1
    assert "libvulkan.so.1" in done.stderr and "apt-get install libvulkan1" in done.stderr


def test_a_missing_driver_or_screen_is_one_clear_error(tmp_path: Path) -> None:
    command = ("-m", "humanoid_brain", "studio", "--headless", "--screenshot", "x.png")
    done = run(*command, cwd=tmp_path, VK_ICD_FILENAMES="/nowhere", VK_DRIVER_FILES="/nowhere")
    (error,) = [line for line in done.stderr.splitlines() if line.startswith("error:")]
    assert done.returncode == 1 and "Vulkan" in error and "apt-get install" in error
    done = run("-m", "humanoid_brain", "studio", cwd=tmp_path, DISPLAY=":4242")
    (error,) = [line for line in done.stderr.splitlines() if line.startswith("error:")]
    assert done.returncode == 1 and ":4242" in error and "--headless" in error
    assert "Traceback" not in done.stderr


def test_a_screenshot_that_cannot_be_written_is_told_before_the_windows_open(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = run("-m", "humanoid_brain", "studio", "--headless", "--screenshot", "file/x.png", cwd=tmp_path)
    assert done.returncode == 1 and "file" in done.stderr and "Traceback" not in done.stderr


def test_a_fault_of_ours_is_told_and_the_windows_stay(tmp_path: Path) -> None:
    code = (
        "import sys; from humanoid_brain.ui.panels import scene; from humanoid_brain.__main__ import main; "
        "scene.ScenePanel.update = lambda self: 1 // 0; "
        "sys.exit(main(['studio', '--headless', '--screenshot', 'x.png', '--panel', 'Scene']))"
    )
    done = run("-c", code, cwd=tmp_path)
    assert done.returncode == 0 and (tmp_path / "x.png").is_file()
    assert done.stderr.count("ZeroDivisionError") == 1


def test_an_error_that_ends_the_windows_is_not_lost(tmp_path: Path) -> None:
    code = (
        "import sys; from humanoid_brain import studio; from humanoid_brain.__main__ import main; "
        "studio.Studio.dock = lambda self: 1 // 0; "
        "sys.exit(main(['studio', '--headless', '--screenshot', 'x.png']))"
    )
    done = run("-c", code, cwd=tmp_path)
    assert done.returncode != 0 and "ZeroDivisionError" in done.stderr
