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

_SNIPPET = """
from __future__ import annotations
from typing import TYPE_CHECKING
if TYPE_CHECKING:
    import torch
    from humanoid_brain.host import ArticulationView, Host, World
def use(host: Host, world: World, view: ArticulationView) -> None:
    view.set_joint_positions(torch.zeros(1, 2), indices=torch.tensor([0]))  # right in every version
    world.step(render=False, update_fabric=True)  # not in 5.0.0
    view.get_position_residuals()  # not in 6.0.1
    host.ArticulationView(prim_paths_expr="/World", enable_residual_reports=True)  # not in 6.0.1
    view.get_joint_angles()  # wrong everywhere
    view.get_joint_positions(rows=[0])  # wrong everywhere
    world.step(draw=False)  # wrong everywhere
    host.ArticulationView(prim_path="/World/Robot")  # wrong everywhere
    view.set_joint_positions(torch.zeros(1, 2), indices="0")  # wrong everywhere
    host.stage.new_stage()  # wrong everywhere
    world.get_physics_context().set_solver("TGS")  # wrong everywhere
    wrong: str = view.get_joint_positions()  # wrong everywhere
"""


def _check(tree: Path, version: str, repo_root: Path) -> list[tuple[str, int, str]]:
    """Errors of pyright in the package and in the snippet, with the types of ``version``: file, line, message."""
    package = tree / "exts" / "humanoid_brain"
    unwanted = shutil.ignore_patterns("__pycache__", "*.pyc")
    shutil.copytree(repo_root / "exts" / "humanoid_brain", package, ignore=unwanted)
    (package / "host" / "isaac_api.pyi").write_text(render(version), encoding="utf-8")
    (tree / "snippet.py").write_text(_SNIPPET.lstrip(), encoding="utf-8")
    config = {
        "include": ["exts", "snippet.py"],
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
        (str(Path(found["file"]).relative_to(tree)), found["range"]["start"]["line"] + 1, found["message"])
        for found in report["generalDiagnostics"]
        if found["severity"] == "error"
    ]


@pytest.mark.slow
@pytest.mark.parametrize("version", VERSIONS)
def test_our_code_binds_and_what_a_version_lacks_is_refused(version: str, tmp_path: Path, repo_root: Path) -> None:
    errors = _check(tmp_path, version, repo_root)
    assert [error for error in errors if error[0] != "snippet.py"] == []
    lines = _SNIPPET.lstrip().splitlines()
    expected = {i for i, line in enumerate(lines, 1) if line.endswith(("# wrong everywhere", f"# not in {version}"))}
    assert len(expected) >= 8
    assert {line for file, line, _ in errors if file == "snippet.py"} == expected


def test_the_checked_in_stub_is_current() -> None:
    current = CHECKED_IN.read_text(encoding="utf-8")
    assert current == render(CHECKED_IN_VERSION), "run: python -m tests.contract.stubs"
