# SPDX-License-Identifier: Apache-2.0
"""What the renderer hands out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class Shape:
    """One drawn piece: a gprim, or the part of a mesh that one GeomSubset covers."""

    path: str
    """Path of the gprim or GeomSubset on the stage; in an instance, of its proxy; in a clone, below the clone. For a
    point instancer, of the gprim in its prototype."""
    body: str
    """Path of the rigid body that moves it; "" if none does."""
    instance: int = -1
    """Index in its point instancer; -1 for all other shapes."""


@dataclass(frozen=True)
class Outlines:
    """What each pixel's centre sees, and how far away."""

    shape: npt.NDArray[np.int32]
    """[H, W] index into ``StageRenderer.shapes``; -1 where nothing is."""
    distance: npt.NDArray[np.float32]
    """[H, W] m along the ray; inf where nothing is."""
    depth: npt.NDArray[np.float32]
    """[H, W] m along the camera's axis; inf where nothing is."""


@dataclass(frozen=True)
class LabelBuffers(Outlines):
    """What each pixel's centre sees, how far away, and its surface there."""

    normal: npt.NDArray[np.float32]
    """[H, W, 3] unit shading normal in the world, as the surface has it, whichever side is seen; 0 where nothing is."""
    position: npt.NDArray[np.float32]
    """[H, W, 3] world position in m; 0 where nothing is."""
