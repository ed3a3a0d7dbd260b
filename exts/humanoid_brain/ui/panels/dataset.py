# SPDX-License-Identifier: Apache-2.0
"""The dataset panel: what is written for each frame, the capture while it runs, and how good the result is."""

from __future__ import annotations

from typing import Any, ClassVar

import omni.ui as ui

from humanoid_brain.config.base import Location
from humanoid_brain.config.export import ExportConfig
from humanoid_brain.config.validation import ValidationConfig
from humanoid_brain.jobs import JobState
from humanoid_brain.ui import style
from humanoid_brain.ui.dataset_model import ELSEWHERE, FOLDER, DatasetModel
from humanoid_brain.ui.form import Form, Row
from humanoid_brain.ui.layout import panel_layout
from humanoid_brain.ui.panel import Panel
from humanoid_brain.ui.session import Session
from humanoid_brain.ui.widgets.form_view import FormView
from humanoid_brain.ui.widgets.frame_view import FrameView
from humanoid_brain.ui.widgets.models import ShareModel, SwitchModel
from humanoid_brain.ui.widgets.parts import Messages, PresetBar, Problems, Section, button
from humanoid_brain.ui.widgets.plots import FactGrid
from humanoid_brain.ui.work import progress_text

_SECTIONS: tuple[tuple[str, tuple[Location, ...], bool], ...] = (
    ("Frames", (("frames",), ("width",), ("height",), ("camera",), ("quality",), ("seed",), ("device",)), False),
    (
        "What is written",
        (("dataset", "outputs"), ("dataset", "color_format"), ("dataset", "jpeg_quality"), ("classes",), ("stuff",)),
        False,
    ),
)
"""Heading, values below it, and whether it begins collapsed."""
_OUTPUT: Location = ("output",)
_ELSEWHERE = ("path", "images", "fail_on")
"""Of an inspection: the folder above, what is for datasets of others, and the exit code of the command line."""
_INSPECTION: tuple[Location, ...] = tuple((name,) for name in ValidationConfig.model_fields if name not in _ELSEWHERE)
_EXPORT: tuple[Location, ...] = tuple((name,) for name in ExportConfig.model_fields if name != "path")
_PLACED: tuple[Location, ...] = (*(path for _, paths, _ in _SECTIONS for path in paths), _OUTPUT)


