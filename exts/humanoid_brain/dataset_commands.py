# SPDX-License-Identifier: Apache-2.0
"""The subcommands about datasets: preview, capture, validate, export, merge."""

from __future__ import annotations

import dataclasses
import sys
from typing import TYPE_CHECKING, Any

from humanoid_brain import console
from humanoid_brain.command import Command, Result
from humanoid_brain.errors import DatasetError
from humanoid_brain.jobs import Event

if TYPE_CHECKING:
    from humanoid_brain.config.capture import CaptureConfig
    from humanoid_brain.config.commands import MergeConfig
    from humanoid_brain.config.export import ExportConfig
    from humanoid_brain.config.validation import ValidationConfig

PRESET = "captures/detection.yaml"
_EVERY = 10
"""Frames between two lines about them."""


def capture(config: CaptureConfig) -> Result:
    """Capture a dataset, or go on with one."""
    from humanoid_brain.capture.cluster import ClusterJob
    from humanoid_brain.capture.job import CaptureJob

    job = CaptureJob(config) if config.cluster is None else ClusterJob(config)
    state = console.drive(job, describe=describe_capture)
    summary = job.summary
    if job.seconds:
        print(f"slowest stage: {job.slowest}", file=sys.stderr)
    return {
        "output": str(config.output),
        "state": state.value,
        "interrupted": job.stopped_early,
        **({} if summary is None else dataclasses.asdict(summary)),
        "processes": job.processes,
        "seconds": {stage: round(seconds, 3) for stage, seconds in job.seconds.items()},
        "slowest": job.slowest,
    }


def preview(config: CaptureConfig) -> Result:
    """Draw a sheet of what a capture would look like."""
    from humanoid_brain.capture.preview import PreviewJob

    job = PreviewJob(config)
    state = console.drive(job)
    return {"output": str(config.output), "state": state.value, "interrupted": not job.sheet, "preview": job.sheet}


def validate(config: ValidationConfig) -> Result:
    """Inspect a dataset; the exit code says whether it passed."""
    from humanoid_brain.capture.validate.job import ValidationJob

    job = ValidationJob(config)
    state = console.drive(job)
    verdict = job.verdict
    if verdict is None:
        return {"path": str(config.path), "state": state.value, "interrupted": True}
    print(
        f"{verdict.pictures} pictures, {verdict.objects} objects: {verdict.errors} errors, "
        f"{verdict.warnings} warnings, {verdict.notes} notes",
        file=sys.stderr,
    )
    facts = {**dataclasses.asdict(verdict), "report": str(verdict.report)}
    return {"path": str(config.path), "state": state.value, "interrupted": False, **facts}


def export(config: ExportConfig) -> Result:
    """Write a dataset in the layout of another tool."""
    from humanoid_brain.capture.export.job import ExportJob

    job = ExportJob(config)
    state = console.drive(job)
    facts = {} if job.summary is None else dataclasses.asdict(job.summary)
    whole = job.summary is not None
    return {
        **facts,
        "path": str(config.path),
        "output": str(config.output),
        "state": state.value,
        "interrupted": not whole,
    }


def merge(config: MergeConfig) -> Result:
    """Put the shards of a dataset together."""
    from humanoid_brain.capture.merge import merge as run

    if not config.shards:
        raise DatasetError("no shards to merge", todo="Name their folders: merge-datasets SHARD SHARD --output FOLDER")
    summary = run(config.shards, config.output, allow_missing=config.allow_missing, progress=_count)
    return {"output": str(config.output), **dataclasses.asdict(summary)}


def describe_capture(event: Event) -> str | None:
    """A line for every tenth frame."""
    from humanoid_brain.capture.capturing import FrameCaptured

    if not isinstance(event, FrameCaptured) or event.index % _EVERY:
        return None
    parts = "  ".join(f"{stage} {1000 * seconds:.0f}" for stage, seconds in event.seconds.items())
    return f"frame {event.index:6d}  {event.objects:3d} objects  ms: {parts}"


def _count(done: int, total: int) -> None:
    if done == total or done % 100 == 0:
        print(f"merged {done} of {total} frames", file=sys.stderr)


def _capture_config() -> type[CaptureConfig]:
    from humanoid_brain.config.capture import CaptureConfig

    return CaptureConfig


def _validation_config() -> type[ValidationConfig]:
    from humanoid_brain.config.validation import ValidationConfig

    return ValidationConfig


def _export_config() -> type[ExportConfig]:
    from humanoid_brain.config.export import ExportConfig

    return ExportConfig


def _merge_config() -> type[MergeConfig]:
    from humanoid_brain.config.commands import MergeConfig

    return MergeConfig


COMMANDS: dict[str, Command[Any]] = {
    "preview-capture": Command("Draw 16 frames of a capture on one sheet", _capture_config, preview, PRESET),
    "capture": Command(
        "Capture a labelled dataset, or go on with the one in --output", _capture_config, capture, PRESET
    ),
    "validate-dataset": Command("Inspect a dataset and report", _validation_config, validate, positional="path"),
    "export-dataset": Command(
        "Write a dataset in KITTI, YOLO or BasicWriter form", _export_config, export, positional="path"
    ),
    "merge-datasets": Command("Put the shards of a dataset together", _merge_config, merge, positional="shards"),
}
