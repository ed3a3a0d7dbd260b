# SPDX-License-Identifier: Apache-2.0
"""The demo: from nothing to a walking humanoid, step by step, each into a folder of its own.

A demo that was interrupted goes on where it was: steps whose results are there are not done again.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

from humanoid_brain import console, paths
from humanoid_brain.config.base import load
from humanoid_brain.config.commands import DemoConfig
from humanoid_brain.files import make_folder
from humanoid_brain.jobs import Event

_FILM: dict[str, Any] = {"width": 480, "height": 270, "samples": 3}
"""Small enough to be drawn in two minutes on two CPU cores."""
_PICTURES: dict[str, Any] = {"width": 640, "height": 480}
"""Of the dataset."""
_CURVE_EVERY = 40
"""Iterations between pictures of the learning curve."""


def run(config: DemoConfig) -> dict[str, Any]:
    """Build a scene, train a policy, plot its curve, evaluate it, film it, capture a labelled dataset and inspect it.

    Returns:
        What the command line prints with ``--json``.
    """
    began = time.monotonic()
    folder = make_folder(config.output)
    _say("1/5 The scene")
    scene = _scene(folder / "scene")
    _say("2/5 Training from random weights")
    policy = _train(config, folder / "run")
    if policy is None:
        return {"output": str(folder), "interrupted": True}
    _say("3/5 Evaluation")
    report = _evaluate(config, folder)
    if not report:
        return {"output": str(folder), "interrupted": True}
    _say("4/5 The film")
    film = _film(config, folder)
    if film is None:
        return {"output": str(folder), "interrupted": True}
    _say("5/5 A labelled dataset")
    report_page = _dataset(config, folder / "dataset")
    if report_page is None:
        return {"output": str(folder), "interrupted": True}
    _say(f"Done in {(time.monotonic() - began) / 60:.1f} minutes. Look at:")
    pictures = (scene.with_suffix(".png"), folder / "curve.png", folder / "evaluation" / "report.png")
    for path in (scene, *pictures, film, report_page):
        _say(f"  {path}")
    return {
        "output": str(folder),
        "interrupted": False,
        "survival": report["survival"],
        "velocity_error": report["velocity_error"],
        "film": str(film),
        "dataset": str(report_page.parent),
    }


def _scene(folder: Path) -> Path:
    from humanoid_brain.config.scene import SceneConfig
    from humanoid_brain.scene.build import write_scene
    from humanoid_brain.scene.picture import write_picture

    config = SceneConfig(num_envs=16)
    path = make_folder(folder) / "scene.usda"
    picture = path.with_suffix(".png")
    if not picture.exists():
        write_scene(config, path)
        write_picture(path, config, picture)
    return path


def _train(config: DemoConfig, folder: Path) -> Path | None:
    """Folder of the policy, or None if the training was interrupted."""
    from humanoid_brain.config.training import TrainingConfig
    from humanoid_brain.evaluation.curve import plot_curve
    from humanoid_brain.learning.job import IterationDone, TrainingJob
    from humanoid_brain.training_commands import describe_training

    preset = "walk.yaml" if config.device == "cuda" else "walk_cpu.yaml"
    training = load(TrainingConfig, paths.config() / "training" / preset)
    training.device, training.seed, training.output = config.device, config.seed, folder
    if config.iterations is not None:
        training.budget.iterations = config.iterations
    curve = folder.parent / "curve.png"

    def describe(event: Event) -> str | None:
        if isinstance(event, IterationDone) and event.metrics["iteration"] % _CURVE_EVERY == 0:
            plot_curve(folder, curve)
        return describe_training(event)

    _say(f"  {curve} is drawn again and again while it learns")
    job = TrainingJob(training)
    console.drive(job, describe=describe)
    plot_curve(folder, curve)
    spent = training.budget.seconds
    done = job.totals.iteration >= training.budget.iterations or 0 < spent <= job.totals.seconds
    return folder / "policy" if done else None


def _evaluate(config: DemoConfig, folder: Path) -> dict[str, Any]:
    from humanoid_brain.config.evaluation import EvaluationConfig
    from humanoid_brain.evaluation.job import EvaluationJob

    written = folder / "evaluation" / "report.json"
    if written.exists():
        return json.loads(written.read_text())
    job = EvaluationJob(
        EvaluationConfig(
            run=folder / "run", device=config.device, episodes=config.episodes, output=folder / "evaluation"
        )
    )
    console.drive(job)
    if job.report:
        _say(
            f"{100 * job.report['survival']:.1f} % of {job.report['episodes']} episodes survived, "
            f"velocity error {job.report['velocity_error']:.3f} m/s"
        )
    return job.report


def _film(config: DemoConfig, folder: Path) -> Path | None:
    from humanoid_brain.config.evaluation import PlayConfig
    from humanoid_brain.evaluation.play import PlayJob

    written = folder / "film" / "film.webm"
    if not written.exists():
        play = PlayConfig(run=folder / "run", device=config.device, output=folder / "film", **_FILM)
        job = PlayJob(play)
        console.drive(job)
        if not job.film:
            return None
    return written


def _dataset(config: DemoConfig, folder: Path) -> Path | None:
    """The report of a small dataset, or None if the capture was interrupted."""
    from humanoid_brain.capture.job import CaptureJob
    from humanoid_brain.capture.validate.job import ValidationJob
    from humanoid_brain.config.capture import CaptureConfig
    from humanoid_brain.config.validation import ValidationConfig
    from humanoid_brain.dataset_commands import describe_capture

    capture = load(CaptureConfig, paths.config() / "captures" / "detection.yaml")
    capture.output, capture.seed, capture.device, capture.frames = folder, config.seed, config.device, config.frames
    for name, value in _PICTURES.items():
        setattr(capture, name, value)
    job = CaptureJob(capture)
    console.drive(job, describe=describe_capture)
    if job.stopped_early:
        return None
    inspection = ValidationJob(ValidationConfig(path=folder))
    console.drive(inspection)
    verdict = inspection.verdict
    if verdict is None:
        return None
    _say(
        f"{verdict.pictures} pictures, {verdict.objects} objects, {verdict.errors} errors, {verdict.warnings} warnings"
    )
    return verdict.report


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
