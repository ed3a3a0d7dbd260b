# SPDX-License-Identifier: Apache-2.0
"""The training run over the viewport: curve, task, iteration, throughput, success."""

from __future__ import annotations

from typing import Any

import omni.ui as ui

from humanoid_brain.ui import style
from humanoid_brain.ui.observable import Subscriptions, Value
from humanoid_brain.ui.training_model import TrainingModel
from humanoid_brain.ui.widgets.plots import Chart, FactGrid

NAME = "overlay"
WIDTH = 300.0
_PLACE = (12.0, 12.0)
_PADDING = 8


class Overlay:
    """Lies in the viewport's frame, which the services give; without a viewport there is none.

    It can be folded, moved and switched off.

    Args:
        model: The run.
    """

    def __init__(self, model: TrainingModel) -> None:
        self._model = model
        self.on = Value(True)
        """Whether it is there at all."""
        self.folded = Value(False)
        """Whether only its heading is seen."""
        self.place = _PLACE
        """Where its corner is in the viewport, pixels."""
        self._frame: Any = None
        self._built = False
        self._stale = True
        self._subscriptions = Subscriptions()
        self._subscriptions.add(
            model.reported.subscribe(self._renew),
            self.folded.changed.subscribe(lambda folded: self._fold()),
            model.session.worker.ticked.subscribe(self.update),
        )

    @property
    def shown(self) -> bool:
        """Whether it can be seen."""
        return self._built and bool(self._frame.visible)

    def covers(self, x: float, y: float) -> bool:
        """Whether it is what a mouse at this place of the screen, in pixels, points at."""
        if not self.shown:
            return False
        right, down = x - self._box.screen_position_x, y - self._box.screen_position_y
        return 0 <= right < self._box.computed_width and 0 <= down < self._box.computed_height

    def update(self) -> None:
        """One frame: follow the run."""
        wanted = self.on.value and self._model.running_config is not None
        if wanted and not self._built:
            self._build()
        if not self._built:
            return
        if bool(self._frame.visible) != wanted:
            self._frame.visible = wanted
        if not wanted:
            return
        self.title.text = self._model.headline()
        self.facts.show(self._facts())
        if self._stale:
            self._stale = False
            series = self._model.curves.get("episode_reward")
            curve, last = (series.points, series.last) if series is not None else ([], None)
            self.chart.show(curve, last=last)

    def collect(self) -> dict[str, Any]:
        """Where and how it is, as JSON."""
        return {"on": self.on.value, "folded": self.folded.value, "place": [*self.place]}

    def apply(self, state: dict[str, Any]) -> None:
        """Take over an earlier place; nonsense is left out."""
        self.on.value = state.get("on") is not False
        self.folded.value = state.get("folded") is True
        place = state.get("place")
        if isinstance(place, list) and len(place) == 2 and all(isinstance(v, float) and 0 <= v < 8192 for v in place):
            self.place = (place[0], place[1])

    def destroy(self) -> None:
        """Take it off the viewport."""
        self._subscriptions.cancel()
        if self._built:
            self._frame.clear()
            self._built = False
            # Widgets hold their callbacks, and those hold us: Python cannot see such a ring.
            for name in ("placer", "fold", "close", "_box"):
                delattr(self, name)
        self._frame = None

    def _facts(self) -> list[tuple[str, str]]:
        return [fact for fact in self._model.facts() if fact[0] not in ("Steps", "Falls per minute")]

    def _build(self) -> None:
        self._frame = self._model.session.services.viewport_frame(NAME)
        if self._frame is None:
            return
        self._built, self._stale = True, True
        self._frame.set_style(style.STYLE)
        with self._frame, ui.VStack(), ui.HStack(height=0):
            self.placer = ui.Placer(
                width=0, height=0, draggable=True, offset_x=ui.Pixel(self.place[0]), offset_y=ui.Pixel(self.place[1])
            )
            self.placer.set_offset_x_changed_fn(lambda x: self._moved())
            self.placer.set_offset_y_changed_fn(lambda y: self._moved())
            with self.placer:
                self._box = ui.ZStack(width=WIDTH, height=0)
            with self._box:
                ui.Rectangle(name="overlay")
                with ui.HStack(height=0):
                    ui.Spacer(width=_PADDING)
                    with ui.VStack(height=0, spacing=style.SPACING):
                        ui.Spacer(height=2)
                        self._heading()
                        self._content = ui.VStack(height=0, spacing=style.GAP)
                        with self._content:
                            self.chart = Chart("Episode reward", height=84)
                            self.facts = FactGrid(2)
                        ui.Spacer(height=4)
                    ui.Spacer(width=_PADDING)
        self._fold()

    def _heading(self) -> None:
        with ui.HStack(height=22, spacing=style.SPACING):
            self.title = ui.Label("", name="header", elided_text=True, tooltip="Drag to move")
            self.fold = ui.Button("-", name="flat", width=24, height=22, clicked_fn=self._fold_or_open, tooltip="Fold")
            self.close = ui.Button("x", name="flat", width=24, height=22, clicked_fn=self._switch_off, tooltip="Hide")

    def _fold_or_open(self) -> None:
        self.folded.value = not self.folded.value

    def _switch_off(self) -> None:
        self.on.value = False

    def _fold(self) -> None:
        if self._built:
            self._content.visible = not self.folded.value
            self.fold.text = "+" if self.folded.value else "-"

    def _moved(self) -> None:
        self.place = (max(0.0, self.placer.offset_x.value), max(0.0, self.placer.offset_y.value))

    def _renew(self) -> None:
        self._stale = True
