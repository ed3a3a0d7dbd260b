# SPDX-License-Identifier: Apache-2.0
"""Arrays at the border: NumPy or PyTorch as the world's backend says, tensors inside; rows and columns by index."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from humanoid_brain.errors import HostError
from humanoid_brain.host.standalone.simulation import simulation

if TYPE_CHECKING:
    import torch

Array: TypeAlias = "torch.Tensor | np.ndarray"
Values: TypeAlias = "torch.Tensor | np.ndarray | Sequence[float] | Sequence[Sequence[float]] | float"
Indices: TypeAlias = "torch.Tensor | np.ndarray | Sequence[int] | None"


def to_caller(tensor: torch.Tensor) -> Array:
    """``tensor`` as the backend's array, sharing its storage."""
    return tensor.numpy() if simulation.backend == "numpy" else tensor


def to_tensor(values: Values, like: torch.Tensor) -> torch.Tensor:
    """Caller's values with the type and device of ``like``."""
    import torch

    if isinstance(values, torch.Tensor):
        return values.to(dtype=like.dtype, device=like.device)
    return torch.as_tensor(np.asarray(values), dtype=like.dtype, device=like.device)


def to_numpy(values: Values) -> np.ndarray:
    """Caller's values as a NumPy array on the CPU."""
    if "torch" in sys.modules:  # elsewhere nothing is a tensor
        import torch

        if isinstance(values, torch.Tensor):
            return values.detach().cpu().numpy()
    return np.asarray(values)


def to_rows(indices: Indices, count: int, device: str | torch.device) -> torch.Tensor | None:
    """Row or column numbers as int64 on ``device``; None stays None and means all.

    Raises:
        HostError: A mask was given, or an index lies outside 0..count-1; the latter is not checked on CUDA, as it
            would wait for the GPU.
    """
    if indices is None:
        return None
    import torch

    rows = torch.as_tensor(indices, device=device).reshape(-1)
    if rows.dtype == torch.bool:
        raise HostError("indices are numbers, not a mask", todo="Use mask.nonzero().squeeze(-1)")
    rows = rows.to(torch.int64)
    if rows.device.type == "cpu" and rows.numel() and not 0 <= int(rows.min()) <= int(rows.max()) < count:
        raise HostError(f"index out of range: {rows.tolist()[:8]} with {count} rows", todo="Use 0 to count - 1")
    return rows


def to_list(indices: Indices, count: int) -> list[int]:
    """Indices as a list of ints, all rows for None."""
    rows = to_rows(indices, count, "cpu")
    return list(range(count)) if rows is None else rows.tolist()
