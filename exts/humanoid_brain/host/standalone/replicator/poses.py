# SPDX-License-Identifier: Apache-2.0
"""Where the rigid bodies are now and how they move, in every environment: one read from the engine per quantity."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from humanoid_brain.host.standalone.clones import clones_of
from humanoid_brain.host.standalone.quantity import Quantity
from humanoid_brain.host.standalone.simulation import SimulationView, simulation
from humanoid_brain.optics import Array

if TYPE_CHECKING:
    from pxr import Usd

    from humanoid_brain.host.standalone.engine_tensors import Buffer, TensorBinding

_AT_REST = 1e-5
"""m/s and rad/s below which a body stands still."""


@dataclass(frozen=True, eq=False)
class Twist:
    """The motion of a rigid body: its centre of mass (3,) in m, velocity (3,) of that in m/s, and rad/s (3,); world."""

    center: Array
    linear: Array
    angular: Array

    def motion(self, seconds: float) -> Array:
        """Rigid motion (4, 4) of the world by which the body's points go on for some time, or back, at this rate."""
        moved = np.eye(4)
        moved[:3, :3] = _turn(self.angular * seconds)
        moved[:3, 3] = self.center + self.linear * seconds - moved[:3, :3] @ self.center
        return moved


class BodyPoses:
    """World poses of all rigid bodies of a stage, links of articulations and those of clones included."""

    def __init__(self, stage: Usd.Stage) -> None:
        self._stage = stage
        self._view: SimulationView | None = None
        self._paths: list[str] = []
        self._bound: dict[Quantity, tuple[TensorBinding, Buffer]] = {}

    def read(self) -> dict[str, Array]:
        """Poses (4, 4) of the bodies by path, for column vectors; empty when physics is stopped.

        Raises:
            SceneError: A body of the stage is not simulated, having been added after play.
        """
        if self._view is not simulation.view:
            self._view, self._bound = simulation.view, {}
            self._paths = [] if simulation.view is None else body_paths(self._stage)
        if not self._paths:
            return {}
        return dict(zip(self._paths, to_matrices(self._values(Quantity.BODY_POSE)), strict=True))

    def twists(self, poses: dict[str, Array]) -> dict[str, Twist]:
        """How those bodies move whose ``poses``, from :meth:`read`, will not stay as they are."""
        if not poses:
            return {}
        velocities, masses = self._values(Quantity.BODY_VELOCITY), self._values(Quantity.BODY_COM)
        found: dict[str, Twist] = {}
        for path, velocity, mass in zip(self._paths, velocities, masses, strict=True):
            if np.abs(velocity).max() > _AT_REST:
                center = poses[path][:3, :3] @ mass[:3] + poses[path][:3, 3]
                found[path] = Twist(center, velocity[:3], velocity[3:])
        return found

    def _values(self, quantity: Quantity) -> Array:
        """A quantity of all bodies, by one read from the engine."""
        if quantity not in self._bound:
            binding = simulation.engine.bind(quantity, self._paths)
            self._bound[quantity] = binding, binding.allocate()
        binding, buffer = self._bound[quantity]
        binding.read(buffer)
        return buffer.tensor.cpu().numpy().astype(np.float64)


def body_paths(stage: Usd.Stage) -> list[str]:
    """Rigid bodies of the stage that are simulated, then those of each clone."""
    from pxr import Usd, UsdPhysics

    bodies: list[str] = []
    for prim in stage.Traverse(Usd.TraverseInstanceProxies(Usd.PrimDefaultPredicate)):
        if prim.HasAPI(UsdPhysics.RigidBodyAPI):
            enabled = UsdPhysics.RigidBodyAPI(prim).GetRigidBodyEnabledAttr().Get()
            if enabled is not False:
                bodies.append(prim.GetPath().pathString)
    paths = list(bodies)
    for clone, source in clones_of(stage).sources.items():
        paths += [clone + path[len(source) :] for path in bodies if path == source or path.startswith(f"{source}/")]
    return paths


