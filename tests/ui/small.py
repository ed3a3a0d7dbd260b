# SPDX-License-Identifier: Apache-2.0
"""Keeps the jobs of a studio small, so that random clicks come to many ends in a minute."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from humanoid_brain.config.base import Location

_MOST: dict[str, dict[Location, Any]] = {
    "scene": {("num_envs",): 4},
    "capture": {
        ("frames",): 3,
        ("width",): 160,
        ("height",): 120,
        ("dataset", "workers"): 1,
        ("quality",): "preview",
    },
    "training": {
        ("scene", "num_envs"): 4,
        ("ppo", "steps"): 4,
        ("ppo", "epochs"): 1,
        ("network", "hidden"): [8],
        ("budget", "iterations"): 6,
        ("tensorboard",): False,
    },
    "evaluation": {("episodes",): 2, ("num_envs",): 2},
    "play": {("robots",): 2},
}
"""What a value may be at most; texts, lists and switches are simply put."""


def keep_small(studio: Any, folder: Path) -> None:
    """Shrink every draft that fits; one that does not is left as it is, as nothing can be done with it."""
    panels = studio.window.panels
    training, dataset, runs = panels["Training"].model, panels["Dataset"].model, panels["Runs"].model
    forms = {
        "scene": studio.session.scene,
        "capture": dataset.form,
        "training": training.form,
        "evaluation": runs.evaluation,
        "play": runs.play,
    }
    for name, form in forms.items():
        for path, most in _MOST[name].items():
            if form.value is not None:
                _shrink(form, path, most)
    for form in (dataset.form, training.form):  # a dataset can be inspected whether the draft fits or not
        output = form.get(("output",))
        if not isinstance(output, str) or not _inside(output, folder):
            form.set(("output",), "outputs/random")
    panels["Randomization"].model.pictures.value = 4
    if not _inside(str(runs.folder.value), folder):
        runs.folder.value = folder / "outputs"


def _shrink(form: Any, path: Location, most: Any) -> None:
    now = form.get(path)
    if now is None or now == most:
        return
    whole = isinstance(now, int) and isinstance(most, int) and not isinstance(most, bool)
    if not whole or now > most:
        form.set(path, most)


def _inside(text: str, folder: Path) -> bool:
    try:
        return bool(text) and (folder / text).resolve().is_relative_to(folder)
    except (OSError, ValueError):
        return True  # no path at all: it cannot lead elsewhere
