# SPDX-License-Identifier: Apache-2.0
"""How the studio opens."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field, model_validator

from humanoid_brain.config.base import Model

PanelName = Literal["", "Scene", "Randomization", "Dataset", "Training", "Runs"]


class StudioConfig(Model):
    """The windows without Isaac Sim."""

    panel: PanelName = ""
    """Panel to open with; left out: the one that was open last."""
    build: bool = False
    """Whether to build the scene at once."""
    headless: bool = False
    """Draw without a screen."""
    screenshot: Path | None = None
    """Write a picture of the windows as PNG once they are drawn, and end."""
    width: int = Field(default=1440, ge=640, le=8192)
    """Width of the window, pixels."""
    height: int = Field(default=900, ge=480, le=8192)
    """Height of the window, pixels."""

    @model_validator(mode="after")
    def _check(self) -> StudioConfig:
        if self.headless and self.screenshot is None:
            raise ValueError("headless: without a screen there is nothing to see but a picture; give screenshot")
        return self
