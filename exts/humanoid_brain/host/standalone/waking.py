# SPDX-License-Identifier: Apache-2.0
"""What is done in a thread beside PhysX, which takes seconds to make copies and lets other threads run meanwhile."""

from __future__ import annotations

import logging
from collections.abc import Callable

log = logging.getLogger("humanoid_brain.host")


def wake_torch(device: str, threads: int | None, then: Callable[[], None] | None) -> None:
    """Import PyTorch; on a GPU bring up its CUDA and do some work.

    What fails here is noted, and fails again where it is needed.

    Args:
        device: "cpu" or "cuda:<index>".
        threads: PyTorch's threads on the CPU; None leaves them.
        then: The work; not done on the CPU.
    """
    try:
        import torch

        if threads is not None:
            torch.set_num_threads(threads)
        if device == "cpu":
            return
        one = torch.ones(1, 1, device=device)
        torch.mm(one, one)  # brings up cuBLAS
        if then is not None:
            then()
    except Exception:
        log.info("what was done beside PhysX failed", exc_info=True)
