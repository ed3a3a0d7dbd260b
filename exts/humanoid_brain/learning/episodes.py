# SPDX-License-Identifier: Apache-2.0
"""Episodes as they end, collected on the device and read by the host once in a while."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Episode:
    """One finished episode."""

    env: int
    """Environment it ran in."""
    reward: float
    """Sum of its rewards."""
    length: int
    """Policy steps."""
    cause: int
    """Index into the environment's list of causes."""
    reached: bool
    """Whether a target was reached (target commands only)."""


class EpisodeRing:
    """Running sums of the current episodes, and a ring buffer of the finished ones.

    Nothing here waits for the device but :meth:`read`. If more than ``capacity`` episodes end between two
    reads, the oldest of them are counted but not listed.
    """

    def __init__(self, num_envs: int, device: torch.device, capacity: int = 4096) -> None:
        self._capacity = capacity
        self.reward = torch.zeros(num_envs, device=device)
        """Sum of rewards of each environment's current episode."""
        self._rows = torch.zeros(capacity + 1, 5, dtype=torch.float64, device=device)
        self.count = torch.zeros((), dtype=torch.int64, device=device)
        """Episodes that ended since the start."""
        self._env = torch.arange(num_envs, device=device)
        self._seen = 0

    def add(self, reward: Tensor, length: Tensor, done: Tensor, cause: Tensor, reached: Tensor) -> None:
        """Take in one step.

        Args:
            reward: (N,) of this step.
            length: (N,) int64, policy steps of the episode including this one.
            done: (N,) bool, the episode ends here.
            cause: (N,) int64.
            reached: (N,) bool.
        """
        self.reward += reward
        place = (self.count + torch.cumsum(done, 0) - 1) % self._capacity
        slot = torch.where(done, place, self._capacity)
        values = torch.stack([self._env, self.reward, length, cause, reached], -1).to(torch.float64)
        self._rows.index_copy_(0, slot, values)
        self.count += done.sum()
        self.reward.masked_fill_(done, 0.0)

    def read(self) -> list[Episode]:
        """Episodes that ended since the last call, at most ``capacity``, oldest first; waits for the device."""
        total = int(self.count)
        fresh = min(total - self._seen, self._capacity)
        self._seen = total
        if fresh <= 0:
            return []
        places = [(total - fresh + i) % self._capacity for i in range(fresh)]
        rows = self._rows.cpu()[places].tolist()
        return [
            Episode(int(env), total, int(length), int(cause), bool(there)) for env, total, length, cause, there in rows
        ]

    def buffers(self) -> dict[str, Tensor]:
        """What a checkpoint holds."""
        return {"reward": self.reward, "count": self.count}

    def tensors(self) -> list[Tensor]:
        """Every buffer."""
        return [self.reward, self._rows, self.count]

    def forget(self) -> None:
        """Start listing from here, after a checkpoint was loaded or the environments were reset."""
        self._seen = int(self.count)
