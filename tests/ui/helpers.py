# SPDX-License-Identifier: Apache-2.0
"""A session without windows: services that remember what they were asked, and the real jobs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from humanoid_brain.ui.observable import Subscription
from humanoid_brain.ui.services import Services
from humanoid_brain.ui.session import Session
from humanoid_brain.workbench import Workbench


class RememberingServices(Services):
    """Of no application."""

    name = "none"

    def __init__(self) -> None:
        self.settings: dict[str, Any] = {}
        self.notes: list[str] = []

    def add_menu(self, name: str, clicked: Callable[[], None]) -> Subscription:
        return Subscription(lambda: None)

    def notify(self, text: str, severity: str = "info") -> None:
        self.notes.append(text)

    def pick_file(
        self,
        title: str,
        picked: Callable[[Path], None],
        *,
        suffixes: Sequence[str] = (),
        folder: Path | None = None,
        save_as: str = "",
    ) -> None:
        raise AssertionError("nobody is there to pick a file")

    def pick_folder(self, title: str, picked: Callable[[Path], None], *, folder: Path | None = None) -> None:
        raise AssertionError("nobody is there to pick a folder")

    def setting(self, name: str) -> Any:
        return self.settings.get(name)

    def keep_setting(self, name: str, value: Any) -> None:
        self.settings[name] = value

    def viewport_frame(self, name: str) -> Any:
        return None

    def close(self) -> None:
        pass


def make_session() -> Session:
    """A session with the jobs of the studio."""
    return Session(RememberingServices(), Workbench())


def finish(session: Session, most: int = 10_000) -> None:
    """Frame after frame until the job has ended."""
    for _ in range(most):
        session.worker.tick()
        if not session.worker.busy:
            return
    raise AssertionError("the job does not end")
