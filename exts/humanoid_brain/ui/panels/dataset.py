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
from humanoid_brain.ui.form import Row
from humanoid_brain.ui.layout import panel_layout
from humanoid_brain.ui.panels.model_panel import ModelPanel
from humanoid_brain.ui.session import Session
from humanoid_brain.ui.widgets.frame_view import FrameView
from humanoid_brain.ui.widgets.models import SwitchModel
from humanoid_brain.ui.widgets.parts import PresetBar, Section, button
from humanoid_brain.ui.widgets.plots import FactGrid
from humanoid_brain.ui.widgets.run_foot import RunFoot
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


class DatasetPanel(ModelPanel[DatasetModel]):
    """The tab Dataset."""

    title: ClassVar[str] = "Dataset"

    def __init__(self, session: Session) -> None:
        super().__init__(session, DatasetModel(session))

    def build(self) -> None:
        """Make the widgets."""
        panel_layout(self._body, self._foot, self._head)
        self.subscriptions.add(
            self.model.task.messages.follow(lambda messages: self.messages.show(messages)),
            self.model.picture_came.subscribe(self._show_picture),
        )

    def update(self) -> None:
        """One frame."""
        super().update()
        self.space.text = self.model.space()
        self._show_state()

    def on_stage_closed(self) -> None:
        """End the capture; its frames stay."""
        self.model.end("The stage was closed")

    def on_simulation_stopped(self) -> None:
        """End the capture; its frames stay."""
        self.model.end("The simulation was stopped")

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
                self.rows(title, self.model.form, paths)
        with Section("Folder"):
            self.rows("Folder", self.model.form, (_OUTPUT,))
            self._folder_row()
        with Section("Further settings", collapsed=True):
            self.rows("Further settings", self.model.form, ((),), keep=_further, collapsed=("*",))
        with Section("How to inspect", collapsed=True):
            self.rows("How to inspect", self.model.validation, _INSPECTION)
        with Section("Export for other tools", collapsed=True):
            self.rows("Export", self.model.layout, _EXPORT)
            with ui.HStack(height=24, spacing=style.GAP):
                ui.Spacer(width=style.LABEL)
                self.export_button = button("Export", self.model.export, height=24)
                ui.Spacer(width=style.UNIT)

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
        model = self.model
        self.foot = RunFoot(model.form, model.start, model.pause_or_resume, model.stop, self._further_buttons)
        self.messages, self.start_button = self.foot.messages, self.foot.start
        self.pause_button, self.stop_button = self.foot.pause, self.foot.stop

    def _further_buttons(self) -> None:
        self.inspect_button = button("Inspect", self.model.inspect, height=28, width=80)
        self.report_button = button("Open report", self.model.open_report, height=28, width=100)

    # -- what changes

    def _show_state(self) -> None:
        model, job = self.model, self.model.task.job
        status = "" if job is None else progress_text(job) if not model.capturing else self._phase(job)
        self.foot.update(job, model.running, model.state, status)
        self.inspect_button.enabled = self.export_button.enabled = not model.running
        self.report_button.enabled = model.verdict.value is not None
        facts = model.facts()
        self.live.visible = bool(facts)
        if facts:
            self.facts.show(facts)
            stages = ", ".join(f"{name} {100 * share:.0f} %" for name, share in model.stages())
            self.stages.text = f"Work per stage: {stages}" if stages else ""

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
