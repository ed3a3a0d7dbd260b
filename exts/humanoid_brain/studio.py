# SPDX-License-Identifier: Apache-2.0
"""The studio: the panels in a window of their own, with a preview viewport, where there is no Isaac Sim."""

from __future__ import annotations

import importlib
import logging
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from humanoid_brain import paths
from humanoid_brain.config.studio import StudioConfig
from humanoid_brain.errors import HostError, StorageError
from humanoid_brain.files import make_folder
from humanoid_brain.machine import draws_in_software

if TYPE_CHECKING:
    from humanoid_brain.ui.actions import LiveView, SceneResult
    from humanoid_brain.ui.services.studio import StudioServices
    from humanoid_brain.ui.session import Session
    from humanoid_brain.ui.viewport import Viewport
    from humanoid_brain.ui.window import MainWindow

logger = logging.getLogger("humanoid_brain")

TITLE = "Humanoid Brain Studio"
_LIBRARIES = "apt-get install libvulkan1 mesa-vulkan-drivers libgl1"
_RATE, _RATE_BESIDE_WORK = 30.0, 15.0
"""Most frames per second that are drawn where the processor draws them; with a job or the viewport at work beside."""
_PATIENCE_S = 120.0
"""Time in s that a screenshot waits for the viewport at most."""


def run(config: StudioConfig) -> dict[str, Any]:
    """Open the windows and stay until they are closed.

    Returns:
        What the command line prints with ``--json``.

    Raises:
        HostError: ovui, a graphics library or a screen is missing.
    """
    ui = load_ui(headless=config.headless)
    if config.screenshot is not None:
        make_folder(config.screenshot.absolute().parent)
    open_window(ui, config)
    studio = Studio(ui, config)
    failed: list[BaseException] = []

    async def live() -> None:  # omni.ui would let an exception of the coroutine pass in silence
        try:
            await studio.live()
        except BaseException as error:
            failed.append(error)

    try:
        ui.run(live())
    finally:
        studio.close()
    if failed:
        raise failed[0]
    if studio.error is not None:
        raise studio.error
    return {"screenshot": str(config.screenshot) if config.screenshot else None}


def load_ui(*, headless: bool) -> Any:
    """Import omni.ui as ovui brings it.

    Raises:
        HostError: It, a graphics library or a screen is missing; says which command installs it.
    """
    if headless:
        os.environ["OMNIUI_HEADLESS"] = "1"
    elif sys.platform == "linux" and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        raise HostError("there is no screen", todo="Use --headless --screenshot FILE, or a desktop session")
    try:
        return importlib.import_module("omni.ui")
    except ModuleNotFoundError as error:
        pip = f'{sys.executable} -m pip install --no-deps "{_pinned()}"'
        raise HostError("the studio needs the package ovui", todo=f"Run: {pip}") from error
    except (ImportError, OSError) as error:
        raise HostError(f"a graphics library is missing: {error}", todo=f"Run: {_LIBRARIES}") from error


def _pinned() -> str:
    """Requirement of ovui in the tested version."""
    lines = paths.constraints().read_text(encoding="utf-8").splitlines()
    return next((line for line in lines if line.startswith("ovui==")), "ovui")


def open_window(ui: Any, config: StudioConfig) -> None:
    """Open the studio's own window, or what stands for it without a screen.

    Raises:
        HostError: There is no graphics driver, or no screen.
    """
    from humanoid_brain.ui.services.imgui import keep_no_layout

    ui.init(TITLE, config.width, config.height)
    if ui.Workspace.get_main_window_width() > 0:  # omni.ui itself says on standard error what went wrong
        keep_no_layout(ui)
        return
    if config.headless:
        raise HostError("there is no Vulkan driver that draws without a screen", todo=f"Run: {_LIBRARIES}")
    screen = os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY") or "of this session"
    raise HostError(
        f"no window can be opened on the screen {screen}",
        todo=f"Use --headless --screenshot FILE, or run: {_LIBRARIES}",
    )


