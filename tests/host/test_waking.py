# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from humanoid_brain.host.standalone.waking import wake_torch


def test_a_cpu_has_no_time_to_spare() -> None:
    done = list[str]()
    wake_torch("cpu", lambda: done.append("worked"))
    assert not done


def test_warp_does_not_greet_where_results_are_read(repo_root: Path) -> None:
    code = "from humanoid_brain.host.standalone.waking import quiet_warp; print(quiet_warp().get_device('cpu'))"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=repo_root, check=True)
    assert result.stdout.split() == ["cpu"]
