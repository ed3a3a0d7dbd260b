# SPDX-License-Identifier: Apache-2.0
"""Pictures of a scene while its camera moves, drawn by a process of its own, so that a window never waits for one.

The process reads lines of JSON and answers with a line and the bytes of a picture. It draws small and quickly while
the camera moves, and then again and again better while it stands still.
"""

from __future__ import annotations

import json
import math
import os
import select
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from humanoid_brain.errors import HostError
from humanoid_brain.machine import cores

if TYPE_CHECKING:
    from pxr import Usd

    from humanoid_brain.host.standalone.render.film import FilmRenderer

Image = npt.NDArray[np.uint8]

LEVELS = ((2 / 3, 1), (1.0, 2), (1.0, 8))
"""Scale and samples per pixel of the pictures that follow the first one while nothing moves."""
SCALES = (1 / 4, 1 / 3, 1 / 2)
"""Scales of the first one, as quick as the machine needs it; while robots move, at least the middle one."""
_SLOW_S, _QUICK_S = 0.12, 0.04
"""Time in s from which the next first picture is smaller, and below which it is larger."""
_LEVELS = 1 + len(LEVELS)
_RUNNING_S = 1.0
"""Time in s after which bodies that did not move again are at rest."""
_NEXT_POSES_S = 0.2
"""Time in s in which whoever shows a simulation sends the next poses, after the picture of those before."""
_CELL = 0.03
"""Details in m that small pictures of moving bodies leave out: what holds the triangles is built anew for each."""


class LiveRenderer:
    """Draws a scene file in a process of its own.

    The process starts with the first :meth:`open`. No method waits for a picture.
    """

    def __init__(self) -> None:
        self.error: HostError | None = None
        """Why no pictures come any more."""
        self._process: subprocess.Popen[bytes] | None = None
        self._newest: Image | None = None
        self._asked, self._done = 0, -1
        self._lock = threading.Lock()

    def open(self, path: Path) -> None:
        """Draw another scene from now on."""
        self.error = None
        if self._process is None or self._process.poll() is not None:
            self._start()
        self._send({"open": str(path.resolve())})

    def look(self, camera: dict[str, Any], width: int, height: int) -> None:
        """Draw from another place, or in another size.

        Args:
            camera: Fields of :class:`~humanoid_brain.host.standalone.render.film.Follow`; empty for the scene's camera.
            width: Of the pictures, pixels.
            height: Of the pictures, pixels.
        """
        self._send({"camera": camera, "size": [width, height]})

    def pose(self, poses: dict[str, list[float]]) -> None:
        """Position in m and orientation wxyz in the world, by path, of the bodies that moved."""
        self._send({"poses": poses})

    def edit(self, layer: str) -> None:
        """Put edits over the scene, as text of a USD layer, in place of those before; empty: none."""
        self._send({"edits": layer})

    def picture(self) -> Image | None:
        """The newest picture [H, W, 4], once; None while there is no newer one."""
        with self._lock:
            newest, self._newest = self._newest, None
        return newest

    @property
    def settled(self) -> bool:
        """Whether the best picture of what was asked for last has come."""
        return self._done == self._asked

    def close(self) -> None:
        """End the process."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()

    def _start(self) -> None:
        command = [sys.executable, "-m", "humanoid_brain.host.standalone.render.live"]
        root = str(Path(__file__).resolve().parents[4])
        path = os.pathsep.join([root, os.environ.get("PYTHONPATH", "")]).rstrip(os.pathsep)
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": path}
        )
        threading.Thread(target=self._read, args=(self._process,), daemon=True, name="pictures").start()

    def _send(self, message: dict[str, Any]) -> None:
        process = self._process
        if process is None or process.stdin is None or process.poll() is not None:
            return
        try:
            self._asked += 1
            process.stdin.write(json.dumps({**message, "number": self._asked}).encode() + b"\n")
            process.stdin.flush()
        except OSError:  # it has just ended; the reader says why
            return

    def _read(self, process: subprocess.Popen[bytes]) -> None:
        """Receive pictures until the process ends."""
        assert process.stdout is not None
        for line in process.stdout:
            head = json.loads(line)
            if "error" in head:
                self.error = HostError(head["error"], where=head["where"], todo=head["todo"])
                continue
            height, width = head["size"]
            data = process.stdout.read(height * width * 4)
            if len(data) < height * width * 4:
                break
            with self._lock:
                self._done = head["number"] if head["last"] else self._done
                self._newest = np.frombuffer(data, np.uint8).reshape(height, width, 4)
        if self._process is process and self.error is None:
            self.error = HostError(
                f"the process that draws the viewport ended with code {process.wait()}",
                todo="Build the scene again to start another one",
            )


def main() -> None:
    """Serve until the input ends."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints must not stand among the answers
    os.nice(10)  # the window and the job come first
    server = _Server(answers)
    for messages in _batches(sys.stdin.fileno(), lambda: server.patience):
        server.take(messages)
        server.draw()


def _batches(stream: int, patience: Callable[[], float | None]) -> Iterator[list[dict[str, Any]]]:
    """All messages that are there; waits for one as long as ``patience`` says in s, None for however long it takes."""
    rest = b""
    while True:
        ready, _, _ = select.select([stream], [], [], patience())
        if ready:
            block = os.read(stream, 1 << 16)
            if not block:
                return
            *lines, rest = (rest + block).split(b"\n")
            yield [json.loads(line) for line in lines]
        else:
            yield []


