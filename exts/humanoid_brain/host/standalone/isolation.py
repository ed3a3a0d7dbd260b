# SPDX-License-Identifier: Apache-2.0
"""Environments that never collide with one another on the CPU, while a robot still can with itself.

PhysX tells environments apart by an id on the GPU only. On the CPU each environment gets a collision group of its
own, under physxScene:invertCollisionGroupFilter: groups collide only with the groups they list, and each lists
itself. A collider in no group, such as the ground, meets everything. The engine asks for the group of a cloned
collider by the clone's path, so a group may name colliders that exist only once the clones are made.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pxr import Usd

_ROOT = "/_environment_collisions"
_FREE = ""  # the colliders that no authored group names


def isolate_environments(stage: Usd.Stage, clones: Mapping[str, Sequence[str]]) -> None:
    """Author one collision group per environment on ``stage``, which holds each source once and no clone.

    Groups that the stage already has keep their meaning inside each environment and towards the world.

    Args:
        stage: The stage to change.
        clones: Source path to the paths of its clones.
    """
    from pxr import Sdf, UsdPhysics

    members, rules = _authored_groups(stage)
    label_of = {path: name for name, paths in members.items() for path in paths}
    environments = _environments(stage, clones, label_of)
    outside = _outside(members, environments)
    for scene in (prim for prim in stage.Traverse() if prim.IsA(UsdPhysics.Scene)):
        scene.AddAppliedSchema("PhysxSceneAPI")
        scene.CreateAttribute("physxScene:invertCollisionGroupFilter", Sdf.ValueTypeNames.Bool, False).Set(True)
    for name in members:
        stage.RemovePrim(name)
    stage.DefinePrim(_ROOT, "Scope")
    layer = stage.GetRootLayer()
    with Sdf.ChangeBlock():
        for world in outside:
            meets = [path for env in environments for label, path in env.groups.items() if rules.allow(world, label)]
            peers = [path for other, path in outside.items() if rules.allow(world, other)]
            _author(layer, outside[world], sorted(members[world]), meets + peers)
        for env in environments:
            for label, path in env.groups.items():
                inner = [other for name, other in env.groups.items() if rules.allow(label, name)]
                outer = [other for name, other in outside.items() if rules.allow(label, name)]
                _author(layer, path, env.colliders[label], inner + outer)


@dataclass(frozen=True)
class _Environment:
    groups: dict[str, str]  # label to the group's path
    colliders: dict[str, list[str]]  # label to collider paths


@dataclass(frozen=True)
class _Rules:
    """Which authored groups may collide."""

    inverted: bool
    listed: dict[str, set[str]]

    def allow(self, one: str, other: str) -> bool:
        if not one or not other:
            return True
        named = other in self.listed[one] or one in self.listed[other]
        return named if self.inverted else not named


def _authored_groups(stage: Usd.Stage) -> tuple[dict[str, set[str]], _Rules]:
    from pxr import UsdPhysics

    members: dict[str, set[str]] = {}
    listed: dict[str, set[str]] = {}
    inverted = False
    colliders = _colliders(stage, "/")
    for prim in stage.Traverse():
        if prim.IsA(UsdPhysics.CollisionGroup):
            group, path = UsdPhysics.CollisionGroup(prim), prim.GetPath().pathString
            query: Usd.CollectionMembershipQuery = group.GetCollidersCollectionAPI().ComputeMembershipQuery()
            members[path] = {collider for collider in colliders if query.IsPathIncluded(collider)}
            listed[path] = {target.pathString for target in group.GetFilteredGroupsRel().GetTargets()}
        elif prim.IsA(UsdPhysics.Scene):
            inverted |= bool(prim.GetAttribute("physxScene:invertCollisionGroupFilter").Get())
    return members, _Rules(inverted, listed)


def _environments(
    stage: Usd.Stage, clones: Mapping[str, Sequence[str]], label_of: Mapping[str, str]
) -> list[_Environment]:
    paths: dict[str, list[tuple[str, str]]] = {}  # environment root to (collider, label)
    for source, targets in clones.items():
        mine = [(path[len(source) :], label_of.get(path, _FREE)) for path in _colliders(stage, source)]
        home = environment_root(source, targets[0])
        if home not in paths:
            paths[home] = [(path, label_of.get(path, _FREE)) for path in _colliders(stage, home)]
        for target in targets:
            root = environment_root(target, source)
            if root not in paths:
                paths[root] = [(path, label_of.get(path, _FREE)) for path in _colliders(stage, root)]
            paths[root].extend((target + suffix, label) for suffix, label in mine)
    environments: list[_Environment] = []
    for index, found in enumerate(paths.values()):
        colliders: dict[str, list[str]] = {}
        for path, label in found:
            colliders.setdefault(label, []).append(path)
        groups = {label: f"{_ROOT}/env_{index}_{rank}" for rank, label in enumerate(colliders)}
        environments.append(_Environment(groups, colliders))
    return environments


def environment_root(path: str, other: str) -> str:
    """The environment that ``path`` belongs to: what is left of it without the elements it shares with ``other``.

    A clone of ``/World/envs/env_0/Robot`` at ``/World/envs/env_3/Robot`` belongs to ``/World/envs/env_3``.
    """
    mine, theirs = path.split("/"), other.split("/")
    while len(mine) > 2 and len(theirs) > 2 and mine[-1] == theirs[-1]:
        mine.pop()
        theirs.pop()
    return "/".join(mine)


def _outside(members: Mapping[str, set[str]], environments: Sequence[_Environment]) -> dict[str, str]:
    """Authored groups that hold colliders outside every environment, with their new paths."""
    inside = {path for env in environments for paths in env.colliders.values() for path in paths}
    found: dict[str, str] = {}
    for name, paths in members.items():
        paths -= inside  # what is inside an environment moves to that environment's group
        if paths:
            found[name] = f"{_ROOT}/world_{len(found)}"
    return found


def _colliders(stage: Usd.Stage, root: str) -> list[str]:
    from pxr import Usd, UsdPhysics

    prim = stage.GetPrimAtPath(root)
    if not prim:
        return []
    prims = Usd.PrimRange(prim, Usd.TraverseInstanceProxies(Usd.PrimDefaultPredicate))
    return [each.GetPath().pathString for each in prims if each.HasAPI(UsdPhysics.CollisionAPI)]


def _author(layer: object, path: str, colliders: Sequence[str], meets: Sequence[str]) -> None:
    from pxr import Sdf

    spec = Sdf.CreatePrimInLayer(layer, path)
    spec.specifier, spec.typeName = Sdf.SpecifierDef, "PhysicsCollisionGroup"
    spec.SetInfo("apiSchemas", Sdf.TokenListOp.Create(prependedItems=["CollectionAPI:colliders"]))
    for name, targets in (("collection:colliders:includes", colliders), ("physics:filteredGroups", meets)):
        relationship = Sdf.RelationshipSpec(spec, name, False)
        relationship.targetPathList.explicitItems = [Sdf.Path(target) for target in targets]
