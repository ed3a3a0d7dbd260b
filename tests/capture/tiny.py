# SPDX-License-Identifier: Apache-2.0
"""A capture of four small frames, through the real scene, physics and renderer."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from humanoid_brain.capture.job import CaptureJob
from humanoid_brain.config import base
from humanoid_brain.config.capture import CaptureConfig

TINY = """
randomization:
  terms:
    sun: {kind: light, select: {paths: [/World/lights/sun]}, intensity: [1500, 4000]}
    view: {kind: camera, distance: [2.5, 3.5], elevation: [0, 25]}
    image: {kind: image, read_noise: 0.004}
  robot_pose: {kind: joints}
dataset: {workers: 0, reserve_bytes: 0, sync: false}
quality: preview
width: 96
height: 72
frames: 4
"""


def config(folder: Path, **changes: Any) -> CaptureConfig:
    tiny = base.parse(CaptureConfig, TINY, "tiny.yaml")
    return tiny.model_copy(update={"output": folder, **changes})


def capture(folder: Path, **changes: Any) -> CaptureJob:
    job = CaptureJob(config(folder, **changes))
    job.run()
    return job


def content(folder: Path) -> dict[str, str]:
    """Checksum of every file of every frame."""
    records = [json.loads(path.read_text()) for path in sorted((folder / "frames").glob("*.json"))]
    return {name: digest for record in records for name, digest in _sums(record).items()}


def _sums(record: dict[str, Any]) -> dict[str, str]:
    return {entry["path"]: entry["sha256"] for entry in record["files"].values()}
