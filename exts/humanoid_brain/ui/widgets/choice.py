# SPDX-License-Identifier: Apache-2.0
"""A combo box that follows what it shows, whoever changes it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import omni.ui as ui

from humanoid_brain.ui.observable import Subscription, Value

KeyT = TypeVar("KeyT")


class Choice:
    """One of several labels.

    Args:
        index: Which one is shown at first.
        labels: All of them.
        chosen: Called with the index when the user picks another one, and never by :meth:`show`.
        options: Of the combo box.
    """

    def __init__(self, index: int, labels: Sequence[str], chosen: Callable[[int], None], **options: Any) -> None:
        self.widget = ui.ComboBox(index, *labels, **options)
        self._chosen = chosen
        self._model = self.widget.model  # it lives only as long as somebody holds it
        self._value = self._model.get_item_value_model()
        self._following: Any = self._value.subscribe_value_changed_fn(self._picked)

    def show(self, index: int) -> None:
        """Show another label."""
        if self._value.as_int != index and self._following is not None:
            self._following = None
            self._value.set_value(index)
            self._following = self._value.subscribe_value_changed_fn(self._picked)

    def close(self) -> None:
        """Let go: omni.ui's subscription holds our method, which holds us, and Python cannot see such a ring."""
        self._following = None

    def _picked(self, model: ui.AbstractValueModel) -> None:
        self._chosen(model.as_int)


class ValueChoice(Choice):
    """A choice of keys with labels, which is a value that others may change, too.

    Args:
        value: The value.
        labels: What its possible values are called.
        options: Of the combo box.
    """

    def __init__(self, value: Value[KeyT], labels: Mapping[KeyT, str], **options: Any) -> None:
        keys = [*labels]

        def give(index: int) -> None:
            value.value = keys[index]

        super().__init__(keys.index(value.value), [*labels.values()], give, **options)
        changed = value.changed.subscribe(lambda key: self.show(keys.index(key)))
        self.subscriptions = (changed, Subscription(self.close))
        """To be kept for as long as the choice lives."""
