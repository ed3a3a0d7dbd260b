# SPDX-License-Identifier: Apache-2.0
"""How the standalone host draws frames. Inside Isaac Sim this module does not exist: there RTX has its own settings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from humanoid_brain.errors import HostError

Preset = Literal["preview", "standard", "high"]

PRESETS: dict[str, tuple[int, int, bool]] = {
    "preview": (4, 3, True),
    "standard": (16, 4, True),
    "high": (128, 8, False),
}
"""Samples per pixel, depth of light paths, and whether to denoise."""


@dataclass
class RenderSettings:
    """What the next step of the orchestrator uses; only ``rgb`` and ``pointcloud`` depend on it."""

    device: str = "auto"
    """Where to render: "cpu", "cuda", or "auto" for CUDA where it works."""
    samples: int = 16
    """Paths per pixel."""
    depth: int = 4
    """Bounces of a path."""
    denoise: bool = True
    """Whether to denoise the picture; labels never are."""
    seed: int = 0
    """Seed of the frame's paths, 0 to 2^64 - 1. The same seed, stage and poses give the same picture bit for bit: set
    it to the frame's address of randomness before each step."""
    environments: Sequence[str] | None = None
    """Draw, of cloned environments, only those at these paths; None draws all."""

    def use(self, preset: Preset) -> None:
        """Take samples, depth and denoising of a preset.

        Raises:
            HostError: There is no such preset.
        """
        if preset not in PRESETS:
            raise HostError(f"there is no preset '{preset}'", todo=f"Use {', '.join(PRESETS)}")
        self.samples, self.depth, self.denoise = PRESETS[preset]

    def reset(self) -> None:
        """Back to what a new process has."""
        self.__init__()


settings = RenderSettings()
"""The settings of this process."""
