# SPDX-License-Identifier: Apache-2.0
"""A picture that is replaced now and then, in its own proportions."""

from __future__ import annotations

from typing import Any

import omni.ui as ui

from humanoid_brain.ui import style


class FrameView:
    """A picture within a panel; without one it takes no room.

    Args:
        width: Of the room for it, pixels.
        most: Largest height, pixels.
    """

    def __init__(self, width: float, most: float) -> None:
        self._width, self._most = width, most
        self._provider = ui.ByteImageProvider()
        self.frames = 0
        """Pictures shown so far."""
        self.stack = ui.VStack(height=0, spacing=2, visible=False)
        """All of it."""
        with self.stack:
            self.caption = ui.Label("", name="dim", height=16)
            self._room = ui.ZStack(height=most)
            with self._room:
                ui.Rectangle(name="plot")
                ui.ImageWithProvider(self._provider, fill_policy=ui.IwpFillPolicy.IWP_PRESERVE_ASPECT_FIT)
        self._room.set_style(style.STYLE)

    def show(self, picture: Any, caption: str) -> None:
        """Show a picture, uint8 [H, W, 4]."""
        height, width, _ = picture.shape
        self._provider.set_data_array(picture, [width, height])
        self._room.height = ui.Pixel(min(self._most, self._width * height / width))
        self.caption.text, self.stack.visible = caption, True
        self.frames += 1
