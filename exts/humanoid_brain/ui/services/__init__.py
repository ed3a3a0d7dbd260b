# SPDX-License-Identifier: Apache-2.0
"""What the application around the windows provides: menu, notifications, file picker, settings, the viewport's frame.

``kit`` has these of Omniverse Kit, ``studio`` those of a window of its own.
"""

from __future__ import annotations

import math
import subprocess
import sys
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from humanoid_brain.ui.observable import Subscription

SETTINGS = "/persistent/exts/humanoid_brain"
"""Where Kit keeps what outlives a session; the studio keeps the same in a file."""


def storable(value: Any) -> Any:
    """A draft as JSON has it: NaN and infinity, which a user can type, become texts."""
    if isinstance(value, dict):
        return {key: storable(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [storable(item) for item in value]
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value


class Services(ABC):
    """Of Kit or of the studio."""

    name: str
    """"kit" or "studio"."""

    @abstractmethod
    def add_menu(self, name: str, clicked: Callable[[], None]) -> Subscription:
        """An entry of the menu, for as long as the result is kept."""

    @abstractmethod
    def notify(self, text: str, severity: str = "info") -> None:
        """Tell the user something that needs no answer. ``severity``: "info", "warning" or "error"."""

    @abstractmethod
    def pick_file(
        self,
        title: str,
        picked: Callable[[Path], None],
        *,
        suffixes: Sequence[str] = (),
        folder: Path | None = None,
        save_as: str = "",
    ) -> None:
        """Let the user choose a file, or with ``save_as`` a place for a new one of that name.

        Args:
            title: Of the dialog.
            picked: Called with the file; not at all when the user gives up.
            suffixes: Which files are shown, as ".usd"; all when it is empty.
            folder: Where the dialog begins.
            save_as: Name that is proposed for a new file.
        """

    @abstractmethod
    def pick_folder(self, title: str, picked: Callable[[Path], None], *, folder: Path | None = None) -> None:
        """Let the user choose a folder, in the manner of :meth:`pick_file`."""

    @abstractmethod
    def setting(self, name: str) -> Any:
        """A value of an earlier session, as JSON; None where there is none."""

    @abstractmethod
    def keep_setting(self, name: str, value: Any) -> None:
        """Keep a JSON value for later sessions."""

    @abstractmethod
    def viewport_frame(self, name: str) -> Any:
        """An ``omni.ui.Frame`` over the viewport, for an overlay; None where there is no viewport."""

    def open_folder(self, path: Path) -> None:
        """Show a folder in the system's file manager, or say where it is."""
        opener = {"win32": "explorer", "darwin": "open"}.get(sys.platform, "xdg-open")
        try:
            subprocess.Popen([opener, str(path)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        except OSError:
            self.notify(f"There is no file manager here. The folder is {path}", "warning")

    @abstractmethod
    def close(self) -> None:
        """Undo what is left: menus, dialogs, frames."""
