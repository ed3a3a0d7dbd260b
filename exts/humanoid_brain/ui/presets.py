# SPDX-License-Identifier: Apache-2.0
"""The presets that come with the package, and those that a user saves."""

from __future__ import annotations

from pathlib import Path

from humanoid_brain import paths


def presets(folder: str) -> dict[str, Path]:
    """Files of a folder of config/ by name, in the order of the alphabet."""
    return {path.stem: path for path in sorted((paths.config() / folder).glob("*.yaml"))}
