# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from humanoid_brain.ui.observable import Event, Subscriptions, Value


def test_followers_are_told_of_changes_only() -> None:
    value, seen = Value(1), []
    subscription = value.follow(seen.append)
    value.value = 1
    value.value = 2
    assert seen == [1, 2]
    subscription.cancel()
    value.value = 3
    assert seen == [1, 2]
    assert len(value.changed) == 0


def test_a_subscription_that_nobody_keeps_ends() -> None:
    event, seen = Event(), []
    kept = event.subscribe(seen.append)
    event.subscribe(seen.append)
    event.emit(5)
    assert seen == [5]
    del kept
    assert len(event) == 0


def test_a_follower_may_end_others_while_it_is_told() -> None:
    event, seen = Event(), []
    held = Subscriptions()

    def first() -> None:
        seen.append("first")
        held.cancel()

    held.add(event.subscribe(first), event.subscribe(lambda: seen.append("second")))
    event.emit()
    event.emit()
    assert seen == ["first"]
    assert len(held) == len(event) == 0
