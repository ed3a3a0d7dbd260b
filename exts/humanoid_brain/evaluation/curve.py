# SPDX-License-Identifier: Apache-2.0
"""The learning curve of a run as a picture."""

from __future__ import annotations

import io
import statistics
from pathlib import Path

from humanoid_brain.files import write_atomic
from humanoid_brain.learning.metrics import read_metrics

_WINDOWS = 60
"""Steps of the curve of falls."""


def plot_curve(run: Path, path: Path) -> None:
    """Plot reward, velocity error and falls of the run in ``run`` over its training time; write a PNG to ``path``."""
    import matplotlib

    matplotlib.use("Agg", force=False)
    from matplotlib.figure import Figure

    rows = read_metrics(run)
    seconds = [row["seconds"] for row in rows]
    figure = Figure(figsize=(10, 3.4), layout="constrained")
    reward, error, falls = figure.subplots(1, 3)
    reward.plot(seconds, [row["reward"] for row in rows], color="#2b7a4b")
    reward.set(title="Reward", xlabel="training time, s", ylabel="per simulated second")
    error.plot(seconds, [row["velocity_error"] for row in rows], color="#3b6ea8")
    error.set(
        title="Velocity error while exploring", xlabel="training time, s", ylabel="mean |v - v*|, m/s", ylim=(0, None)
    )
    window = max(1, len(rows) // _WINDOWS)  # falls are rare events: a single iteration sees few or none
    starts = range(0, len(rows) - window + 1, window)
    falls.step(
        [seconds[i + window - 1] for i in starts],
        [statistics.fmean(row["falls_per_minute"] for row in rows[i : i + window]) for i in starts],
        where="mid",
        color="#c96b2c",
    )
    falls.set(title="Falls per robot and minute", xlabel="training time, s", ylim=(0, None))
    for axis in (reward, error, falls):
        axis.spines[["top", "right"]].set_visible(False)
        axis.grid(alpha=0.3)
    picture = io.BytesIO()
    figure.savefig(picture, format="png", dpi=110)
    write_atomic(path, picture.getvalue())
