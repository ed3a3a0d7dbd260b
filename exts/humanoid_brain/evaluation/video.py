# SPDX-License-Identifier: Apache-2.0
"""Films: frames in, an H.264 file out, whole or not at all."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
import numpy.typing as npt

from humanoid_brain.errors import HostError
from humanoid_brain.files import storage_errors

Image = npt.NDArray[np.uint8]


class VideoWriter:
    """Encodes frames into ``path`` (.mp4); the file appears when the writer is closed without an error.

    Args:
        path: Target.
        width: Width of the frames, pixels, even.
        height: Height of the frames, pixels, even.
        fps: Frames per second.
    """

    def __init__(self, path: Path, width: int, height: int, fps: int) -> None:
        import imageio_ffmpeg

        self._path = path
        self._part = path.with_name(f".{path.stem}.part{path.suffix}")
        with storage_errors(path):
            self._part.touch()
        try:
            self._encoder: Generator[Any, Any, None] = imageio_ffmpeg.write_frames(
                str(self._part), (width, height), fps=fps, codec="libx264", quality=None, macro_block_size=2,
                output_params=["-crf", "20", "-preset", "medium", "-movflags", "+faststart"],
            )  # fmt: skip
            self._encoder.send(None)
        except (OSError, RuntimeError) as error:
            self._part.unlink(missing_ok=True)
            raise HostError(f"ffmpeg does not start: {error}", todo="Run: python -m humanoid_brain doctor") from error

    def write(self, frame: Image) -> None:
        """Append a frame, uint8 [height, width, 3]."""
        with storage_errors(self._path):
            self._encoder.send(np.ascontiguousarray(frame))

    def __enter__(self) -> VideoWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._encoder.close()
            if error is None:
                with storage_errors(self._path):
                    self._part.replace(self._path)
        finally:
            self._part.unlink(missing_ok=True)
