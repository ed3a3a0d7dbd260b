# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import time

import pytest
import torch

from humanoid_brain.learning.backlog import MOST, Backlog


def test_on_the_cpu_nothing_waits() -> None:
    backlog = Backlog(torch.device("cpu"))
    for _ in range(5):
        backlog.mark()
    backlog.drain()


@pytest.mark.gpu
def test_the_host_is_never_far_ahead_of_the_gpu() -> None:
    device = torch.device("cuda")
    matrix = torch.randn(4096, 4096, device=device)

    def work() -> None:
        for _ in range(20):
            torch.mm(matrix, matrix)

    def timed(marks: Backlog | None) -> tuple[float, float]:
        torch.cuda.synchronize()
        began = time.perf_counter()
        for _ in range(10):
            work()
            if marks is not None:
                marks.mark()
        queued = time.perf_counter() - began
        torch.cuda.synchronize()
        return queued, time.perf_counter() - began

    timed(None)
    queued, whole = timed(None)
    assert queued < 0.5 * whole  # without a limit the host runs ahead
    queued, whole = timed(Backlog(device))
    assert queued > (1 - (MOST + 1) / 10) * whole
