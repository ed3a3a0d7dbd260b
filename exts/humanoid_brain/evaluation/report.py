# SPDX-License-Identifier: Apache-2.0
"""From outcomes to a report: figures with confidence intervals as JSON, and a page of plots."""

from __future__ import annotations

import io
import itertools
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from humanoid_brain.evaluation.statistics import mean_interval, wilson
from humanoid_brain.evaluation.tracker import SPEED_EDGES, Outcome
from humanoid_brain.files import write_atomic


def summarize(
    outcomes: Sequence[Outcome],
    episodes: int,
    causes: Sequence[str],
    joints: Sequence[str],
    control_dt: float,
    *,
    has_target: bool,
) -> dict[str, Any]:
    """Join the rounds' outcomes into one report.

    Args:
        outcomes: One per round.
        episodes: Episodes that count; the last round may have run more.
        causes: Names of the ways an episode can end, by index.
        joints: Names of the joints.
        control_dt: Control period, s.
        has_target: Whether the task has targets to reach.

    Returns:
        ``survival`` (0 to 1), ``velocity_error`` (m/s) and the rest; intervals are 95 %.
    """

    def join(name: str) -> torch.Tensor:
        return torch.cat([getattr(outcome, name) for outcome in outcomes])[:episodes]

    cause, steps = join("cause"), join("steps")
    survivors = int((cause == 0).sum())
    report: dict[str, Any] = {
        "episodes": episodes,
        "survival": survivors / episodes,
        "survival_interval": list(wilson(survivors, episodes)),
    }
    for name in ("velocity_error", "yaw_error", "cost_of_transport", "slip"):
        values = [value for value in join(name).tolist() if math.isfinite(value)]
        mean, interval = mean_interval(values)
        report[name] = _number(mean)
        report[f"{name}_interval"] = [_number(end) for end in interval]
    report["episode_seconds"] = float(steps.mean()) * control_dt
    report["falls"] = {causes[i]: int((cause == i).sum()) for i in range(1, len(causes))}
    report["velocity_error_by_speed"] = _by_speed(outcomes)
    peak = torch.stack([outcome.peak_effort for outcome in outcomes]).amax(0)
    report["peak_effort"] = dict(zip(joints, peak.tolist(), strict=True))
    if has_target:
        reached = int(join("reached").sum())
        report["reached"] = reached / episodes
        report["reached_interval"] = list(wilson(reached, episodes))
    return report


def plot(report: dict[str, Any], outcomes: Sequence[Outcome], control_dt: float, path: Path) -> None:
    """Write a page of plots as PNG."""
    import matplotlib

    matplotlib.use("Agg", force=False)
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11, 7), layout="constrained")
    axes = figure.subplots(2, 3).flat
    low, high = report["survival_interval"]
    error = report["velocity_error"]
    figure.suptitle(
        f"{report['episodes']} episodes: {100 * report['survival']:.1f} % survived "
        f"(95 % interval {100 * low:.1f} to {100 * high:.1f}), |v - v*| {error:.3f} m/s",
        fontsize=13,
    )
    _plot_survival(next(axes), outcomes, report["episodes"], control_dt)
    by_speed = report["velocity_error_by_speed"]
    axis = next(axes)
    axis.bar([row["class"] for row in by_speed], [row["velocity_error"] or 0.0 for row in by_speed], color="#3b6ea8")
    axis.set(title="Velocity error by commanded speed", xlabel="commanded speed, m/s", ylabel="mean |v - v*|, m/s")
    axis.tick_params(axis="x", labelsize=8)
    for name, unit in (("velocity_error", "m/s"), ("yaw_error", "rad/s"), ("cost_of_transport", "1")):
        values = torch.cat([getattr(outcome, name) for outcome in outcomes])
        axis = next(axes)
        axis.hist(values[torch.isfinite(values)].tolist(), bins=30, color="#3b6ea8")
        axis.set(title=f"{name.replace('_', ' ').capitalize()} per episode", xlabel=unit, ylabel="episodes")
    axis = next(axes)
    peaks = sorted(report["peak_effort"].items(), key=lambda item: item[1])
    axis.barh([name.removesuffix("_joint") for name, _ in peaks], [100 * v for _, v in peaks], color="#c96b2c")
    axis.tick_params(axis="y", labelsize=6)
    axis.set(title="Peak effort", xlabel="% of the limit")
    for axis in figure.axes:
        axis.spines[["top", "right"]].set_visible(False)
    image = io.BytesIO()
    figure.savefig(image, format="png", dpi=110)
    write_atomic(path, image.getvalue())


def _plot_survival(axis: Any, outcomes: Sequence[Outcome], episodes: int, control_dt: float) -> None:
    steps = torch.cat([outcome.steps for outcome in outcomes])[:episodes]
    fell = torch.cat([outcome.cause for outcome in outcomes])[:episodes] > 0
    times = sorted((steps[fell] * control_dt).tolist())
    end = float(steps.max()) * control_dt
    x, y = [0.0], [100.0]
    for i, time in enumerate(times, start=1):
        x += [time, time]
        y += [y[-1], 100.0 * (1 - i / episodes)]
    axis.plot([*x, end], [*y, y[-1]], color="#2b7a4b")
    axis.set(title="Still walking", xlabel="s", ylabel="% of episodes", ylim=(0, 104), xlim=(0, end))


def _by_speed(outcomes: Sequence[Outcome]) -> list[dict[str, Any]]:
    errors = torch.stack([outcome.class_error for outcome in outcomes]).sum(0)
    steps = torch.stack([outcome.class_steps for outcome in outcomes]).sum(0)
    edges = [f"{edge:g}" for edge in SPEED_EDGES]
    names = ["stand", *[f"{a}-{b}" for a, b in itertools.pairwise(edges)], f">{edges[-1]}"]
    return [
        {"class": name, "velocity_error": float(error / count) if count > 0 else None, "steps": int(count)}
        for name, error, count in zip(names, errors, steps, strict=True)
    ]


def _number(value: float) -> float | None:
    """JSON has no NaN or infinity."""
    return value if math.isfinite(value) else None
