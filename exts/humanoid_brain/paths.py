# SPDX-License-Identifier: Apache-2.0
"""Where the files that come with the package lie: presets, robots, policies; and where environments are kept."""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path

BUILT = "humanoid_brain.json"
"""File in an environment that ``scripts/setup.py`` has built to the end."""


@lru_cache(maxsize=1)
def share() -> Path:
    """Folder that holds ``config``, ``data`` and ``constraints.txt``: the checkout, or a copy inside the wheel."""
    installed = Path(__file__).parent / "_share"
    return installed if installed.is_dir() else Path(__file__).resolve().parents[2]


def config() -> Path:
    """Folder of the presets in YAML, one folder per kind of job."""
    return share() / "config"


def data() -> Path:
    """Folder of the icon, the robots in USD and the trained policies."""
    return share() / "data"


def constraints() -> Path:
    """File with the one tested version of every package."""
    return share() / "constraints.txt"


def cache() -> Path:
    """Folder of the environments that ``scripts/setup.py`` builds: in XDG_CACHE_HOME, or else in ~/.cache."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "humanoid_brain"
