# SPDX-License-Identifier: Apache-2.0
"""Recorded motions of a robot, from .safetensors or .npz.

The file holds ``joint_positions`` [T, D] in rad, ``root_position`` [T, 3] in m, ``root_orientation`` [T, 4] unit
quaternions wxyz, ``fps`` (one number) and the names of the D joints: in .npz as the array ``joint_names`` of strings,
in .safetensors as JSON under the metadata key ``joint_names``.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from humanoid_brain.errors import ConfigError

Array = npt.NDArray[np.float64]

_UNIT = 1e-2
"""Largest deviation of a quaternion's length from 1 that counts as rounding."""
_LIMIT = 1e-3
"""How far in rad a recorded angle may lie beyond its joint's limit."""


@dataclass(frozen=True)
class Posture:
    """Where a robot is at one moment of a motion."""

    joints: dict[str, float]
    """Angle of each joint in rad."""
    position: Array
    """Root position (3,) in m."""
    orientation: Array
    """Root orientation (4,), wxyz."""

    def turned(self, degrees: float) -> Posture:
        """The same, with the whole motion turned about the world's vertical axis."""
        if degrees == 0.0:
            return self
        angle = np.radians(degrees)
        c, s = np.cos(angle), np.sin(angle)
        x, y, z = self.position
        a, b = np.cos(angle / 2), np.sin(angle / 2)
        w, i, j, k = self.orientation
        orientation = np.array([a * w - b * k, a * i - b * j, a * j + b * i, a * k + b * w])
        return Posture(self.joints, np.array([c * x - s * y, s * x + c * y, z]), orientation)


@dataclass(frozen=True)
class Motion:
    """A recorded motion."""

    joint_names: tuple[str, ...]
    joint_positions: Array
    root_position: Array
    root_orientation: Array
    fps: float

    @property
    def duration(self) -> float:
        """Time from the first to the last pose in s."""
        return (len(self.joint_positions) - 1) / self.fps

    def at(self, time: float) -> Posture:
        """The pose at a time in s from the beginning, interpolated between the two recorded ones around it."""
        place = min(max(time * self.fps, 0.0), len(self.joint_positions) - 1.0)
        first = min(int(place), max(len(self.joint_positions) - 2, 0))
        last = min(first + 1, len(self.joint_positions) - 1)
        share = place - first
        joints = (1.0 - share) * self.joint_positions[first] + share * self.joint_positions[last]
        one, other = self.root_orientation[first], self.root_orientation[last]
        # The shorter way; linear and normalised, which at frame rates differs from slerp by less than its noise.
        mixed = (1.0 - share) * one + share * (other if one @ other >= 0.0 else -other)
        position = (1.0 - share) * self.root_position[first] + share * self.root_position[last]
        names = dict(zip(self.joint_names, joints.tolist(), strict=True))
        return Posture(names, position, mixed / np.linalg.norm(mixed))


def load_motion(path: str | Path) -> Motion:
    """Read and check a motion file.

    Raises:
        ConfigError: The file is missing, of another kind, broken, or its content does not fit together.
    """
    path = Path(path).expanduser()
    readers = {".npz": _read_npz, ".safetensors": _read_safetensors}
    if path.suffix.lower() not in readers:
        raise ConfigError(f"'{path.suffix}' is no motion file", where=str(path), todo="Use .safetensors or .npz")
    if not path.is_file():
        raise ConfigError("there is no such motion file", where=str(path), todo="Check robot_pose.file")
    try:
        content = readers[path.suffix.lower()](path)
        names = tuple(str(name) for name in content.pop("joint_names"))
        arrays = {name: np.asarray(values, np.float64) for name, values in content.items()}
        motion = Motion(
            joint_names=names,
            joint_positions=arrays["joint_positions"],
            root_position=arrays["root_position"],
            root_orientation=arrays["root_orientation"],
            fps=float(arrays["fps"].reshape(())),
        )
    except KeyError as error:
        raise ConfigError(f"the motion has no {error}", where=str(path), todo=_TODO) from error
    except (ValueError, TypeError, OSError, zipfile.BadZipFile) as error:
        raise ConfigError(f"not a readable motion file: {error}", where=str(path), todo=_TODO) from error
    problem = _problem(motion)
    if problem:
        raise ConfigError(problem, where=str(path), todo=_TODO)
    return motion


_ARRAYS = ("joint_positions", "root_position", "root_orientation")
_TODO = "docs/randomization.md says what a motion file holds"


def _read_npz(path: Path) -> dict[str, Any]:
    with np.load(path, allow_pickle=False) as file:
        return {name: file[name] for name in (*_ARRAYS, "fps", "joint_names")}


def _read_safetensors(path: Path) -> dict[str, Any]:
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="numpy") as file:
            names = json.loads((file.metadata() or {})["joint_names"])
            if not isinstance(names, list):
                raise ValueError("joint_names is no list")
            return {"joint_names": names, **{name: file.get_tensor(name) for name in (*_ARRAYS, "fps")}}
    except SafetensorError as error:
        raise ValueError(str(error)) from error


def _problem(motion: Motion) -> str | None:
    names, steps = motion.joint_names, len(motion.joint_positions)
    shapes = {
        "joint_positions": (motion.joint_positions, (steps, len(names))),
        "root_position": (motion.root_position, (steps, 3)),
        "root_orientation": (motion.root_orientation, (steps, 4)),
    }
    for name, (values, shape) in shapes.items():
        if values.shape != shape:
            return f"{name} has the shape {values.shape} instead of {shape}"
        if not np.isfinite(values).all():
            return f"{name} holds a value that is not finite"
    if steps == 0 or len(set(names)) != len(names):
        return "the motion is empty" if steps == 0 else "a joint is named twice"
    if not 0.0 < motion.fps <= 1e5:
        return f"fps is {motion.fps:g}"
    if np.abs(np.linalg.norm(motion.root_orientation, axis=1) - 1.0).max() > _UNIT:
        return "root_orientation holds quaternions that are not of length 1"
    return None


def require_robot(
    motion: Motion, joints: Sequence[str], limits: Mapping[str, tuple[float, float]], where: str = "robot_pose.file"
) -> None:
    """Refuse a motion that is not the robot's.

    Args:
        motion: The motion.
        joints: Names of the robot's joints; the motion must have all of them and no others.
        limits: Lower and upper limit of each joint in rad.
        where: Where the motion comes from, for the message.

    Raises:
        ConfigError: Joints are missing or unknown, or an angle lies beyond its joint's limits.
    """
    missing = [name for name in joints if name not in motion.joint_names]
    unknown = [name for name in motion.joint_names if name not in joints]
    if missing or unknown:
        parts = [f"lacks {', '.join(missing)}"] * bool(missing) + [f"has {', '.join(unknown)} besides"] * bool(unknown)
        raise ConfigError(f"the motion {' and '.join(parts)}", where=where, todo="Use a motion of this robot")
    for i, name in enumerate(motion.joint_names):
        low, high = limits[name]
        values = motion.joint_positions[:, i]
        if values.min() < low - _LIMIT or values.max() > high + _LIMIT:
            raise ConfigError(
                f"joint '{name}' moves from {values.min():.3f} to {values.max():.3f} rad, beyond its limits "
                f"{low:.3f} to {high:.3f}",
                where=where,
                todo="Use a motion of this robot",
            )
