# SPDX-License-Identifier: Apache-2.0
"""What our code uses of a host exists in Isaac Sim 5.0.0, 5.1.0 and 6.0.1: pyright checks it against the record."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.contract.record import VERSIONS
from tests.contract.stubs import CHECKED_IN, CHECKED_IN_VERSION, render

_HEAD = """
from __future__ import annotations
from typing import TYPE_CHECKING
if TYPE_CHECKING:
    import torch
    from humanoid_brain.host import ArticulationView, Host, World
def use(host: Host, world: World, view: ArticulationView) -> None:
"""


def check(tree: Path, version: str, repo_root: Path, snippet: str | None = None) -> list[str]:
    """Errors of pyright in the package, or in ``snippet``, with the types of ``version``."""
    package = tree / "exts" / "humanoid_brain"
    shutil.copytree(
        repo_root / "exts" / "humanoid_brain", package, ignore=shutil.ignore_patterns("__pycache__", "*.pyc")
    )
    (package / "host" / "isaac_api.pyi").write_text(render(version), encoding="utf-8")
    if snippet is not None:
        (tree / "snippet.py").write_text(_HEAD + snippet, encoding="utf-8")
    config = {
        "include": ["exts"] if snippet is None else ["snippet.py"],
        "exclude": ["exts/humanoid_brain/host/standalone"],  # implements the names, does not use them
        "extraPaths": ["exts"],
        "stubPath": str(repo_root / "typings"),
        "pythonVersion": "3.10",
        "typeCheckingMode": "standard",
    }
    (tree / "pyrightconfig.json").write_text(json.dumps(config), encoding="utf-8")
    command = [sys.executable, "-m", "pyright", "--outputjson", "--pythonpath", sys.executable, "-p", str(tree)]
    result = subprocess.run(command, capture_output=True, text=True, check=False, timeout=280)
    report = json.loads(result.stdout)
    assert report["summary"]["filesAnalyzed"] > 0
    return [
        f"{Path(found['file']).relative_to(tree)}:{found['range']['start']['line'] + 1}: {found['message']}"
        for found in report["generalDiagnostics"]
        if found["severity"] == "error"
    ]


@pytest.mark.slow
@pytest.mark.parametrize("version", VERSIONS)
def test_our_code_binds_against(version: str, tmp_path: Path, repo_root: Path) -> None:
    assert check(tmp_path, version, repo_root) == []


@pytest.mark.slow
def test_wrong_names_are_refused(tmp_path: Path, repo_root: Path) -> None:
    errors = check(
        tmp_path,
        "5.1.0",
        repo_root,
        """
    view.get_joint_angles()
    view.get_joint_positions(rows=[0])
    world.step(draw=False)
    host.ArticulationView(prim_path="/World/Robot")
    view.set_joint_positions(torch.zeros(1, 2), indices="0")
    host.stage.new_stage()
    world.get_physics_context().set_solver("TGS")
    wrong: str = view.get_joint_positions()
""",
    )
    assert {int(error.split(":")[1]) for error in errors} == set(range(9, 17))  # each line, none of the head


@pytest.mark.slow
@pytest.mark.parametrize(
    ("line", "lacking"),
    [
        ("world.step(render=False, update_fabric=True)", "5.0.0"),
        ("view.get_position_residuals()", "6.0.1"),
        ("host.ArticulationView(prim_paths_expr='/World', enable_residual_reports=True)", "6.0.1"),
    ],
)
def test_what_one_version_lacks_is_refused_there_only(line: str, lacking: str, tmp_path: Path, repo_root: Path) -> None:
    assert check(tmp_path / "lacking", lacking, repo_root, f"    {line}\n")
    assert not check(tmp_path / "recorded", CHECKED_IN_VERSION, repo_root, f"    {line}\n")


def test_the_checked_in_stub_is_current() -> None:
    assert CHECKED_IN.read_text(encoding="utf-8") == render(CHECKED_IN_VERSION), "run: python -m tests.contract.stubs"
