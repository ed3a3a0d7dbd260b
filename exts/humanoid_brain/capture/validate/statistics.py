# SPDX-License-Identifier: Apache-2.0
"""Figures over a whole dataset, gathered picture by picture in fixed memory."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from humanoid_brain.capture.validate.files import Inspected

Json = dict[str, Any]
Counts = npt.NDArray[np.int64]

GRID = (27, 48)
"""Rows and columns of the map of positions."""
SIZE_EDGES = np.array([0.0, 0.02, 0.04, 0.07, 0.1, 0.15, 0.2, 0.3, 0.4, 0.6, 0.8, 1.01])
"""Edges of box sizes: square root of the box's share of the picture."""
DEPTH_EDGES = np.array([0.0, 0.5, 1, 1.5, 2, 3, 4, 6, 8, 12, 16, 24, 50, np.inf])
"""Edges of depths in m."""
BRIGHTNESS_EDGES = np.linspace(0.0, 256.0, 9)
OCCLUSION_EDGES = np.array([0.0, 0.001, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.01])
_MOST = 12


@dataclass
class Statistics:
    """Counts over all pictures seen so far."""

    classes: Counter[str] = field(default_factory=Counter)
    pictures_with: Counter[str] = field(default_factory=Counter)
    resolutions: Counter[str] = field(default_factory=Counter)
    objects_per_picture: Counts = field(default_factory=lambda: np.zeros(_MOST + 1, np.int64))
    positions: npt.NDArray[np.float64] = field(default_factory=lambda: np.zeros(GRID))
    """How many boxes cover a place of the picture."""
    sizes: Counts = field(default_factory=lambda: np.zeros(len(SIZE_EDGES) - 1, np.int64))
    depths: Counts = field(default_factory=lambda: np.zeros(len(DEPTH_EDGES) - 1, np.int64))
    brightness: Counts = field(default_factory=lambda: np.zeros(len(BRIGHTNESS_EDGES) - 1, np.int64))
    occlusion: Counts = field(default_factory=lambda: np.zeros(len(OCCLUSION_EDGES) - 1, np.int64))
    depth_extent: tuple[float, float] | None = None
    unlabelled_sum: float = 0.0
    unlabelled_pictures: int = 0

    def add(self, seen: Inspected, categories: dict[Any, Json]) -> None:
        """Count one picture."""
        self.resolutions[f"{seen.width} x {seen.height}"] += 1
        self.objects_per_picture[min(len(seen.annotations), _MOST)] += 1
        names = [
            str(categories[i["category_id"]]["name"]) for i in seen.annotations if i.get("category_id") in categories
        ]
        self.classes.update(names)
        self.pictures_with.update(set(names))
        for item in seen.annotations:
            self._add_object(item, seen.width, seen.height)
        if seen.brightness is not None:
            self.brightness += np.histogram([seen.brightness], BRIGHTNESS_EDGES)[0]
        if seen.depths is not None and len(seen.depths):
            self.depths += np.histogram(seen.depths, DEPTH_EDGES)[0]
            low, high = float(seen.depths.min()), float(seen.depths.max())
            before = self.depth_extent or (low, high)
            self.depth_extent = (min(low, before[0]), max(high, before[1]))
        if seen.unlabelled is not None:
            self.unlabelled_sum += seen.unlabelled
            self.unlabelled_pictures += 1

    def as_json(self) -> Json:
        """The figures for report.json."""
        return {
            "classes": dict(self.classes),
            "pictures_with_class": dict(self.pictures_with),
            "resolutions": dict(self.resolutions),
            "objects_per_picture": self.objects_per_picture.tolist(),
            "box_size": {"edges": SIZE_EDGES[:-1].tolist(), "counts": self.sizes.tolist()},
            "box_positions": self.positions.round(4).tolist(),
            "depth_m": {
                "edges": DEPTH_EDGES[:-1].tolist(),
                "counts": self.depths.tolist(),
                "extent": self.depth_extent,
            },
            "brightness": {"edges": BRIGHTNESS_EDGES[:-1].tolist(), "counts": self.brightness.tolist()},
            "occlusion": {"edges": OCCLUSION_EDGES[:-1].tolist(), "counts": self.occlusion.tolist()},
            "unlabelled_share": self.unlabelled,
        }

    @property
    def unlabelled(self) -> float | None:
        """Mean share of pixels without a class; None if there are no semantic masks."""
        return self.unlabelled_sum / self.unlabelled_pictures if self.unlabelled_pictures else None

    def _add_object(self, item: Json, width: int, height: int) -> None:
        try:
            x, y, w, h = (float(value) for value in item["bbox"])
        except (KeyError, TypeError, ValueError):
            return
        if not (w > 0 and h > 0 and width > 0 and height > 0 and np.isfinite([x, y, w, h]).all()):
            return
        size = np.sqrt(min(1.0, w * h / (width * height)))
        self.sizes += np.histogram([size], SIZE_EDGES)[0]
        rows, columns = GRID
        top, left = int(np.clip(y / height * rows, 0, rows - 1)), int(np.clip(x / width * columns, 0, columns - 1))
        bottom = int(np.clip(np.ceil((y + h) / height * rows), top + 1, rows))
        right = int(np.clip(np.ceil((x + w) / width * columns), left + 1, columns))
        self.positions[top:bottom, left:right] += 1.0
        share = item.get("occlusion")
        if isinstance(share, int | float) and share >= 0.0:
            self.occlusion += np.histogram([share], OCCLUSION_EDGES)[0]