def to_matrices(poses: Array) -> Array:
    """Matrices (N, 4, 4) of positions and xyzw quaternions (N, 7)."""
    x, y, z, w = (poses[:, 3:] / np.linalg.norm(poses[:, 3:], axis=1, keepdims=True)).T
    matrices = np.zeros((len(poses), 4, 4))
    matrices[:, 0, :3] = np.stack([1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)], -1)
    matrices[:, 1, :3] = np.stack([2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)], -1)
    matrices[:, 2, :3] = np.stack([2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)], -1)
    matrices[:, :3, 3] = poses[:, :3]
    matrices[:, 3, 3] = 1.0
    return matrices


class StageFrames:
    """World frames of prims, moved along with the rigid body that they belong to.

    Args:
        stage: The stage as it is.
        poses: World poses (4, 4) of rigid bodies that have moved since.
        roots: Root links by path that were found before and are still right; what is found is added.
    """

    def __init__(self, stage: Usd.Stage, poses: dict[str, Array], roots: dict[str, str]) -> None:
        from pxr import UsdGeom

        self._stage, self._poses = stage, poses
        self._cache = UsdGeom.XformCache()
        self._clones = clones_of(stage)
        self._units = float(UsdGeom.GetStageMetersPerUnit(stage))
        self._roots = roots

    def authored(self, path: str) -> str:
        """The prim on the stage that stands for ``path``, which may be a clone or below one."""
        return self._clones.sources.get(path) or self._clones.authored(path)

    def body_of(self, path: str) -> str:
        """The moving body at or above ``path``; "" for none."""
        while path and path not in self._poses:
            path = path.rpartition("/")[0]
        return path

    def articulation_root(self, path: str) -> str:
        """The root link of the articulation at or below ``path``; "" for none."""
        authored = self.authored(path)
        if authored not in self._roots:
            self._roots[authored] = _root_link(self._stage.GetPrimAtPath(authored))
        root = self._roots[authored]
        return path + root[len(authored) :] if root else ""

    def frame(self, path: str) -> Array:
        """world_from_prim (4, 4), with the prim's scale, in m."""
        found = self._clones.split(path)
        matrix = self._on_stage(self.authored(path))
        if found is not None:  # the clone stands where its Xform is, and what is below it as below the source
            root = found[0]
            matrix = self._on_stage(root) @ np.linalg.inv(self._on_stage(self._clones.sources[root])) @ matrix
        body = self.body_of(path)
        if body:
            rest = self._on_stage(self.authored(body))
            return self._poses[body] @ np.linalg.inv(rigid(rest)) @ self._on_stage(self.authored(path))
        return matrix

    def _on_stage(self, path: str) -> Array:
        prim = self._stage.GetPrimAtPath(path)
        matrix = np.array(self._cache.GetLocalToWorldTransform(prim), float).T if prim else np.eye(4)
        return np.diag([self._units] * 3 + [1.0]) @ matrix


def _root_link(prim: Usd.Prim) -> str:
    """Path of the body with ArticulationRootAPI at or below ``prim``, or of the first one beside that API."""
    from pxr import Usd, UsdPhysics

    below = list(Usd.PrimRange(prim, Usd.TraverseInstanceProxies())) if prim else []
    roots = [each for each in below if each.HasAPI(UsdPhysics.ArticulationRootAPI)]
    links = [each for each in below if each.HasAPI(UsdPhysics.RigidBodyAPI)]
    if not roots or not links:
        return ""
    start = roots[0].GetPath()
    return str(next((link for link in links if link.GetPath().HasPrefix(start)), links[0]).GetPath())


def _turn(angle: Array) -> Array:
    """Rotation (3, 3) about a vector (3,) by its length in rad: Rodrigues' formula."""
    length = float(np.linalg.norm(angle))
    if length == 0.0:
        return np.eye(3)
    x, y, z = angle / length
    cross = np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])
    return np.eye(3) + np.sin(length) * cross + (1.0 - np.cos(length)) * (cross @ cross)


def rigid(matrix: Array) -> Array:
    """The rotation and translation of a transform (4, 4), without scale and shear."""
    left, _, right = np.linalg.svd(matrix[:3, :3])
    turn = left @ right
    pose = np.eye(4)
    pose[:3, :3] = turn if np.linalg.det(turn) > 0 else -turn
    pose[:3, 3] = matrix[:3, 3]
    return pose
