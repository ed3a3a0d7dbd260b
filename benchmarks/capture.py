# SPDX-License-Identifier: Apache-2.0
"""Dataset capture from draw to disk: images per second, with colour and labels alone, and what writing adds.

The first frames, in which kernels are compiled, are left out. The ratio of a frame's time to its slowest stage says
how well the rest overlaps with it.

    python benchmarks/capture.py --device cpu --preset detection --frames 20
    python benchmarks/capture.py --device cuda --width 1280 --height 720
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.common import emit

from humanoid_brain import paths
from humanoid_brain.capture.job import CaptureJob, FrameCaptured
from humanoid_brain.config.base import load
from humanoid_brain.config.capture import CaptureConfig

_WARM_UP = 6
_LABELS = ("depth", "semantic", "instance", "boxes_3d", "camera")


def _measure(arguments: argparse.Namespace, folder: Path) -> None:
    config = load(CaptureConfig, paths.config() / "captures" / f"{arguments.preset}.yaml")
    config.width, config.height, config.device = arguments.width, arguments.height, arguments.device
    config.output, config.frames = folder, _WARM_UP + arguments.frames
    if arguments.labels:
        config.dataset.outputs = _LABELS
    job = CaptureJob(config)
    job.start()
    cursor, began, stages = 0, 0.0, {}
    while not job.tick(0.0).final:
        events, cursor = job.events.read(cursor)
        for event in events:
            if isinstance(event, FrameCaptured):
                if job.progress.done == _WARM_UP:
                    began, stages = time.perf_counter(), {}
                elif job.progress.done > _WARM_UP:
                    for stage, seconds in event.seconds.items():
                        stages[stage] = stages.get(stage, 0.0) + seconds
    if job.error is not None:
        raise job.error
    spent = time.perf_counter() - began  # until the last frame is on the disk and the annotations are written
    slowest = max((stage for stage in stages if stage not in ("total",)), key=lambda stage: stages[stage])
    facts = {"device": arguments.device, "preset": arguments.preset, "size": [arguments.width, arguments.height]}
    name = "capture.labels_alone" if arguments.labels else "capture.images"
    emit(name, arguments.frames / spent, "images/s", slowest=slowest, **facts)
    emit(f"{name}.frame_time", spent / arguments.frames, "s", ratio=spent / stages[slowest], slowest=slowest, **facts)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    parser.add_argument("--preset", default="detection", help="name of a file in config/captures")
    parser.add_argument("--width", type=int, default=640)
    parser.add_argument("--height", type=int, default=480)
    parser.add_argument("--frames", type=int, default=20)
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
