# SPDX-License-Identifier: Apache-2.0
"""Policies on disk: weights in safetensors beside a card that says what they are for and how they were made."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save
from torch import Tensor

from humanoid_brain.config.base import load
from humanoid_brain.config.training import TrainingConfig
from humanoid_brain.errors import CheckpointError, RobotError
from humanoid_brain.files import inside, make_folder, sha256, write_atomic, write_json
from humanoid_brain.learning.checkpoint import load_tensors
from humanoid_brain.learning.folder import CONFIG_NAME
from humanoid_brain.learning.manifest import FORMAT, read_manifest
from humanoid_brain.learning.networks import ActorCritic, Normalizer, mlp
from humanoid_brain.scene.robot import RobotModel

_FORMAT = 1
_WEIGHTS = "policy.safetensors"


@dataclass(frozen=True)
class Policy:
    """A deterministic policy: observation to action."""

    config: TrainingConfig
    """The run that made it; holds robot, task and observation layout."""
    card: dict[str, Any]
    """What else the folder's manifest says: joints, machine, seed, curve, evaluation."""
    normalizer: Normalizer
    actor: torch.nn.Module

    @torch.no_grad()
    def __call__(self, observation: Tensor) -> Tensor:
        """Actions (N, joints) for policy observations (N, size)."""
        value = self.normalizer.forward(observation)
        for layer in self._layers:
            value = layer.forward(value)  # a call of the module itself looks for hooks, for as long as the layer takes
        return value

    @functools.cached_property
    def _layers(self) -> tuple[torch.nn.Module, ...]:
        return tuple(self.actor) if isinstance(self.actor, torch.nn.Sequential) else (self.actor,)

    def to(self, device: torch.device) -> Policy:
        """The policy with its weights on ``device``."""
        return Policy(self.config, self.card, self.normalizer.to(device), self.actor.to(device))

    def check_robot(self, robot: RobotModel) -> None:
        """Raise :class:`RobotError` unless ``robot`` has the joints this policy moves, in the same order."""
        mine, others = self.card["joints"], list(robot.dof_names)
        if mine != others:
            missing = sorted(set(mine) - set(others)) or sorted(set(others) - set(mine)) or ["the order"]
            raise RobotError(
                f"the policy was trained for another robot: {missing[0]} differs",
                where=str(self.card.get("robot", "policy")),
                todo="Use the scene the policy was trained in",
            )


def save_policy(
    folder: Path, network: ActorCritic, config: TrainingConfig, robot: RobotModel, facts: Mapping[str, Any]
) -> Path:
    """Write a policy folder: weights, configuration and card.

    Args:
        folder: Target; created, or its files replaced.
        network: The trained networks.
        config: The run's configuration.
        robot: The robot it moves.
        facts: Further JSON values for the card.

    Returns:
        The folder.
    """
    joints = {"joints": list(robot.dof_names)}
    return write_policy(folder, Policy(config, {**joints, **facts}, network.policy_normalizer, network.actor))


def write_policy(folder: Path, policy: Policy) -> Path:
    """Write a policy folder; ``policy.card`` holds the joints and further JSON values.

    Returns:
        The folder.
    """
    make_folder(folder)
    parts = {"normalizer": policy.normalizer, "actor": policy.actor}
    tensors = {
        f"{part}.{name}": tensor.detach().to("cpu", copy=True).contiguous()
        for part, module in parts.items()
        for name, tensor in module.state_dict().items()
    }
    write_atomic(folder / _WEIGHTS, save(tensors))
    card = {
        "format": _FORMAT,
        "robot": policy.config.scene.robot.name,
        "sha256": {_WEIGHTS: sha256(folder / _WEIGHTS)},
        "config": policy.config.model_dump(mode="json"),
    }
    write_json(folder / "manifest.json", {**policy.card, **card})
    return folder


def load_policy(folder: Path, checkpoint: str = "") -> Policy:
    """Read a policy folder, or the folder of a run that has one.

    Args:
        folder: Of a policy or of a run.
        checkpoint: Name of a checkpoint of the run whose policy is wanted, in place of the exported one.

    Raises:
        CheckpointError: It is missing, damaged, or no policy.
    """
    if checkpoint:
        return _checkpoint_policy(folder, checkpoint)
    folder = _policy_folder(folder)
    card = read_manifest(folder, _FORMAT)
    if "joints" not in card or "config" not in card:
        raise CheckpointError("this folder holds no policy", where=str(folder), todo="Pass a policy or run folder")
    tensors = load_tensors(folder / _WEIGHTS, card)
    try:
        config = TrainingConfig.model_validate(card.pop("config"))
        normalizer = Normalizer(tensors["normalizer.mean"].numel())
        actor = mlp(tensors["normalizer.mean"].numel(), config.network.hidden, len(card["joints"]))
        for part, module in (("normalizer", normalizer), ("actor", actor)):
            module.load_state_dict({n.split(".", 1)[1]: t for n, t in tensors.items() if n.startswith(part)})
    except (KeyError, RuntimeError, ValueError) as error:
        raise CheckpointError(f"the policy does not fit its card: {error}", where=str(folder)) from error
    return Policy(config, card, normalizer.eval(), actor.eval())


def _checkpoint_policy(run: Path, name: str) -> Policy:
    """The policy of a checkpoint, which holds the whole learner."""
    folder = inside(run / "checkpoints", name)
    manifest = read_manifest(folder, FORMAT)
    tensors = load_tensors(folder / "learner.safetensors", manifest)
    config = load(TrainingConfig, run / CONFIG_NAME)
    try:
        joints, totals = list(manifest["signature"]["joints"]), dict(manifest["totals"])
        size = tensors["network.policy_normalizer.mean"].numel()
        normalizer, actor = Normalizer(size), mlp(size, config.network.hidden, len(joints))
        for part, module in (("policy_normalizer", normalizer), ("actor", actor)):
            start = f"network.{part}."
            module.load_state_dict({n[len(start) :]: t for n, t in tensors.items() if n.startswith(start)})
    except (KeyError, RuntimeError, TypeError, ValueError) as error:
        raise CheckpointError(f"the checkpoint does not fit its run: {error}", where=str(folder)) from error
    card = {"joints": joints, "robot": config.scene.robot.name, "seed": config.seed, "totals": totals}
    return Policy(config, {**card, "checkpoint": name}, normalizer.eval(), actor.eval())


def record_evaluation(folder: Path, report: Mapping[str, Any]) -> None:
    """Write an evaluation's figures into the card of a policy, in place of those it had.

    Args:
        folder: A policy folder, or the folder of a run that has one.
        report: JSON values.
    """
    folder = _policy_folder(folder)
    write_json(folder / "manifest.json", {**read_manifest(folder, _FORMAT), "evaluation": dict(report)})


def _policy_folder(folder: Path) -> Path:
    inner = folder / "policy"
    return inner if (inner / "manifest.json").is_file() else folder
