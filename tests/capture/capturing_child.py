# SPDX-License-Identifier: Apache-2.0
"""A capture to kill: ``python -m tests.capture.capturing_child FOLDER FRAMES WORKERS``.

It makes a frame for each line that it reads, so that it cannot be done before it is killed, however fast it is.
"""

from __future__ import annotations

import sys
from pathlib import Path

from humanoid_brain.capture.writer import DatasetWriter
from tests.capture.synthetic import description, frame

if __name__ == "__main__":
    folder, frames, workers = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    with DatasetWriter(folder, description(frames, workers=workers)) as writer:
        for index, _ in zip(writer.missing(), sys.stdin, strict=False):
            writer.submit(frame(index))
