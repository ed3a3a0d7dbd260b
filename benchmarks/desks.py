# SPDX-License-Identifier: Apache-2.0
"""What benchmarks/panels.py trains in: the studio itself, or what lies behind its windows where none can be drawn."""

from __future__ import annotations

import asyncio
import importlib.util
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any

from humanoid_brain.config.studio import StudioConfig
from humanoid_brain.config.training import TrainingConfig
from humanoid_brain.host.standalone.render.live import LiveRenderer
from humanoid_brain.learning.job import TrainingJob
from humanoid_brain.scene.build import grid_extent
from humanoid_brain.studio import Studio, load_ui, open_window
from humanoid_brain.ui.observable import Subscription
from humanoid_brain.ui.orbit import Orbit, overview
from humanoid_brain.ui.services import Services
from humanoid_brain.ui.session import Session
from humanoid_brain.ui.training_model import TrainingModel
from humanoid_brain.workbench import Workbench

FRAME_S = 1 / 60
"""Time in s per frame of a screen; ovui's own loop waits so long, too."""
_SIZE = (684, 584)
"""Of the viewport's pictures in a studio of 1440x900, pixels."""
_LOOK_S, _LOOKS, _PATIENCE_S = 0.003, 4, 0.25
_DRAG = 6.0
"""Pixels per frame that a hand turns the view by."""


class Desk(ABC):
    """Frames in which a job advances, and what they took."""

    window: bool
    """Whether something is drawn."""
    session: Session
    model: TrainingModel

    def __init__(self) -> None:
        self.waits: list[tuple[float, float]] = []
        """When each frame's drawing, or waiting for the screen, ended (epoch s), and how long it took (s)."""
        self.ticks: list[float] = []
        """Time in s of each tick."""
        tick = self.session.worker.tick

        def timed(budget: float | None = None) -> None:
            began = time.perf_counter()
            tick(budget)
            self.ticks.append(time.perf_counter() - began)

        self.session.worker.tick = timed

    def begin(self, config: TrainingConfig) -> TrainingJob:
        """Press Start."""
        self.model.form.load(config)
        self.model.start()
        job = self.model.task.job
        if not isinstance(job, TrainingJob):
            raise RuntimeError(f"the training did not start: {self.model.task.messages.value}")
        return job

    async def frame(self, *, apart: bool = False) -> None:
        """One frame.

        Args:
            apart: Wait until the drawing is over: software draws in threads that go on beside the job.
        """
        began = time.perf_counter()
        await self._wait()
        if apart and self.window:
            _let_threads_rest()
        self.waits.append((time.time(), time.perf_counter() - began))
        self._follow()

    @abstractmethod
    def run(self, work: Coroutine[Any, Any, None]) -> None:
        """Let ``work`` have its frames."""

    @property
    @abstractmethod
    def pictures(self) -> int:
        """Pictures of the viewport so far."""

    @property
    @abstractmethod
    def settled(self) -> bool:
        """Whether nothing is drawn for the viewport any more."""

    @abstractmethod
    def turn(self) -> None:
        """Turn the view a little."""

    @abstractmethod
    def close(self) -> None:
        """Take everything down."""

    @abstractmethod
    async def _wait(self) -> None:
        """Draw, and wait for the screen."""

    @abstractmethod
    def _follow(self) -> None:
        """The rest of the frame."""


def _let_threads_rest() -> None:
    """Return once this process computes nothing for a few looks in a row, or after a while.

    One look is not enough: on a busy machine a thread that draws may not have had a core meanwhile.
    """
    end = time.perf_counter() + _PATIENCE_S
    busy, idle = time.process_time(), 0
    while time.perf_counter() < end and idle < _LOOKS:
        time.sleep(_LOOK_S)
        now = time.process_time()
        idle = idle + 1 if now - busy < _LOOK_S / 4 else 0
        busy = now


