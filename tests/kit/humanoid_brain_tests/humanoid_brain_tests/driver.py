# SPDX-License-Identifier: Apache-2.0
"""Clicks and waits inside Omniverse Kit, with omni.kit.ui_test. Only importable there."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import carb.input  # pyright: ignore[reportMissingImports]
from omni.kit import ui_test  # pyright: ignore[reportMissingImports, reportAttributeAccessIssue]

from humanoid_brain_tests.steps import PATIENCE


class KitUser:
    """A user of the panels within Kit.

    Args:
        window: The panels, as the extension opened them.
    """

    def __init__(self, window: Any) -> None:
        self._window = window

    @property
    def session(self) -> Any:
        """What the panels share."""
        return self._window.session

    @property
    def window(self) -> Any:
        """The main window."""
        return self._window.window

    def panel(self, title: str) -> Any:
        """A panel of the window."""
        return self.window.panels[title]

    async def frames(self, count: int = 3) -> None:
        """Updates of the application."""
        await ui_test.wait_n_updates(count)

    async def until(self, what: str, true: Callable[[], bool], patience: float = PATIENCE) -> None:
        """Updates until something holds."""
        began = time.monotonic()
        while not true():
            assert time.monotonic() - began < patience, f"waited {patience:.0f} s in vain for: {what}"
            await ui_test.wait_n_updates(1)

    async def click(self, widget: Any) -> None:
        """Scroll a widget into view and click into its middle."""
        await ui_test.emulate_mouse_move_and_click(await self._middle(widget))
        await self.frames()

    async def slide(self, widget: Any, right: float) -> None:
        """Drag in a widget."""
        middle = await self._middle(widget)
        await ui_test.emulate_mouse_drag_and_drop(middle, ui_test.Vec2(middle.x + right, middle.y))
        await self.frames()

    async def type(self, field: Any, text: str) -> None:
        """Type at the end of a text field, and press Enter."""
        await self.click(field)
        await ui_test.emulate_char_press(text)
        await ui_test.emulate_keyboard_press(carb.input.KeyboardInput.ENTER)
        await self.frames()

    async def _middle(self, widget: Any) -> Any:
        widget.scroll_here_y(0.5)
        await self.frames(4)
        assert widget.computed_width > 0 and widget.visible, "the widget cannot be seen"
        return ui_test.Vec2(
            widget.screen_position_x + widget.computed_width / 2, widget.screen_position_y + widget.computed_height / 2
        )
