# SPDX-License-Identifier: Apache-2.0
"""Quaternion helpers against rotation matrices."""

from __future__ import annotations

import math
from typing import Any

import torch

from humanoid_brain.learning import rotations

# float32 products of unit quaternions with vectors of length ~1: a few units in the last place.
CLOSE: dict[str, Any] = {"rtol": 0.0, "atol": 2e-6}


def _random(count: int) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    q = torch.nn.functional.normalize(torch.randn(count, 4, generator=generator), dim=-1)
    return q, torch.randn(count, 3, generator=generator)


def _matrix(q: torch.Tensor) -> torch.Tensor:
    w, x, y, z = q.unbind(-1)
    rows = [
        [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
        [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
        [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
    ]
    return torch.stack([torch.stack(row, -1) for row in rows], -2)


def test_rotation_and_its_inverse_match_the_matrix() -> None:
    q, v = _random(50)
    torch.testing.assert_close(rotations.rotate(q, v), (_matrix(q) @ v.unsqueeze(-1)).squeeze(-1), **CLOSE)
    torch.testing.assert_close(rotations.rotate_inverse(q, rotations.rotate(q, v)), v, rtol=0.0, atol=1e-5)
    torch.testing.assert_close(rotations.up_axis(q), _matrix(q)[..., 2], **CLOSE)


def test_yaw_is_the_angle_it_was_made_from() -> None:
    angle = torch.linspace(-3.1, 3.1, 40)
    torch.testing.assert_close(rotations.yaw(rotations.from_yaw(angle)), angle, **CLOSE)


def test_turn_is_counter_clockwise() -> None:
    turned = rotations.turn(torch.tensor([math.pi / 2]), torch.tensor([[1.0, 0.0]]))
    torch.testing.assert_close(turned, torch.tensor([[0.0, 1.0]]), **CLOSE)
