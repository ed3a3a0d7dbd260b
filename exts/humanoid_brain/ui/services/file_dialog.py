# SPDX-License-Identifier: Apache-2.0
"""A dialog that picks a file or folder, for the studio; inside Kit there is Kit's."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import omni.ui as ui

from humanoid_brain.ui import style

_WIDTH, _HEIGHT = 620, 460
_LONGEST = 200
"""Letters of a name that are repeated to the user."""
_MOST = 500
"""Entries of a folder that are listed."""


class FileDialog:
    """Lists folders and files; a click enters or chooses.

    Args:
        title: Of the window.
        picked: Called with the choice.
        suffixes: Files that are listed; all when it is empty.
        folder: Where it begins; the working directory when it is left out.
        save_as: Name that is proposed for a new file; empty to pick one that is there.
        folders_only: Pick a folder.
    """

    def __init__(
        self,
        title: str,
        picked: Callable[[Path], None],
        *,
        suffixes: Sequence[str] = (),
        folder: Path | None = None,
        save_as: str = "",
        folders_only: bool = False,
    ) -> None:
        self._picked, self._suffixes = picked, tuple(suffixes)
        self._saving, self._folders_only = bool(save_as), folders_only
        self.folder = _nearest(folder or Path.cwd())
        """The folder that is shown."""
        self.rows: dict[str, ui.Button] = {}
        """The buttons of the entries, by name."""
        self.name = ui.SimpleStringModel(save_as)
        """Name of the file, as typed."""
        self._moved = False
        self._build(title, save_as)

    def close(self) -> None:
        """Give up."""
        self.window.visible = False
        self.window.destroy()

    def _build(self, title: str, save_as: str) -> None:
        flags = ui.WINDOW_FLAGS_NO_DOCKING | ui.WINDOW_FLAGS_NO_SCROLLBAR | ui.WINDOW_FLAGS_NO_COLLAPSE
        self.window = ui.Window(title, width=_WIDTH, height=_HEIGHT, flags=flags)
        self.window.position_x = max(0.0, (ui.Workspace.get_main_window_width() - _WIDTH) / 2)
        self.window.position_y = max(0.0, (ui.Workspace.get_main_window_height() - _HEIGHT) / 2)
        self.window.frame.set_style(style.STYLE)
        with self.window.frame, ui.ZStack():
            ui.Rectangle(name="background")
            with ui.VStack(spacing=style.GAP):
                ui.Spacer(height=2)
                with ui.HStack(height=26, spacing=style.GAP):
                    ui.Button("Up", width=50, clicked_fn=lambda: self._enter(self.folder.parent))
                    self._where = ui.Label("", elided_text=True)
                with ui.ScrollingFrame(horizontal_scrollbar_policy=ui.ScrollBarPolicy.SCROLLBAR_ALWAYS_OFF):
                    self._list = ui.Frame(height=0)
                with ui.HStack(height=26, spacing=style.GAP):
                    if self._folders_only:
                        ui.Spacer()
                    else:
                        ui.StringField(self.name)
                    ui.Button("Cancel", width=80, clicked_fn=self._hide)
                    verb = "Save" if save_as else "Choose"
                    self.apply = ui.Button(verb, name="primary", width=80, clicked_fn=self._apply)
        self._show_place()

    def _build_list(self) -> None:
        self.rows.clear()
        self._list.clear()
        folders, files, hidden = self._entries()
        with self._list, ui.VStack(height=0):
            for path in folders:
                self._entry(f"{path.name}/", lambda path=path: self._enter(path))
            for path in files:
                self._entry(path.name, lambda path=path: self.name.set_value(path.name))
            if not folders and not files:
                ui.Label("There is nothing here", name="dim", height=style.ROW)
            if hidden:
                ui.Label(f"and {hidden} more; type the name", name="dim", height=style.ROW)

    def _entry(self, text: str, clicked: Callable[[], None]) -> None:
        with ui.ZStack(height=style.ROW):
            self.rows[text] = ui.Button("", name="flat", clicked_fn=clicked)
            with ui.HStack():
                ui.Spacer(width=8)
                ui.Label(text)

    def _entries(self) -> tuple[list[Path], list[Path], int]:
        try:
            found = sorted((p for p in self.folder.iterdir() if not p.name.startswith(".")), key=lambda p: p.name)
        except OSError:
            return [], [], 0
        folders = [path for path in found if _is(path.is_dir)]
        files = [] if self._folders_only else [path for path in found if self._matches(path)]
        room = max(_MOST - len(folders), 0)
        return folders[:_MOST], files[:room], max(len(folders) + len(files) - _MOST, 0)

    def _matches(self, path: Path) -> bool:
        return _is(path.is_file) and (not self._suffixes or path.suffix.lower() in self._suffixes)

    def _enter(self, folder: Path) -> None:
        self.folder = folder
        if not self._saving:
            self.name.set_value("")
        self._moved = True

    def update(self) -> None:
        """Show the folder that was entered; called in each frame, as a row must not end in its own click."""
        if self._moved:
            self._moved = False
            self._show_place()

    def _show_place(self) -> None:
        self._where.text = str(self.folder)
        self._build_list()

    def _apply(self) -> None:
        path = self.folder if self._folders_only else self._named(self.name.as_string.strip())
        if path is None:
            return
        self._hide()
        self._picked(path)

    def _named(self, name: str) -> Path | None:
        """The file of that name; None where none is there, or none can be, which the dialog says."""
        if not name:
            return None
        try:
            path = self.folder / Path(name).expanduser()
        except RuntimeError:  # the home of a user whom nobody knows
            path = self.folder / name
        if self._saving or _is(path.is_file):
            return path
        self._where.text = f"There is no file {name[:_LONGEST]}"
        return None

    def _hide(self) -> None:
        self.window.visible = False


def _is(asked: Callable[[], bool]) -> bool:
    """What a path says of itself; False where the disk does not let it, or where it is no path at all."""
    try:
        return asked()
    except (OSError, ValueError):
        return False


def _nearest(folder: Path) -> Path:
    """The folder, or the nearest one above it that is there."""
    try:
        path = folder.expanduser().resolve()
    except (OSError, RuntimeError, ValueError):
        path = Path.cwd()
    while not _is(path.is_dir) and path != path.parent:
        path = path.parent
    return path
