# SPDX-License-Identifier: Apache-2.0
"""What every panel is: a part of the main window with a life of its own."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar

from humanoid_brain.ui.observable import Subscriptions
from humanoid_brain.ui.session import Session


class Panel(ABC):
    """One tab of the main window.

    The window calls :meth:`build` when the tab is first shown, :meth:`update` in each frame while it is shown, and
    :meth:`destroy` once. A panel binds a view model to widgets; what it knows, the view model knows.

    Args:
        session: What the panels share.
    """

    title: ClassVar[str]
    """Shown on the tab."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.subscriptions = Subscriptions()

    @abstractmethod
    def build(self) -> None:
        """Make the widgets, in the container that is open."""

    def update(self) -> None:  # noqa: B027  a panel without moving parts has nothing to do
        """Bring the widgets up to date; called in each frame, so it must be quick."""

    @abstractmethod
    def reset(self) -> None:
        """Back to what a new session begins with."""

    @abstractmethod
    def collect(self) -> dict[str, Any]:
        """What the next session shall begin with, as JSON."""

    @abstractmethod
    def apply(self, state: dict[str, Any]) -> None:
        """Take over what :meth:`collect` gave in an earlier session. What no longer fits is left out or marked."""

    def on_hidden(self) -> None:  # noqa: B027
        """Another tab comes to the front."""

    def on_stage_closed(self) -> None:  # noqa: B027
        """The stage is gone: forget what was built on it."""

    def on_simulation_stopped(self) -> None:  # noqa: B027
        """The application stopped the simulation: end the panel's job, if it needs it, with its state saved."""

    def destroy(self) -> None:
        """End all subscriptions; the widgets end with the window."""
        self.subscriptions.cancel()
