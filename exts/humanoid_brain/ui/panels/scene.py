# SPDX-License-Identifier: Apache-2.0
"""The scene panel: robot, environments, ground, room, lights, camera, physics; build, reset the view, save."""

from __future__ import annotations

from typing import Any, ClassVar

import omni.ui as ui

from humanoid_brain.config.base import Location
from humanoid_brain.ui import style
from humanoid_brain.ui.form import Row
from humanoid_brain.ui.layout import panel_layout
from humanoid_brain.ui.panels.model_panel import ModelPanel
from humanoid_brain.ui.scene_model import ROOM, SceneModel
from humanoid_brain.ui.session import Session
from humanoid_brain.ui.widgets.form_view import FormView
from humanoid_brain.ui.widgets.parts import JobBar, Messages, PresetBar, Problems, Section, button

_ROBOT_FILES = (".usd", ".usda", ".usdc", ".usdz", ".urdf", ".xml")
_USD_FILES = (".usd", ".usda", ".usdc")

_ROOM: tuple[Location, ...] = (ROOM,)
_FOLDED = tuple(f"interior.{part}" for part in ("chairs", "tables", "obstacles", "goals", "clutter", "lights"))
_SECTIONS: tuple[tuple[str, tuple[Location, ...], bool], ...] = (
    ("Robot", (("robot", "source"),), False),
    ("Environments", (("num_envs",), ("spacing",)), False),
    ("Ground", (("ground",),), False),
    ("Interior", _ROOM, False),
    ("Lights", (("lights",),), True),
    ("Camera", (("camera",),), True),
    ("Physics", (("physics",),), True),
)
"""Heading, values below it, and whether it begins collapsed."""
_LINKS: tuple[Location, ...] = tuple(
    ("robot", name) for name in ("name", "root_link", "torso_link", "feet", "left_prefix", "right_prefix")
)
_DEEP = ("joints", "gpu")
"""Parts of the model that are for files, not for a panel: dozens of numbers each."""


class ScenePanel(ModelPanel[SceneModel]):
    """The first tab."""

    title: ClassVar[str] = "Scene"

    def __init__(self, session: Session) -> None:
        super().__init__(session, SceneModel(session))

    def build(self) -> None:
        """Make the widgets."""
        panel_layout(self._body, self._foot, self._head)
        self.subscriptions.add(self.model.task.messages.follow(lambda messages: self.messages.show(messages)))

    def build_scene(self) -> None:
        """As a click on Build."""
        self.model.build()

    def update(self) -> None:
        """One frame."""
        super().update()
        self.problems.update()
        self.job.update(self.model.task.job)
        busy = self.session.worker.busy
        self.build_button.enabled = self.save_button.enabled = not busy
        self.build_button.text = "Build again" if self.model.stale.value else "Build"

    def on_stage_closed(self) -> None:
        """Forget what was built."""
        self.model.forget()

    def _head(self) -> None:
        self.presets = PresetBar("scenes", self.model.preset, self.model.load_preset, self._load, self.reset)
        self.subscriptions.add(*self.presets.subscriptions)

    def _body(self) -> None:
        for title, paths, collapsed in _SECTIONS:
            view = self.views[title] = FormView(
                self.session.scene, paths, keep=_keep, collapsed=_FOLDED, start=self.model.propose
            )
            if paths == _ROOM:  # a part that can be switched off has a heading of its own
                view.build()
                continue
            with Section(title, collapsed=collapsed):
                view.build()
                if title == "Robot":
                    self._browse_row()
                    self._description()

    def _browse_row(self) -> None:
        with ui.HStack(height=24):
            ui.Spacer(width=style.LABEL + style.GAP)
            self.browse = button("Choose a robot file ...", self._browse, height=24)
            ui.Spacer(width=style.UNIT + style.GAP)

    def _description(self) -> None:
        with Section("Links and names", collapsed=True, inner=True, tooltip="What a robot from a file calls its parts"):
            view = self.views["Links"] = FormView(self.session.scene, _LINKS, padding=style.SECTION_PADDING)
            view.build()

    def _foot(self) -> None:
        self.problems = Problems(self.session.scene)
        self.messages = Messages()
        self.job = JobBar()
        with ui.HStack(height=28, spacing=style.GAP):
            self.build_button = button("Build", self.build_scene, primary=True, height=28)
            self.view_button = button("Reset view", self.session.view_reset.emit, height=28, width=100)
            self.save_button = button("Save stage ...", self._save, height=28, width=112)

    def _browse(self) -> None:
        def picked(path: Any) -> None:
            source = ("robot", "source")
            self.session.scene.put(source, {"kind": "file", "path": str(path)})

        self.session.services.pick_file("Robot", picked, suffixes=_ROBOT_FILES)

    def _load(self) -> None:
        self.session.services.pick_file("Scene", self.model.load_file, suffixes=(".yaml", ".yml"))

    def _save(self) -> None:
        self.session.services.pick_file("Save stage", self.model.save, suffixes=_USD_FILES, save_as="scene.usda")


def _keep(row: Row) -> bool:
    return not any(name in row.path for name in _DEEP)
