# SPDX-License-Identifier: Apache-2.0
"""A form as rows: label, editor, unit, and below it the reason where a value does not fit."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import omni.ui as ui

from humanoid_brain.config.base import Location
from humanoid_brain.ui import style
from humanoid_brain.ui.fields import Field
from humanoid_brain.ui.form import Form, Row
from humanoid_brain.ui.observable import Subscriptions
from humanoid_brain.ui.widgets.editors import Editor, EditorBuilder
from humanoid_brain.ui.widgets.models import SwitchModel
from humanoid_brain.ui.widgets.parts import Section

Keep = Callable[[Row], bool]


@dataclass
class _Built:
    """A row on the screen."""

    row: Row
    editor: Editor
    label: ui.Label
    reason: ui.Label
    note: ui.HStack
    """Around the reason; seen while there is one."""


@dataclass(frozen=True)
class _Place:
    """Where rows stand: editors of all of them begin and end on the same lines."""

    depth: int = 0
    """Depth of the rows that are not indented."""
    padding: float = 0.0
    """Room that the headings around them take at either side."""


class FormView:
    """The rows of a form below some paths.

    Args:
        form: The form.
        paths: Values to show, in this order; the whole form when it is left out.
        keep: Which rows to show; all when it is left out.
        collapsed: Names of headings that begin collapsed; "*" for all.
        start: Value for an optional field that is switched on, by its path; None leaves it to the form.
        inside: Leave out the rows of the paths themselves.
        padding: Room that headings around the view take at either side, beyond that of one section.
        labels: Label and unit of fields, by name, in place of those of the model.
    """

    def __init__(
        self,
        form: Form[Any],
        paths: Iterable[Location] = ((),),
        *,
        keep: Keep | None = None,
        collapsed: Iterable[str] = (),
        start: Callable[[Location], Any] | None = None,
        inside: bool = False,
        labels: Mapping[str, tuple[str, str]] | None = None,
        padding: float = 0.0,
    ) -> None:
        self._form, self._paths = form, tuple(paths)
        self._keep, self._start = keep or (lambda row: True), start or (lambda path: None)
        self._inside, self._labels = inside, labels or {}
        self._padding = padding
        self._collapsed: dict[str, bool] = dict.fromkeys(collapsed, True)
        self._built: list[_Built] = []
        self._switches: list[SwitchModel] = []
        self._sections: list[Section] = []
        self._waiting: list[Callable[[], None]] = []
        self._stale, self._marked = True, False
        self._frame: ui.Frame | None = None
        self._subscriptions = Subscriptions()

    def build(self) -> None:
        """Make the rows, in the container that is open."""
        self._frame = ui.Frame(height=0)
        self._subscriptions.add(
            self._form.restructured.subscribe(self._restructured), self._form.edited.subscribe(self._edited)
        )
        self.update()

    def refresh(self) -> None:
        """Make the rows anew, as when ``keep`` decides differently."""
        self._stale = True

    def update(self) -> None:
        """Do what waits for the end of a frame: structure first, then marks."""
        waiting, self._waiting = self._waiting, []
        for work in waiting:
            work()
        if self._stale and self._frame is not None:
            self._rebuild(self._frame)
        if not self._marked:
            self._mark()

    def destroy(self) -> None:
        """Follow the form no longer."""
        self._subscriptions.cancel()
        self._forget()

    def _restructured(self, path: Location) -> None:
        self._stale = True

    def _edited(self, path: Location) -> None:
        self._marked = False

    def _forget(self) -> None:
        for built in self._built:
            built.editor.close()
        self._built, self._switches = [], []
        self._sections = []

    def _rebuild(self, frame: ui.Frame) -> None:
        self._stale, self._marked = False, False
        self._forget()
        frame.clear()
        rows = [row for path in self._paths for row in self._rows(path)]
        with frame, ui.VStack(height=0, spacing=style.SPACING):
            self._build_rows([row for row in rows if self._keep(row)], _Place(padding=self._padding))

    def _rows(self, path: Location) -> Iterator[Row]:
        field = self._form.field(path)
        if self._inside or field is None or (field.model is not None and not field.optional) or field.kind == "mapping":
            yield from self._form.rows(path)
        else:
            yield from self._form.row(path)

    def _build_rows(self, rows: list[Row], place: _Place) -> None:
        at = 0
        while at < len(rows):
            row = rows[at]
            end = at + 1
            while end < len(rows) and rows[end].depth > row.depth:
                end += 1
            optional_part = row.field.optional and row.field.model is not None
            if (row.heading and not row.field.variants) or optional_part:
                self._build_section(row, rows[at + 1 : end], place)
            else:
                self._build_row(row, place)
                self._build_rows(rows[at + 1 : end], place)
            at = end

    def _build_section(self, row: Row, rows: list[Row], place: _Place) -> None:
        collapsed = not row.active or self._collapsed.get(row.name, self._collapsed.get("*", False))
        switch = self._switch(row) if row.field.optional else None
        inner = row.depth > 0 or self._inside
        section = Section(row.field.label, tooltip=row.field.help, collapsed=collapsed, switch=switch, inner=inner)
        section.on_collapsed = lambda now: self._collapsed.__setitem__(row.name, now)
        self._sections.append(section)
        with section:
            # A heading at the top has the room around it that the panel's own sections have.
            padding = place.padding + (style.SECTION_PADDING if inner else 0)
            self._build_rows(rows, _Place(row.depth + 1, padding))

    def _build_row(self, row: Row, place: _Place) -> None:
        indent = style.INDENT * (row.depth - place.depth)
        title, unit = self._labels.get(row.field.name, (row.field.label, row.field.unit))
        with ui.VStack(height=0, spacing=1):
            with ui.HStack(height=style.ROW, spacing=style.GAP):
                if indent:
                    ui.Spacer(width=indent - style.GAP)
                width = style.LABEL - indent - place.padding
                if row.field.optional:
                    with ui.VStack(width=18):
                        ui.Spacer(height=3)
                        ui.CheckBox(self._switch(row), width=16, height=16)
                    width -= 18 + style.GAP
                label = ui.Label(title, width=width, height=style.ROW, tooltip=row.field.tooltip, elided_text=True)
                label.enabled = row.active
                if row.active:
                    editor = EditorBuilder(self._form, self._waiting.append).build(row.path, row.field)
                else:
                    editor = Editor()
                    ui.Label(_possible(row.field), name="dim", elided_text=True)
                ui.Label(unit if row.active else "", name="unit", width=style.UNIT - place.padding, height=style.ROW)
            note = ui.HStack(height=0, visible=False)
            with note:
                ui.Spacer(width=style.LABEL - place.padding + style.GAP)
                reason = ui.Label("", name="reason", word_wrap=True)
        self._built.append(_Built(row, editor, label, reason, note))

    def _switch(self, row: Row) -> SwitchModel:
        def give(on: bool) -> None:
            self._waiting.append(lambda: self._form.enable(row.path, on, self._start(row.path) if on else None))

        model = SwitchModel(lambda: self._form.get(row.path) is not None, give)
        self._switches.append(model)
        return model

    def _mark(self) -> None:
        self._marked = True
        for built in self._built:
            text = self._form.reason(built.row.path, below=not built.row.heading)
            built.editor.mark(self._form, built.row.field.tooltip)
            name = "invalid" if text else ""
            if built.label.name != name:
                built.label.name = name
            built.label.set_tooltip(f"{text}\n{built.row.field.tooltip}" if text else built.row.field.tooltip)
            built.reason.text, built.note.visible = text, bool(text)

    def editors(self, path: Location) -> list[ui.Widget]:
        """The widgets that edit a value, as a test clicks them."""
        return [widget for b in self._built for at, widget in b.editor.widgets if at[: len(path)] == path]

    def reason(self, path: Location) -> str:
        """The reason that is shown below a row; empty where there is none, or no such row."""
        found = next((built for built in self._built if built.row.path == path), None)
        return found.reason.text if found is not None and found.note.visible else ""


def _possible(field: Field) -> str:
    """What a value that is switched off could be."""
    limits = str(field.limits)
    return f"off, may be {limits} {field.unit}".rstrip() if limits else "off"
