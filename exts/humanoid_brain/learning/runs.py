# SPDX-License-Identifier: Apache-2.0
"""The runs in a folder, and of each the checkpoints that would load. Needs no tensor library.

Checksums of large files take time, so all work is in slices; what was checked once is not checked again while the
files stay as they are.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from humanoid_brain.config.base import load
from humanoid_brain.config.training import TrainingConfig
from humanoid_brain.errors import CheckpointError, HumanoidBrainError
from humanoid_brain.learning.folder import CONFIG_NAME
from humanoid_brain.learning.manifest import FORMAT, PARTS, Totals, checkpoint_names, read_manifest
from humanoid_brain.learning.metrics import read_metrics

EVALUATIONS = "evaluations"
"""Folder of a run that holds a folder with report.json per checkpoint."""
_DEPTH = 3
"""How many folders deep runs are looked for."""
_BLOCK = 1 << 20
_MOST = 200
"""Runs that are listed at most."""


@dataclass(frozen=True)
class CheckpointInfo:
    """A whole checkpoint, whose files are those that its manifest was written for."""

    name: str
    totals: Totals
    reward: float | None = None
    """Reward per simulated second at that iteration."""
    evaluation: Mapping[str, Any] | None = None
    """The report of its evaluation."""


@dataclass(frozen=True)
class RunInfo:
    """A training run on the disk."""

    path: Path
    config: TrainingConfig | None
    """What made it; None where the file does not fit."""
    problem: str = ""
    """Why it cannot go on; empty where it can."""
    rows: list[dict[str, Any]] = field(default_factory=list)
    """Its metrics by iteration."""
    checkpoints: tuple[CheckpointInfo, ...] = ()
    """Those that would load, oldest first."""
    refused: tuple[str, ...] = ()
    """Those that would not, each with the reason."""

    @property
    def name(self) -> str:
        """The folder's name."""
        return self.path.name


class RunShelf:
    """Finds runs below a folder."""

    def __init__(self) -> None:
        self._checked: dict[Path, tuple[tuple[Any, ...], str]] = {}

    def scan(self, folder: Path) -> Iterator[RunInfo | None]:
        """The runs below ``folder``, newest first; None after each slice of work."""
        found: list[tuple[float, Path]] = []
        for path in _run_folders(folder, _DEPTH):
            found.append((_changed(path), path))
            yield None
        for _, path in sorted(found, reverse=True)[:_MOST]:
            yield from self.read(path)

    def read(self, path: Path) -> Iterator[RunInfo | None]:
        """One run, after None for each slice of work."""
        try:
            config = load(TrainingConfig, path / CONFIG_NAME)
        except HumanoidBrainError as error:
            yield RunInfo(path, None, f"{error.what} ({error.where})" if error.where else error.what)
            return
        yield None
        rows = _metrics(path)
        yield None
        rewards = {row.get("iteration"): row.get("reward") for row in rows}
        good: list[CheckpointInfo] = []
        refused: list[str] = []
        for name in checkpoint_names(path / "checkpoints"):
            checkpoint = path / "checkpoints" / name
            try:
                totals = yield from self._check(checkpoint, config)
            except HumanoidBrainError as error:
                refused.append(f"{name}: {error.what}")
                continue
            reward = rewards.get(totals.iteration)
            reward, report = (reward if isinstance(reward, float) else None), _evaluation(path, name)
            good.append(CheckpointInfo(name, totals, reward, report))
        yield RunInfo(path, config, rows=rows, checkpoints=tuple(good), refused=tuple(refused))

    def _check(self, folder: Path, config: TrainingConfig) -> Iterator[Any]:
        """The totals of a checkpoint that would load.

        Raises:
            CheckpointError: It would not.
        """
        manifest = read_manifest(folder, FORMAT)
        signature, sums = manifest.get("signature"), manifest.get("sha256")
        if not isinstance(signature, dict) or not isinstance(sums, dict):
            raise CheckpointError("the manifest is damaged", where=str(folder))
        for key, mine in _signature(config).items():
            theirs = signature.get(key)
            if theirs != mine:
                raise CheckpointError(f"its {key} is {theirs!r}, the run's is {mine!r}", where=str(folder))
        for part in PARTS:
            path = folder / f"{part}.safetensors"
            expected = sums.get(path.name)
            found = yield from self._digest(path)
            if found != expected:
                raise CheckpointError(f"{path.name} is damaged or missing", where=str(folder))
        try:
            totals = Totals(**manifest["totals"])
        except (KeyError, TypeError) as error:
            raise CheckpointError("the manifest is damaged", where=str(folder)) from error
        if not all(isinstance(value, int | float) for value in asdict(totals).values()):
            raise CheckpointError("the manifest is damaged", where=str(folder))
        return totals

    def _digest(self, path: Path) -> Iterator[Any]:
        try:
            status = path.stat()
            stamp = (status.st_mtime_ns, status.st_size, status.st_ino)
            before = self._checked.get(path)
            if before is not None and before[0] == stamp:
                return before[1]
            digest = hashlib.sha256()
            with path.open("rb") as stream:
                while block := stream.read(_BLOCK):
                    digest.update(block)
                    yield None
        except OSError:
            return ""
        self._checked[path] = (stamp, digest.hexdigest())
        return digest.hexdigest()


def with_evaluation(run: RunInfo, name: str) -> RunInfo:
    """The run after the checkpoint ``name`` was evaluated."""
    report = _evaluation(run.path, name)
    changed = tuple(replace(c, evaluation=report) if c.name == name else c for c in run.checkpoints)
    return replace(run, checkpoints=changed)


def _signature(config: TrainingConfig) -> dict[str, Any]:
    """What of a checkpoint's signature can be told from the configuration alone."""
    return {
        "robot": config.scene.robot.name,
        "task": config.task.name,
        "num_envs": config.scene.num_envs,
        "network": config.network.hidden,
        "seed": config.seed,
    }


def _run_folders(folder: Path, depth: int) -> Iterator[Path]:
    try:
        if (folder / CONFIG_NAME).is_file() and _is_run(folder):
            yield folder
            return
        below = sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))
    except (OSError, ValueError):  # also a NUL character in the name
        return
    for path in below if depth > 0 else ():
        yield from _run_folders(path, depth - 1)


def _is_run(folder: Path) -> bool:
    return (folder / "checkpoints").is_dir() or (folder / "metrics.jsonl").is_file()


def _changed(folder: Path) -> float:
    try:
        files = [folder / name for name in ("metrics.jsonl", CONFIG_NAME)]
        return max(path.stat().st_mtime for path in files if path.exists())
    except (OSError, ValueError):
        return 0.0


def _metrics(folder: Path) -> list[dict[str, Any]]:
    try:
        rows = [row for row in read_metrics(folder) if isinstance(row, dict)]
        return [row for row in rows if isinstance(row.get("iteration"), int)]
    except (OSError, ValueError):
        return []


def _evaluation(run: Path, name: str) -> dict[str, Any] | None:
    try:
        report = json.loads((run / EVALUATIONS / name / "report.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return report if isinstance(report, dict) else None
