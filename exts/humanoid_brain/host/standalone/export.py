# SPDX-License-Identifier: Apache-2.0
"""From a USD stage with clones to what the engine loads: one flat file with each source once, and the copies' poses."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from humanoid_brain.errors import SceneError
from humanoid_brain.host.standalone.clones import CloneTable, clones_of
from humanoid_brain.host.standalone.isolation import environment_root, isolate_environments

if TYPE_CHECKING:
    from pxr import Usd


@dataclass(frozen=True)
class Inventory:
    """What simulates on a stage, by authored path; clones repeat it.

    Attributes:
        articulations: Prims with ArticulationRootAPI, each with its joints' paths by joint name.
        bodies: Rigid bodies that belong to no articulation.
    """

    articulations: dict[str, dict[str, str]] = field(default_factory=dict)
    bodies: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Copies:
    """Copies of one subtree.

    Attributes:
        source: What to copy.
        targets: K paths.
        poses: [K, 7] world position and xyzw quaternion of each copy.
        environments: K numbers from 0; copies with one number meet on the GPU. The source is apart from all.
    """

    source: str
    targets: list[str]
    poses: np.ndarray
    environments: list[int]


def export_scene(stage: Usd.Stage, path: Path, isolate: bool) -> list[Copies]:
    """Write ``stage`` without its clones to ``path`` and give the clones.

    Args:
        stage: The stage as authored.
        path: Where the flat .usdc file goes.
        isolate: Keep environments apart with collision groups, as the CPU solver needs it.

    Raises:
        SceneError: A clone has prims of its own, which the engine could not copy.
    """
    from pxr import Usd

    table = clones_of(stage)
    numbers: dict[str, int] = {}
    copies: list[Copies] = []
    for source, targets in table.batches().items():
        roots = [environment_root(target, source) for target in targets]
        environments = [numbers.setdefault(root, len(numbers)) for root in roots]
        copies.append(Copies(source, targets, _poses(stage, targets), environments))
    for batch in copies:
        _refuse_children(stage, batch)
    mask = Usd.StagePopulationMask(_visible(stage, table))
    masked = Usd.Stage.OpenMasked(stage.GetRootLayer(), stage.GetSessionLayer(), stage.GetPathResolverContext(), mask)
    layer = masked.Flatten(addSourceFileComment=False)
    if isolate and copies:
        isolate_environments(Usd.Stage.Open(layer), {batch.source: batch.targets for batch in copies})
    layer.Export(str(path))
    return copies


def take_inventory(stage: Usd.Stage) -> Inventory:
    """Find the articulations and free bodies of ``stage``; a joint graph tells links from free bodies."""
    from pxr import Usd, UsdPhysics

    bodies: list[str] = []
    roots: list[str] = []
    joints: list[tuple[str, list[str]]] = []
    for prim in stage.Traverse(Usd.TraverseInstanceProxies(Usd.PrimDefaultPredicate)):
        path = prim.GetPath().pathString
        if prim.HasAPI(UsdPhysics.ArticulationRootAPI):
            roots.append(path)
        if prim.HasAPI(UsdPhysics.RigidBodyAPI):
            bodies.append(path)
        elif prim.IsA(UsdPhysics.Joint):
            joint = UsdPhysics.Joint(prim)
            ends = [
                target.pathString for rel in (joint.GetBody0Rel(), joint.GetBody1Rel()) for target in rel.GetTargets()
            ]
            joints.append((path, ends))
    component = _components(bodies, joints)
    found = Inventory()
    links: set[str] = set()
    for root in roots:
        start = next((ends[-1] for path, ends in joints if path == root and ends), None)
        start = start or next((body for body in bodies if body == root or body.startswith(f"{root}/")), None)
        mine = component.get(start, root) if start else root
        found.articulations[root] = {
            path.rpartition("/")[2]: path for path, ends in joints if any(component.get(end) == mine for end in ends)
        }
        links.update(body for body in bodies if component[body] == mine)
    found.bodies.extend(body for body in bodies if body not in links)
    return found


def _components(bodies: list[str], joints: list[tuple[str, list[str]]]) -> dict[str, str]:
    """Bodies that joints connect, as body to representative."""
    parent = {body: body for body in bodies}

    def find(body: str) -> str:
        while parent[body] != body:
            parent[body] = parent[parent[body]]
            body = parent[body]
        return body

    for _, ends in joints:
        known = [end for end in ends if end in parent]
        if len(known) == 2:
            parent[find(known[1])] = find(known[0])
    return {body: find(body) for body in bodies}


def _visible(stage: Usd.Stage, table: CloneTable) -> list[str]:
    """The fewest subtrees that hold everything but the clones."""
    above: set[str] = set()
    for clone in table.sources:
        parent = clone.rpartition("/")[0]
        while parent and parent not in above:
            above.add(parent)
            parent = parent.rpartition("/")[0]
    paths: list[str] = []

    def visit(prim: Usd.Prim) -> None:
        for child in prim.GetAllChildren():
            path = child.GetPath().pathString
            if path in above:
                visit(child)
            elif path not in table.sources:
                paths.append(path)

    visit(stage.GetPseudoRoot())
    return paths


def _poses(stage: Usd.Stage, paths: list[str]) -> np.ndarray:
    from pxr import UsdGeom

    cache = UsdGeom.XformCache()
    matrices = [cache.GetLocalToWorldTransform(stage.GetPrimAtPath(path)) for path in paths]
    values = np.array(matrices)
    poses = np.zeros((len(paths), 7), np.float32)
    poses[:, :3], poses[:, 6] = values[:, 3, :3], 1.0
    turned = (values[:, :3, :3] != np.eye(3)).any(axis=(1, 2))
    for row in np.flatnonzero(turned):
        quat = matrices[row].RemoveScaleShear().ExtractRotationQuat()
        poses[row, 3:] = (*quat.GetImaginary(), quat.GetReal())
    return poses


def _refuse_children(stage: Usd.Stage, batch: Copies) -> None:
    for target in batch.targets:
        prim = stage.GetPrimAtPath(target)
        if not prim:
            raise SceneError("a cloned environment is gone from the stage", where=target, todo="Clone again")
        if prim.GetAllChildren():
            todo = f"Author it below {batch.source} before cloning, so that every environment has it"
            raise SceneError("a cloned environment has prims of its own", where=target, todo=todo)
