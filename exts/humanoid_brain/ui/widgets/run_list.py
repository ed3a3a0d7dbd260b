# SPDX-License-Identifier: Apache-2.0
"""Rows that can be chosen: runs, and the checkpoints of one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import omni.ui as ui

from humanoid_brain.ui import style


@dataclass(frozen=True)
class Line:
    """What a row says."""

    key: str
    """By which it is chosen."""
    title: str
    detail: str = ""
    mark: str = ""
    """Short text at the right."""
    tooltip: str = ""
    usable: bool = True
    chosen: bool = False


class ChoiceList:
    """Rows of which one is chosen by a click.

    Args:
        clicked: Called with the key of the row.
        empty: What is said where there are no rows.
        title_width: Width of the titles, pixels.
    """

    def __init__(self, clicked: Callable[[str], None], empty: str, title_width: float = 150) -> None:
        self._clicked, self._empty, self._width = clicked, empty, title_width
        self._frame = ui.Frame(height=0)
        self._shown: tuple[Line, ...] | None = None
        self.rows: dict[str, ui.Button] = {}
        """The buttons beneath the rows, by key."""

    def show(self, lines: Sequence[Line], empty: str = "") -> None:
        """Show these rows in place of those before; not to be called within a click on one."""
        self._empty = empty or self._empty
        if tuple(lines) == self._shown:
            return
        self._shown = tuple(lines)
        self.rows.clear()
        self._frame.clear()
        with self._frame, ui.VStack(height=0, spacing=2):
            for line in lines:
                self._build(line)
            if not lines:
                ui.Label(self._empty, name="dim", height=style.ROW, word_wrap=True)

    def _build(self, line: Line) -> None:
        with ui.ZStack(height=26):
            # Without any text a button is drawn no higher than its padding.
            row = ui.Button(
                " ", name="row", height=26, clicked_fn=lambda: self._clicked(line.key), tooltip=line.tooltip
            )
            row.checked = line.chosen
            self.rows[line.key] = row
            with ui.HStack(spacing=style.GAP):
                ui.Spacer(width=4)
                name = "" if line.usable else "warning"
                ui.Label(line.title, name=name, width=self._width, elided_text=True)
                ui.Label(line.detail, name="dim", elided_text=True)
                ui.Label(line.mark, width=0)
                ui.Spacer(width=4)
