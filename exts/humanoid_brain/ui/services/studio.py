# SPDX-License-Identifier: Apache-2.0
"""The services of the studio: its menu bar, its own dialogs, settings in a file of the user's configuration folder."""

from __future__ import annotations

import json
import logging
import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import omni.ui as ui

from humanoid_brain.errors import StorageError
from humanoid_brain.files import make_folder, write_json
from humanoid_brain.ui import style
from humanoid_brain.ui.observable import Subscription
from humanoid_brain.ui.services import Services
from humanoid_brain.ui.services.file_dialog import FileDialog

logger = logging.getLogger("humanoid_brain")

_SHOWN_S = 6.0
"""Time in s that a notification stays."""


def settings_file() -> Path:
    """Where settings are kept: in XDG_CONFIG_HOME, or else in ~/.config."""
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "humanoid_brain" / "studio.json"


class StudioServices(Services):
    """Of a window of our own.

    Args:
        settings: File of the settings; None takes :func:`settings_file`.
        menu_bar: Where entries of the menu go.
    """

    name = "studio"

    def __init__(self, settings: Path | None = None, menu_bar: ui.MenuBar | None = None) -> None:
        self._menu_bar = menu_bar
        self._file = settings or settings_file()
        self._settings = _read(self._file)
        self._entries: dict[str, Callable[[], None]] = {}
        self._viewport: ui.Frame | None = None
        self._overlays: dict[str, ui.Frame] = {}
        self._dialog: FileDialog | None = None
        self._note = _Note()

    def add_menu(self, name: str, clicked: Callable[[], None]) -> Subscription:
        """An entry of the studio's menu."""
        self._entries[name] = clicked
        self._build_menu()

        def remove() -> None:
            self._entries.pop(name, None)
            self._build_menu()

        return Subscription(remove)

    @property
    def menu(self) -> dict[str, Callable[[], None]]:
        """The entries of the menu, by name."""
        return self._entries

    def _build_menu(self) -> None:
        if self._menu_bar is None:
            return
        self._menu_bar.clear()
        with self._menu_bar, ui.Menu("Studio"):
            for name, clicked in self._entries.items():
                ui.MenuItem(name, triggered_fn=clicked)

    def notify(self, text: str, severity: str = "info") -> None:
        """A box in a corner, for some seconds."""
        self._note.show(text, severity)

    def pick_file(
        self,
        title: str,
        picked: Callable[[Path], None],
        *,
        suffixes: Sequence[str] = (),
        folder: Path | None = None,
        save_as: str = "",
    ) -> None:
        """A dialog of our own."""
        self._open(FileDialog(title, picked, suffixes=suffixes, folder=folder, save_as=save_as))

    def pick_folder(self, title: str, picked: Callable[[Path], None], *, folder: Path | None = None) -> None:
        """A dialog of our own."""
        self._open(FileDialog(title, picked, folder=folder, folders_only=True))

    @property
    def dialog(self) -> FileDialog | None:
        """The dialog that was opened last."""
        return self._dialog

    def setting(self, name: str) -> Any:
        """From the file."""
        return self._settings.get(name)

    def keep_setting(self, name: str, value: Any) -> None:
        """Into the file; one that cannot be written costs the setting, not the session."""
        if self._settings.get(name) == value:
            return
        self._settings[name] = value
        try:
            make_folder(self._file.parent)
            write_json(self._file, self._settings)
        except StorageError as error:
            logger.warning("the settings could not be kept: %s", error)

    def use_viewport(self, frame: ui.Frame | None) -> None:
        """The frame over the studio's viewport, in which overlays are put."""
        self._viewport = frame

    def viewport_frame(self, name: str) -> Any:
        """A frame over the studio's viewport."""
        if self._viewport is None:
            return None
        if name not in self._overlays:
            with self._viewport:
                self._overlays[name] = ui.Frame()
        return self._overlays[name]

    def update(self) -> None:
        """Take away notifications that were there long enough; called in each frame."""
        self._note.update()
        if self._dialog is not None:
            self._dialog.update()

    def close(self) -> None:
        """End dialogs and notifications."""
        self._menu_bar = None
        self._entries.clear()
        self._note.close()
        if self._dialog is not None:
            self._dialog.close()

    def _open(self, dialog: FileDialog) -> None:
        if self._dialog is not None:
            self._dialog.close()
        self._dialog = dialog


class _Note:
    """A notification, in a window without a frame."""

    def __init__(self) -> None:
        self._window: ui.Window | None = None
        self._until = 0.0

    def show(self, text: str, severity: str) -> None:
        self.close()
        flags = ui.WINDOW_FLAGS_NO_TITLE_BAR | ui.WINDOW_FLAGS_NO_RESIZE | ui.WINDOW_FLAGS_NO_SCROLLBAR
        flags |= ui.WINDOW_FLAGS_NO_DOCKING | ui.WINDOW_FLAGS_NO_FOCUS_ON_APPEARING
        self._window = ui.Window("##notification", width=340, height=0, flags=flags, auto_resize=True)
        self._window.frame.set_style(style.STYLE)
        with self._window.frame, ui.ZStack(width=330, height=0):
            ui.Rectangle(name=severity)
            with ui.VStack(height=0):
                ui.Spacer(height=8)
                with ui.HStack(height=0):
                    ui.Spacer(width=10)
                    ui.Label(text, word_wrap=True, height=0)
                    ui.Spacer(width=10)
                ui.Spacer(height=8)
        self._window.position_x = ui.Workspace.get_main_window_width() - 360
        self._window.position_y = ui.Workspace.get_main_window_height() - 120
        self._until = time.monotonic() + _SHOWN_S

    def update(self) -> None:
        if self._window is not None and time.monotonic() > self._until:
            self.close()

    def close(self) -> None:
        if self._window is not None:
            self._window.destroy()
            self._window = None


def _read(path: Path) -> dict[str, Any]:
    """Settings of earlier sessions; a file that is damaged or was never written counts as none."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
