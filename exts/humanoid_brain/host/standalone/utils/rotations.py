# SPDX-License-Identifier: Apache-2.0
"""Rotations of torch tensors, quaternions wxyz. Names follow isaacsim.core.utils.torch.rotations.

Formulas: J. Diebel, "Representing Attitude: Euler Angles, Unit Quaternions, and Rotation Vectors", Stanford 2006.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from pxr import Gf

_WXYZ = (3, 0, 1, 2)
_XYZW = (1, 2, 3, 0)


def gf_quat_to_tensor(orientation: Gf.Quatd | Gf.Quatf | Gf.Quaternion, device: str | None = None) -> torch.Tensor:
    """A USD quaternion as [4]."""
    return torch.tensor([orientation.GetReal(), *orientation.GetImaginary()], dtype=torch.float32, device=device)


def xyzw2wxyz(q: torch.Tensor) -> torch.Tensor:
    """[..., 4] from xyzw to wxyz."""
    return q[..., _WXYZ]


def wxyz2xyzw(q: torch.Tensor) -> torch.Tensor:
    """[..., 4] from wxyz to xyzw."""
    return q[..., _XYZW]


def rad2deg(radian_value: torch.Tensor, device: str | None = None) -> torch.Tensor:
    """Radians to degrees."""
    return torch.rad2deg(radian_value).to(device or radian_value.device)


def deg2rad(degree_value: float, device: str | None = None) -> torch.Tensor:
    """Degrees to radians."""
    return torch.deg2rad(torch.as_tensor(degree_value, dtype=torch.float32, device=device))


def quat_mul(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """Product a b: first b, then a."""
    aw, ax, ay, az = a.unbind(-1)
    bw, bx, by, bz = b.unbind(-1)
    return torch.stack(
        [
            aw * bw - ax * bx - ay * by - az * bz,
            aw * bx + ax * bw + ay * bz - az * by,
            aw * by - ax * bz + ay * bw + az * bx,
            aw * bz + ax * by - ay * bx + az * bw,
        ],
        dim=-1,
    )


def quat_conjugate(a: torch.Tensor) -> torch.Tensor:
    """The inverse of a unit quaternion."""
    return torch.cat([a[..., :1], -a[..., 1:]], dim=-1)


def quat_apply(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """Rotate vectors b [..., 3] by a [..., 4]."""
    axis = a[..., 1:]
    turn = 2.0 * torch.linalg.cross(axis, b)
    return b + a[..., :1] * turn + torch.linalg.cross(axis, turn)


def quat_rotate(q: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
    """Rotate v [M, 3] from the body frame to the world by q [M, 4]."""
    return quat_apply(q, v)


def quat_rotate_inverse(q: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
    """Rotate v [M, 3] from the world to the body frame of q [M, 4]."""
    return quat_apply(quat_conjugate(q), v)


def quat_unit(a: torch.Tensor) -> torch.Tensor:
    """Scale to length 1."""
    return a / a.norm(dim=-1, keepdim=True).clamp_min(1e-9)


def quat_from_angle_axis(angle: torch.Tensor, axis: torch.Tensor) -> torch.Tensor:
    """Rotation by angle [M] rad about axis [M, 3]."""
    half = angle.unsqueeze(-1) / 2.0
    return torch.cat([half.cos(), quat_unit(axis) * half.sin()], dim=-1)


def quat_axis(q: torch.Tensor, axis: int = 0) -> torch.Tensor:
    """Where the body's unit axis 0, 1 or 2 points in the world."""
    unit = torch.zeros(*q.shape[:-1], 3, dtype=q.dtype, device=q.device)
    unit[..., axis] = 1.0
    return quat_apply(q, unit)


