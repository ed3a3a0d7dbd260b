# SPDX-License-Identifier: Apache-2.0
"""The noise of steps to come, drawn for many at once: a draw for one step costs nearly as much as one for all."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from humanoid_brain import rng
from humanoid_brain.learning.state import State
from humanoid_brain.learning.terms.managers import ObservationVector

_STEPS = 32
"""How many steps are drawn at once."""
_MOST = 1 << 20
"""Most numbers that are drawn at once."""


class NoiseAhead:
    """Noise of the steps of an episode, one after the other: for as long as nothing but the step counter goes on."""

    def __init__(self) -> None:
        self._group = ""
        self._drawn: Iterator[Tensor] = iter(())

    def of(self, group: str, vector: ObservationVector, state: State) -> Tensor | None:
        """Noise (N, width) of the step that ``state`` is at, or None where the group has none.

        Args:
            group: Name of the group. Each call for the same one is for the step after that of the last.
            vector: Its observations.
            state: The state; its counters are looked at when more is drawn.
        """
        noise = next(self._drawn, None) if group == self._group else None
        if noise is None and (drawn := _draw(vector, state)) is not None:
            self._group, self._drawn = group, iter(drawn.unbind())
            noise = next(self._drawn)
        return noise


def _draw(vector: ObservationVector, state: State) -> Tensor | None:
    """Noise (K, N, width) of the step that ``state`` is at and of those to come."""
    count = max(1, min(_STEPS, _MOST // (state.num_envs * vector.width)))
    steps = state.episode_step + torch.arange(count, device=state.device).unsqueeze(-1)
    return vector.noise(rng.join([state.env_index, state.reset_count, steps]))
