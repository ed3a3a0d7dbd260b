# SPDX-License-Identifier: Apache-2.0
"""What the benchmark scripts share: one JSON line per figure, and the configuration they measure."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Literal

from humanoid_brain import paths
from humanoid_brain.config.base import load
from humanoid_brain.config.training import TrainingConfig

Device = Literal["cpu", "cuda"]


def emit(name: str, value: float, unit: str, ratio: float | None = None, **facts: object) -> None:
    """Print one figure."""
    row: dict[str, object] = {"name": name, "value": round(value, 4), "unit": unit}
    if ratio is not None:
        row["ratio"] = round(ratio, 4)
    print(json.dumps({**row, **facts}), flush=True)


def walking(device: Device, envs: int = 0, *, seed: int = 0, output: Path = Path("outputs/bench")) -> TrainingConfig:
    """The walking preset for ``device``; ``envs`` 0 keeps its number of environments."""
    name = "walk.yaml" if device == "cuda" else "walk_cpu.yaml"
    config = load(TrainingConfig, paths.config() / "training" / name)
    config.device, config.seed, config.output, config.tensorboard = device, seed, output, False
    if envs:
        config.scene.num_envs = envs
    return config
