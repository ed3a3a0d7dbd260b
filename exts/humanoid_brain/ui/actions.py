# SPDX-License-Identifier: Apache-2.0
"""What panels can have done. They know these interfaces alone; the entry points bring what carries them out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from humanoid_brain.config.capture import CaptureConfig
from humanoid_brain.config.scene import SceneConfig
from humanoid_brain.jobs import Job


class Finding(Protocol):
    """Something that does not fit between a robot and its description."""

    @property
    def severity(self) -> str:
        """Either "error" or "warning"."""
        ...

    @property
    def where(self) -> str:
        """Prim path, joint, link or field."""
        ...

    @property
    def what(self) -> str:
        """What does not fit."""
        ...

    @property
    def todo(self) -> str:
        """What to do about it."""
        ...


class SceneResult(Protocol):
    """What building a scene found and made; filled while its job runs."""

    @property
    def facts(self) -> Sequence[str]:
        """What was checked and what was built, in words."""
        ...

    @property
    def findings(self) -> Sequence[Finding]:
        """What does not fit."""
        ...

    @property
    def path(self) -> Path | None:
        """The USD file, where there is one."""
        ...

    @property
    def shown(self) -> int:
        """Environments that are in it."""
        ...


class PreviewResult(Protocol):
    """What a preview made."""

    @property
    def sheet(self) -> str:
        """Path of the picture; empty until it is written."""
        ...


class Actions(Protocol):
    """The jobs behind the panels' buttons. Nothing heavy is imported before the first of them runs."""

    def build_scene(self, config: SceneConfig) -> tuple[Job, SceneResult]:
        """Check the robot and build the scene: on the open stage in Kit, for the viewport in the studio."""
        ...

    def save_scene(self, config: SceneConfig, path: Path) -> Job:
        """Write the scene as a USD file."""
        ...

    def preview(self, config: CaptureConfig, frames: int) -> tuple[Job, PreviewResult]:
        """Draw the first frames of a capture on one sheet."""
        ...
