# SPDX-License-Identifier: Apache-2.0
"""The learning curve of a run as a picture."""

from __future__ import annotations

import io
from pathlib import Path

from humanoid_brain.files import write_atomic
from humanoid_brain.learning.metrics import read_metrics


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
    ended = [row for row in rows if "fall_share" in row]
    falls.plot([r["seconds"] for r in ended], [100 * r["fall_share"] for r in ended], color="#c96b2c")
    falls.set(title="Episodes that ended in a fall", xlabel="training time, s", ylabel="%", ylim=(-2, 102))
    for axis in (reward, error, falls):
        axis.spines[["top", "right"]].set_visible(False)
        axis.grid(alpha=0.3)
    picture = io.BytesIO()
    figure.savefig(picture, format="png", dpi=110)
    write_atomic(path, picture.getvalue())
