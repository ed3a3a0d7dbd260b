# SPDX-License-Identifier: Apache-2.0
"""Quaternion functions against USD's linear algebra."""

from __future__ import annotations

import math

import pytest
import torch
from pxr import Gf

from humanoid_brain.host.standalone.utils import rotations as r

M = 64


@pytest.fixture
def quats() -> torch.Tensor:
    torch.manual_seed(0)
    q = torch.nn.functional.normalize(torch.randn(M, 4), dim=1)
    return torch.where(q[:, :1] < 0, -q, q)


def _gf(q: torch.Tensor) -> Gf.Rotation:
    w, x, y, z = q.tolist()
    return Gf.Rotation(Gf.Quatd(w, x, y, z))


def test_rotating_vectors(quats: torch.Tensor) -> None:
    v = torch.randn(M, 3)
    expected = torch.tensor([list(_gf(q).TransformDir(Gf.Vec3d(*x))) for q, x in zip(quats, v.tolist(), strict=True)])
    torch.testing.assert_close(r.quat_apply(quats, v), expected.float(), atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(r.quat_rotate_inverse(quats, r.quat_rotate(quats, v)), v, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(r.get_basis_vector(quats, v), expected.float(), atol=1e-5, rtol=1e-5)


def test_products_apply_the_right_factor_first(quats: torch.Tensor) -> None:
    other, v = quats.flip(0), torch.randn(M, 3)
    both = r.quat_apply(r.quat_mul(quats, other), v)
    torch.testing.assert_close(both, r.quat_apply(quats, r.quat_apply(other, v)), atol=1e-5, rtol=1e-5)


def test_matrices_and_back(quats: torch.Tensor) -> None:
    matrices = r.quats_to_rot_matrices(quats)
    v = torch.randn(M, 3)
    torch.testing.assert_close((matrices @ v[..., None])[..., 0], r.quat_apply(quats, v), atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(r.rot_matrices_to_quats(matrices), quats, atol=1e-5, rtol=1e-5)
    half_turns = torch.tensor([[0.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0], [0.0, 0.0, 0.0, 1.0]])
    back = r.rot_matrices_to_quats(r.quats_to_rot_matrices(half_turns))
    torch.testing.assert_close(back.abs(), half_turns)


@pytest.mark.parametrize("extrinsic", [True, False])
def test_euler_angles_and_back(extrinsic: bool) -> None:
    torch.manual_seed(1)
    angles = torch.rand(M, 3) * torch.tensor([2.0, 1.0, 2.0]) * math.pi * 0.49 - math.pi * 0.245
    quats = r.euler_angles_to_quats(angles, extrinsic=extrinsic)
    x, y, z = (_gf(r.quat_from_angle_axis(angles[:1, i], torch.eye(3)[i : i + 1])[0]) for i in range(3))
    first = x * y * z if extrinsic else z * y * x  # USD multiplies row vectors: the left factor turns first
    expected = first.TransformDir(Gf.Vec3d(1, 2, 3))
    turned = r.quat_apply(quats[:1], torch.tensor([[1.0, 2.0, 3.0]]))[0]
    torch.testing.assert_close(turned, torch.tensor(list(expected)).float(), atol=1e-5, rtol=1e-5)
    back = torch.stack(r.get_euler_xyz(quats, extrinsic), dim=1)
    torch.testing.assert_close(r.normalize_angle(back), angles, atol=1e-5, rtol=1e-5)
    degrees = r.euler_angles_to_quats(torch.rad2deg(angles), degrees=True, extrinsic=extrinsic)
    torch.testing.assert_close(degrees, quats)


def test_angles_between_rotations(quats: torch.Tensor) -> None:
    turn = r.quat_from_angle_axis(torch.full((M,), 0.3), torch.randn(M, 3))
    torch.testing.assert_close(
        r.quat_diff_rad(r.quat_mul(turn, quats), quats), torch.full((M,), 0.3), atol=1e-5, rtol=0
    )


def test_orders_of_components(quats: torch.Tensor) -> None:
    torch.testing.assert_close(r.xyzw2wxyz(r.wxyz2xyzw(quats)), quats)
    assert r.wxyz2xyzw(torch.tensor([1.0, 2.0, 3.0, 4.0])).tolist() == [2.0, 3.0, 4.0, 1.0]
    assert r.gf_quat_to_tensor(Gf.Quatd(1, 2, 3, 4)).tolist() == [1.0, 2.0, 3.0, 4.0]
    pose = r.normalise_quat_in_pose(torch.tensor([[1.0, 2.0, 3.0, 2.0, 0.0, 0.0, 0.0]]))
    assert pose.tolist() == [[1.0, 2.0, 3.0, 1.0, 0.0, 0.0, 0.0]]
    assert r.deg2rad(180.0).item() == pytest.approx(math.pi) and r.rad2deg(torch.tensor(math.pi)).item() == 180.0


def test_heading_and_up_of_a_torso() -> None:
    upright = torch.tensor([[math.sqrt(0.5), 0.0, 0.0, math.sqrt(0.5)]])  # faces +y
    identity, x, z = torch.tensor([[1.0, 0, 0, 0]]), torch.tensor([[1.0, 0, 0]]), torch.tensor([[0.0, 0, 1]])
    _, up, heading, _, facing = r.compute_heading_and_up(upright, identity, torch.tensor([[0.0, 3.0, 0.0]]), x, z, 2)
    assert up.item() == pytest.approx(1.0) and heading.item() == pytest.approx(1.0)
    torch.testing.assert_close(facing, torch.tensor([[0.0, 1.0, 0.0]]), atol=1e-6, rtol=0)
    forward, _, _, _, yaw, angle = r.compute_rot(
        upright, torch.tensor([[0.0, 2.0, 0.0]]), torch.zeros(1, 3), torch.tensor([[5.0, 0.0, 0.0]]), torch.zeros(1, 3)
    )
    torch.testing.assert_close(forward, torch.tensor([[2.0, 0.0, 0.0]]), atol=1e-6, rtol=0)
    assert yaw.item() == pytest.approx(math.pi / 2) and angle.item() == pytest.approx(-math.pi / 2)
