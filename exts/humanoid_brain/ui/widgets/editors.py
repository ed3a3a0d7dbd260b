# SPDX-License-Identifier: Apache-2.0
"""The widgets that edit one value of a form, chosen by the kind of its field."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import omni.ui as ui

from humanoid_brain.config.base import Location
from humanoid_brain.ui import style
from humanoid_brain.ui.fields import Field
from humanoid_brain.ui.form import Form
from humanoid_brain.ui.observable import Subscription
from humanoid_brain.ui.ranges import NUMBERS, SHORT
from humanoid_brain.ui.widgets.choice import Choice
from humanoid_brain.ui.widgets.color import Swatch
from humanoid_brain.ui.widgets.models import BoolModel, FormModel, NumberModel, TextModel, number_of

_INT32 = 2**31 - 1
_PREFIXES = {"mean": "\u03bc ", "std": "\u03c3 "}
"""Shown before the numbers of a normal distribution that are not its limits."""
_DISTRIBUTION_WIDTH = 104
_CHIP_LETTER, _CHIP_ROOM = 7.2, 20


@dataclass
class Editor:
    """What was built for a value: the widgets that are marked when it does not fit, and what must be kept alive."""

    widgets: list[tuple[Location, ui.Widget]] = field(default_factory=list)
    models: list[FormModel | Swatch] = field(default_factory=list)
    kept: list[Any] = field(default_factory=list)

    def mark(self, form: Form[Any], help: str) -> None:
        """Mark each widget whose value does not fit, with the reason as its tooltip."""
        for path, widget in self.widgets:
            reason = form.reason(path) or form.reason(path[:-1], below=False)
            name = "invalid" if reason else ""
            if widget.name != name:
                widget.name = name
            widget.set_tooltip(f"{reason}\n{help}" if reason else help)

    def close(self) -> None:
        """Follow the form no longer."""
        for model in self.models:
            model.close()
        for each in self.kept:
            if isinstance(each, Subscription):
                each.cancel()


class EditorBuilder:
    """Builds editors for one form.

    Args:
        form: The form.
        later: Runs a function after the current frame: a widget must not be destroyed by its own click.
    """

    def __init__(self, form: Form[Any], later: Callable[[Callable[[], None]], None]) -> None:
        self._form, self._later = form, later

    def build(self, path: Location, field: Field) -> Editor:
        """Make the widgets for a value, in the container that is open, and fill the width there is."""
        editor = Editor()
        if field.distribution:
            self._range(editor, path, field)
        elif field.variants:
            self._variant(editor, path, field, ui.Fraction(1))
        elif field.kind == "boolean":
            self._boolean(editor, path)
        elif field.kind in ("integer", "number"):
            self._number(editor, path, field)
        elif field.kind == "choice":
            self._choice(editor, path, field)
        elif field.kind == "tuple":
            self._tuple(editor, path, field)
        elif field.kind == "list" and field.items[0].kind == "choice":
            self._chips(editor, path, field)
        else:
            self._text(editor, path)
        return editor

    def _boolean(self, editor: Editor, path: Location) -> None:
        model = BoolModel(self._form, path)
        editor.models.append(model)
        with ui.HStack():
            with ui.VStack(width=18):
                ui.Spacer(height=3)
                ui.CheckBox(model, width=16, height=16)
            ui.Spacer()

    def _number(self, editor: Editor, path: Location, field: Field, prefix: str = "") -> None:
        whole = field.kind == "integer"
        if whole and (field.limits.high is None or field.limits.high > _INT32) and not _small(self._form.get(path)):
            self._text(editor, path)
            return
        model = NumberModel(self._form, path, whole)
        editor.models.append(model)
        options: dict[str, Any] = {"step": _step(field, self._form.get(path))}
        low, high = field.limits.low, field.limits.high
        if low is not None and high is not None and abs(low) < _INT32 and abs(high) < _INT32:
            options |= {"min": math.ceil(low), "max": math.floor(high)} if whole else {"min": low, "max": high}
        if whole:
            widget: ui.Widget = ui.IntDrag(model, **options)
        else:
            widget = ui.FloatDrag(model, format=f"{prefix}%.6g", **options)
        editor.widgets.append((path, widget))

    def _text(self, editor: Editor, path: Location) -> None:
        model = TextModel(self._form, path)
        editor.models.append(model)
        editor.widgets.append((path, ui.StringField(model)))

    def _choice(self, editor: Editor, path: Location, field: Field) -> None:
        values = [*field.choices]
        now = self._form.get(path)
        index = values.index(now) if now in values else 0
        choice = self._combo(
            editor, index, [_words(v) for v in values], lambda i: self._form.set(path, values[i]), path
        )

        def edited(at: Location) -> None:
            value = self._form.get(path)
            if at == path[: len(at)] and value in values:
                choice.show(values.index(value))

        editor.kept.append(self._form.edited.subscribe(edited))

    def _variant(self, editor: Editor, path: Location, field: Field, width: ui.Length) -> None:
        names = [variant.name for variant in field.variants]
        now = (self._form.get(path) or {}).get(field.tag)
        labels = [
            SHORT[name] if field.distribution else variant.label
            for name, variant in zip(names, field.variants, strict=True)
        ]

        def choose(index: int) -> None:
            self._later(lambda: self._form.choose(path, names[index]))

        self._combo(editor, names.index(now) if now in names else 0, labels, choose, None, width=width)

    def _combo(
        self,
        editor: Editor,
        index: int,
        labels: list[str],
        chosen: Callable[[int], None],
        path: Location | None,
        **options: Any,
    ) -> Choice:
        choice = Choice(index, labels, chosen, **options)
        editor.kept += [choice, Subscription(choice.close)]
        if path is not None:
            editor.widgets.append((path, choice.widget))
        return choice

    def _tuple(self, editor: Editor, path: Location, field: Field) -> None:
        if all(item.kind == "tuple" for item in field.items):
            with ui.VStack(height=0, spacing=2):
                for i, item in enumerate(field.items):
                    with ui.HStack(height=style.ROW):
                        self._tuple(editor, (*path, i), item)
            return
        if any(item.kind not in ("integer", "number") for item in field.items):
            self._text(editor, path)
            return
        with ui.HStack(spacing=style.SPACING):
            if _is_color(field):
                editor.models.append(Swatch(self._form, path))
            for i, item in enumerate(field.items):
                self._number(editor, (*path, i), item)

    def _chips(self, editor: Editor, path: Location, field: Field) -> None:
        chips = [(choice, _words(choice)) for choice in field.items[0].choices]
        room = style.PANEL_WIDTH - style.LABEL - style.UNIT - 90
        with ui.VStack(height=0, spacing=3):
            for line in _lines(chips, room):
                with ui.HStack(height=20, spacing=3):
                    for choice, label in line:
                        self._chip(path, choice, label)
                    ui.Spacer()

    def _chip(self, path: Location, choice: Any, label: str) -> None:
        button = ui.Button(label, name="chip", width=_CHIP_ROOM + _CHIP_LETTER * len(label), height=20)
        button.checked = choice in (self._form.get(path) or [])

        def toggle() -> None:
            now = [*(self._form.get(path) or [])]
            if choice in now:
                now.remove(choice)
            else:
                now.append(choice)
            button.checked = choice in now
            self._form.set(path, now)

        button.set_clicked_fn(toggle)

    def _range(self, editor: Editor, path: Location, field: Field) -> None:
        kind = (self._form.get(path) or {}).get("kind", "constant")
        keys = NUMBERS.get(kind, ())
        with ui.VStack(height=0, spacing=2):
            with ui.HStack(height=style.ROW, spacing=style.SPACING):
                for key in keys[:2]:
                    self._number(editor, (*path, key), _part(field, key))
                if kind == "choice":
                    self._text(editor, (*path, "values"))
                elif not keys:
                    ui.Label("from start to end", name="dim")
                self._variant(editor, path, field, ui.Pixel(_DISTRIBUTION_WIDTH))
            if keys[2:]:
                with ui.HStack(height=style.ROW, spacing=style.SPACING):
                    for key in keys[2:]:
                        self._number(editor, (*path, key), _part(field, key), _PREFIXES[key])
                    ui.Spacer(width=_DISTRIBUTION_WIDTH)


def _is_color(field: Field) -> bool:
    limits = {(item.limits.low, item.limits.high) for item in field.items}
    return len(field.items) == 3 and limits == {(0.0, 1.0)}


def _part(field: Field, key: str) -> Field:
    """One number of a distribution; a standard deviation has no such limits as its values."""
    from dataclasses import replace

    from humanoid_brain.ui.fields import Limits

    limits = Limits(low=0.0, above=True) if key == "std" else field.limits
    kind = "integer" if field.whole and key != "std" else "number"
    return replace(field, kind=kind, variants=(), tag="", limits=limits, optional=False)


def _step(field: Field, value: Any) -> float:
    """How much a drag of one pixel changes: a 400th of the possible range, rounded, but never more than 1 % of it."""
    if field.kind == "integer":
        return 1
    low, high = field.limits.low, field.limits.high
    size = abs(number_of(value)) or 1.0
    if low is not None and high is not None:
        size = min(high - low, max(10 * size, (high - low) / 100))
    return 10.0 ** math.floor(math.log10(max(size, 1e-9) / 100))


def _small(value: Any) -> bool:
    return isinstance(value, int) and abs(value) < 1_000_000


def _words(value: Any) -> str:
    return str(value).replace("_", " ")


def _lines(chips: list[tuple[Any, str]], room: float) -> list[list[tuple[Any, str]]]:
    lines: list[list[tuple[Any, str]]] = [[]]
    used = 0.0
    for chip in chips:
        width = _CHIP_ROOM + _CHIP_LETTER * len(chip[1]) + 3
        if lines[-1] and used + width > room:
            lines.append([])
            used = 0.0
        lines[-1].append(chip)
        used += width
    return lines
