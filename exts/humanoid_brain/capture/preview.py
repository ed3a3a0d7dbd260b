# SPDX-License-Identifier: Apache-2.0
"""A preview sheet: what the ranges of a capture look like, in one picture, before a long capture is started."""

from __future__ import annotations

import io
import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from humanoid_brain.capture.drawing import KeypointStyle, draw_box, draw_keypoints
from humanoid_brain.capture.frame import Frame
from humanoid_brain.config.capture import CaptureConfig
from humanoid_brain.errors import HostError
from humanoid_brain.files import make_folder, write_atomic
from humanoid_brain.jobs import FileWritten, Job

if TYPE_CHECKING:
    from humanoid_brain.capture.session import CaptureSession
    from humanoid_brain.host import Host

WIDTH = 320
"""Width of one picture of the sheet, pixels."""
_COLORS = ((255, 120, 60), (70, 170, 255), (90, 220, 120), (240, 200, 60), (220, 120, 240), (120, 230, 230))
_KEYPOINTS = KeypointStyle(bone=(255, 255, 255), seen=(60, 255, 120), hidden=(255, 170, 60))
"""Red, green, blue."""


class PreviewJob(Job):
    """Draws the first frames of a capture, small and quickly, with their boxes and keypoints, on one sheet.

    The sheet is ``preview.png`` in the output folder. Its pictures show the same draws as the capture's frames.

    Args:
        config: The capture.
        frames: Number of pictures.
        host: The simulator; None takes the one this process runs in.
    """

    def __init__(self, config: CaptureConfig, frames: int = 16, *, host: Host | None = None) -> None:
        super().__init__()
        size = {"width": WIDTH, "height": max(16, round(WIDTH * config.height / config.width)), "quality": "preview"}
        dataset = config.dataset.model_copy(update={"outputs": ("color", "depth", "instance")})
        self.config = config.model_copy(update={**size, "dataset": dataset})
        self.frames = min(frames, config.frames)
        self.sheet = ""
        """Path of the sheet, once it is written."""
        self._host = host
        self._session: CaptureSession | None = None
        self.progress.unit = "pictures"

    def slices(self) -> Iterator[None]:
        """Build the scene, draw the pictures, write the sheet."""
        from humanoid_brain import host as hosts
        from humanoid_brain.capture.session import opening_session

        folder = make_folder(self.config.output)
        self.progress.phase = "building the scene"
        yield
        self._session = session = yield from opening_session(self.config, self._host or hosts.load())
        self.progress.phase, self.progress.total = "drawing", self.frames
        skeleton = {category.name: category.skeleton for category in session.categories}
        pictures: list[npt.NDArray[np.uint8]] = []
        for index in range(self.frames):
            if self.stopping:
                return
            frame, _ = (yield from session.shoot(index)).labelled()
            if frame.color is None:
                raise HostError("the host gave no picture", where=f"frame {index}")
            pictures.append(annotated(frame, skeleton))
            self.progress.done = len(pictures)
        path = folder / "preview.png"
        write_atomic(path, _png(sheet(pictures)))
        self.sheet = str(path)
        self.events.append(FileWritten(self.sheet, "preview"))

    def release(self) -> None:
        """Close the scene."""
        if self._session is not None:
            self._session.close()
            self._session = None


def annotated(frame: Frame, skeleton: dict[str, tuple[tuple[int, int], ...]]) -> npt.NDArray[np.uint8]:
    """The picture of a frame [H, W, 3] with tight boxes, class names and keypoints drawn over it."""
    import cv2

    assert frame.color is not None
    picture = np.ascontiguousarray(frame.color)
    names = sorted({label.category for label in frame.objects})
    for label in frame.objects:
        if label.box_tight is None:
            continue
        color = _COLORS[names.index(label.category) % len(_COLORS)]
        x, y, right, low = label.box_tight
        draw_box(picture, (x, y), (right, low), color)
        cv2.putText(
            picture, label.category, (x + 2, max(y - 3, 9)), cv2.FONT_HERSHEY_SIMPLEX, 0.33, color, 1, cv2.LINE_AA
        )
        if label.keypoints is not None:
            draw_keypoints(picture, label.keypoints, skeleton.get(label.category, ()), _KEYPOINTS)
    return picture


def sheet(pictures: list[npt.NDArray[np.uint8]], gap: int = 4) -> npt.NDArray[np.uint8]:
    """Pictures of one size [H, W, 3] in rows, as square a sheet as can be."""
    columns = math.ceil(math.sqrt(len(pictures)))
    rows = math.ceil(len(pictures) / columns)
    height, width, _ = pictures[0].shape
    whole = np.full((rows * (height + gap) - gap, columns * (width + gap) - gap, 3), 24, np.uint8)
    for i, picture in enumerate(pictures):
        y, x = (i // columns) * (height + gap), (i % columns) * (width + gap)
        whole[y : y + height, x : x + width] = picture
    return whole


def _png(picture: npt.NDArray[np.uint8]) -> bytes:
    from PIL import Image

    data = io.BytesIO()
    Image.fromarray(picture).save(data, format="png")
    return data.getvalue()
