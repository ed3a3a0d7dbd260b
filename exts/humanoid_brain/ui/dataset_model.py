# SPDX-License-Identifier: Apache-2.0
"""The view model of the dataset panel: a draft of a capture, the capture while it runs, and how good the result is."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from humanoid_brain.config.base import load
from humanoid_brain.config.capture import CaptureConfig
from humanoid_brain.config.export import ExportConfig
from humanoid_brain.config.validation import ValidationConfig
from humanoid_brain.errors import HumanoidBrainError
from humanoid_brain.files import free_bytes
from humanoid_brain.jobs import Job, JobState
from humanoid_brain.ui.actions import CaptureResult, FrameSource, Verdict
from humanoid_brain.ui.form import Form
from humanoid_brain.ui.observable import Event, Value
from humanoid_brain.ui.presets import presets
from humanoid_brain.ui.session import Session, require
from humanoid_brain.ui.task import Task
from humanoid_brain.ui.tempo import Tempo
from humanoid_brain.ui.work import Message, duration_text, error_message, rate_text

FOLDER = "captures"
ELSEWHERE = ("scene", "randomization")
"""Fields that have panels of their own."""
_LOOK_S = 2.0
"""Time in s between two looks at the free space."""
_MOST = 4
"""Kinds of findings that the panel names."""


class DatasetModel:
    """What the dataset panel shows and does.

    Args:
        session: What the panels share.
        clock: Seconds that only grow.
    """

    def __init__(self, session: Session, clock: Callable[[], float] = time.monotonic) -> None:
        self.session, self._clock = session, clock
        self.form = Form(CaptureConfig)
        self.validation = Form(ValidationConfig)
        """How the dataset is inspected; its folder is that of the capture."""
        self.layout = Form(ExportConfig)
        """How it is exported; its folder is that of the capture."""
        self.task = Task(session.worker, self.form, self.validation, self.layout, session.scene, session.randomization)
        self.preset = Value("")
        """Name of the preset that was loaded last."""
        self.inspect_after = Value(True)
        """Whether a dataset is inspected once it is whole."""
        self.shown: Value[int | None] = Value(None)
        """Number of the frame whose picture is shown."""
        self.picture_came = Event()
        """Emitted with the picture of a frame, uint8 [H, W, 4], labels drawn in."""
        self.verdict: Value[Verdict | None] = Value(None)
        """What the last inspection counted."""
        self._result: CaptureResult | None = None
        self._captured_job: Job | None = None
        self._inspecting = False
        self._frames: FrameSource | None = None
        self._newest: int | None = None
        self._cursor = 0
        self._tempo = Tempo(clock)
        self._following = session.worker.ticked.subscribe(self._follow)
        self._space: tuple[float, str, str] = (-_LOOK_S, "", "")

    # -- state

    @property
    def running(self) -> bool:
        """Whether a capture or an inspection is there that has not ended; a paused one too."""
        return self.task.running

    @property
    def capturing(self) -> bool:
        """Whether that is a capture."""
        return self.running and not self._inspecting

    @property
    def state(self) -> JobState:
        """Of the job; idle where there is none."""
        return self.task.job.state if self.task.job is not None else JobState.IDLE

    def facts(self) -> list[tuple[str, str]]:
        """What there is to know about the capture in a few words each."""
        job = self._captured_job
        if job is None:
            return []
        p, each = job.progress, self._tempo.each
        left = self._tempo.left(p.total - p.done) if job.state is JobState.RUNNING else None
        paused = job.state is JobState.PAUSED
        return [
            ("Frames", f"{p.done:,.0f} of {p.total:,.0f}" if p.total < 1e9 else "-"),
            ("Frames per second", rate_text(1.0 / each) if each else "-"),
            ("Time left", "paused" if paused else duration_text(left) if left is not None else "-"),
            ("Slowest stage", self.slowest() or "-"),
        ]

    def slowest(self) -> str:
        """The stage that takes the most time, with its share of the work."""
        return "".join(f"{name}, {100 * share:.0f} %" for name, share in self.stages()[:1])

    def stages(self) -> list[tuple[str, float]]:
        """Share of the work that each stage is, the slowest first; some is done at the same time as other work."""
        seconds = dict(self._result.seconds) if self._result is not None else {}
        total = sum(seconds.values())
        shares = [(name, spent / total) for name, spent in seconds.items()] if total > 0 else []
        return sorted(shares, key=lambda pair: -pair[1])

    def space(self) -> str:
        """The room on the disk of the output folder, in words; looked up now and then."""
        folder = str(self.form.get(("output",)))
        if folder != self._space[1] or self._clock() - self._space[0] >= _LOOK_S:
            self._space = (self._clock(), folder, _space_text(Path(folder)))
        return self._space[2]

    # -- actions

    def start(self) -> None:
        """Capture, or go on with the dataset in the folder."""

        def make() -> Any:
            fields = {name: getattr(require(self.form, "Dataset"), name) for name in self._own()}
            job, result, frames = self.session.actions.capture(self.session.capture(**fields))
            if not self.session.worker.busy:
                self._result, self._frames, self._newest, self._cursor = result, frames, None, 0
                self._captured_job, self._inspecting = job, False
                self._tempo.forget()
                self.shown.value, self.verdict.value = None, None
            return job

        self.task.start("Capture", make, self._captured)

    def inspect(self) -> None:
        """Inspect the dataset in the folder and write its report."""
        results: list[Any] = []

        def make() -> Any:
            config: ValidationConfig = require(self.validation, "Dataset").model_copy(update={"path": self._folder})
            job, result = self.session.actions.inspect(config)
            results.append(result)
            if not self.session.worker.busy:
                self._inspecting = True
            return job

        def done(job: Any) -> None:
            verdict = results[0].verdict
            self.verdict.value = verdict
            if verdict is not None:
                self.task.say(*_findings(verdict))

        self.task.start("Inspection", make, done)

    def export(self) -> None:
        """Write the dataset in the folder in the layout of another tool."""

        def make() -> Any:
            config: ExportConfig = require(self.layout, "Dataset").model_copy(update={"path": self._folder})
            job = self.session.actions.export_dataset(config)
            if not self.session.worker.busy:
                self._inspecting = True
            return job

        def done(job: Any) -> None:
            to = self.layout.get(("output",))
            if job.summary is None:
                self.task.say(
                    Message("warning", f"The export stopped; {to} holds a part", "Export into an empty folder")
                )
            else:
                self.task.say(Message("good", f"{job.summary.frames} frames are exported to {to}"))

        self.task.start("Export", make, done)

    def pause_or_resume(self) -> None:
        """As a click on Pause, which is Resume while the job is paused."""
        self.task.pause_or_resume()
        self._tempo.forget()

    def stop(self) -> None:
        """Finish the frame under way, and end; the dataset can go on later."""
        self.task.stop()

    def open_folder(self) -> None:
        """Show the dataset in the file manager."""
        self.session.services.open_folder(self._folder.absolute())

    def open_report(self) -> None:
        """Show the report of the last inspection."""
        if self.verdict.value is not None:
            self.session.services.open_folder(self.verdict.value.report.absolute())

    def load_preset(self, name: str) -> None:
        """Take over a preset of config/captures."""
        self.load_file(presets(FOLDER)[name])
        self.preset.value = name

    def load_file(self, path: Path) -> None:
        """Take over a configuration file with its scene and ranges; one that does not fit changes nothing."""
        try:
            config = load(CaptureConfig, path)
        except HumanoidBrainError as error:
            self.task.say(error_message(error))
            return
        self._load(config)
        self.session.scene.load(config.scene)
        self.session.randomization.load(config.randomization)
        self.preset.value = ""
        self.task.say(Message("info", "The panels Scene and Randomization now have what this capture shows"))

    def reset(self) -> None:
        """The capture that a new session begins with."""
        self._load(CaptureConfig())
        self.validation.load(ValidationConfig())
        self.layout.load(ExportConfig())
        self.preset.value = ""
        self.task.say()

    def _follow(self) -> None:
        """Take in what the job did in this frame, whether the panel is shown or not."""
        job = self._captured_job
        if job is None:
            return
        events, self._cursor = job.events.read(self._cursor)
        for event in events:
            if event.name == "frame":
                self._newest = getattr(event, "index")  # noqa: B009
                self._tempo.mark()
        if self._newest is not None and self._frames is not None:
            picture = self._frames.picture(self._newest)
            if picture is not None:
                self.shown.value = self._newest
                self.picture_came.emit(picture)

    def end(self, why: str) -> None:
        """The simulation was taken away: a capture ends; its frames stay, and it can go on later."""
        if self.capturing:
            self.task.end(f"{why}; the capture ended", "Start goes on where it was")

    def close(self) -> None:
        """Follow nothing any longer."""
        self.task.close()
        self._following.cancel()

    def collect(self) -> dict[str, Any]:
        """The draft, whether it fits or not."""
        data = {name: value for name, value in self.form.data.items() if name not in ELSEWHERE}
        return {
            "capture": data,
            "preset": self.preset.value,
            "inspect": self.inspect_after.value,
            "validation": self.validation.data,
            "layout": self.layout.data,
        }

    def apply(self, state: dict[str, Any]) -> None:
        """Take over an earlier draft."""
        self.form.apply({**self.form.data, **dict(state["capture"])})
        for key, form in (("validation", self.validation), ("layout", self.layout)):
            if isinstance(state.get(key), dict):
                form.apply(state[key])
        name = state.get("preset", "")
        self.preset.value = name if name in presets(FOLDER) else ""
        self.inspect_after.value = state.get("inspect") is not False

    # -- parts

    @property
    def _folder(self) -> Path:
        """Of the dataset."""
        return Path(str(self.form.get(("output",))))

    def _own(self) -> list[str]:
        return [name for name in CaptureConfig.model_fields if name not in ELSEWHERE]

    def _load(self, config: CaptureConfig) -> None:
        plain = CaptureConfig()
        self.form.load(config.model_copy(update={name: getattr(plain, name) for name in ELSEWHERE}))

    def _captured(self, job: Any) -> None:
        folder = self.form.get(("output",))
        result = self._result
        if result is not None and result.stopped_early:
            p = job.progress
            self.task.say(
                Message("info", f"Stopped after {p.done:.0f} of {p.total:.0f} frames", "Start goes on where it was")
            )
            return
        self.task.say(Message("good", f"The dataset is whole: {folder}"))
        if self.inspect_after.value:
            self.inspect()


def _space_text(folder: Path) -> str:
    try:
        path = folder.expanduser().absolute()
        while not path.exists() and path != path.parent:
            path = path.parent
        return f"{free_bytes(path) / 2**30:,.1f} GiB free"
    except (OSError, RuntimeError, ValueError):  # too long a name, an unknown user, a NUL character
        return "no usable folder"


def _findings(verdict: Verdict) -> list[Message]:
    """What the inspection found, in words: the whole, then the gravest kinds."""
    count = f"{verdict.pictures:,} pictures, {verdict.objects:,} objects"
    found = f"{verdict.errors} errors, {verdict.warnings} warnings, {verdict.notes} notes"
    severity = "error" if verdict.errors else "warning" if verdict.warnings else "good"
    messages = [Message(severity, f"Quality report: {count}: {found}", f"It is {verdict.report}")]
    try:
        groups = json.loads(verdict.report.with_suffix(".json").read_text(encoding="utf-8"))["groups"]
    except (OSError, ValueError, KeyError):
        return messages
    kinds = {"error": "error", "warning": "warning", "note": "info"}
    return messages + [
        Message(kinds.get(group["severity"], "info"), f"{group['title']}: {group['count']}", group["todo"])
        for group in groups[:_MOST]
    ]
