# SPDX-License-Identifier: Apache-2.0
"""Shared fixtures, and GPU tests put aside, visibly, where there is no GPU."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from humanoid_brain import machine

ROOT = Path(__file__).resolve().parents[1]
os.environ["PYTHONPATH"] = os.pathsep.join([str(ROOT / "exts"), os.environ.get("PYTHONPATH", "")]).rstrip(os.pathsep)
_PUT_ASIDE = pytest.StashKey[int]()


@pytest.fixture(scope="session")
def repo_root() -> Path:
    """The checkout."""
    return ROOT


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    gpu = [item for item in items if item.get_closest_marker("gpu")]
    if gpu and not machine.gpus():
        config.stash[_PUT_ASIDE] = len(gpu)
        config.hook.pytest_deselected(items=gpu)
        items[:] = [item for item in items if item not in gpu]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if count := config.stash.get(_PUT_ASIDE, 0):
        terminalreporter.write_line(f"{count} GPU tests deselected: this machine has no NVIDIA GPU", yellow=True)