class DatasetPanel(Panel):
    """The tab Dataset."""

    title: ClassVar[str] = "Dataset"

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.model = DatasetModel(session)
        self.views: dict[str, FormView] = {}
        """The rows by heading."""

    def build(self) -> None:
        """Make the widgets."""
        panel_layout(self._body, self._foot, self._head)
        self.subscriptions.add(
            self.model.task.messages.follow(lambda messages: self.messages.show(messages)),
            self.model.picture_came.subscribe(self._show_picture),
        )

    def update(self) -> None:
        """One frame."""
        for view in self.views.values():
            view.update()
        self.problems.update()
        self.space.text = self.model.space()
        self._show_state()

    def reset(self) -> None:
        """The capture that a new session begins with."""
        self.model.reset()

    def collect(self) -> dict[str, Any]:
        """The draft."""
        return self.model.collect()

    def apply(self, state: dict[str, Any]) -> None:
        """Take over an earlier draft."""
        self.model.apply(state)

    def on_stage_closed(self) -> None:
        """End the capture; its frames stay."""
        self.model.end("The stage was closed")

    def on_simulation_stopped(self) -> None:
        """End the capture; its frames stay."""
        self.model.end("The simulation was stopped")

    def destroy(self) -> None:
        """End."""
        for view in self.views.values():
            view.destroy()
        self.views.clear()
        self.model.close()
        super().destroy()

    # -- parts

    def _head(self) -> None:
        self.presets = PresetBar(FOLDER, self.model.preset, self.model.load_preset, self._load, self.reset)
        self.subscriptions.add(*self.presets.subscriptions)
        self.live = ui.VStack(height=0, spacing=style.GAP, visible=False)
        with self.live:
            self.picture = FrameView(style.PANEL_WIDTH - 24, 260)
            self.facts = FactGrid(4)
            self.stages = ui.Label("", name="axis", height=14, elided_text=True)

    def _body(self) -> None:
        for title, paths, collapsed in _SECTIONS:
            with Section(title, collapsed=collapsed):
                self._rows(title, paths)
        with Section("Folder"):
            self._rows("Folder", (_OUTPUT,))
            self._folder_row()
        with Section("Further settings", collapsed=True):
            self._rows("Further settings", ((),), keep=_further, collapsed=("*",))
        with Section("How to inspect", collapsed=True):
            self._view("How to inspect", self.model.validation, _INSPECTION)
        with Section("Export for other tools", collapsed=True):
            self._view("Export", self.model.layout, _EXPORT)
            with ui.HStack(height=24, spacing=style.GAP):
                ui.Spacer(width=style.LABEL)
                self.export_button = button("Export", self.model.export, height=24)
                ui.Spacer(width=style.UNIT)

    def _rows(self, title: str, paths: tuple[Location, ...], **options: Any) -> None:
        self._view(title, self.model.form, paths, **options)

    def _view(self, title: str, form: Form[Any], paths: tuple[Location, ...], **options: Any) -> None:
        view = self.views[title] = FormView(form, paths, **options)
        view.build()

    def _folder_row(self) -> None:
        with ui.HStack(height=24, spacing=style.GAP):
            self.space = ui.Label("", name="dim", width=style.LABEL)
            button("Choose ...", self._choose_folder, height=24)
            button("Open", self.model.open_folder, height=24, width=72)
            ui.Spacer(width=style.UNIT)
        model = SwitchModel(
            lambda: self.model.inspect_after.value, lambda on: setattr(self.model.inspect_after, "value", on)
        )
        self.inspect_switch = model
        with ui.HStack(height=style.ROW, spacing=style.GAP):
            ui.Label(
                "Quality report", width=style.LABEL, tooltip="Every file and label is checked, with a page to read"
            )
            with ui.VStack(width=18):
                ui.Spacer(height=3)
                ui.CheckBox(model, width=16, height=16)
            ui.Label("once all frames are there", name="dim")

    def _foot(self) -> None:
        self.problems = Problems(self.model.form)
        self.messages = Messages()
        self.status = ui.Label("", name="dim", height=16, elided_text=True, visible=False)
        self._share = ShareModel()
        self.bar = ui.ProgressBar(self._share, height=18, visible=False)
        with ui.HStack(height=28, spacing=style.GAP):
            self.start_button = button("Start", self.model.start, primary=True, height=28)
            self.pause_button = button("Pause", self.model.pause_or_resume, height=28, width=84)
            self.stop_button = button("Stop", self.model.stop, height=28, width=72)
            self.inspect_button = button("Inspect", self.model.inspect, height=28, width=80)
            self.report_button = button("Open report", self.model.open_report, height=28, width=100)

    # -- what changes

    def _show_state(self) -> None:
        model, job = self.model, self.model.task.job
        running, state = model.running, model.state
        self.start_button.enabled = self.inspect_button.enabled = self.export_button.enabled = not running
        self.pause_button.enabled = self.stop_button.enabled = running and state is not JobState.STOPPING
        self.pause_button.text = "Resume" if state is JobState.PAUSED else "Pause"
        self.report_button.enabled = model.verdict.value is not None
        self.status.visible = self.bar.visible = running
        if job is not None and running:
            self.status.text = progress_text(job) if not model.capturing else self._phase(job)
            self._share.show(job.progress.fraction)
        facts = model.facts()
        self.live.visible = bool(facts)
        if facts:
            self.facts.show(facts)
            stages = ", ".join(f"{name} {100 * share:.0f} %" for name, share in model.stages())
            self.stages.text = f"Time per stage: {stages}" if stages else ""

    def _phase(self, job: Any) -> str:
        paused = "paused, nothing advances" if self.model.state is JobState.PAUSED else ""
        ending = "finishing the frame" if self.model.state is JobState.STOPPING else ""
        return paused or ending or job.progress.phase

    def _show_picture(self, picture: Any) -> None:
        self.picture.show(picture, f"Frame {self.model.shown.value} as it is on the disk")

    def _load(self) -> None:
        self.session.services.pick_file("Capture", self.model.load_file, suffixes=(".yaml", ".yml"))

    def _choose_folder(self) -> None:
        self.session.services.pick_folder("Dataset", lambda path: self.model.form.set(_OUTPUT, str(path)))


def _further(row: Row) -> bool:
    """Whether a row stands nowhere else."""
    if row.path[0] in ELSEWHERE:
        return False
    return not any(row.path[: len(path)] == path for path in _PLACED)
