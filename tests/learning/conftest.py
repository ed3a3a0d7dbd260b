# SPDX-License-Identifier: Apache-2.0
"""A state of the built-in humanoid without a simulation."""

from __future__ import annotations

import math

import pytest
import torch

from humanoid_brain.config.robot import RobotConfig
from humanoid_brain.config.task import GaitConfig
from humanoid_brain.learning.state import RobotTensors, State
from humanoid_brain.scene.kinematics import read_tree
from humanoid_brain.scene.robot import RobotModel, resolve
from humanoid_brain.scene.robots import open_robot

ENVS = 6
DT = 0.02


@pytest.fixture(scope="session")
def robot() -> RobotModel:
    config = RobotConfig()
    asset = open_robot(config)
    tree = read_tree(asset.prim)
    return resolve(config, tree.dof_names, list(tree.links), asset)


@pytest.fixture
def state(robot: RobotModel) -> State:
    """Every robot stands still in the nominal pose, one step into its episode."""
    limits = torch.tensor([[-2.5, 2.5]]).expand(len(robot.dof_names), 2)
    tensors = RobotTensors.of(robot, RobotConfig(), limits, torch.device("cpu"))
    state = State(robot, tensors, GaitConfig(), ENVS, DT)
    state.root_position[:, 2] = robot.nominal_height
    state.joint_position.copy_(tensors.nominal.expand_as(state.joint_position))
    state.joint_target.copy_(state.joint_position)
    state.foot_position[:, 0] = torch.tensor([0.0, 0.1, -float(robot.sole_points[0, 2])])
    state.foot_position[:, 1] = torch.tensor([0.0, -0.1, -float(robot.sole_points[0, 2])])
    state.foot_force[..., 2] = 270.0
    state.episode_step.fill_(1)
    state.fresh.fill_(False)
    state.derive()
    return state


@pytest.fixture
def moving_state(state: State) -> State:
    """Robots in arbitrary motion."""
    generator = torch.Generator().manual_seed(4)

    def noise(tensor: torch.Tensor, scale: float) -> torch.Tensor:
        return scale * torch.randn(tensor.shape, generator=generator)

    def turn(tensor: torch.Tensor) -> None:
        tensor.copy_(torch.nn.functional.normalize(tensor + noise(tensor, 0.1), dim=-1))

    for name, scale in {
        "root_position": 0.05, "root_velocity": 0.5, "joint_position": 0.2, "joint_velocity": 1.0,
        "foot_position": 0.03, "foot_velocity": 0.4, "action": 0.5, "last_action": 0.5, "last_action2": 0.5,
        "joint_target": 0.3, "last_joint_velocity": 1.0, "target": 2.0,
    }.items():  # fmt: skip
        tensor = getattr(state, name)
        tensor += noise(tensor, scale)
    for name in ("root_orientation", "torso_orientation", "foot_orientation"):
        turn(getattr(state, name))
    state.command.copy_(noise(state.command, 0.6))
    state.command[0].zero_()
    state.gait_phase.copy_(torch.rand(ENVS, generator=generator))
    state.air_time.copy_(torch.rand(ENVS, 2, generator=generator))
    state.foot_force[::2, 0, 2] = 0.0
    state.terminated[3] = True
    state.derive()
    return state


def reflect(state: State) -> None:
    """Replace a state by its left-right mirror image, in the world's x-z plane."""
    t = state.tensors
    vector, pseudo = torch.tensor([1.0, -1.0, 1.0]), torch.tensor([-1.0, 1.0, -1.0])
    quaternion = torch.tensor([1.0, -1.0, 1.0, -1.0])
    for name in ("joint_position", "joint_velocity", "action", "last_action", "last_action2", "joint_target",
                 "last_joint_velocity"):  # fmt: skip
        tensor = getattr(state, name)
        tensor.copy_(tensor[:, t.mirror_index] * t.mirror_sign)
    state.root_position.mul_(vector)
    state.root_velocity.mul_(torch.cat([vector, pseudo]))
    state.root_orientation.mul_(quaternion)
    state.torso_orientation.mul_(quaternion)
    for name, sign in (
        ("foot_position", vector), ("foot_orientation", quaternion),
        ("foot_velocity", torch.cat([vector, pseudo])), ("foot_force", vector),
    ):  # fmt: skip
        tensor = getattr(state, name)
        tensor.copy_(tensor.flip(1) * sign)
    state.air_time.copy_(state.air_time.flip(1))
    state.command.mul_(torch.tensor([1.0, -1.0, -1.0]))
    state.target.mul_(torch.tensor([1.0, -1.0]))
    state.gait_phase.copy_((state.gait_phase + 0.5) % 1.0)
    state.derive()


def quarter_turn(state: State) -> None:
    """Turn the whole world by 90 degrees about the vertical."""
    half = math.sqrt(0.5)
    for name in ("root_orientation", "torso_orientation", "foot_orientation"):
        q = getattr(state, name)
        w, x, y, z = q.unbind(-1)
        q.copy_(torch.stack([half * (w - z), half * (x - y), half * (x + y), half * (w + z)], -1))
    for name in ("root_position", "foot_position", "foot_force", "target"):
        v = getattr(state, name)
        v[..., :2] = torch.stack([-v[..., 1], v[..., 0]], -1)
    for name in ("root_velocity", "foot_velocity"):
        v = getattr(state, name)
        for at in (0, 3):
            v[..., at : at + 2] = torch.stack([-v[..., at + 1], v[..., at]], -1)
    state.derive()
