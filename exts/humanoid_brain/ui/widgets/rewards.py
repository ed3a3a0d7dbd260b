# SPDX-License-Identifier: Apache-2.0
"""The reward terms as a table: weight, the curve of what each brings, and its newest value."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import omni.ui as ui

from humanoid_brain.config.base import Location
from humanoid_brain.ui import style
from humanoid_brain.ui.form import Form
from humanoid_brain.ui.observable import Subscriptions
from humanoid_brain.ui.ranges import value_text
from humanoid_brain.ui.series import Series, number_text
from humanoid_brain.ui.widgets.editors import Editor, EditorBuilder
from humanoid_brain.ui.widgets.plots import Sparkline

REWARDS: Location = ("task", "rewards")
_WEIGHT, _VALUE = 92, 58


class RewardTable:
    """One row per reward term.

    Args:
        form: The draft of a run.
    """

    def __init__(self, form: Form[Any]) -> None:
        self._form = form
        self._frame = ui.Frame(height=0)
        self._rows: dict[str, tuple[Editor, Sparkline, ui.Label]] = {}
        self._stale, self._marked = True, False
        self._terms: Mapping[str, Series] = {}
        self.weights: dict[str, ui.Widget] = {}
        """The fields of the weights, by term."""
        self._subscriptions = Subscriptions()
        self._subscriptions.add(
            form.restructured.subscribe(self._restructured), form.edited.subscribe(lambda path: self._unmark())
        )

    def show(self, terms: Mapping[str, Series]) -> None:
        """Draw the curves of a run."""
        self._terms = terms
        for name, (_, line, label) in self._rows.items():
            series = terms.get(name)
            line.show(series.points if series is not None else [])
            label.text = number_text(series.last) if series is not None else "-"

    def update(self) -> None:
        """Follow the form; called in each frame."""
        if self._stale:
            self._rebuild()
        if not self._marked:
            self._marked = True
            for name, (editor, _, _) in self._rows.items():
                editor.mark(self._form, self._help(name))

    def destroy(self) -> None:
        """Follow the form no longer."""
        self._subscriptions.cancel()
        self._forget()

    def _rebuild(self) -> None:
        self._stale = self._marked = False
        self._forget()
        self._frame.clear()
        with self._frame, ui.VStack(height=0, spacing=style.SPACING):
            with ui.HStack(height=16, spacing=style.GAP):
                ui.Label("Term", name="axis", width=style.LABEL)
                ui.Label("Weight", name="axis", width=_WEIGHT, alignment=ui.Alignment.CENTER)
                ui.Label("What it brings per second", name="axis", alignment=ui.Alignment.CENTER)
                ui.Label("Now", name="axis", width=_VALUE, alignment=ui.Alignment.RIGHT_CENTER)
            for name in self._form.get(REWARDS) or {}:
                self._build_row(name)
        self.show(self._terms)

    def _build_row(self, name: str) -> None:
        path = (*REWARDS, name, "weight")
        field = self._form.field(path)
        assert field is not None
        with ui.HStack(height=style.ROW, spacing=style.GAP):
            title = name.replace("_", " ").capitalize()
            ui.Label(title, width=style.LABEL, elided_text=True, tooltip=self._help(name))
            with ui.HStack(width=_WEIGHT):
                editor = EditorBuilder(self._form, lambda work: work()).build(path, field)
            line = Sparkline()
            value = ui.Label("-", name="dim", width=_VALUE, alignment=ui.Alignment.RIGHT_CENTER)
        self.weights[name] = editor.widgets[0][1]
        self._rows[name] = (editor, line, value)

    def _help(self, name: str) -> str:
        term = self._form.get((*REWARDS, name)) or {}
        parts = [f"Term {term.get('term') or name}"]
        params = ", ".join(
            f"{key} {value_text(value)}" for key, value in (term.get("params") or {}).items() if _is_number(value)
        )
        parts += [params] if params else []
        joints = ", ".join(term.get("joints") or {})
        parts += [f"over {joints}"] if joints else []
        return "; ".join(parts) + "\nA weight of 0 switches it off. Parameters stand under Further settings"

    def _forget(self) -> None:
        for editor, _, _ in self._rows.values():
            editor.close()
        self._rows.clear()
        self.weights.clear()

    def _restructured(self, path: Location) -> None:
        if len(path) < 4 or path[: len(REWARDS)] != REWARDS:
            self._stale = True

    def _unmark(self) -> None:
        self._marked = False


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
