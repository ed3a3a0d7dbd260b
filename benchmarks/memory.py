# SPDX-License-Identifier: Apache-2.0
"""Resident memory of a training run: its peak, and whether it grows after the first minute.

python benchmarks/memory.py --envs 256 --seconds 3600
"""

from __future__ import annotations

import argparse
import resource
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.common import emit, walking

from humanoid_brain.learning.job import TrainingJob

_SETTLE_S = 60.0


def _resident() -> float:
    """Resident set size, MB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    parser.add_argument("--envs", type=int, default=256)
    parser.add_argument("--seconds", type=float, default=300.0, help="at least 120 for the growth to mean something")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        config = walking(arguments.device, arguments.envs, output=Path(folder))
        config.budget.iterations = 10**6
        job = TrainingJob(config)
        job.start()
        began, settled, last, peak = time.monotonic(), 0.0, 0.0, 0.0
        while (elapsed := time.monotonic() - began) < arguments.seconds:
            if job.tick(1.0).final:
                raise job.error or RuntimeError("the training ended early")
            last = _resident()
            peak = max(peak, last)
            if not settled and elapsed > min(_SETTLE_S, arguments.seconds / 2):
                settled = last
        job.close()
    facts: dict[str, Any] = {"envs": arguments.envs, "device": arguments.device, "seconds": arguments.seconds}
    emit("memory.peak", peak, "MB", **facts)
    emit("memory.growth", last - settled, "MB", ratio=last / settled, **facts)


if __name__ == "__main__":
    main()
