# SPDX-License-Identifier: Apache-2.0
"""Metrics of a run: one JSON line per iteration, and TensorBoard event files beside it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from humanoid_brain.files import storage_errors, write_atomic

_NAME = "metrics.jsonl"


class MetricsLog:
    """Appends to ``metrics.jsonl`` and to TensorBoard.

    Args:
        folder: Folder of the run.
        iteration: The iteration the run goes on from; later lines, which a kill left behind, are dropped.
        tensorboard: Whether to write event files too.
    """

    def __init__(self, folder: Path, iteration: int, *, tensorboard: bool) -> None:
        self._path = folder / _NAME
        if self._path.exists():
            kept = [row for row in read_metrics(folder) if row["iteration"] <= iteration]
            write_atomic(self._path, "".join(json.dumps(row) + "\n" for row in kept).encode())
        self._board: Any = None
        if tensorboard:
            from torch.utils.tensorboard.writer import SummaryWriter

            self._board = SummaryWriter(str(folder / "tensorboard"), purge_step=iteration + 1)

    def write(self, row: dict[str, Any]) -> None:
        """Append one iteration's metrics; ``row`` holds ``iteration`` and numbers, some in nested dicts."""
        with storage_errors(self._path), self._path.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(row) + "\n")
        if self._board is not None:
            for name, value in _flat(row):
                self._board.add_scalar(name, value, row["iteration"])

    def close(self) -> None:
        """Flush and close the event files."""
        if self._board is not None:
            self._board.close()


def read_metrics(folder: Path) -> list[dict[str, Any]]:
    """All whole lines of a run's ``metrics.jsonl``; a line cut off by a kill is left out."""
    rows: list[dict[str, Any]] = []
    for line in (folder / _NAME).read_text(encoding="utf-8").splitlines():
        try:
            rows.append(json.loads(line))
        except ValueError:
            break
    return rows


def _flat(row: dict[str, Any], prefix: str = "") -> list[tuple[str, float]]:
    flat: list[tuple[str, float]] = []
    for name, value in row.items():
        if isinstance(value, dict):
            flat += _flat(value, f"{prefix}{name}/")
        elif isinstance(value, int | float):
            flat.append((f"{prefix}{name}", float(value)))
    return flat
