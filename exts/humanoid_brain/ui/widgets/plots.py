# SPDX-License-Identifier: Apache-2.0
"""Curves: a chart with axes, and a small one for the row of a table."""

from __future__ import annotations

from collections.abc import Sequence

import omni.ui as ui

from humanoid_brain.ui import style
from humanoid_brain.ui.series import number_text, scale_of

_AXIS = 36
"""Width of the numbers at the axis."""
_LINES = 3
"""Lines of the grid, the ends left out."""


class Chart:
    """A curve, or several over one another, with a title, the newest value, and the ends of the axis.

    Args:
        title: Above it.
        unit: Of the values.
        height: Of the plot in pixels, without the title.
        names: Of the curves, in the order of their colours; empty for one without a name.
        caption: Below it at the right.
    """

    def __init__(
        self, title: str, unit: str = "", *, height: float = 96, names: Sequence[str] = (), caption: str = ""
    ) -> None:
        self._unit = unit
        self.stack = ui.VStack(height=0, spacing=2)
        """All of it, to be hidden."""
        with self.stack:
            with ui.HStack(height=18, spacing=style.GAP):
                self.title = ui.Label(title, name="dim", width=0)
                for i, name in enumerate(names):
                    with ui.VStack(width=10):
                        ui.Spacer(height=4)
                        ui.Rectangle(height=10, style={"background_color": style.CURVES[i], "border_radius": 2})
                    ui.Label(name, name="dim", width=0)
                ui.Spacer()
                self.value = ui.Label("", name="value", width=0)
            with ui.HStack(height=height, spacing=style.SPACING):
                with ui.VStack(width=_AXIS):
                    self._high = ui.Label("", name="axis", height=14, alignment=ui.Alignment.RIGHT_CENTER)
                    ui.Spacer()
                    self._low = ui.Label("", name="axis", height=14, alignment=ui.Alignment.RIGHT_CENTER)
                with ui.ZStack():
                    ui.Rectangle(name="plot")
                    self._grid()
                    self._plots = [self._plot(i) for i in range(max(1, len(names)))]
            self.caption = ui.Label(caption, name="axis", height=13, alignment=ui.Alignment.RIGHT_CENTER)
            self.caption.visible = bool(caption)

    def show(self, *curves: list[float], last: float | None = None, caption: str = "") -> None:
        """Draw these curves.

        Args:
            curves: One per name.
            last: The value at the top; the end of the first curve where it is left out.
            caption: In place of the caption before.
        """
        low, high = scale_of(curves)
        for plot, curve in zip(self._plots, curves, strict=False):
            plot.visible = len(curve) > 0
            if curve:
                plot.scale_min, plot.scale_max = low, high
                plot.set_data(*(curve if len(curve) > 1 else curve * 2))
        shown = any(curves)
        self._low.text, self._high.text = (number_text(low), number_text(high)) if shown else ("", "")
        newest = last if last is not None else curves[0][-1] if curves and curves[0] else None
        if caption:
            self.caption.text, self.caption.visible = caption, True
        self.value.text = f"{number_text(newest)} {self._unit}".strip() if newest is not None else "no data yet"

    def _grid(self) -> None:
        with ui.VStack():
            for _ in range(_LINES):
                ui.Spacer()
                ui.Rectangle(name="grid", height=1)
            ui.Spacer()

    def _plot(self, number: int) -> ui.Plot:
        return ui.Plot(
            ui.Type.LINE, 0.0, 1.0, 0.0, 0.0, visible=False, style={"color": style.CURVES[number % len(style.CURVES)]}
        )


class Sparkline:
    """A curve without axes, as high as a row."""

    def __init__(self) -> None:
        with ui.ZStack(height=style.ROW):
            ui.Rectangle(name="plot")
            self._plot = ui.Plot(ui.Type.LINE, 0.0, 1.0, 0.0, 0.0, visible=False)

    def show(self, curve: list[float]) -> None:
        """Draw this curve."""
        self._plot.visible = len(curve) > 0
        if curve:
            self._plot.scale_min, self._plot.scale_max = scale_of([curve])
            self._plot.set_data(*(curve if len(curve) > 1 else curve * 2))


class FactGrid:
    """Pairs of a dim label and a value, in columns.

    Args:
        columns: How many pairs stand side by side.
        width: Of a column; the room there is, where it is left out.
    """

    def __init__(self, columns: int = 3, width: float | None = None) -> None:
        self._columns, self._width = columns, width
        self._frame = ui.Frame(height=0)
        self._labels: list[tuple[str, ui.Label]] = []

    def show(self, facts: Sequence[tuple[str, str]]) -> None:
        """Show these; labels that stay the same only get new values."""
        if [name for name, _ in self._labels] != [name for name, _ in facts]:
            self._rebuild(facts)
        for (_, label), (_, text) in zip(self._labels, facts, strict=True):
            if label.text != text:
                label.text = text

    def _rebuild(self, facts: Sequence[tuple[str, str]]) -> None:
        self._labels = []
        self._frame.clear()
        width = ui.Fraction(1) if self._width is None else ui.Pixel(self._width)
        with self._frame, ui.VStack(height=0, spacing=style.SPACING):
            for at in range(0, len(facts), self._columns):
                with ui.HStack(height=34):
                    for name, text in facts[at : at + self._columns]:
                        with ui.VStack(width=width):
                            ui.Label(name, name="axis", height=14)
                            self._labels.append((name, ui.Label(text, name="value", height=18)))
                    for _ in range(self._columns - len(facts[at : at + self._columns])):
                        ui.Spacer(width=width)
