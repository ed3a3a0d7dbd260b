# SPDX-License-Identifier: Apache-2.0
"""The view model of the scene panel."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Any

from humanoid_brain.config.base import Location, load
from humanoid_brain.config.scene import CameraConfig, SceneConfig
from humanoid_brain.errors import HumanoidBrainError
from humanoid_brain.ui.actions import SceneResult
from humanoid_brain.ui.observable import Value
from humanoid_brain.ui.presets import presets
from humanoid_brain.ui.session import Session, require
from humanoid_brain.ui.task import Task
from humanoid_brain.ui.work import Message, error_message

FOLDER = "scenes"
FURNISHED = "living_room"
"""Preset whose room an interior begins with."""
ROOM: Location = ("interior",)


class SceneModel:
    """What the scene panel shows and does.

    Args:
        session: What the panels share.
    """

    def __init__(self, session: Session) -> None:
        self.session, self.form = session, session.scene
        self.task = Task(session.worker, self.form)
        self.built: Value[SceneResult | None] = Value(None)
        """The scene that was built last."""
        self.stale = Value(False)
        """Whether the form has changed since."""
        self.preset = Value("")
        """Name of the preset that was loaded last."""
        self._following = [
            self.form.edited.subscribe(lambda path: self._touch()),
            self.form.restructured.subscribe(self._furnished),
        ]

    def load_preset(self, name: str) -> None:
        """Take over a preset of config/scenes."""
        self.load_file(presets(FOLDER)[name])
        self.preset.value = name

    def load_file(self, path: Path) -> None:
        """Take over a configuration file; one that does not fit is told about and changes nothing."""
        try:
            self.form.load(load(SceneConfig, path))
        except HumanoidBrainError as error:
            self.task.say(error_message(error))
            return
        self.preset.value = ""
        self._touch()
        self.task.say()

    def reset(self) -> None:
        """The scene that a new session begins with."""
        self.form.load(SceneConfig())
        self.preset.value = ""
        self._touch()
        self.task.say()

    def build(self) -> None:
        """Check the robot and build the scene."""
        result: list[SceneResult] = []

        def make() -> Any:
            job, found = self.session.actions.build_scene(require(self.form, "Scene"))
            result.append(found)
            return job

        def done(job: Any) -> None:
            self.built.value = result[0]
            self.stale.value = False
            self.task.say(*_report(result[0]))
            self.session.scene_built.emit(result[0])

        self.task.start("Build", make, done)

    def save(self, path: Path) -> None:
        """Write the scene as a USD file; without a suffix it becomes one as text."""
        target = path if path.suffix else path.with_suffix(".usda")
        self.task.start(
            "Save stage",
            lambda: self.session.actions.save_scene(require(self.form, "Scene"), target),
            lambda job: self.task.say(Message("good", f"The stage is saved as {target}")),
        )

    def forget(self) -> None:
        """The stage is gone, and with it what was being built on it or saved of it."""
        self.built.value = None
        self.stale.value = False
        self.task.say()
        self.task.end("The stage was closed before the job was done", "Start it again")

    def collect(self) -> dict[str, Any]:
        """The draft, whether it fits or not."""
        return {"scene": self.form.data, "preset": self.preset.value}

    def apply(self, state: dict[str, Any]) -> None:
        """Take over an earlier draft."""
        self.form.apply(state["scene"])
        name = state.get("preset", "")
        self.preset.value = name if name in presets(FOLDER) else ""

    def close(self) -> None:
        """Follow the form no longer."""
        self.task.close()
        for subscription in self._following:
            subscription.cancel()

    def propose(self, path: Location) -> Any:
        """The room that an interior begins with."""
        return self._room.model_dump(mode="json")["interior"] if path == ROOM else None

    @cached_property
    def _room(self) -> SceneConfig:
        return load(SceneConfig, presets(FOLDER)[FURNISHED])

    def _furnished(self, path: Location) -> None:
        """Bring a camera that nobody has moved into the room that has just come around the robot."""
        camera = self.form.get(("camera",))
        if path == ROOM and self.form.get(ROOM) is not None and camera == CameraConfig().model_dump(mode="json"):
            self.form.put(("camera",), self._room.camera.model_dump(mode="json"))

    def _touch(self) -> None:
        self.stale.value = self.built.value is not None


def _report(result: SceneResult) -> list[Message]:
    """What was checked and what does not fit, in words."""
    warnings = [
        Message("warning", f"{finding.where}: {finding.what}", finding.todo)
        for finding in result.findings
        if finding.severity != "error"
    ]
    facts = "\n".join(result.facts)
    return [Message("good", facts), *warnings] if facts else warnings
