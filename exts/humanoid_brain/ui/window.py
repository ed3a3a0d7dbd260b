# SPDX-License-Identifier: Apache-2.0
"""The main window: tabs, each a panel. It only composes; what a panel does is the panel's affair."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import omni.ui as ui

from humanoid_brain.ui import style
from humanoid_brain.ui.panel import Panel
from humanoid_brain.ui.services import storable
from humanoid_brain.ui.session import Session
from humanoid_brain.ui.work import error_message

TITLE = "Humanoid Brain"
_TAB = "tab"
_LAST = "state"


class MainWindow:
    """Panels in a window that docks beside the viewport.

    Args:
        session: What the panels share.
        panels: Their classes, in the order of the tabs.
        closable: Whether the window has a cross; what shows it again is the caller's affair.
    """

    def __init__(self, session: Session, panels: Sequence[type[Panel]], *, closable: bool = True) -> None:
        self.session = session
        self.panels = {kind.title: kind(session) for kind in panels}
        """The panels by title."""
        self.tabs: dict[str, ui.Button] = {}
        """The buttons of the tabs, by title."""
        self._lines: dict[str, ui.Rectangle] = {}
        self._frames: dict[str, ui.Frame] = {}
        self._built: set[str] = set()
        self.current = ""
        """Title of the tab that is shown."""
        flags = ui.WINDOW_FLAGS_NO_SCROLLBAR | (0 if closable else ui.WINDOW_FLAGS_NO_CLOSE)
        self.window = ui.Window(TITLE, width=style.PANEL_WIDTH, height=820, flags=flags, padding_x=0, padding_y=0)
        self.window.frame.set_style(style.STYLE)
        self._restore()
        self._build()
        self._asked = session.panel_asked.subscribe(self.show)
        last = session.services.setting(_TAB)
        self.show(last if last in self.panels else next(iter(self.panels)))

    def show(self, title: str) -> None:
        """Bring a tab to the front; its panel is built when it is shown for the first time."""
        if self.current in self._built and self.current != title:
            self.panels[self.current].on_hidden()
        self.current = title
        for name, tab in self.tabs.items():
            tab.checked = self._lines[name].checked = name == title
            self._frames[name].visible = name == title
        if title not in self._built:
            self._built.add(title)
            with self._frames[title]:
                self.panels[title].build()
        self.session.services.keep_setting(_TAB, title)

    def update(self) -> None:
        """One frame: the job advances, the panel that is shown follows."""
        worker = self.session.worker
        for budget in self.session.pace.ticks(lambda: worker.advancing):
            worker.tick(budget)
            self.panels[self.current].update()

    def reset(self) -> None:
        """All panels as a new session begins."""
        for panel in self.panels.values():
            panel.reset()

    def on_stage_closed(self) -> None:
        """The stage is gone."""
        for panel in self.panels.values():
            panel.on_stage_closed()
        self.session.stage_closed.emit()

    def on_simulation_stopped(self) -> None:
        """The application has stopped the simulation beneath the job."""
        for panel in self.panels.values():
            panel.on_simulation_stopped()

    def keep(self) -> None:
        """Keep what the next session shall begin with."""
        state = {name: storable(panel.collect()) for name, panel in self.panels.items()}
        self.session.services.keep_setting(_LAST, state)

    def destroy(self) -> None:
        """End the job, keep the settings, and take everything down."""
        self.session.worker.close()
        self._asked.cancel()
        self.keep()
        for panel in self.panels.values():
            panel.destroy()
        self.tabs.clear()
        self._lines.clear()
        self._frames.clear()
        self.window.destroy()

    def _restore(self) -> None:
        state: Any = self.session.services.setting(_LAST)
        for name, panel in self.panels.items():
            if not isinstance(state, dict) or not isinstance(state.get(name), dict):
                continue
            try:
                panel.apply(state[name])
            except Exception as error:  # whatever an older version or an editor has put there
                panel.reset()
                self.session.services.notify(
                    f"The panel {name} begins anew, as its last state cannot be used: {error_message(error).text}",
                    "warning",
                )

    def _build(self) -> None:
        with self.window.frame, ui.ZStack():
            ui.Rectangle(name="background")
            with ui.VStack():
                with ui.ZStack(height=34):
                    ui.Rectangle(name="tabs")
                    with ui.HStack():
                        for name in self.panels:
                            self._build_tab(name)
                with ui.ZStack():
                    for name in self.panels:
                        self._frames[name] = ui.Frame(visible=False)

    def _build_tab(self, name: str) -> None:
        with ui.ZStack():
            self.tabs[name] = ui.Button(name, name="tab", clicked_fn=lambda: self.show(name))
            with ui.VStack():
                ui.Spacer()
                self._lines[name] = ui.Rectangle(name="tab_line", height=2)
