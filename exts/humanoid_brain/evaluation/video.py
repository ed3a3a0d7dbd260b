# SPDX-License-Identifier: Apache-2.0
"""Films: frames in, a file out, whole or not at all. WebM (VP9) for films, WebP and GIF for pages."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from pathlib import Path
from types import TracebackType

import numpy as np
import numpy.typing as npt

from humanoid_brain.errors import ConfigError, HostError, StorageError
from humanoid_brain.files import storage_errors

Image = npt.NDArray[np.uint8]
FORMATS = (".webm", ".webp", ".gif")


class VideoWriter(ABC):
    """Writes frames to ``path``; the file appears when the writer is closed without an error.

    Use :func:`open_video`, as a context manager.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._part = path.with_name(f".{path.stem}.part{path.suffix}")
        with storage_errors(path):
            self._part.touch()

    @abstractmethod
    def write(self, frame: Image) -> None:
        """Append a frame, uint8 [height, width, 3], sRGB."""

    @abstractmethod
    def _finish(self) -> None:
        """Complete the part file."""

    def __enter__(self) -> VideoWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if error is None:
                with storage_errors(self._path):
                    self._finish()
                    self._part.replace(self._path)
        finally:
            self._part.unlink(missing_ok=True)


def open_video(path: Path, width: int, height: int, fps: int) -> VideoWriter:
    """A writer for the format that the suffix of ``path`` names.

    Args:
        path: Target, .webm, .webp or .gif.
        width: Width of the frames, pixels.
        height: Height of the frames, pixels.
        fps: Frames per second.
    """
    if path.suffix not in FORMATS:
        raise ConfigError(f"'{path.suffix}' is no film format", where=str(path), todo=f"Use {', '.join(FORMATS)}")
    return _WebM(path, width, height, fps) if path.suffix == ".webm" else _Animation(path, fps)


class _WebM(VideoWriter):
    def __init__(self, path: Path, width: int, height: int, fps: int) -> None:
        super().__init__(path)
        # OpenCV tells on standard error that the codec's tag is not WebM's own; the files are right.
        os.environ.setdefault("OPENCV_LOG_LEVEL", "ERROR")
        os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")
        import cv2

        self._size = (height, width)
        self._encoder = cv2.VideoWriter(str(self._part), cv2.VideoWriter.fourcc(*"VP90"), fps, (width, height))
        if not self._encoder.isOpened():
            self._part.unlink(missing_ok=True)
            raise HostError("OpenCV cannot encode VP9 here", where=str(path), todo="Use a .webp or .gif file")

    def write(self, frame: Image) -> None:
        assert frame.shape[:2] == self._size
        self._encoder.write(np.ascontiguousarray(frame[..., ::-1]))

    def _finish(self) -> None:
        self._encoder.release()
        # OpenCV drops what it cannot write without a word.
        if self._part.stat().st_size == 0:
            raise StorageError("the film could not be written", where=str(self._path), todo="Is the disk full?")


class _Animation(VideoWriter):
    """An animated picture; holds all frames until the end."""

    def __init__(self, path: Path, fps: int) -> None:
        super().__init__(path)
        self._frames: list[Image] = []
        self._duration = round(1000 / fps)

    def write(self, frame: Image) -> None:
        self._frames.append(frame.copy())

    def _finish(self) -> None:
        from PIL import Image as pillow

        first, *rest = [pillow.fromarray(frame) for frame in self._frames]
        first.save(self._part, save_all=True, append_images=rest, duration=self._duration, loop=0, quality=60, method=4)
