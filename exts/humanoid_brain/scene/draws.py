# SPDX-License-Identifier: Apache-2.0
"""Single numbers drawn by address, for code that builds one thing at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from humanoid_brain import rng

ItemT = TypeVar("ItemT")


class Draws:
    """The draws at one address, taken one after another.

    Number k of an address is the same however many are taken, and nothing is shared with other addresses.

    Args:
        seed: Of the run.
        purpose: What is drawn.
        address: One or more numbers, coarse to fine: frame, instance.
    """

    def __init__(self, seed: int, purpose: str, *address: int) -> None:
        self._key, self._address = rng.stream(seed, purpose), address
        self._taken = 0

    def uniform(self, low: float = 0.0, high: float = 1.0) -> float:
        """A number in [low, high)."""
        self._taken += 1
        return low + (high - low) * rng.number(self._key, self._address, self._taken - 1)

    def integer(self, low: int, high: int) -> int:
        """A whole number from low to high, both included."""
        return low + int(self.uniform(0.0, high - low + 1))

    def choice(self, items: Sequence[ItemT]) -> ItemT:
        """One of ``items``."""
        return items[self.integer(0, len(items) - 1)]

    def chance(self, probability: float) -> bool:
        """True with the given probability."""
        return self.uniform() < probability

    def order(self, count: int) -> list[int]:
        """``range(count)`` in a random order."""
        return sorted(range(count), key=[self.uniform() for _ in range(count)].__getitem__)
