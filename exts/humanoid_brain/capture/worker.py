# SPDX-License-Identifier: Apache-2.0
"""A worker process: reads jobs as lines of JSON, finds the arrays in shared memory, writes frames, answers in lines.

Started by :mod:`humanoid_brain.capture.pool`; ends when its input does.
"""

from __future__ import annotations

import json
import mmap
import os
import sys
from pathlib import Path
from typing import Any

import numpy as np

from humanoid_brain.capture.encode import write_frame
from humanoid_brain.capture.spawn import as_ours
from humanoid_brain.config.capture import DatasetConfig
from humanoid_brain.errors import to_json

_NICENESS = 5
"""How far workers stand back where cores are short: a frame that is drawn late keeps a GPU waiting, a file does not."""


def main() -> None:
    """Serve until the input ends."""
    if hasattr(os, "nice"):
        os.nice(_NICENESS)
    answers = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)  # what a library prints must not stand among the answers
    jobs = sys.stdin.buffer
    setup = json.loads(jobs.readline() or b"null")
    if setup is None:
        return
    import cv2

    cv2.setNumThreads(1)
    folder, config = Path(setup["folder"]), DatasetConfig.model_validate(setup["config"])
    slots = [_Shared(handle) for handle in setup["slots"]]
    for line in jobs:
        job = json.loads(line)
        answer = _serve(job, slots[job["slot"]], folder, config)
        try:
            answers.write(json.dumps(answer).encode() + b"\n")
        except BrokenPipeError:
            return


class _Shared:
    """Memory of a slot, mapped anew when the parent has let it grow."""

    def __init__(self, handle: int) -> None:
        self._handle = handle
        self._memory: mmap.mmap | None = None

    def view(self) -> mmap.mmap:
        size = os.fstat(self._handle).st_size
        if self._memory is None or len(self._memory) != size:
            self._memory = mmap.mmap(self._handle, size, access=mmap.ACCESS_READ)
        return self._memory


def _serve(job: dict[str, Any], slot: _Shared, folder: Path, config: DatasetConfig) -> dict[str, Any]:
    try:
        memory = slot.view()
        arrays = {
            name: np.ndarray(place["shape"], np.dtype(place["dtype"]), buffer=memory, offset=place["at"])
            for name, place in job["arrays"].items()
        }
        at, length = job["text"]
        written = write_frame(folder, json.loads(memory[at : at + length]), arrays, config)
        return {"index": written.index, "bytes": written.bytes, "seconds": written.seconds}
    except Exception as error:
        return {"index": job["index"], "error": to_json(as_ours(error, "a worker", f"frame {job['index']}"))}


if __name__ == "__main__":
    main()
