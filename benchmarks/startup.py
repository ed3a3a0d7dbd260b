# SPDX-License-Identifier: Apache-2.0
"""How long until something happens: the doctor's answer, and the first training step from process start.

python benchmarks/startup.py --device cuda --envs 4096
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.common import Device, emit


def _doctor() -> float:
    began = time.perf_counter()
    subprocess.run([sys.executable, "-m", "humanoid_brain", "doctor"], stdout=subprocess.DEVNULL, check=False)
    return time.perf_counter() - began


def _first_step(device: Device, envs: int, began: float) -> None:
    """In a fresh process: from ``began`` (epoch seconds) to the end of the first policy step."""
    from benchmarks.common import walking

    from humanoid_brain.machine import wake_cuda

    if device == "cuda":
        wake_cuda()  # as a training job does
    from humanoid_brain.learning.assembly import make_env, make_learner

    imported = time.time()
    config = walking(device, envs)
    env = make_env(config, learns=True)
    loaded = time.time()
    learner = make_learner(config, env)
    env.reset(spread=True)
    env.record()
    learner.record()
    env.step(learner.act(env.observations["policy"], env.observations["critic"]))
    if device == "cuda":
        import torch

        torch.cuda.synchronize()
    parts = {"import": imported - began, "load": loaded - imported, "prepare": time.time() - loaded}
    emit("startup.first_step", time.time() - began, "s", envs=envs, device=device, parts=parts)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    parser.add_argument("--envs", type=int, default=256)
    parser.add_argument("--child", type=float, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.child is not None:
        _first_step(arguments.device, arguments.envs, arguments.child)
        return
    emit("startup.doctor", statistics.median(_doctor() for _ in range(5)), "s")
    command = [sys.executable, __file__, "--device", arguments.device, "--envs", str(arguments.envs)]
    subprocess.run([*command, "--child", repr(time.time())], check=True)


if __name__ == "__main__":
    main()
