# SPDX-License-Identifier: Apache-2.0
"""The panels of the main window, in the order of their tabs."""

from __future__ import annotations

from humanoid_brain.ui.panel import Panel


def all_panels() -> tuple[type[Panel], ...]:
    """Their classes; imported when the window is made."""
    from humanoid_brain.ui.panels.dataset import DatasetPanel
    from humanoid_brain.ui.panels.randomization import RandomizationPanel
    from humanoid_brain.ui.panels.runs import RunsPanel
    from humanoid_brain.ui.panels.scene import ScenePanel
    from humanoid_brain.ui.panels.training import TrainingPanel

    return (ScenePanel, RandomizationPanel, DatasetPanel, TrainingPanel, RunsPanel)
