# SPDX-License-Identifier: Apache-2.0
"""Value models that stand between a widget of omni.ui and a value of a form."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import omni.ui as ui

from humanoid_brain.config.base import Location
from humanoid_brain.ui.form import Form, show_text

_DIGITS = 6
"""Digits of a number out of a drag, which counts in 32 bits."""


class FormModel(ui.AbstractValueModel):
    """A value of a form. Widgets keep only its C++ half alive: whoever makes one must hold it."""

    def __init__(self, form: Form[Any], path: Location) -> None:
        super().__init__()
        self._form, self._path = form, path
        self._subscription = form.edited.subscribe(self._edited)

    def close(self) -> None:
        """Follow the form no longer."""
        self._subscription.cancel()

    def get_value_as_float(self) -> float:
        """For drags; of what is no number, 0."""
        return float(number_of(self._form.get(self._path)))

    def get_value_as_int(self) -> int:
        """For drags of whole numbers; of what is no number, 0."""
        return int(number_of(self._form.get(self._path)))

    def get_value_as_bool(self) -> bool:
        """For check boxes."""
        return self._form.get(self._path) is True

    def get_value_as_string(self) -> str:
        """For text fields."""
        return show_text(self._form.get(self._path))

    def begin_edit(self) -> None:
        """The user takes hold of the widget."""

    def end_edit(self) -> None:
        """The user lets go of the widget."""

    def _edited(self, path: Location) -> None:
        if path == self._path[: len(path)]:
            self._value_changed()


class NumberModel(FormModel):
    """A number, whole or not."""

    def __init__(self, form: Form[Any], path: Location, whole: bool) -> None:
        super().__init__(form, path)
        self._whole = whole

    def set_value(self, value: float) -> None:
        """A number from a drag; only as many digits count as it has."""
        whole = self._whole and math.isfinite(value)
        self._form.set(self._path, int(value) if whole else float(f"{value:.{_DIGITS}g}"))


class BoolModel(FormModel):
    """A yes or no."""

    def set_value(self, value: bool) -> None:
        """From a check box."""
        self._form.set(self._path, bool(value))


class TextModel(FormModel):
    """Any value as the text that a user types."""

    def __init__(self, form: Form[Any], path: Location) -> None:
        super().__init__(form, path)
        self._typed: str | None = None

    def get_value_as_string(self) -> str:
        """What was typed, for as long as it is being typed: "1, " must not become "1"."""
        return super().get_value_as_string() if self._typed is None else self._typed

    def set_value(self, value: Any) -> None:
        """From a text field, at each key."""
        self._typed = str(value)
        self._form.set_text(self._path, self._typed)

    def end_edit(self) -> None:
        """Show the value as it was understood."""
        self._typed = None
        self._value_changed()


class SwitchModel(ui.AbstractValueModel):
    """A yes or no that is asked for and given by functions."""

    def __init__(self, get: Callable[[], bool], give: Callable[[bool], None]) -> None:
        super().__init__()
        self._get, self._give = get, give

    def get_value_as_bool(self) -> bool:
        """For check boxes."""
        return self._get()

    def set_value(self, value: bool) -> None:
        """From a check box."""
        self._give(bool(value))
        self._value_changed()


def number_of(value: Any) -> float | int:
    """A value as a number that a widget can show; 0 where it is none, or too large a one."""
    usable = isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e30
    return value if usable else 0


class ShareModel(ui.AbstractValueModel):
    """A share of 1 that reads as percent, for a progress bar."""

    def __init__(self) -> None:
        super().__init__()
        self.share = 0.0

    def show(self, share: float) -> None:
        """Show a share."""
        if share != self.share:
            self.share = share
            self._value_changed()

    def get_value_as_float(self) -> float:
        """For the length of the bar."""
        return self.share

    def get_value_as_string(self) -> str:
        """For the text on the bar."""
        return f"{100 * self.share:.0f} %"

    def set_value(self, value: float) -> None:
        """From the bar, which nobody can drag."""
