# SPDX-License-Identifier: Apache-2.0
"""How the standalone host draws frames. Inside Isaac Sim this module does not exist: there RTX has its own settings."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from humanoid_brain.errors import HostError
from humanoid_brain.host.standalone.render.picture import PRESETS, Image, Preset, tone_map


@dataclass
class RenderSettings:
    """What the next step of the orchestrator uses. Labels depend on ``device`` and ``environments`` alone."""

    device: str = "auto"
    """Where to render: "cpu", "cuda", or "auto" for CUDA where it works."""
    threads: int | None = None
    """Threads that draw on the CPU; None: one per core. Pictures do not depend on it."""
    preset: Preset = PRESETS["standard"]
    """Samples per pixel, length of light paths, and how carefully to denoise."""
    seed: int = 0
    """Seed of the frame's paths. The same seed, stage and poses give the same picture bit for bit: set it to the
    frame's address of randomness before each step."""
    exposure: float = 0.0
    """Stops by which pictures are brightened."""
    white: tuple[float, float, float] = (1.0, 1.0, 1.0)
    """Factors of red, green and blue, as a camera's white balance has them."""
    fog_density: float = 0.0
    """Extinction of even fog in 1/m; one sees about 3 / density far. 0 is clear air."""
    fog_color: tuple[float, float, float] = (0.7, 0.75, 0.8)
    """Radiance of thick fog, linear RGB."""
    develop: Callable[[Any], Any] | None = None
    """What lens and sensor make of a picture's linear radiance [H, W, 3], before exposure, white and tone mapping.
    On a GPU it is a tensor."""
    begun: Callable[[], None] | None = None
    """Called by a step once it has read poses and velocities, before it draws: physics may go on meanwhile."""
    cut: bool = False
    """Whether the next frames do not go on from the ones before: nothing has moved, for motion vectors."""
    environments: Sequence[str] | None = None
    """Of the robots and other bodies in cloned environments, draw those at these paths only; None draws all."""

    def use(self, preset: str) -> None:
        """Take a preset by its name: preview, standard or high.

        Raises:
            HostError: There is no such preset.
        """
        if preset not in PRESETS:
            raise HostError(f"there is no preset '{preset}'", todo=f"Use {', '.join(PRESETS)}")
        self.preset = PRESETS[preset]

    def tone_map(self, light: Any) -> Image:
        """Linear radiance [..., 3] as sRGB bytes, by ``exposure`` and ``white``."""
        return tone_map(light, self.exposure, self.white)

    def reset(self) -> None:
        """Back to what a new process has."""
        self.__init__()


settings = RenderSettings()
"""The settings of this process."""
