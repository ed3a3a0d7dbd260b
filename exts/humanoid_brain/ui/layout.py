# SPDX-License-Identifier: Apache-2.0
"""How a panel is laid out: what scrolls, and the foot that stays, with its buttons, its job and its messages."""

from __future__ import annotations

from collections.abc import Callable

import omni.ui as ui

from humanoid_brain.ui import style


def panel_layout(body: Callable[[], None], foot: Callable[[], None], head: Callable[[], None] | None = None) -> None:
    """Build a panel in the container that is open.

    Args:
        body: Makes what scrolls.
        foot: Makes what stays at the bottom.
        head: Makes what stays at the top.
    """
    with ui.VStack():
        if head is not None:
            _padded(head)
        with ui.ScrollingFrame(
            horizontal_scrollbar_policy=ui.ScrollBarPolicy.SCROLLBAR_ALWAYS_OFF,
            vertical_scrollbar_policy=ui.ScrollBarPolicy.SCROLLBAR_AS_NEEDED,
        ):
            _padded(body)
        ui.Rectangle(name="line", height=1)
        with ui.ZStack(height=0):
            ui.Rectangle(name="footer")
            _padded(foot)


def _padded(build: Callable[[], None]) -> None:
    with ui.HStack(height=0):
        ui.Spacer(width=10)
        with ui.VStack(height=0):
            ui.Spacer(height=8)
            with ui.VStack(height=0, spacing=style.GAP):
                build()
            ui.Spacer(height=8)
        ui.Spacer(width=10)
