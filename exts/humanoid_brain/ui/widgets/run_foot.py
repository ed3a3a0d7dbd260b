# SPDX-License-Identifier: Apache-2.0
"""The foot of a panel with a long job: what does not fit, messages, progress, and Start, Pause, Stop."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import omni.ui as ui

from humanoid_brain.jobs import Job, JobState
from humanoid_brain.ui import style
from humanoid_brain.ui.form import Form
from humanoid_brain.ui.widgets.models import ShareModel
from humanoid_brain.ui.widgets.parts import Messages, Problems, button


class RunFoot:
    """Made in the container that is open.

    Args:
        form: What the job is made of.
        start: Starts it.
        pause_or_resume: As a click on Pause, which is Resume while it is paused.
        stop: Stops it.
        further: Makes the buttons beside those.
    """

    def __init__(
        self,
        form: Form[Any],
        start: Callable[[], None],
        pause_or_resume: Callable[[], None],
        stop: Callable[[], None],
        further: Callable[[], None],
    ) -> None:
        self.problems = Problems(form)
        self.messages = Messages()
        self._status = ui.Label("", name="dim", height=16, elided_text=True, visible=False)
        self._share = ShareModel()
        self._bar = ui.ProgressBar(self._share, height=18, visible=False)
        with ui.HStack(height=28, spacing=style.GAP):
            self.start = button("Start", start, primary=True, height=28)
            self.pause = button("Pause", pause_or_resume, height=28, width=84)
            self.stop = button("Stop", stop, height=28, width=72)
            further()

    def update(self, job: Job | None, running: bool, state: JobState, status: str) -> None:
        """Show the job as it is now; called in each frame."""
        self.problems.update()
        self.start.enabled = not running
        self.pause.enabled = self.stop.enabled = running and state is not JobState.STOPPING
        self.pause.text = "Resume" if state is JobState.PAUSED else "Pause"
        self._status.visible = self._bar.visible = running
        self._status.text = status
        if job is not None and running:
            self._share.show(job.progress.fraction)