def get_basis_vector(q: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
    """Body vector v in the world."""
    return quat_apply(q, v)


def normalize_angle(x: torch.Tensor) -> torch.Tensor:
    """Angle in (-pi, pi]."""
    return torch.atan2(torch.sin(x), torch.cos(x))


def quats_to_rot_matrices(quats: torch.Tensor) -> torch.Tensor:
    """[..., 4] to rotation matrices [..., 3, 3] that turn column vectors from body to world."""
    return torch.stack([quat_axis(quats, axis) for axis in range(3)], dim=-1)


def rot_matrices_to_quats(rotation_matrices: torch.Tensor, device: str | None = None) -> torch.Tensor:
    """Rotation matrices [..., 3, 3] to quaternions [..., 4] with w >= 0, by the largest component."""
    m = rotation_matrices.to(device or rotation_matrices.device)
    xx, yy, zz = m[..., 0, 0], m[..., 1, 1], m[..., 2, 2]
    squares = torch.stack([1 + xx + yy + zz, 1 + xx - yy - zz, 1 - xx + yy - zz, 1 - xx - yy + zz], dim=-1)
    wx, wy, wz = m[..., 2, 1] - m[..., 1, 2], m[..., 0, 2] - m[..., 2, 0], m[..., 1, 0] - m[..., 0, 1]
    xy, xz, yz = m[..., 0, 1] + m[..., 1, 0], m[..., 0, 2] + m[..., 2, 0], m[..., 1, 2] + m[..., 2, 1]
    rows = torch.stack(
        [
            torch.stack([squares[..., 0], wx, wy, wz], dim=-1),
            torch.stack([wx, squares[..., 1], xy, xz], dim=-1),
            torch.stack([wy, xy, squares[..., 2], yz], dim=-1),
            torch.stack([wz, xz, yz, squares[..., 3]], dim=-1),
        ],
        dim=-2,
    )
    best = squares.argmax(dim=-1)[..., None, None].expand(*squares.shape[:-1], 1, 4)
    quats = quat_unit(rows.gather(-2, best).squeeze(-2))
    return torch.where(quats[..., :1] < 0, -quats, quats)


def euler_angles_to_quats(
    euler_angles: torch.Tensor, degrees: bool = False, extrinsic: bool = True, device: str | None = None
) -> torch.Tensor:
    """[M, 3] angles about x, y, z to [M, 4]: extrinsic turns about fixed axes, x first; intrinsic about moving ones."""
    angles = euler_angles.to(device or euler_angles.device)
    roll, pitch, yaw = (torch.deg2rad(angles) if degrees else angles).unbind(-1)
    return quat_from_euler_xyz(roll, pitch, yaw, extrinsic)


def quat_from_euler_xyz(
    roll: torch.Tensor, pitch: torch.Tensor, yaw: torch.Tensor, extrinsic: bool = True
) -> torch.Tensor:
    """Angles [M] in rad about x, y, z to [M, 4]; see :func:`euler_angles_to_quats`."""
    zero = torch.zeros_like(roll)
    about_x = torch.stack([torch.cos(roll / 2), torch.sin(roll / 2), zero, zero], dim=-1)
    about_y = torch.stack([torch.cos(pitch / 2), zero, torch.sin(pitch / 2), zero], dim=-1)
    about_z = torch.stack([torch.cos(yaw / 2), zero, zero, torch.sin(yaw / 2)], dim=-1)
    if extrinsic:
        return quat_mul(about_z, quat_mul(about_y, about_x))
    return quat_mul(about_x, quat_mul(about_y, about_z))


def matrices_to_euler_angles(mat: torch.Tensor, extrinsic: bool = True) -> torch.Tensor:
    """Rotation matrices [M, 3, 3] to angles [M, 3] in rad about x, y, z."""
    if extrinsic:
        pitch = -torch.asin(mat[..., 2, 0].clamp(-1.0, 1.0))
        roll = torch.atan2(mat[..., 2, 1], mat[..., 2, 2])
        yaw = torch.atan2(mat[..., 1, 0], mat[..., 0, 0])
    else:
        pitch = torch.asin(mat[..., 0, 2].clamp(-1.0, 1.0))
        roll = torch.atan2(-mat[..., 1, 2], mat[..., 2, 2])
        yaw = torch.atan2(-mat[..., 0, 1], mat[..., 0, 0])
    return torch.stack([roll, pitch, yaw], dim=-1)


def get_euler_xyz(q: torch.Tensor, extrinsic: bool = True) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """[M, 4] to roll, pitch, yaw [M] in rad, each in [0, 2 pi)."""
    angles = torch.remainder(matrices_to_euler_angles(quats_to_rot_matrices(q), extrinsic), 2 * math.pi)
    roll, pitch, yaw = angles.unbind(-1)
    return roll, pitch, yaw


def quat_diff_rad(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """Angle [M] in rad between the rotations a and b."""
    difference = quat_mul(a, quat_conjugate(b))
    return 2.0 * torch.asin(difference[..., 1:].norm(dim=-1).clamp(max=1.0))


def normalise_quat_in_pose(pose: torch.Tensor) -> torch.Tensor:
    """Poses [..., 7], position and quaternion, with a unit quaternion."""
    return torch.cat([pose[..., :3], quat_unit(pose[..., 3:])], dim=-1)


def compute_heading_and_up(
    torso_rotation: torch.Tensor,
    inv_start_rot: torch.Tensor,
    to_target: torch.Tensor,
    vec0: torch.Tensor,
    vec1: torch.Tensor,
    up_idx: int,
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
    """How far a torso stands upright and faces its target.

    Args:
        torso_rotation: [M, 4].
        inv_start_rot: [M, 4] inverse of the rotation in the nominal pose.
        to_target: [M, 3] from the torso to the target.
        vec0: [M, 3] heading axis in the body frame.
        vec1: [M, 3] up axis in the body frame.
        up_idx: Index of the world's up axis.

    Returns:
        Torso rotation since the nominal pose, cosine to upright, cosine to the target, up vector, heading vector.
    """
    torso_quat = quat_mul(torso_rotation, inv_start_rot)
    up_vec, heading_vec = quat_apply(torso_quat, vec1), quat_apply(torso_quat, vec0)
    direction = to_target / to_target.norm(dim=-1, keepdim=True).clamp_min(1e-9)
    return torso_quat, up_vec[..., up_idx], (heading_vec * direction).sum(-1), up_vec, heading_vec


def compute_rot(
    torso_quat: torch.Tensor,
    velocity: torch.Tensor,
    ang_velocity: torch.Tensor,
    targets: torch.Tensor,
    torso_positions: torch.Tensor,
    extrinsic: bool = True,
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
    """Body-frame velocities, Euler angles, and the angle to the target in the horizontal plane, relative to yaw."""
    roll, pitch, yaw = get_euler_xyz(torso_quat, extrinsic)
    offset = targets - torso_positions
    to_target = torch.atan2(offset[..., 1], offset[..., 0]) - yaw
    local = quat_rotate_inverse(torso_quat, velocity), quat_rotate_inverse(torso_quat, ang_velocity)
    return (*local, roll, pitch, yaw, to_target)