class StudioDesk(Desk):
    """The studio, drawn without a screen.

    Args:
        folder: For its settings.

    Raises:
        HostError: ovui or what it draws with is missing.
    """

    window = True

    def __init__(self, folder: Path) -> None:
        config = StudioConfig(panel="Training")
        self._ui = load_ui(headless=True)
        open_window(self._ui, config)
        self._studio = Studio(self._ui, config, folder / "settings.json")
        self.session = self._studio.session
        self.model = self._studio.window.panels["Training"].model  # pyright: ignore[reportAttributeAccessIssue]
        super().__init__()

    def run(self, work: Coroutine[Any, Any, None]) -> None:
        failed: list[BaseException] = []

        async def docked() -> None:
            try:
                await self._studio.dock()
                await work
            except BaseException as error:
                failed.append(error)

        self._ui.run(docked())
        if failed:
            raise failed[0]

    @property
    def pictures(self) -> int:
        return self._studio.viewport.frames

    @property
    def settled(self) -> bool:
        return self._studio.viewport.settled or self._studio.viewport.failed

    def turn(self) -> None:
        self._studio.viewport.orbit = self._studio.viewport.orbit.turned(_DRAG, 0.0)

    def close(self) -> None:
        self._studio.close()

    async def _wait(self) -> None:
        await self._ui.next_frame()

    def _follow(self) -> None:
        self._studio.follow()


class BareDesk(Desk):
    """View models, pace and jobs as in the studio, without omni.ui. The viewport's pictures are made and not shown."""

    window = False

    def __init__(self) -> None:
        self._workbench = Workbench()
        self.session = Session(_NoServices(), self._workbench)
        self.model = TrainingModel(self.session)
        self._live = LiveRenderer() if importlib.util.find_spec("mitsuba") else None
        self._orbit, self._asked = Orbit(), Orbit()
        self._pictures, self._moving = 0, False
        self._began = time.perf_counter()
        self._opening = self.session.live.changed.subscribe(self._open)
        super().__init__()

    def run(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run(work)

    @property
    def pictures(self) -> int:
        return self._pictures

    @property
    def settled(self) -> bool:
        return self._live is None or self._live.error is not None or (self._pictures > 0 and self._live.settled)

    def turn(self) -> None:
        self._orbit = self._orbit.turned(_DRAG, 0.0)

    def close(self) -> None:
        self.session.worker.close()
        self.model.close()
        self._opening.cancel()
        if self._live is not None:
            self._live.close()
        self._workbench.close()

    async def _wait(self) -> None:
        await asyncio.sleep(max(0.0, self._began + FRAME_S - time.perf_counter()))
        self._began = time.perf_counter()

    def _follow(self) -> None:
        for budget in self.session.pace.ticks(lambda: self.session.worker.advancing):
            self.session.worker.tick(budget)
            self.model.facts()
            self.model.status()
        live = self.session.live.value
        if live is not None and self.session.pace.shows and not self._moving and (poses := live.poses()):
            self._moving = self._live is not None
            if self._live is not None:
                self._live.pose(poses)
        if self._live is not None:
            if self._orbit != self._asked:
                self._asked = self._orbit
                self._live.look(self._orbit.as_dict(), *_SIZE)
            if self._live.picture() is not None:
                self._pictures, self._moving = self._pictures + 1, False

    def _open(self, view: Any) -> None:
        if view is not None and self._live is not None:
            self._live.open(view.path)
            self._orbit = overview(grid_extent(view.shown, view.spacing))


class _NoServices(Services):
    """Of no application: nobody is there to ask or to tell."""

    name = "none"

    def add_menu(self, name: str, clicked: Callable[[], None]) -> Subscription:
        return Subscription(lambda: None)

    def notify(self, text: str, severity: str = "info") -> None:
        pass

    def pick_file(
        self,
        title: str,
        picked: Callable[[Path], None],
        *,
        suffixes: Sequence[str] = (),
        folder: Path | None = None,
        save_as: str = "",
    ) -> None:
        pass

    def pick_folder(self, title: str, picked: Callable[[Path], None], *, folder: Path | None = None) -> None:
        pass

    def setting(self, name: str) -> Any:
        return None

    def keep_setting(self, name: str, value: Any) -> None:
        pass

    def viewport_frame(self, name: str) -> Any:
        return None

    def close(self) -> None:
        pass
