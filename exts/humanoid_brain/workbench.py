# SPDX-License-Identifier: Apache-2.0
"""The jobs behind the panels' buttons. What a job needs is imported when its button is pressed."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from humanoid_brain.config.capture import CaptureConfig
from humanoid_brain.config.scene import SceneConfig

if TYPE_CHECKING:
    from humanoid_brain.capture.preview import PreviewJob
    from humanoid_brain.scene.job import SceneJob

MOST_SHOWN = 16
"""Environments that the studio's viewport shows at most."""


class Workbench:
    """Makes the jobs.

    Args:
        inside_kit: Whether scenes are built on Kit's stage; else they are written for the studio's viewport.
    """

    def __init__(self, *, inside_kit: bool = False) -> None:
        self._inside_kit = inside_kit
        self._folder: Path | None = None
        self._scenes = 0

    def build_scene(self, config: SceneConfig) -> tuple[SceneJob, SceneJob]:
        """Check the robot and build the scene."""
        from humanoid_brain.scene.job import SceneJob

        if self._inside_kit:
            from humanoid_brain import host

            job = SceneJob(config, host=host.load())
        else:
            # A new name each time: USD keeps layers by their path, and a robot from a file lies beside it.
            self._scenes += 1
            job = SceneJob(config, self._temporary() / f"scene_{self._scenes}" / "scene.usda", most=MOST_SHOWN)
        return job, job

    def save_scene(self, config: SceneConfig, path: Path) -> SceneJob:
        """Write the scene as a USD file that Isaac Sim opens as it is."""
        from humanoid_brain.scene.job import SceneJob

        return SceneJob(config, path)

    def preview(self, config: CaptureConfig, frames: int) -> tuple[PreviewJob, PreviewJob]:
        """Draw the first frames of a capture on one sheet."""
        from humanoid_brain.capture.preview import PreviewJob

        config = config.model_copy(update={"output": self._temporary() / "preview"})
        job = PreviewJob(config, frames)
        return job, job

    def close(self) -> None:
        """Remove what was written for the eye alone."""
        folder, self._folder = self._folder, None
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)

    def _temporary(self) -> Path:
        if self._folder is None:
            self._folder = Path(tempfile.mkdtemp(prefix="humanoid_brain_studio_"))
        return self._folder
