# SPDX-License-Identifier: Apache-2.0
"""Parts that all panels have: sections, messages, buttons, the bar of a job."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Any

import omni.ui as ui

from humanoid_brain.jobs import Job, JobState
from humanoid_brain.ui import style
from humanoid_brain.ui.form import Form
from humanoid_brain.ui.observable import Subscription, Value
from humanoid_brain.ui.presets import presets
from humanoid_brain.ui.widgets.choice import Choice
from humanoid_brain.ui.widgets.models import ShareModel
from humanoid_brain.ui.work import Message, progress_text

_ARROW = 8


class Section:
    """A part with a heading that can be folded away. Use it as a context manager, around its content.

    Args:
        title: The heading.
        tooltip: Help for it.
        collapsed: Whether it begins folded.
        switch: Model of a check box in the heading.
        note: Dim text at the right of the heading.
        inner: Whether it stands inside of another one.
    """

    def __init__(
        self,
        title: str,
        *,
        tooltip: str = "",
        collapsed: bool = False,
        switch: ui.AbstractValueModel | None = None,
        note: str = "",
        inner: bool = False,
    ) -> None:
        self.on_collapsed: Callable[[bool], None] = lambda now: None
        """Called when it is folded or opened."""
        self._title, self._tooltip, self._switch, self._note = title, tooltip, switch, note
        self._inner, self._height = inner, 24 if inner else 26
        self.frame = ui.CollapsableFrame(
            title,
            collapsed=collapsed,
            height=0,
            build_header_fn=self._header,
            collapsed_changed_fn=lambda now: self.on_collapsed(now),
        )
        self._stack: ui.VStack | None = None
        self.note: ui.Label | None = None
        """The dim text of the heading."""

    def __enter__(self) -> ui.VStack:
        self.frame.__enter__()
        outer = ui.HStack(height=0)
        with outer:
            ui.Spacer(width=style.SECTION_PADDING)
            middle = ui.VStack(height=0)
            with middle:
                ui.Spacer(height=style.GAP)
                self._stack = ui.VStack(height=0, spacing=style.SPACING)
                ui.Spacer(height=style.SECTION_PADDING)
            ui.Spacer(width=style.SECTION_PADDING)
        self._stack.__enter__()
        return self._stack

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._stack is not None
        self._stack.__exit__(kind, error, trace)
        self.frame.__exit__(kind, error, trace)

    def _header(self, collapsed: bool, title: str) -> None:
        with ui.ZStack(height=self._height):
            ui.Rectangle(name="inner" if self._inner else "header")
            with ui.HStack(spacing=style.GAP):
                ui.Spacer(width=2)
                with ui.VStack(width=_ARROW):
                    ui.Spacer()
                    ui.Triangle(
                        name="arrow",
                        width=_ARROW,
                        height=_ARROW,
                        alignment=ui.Alignment.RIGHT_CENTER if collapsed else ui.Alignment.CENTER_BOTTOM,
                    )
                    ui.Spacer()
                if self._switch is not None:
                    with ui.VStack(width=18):
                        ui.Spacer()
                        ui.CheckBox(self._switch, width=16, height=16)
                        ui.Spacer()
                ui.Label(title, name="header", width=0, tooltip=self._tooltip)
                self.note = ui.Label(
                    self._note,
                    name="dim",
                    alignment=ui.Alignment.RIGHT_CENTER,
                    elided_text=True,
                    tooltip=self._tooltip,
                )
                ui.Spacer(width=style.GAP)


class Messages:
    """Sentences for the user, each in a box in the colour of its severity."""

    def __init__(self) -> None:
        self._frame = ui.Frame(height=0)
        self._shown: tuple[Message, ...] = ()

    @property
    def shown(self) -> tuple[Message, ...]:
        """What is shown."""
        return self._shown

    def show(self, messages: Sequence[Message]) -> None:
        """Show these in place of those before."""
        if tuple(messages) == self._shown:
            return
        self._shown = tuple(messages)
        self._frame.clear()
        with self._frame, ui.VStack(height=0, spacing=style.SPACING):
            for message in self._shown:
                self._build(message)

    def _build(self, message: Message) -> None:
        with ui.ZStack(height=0):
            ui.Rectangle(name=message.severity)
            with ui.HStack(height=0, spacing=style.GAP):
                ui.Spacer(width=2)
                with ui.VStack(height=0, spacing=2):
                    ui.Spacer(height=3)
                    ui.Label(message.text, word_wrap=True, height=0)
                    if message.todo:
                        ui.Label(f"{message.todo}.".replace("..", "."), name="dim", word_wrap=True, height=0)
                    ui.Spacer(height=4)
                ui.Spacer(width=2)


class Problems:
    """A line that says what in a form does not fit, also where no row of it is in sight; without a fault it is gone.

    Args:
        form: The form.
    """

    def __init__(self, form: Form[Any]) -> None:
        self._form = form
        self._shown: list[str] = []
        self._stack = ui.HStack(height=0, visible=False)
        with self._stack:
            self.label = ui.Label("", name="reason", word_wrap=True)

    def update(self) -> None:
        """Follow the form; called in each frame."""
        problems = self._form.problems
        if problems == self._shown:
            return
        self._shown = problems
        self._stack.visible = bool(problems)
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        first = problems[0].removeprefix("configuration: ") if problems else ""
        self.label.text = f"Does not fit: {first}{more}" if problems else ""


def button(text: str, clicked: Callable[[], None], *, primary: bool = False, **options: Any) -> ui.Button:
    """A button of the common height."""
    name = "primary" if primary else ""
    return ui.Button(text, name=name, clicked_fn=clicked, **{"height": 26, **options})


class JobBar:
    """Progress of a job with Pause and Stop; without a job it takes no room."""

    def __init__(self) -> None:
        self._stack = ui.VStack(height=0, spacing=style.SPACING, visible=False)
        self._job: Job | None = None
        self._share = ShareModel()
        with self._stack:
            with ui.HStack(height=24, spacing=style.GAP):
                self._bar = ui.ProgressBar(self._share, height=24)
                self._endless = ui.Spacer(visible=False)
                self.pause = button("Pause", self._pause, width=76, height=24)
                self.stop = button("Stop", self._stop, width=64, height=24)
            self._text = ui.Label("", name="dim", height=16, elided_text=True)

    def update(self, job: Job | None) -> None:
        """Show this job as it is now; None, or one that has ended, hides the bar."""
        self._job = job if job is not None and not job.state.final else None
        self._stack.visible = self._job is not None
        if self._job is None:
            return
        endless = math.isinf(self._job.progress.total) and self._job.progress.done > 0
        self._bar.visible, self._endless.visible = not endless, endless
        self._share.show(self._job.progress.fraction)
        self._text.text = progress_text(self._job)
        self.pause.text = "Resume" if self._job.state is JobState.PAUSED else "Pause"
        self.pause.enabled = self._job.state is not JobState.STOPPING
        self.stop.enabled = self._job.state is not JobState.STOPPING

    def _pause(self) -> None:
        if self._job is not None and self._job.state is JobState.PAUSED:
            self._job.resume()
        elif self._job is not None:
            self._job.pause()

    def _stop(self) -> None:
        if self._job is not None:
            self._job.stop()


class PresetBar:
    """A choice of presets, a button for a file of one's own, and one to begin anew.

    Args:
        folder: Folder of the presets below config/.
        current: Name of the preset that was loaded last.
        chosen: Takes over a preset by its name.
        load: Asks for a file.
        reset: Begins anew.
    """

    def __init__(
        self,
        folder: str,
        current: Value[str],
        chosen: Callable[[str], None],
        load: Callable[[], None],
        reset: Callable[[], None],
    ) -> None:
        self.names = ["", *presets(folder)]
        """The entries; the first one stands for none."""
        labels = ["Choose a preset", *(name.replace("_", " ").capitalize() for name in self.names[1:])]
        self._chosen = chosen
        with ui.HStack(height=26, spacing=style.GAP):
            ui.Label("Preset", width=52, name="dim")
            self._choice = Choice(self._index(current.value), labels, self._picked)
            self.combo = self._choice.widget
            self.load = button("Load ...", load, width=76)
            self.reset = button("Reset", reset, width=64)
        followed = current.changed.subscribe(lambda name: self._choice.show(self._index(name)))
        self.subscriptions: list[Subscription] = [followed, Subscription(self._choice.close)]
        """To be kept for as long as the bar lives."""

    def _index(self, name: str) -> int:
        return self.names.index(name) if name in self.names else 0

    def _picked(self, index: int) -> None:
        if name := self.names[index]:
            self._chosen(name)
