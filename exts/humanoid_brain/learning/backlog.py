# SPDX-License-Identifier: Apache-2.0
"""How much work waits on a GPU."""

from __future__ import annotations

from collections import deque

import torch

MOST = 2
"""Slices that may wait on the GPU: the one at work, and one so that it never idles."""


class Backlog:
    """Keeps the host close to the GPU's work.

    Kernels are only queued by the call that asks for them. Without a limit, the clock of the host would say that slices
    take no time, until one of them reads a value and waits for all of those before it. On the CPU nothing ever waits.

    Args:
        device: Where the work is done.
    """

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._marks: deque[torch.cuda.Event] = deque()

    def mark(self) -> None:
        """A slice was queued; waits until at most :data:`MOST` are not done."""
        if self._device.type != "cuda":
            return
        event = torch.cuda.Event()
        event.record()
        self._marks.append(event)
        while len(self._marks) > MOST:
            self._marks.popleft().synchronize()

    def drain(self) -> None:
        """Wait until all is done."""
        self._marks.clear()
        if self._device.type == "cuda":
            torch.cuda.synchronize(self._device)
