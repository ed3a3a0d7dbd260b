# SPDX-License-Identifier: Apache-2.0
"""Values and events that others can follow, in plain Python: what a view model is made of."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar

ValueT = TypeVar("ValueT")


class Subscription:
    """One follower of an event. It ends with :meth:`cancel`, or when the last reference to it goes."""

    def __init__(self, cancel: Callable[[], None]) -> None:
        self._cancel: Callable[[], None] | None = cancel

    def cancel(self) -> None:
        """Follow no longer. May be called again."""
        cancel, self._cancel = self._cancel, None
        if cancel is not None:
            cancel()

    def __del__(self) -> None:
        self.cancel()


class Event:
    """Something that happens now and then. Followers are called in the order in which they came."""

    def __init__(self) -> None:
        self._followers: dict[int, Callable[..., None]] = {}
        self._count = 0

    def subscribe(self, follower: Callable[..., None]) -> Subscription:
        """Call ``follower`` with what :meth:`emit` is given, for as long as the result is kept."""
        self._count += 1
        number = self._count
        self._followers[number] = follower
        return Subscription(lambda: self._followers.pop(number, None) and None)

    def emit(self, *values: Any) -> None:
        """Tell all followers. One that ends its subscription meanwhile is called no more."""
        for number in list(self._followers):
            if number in self._followers:
                self._followers[number](*values)

    def __len__(self) -> int:
        return len(self._followers)


class Value(Generic[ValueT]):
    """A value that tells its followers when it becomes another one."""

    def __init__(self, value: ValueT) -> None:
        self._value = value
        self.changed = Event()
        """Emitted with the new value."""

    @property
    def value(self) -> ValueT:
        """The value; setting one that is equal tells nobody."""
        return self._value

    @value.setter
    def value(self, value: ValueT) -> None:
        if value != self._value:
            self._value = value
            self.changed.emit(value)

    def follow(self, follower: Callable[[ValueT], None]) -> Subscription:
        """Call ``follower`` with the value now and whenever it changes."""
        follower(self._value)
        return self.changed.subscribe(follower)


class Subscriptions:
    """Several subscriptions that end together."""

    def __init__(self) -> None:
        self._held: list[Subscription] = []

    def add(self, *subscriptions: Subscription) -> None:
        """Keep subscriptions alive."""
        self._held += subscriptions

    def cancel(self) -> None:
        """End them all."""
        held, self._held = self._held, []
        for subscription in held:
            subscription.cancel()

    def __len__(self) -> int:
        return len(self._held)
