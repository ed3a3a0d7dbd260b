# SPDX-License-Identifier: Apache-2.0
"""What a configuration will draw, before anything is rendered."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from humanoid_brain.config.randomization import RandomizationConfig
from humanoid_brain.randomization.randomizer import build_terms, draw_terms
from humanoid_brain.randomization.term import Context, Json


@dataclass(frozen=True)
class Spread:
    """Least, middle and largest value of a quantity over the frames and targets."""

    minimum: float
    median: float
    maximum: float


def summarize(
    config: RandomizationConfig, frames: int, seed: int = 0, context: Context | None = None
) -> dict[str, Spread]:
    """Spread of each numerical quantity, drawn without a stage: one target stands for all that a term selects.

    Vectors count by component, such as "sun.direction.z".

    Args:
        config: The ranges.
        frames: Number of frames to draw, from 0 on.
        seed: Seed of the run.
        context: Where the subject and obstacles are; the same for all frames.
    """
    terms, context = build_terms(config, seed), context or Context()
    numbers: dict[str, list[float]] = defaultdict(list)
    pools = {f"{term.name}.{target}." for term in terms for target in term.targets if target}
    for frame in range(frames):
        for key, value in draw_terms(terms, frame, context).items():
            pool = next((pool for pool in pools if key.startswith(pool)), None)
            name = key if pool is None else f"{pool.split('.')[0]}.{key.removeprefix(pool)}"
            for quantity, number in _numbers(name, value):
                numbers[quantity].append(number)
    return {name: Spread(min(each), float(np.median(each)), max(each)) for name, each in numbers.items()}


def _numbers(name: str, value: Json) -> Iterator[tuple[str, float]]:
    if isinstance(value, list):
        parts = "rgb" if name.endswith("color") else "wxyz" if len(value) == 4 else "xyz"
        if not name.endswith((".active", ".image_size")):
            yield from ((f"{name}.{part}", float(each)) for part, each in zip(parts, value, strict=False))  # pyright: ignore[reportArgumentType]
    elif isinstance(value, int | float):
        yield name, float(value)
