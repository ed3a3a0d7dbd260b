# SPDX-License-Identifier: Apache-2.0
"""The panels within Omniverse Kit: the main window, its menu entry, the overlay, and what Kit tells them.

Only importable inside Kit. Jobs advance in Kit's own update; nothing runs in a thread.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import carb  # pyright: ignore[reportMissingImports]
import omni.kit.app  # pyright: ignore[reportMissingImports, reportAttributeAccessIssue]
import omni.timeline  # pyright: ignore[reportMissingImports, reportAttributeAccessIssue]
import omni.ui as ui
import omni.usd  # pyright: ignore[reportMissingImports, reportAttributeAccessIssue]

from humanoid_brain.jobs import JobState
from humanoid_brain.ui.panels import all_panels
from humanoid_brain.ui.services.kit import KitServices
from humanoid_brain.ui.session import Session
from humanoid_brain.ui.window import TITLE, MainWindow
from humanoid_brain.workbench import Workbench

_NEIGHBOUR = "Property"
"""Window of Isaac Sim whose place the panels share on first opening, at the right of the viewport."""
_OWN_SET_UP = ("loading", "building the scene", "opening the robot", "checking the robot", "")
"""Phases in which a job itself opens stages and plays the timeline."""


class KitWindow:
    """All of the panels within Kit; :meth:`close` undoes everything.

    Args:
        ext_id: The extension's name with its version.
    """

    def __init__(self, ext_id: str) -> None:
        self._ext_id = ext_id
        self.services = KitServices(ext_id)
        self.workbench = Workbench(inside_kit=True)
        self.session = Session(self.services, self.workbench)
        self.window = MainWindow(self.session, all_panels())
        self.window.window.deferred_dock_in(_NEIGHBOUR, ui.DockPolicy.TARGET_WINDOW_IS_ACTIVE)
        self._menu = self.services.add_menu(TITLE, self._show_or_hide)
        self._reset = self.session.view_reset.subscribe(self._frame_all)
        self._failed = False
        self._subscriptions: list[Any] = [
            _on_update(self._update, f"{ext_id}.update"),
            omni.usd.get_context()
            .get_stage_event_stream()
            .create_subscription_to_pop(self._stage_event, name=f"{ext_id}.stage"),
            omni.timeline.get_timeline_interface()
            .get_timeline_event_stream()
            .create_subscription_to_pop(self._timeline_event, name=f"{ext_id}.timeline"),
        ]

    def close(self) -> None:
        """End the job, with its state saved, and take everything down."""
        subscriptions, self._subscriptions = self._subscriptions, []
        for subscription in subscriptions:
            # The objects of both event systems end with their last reference; those of the newer one can be told.
            if hasattr(subscription, "reset"):
                subscription.reset()
        self._menu.cancel()
        self._reset.cancel()
        self.window.destroy()
        self.services.close()
        self.workbench.close()

    # -- what Kit tells

    def _update(self, event: Any) -> None:
        """One frame of Kit. An error of ours is told once, and never stops Kit's own loop."""
        try:
            self.window.update()
        except Exception as error:
            if not self._failed:
                self._failed = True
                carb.log_error(f"[{self._ext_id}] the panels stopped following: {error!r}")
                raise

    def _stage_event(self, event: Any) -> None:
        if event.type == int(omni.usd.StageEventType.CLOSING) and not self._set_up_is_ours():
            self.window.on_stage_closed()

    def _timeline_event(self, event: Any) -> None:
        job = self.session.worker.job
        if job is None or not self.session.worker.busy or self._set_up_is_ours():
            return
        kinds = omni.timeline.TimelineEventType
        if event.type == int(kinds.PAUSE):
            job.pause()
        elif event.type == int(kinds.PLAY) and job.state is JobState.PAUSED:
            job.resume()
        elif event.type == int(kinds.STOP):
            self.window.on_simulation_stopped()

    def _set_up_is_ours(self) -> bool:
        worker = self.session.worker
        return worker.busy and worker.job is not None and worker.job.progress.phase in _OWN_SET_UP

    # -- what the user asks

    def _show_or_hide(self) -> None:
        self.window.window.visible = not self.window.window.visible

    def _frame_all(self) -> None:
        """The scene as a whole, in the viewport."""
        from omni.kit.viewport.utility import (  # pyright: ignore[reportMissingImports]
            frame_viewport_prims,
            get_active_viewport,
        )

        viewport = get_active_viewport()
        if viewport is not None:
            frame_viewport_prims(viewport, prims=["/World"])


def _on_update(follower: Callable[[Any], None], name: str) -> Any:
    """Call ``follower`` in each of Kit's updates, for as long as the result is kept.

    Kit 107 brought another event system; 106, of Isaac Sim 4.5, has the older one only.
    """
    if hasattr(omni.kit.app, "GLOBAL_EVENT_UPDATE"):
        import carb.eventdispatcher  # pyright: ignore[reportMissingImports]

        return carb.eventdispatcher.get_eventdispatcher().observe_event(
            observer_name=name, event_name=omni.kit.app.GLOBAL_EVENT_UPDATE, on_event=follower
        )
    stream = omni.kit.app.get_app().get_update_event_stream()
    return stream.create_subscription_to_pop(follower, name=name)
