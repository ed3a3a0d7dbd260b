# SPDX-License-Identifier: Apache-2.0
"""A swatch that picks a colour; the form keeps linear RGB, the screen shows sRGB."""

from __future__ import annotations

from typing import Any

import omni.ui as ui

from humanoid_brain.config.base import Location
from humanoid_brain.ui import style
from humanoid_brain.ui.form import Form
from humanoid_brain.ui.widgets.models import number_of

_DIGITS = 4


class _Channel(ui.AbstractItem):
    def __init__(self, model: _ChannelModel) -> None:
        super().__init__()
        self.model = model


class _ChannelModel(ui.AbstractValueModel):
    """One channel, as the screen shows it."""

    def __init__(self, form: Form[Any], path: Location) -> None:
        super().__init__()
        self._form, self._path = form, path
        self._closed = False

    def close(self) -> None:
        self._closed = True

    def get_value_as_float(self) -> float:
        return to_srgb(min(max(float(number_of(self._form.get(self._path))), 0.0), 1.0))

    def set_value(self, value: float) -> None:
        if self._closed:
            return
        self._form.set(self._path, round(to_linear(value), _DIGITS))
        self._value_changed()


class Swatch:
    """The swatch of a colour in a form, in the container that is open. Whoever makes one must hold it, and close it."""

    def __init__(self, form: Form[Any], path: Location) -> None:
        drop_ended()
        self.model = ColorModel(form, path)
        self.widget = ui.ColorWidget(self.model, width=26, height=style.ROW)

    def close(self) -> None:
        """Follow the form no longer. An open picker closes when the user turns to something else."""
        self.model.close()
        if self.model.open:
            _closing.append(self)


_closing: list[Swatch] = []
"""Closed swatches whose pickers are open: ovui 0.1.1 goes on drawing those of a widget that was destroyed."""


def drop_ended() -> None:
    """Let go of closed swatches whose pickers were closed meanwhile."""
    _closing[:] = [swatch for swatch in _closing if swatch.model.open]


class ColorModel(ui.AbstractItemModel):
    """Three numbers of a form as a colour. Whoever makes one must hold it, and close it."""

    def __init__(self, form: Form[Any], path: Location) -> None:
        super().__init__()
        self.open = False
        """Whether the user picks a colour."""
        self._items = [_Channel(_ChannelModel(form, (*path, i))) for i in range(3)]
        self._path = path
        self._subscription = form.edited.subscribe(self._edited)

    def close(self) -> None:
        """Follow the form no longer, nor change it."""
        self._subscription.cancel()
        for item in self._items:
            item.model.close()

    def get_item_children(self, item: Any = None) -> list[Any]:
        """The channels."""
        return [] if item is not None else self._items

    def get_item_value_model(self, item: Any = None, column: int = 0) -> Any:
        """The value of a channel."""
        return item.model if item is not None else self._items[0].model

    def begin_edit(self, item: Any = None) -> None:
        """The user opens the picker. Without this method of ours that of ovui would call itself for ever."""
        self.open = True

    def end_edit(self, item: Any = None) -> None:
        """The picker was closed; see :meth:`begin_edit`."""
        self.open = False

    def _edited(self, path: Location) -> None:
        if path[: len(self._path)] == self._path or self._path[: len(path)] == path:
            for item in self._items:
                self._item_changed(item)


def to_srgb(linear: float) -> float:
    """A channel of linear RGB as sRGB, both 0 to 1 (IEC 61966-2-1)."""
    return 12.92 * linear if linear <= 0.0031308 else 1.055 * linear ** (1 / 2.4) - 0.055


def to_linear(srgb: float) -> float:
    """A channel of sRGB as linear RGB, both 0 to 1 (IEC 61966-2-1)."""
    return srgb / 12.92 if srgb <= 0.04045 else ((srgb + 0.055) / 1.055) ** 2.4
