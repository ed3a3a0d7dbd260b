# SPDX-License-Identifier: Apache-2.0
"""A window with a picture from a file."""

from __future__ import annotations

from pathlib import Path

import omni.ui as ui

from humanoid_brain.errors import HumanoidBrainError
from humanoid_brain.ui import style

_MARGIN, _TITLE_BAR, _SMALLEST = 20.0, 28.0, 200.0


class PictureWindow:
    """Opens with the first picture; a later one replaces it.

    Args:
        title: Of the window.
    """

    def __init__(self, title: str) -> None:
        self._title = title
        self.window: ui.Window | None = None
        """The window, once there is a picture."""
        self.path: Path | None = None
        """The picture."""

    def show(self, path: Path) -> None:
        """Show a picture.

        Raises:
            HumanoidBrainError: It cannot be read.
        """
        import numpy as np
        from PIL import Image

        try:
            with Image.open(path) as image:
                pixels = np.asarray(image.convert("RGBA"), np.uint8)
        except OSError as error:
            raise HumanoidBrainError(f"the picture cannot be read: {error}", where=str(path)) from error
        height, width, _ = pixels.shape
        self.path = path
        self._provider = ui.ByteImageProvider()
        self._provider.set_data_array(np.ascontiguousarray(pixels), [width, height])
        if self.window is None:
            self._open(width, height)
        assert self.window is not None
        self.window.frame.clear()
        with self.window.frame, ui.ZStack():
            ui.Rectangle(name="black")
            ui.ImageWithProvider(self._provider, fill_policy=ui.IwpFillPolicy.IWP_PRESERVE_ASPECT_FIT)
        self.window.visible = True

    def destroy(self) -> None:
        """Close the window for good."""
        if self.window is not None:
            self.window.destroy()
            self.window = None

    def _open(self, width: int, height: int) -> None:
        room = ui.Workspace.get_main_window_width() - style.PANEL_WIDTH - 2 * _MARGIN
        tall = ui.Workspace.get_main_window_height() - 4 * _MARGIN - _TITLE_BAR
        scale = min(1.0, max(room, _SMALLEST) / width, max(tall, _SMALLEST) / height)
        flags = ui.WINDOW_FLAGS_NO_SCROLLBAR | ui.WINDOW_FLAGS_NO_COLLAPSE
        self.window = ui.Window(
            self._title,
            width=width * scale,
            height=height * scale + _TITLE_BAR,
            flags=flags,
            padding_x=0,
            padding_y=0,
        )
        self.window.frame.set_style(style.STYLE)
        self.window.position_x = _MARGIN + max(0.0, (room - width * scale) / 2)
        self.window.position_y = 2 * _MARGIN + max(0.0, (tall - height * scale) / 2)
