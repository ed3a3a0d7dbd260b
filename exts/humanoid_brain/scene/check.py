# SPDX-License-Identifier: Apache-2.0
"""What does not fit between a robot's USD and its description, found before anything is simulated."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from pxr import Usd, UsdGeom, UsdPhysics

from humanoid_brain.config.robot import RobotConfig
from humanoid_brain.errors import RobotError
from humanoid_brain.scene.joints import matching_groups, mirrored_name, nominal_position
from humanoid_brain.scene.kinematics import JointInfo, Tree, collision_points, read_tree
from humanoid_brain.scene.robots import RobotAsset
from humanoid_brain.scene.trust import foreign_paths, scripting_prims

LIMIT_TOLERANCE = 1e-3
"""Slack in rad for a nominal position at a limit: USD keeps limits in degrees as 32-bit floats."""


@dataclass(frozen=True)
class Finding:
    """Something that does not fit. An error stops the scene from being built, a warning does not."""

    severity: str
    """"error" or "warning"."""
    where: str
    """Prim path, joint, link or field."""
    what: str
    todo: str

    def __str__(self) -> str:
        return f"{self.severity}: {self.where}: {self.what}. {self.todo}"


def check_robot(asset: RobotAsset, config: RobotConfig) -> list[Finding]:
    """Everything that does not fit between the opened robot and its description, errors first."""
    tree = read_tree(asset.prim)
    findings = [
        *_check_trust(asset),
        *_check_units(asset.stage),
        *_check_root(tree, config),
        *_check_links(asset.stage, tree, config),
        *_check_masses(asset.stage, tree),
        *_check_groups(tree, config),
    ]
    for joint in tree.joints:
        findings += _check_joint(joint, tree, config)
    return sorted(findings, key=lambda finding: finding.severity != "error")


def require_fit(asset: RobotAsset, config: RobotConfig) -> list[Finding]:
    """Check the robot; return the warnings.

    Raises:
        RobotError: There are errors; the message lists every finding.
    """
    findings = check_robot(asset, config)
    errors = [finding for finding in findings if finding.severity == "error"]
    if errors:
        lines = "\n".join(f"  {finding}" for finding in findings)
        noun = "error" if len(errors) == 1 else "errors"
        raise RobotError(f"the robot does not fit its description, {len(errors)} {noun}:\n{lines}", where=asset.name)
    return findings


def _check_trust(asset: RobotAsset) -> Iterator[Finding]:
    for path in scripting_prims(asset.stage):
        yield Finding(
            "error", path, "carries a script that Kit would run", "Remove it, or use a file from someone you trust"
        )
    if asset.file is not None:
        for path, reason in foreign_paths(asset.file):
            yield Finding("error", path, reason, "Put all files of a robot into one folder")


def _check_units(stage: Usd.Stage) -> Iterator[Finding]:
    if UsdGeom.GetStageUpAxis(stage) != UsdGeom.Tokens.z:
        yield Finding("error", "upAxis", f"is {UsdGeom.GetStageUpAxis(stage)}", "Export the robot with z up")
    scale = UsdGeom.GetStageMetersPerUnit(stage)
    if not math.isclose(scale, 1.0, rel_tol=1e-6):
        yield Finding("error", "metersPerUnit", f"is {scale:g}", "Export the robot in metres")
    mass = UsdPhysics.GetStageKilogramsPerUnit(stage)
    if not math.isclose(mass, 1.0, rel_tol=1e-6):
        yield Finding("error", "kilogramsPerUnit", f"is {mass:g}", "Export the robot in kilograms")


def _check_root(tree: Tree, config: RobotConfig) -> Iterator[Finding]:
    if not tree.articulation_roots:
        yield Finding(
            "error", config.root_link, "no prim carries PhysicsArticulationRootAPI", "Apply it to the root link"
        )
    elif len(tree.articulation_roots) > 1:
        paths = ", ".join(tree.articulation_roots)
        yield Finding("error", paths, "there are several articulation roots", "Keep the one on the root link")
    elif tree.root == config.root_link and tree.articulation_roots[0] != tree.links[tree.root]:
        yield Finding(
            "warning",
            tree.articulation_roots[0],
            "the articulation root is not on the root link",
            f"Isaac Sim may take another link for the root; move it to {tree.links[tree.root]}",
        )
    if tree.links and tree.root != config.root_link:
        yield Finding(
            "error",
            "root_link",
            f"is '{config.root_link}', but the link without a parent joint is '{tree.root}'",
            f"Set root_link: {tree.root}",
        )


def _check_links(stage: Usd.Stage, tree: Tree, config: RobotConfig) -> Iterator[Finding]:
    if not tree.links:
        yield Finding("error", "links", "there is no rigid body", "Apply PhysicsRigidBodyAPI to the links")
        return
    for path in tree.anchors:
        yield Finding("warning", path, "the joint holds the robot to the world", "It is switched off in the scene")
    for name in tree.loose:
        yield Finding("error", name, "no joint connects this link to the root", "Add a joint, or remove the link")
    known = ", ".join(tree.links)
    for field, name in (("torso_link", config.torso_link), *(("feet", foot) for foot in config.feet)):
        if name not in tree.links:
            yield Finding("error", field, f"there is no link '{name}'", f"The links are {known}")
    for foot in config.feet:
        if foot in tree.links and not len(collision_points(stage.GetPrimAtPath(tree.links[foot]))):
            yield Finding(
                "error", foot, "the foot has no collision shape", "Give it one, or name the right link in feet"
            )


def _check_masses(stage: Usd.Stage, tree: Tree) -> Iterator[Finding]:
    for name, path in tree.links.items():
        prim = stage.GetPrimAtPath(path)
        api = UsdPhysics.MassAPI(prim)
        mass = float(api.GetMassAttr().Get() or 0.0) if prim.HasAPI(UsdPhysics.MassAPI) else 0.0
        moments = np.array(api.GetDiagonalInertiaAttr().Get() or (0.0, 0.0, 0.0), float)
        has_shape = len(collision_points(prim)) > 0
        if mass < 0.0:
            yield Finding("error", name, f"the mass is {mass:g} kg", "Give it its mass")
        if mass == 0.0 and has_shape:
            yield Finding(
                "warning", name, "the link has no mass of its own, its shapes give it", "Author the mass on the link"
            )
        if mass == 0.0 and not has_shape:
            yield Finding("error", name, "the link has neither mass nor shape", "Give it a mass, or merge it")
        if not moments.any():
            if not has_shape:
                yield Finding("error", name, "the inertia is zero", "Give the link its diagonalInertia")
        elif moments.min() <= 0.0 or moments.max() > (moments.sum() - moments.max()) * 1.001:
            text = ", ".join(f"{value:g}" for value in moments)
            yield Finding(
                "error",
                name,
                f"no body has the principal moments ({text}) kg*m^2",
                "Each must be positive and at most the sum of the others",
            )


def _check_groups(tree: Tree, config: RobotConfig) -> Iterator[Finding]:
    matched = {group for name in tree.dof_names for group in matching_groups(name, config)}
    for name, group in config.joints.items():
        if name not in matched:
            yield Finding(
                "error",
                f"joints.{name}",
                f"the pattern '{group.pattern}' matches no joint",
                f"The joints are {', '.join(tree.dof_names)}",
            )


def _check_joint(joint: JointInfo, tree: Tree, config: RobotConfig) -> Iterator[Finding]:
    if joint.kind == "fixed":
        return
    if joint.kind != "revolute":
        yield Finding("error", joint.path, f"a {joint.kind} joint is not supported", "Use revolute and fixed joints")
        return
    groups = matching_groups(joint.name, config)
    if len(groups) != 1:
        what = f"joint groups {', '.join(groups)} all match it" if groups else "no joint group matches it"
        yield Finding("error", joint.name, what, "Change the patterns so that exactly one does")
        return
    if mirrored_name(joint.name, config) not in tree.dof_names:
        twin = mirrored_name(joint.name, config)
        yield Finding(
            "error", joint.name, f"there is no joint '{twin}' to mirror it", "Set left_prefix and right_prefix"
        )
    nominal = nominal_position(joint.name, config.joints[groups[0]], config)
    if not joint.lower - LIMIT_TOLERANCE <= nominal <= joint.upper + LIMIT_TOLERANCE:
        yield Finding(
            "error",
            joint.name,
            f"the nominal position {nominal:g} rad is outside its limits {joint.lower:g} to {joint.upper:g} rad",
            f"Change joints.{groups[0]}.nominal",
        )
    if not joint.has_drive:
        yield Finding("warning", joint.name, "the joint has no drive", "One with the description's gains is added")
