# SPDX-License-Identifier: Apache-2.0
"""What guides a denoiser."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True, eq=False)
class Guides:
    """What is seen first, as means over samples: free of noise, to guide a denoiser. Arrays, or tensors on a GPU."""

    albedo: Any
    """[H, W, 3]; 0 where nothing is."""
    normal: Any
    """[H, W, 3] shading normal in the world; 0 where nothing is."""
    distance: Any
    """[H, W] m; 0 where nothing is, so divide by the coverage."""
    coverage: Any
    """[H, W] share of the samples that saw something."""


def mean_guides(guides: Sequence[Guides]) -> Guides:
    """The mean of several pictures' guides."""
    names = ("albedo", "normal", "distance", "coverage")
    return Guides(*(np.mean([getattr(each, name) for each in guides], 0).astype(np.float32) for name in names))
