# SPDX-License-Identifier: Apache-2.0
"""What is done in a thread beside PhysX, which takes seconds to make copies and lets other threads run meanwhile."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

log = logging.getLogger("humanoid_brain.host")


def wake_torch(device: str, then: Callable[[], None] | None) -> None:
    """Import PyTorch; on a GPU bring up its and Warp's CUDA, which exchange tensors with PhysX, and do some work.

    What fails here is noted, and fails again where it is needed.

    Args:
        device: "cpu" or "cuda:<index>".
        then: The work; not done on the CPU.
    """
    try:
        import torch

        if device == "cpu":
            return
        one = torch.ones(1, 1, device=device)
        torch.mm(one, one)  # brings up cuBLAS
        quiet_warp().get_stream(device)
        if then is not None:
            then()
    except Exception:
        log.info("what was done beside PhysX failed", exc_info=True)


def quiet_warp() -> Any:
    """Warp, which would greet on stdout at its first use, where programs read our results."""
    import warp

    warp.config.log_level = max(warp.config.log_level, warp.LOG_WARNING)
    return warp
