# SPDX-License-Identifier: Apache-2.0
"""What the panels share: the scene, the ranges, the running job, and the services of the application around."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from humanoid_brain.config.base import load
from humanoid_brain.config.capture import CaptureConfig
from humanoid_brain.config.randomization import RandomizationConfig
from humanoid_brain.config.scene import SceneConfig
from humanoid_brain.errors import ConfigError
from humanoid_brain.ui.actions import Actions, LiveView, ShownTerm
from humanoid_brain.ui.form import Form
from humanoid_brain.ui.observable import Event, Value
from humanoid_brain.ui.pace import Pace
from humanoid_brain.ui.presets import presets
from humanoid_brain.ui.services import Services
from humanoid_brain.ui.work import Worker

FIRST_RANGES = "standard"
"""Preset of config/randomization that a new session begins with."""


class Session:
    """Shared by all panels of a main window.

    Args:
        services: Of Kit or of the studio.
        actions: What makes the jobs.
    """

    def __init__(self, services: Services, actions: Actions) -> None:
        self.services, self.actions = services, actions
        self.worker = Worker()
        self.scene = Form(SceneConfig)
        """The scene, which the scene panel edits and the others use."""
        self.randomization = Form(RandomizationConfig, first_ranges())
        """The ranges, which the randomization panel edits and captures use."""
        self.stage_closed = Event()
        """Emitted when the stage is gone."""
        self.view_reset = Event()
        """Emitted when the viewport shall show the scene as at first."""
        self.scene_built = Event()
        """Emitted with the result of a scene that was built."""
        self.pace = Pace()
        """How a frame is divided between the job and the windows."""
        self.live: Value[LiveView | None] = Value(None)
        """The simulation that the studio's viewport shows."""
        self.shown_term: Value[ShownTerm | None] = Value(None)
        """The draw of a term that the viewport shows over the scene."""
        self.viewport_waits: Callable[[], bool] = lambda: False
        """Says whether the viewport still waits for a picture of what it was given last."""
        self.run_changed = Event()
        """Emitted with the folder of a run in which something was written."""
        self.resume_asked = Event()
        """Emitted with folder, checkpoint and metrics of a run that shall go on."""
        self.panel_asked = Event()
        """Emitted with the title of a panel that shall come to the front."""

    def capture(self, **changes: Any) -> CaptureConfig:
        """A capture of this scene with these ranges; ``changes`` are its other fields.

        Raises:
            ConfigError: Something in the scene, the ranges or the changes does not fit.
        """
        scene, ranges = require(self.scene, "Scene"), require(self.randomization, "Randomization")
        one = scene.model_copy(update={"num_envs": 1})
        return CaptureConfig(scene=one, randomization=ranges, **changes)


def first_ranges() -> RandomizationConfig:
    """The ranges that a new session begins with."""
    return load(RandomizationConfig, presets("randomization")[FIRST_RANGES])


def require(form: Form[Any], panel: str) -> Any:
    """The configuration of a form.

    Raises:
        ConfigError: Something in it does not fit; the message names all of it.
    """
    if form.value is None:
        count = len(form.problems)
        what = "; ".join(form.problems[:3]) + (f"; and {count - 3} more" if count > 3 else "")
        raise ConfigError(what, todo=f"Correct what is marked in the panel {panel}")
    return form.value
