# SPDX-License-Identifier: Apache-2.0
"""Dataset capture from draw to disk: images per second, with colour and labels alone, and what writing adds.

The first frames of each process, in which kernels are compiled, are left out. The ratio of a frame's time to its
slowest stage, of one process in the mean, says how well the rest overlaps with it.

    python benchmarks/capture.py --device cpu --preset detection --frames 20
    python benchmarks/capture.py --device cuda --width 1280 --height 720 --frames 400 --processes 8
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import get_args

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.common import emit

from humanoid_brain import paths
from humanoid_brain.capture.capturing import FrameCaptured
from humanoid_brain.capture.job import CaptureJob
from humanoid_brain.capture.team import process_count
from humanoid_brain.config.base import load
from humanoid_brain.config.capture import CaptureConfig, Output

_WARM_UP = 6
_LABELS = ("depth", "semantic", "instance", "boxes_3d", "camera")


def _measure(arguments: argparse.Namespace, folder: Path) -> None:
    config = load(CaptureConfig, paths.config() / "captures" / f"{arguments.preset}.yaml")
    config.width, config.height, config.device = arguments.width, arguments.height, arguments.device
    config.output, config.processes = folder, arguments.processes
    if arguments.labels:
        config.dataset.outputs = _LABELS
    if arguments.all:
        config.dataset.outputs = get_args(Output)
    warm_up = _WARM_UP * process_count(config)
    config.frames = warm_up + arguments.frames
    job = CaptureJob(config)
    job.start()
    cursor, seen, began, stages = 0, 0, 0.0, Counter[str]()
    while not job.tick(0.0).final:
        events, cursor = job.events.read(cursor)
        for event in events:
            if isinstance(event, FrameCaptured):
                seen += 1
                if seen == warm_up:
                    began = time.perf_counter()
                elif seen > warm_up:
                    stages.update(event.seconds)
    if job.error is not None:
        raise job.error
    spent = time.perf_counter() - began  # until the last frame is on the disk and the annotations are written
    stages.pop("total")
    slowest = max(stages, key=lambda stage: stages[stage])
    facts = {
        "device": arguments.device,
        "preset": arguments.preset,
        "size": [arguments.width, arguments.height],
        "outputs": list(config.dataset.outputs),
        "processes": job.processes,
    }
    name = "capture.labels_alone" if arguments.labels else "capture.images"
    emit(name, arguments.frames / spent, "images/s", slowest=slowest, **facts)
    share = stages[slowest] / job.processes
    emit(f"{name}.frame_time", spent / arguments.frames, "s", ratio=spent / share, slowest=slowest, **facts)


def _count(text: str) -> int | None:
    return None if text == "auto" else int(text)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    parser.add_argument("--preset", default="detection", help="name of a file in config/captures")
    parser.add_argument("--width", type=int, default=640)
    parser.add_argument("--height", type=int, default=480)
    parser.add_argument("--frames", type=int, default=20)
    parser.add_argument("--processes", type=_count, default=1, help="processes that capture; auto: as a capture likes")
    parser.add_argument("--all", action="store_true", help="write every kind of file that there is")
    parser.add_argument("--labels", action="store_true", help="measure labels alone, in this process")
    parser.add_argument("--color", action="store_true", help="measure pictures with labels, in this process")
    arguments = parser.parse_args()
    if not (arguments.labels or arguments.color):
        for kind in ("--color", "--labels"):  # each in a process of its own: kernels and PhysX are global
            subprocess.run([sys.executable, *sys.argv, kind], check=True)
        return
    with tempfile.TemporaryDirectory() as folder:
        _measure(arguments, Path(folder) / "dataset")


if __name__ == "__main__":
    main()
