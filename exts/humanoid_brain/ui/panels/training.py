# SPDX-License-Identifier: Apache-2.0
"""The training panel: what to learn and how, and the run while it learns."""

from __future__ import annotations

from typing import Any, ClassVar

import omni.ui as ui

from humanoid_brain.config.base import Location
from humanoid_brain.jobs import JobState
from humanoid_brain.ui import pace, style
from humanoid_brain.ui.form import Row
from humanoid_brain.ui.layout import panel_layout
from humanoid_brain.ui.overlay import Overlay
from humanoid_brain.ui.panels.model_panel import ModelPanel
from humanoid_brain.ui.session import Session
from humanoid_brain.ui.training_model import CURVES, FOLDER, TrainingModel
from humanoid_brain.ui.widgets.choice import ValueChoice
from humanoid_brain.ui.widgets.models import SwitchModel
from humanoid_brain.ui.widgets.parts import PresetBar, Section, button
from humanoid_brain.ui.widgets.plots import Chart, FactGrid
from humanoid_brain.ui.widgets.rewards import REWARDS, RewardTable
from humanoid_brain.ui.widgets.run_foot import RunFoot

_SECTIONS: tuple[tuple[str, tuple[Location, ...], bool], ...] = (
    (
        "Run",
        (("scene", "num_envs"), ("device",), ("seed",), ("budget", "iterations"), ("budget", "seconds"), ("output",)),
        False,
    ),
    ("Commands", (("task", "command"),), False),
    ("Episodes, pushes and resets", (("task", "episode"), ("task", "push"), ("task", "reset")), True),
    ("Algorithm: PPO", (("ppo",), ("network",)), True),
)
"""Heading, values below it, and whether it begins collapsed."""
_ELSEWHERE: tuple[Location, ...] = (
    *(path for _, paths, _ in _SECTIONS for path in paths),
    ("resume_from",),
    ("scene",),
)
_SMALL = ("episode_seconds", "reward", "velocity_error", "steps_per_second")


