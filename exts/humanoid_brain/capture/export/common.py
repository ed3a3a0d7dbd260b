# SPDX-License-Identifier: Apache-2.0
"""What several layouts need."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from humanoid_brain.capture.assemble import visible
from humanoid_brain.capture.dataset import Dataset
from humanoid_brain.errors import DatasetError


def require(dataset: Dataset, outputs: Iterable[str], layout: str) -> None:
    """Check that the dataset was captured with what a layout needs.

    Raises:
        DatasetError: Something is lacking.
    """
    if lacking := [name for name in outputs if name not in dataset.outputs]:
        raise DatasetError(
            f"{layout} needs {' and '.join(lacking)}, which this dataset was captured without",
            where=str(dataset.path),
            todo=f"Capture it with outputs: [{', '.join([*dataset.outputs, *lacking])}]",
        )


def shown(record: dict[str, Any], minimum_visibility: float) -> Iterator[dict[str, Any]]:
    """The objects of a frame that can be seen well enough; unknown occlusion counts as none."""
    for item in visible(record):
        if 1.0 - max(item["occlusion"], 0.0) >= minimum_visibility:
            yield item
