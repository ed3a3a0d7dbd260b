# SPDX-License-Identifier: Apache-2.0
"""CUDA graphs: record a fixed sequence of kernels once, replay it with one launch."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor


class Captured:
    """A function without arguments that works on fixed buffers.

    On a GPU the first call records it into a CUDA graph and later calls replay that; elsewhere it simply
    runs. The function must not look at values on the host, nor change shapes.

    Args:
        function: The work.
        device: Where its buffers live.
        mutated: Every tensor that the function changes and whose value matters. Recording needs rehearsals;
            these tensors are put back afterwards.
    """

    _REHEARSALS = 3

    def __init__(
        self, function: Callable[[], None], device: torch.device, mutated: Callable[[], Iterable[Tensor]]
    ) -> None:
        self._function, self._mutated = function, mutated
        self._captures = device.type == "cuda"
        self._graph: torch.cuda.CUDAGraph | None = None

    def __call__(self) -> None:
        """Do the work once."""
        if not self._captures:
            self._function()
            return
        if self._graph is None:
            self.record()
        assert self._graph is not None
        self._graph.replay()

    def rehearse(self) -> None:
        """Do the work once without recording it, so that what it runs is loaded."""
        with _tensor_cores():
            self._function()

    def record(self) -> None:
        """Record now rather than at the first call; does nothing on the CPU."""
        if not self._captures or self._graph is not None:
            return
        with _tensor_cores():
            self._record()

    def _record(self) -> None:
        kept = [(tensor, tensor.detach().clone()) for tensor in self._mutated()]
        side = torch.cuda.Stream()
        side.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(side):
            for _ in range(self._REHEARSALS):
                self._function()
        torch.cuda.current_stream().wait_stream(side)
        torch.cuda.synchronize()
        self._graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(self._graph):
            self._function()
        with torch.no_grad():
            for tensor, value in kept:
                tensor.copy_(value)


@contextmanager
def _tensor_cores() -> Iterator[None]:
    """Let float32 matrix products use TF32 in what is recorded here, and nowhere else in the process."""
    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("high")
    try:
        yield
    finally:
        torch.set_float32_matmul_precision(before)
