# SPDX-License-Identifier: Apache-2.0
"""A term of the randomization in the viewport: a draw of it appears when its rows are touched, and goes again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from humanoid_brain.config.base import Location
from humanoid_brain.errors import HumanoidBrainError
from humanoid_brain.ui.actions import LiveView, Look, SceneResult, ShownTerm
from humanoid_brain.ui.observable import Value
from humanoid_brain.ui.series import number_text
from humanoid_brain.ui.session import Session
from humanoid_brain.ui.work import error_message

_MOST = 3
"""Drawn quantities that are told."""


class LookModel:
    """What the viewport shows of one term.

    Never while a job runs: the stage is the job's then.

    Args:
        session: What the panels share.
    """

    def __init__(self, session: Session) -> None:
        self.session = session
        self.on = Value(True)
        """Whether touching a row shows anything."""
        self.term: Value[str] = Value("")
        """Name of the term that is shown; empty: none."""
        self.text = Value("")
        """What was drawn, or why nothing is shown, in a line."""
        self._frame = 0
        self._wanted = self._quantity = ""
        self._there = False
        self._path: Path | None = None
        self._look: Look | None = None
        self._following = [
            session.randomization.edited.subscribe(self._edited),
            session.scene_built.subscribe(self._built),
            session.live.changed.subscribe(self._lives),
            session.worker.changed.subscribe(self._busy),
            session.stage_closed.subscribe(self._closed),
            self.on.changed.subscribe(lambda on: self.take_back()),
        ]

    def touch(self, term: str, quantity: str = "") -> None:
        """A row of a term was touched: show a draw of it soon, and tell that quantity first."""
        if self.on.value:
            self._wanted = term
            self._quantity = quantity or self._quantity

    def another(self) -> None:
        """Show another draw of the same term."""
        self._frame += 1
        self.touch(self.term.value)

    def take_back(self) -> None:
        """Show the scene as it is."""
        self._wanted = ""
        if self._look is not None:
            self._look.reset()
        self.term.value = self.text.value = ""
        self.session.shown_term.value = None

    def update(self) -> None:
        """Show what was asked for, once the picture before has come; called in each frame."""
        if not self._wanted or self.session.viewport_waits():
            return
        term, self._wanted = self._wanted, ""
        ranges = self.session.randomization.value
        if ranges is None or term not in ranges.terms or self.session.worker.busy:
            return
        if not self._there:
            self.text.value = "Build the scene to see this term in the viewport"
            return
        if self._look is None:
            self._look = self.session.actions.look(self._path)
        try:
            shown = self._look.show(ranges, term, self._frame)
        except HumanoidBrainError as error:
            self.take_back()
            self.text.value = error_message(error).text
            return
        self.term.value, self.text.value = term, _words(shown, self._quantity)
        self.session.shown_term.value = shown

    def close(self) -> None:
        """Give the stage back, and follow nothing any longer."""
        self.take_back()
        for subscription in self._following:
            subscription.cancel()

    # -- what happens around

    def _edited(self, path: Location) -> None:
        if len(path) > 1 and path[0] == "terms":
            self.touch(str(path[1]), str(path[2]) if len(path) > 2 else "")
        elif not path:
            self.take_back()

    def _built(self, result: SceneResult) -> None:
        self._show_on(result.path)

    def _lives(self, view: LiveView | None) -> None:
        if view is not None:
            self._show_on(view.path)

    def _show_on(self, path: Path | None) -> None:
        self.take_back()
        self._there, self._path, self._look = True, path, None

    def _busy(self) -> None:
        if self.session.worker.busy:
            self.take_back()

    def _closed(self) -> None:
        self._there, self._look = False, None  # the stage is gone, and the draw with it
        self.take_back()


def _words(shown: ShownTerm, first: str) -> str:
    """Some numbers that were drawn, one quantity before all others; of several targets, those of the first."""
    told: dict[str, str] = {}
    for name, value in shown.values.items():
        quantity = name.rpartition(".")[2].replace("_", " ")
        if quantity not in told and (text := _number(value)):
            told[quantity] = text
    names = sorted(told, key=lambda name: name != first.replace("_", " "))
    return ", ".join(f"{name} {told[name]}" for name in names[:_MOST])


def _number(value: Any) -> str:
    usable = isinstance(value, int | float) and not isinstance(value, bool)
    return number_text(value) if usable else ""
