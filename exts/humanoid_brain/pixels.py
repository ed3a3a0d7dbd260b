# SPDX-License-Identifier: Apache-2.0
"""Images as NumPy arrays or, where a GPU made them, as PyTorch tensors: what formulas for both need.

The two libraries share the names of what is used here. A picture that stays on the GPU from its rays to its bytes
spares the processor the most of its work on it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt


def library(pixels: Any) -> Any:
    """NumPy for its arrays, PyTorch for tensors."""
    if isinstance(pixels, np.ndarray):
        return np
    import torch

    return torch


def beside(values: npt.NDArray[Any], pixels: Any) -> Any:
    """Values as an array of the same kind as ``pixels`` and in the same place."""
    if isinstance(pixels, np.ndarray):
        return values
    import torch

    return torch.from_numpy(values).to(pixels.device)


def at_home(pixels: Any) -> npt.NDArray[Any]:
    """Pixels of either kind as NumPy's array."""
    return pixels if isinstance(pixels, np.ndarray) else pixels.cpu().numpy()
