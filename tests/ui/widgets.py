# SPDX-License-Identifier: Apache-2.0
"""The widgets that a user could take hold of, found in the tree of omni.ui itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import omni.ui as ui

Place = tuple[int | str, ...]
"""Title of a window, then the number of a child at each level."""

_TOUCHED = {
    "Button": "click",
    "InvisibleButton": "click",
    "CheckBox": "click",
    "ColorWidget": "click",
    "StringField": "text",
    "IntDrag": "number",
    "FloatDrag": "number",
    "FloatSlider": "number",
    "ComboBox": "combo",
}


@dataclass(frozen=True)
class Found:
    """A widget that can be touched."""

    place: Place
    use: str
    """"click", "text", "number", "combo" or "view"."""
    name: str
    """Kind, and text if it has one."""
    widget: Any

    @property
    def middle(self) -> tuple[float, float]:
        """Of the widget on the screen, pixels."""
        w = self.widget
        return w.screen_position_x + w.computed_width / 2, w.screen_position_y + w.computed_height / 2


def everything() -> list[Found]:
    """All widgets of all windows that are open, also those that would have to be scrolled to."""
    found: list[Found] = []
    for window in windows():
        found += _below(window.frame, (window.title,))
    return found


def windows() -> list[Any]:
    """The windows that are open. The list of omni.ui also has those that were destroyed."""
    return [each for each in ui.Workspace.get_windows() if isinstance(each, ui.Window) and each.visible]


def at(place: Place) -> Found | None:
    """The widget at a place, if one that can be touched is there."""
    return next((each for each in everything() if each.place == place), None)


def _below(widget: Any, place: Place) -> Iterator[Found]:
    if not widget.visible or not widget.enabled:
        return
    kind = type(widget).__name__
    use = "view" if kind == "Rectangle" and widget.name == "touch" else _TOUCHED.get(kind, "")
    if use and widget.computed_width > 2 and widget.computed_height > 2:
        text = getattr(widget, "text", "") if kind == "Button" else ""
        yield Found(place, use, f"{kind} {text}".strip(), widget)
    children = ui.Inspector.get_children(widget)  # pyright: ignore[reportAttributeAccessIssue]
    for number, child in enumerate(children):
        yield from _below(child, (*place, number))
