# SPDX-License-Identifier: Apache-2.0
"""Rotations as quaternions (w, x, y, z), batched over leading dimensions."""

from __future__ import annotations

import torch
from torch import Tensor


def rotate(q: Tensor, v: Tensor) -> Tensor:
    """Rotate ``v`` (..., 3) by ``q`` (..., 4): from the body's frame to the world's."""
    w, u = q[..., :1], q[..., 1:]
    t = 2.0 * torch.linalg.cross(u, v)
    return v + w * t + torch.linalg.cross(u, t)


def rotate_inverse(q: Tensor, v: Tensor) -> Tensor:
    """Rotate ``v`` (..., 3) by the inverse of ``q`` (..., 4): from the world's frame to the body's."""
    w, u = q[..., :1], q[..., 1:]
    t = 2.0 * torch.linalg.cross(v, u)
    return v + w * t - torch.linalg.cross(u, t)


def up_axis(q: Tensor) -> Tensor:
    """The body's z axis in the world's frame, (..., 3); its x and y vanish when the body is upright."""
    w, x, y, z = q.unbind(-1)
    return torch.stack([2.0 * (x * z + w * y), 2.0 * (y * z - w * x), 1.0 - 2.0 * (x * x + y * y)], -1)


def yaw(q: Tensor) -> Tensor:
    """Heading about the world's z axis, rad, (...)."""
    w, x, y, z = q.unbind(-1)
    return torch.atan2(2.0 * (w * z + x * y), 1.0 - 2.0 * (y * y + z * z))


def from_yaw(angle: Tensor) -> Tensor:
    """Rotation about the z axis by ``angle`` (...) rad, (..., 4)."""
    zero = torch.zeros_like(angle)
    return torch.stack([torch.cos(angle / 2), zero, zero, torch.sin(angle / 2)], -1)


def turn(angle: Tensor, v: Tensor) -> Tensor:
    """Rotate planar vectors ``v`` (..., 2) by ``angle`` (...) rad, counter-clockwise."""
    c, s = torch.cos(angle), torch.sin(angle)
    return torch.stack([c * v[..., 0] - s * v[..., 1], s * v[..., 0] + c * v[..., 1]], -1)


def turn_orientation(angle: Tensor, q: Tensor) -> Tensor:
    """Rotate orientations ``q`` (..., 4) by ``angle`` (...) rad about the world's z axis, counter-clockwise."""
    c, s = torch.cos(angle / 2), torch.sin(angle / 2)
    w, x, y, z = q.unbind(-1)
    return torch.stack([c * w - s * z, c * x - s * y, c * y + s * x, c * z + s * w], -1)


def poses(position: Tensor, orientation: Tensor) -> Tensor:
    """Homogeneous matrices (N, 4, 4), float64 on the CPU, of positions (N, 3) and orientations (N, 4)."""
    p, (w, x, y, z) = position.cpu().double(), orientation.cpu().double().unbind(-1)
    pose = torch.zeros(len(p), 4, 4, dtype=torch.float64)
    pose[:, 0, :3] = torch.stack([1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)], -1)
    pose[:, 1, :3] = torch.stack([2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)], -1)
    pose[:, 2, :3] = torch.stack([2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)], -1)
    pose[:, :3, 3] = p
    pose[:, 3, 3] = 1.0
    return pose
