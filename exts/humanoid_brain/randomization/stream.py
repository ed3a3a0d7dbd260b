# SPDX-License-Identifier: Apache-2.0
"""Random numbers of one quantity by frame and target, whatever was drawn before."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from humanoid_brain import rng

Array = npt.NDArray[np.float64]
Words = npt.NDArray[np.uint64]

_BLOCK = 4096
"""Words hashed in one call: one call per frame would cost more than all else in a draw."""


class Stream:
    """Uniform numbers at the address (seed, purpose, target, frame).

    Frames that lie together are hashed in one call and kept until another block is asked for; that changes the
    speed and never a number.

    Args:
        seed: Seed of the run.
        purpose: What the numbers are for: the term's name and the quantity.
        targets: Names of what is drawn for; a target's numbers do not depend on which others there are.
        count: Numbers per target.
    """

    def __init__(self, seed: int, purpose: str, targets: Sequence[str] = ("",), count: int = 1) -> None:
        self._key = rng.stream(seed, f"randomization/{purpose}")
        self._targets = np.array([rng.stream(0, name) for name in targets], np.uint64).view(np.int64)
        self._count = count
        self._span = max(1, _BLOCK // max(1, len(targets) * count))
        self._block, self._words = -1, np.zeros((0, 0, 0), np.uint64)

    def words(self, frame: int) -> Words:
        """64 random bits each, shape (targets, count)."""
        block, row = divmod(frame, self._span)
        if block != self._block:
            self._block, self._words = block, self._hash(block)
        return self._words[row]

    def uniform(self, frame: int) -> Array:
        """Uniform numbers in [0, 1) with 53 random bits, shape (targets, count)."""
        return (self.words(frame) >> np.uint64(11)).astype(np.float64) * 2.0**-53

    def _hash(self, block: int) -> Words:
        import torch

        frames = np.arange(block * self._span, (block + 1) * self._span, dtype=np.int64)
        shape = (self._span, len(self._targets))
        address = [np.broadcast_to(self._targets, shape), np.broadcast_to(frames[:, None], shape)]
        bits = rng.bits(self._key, [torch.from_numpy(part.reshape(-1).copy()) for part in address], self._count)
        return bits.numpy().view(np.uint64).reshape(*shape, self._count)
