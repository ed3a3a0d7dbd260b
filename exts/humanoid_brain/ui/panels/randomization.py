# SPDX-License-Identifier: Apache-2.0
"""The randomization panel: every term of every family with its ranges, searchable, and a preview of the draws."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import omni.ui as ui

from humanoid_brain.config.base import Location
from humanoid_brain.ui import style
from humanoid_brain.ui.form import Row
from humanoid_brain.ui.layout import panel_layout
from humanoid_brain.ui.panels.model_panel import ModelPanel
from humanoid_brain.ui.randomization_model import PICTURES, POSE, Entry, Family, RandomizationModel
from humanoid_brain.ui.session import Session
from humanoid_brain.ui.widgets.choice import ValueChoice
from humanoid_brain.ui.widgets.form_view import FormView
from humanoid_brain.ui.widgets.models import SwitchModel
from humanoid_brain.ui.widgets.parts import JobBar, Messages, PresetBar, Problems, Section, button
from humanoid_brain.ui.widgets.picture import PictureWindow

_HOLD = {"hold": ("Drawn every", "frames")}
"""How the field that says when a term is drawn is called here."""


class RandomizationPanel(ModelPanel[RandomizationModel]):
    """The second tab."""

    title: ClassVar[str] = "Randomization"

    def __init__(self, session: Session) -> None:
        super().__init__(session, RandomizationModel(session))
        self.sections: dict[str, Section] = {}
        """The headings of families and terms, by their names."""
        self.switches: dict[str, SwitchModel] = {}
        """The check boxes of terms, by name."""
        self._folded: dict[str, bool] = {}
        self._stale = True
        self._sheet = PictureWindow("Preview of the draws")

    def build(self) -> None:
        """Make the widgets."""
        panel_layout(self._body, self._foot, self._head)
        self.subscriptions.add(
            self.model.task.messages.follow(lambda messages: self.messages.show(messages)),
            self.model.form.restructured.subscribe(self._restructured),
            self.model.search.changed.subscribe(self._show_search),
            self.model.sheet.changed.subscribe(self._show_sheet),
        )

    def update(self) -> None:
        """One frame."""
        if self._stale:
            self._rebuild()
        super().update()
        self.problems.update()
        self.job.update(self.model.task.job)
        self.preview_button.enabled = not self.session.worker.busy
        self.model.look.update()
        self._show_look()

    def on_hidden(self) -> None:
        """Show the scene as it is."""
        self.model.look.take_back()

    def on_stage_closed(self) -> None:
        """End the preview."""
        self.model.task.end("The stage was closed; the preview ended", "Press Preview again")

    def on_simulation_stopped(self) -> None:
        """End the preview."""
        self.model.task.end("The simulation was stopped; the preview ended", "Press Preview again")

    def destroy(self) -> None:
        """End."""
        self._forget()
        self._sheet.destroy()
        self._typing = None
        super().destroy()

    def preview(self) -> None:
        """As a click on Preview."""
        self.model.preview()

    # -- parts

    def _head(self) -> None:
        self.presets = PresetBar("randomization", self.model.preset, self.model.load_preset, self._load, self.reset)
        self.subscriptions.add(*self.presets.subscriptions)
        with ui.HStack(height=24, spacing=style.GAP):
            ui.Label("Search", width=52, name="dim")
            self.search = ui.StringField(tooltip="Words of a term, a quantity or its help")
            button("Clear", lambda: self.search.model.set_value(""), width=64, height=24)
        self._typing = self.search.model.subscribe_value_changed_fn(self._searched)

    def _body(self) -> None:
        self._frame = ui.Frame(height=0)

    def _foot(self) -> None:
        self._look_row()
        self.problems = Problems(self.model.form)
        self.messages = Messages()
        self.job = JobBar()
        with ui.HStack(height=28, spacing=style.GAP):
            self.preview_button = button("Preview", self.preview, primary=True, height=28)
            labels = {count: f"{count} pictures" for count in PICTURES}
            counting = ValueChoice(self.model.pictures, labels, width=120)
            self.count = counting.widget
            self.subscriptions.add(*counting.subscriptions)

    def _look_row(self) -> None:
        look = self.model.look
        self._look = ui.HStack(height=24, spacing=style.GAP)
        with self._look:
            self.look_switch = SwitchModel(lambda: look.on.value, lambda on: setattr(look.on, "value", on))
            with ui.VStack(width=18):
                ui.Spacer(height=4)
                ui.CheckBox(self.look_switch, width=16, height=16)
            self.look_text = ui.Label(
                "", elided_text=True, tooltip="A draw of the term whose rows are touched, on the scene in the viewport"
            )
            self.another_button = button("Another draw", look.another, width=104, height=24)
            self.back_button = button("Take back", look.take_back, width=84, height=24)

    def _show_look(self) -> None:
        look = self.model.look
        name = look.term.value.replace("_", " ").capitalize()
        self.another_button.visible = self.back_button.visible = bool(name)
        text = f"{name}: {look.text.value}" if name else look.text.value
        self.look_text.text = text or "Show in the viewport what is touched"
        self.look_text.set_tooltip(text or "A draw of the term whose rows are touched, on the scene in the viewport")
        self.look_text.name = "" if name else "dim"

    def _rebuild(self) -> None:
        self._stale = False
        self._forget()
        self._frame.clear()
        with self._frame, ui.VStack(height=0, spacing=style.GAP):
            families = [(family, self._found(family)) for family in self.model.families()]
            for family, entries in families:
                if entries:
                    self._build_family(family, entries)
            if not self.model.search.value:
                self._build_pose()
            elif not any(entries for _, entries in families):
                ui.Label("Nothing is called like that", name="dim", height=style.ROW)

    def _found(self, family: Family) -> list[Entry]:
        return [entry for entry in family.entries if self.model.finds(entry)]

    def _build_family(self, family: Family, entries: list[Entry]) -> None:
        on = sum(entry.on for entry in entries)
        section = self._section(family.title, family.title, note=f"{on} of {len(entries)} on")
        with section:
            for entry in entries:
                self._build_term(entry)

    def _build_term(self, entry: Entry) -> None:
        switch = SwitchModel(lambda: entry.on, lambda on: self._later_switch(entry.name, on))
        self.switches[entry.name] = switch
        hint = "" if entry.on else self.model.summary(entry)
        section = self._section(
            entry.name,
            entry.title,
            switch=switch,
            inner=True,
            folded=not entry.on,
            note=hint,
            tooltip=f"{entry.kind.replace('_', ' ')}: {self.model.summary(entry)}",
        )
        with section:
            if not entry.on:
                return

            touched = ui.VStack(height=0)
            touched.set_mouse_pressed_fn(lambda *_: self.model.look.touch(entry.name))
            with touched:
                self._rows(entry.name, entry, 1, drawn=True)
            inner = f"{entry.name}.settings"
            if any(not self._drawn(row) and self.model.finds_row(entry, row) for row in self.model.rows(entry)):
                self._folded.setdefault(inner, True)
                with self._section(inner, "Applies to", inner=True, note=self.model.targets(entry)):
                    self._rows(inner, entry, 2, drawn=False)

    def _rows(self, key: str, entry: Entry, sections: int, *, drawn: bool) -> None:
        def keep(row: Row) -> bool:
            return self._drawn(row) == drawn and self.model.finds_row(entry, row)

        view = FormView(self.model.form, (entry.path,), keep=keep, start=self.model.propose, inside=True, labels=_HOLD)
        view.build()
        self.views[key] = view

    def _drawn(self, row: Row) -> bool:
        """Whether a row belongs to what is drawn; the rest says where it applies and how."""
        field = self.model.form.field(row.path[:3])
        assert field is not None
        return field.name == "hold" or bool(field.variants) or field.name in ("texture", "distortion")

    def _build_pose(self) -> None:
        with self._section("robot_pose", "Robot pose"):
            view = FormView(self.model.form, (POSE,), labels={"robot_pose": ("Taken from", "")})
            view.build()
            self.views["robot_pose"] = view

    def _section(self, key: str, title: str, *, folded: bool = False, **options: Any) -> Section:
        searching = bool(self.model.search.value)
        collapsed = folded or (self._folded.get(key, False) and not searching)
        section = Section(title, collapsed=collapsed, **options)
        if not folded:
            section.on_collapsed = lambda now: self._folded.__setitem__(key, now)
        self.sections[key] = section
        return section

    def _forget(self) -> None:
        for view in self.views.values():
            view.destroy()
        self.views.clear()
        self.sections.clear()
        self.switches.clear()

    # -- events

    def _renew(self) -> None:
        self._stale = True

    def _restructured(self, path: Location) -> None:
        """Terms came or went: all is built anew. What happens within a term its own view builds anew."""
        if len(path) < 3 and path[:1] != POSE:
            self._renew()

    def _later_switch(self, name: str, on: bool) -> None:
        self.model.switch(name, on)

    def _searched(self, model: ui.AbstractValueModel) -> None:
        self.model.search.value = model.as_string.strip()

    def _show_search(self, text: str) -> None:
        if self.search.model.as_string.strip() != text:
            self.search.model.set_value(text)
        self._renew()

    def _show_sheet(self, path: str) -> None:
        if path:
            self._sheet.show(Path(path))

    def _load(self) -> None:
        self.session.services.pick_file("Ranges", self.model.load_file, suffixes=(".yaml", ".yml"))
