# SPDX-License-Identifier: Apache-2.0
"""A studio that is clicked and typed into, as a user would; for scripts that run in a process each.

Without a screen, by omni.ui.testing. With HUMANOID_BRAIN_WINDOW=1 in a real window, by xdotool: see ``x_mouse``.
"""

from __future__ import annotations

import importlib
import os
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

os.environ["OMNIUI_HEADLESS"] = "0" if os.environ.get("HUMANOID_BRAIN_WINDOW") == "1" else "1"

import omni.ui as ui

from humanoid_brain.config.studio import StudioConfig
from humanoid_brain.studio import Studio, load_ui, open_window

IN_A_WINDOW = os.environ["OMNIUI_HEADLESS"] == "0"
mouse: Any = importlib.import_module("tests.ui.x_mouse" if IN_A_WINDOW else "omni.ui.testing")

ENTER = 525
"""The key as Dear ImGui numbers it."""

_ENTRY = 22.0
"""Height in pixels of an entry of a combo box."""


class Driver:
    """Drives a studio.

    Args:
        folder: Where screenshots and settings go.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.studio = Studio(ui, StudioConfig(), folder / "settings.json")

    @property
    def session(self) -> Any:
        """Of the studio."""
        return self.studio.session

    @property
    def window(self) -> Any:
        """The main window."""
        return self.studio.window

    def panel(self, title: str) -> Any:
        """A panel of the window."""
        return self.studio.window.panels[title]

    async def frames(self, count: int = 3) -> None:
        """Let some frames pass."""
        for _ in range(count):
            await self.studio.frame()

    async def until(self, what: str, true: Callable[[], bool], patience: float = 120.0) -> None:
        """Let frames pass until something holds; fail when it takes too long."""
        began = time.monotonic()
        while not true():
            assert time.monotonic() - began < patience, f"waited {patience:.0f} s in vain for: {what}"
            await self.studio.frame()

    async def click(self, widget: Any) -> None:
        """Scroll a widget into view and click into its middle."""
        await self._bring(widget)
        x = widget.screen_position_x + widget.computed_width / 2
        y = widget.screen_position_y + widget.computed_height / 2
        await mouse.mouse_click(x, y)
        await self.frames()

    async def type(self, field: Any, text: str) -> None:
        """Type at the end of a text field, and press Enter."""
        await self.click(field)
        await mouse.type_text(text)
        await mouse.press_key(ENTER)
        await self.frames()

    async def slide(self, widget: Any, right: float) -> None:
        """Change a number by dragging it sideways, as far as the pixels say.

        Double clicks, which let a user type, would need quicker frames than a busy machine has.
        """
        await self._bring(widget)
        await self.drag(widget, right, 0)

    async def choose(self, combo: Any, index: int, count: int) -> None:
        """Open a combo box of ``count`` entries and click entry number ``index``; at the bottom it opens upwards."""
        await self.click(combo)
        below = combo.screen_position_y + combo.computed_height
        down = below + _ENTRY * (count + 1) < ui.Workspace.get_main_window_height()
        top = below + 4 if down else combo.screen_position_y + 4 - _ENTRY * count
        await mouse.mouse_click(combo.screen_position_x + 20, top + _ENTRY * (index + 0.5))
        await self.frames(5)

    async def drag(self, widget: Any, right: float, down: float, button: int = 0) -> None:
        """Press in the middle of a widget, move, let go."""
        x = widget.screen_position_x + widget.computed_width / 2
        y = widget.screen_position_y + widget.computed_height / 2
        await mouse.mouse_drag(x, y, x + right, y + down, button)
        await self.frames()

    async def scroll(self, widget: Any, notches: float) -> None:
        """Turn the wheel over a widget."""
        x = widget.screen_position_x + widget.computed_width / 2
        y = widget.screen_position_y + widget.computed_height / 2
        await mouse.mouse_scroll(x, y, 0, notches)
        await self.frames()

    async def picture(self, name: str) -> Path:
        """Keep a screenshot."""
        await mouse.mouse_move(ui.Workspace.get_main_window_width() - 2, 2)
        await self.frames()
        path = self.folder / f"{name}.png"
        assert mouse.capture_screenshot(str(path)) and path.stat().st_size > 10_000
        return path

    async def _bring(self, widget: Any) -> None:
        widget.scroll_here_y(0.5)
        await self.frames(4)
        assert widget.computed_width > 0 and widget.visible, "the widget cannot be seen"


def run(story: Callable[[Driver], Awaitable[None]], folder: Path) -> None:
    """Open the studio, play a story, close it again."""
    folder.mkdir(parents=True, exist_ok=True)
    open_window(load_ui(headless=not IN_A_WINDOW), StudioConfig())
    ui.set_max_frame_rate(None)  # pyright: ignore[reportAttributeAccessIssue]
    driver = Driver(folder)
    failed: list[BaseException] = []

    async def play() -> None:
        try:
            await driver.studio.dock()
            await story(driver)
        except BaseException as error:
            failed.append(error)

    try:
        ui.run(play())  # pyright: ignore[reportAttributeAccessIssue]
    finally:
        driver.studio.close()
    if failed:
        raise failed[0]
