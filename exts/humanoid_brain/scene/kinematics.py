# SPDX-License-Identifier: Apache-2.0
"""The links and joints of a robot as its USD says, and where the links are for given joint positions."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from pxr import Gf, Usd, UsdGeom, UsdPhysics

from humanoid_brain.scene.anthropometry import Array

_AXES = {"X": 0, "Y": 1, "Z": 2}


@dataclass(frozen=True)
class JointInfo:
    """A joint between two links. Limits in rad (revolute) or m (prismatic); infinite when there are none."""

    name: str
    path: str
    kind: str
    """"revolute", "prismatic", "fixed", or the USD type of a joint that this reader cannot move."""
    parent: str
    child: str
    axis: int
    parent_frame: Array
    """Joint frame in the parent link (4, 4)."""
    child_frame: Array
    """Joint frame in the child link (4, 4)."""
    lower: float
    upper: float
    has_drive: bool

    @property
    def is_dof(self) -> bool:
        """True for a joint that has one degree of freedom."""
        return self.kind in ("revolute", "prismatic")


@dataclass(frozen=True)
class Tree:
    """A robot's links (name to prim path) and joints, in the order from the root outwards."""

    root: str
    links: dict[str, str]
    joints: list[JointInfo]
    articulation_roots: list[str]
    """Prim paths that carry the articulation root API."""
    loose: list[str] = field(default_factory=list)
    """Links that no joint connects to the root."""
    anchors: list[str] = field(default_factory=list)
    """Prim paths of joints that hold a link to the world."""

    @property
    def dof_names(self) -> list[str]:
        """Names of the joints with a degree of freedom."""
        return [joint.name for joint in self.joints if joint.is_dof]

    def forward(self, positions: dict[str, float]) -> dict[str, Array]:
        """Poses (4, 4) of the links in the root link's frame; joints not in ``positions`` stand at 0."""
        poses = {self.root: np.eye(4)}
        for joint in self.joints:
            motion = _motion(joint, positions.get(joint.name, 0.0))
            poses[joint.child] = poses[joint.parent] @ joint.parent_frame @ motion @ np.linalg.inv(joint.child_frame)
        return poses


def read_tree(robot: Usd.Prim) -> Tree:
    """Read the links and joints below the prim ``robot``.

    Joints that are excluded from the articulation are left out.
    """
    links: dict[str, str] = {}
    roots: list[str] = []
    found: list[JointInfo] = []
    for prim in Usd.PrimRange(robot, Usd.TraverseInstanceProxies()):
        if prim.HasAPI(UsdPhysics.RigidBodyAPI):
            links[prim.GetName()] = str(prim.GetPath())
        if prim.HasAPI(UsdPhysics.ArticulationRootAPI):
            roots.append(str(prim.GetPath()))
        if prim.IsA(UsdPhysics.Joint):
            joint = _read_joint(UsdPhysics.Joint(prim))
            if joint:
                found.append(joint)
    by_path = {path: name for name, path in links.items()}
    anchors = [joint.path for joint in found if joint.parent not in by_path or joint.child not in by_path]
    found = [_renamed(joint, by_path) for joint in found if joint.path not in anchors]
    children = {joint.child for joint in found}
    root = next((name for name in links if name not in children), next(iter(links), ""))
    ordered = _outwards(root, found)
    reached = {root, *(joint.child for joint in ordered)}
    return Tree(root, links, ordered, roots, [name for name in links if name not in reached], anchors)


def _outwards(root: str, joints: list[JointInfo]) -> list[JointInfo]:
    """Breadth first, as PhysX orders the degrees of freedom of an articulation."""
    ordered: list[JointInfo] = []
    front, seen = [root], {root}
    while front:
        link = front.pop(0)
        for joint in joints:
            if joint.parent == link and joint.child not in seen:
                seen.add(joint.child)
                ordered.append(joint)
                front.append(joint.child)
    return ordered


