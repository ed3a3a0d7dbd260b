# SPDX-License-Identifier: Apache-2.0
"""The bench command: run the benchmark scripts, each in a process of its own, and hand on their figures."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

from humanoid_brain import paths
from humanoid_brain.config.commands import BenchConfig
from humanoid_brain.errors import HostError


def run(config: BenchConfig, show: Callable[[dict[str, Any]], None]) -> int:
    """Measure, calling ``show`` with each figure as it comes.

    Returns:
        Number of figures.

    Raises:
        HostError: A script failed, or the scripts are not there because this is no checkout.
    """
    folder = paths.share() / "benchmarks"
    if not folder.is_dir():
        raise HostError("the benchmark scripts are not installed", todo="Run this from a checkout of the repository")
    count = 0
    for script, arguments in _plan(config):
        command = [sys.executable, str(folder / f"{script}.py"), "--device", config.device, *arguments]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, [str(folder.parent / "exts"),
                       os.environ.get("PYTHONPATH", "")]))}  # fmt: skip
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
            assert process.stdout is not None
            for line in process.stdout:
                if line.startswith("{"):
                    show(json.loads(line))
                    count += 1
        if process.returncode:
            raise HostError(f"the benchmark '{script}' failed with exit code {process.returncode}")
    return count


def _plan(config: BenchConfig) -> list[tuple[str, list[str]]]:
    """Scripts and their arguments, the quickest first."""
    gpu = config.device == "cuda"
    envs = config.envs or ([4096, 8192] if gpu else [64])
    seconds = ["--seconds", str(config.seconds)]
    plan = [("startup", ["--envs", str(4096 if gpu else 256)])]
    plan += [("host", ["--envs", str(count), *seconds]) for count in envs]
    plan.append(("learning", seconds))
    plan.append(("panels", ["--envs", str(4096 if gpu else 64), *seconds]))
    plan.append(("capture", ["--width", "1280", "--height", "720"] if gpu else []))
    if not gpu:
        plan.append(("memory", ["--seconds", str(max(120.0, config.seconds))]))
    if config.walk:
        limits = ["--seconds", "20", "--every", "1.25"] if gpu else ["--seconds", "600", "--every", "20"]
        plan.append(("walk", [*limits, "--output", str(config.output)]))
    return plan