class TrainingPanel(ModelPanel[TrainingModel]):
    """The tab Training."""

    title: ClassVar[str] = "Training"

    def __init__(self, session: Session) -> None:
        super().__init__(session, TrainingModel(session))
        self.overlay = Overlay(self.model)
        self.charts: dict[str, Chart] = {}
        """The curves by their names in the metrics."""
        self._stale = True
        self._kept: list[Any] = []
        self._built = False

    def build(self) -> None:
        """Make the widgets."""
        panel_layout(self._body, self._foot, self._head)
        self._built = True
        self.subscriptions.add(
            self.model.task.messages.follow(lambda messages: self.messages.show(messages)),
            self.model.reported.subscribe(self._renew),
        )

    def update(self) -> None:
        """One frame."""
        super().update()
        self.rewards.update()
        self._show_state()
        if self._stale:
            self._stale = False
            self._show_curves()

    def collect(self) -> dict[str, Any]:
        """The draft."""
        return {**self.model.collect(), "overlay": self.overlay.collect()}

    def apply(self, state: dict[str, Any]) -> None:
        """Take over an earlier draft."""
        self.model.apply(state)
        self.overlay.apply(dict(state.get("overlay", {})))

    def on_stage_closed(self) -> None:
        """End the run, with its state saved."""
        self.model.end("The stage was closed")

    def on_simulation_stopped(self) -> None:
        """End the run, with its state saved."""
        self.model.end("The simulation was stopped")

    def destroy(self) -> None:
        """End."""
        if self._built:
            self.rewards.destroy()
        self.overlay.destroy()
        self._kept = []
        super().destroy()

    # -- parts

    def _head(self) -> None:
        self.presets = PresetBar(FOLDER, self.model.preset, self.model.load_preset, self._load, self.reset)
        self.subscriptions.add(*self.presets.subscriptions)
        self.live = ui.VStack(height=0, spacing=style.GAP, visible=False)
        with self.live:
            title, unit = CURVES["episode_reward"]
            self.charts["episode_reward"] = Chart(title, unit, height=112)
            self.facts = FactGrid()

    def _body(self) -> None:
        self.curves = Section("Curves")
        with self.curves:
            for at in range(0, len(_SMALL), 2):
                with ui.HStack(height=0, spacing=2 * style.GAP):
                    for name in _SMALL[at : at + 2]:
                        title, unit = CURVES[name]
                        self.charts[name] = Chart(title, unit, height=64)
        title, paths, collapsed = _SECTIONS[0]
        with Section(title, collapsed=collapsed):
            self.rows(title, self.model.form, paths)
            self._scene_row()
        with Section("Rewards", tooltip="Weight times value, per second of simulated time"):
            self.rewards = RewardTable(self.model.form)
            self.rewards.update()
        for title, paths, collapsed in _SECTIONS[1:]:
            with Section(title, collapsed=collapsed):
                self.rows(title, self.model.form, paths)
        with Section("Further settings", collapsed=True):
            self.rows("Further settings", self.model.form, ((),), keep=_further, collapsed=("*",))
        with Section("Display"):
            self._display()

    def _scene_row(self) -> None:
        model = SwitchModel(lambda: self.model.use_scene.value, lambda on: setattr(self.model.use_scene, "value", on))
        self.scene_switch = model
        with ui.HStack(height=style.ROW, spacing=style.GAP):
            ui.Label("Scene", width=style.LABEL)
            with ui.VStack(width=18):
                ui.Spacer(height=3)
                ui.CheckBox(model, width=16, height=16)
            ui.Label("Robot, ground and lights of the panel Scene", name="dim", elided_text=True)

    def _display(self) -> None:
        pacing = self.session.pace
        with ui.HStack(height=style.ROW, spacing=style.GAP):
            ui.Label("Show", width=style.LABEL, tooltip="What of the simulation the viewport shows while it trains")
            showing = ValueChoice(pacing.mode, pace.MODES)
            self.mode = showing.widget
            self.every = ui.IntDrag(width=64, min=1, max=200, tooltip="With every n-th frame: n")
            self.every.model.set_value(pacing.every.value)
            ui.Spacer(width=style.UNIT)
        with ui.HStack(height=style.ROW, spacing=style.GAP):
            ui.Label("Share of each frame", width=style.LABEL, tooltip="What training gets of the time of each frame")
            low, high = pace.SHARES
            self.share = ui.FloatSlider(min=low, max=high, format="%.2f")
            self.share.model.set_value(pacing.share.value)
            ui.Spacer(width=style.UNIT)
        with ui.HStack(height=style.ROW, spacing=style.GAP):
            ui.Label("Overlay", width=style.LABEL, tooltip="Curve and figures over the viewport")
            switch = SwitchModel(lambda: self.overlay.on.value, lambda on: setattr(self.overlay.on, "value", on))
            self.overlay_switch = switch
            with ui.VStack(width=18):
                ui.Spacer(height=3)
                self.overlay_box = ui.CheckBox(switch, width=16, height=16)
            ui.Label("over the viewport", name="dim")
        self.subscriptions.add(
            *showing.subscriptions,
            self.overlay.on.changed.subscribe(lambda on: switch._value_changed()),
            pacing.every.changed.subscribe(self.every.model.set_value),
            pacing.share.changed.subscribe(self.share.model.set_value),
        )
        self._kept = [
            self.every.model.subscribe_value_changed_fn(lambda m: setattr(pacing.every, "value", max(1, m.as_int))),
            self.share.model.subscribe_value_changed_fn(lambda m: setattr(pacing.share, "value", m.as_float)),
        ]

    def _foot(self) -> None:
        model = self.model
        self.foot = RunFoot(model.form, model.start, model.pause_or_resume, model.stop, self._further_buttons)
        self.messages, self.start_button = self.foot.messages, self.foot.start
        self.pause_button, self.stop_button = self.foot.pause, self.foot.stop

    def _further_buttons(self) -> None:
        self.save_button = button("Save now", self.model.save_now, height=28, width=88)

    # -- what changes

    def _show_state(self) -> None:
        model = self.model
        self.foot.update(model.task.job, model.running, model.state, model.status())
        self.save_button.enabled = model.running and model.state is JobState.RUNNING
        self.live.visible = self.curves.frame.visible = model.running_config is not None
        self.facts.show(model.facts())

    def _show_curves(self) -> None:
        for name, chart in self.charts.items():
            series = self.model.curves.get(name)
            curve, last = (series.points, series.last) if series is not None else ([], None)
            large = name == "episode_reward"
            chart.show(curve, last=last, caption=f"iteration {self.model.iteration:,}" if large else "")
        self.rewards.show(self.model.terms)

    def _renew(self) -> None:
        self._stale = True

    def _load(self) -> None:
        self.session.services.pick_file("Training", self.model.load_file, suffixes=(".yaml", ".yml"))


def _further(row: Row) -> bool:
    """Whether a row stands nowhere else; of the rewards only what the table lacks."""
    if row.path[: len(REWARDS)] == REWARDS:
        return row.path[-1] != "weight"
    return not any(row.path[: len(path)] == path for path in _ELSEWHERE)