class Studio:
    """The windows and what lives in them.

    Args:
        ui: The module omni.ui, after its ``init``.
        config: How to open.
        settings: File of the settings; None takes the user's own.
    """

    def __init__(self, ui: Any, config: StudioConfig, settings: Path | None = None) -> None:
        from humanoid_brain.host.standalone.render.live import LiveRenderer
        from humanoid_brain.ui.panels import all_panels
        from humanoid_brain.ui.services.studio import StudioServices
        from humanoid_brain.ui.session import Session
        from humanoid_brain.ui.style import STYLE
        from humanoid_brain.ui.viewport import Viewport
        from humanoid_brain.ui.window import MainWindow
        from humanoid_brain.workbench import Workbench

        self._ui, self._config = ui, config
        self.error: HostError | StorageError | None = None
        """Why the screenshot was not made."""
        self._docking = ui.MainWindow()
        self._docking.main_menu_bar.set_style(STYLE)
        self.services: StudioServices = StudioServices(settings, self._docking.main_menu_bar)
        self.workbench = Workbench()
        self.session: Session = Session(self.services, self.workbench)
        self.viewport: Viewport = Viewport(LiveRenderer())
        self.services.use_viewport(self.viewport.overlay)
        self.window: MainWindow = MainWindow(self.session, all_panels(), closable=False)
        self.viewport.covered = self.window.panels["Training"].overlay.covers  # pyright: ignore[reportAttributeAccessIssue]
        self._built = self.session.scene_built.subscribe(self._show_scene)
        self._following = self.session.live.changed.subscribe(self._show_live)
        self._looking = self.session.shown_term.changed.subscribe(self.viewport.edit)
        self.session.viewport_waits = lambda: self.viewport.waiting
        self._choosing = self.viewport.environment.changed.subscribe(self._look_at)
        self._reset = self.session.view_reset.subscribe(self.viewport.reset_view)
        self._menus = [
            self.services.add_menu("Reset view", self.viewport.reset_view),
            self.services.add_menu("Reset all panels", self.window.reset),
            self.services.add_menu("Close", self._leave),
        ]
        self._grid = 1, 1.0
        self._left = False
        self._told: set[str] = set()
        self._limits_frames = draws_in_software() and ui.standalone.get_max_frame_rate() is not None
        if config.panel:
            self.window.show(config.panel)

    async def live(self) -> None:
        """Frame after frame, until the window is closed or the screenshot is made."""
        await self.dock()
        if self._config.build:
            self.window.panels["Scene"].build_scene()  # pyright: ignore[reportAttributeAccessIssue]
        began = time.monotonic()
        while not self._left:
            await self.frame()
            if self._config.screenshot is not None and (self._settled() or time.monotonic() - began > _PATIENCE_S):
                break
        if self._config.screenshot is not None:
            await self._take_picture(self._config.screenshot)

    async def frame(self) -> None:
        """One frame. A fault of ours in it is told once, and costs the frame, not the session."""
        await self._ui.next_frame()
        try:
            self.follow()
        except Exception as error:
            self._tell(error)

    def follow(self) -> None:
        """What follows the drawing in a frame: the job advances, panels and viewport show what it did."""
        if self._limits_frames:
            self._ui.standalone.set_max_frame_rate(_RATE_BESIDE_WORK if self._cores_are_wanted() else _RATE)
        self.window.update()
        live = self.session.live.value
        if live is not None and self.session.pace.shows and not self.viewport.waiting:
            self._move_bodies(live)
        self.viewport.update()
        self.services.update()

    async def dock(self) -> None:
        """Put the panels beside the viewport."""
        ui = self._ui
        for _ in range(2):
            await ui.next_frame()
        handle = ui.Workspace.get_window
        viewport, main = handle(self.viewport.window.title), handle(self.window.window.title)
        viewport.dock_in(handle("DockSpace"), ui.DockPosition.SAME)
        for _ in range(2):
            await ui.next_frame()
        share = self.window.window.width / self._config.width
        main.dock_in(viewport, ui.DockPosition.RIGHT, share)
        for _ in range(3):
            await ui.next_frame()

    def close(self) -> None:
        """Take everything down."""
        for subscription in (self._built, self._reset, self._following, self._looking, self._choosing, *self._menus):
            subscription.cancel()
        self.window.destroy()
        self.viewport.destroy()
        self.services.close()
        self.workbench.close()

    def _cores_are_wanted(self) -> bool:
        return self.session.worker.advancing or (self.viewport.frames > 0 and not self.viewport.settled)

    def _move_bodies(self, live: LiveView) -> None:
        poses = live.poses()
        self.viewport.pose(poses)
        if root := poses.get(live.subject):
            self.viewport.track((root[0], root[1], self.viewport.home.target[2]))

    def _show_live(self, view: LiveView | None) -> None:
        from humanoid_brain.scene.build import grid_extent
        from humanoid_brain.ui.orbit import overview

        if view is not None:
            self._grid = view.shown, view.spacing
            self.viewport.open(view.path, overview(grid_extent(view.shown, view.spacing)), view.total)

    def _show_scene(self, result: SceneResult) -> None:
        from humanoid_brain.scene.build import grid_extent
        from humanoid_brain.ui.orbit import looking, overview

        config = self.session.scene.value
        if result.path is None or config is None:
            return
        # In a room the scene's own camera is known to stand inside of the walls.
        inside = looking(config.camera.position, config.camera.target) if config.interior is not None else None
        self._grid = result.shown, config.spacing
        home = inside or overview(grid_extent(result.shown, config.spacing))
        self.viewport.open(result.path, home, result.shown)

    def _look_at(self, number: int) -> None:
        """Another environment: of a simulation, the poses say where its robot is; of a scene, its grid does."""
        from humanoid_brain.scene.build import grid_origins
        from humanoid_brain.ui.orbit import Orbit

        live, (shown, spacing) = self.session.live.value, self._grid
        if live is not None:
            live.watch(number)
            self._move_bodies(live)
        elif number < shown:
            x, y, _ = grid_origins(shown, spacing)[number].tolist()
            self.viewport.track((x, y, Orbit().target[2]))

    def _tell(self, error: Exception) -> None:
        from humanoid_brain.ui.work import error_message

        if repr(error) in self._told:
            return
        self._told.add(repr(error))
        logger.error("a frame failed", exc_info=error)
        message = error_message(error)
        self.services.notify(f"{message.text}. {message.todo}", "error")

    def _leave(self) -> None:
        self._left = True

    def _settled(self) -> bool:
        """Whether the picture of the viewport is as good as it gets."""
        if not self._config.build:
            return True
        return self.viewport.settled or self.viewport.failed or self.session.worker.failed

    async def _take_picture(self, path: Path) -> None:
        for _ in range(3):
            await self.frame()
        testing = importlib.import_module("omni.ui.testing")
        if not testing.capture_screenshot(str(path)):
            self.error = StorageError("the screenshot could not be written", where=str(path), todo="Use a .png file")
