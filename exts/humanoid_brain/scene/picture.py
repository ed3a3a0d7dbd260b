# SPDX-License-Identifier: Apache-2.0
"""A picture of a scene file, for whoever has no USD viewer at hand."""

from __future__ import annotations

import io
from pathlib import Path

from pxr import Usd

from humanoid_brain.config.scene import SceneConfig
from humanoid_brain.errors import HostError
from humanoid_brain.files import write_atomic
from humanoid_brain.scene.build import grid_extent

WIDTH, HEIGHT, SAMPLES = 960, 540, 32


def write_picture(scene: Path, config: SceneConfig, path: Path) -> None:
    """Draw a scene file as PNG: one environment through the scene's camera, more of them from far enough to see them.

    Raises:
        HostError: There is no renderer in this process, as in Isaac Sim.
    """
    try:
        from PIL import Image

        from humanoid_brain.host.standalone.render.film import FilmRenderer, Follow

        renderer = FilmRenderer(Usd.Stage.Open(str(scene)), WIDTH, HEIGHT, SAMPLES)
    except ImportError as error:
        raise HostError(f"pictures need the standalone host: {error}", todo="Pass --no-picture") from error
    extent = grid_extent(config.num_envs, config.spacing)
    camera = None if config.num_envs == 1 else Follow((0.0, 0.0, 0.5), elevation=22.0, distance=2.0 + 1.9 * extent)
    data = io.BytesIO()
    Image.fromarray(renderer.render(camera)).save(data, format="png")
    write_atomic(path, data.getvalue())