class _Server:
    """What is drawn, and how far it has got."""

    def __init__(self, answers: IO[bytes]) -> None:
        self._answers = answers
        self._path = ""
        self._renderer: FilmRenderer | None = None
        self._camera: dict[str, Any] = {}
        self._size = (640, 360)
        self._poses: dict[str, npt.NDArray[np.float64]] = {}
        self._edits, self._edited = "", False
        self._layer: Any = None
        self._level, self._seed, self._number = _LEVELS, 0, 0
        self._scale = SCALES.index(1 / 3)
        self._simulated, self._threads = -math.inf, cores()

    @property
    def waiting(self) -> bool:
        """Whether there is something to draw without a further message."""
        return bool(self._path) and self._level < _LEVELS

    @property
    def patience(self) -> float | None:
        """How long in s to wait for a further message before the next picture; None where there is nothing to draw."""
        if not self.waiting:
            return None
        return _NEXT_POSES_S if self._level and self._simulating else 0.0

    @property
    def _simulating(self) -> bool:
        return time.monotonic() - self._simulated < _RUNNING_S

    def take(self, messages: list[dict[str, Any]]) -> None:
        """Take in messages; of many places of the camera only the last one counts."""
        for message in messages:
            if "open" in message:
                self._path, self._poses = message["open"], {}
                self._renderer, self._edits = None, ""
            if "edits" in message:
                self._edits, self._edited = message["edits"], True
            if "camera" in message:
                self._camera, self._size = message["camera"], (message["size"][0], message["size"][1])
            self._number = message["number"]
            if poses := message.get("poses"):
                self._simulated = time.monotonic()
                self._poses.update(zip(poses, _matrices(np.array([*poses.values()], float)), strict=True))
        if messages:
            self._level = 0

    def draw(self) -> None:
        """Draw the next better picture and send it."""
        if not self.waiting:
            return
        self._share_cores()
        first = SCALES[max(self._scale, 1) if self._simulating else self._scale]
        scale, samples = LEVELS[self._level - 1] if self._level else (first, 1)
        began = time.monotonic()
        try:
            picture = self._draw(scale, samples)
        except Exception as error:
            self._path = ""
            self._fail(error)
            return
        if self._level == 0:
            self._scale = next_scale(self._scale, time.monotonic() - began)
        self._level += 1
        self._seed += 1
        height, width, _ = picture.shape
        head = {"size": [height, width], "number": self._number, "last": self._level == _LEVELS}
        self._answers.write(json.dumps(head).encode() + b"\n")
        self._answers.write(picture.tobytes())
        self._answers.flush()

    def _draw(self, scale: float, samples: int) -> Image:
        from humanoid_brain.host.standalone.render.film import FilmRenderer, Follow

        size = (max(32, round(self._size[0] * scale)), max(32, round(self._size[1] * scale)))
        if self._renderer is None:
            stage = self._open(self._path)
            self._renderer = FilmRenderer(stage, *size, device="cpu")
        elif self._edited:
            self._layer.ImportFromString(self._edits or "#usda 1.0")
        self._edited = False
        self._renderer.resize(*size)
        self._renderer.samples = samples
        self._renderer.coarsen(_CELL if self._simulating and scale < 1.0 else 0.0)
        camera = Follow(**self._camera) if self._camera else None
        picture = self._renderer.render(camera, self._poses, seed=self._seed)
        return np.concatenate([picture, np.full((*picture.shape[:2], 1), 255, np.uint8)], -1)

    def _open(self, path: str) -> Usd.Stage:
        """The stage of a file, with the edits over it."""
        from pxr import Sdf, Usd

        stage = Usd.Stage.Open(path)
        self._layer = Sdf.Layer.CreateAnonymous("edits.usda")
        self._layer.ImportFromString(self._edits or "#usda 1.0")
        stage.GetSessionLayer().subLayerPaths.append(self._layer.identifier)
        return stage

    def _share_cores(self) -> None:
        """Leave a core to a simulation that runs."""
        from humanoid_brain.host.standalone.render.variant import limit_threads

        free = cores() - self._simulating
        if free != self._threads:
            self._threads = free
            limit_threads(max(1, free))

    def _fail(self, error: Exception) -> None:
        from humanoid_brain.errors import HumanoidBrainError

        what, where, todo = f"{type(error).__name__}: {error}", "viewport", ""
        if isinstance(error, HumanoidBrainError):
            what, where, todo = error.what, error.where, error.todo
        self._answers.write(json.dumps({"error": what, "where": where, "todo": todo}).encode() + b"\n")
        self._answers.flush()


def next_scale(scale: int, seconds: float) -> int:
    """Number of the scale for the next first picture, when the last one took so long."""
    return min(max(scale + (seconds < _QUICK_S) - (seconds > _SLOW_S), 0), len(SCALES) - 1)


def _matrices(poses: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Poses (N, 4, 4) of positions and orientations wxyz (N, 7)."""
    w, x, y, z = (poses[:, 3:] / np.linalg.norm(poses[:, 3:], axis=1, keepdims=True)).T
    made = np.tile(np.eye(4), (len(poses), 1, 1))
    made[:, :3, 3] = poses[:, :3]
    made[:, 0, :3] = np.stack([1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)], -1)
    made[:, 1, :3] = np.stack([2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)], -1)
    made[:, 2, :3] = np.stack([2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)], -1)
    return made


if __name__ == "__main__":
    main()