def _read_joint(joint: UsdPhysics.Joint) -> JointInfo | None:
    prim = joint.GetPrim()
    parent, child = joint.GetBody0Rel().GetTargets(), joint.GetBody1Rel().GetTargets()
    if joint.GetExcludeFromArticulationAttr().Get():
        return None
    kind, axis, lower, upper = "fixed", 0, 0.0, 0.0
    if prim.IsA(UsdPhysics.RevoluteJoint):
        revolute = UsdPhysics.RevoluteJoint(prim)
        kind, axis = "revolute", _AXES[str(revolute.GetAxisAttr().Get())]
        lower = math.radians(revolute.GetLowerLimitAttr().Get())
        upper = math.radians(revolute.GetUpperLimitAttr().Get())
    elif prim.IsA(UsdPhysics.PrismaticJoint):
        prismatic = UsdPhysics.PrismaticJoint(prim)
        kind, axis = "prismatic", _AXES[str(prismatic.GetAxisAttr().Get())]
        lower, upper = prismatic.GetLowerLimitAttr().Get(), prismatic.GetUpperLimitAttr().Get()
    elif not prim.IsA(UsdPhysics.FixedJoint):
        kind = str(prim.GetTypeName())
    instance = "angular" if kind == "revolute" else "linear"
    return JointInfo(
        name=prim.GetName(),
        path=str(prim.GetPath()),
        kind=kind,
        parent=str(parent[0]) if parent else "",
        child=str(child[0]) if child else "",
        axis=axis,
        parent_frame=_frame(joint.GetLocalPos0Attr().Get(), joint.GetLocalRot0Attr().Get()),
        child_frame=_frame(joint.GetLocalPos1Attr().Get(), joint.GetLocalRot1Attr().Get()),
        lower=lower,
        upper=upper,
        has_drive=prim.HasAPI(UsdPhysics.DriveAPI, instance),
    )


def _renamed(joint: JointInfo, by_path: dict[str, str]) -> JointInfo:
    values = {**joint.__dict__, "parent": by_path[joint.parent], "child": by_path[joint.child]}
    return JointInfo(**values)


def _frame(position: Gf.Vec3f | None, rotation: Gf.Quatf | None) -> Array:
    frame = np.eye(4)
    if rotation is not None:
        frame[:3, :3] = np.array(Gf.Matrix3d(Gf.Quatd(rotation))).T
    if position is not None:
        frame[:3, 3] = position
    return frame


def _motion(joint: JointInfo, position: float) -> Array:
    motion = np.eye(4)
    if joint.kind == "prismatic":
        motion[joint.axis, 3] = position
    elif joint.kind == "revolute":
        j, k = (joint.axis + 1) % 3, (joint.axis + 2) % 3
        motion[j, j] = motion[k, k] = math.cos(position)
        motion[j, k], motion[k, j] = -math.sin(position), math.sin(position)
    return motion


def collision_points(link: Usd.Prim) -> Array:
    """Points (N, 3) in the link's frame that span its collision shapes: corners, rims and mesh points, in m."""
    cache = UsdGeom.XformCache()
    to_link = np.linalg.inv(np.array(cache.GetLocalToWorldTransform(link)).T)
    points = [np.zeros((0, 3))]
    below = iter(Usd.PrimRange(link, Usd.TraverseInstanceProxies()))
    for prim in below:
        if prim != link and prim.HasAPI(UsdPhysics.RigidBodyAPI):  # a link below this one in the file
            below.PruneChildren()
            continue
        if prim.HasAPI(UsdPhysics.CollisionAPI) and prim.IsA(UsdGeom.Gprim):
            local = _shape_points(prim)
            matrix = to_link @ np.array(cache.GetLocalToWorldTransform(prim)).T
            points.append(local @ matrix[:3, :3].T + matrix[:3, 3])
    return np.concatenate(points)


def _shape_points(prim: Usd.Prim) -> Array:
    if prim.IsA(UsdGeom.PointBased):
        return np.array(UsdGeom.PointBased(prim).GetPointsAttr().Get() or [], float).reshape(-1, 3)
    if prim.IsA(UsdGeom.Sphere):
        return UsdGeom.Sphere(prim).GetRadiusAttr().Get() * np.concatenate([np.eye(3), -np.eye(3)])
    extent = UsdGeom.Boundable.ComputeExtentFromPlugins(UsdGeom.Boundable(prim), Usd.TimeCode.Default())
    if not extent:
        return np.zeros((0, 3))
    low, high = np.array(extent[0]), np.array(extent[1])
    corners = np.array([[x, y, z] for x in (0, 1) for y in (0, 1) for z in (0, 1)])
    return low + corners * (high - low)
