# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.host.gpu_checks import CHECKS


@pytest.mark.gpu
@pytest.mark.parametrize("check", CHECKS)
def test_on_cuda(check: str, repo_root: Path) -> None:
    command = [sys.executable, "-m", "tests.host.gpu_checks", check]
    result = subprocess.run(command, capture_output=True, text=True, check=False, cwd=repo_root, timeout=240)
    assert result.returncode == 0, result.stdout + result.stderr
