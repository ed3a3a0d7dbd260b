# SPDX-License-Identifier: Apache-2.0
"""Robots from where they come: the built-in humanoid, or a USD, URDF or MJCF file."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from pxr import Sdf, Tf, Usd, UsdGeom, UsdPhysics

from humanoid_brain.config.robot import FileSource, HumanoidSource, RobotConfig
from humanoid_brain.errors import RobotError
from humanoid_brain.files import sha256
from humanoid_brain.scene.author import author_drive, author_humanoid
from humanoid_brain.scene.convert import convert
from humanoid_brain.scene.converters import MODULES
from humanoid_brain.scene.joints import effective_groups, matching_groups, nominal_position
from humanoid_brain.scene.kinematics import Tree, read_tree
from humanoid_brain.scene.schemas import add_label, apply_api, set_attribute, set_units

USD_SUFFIXES = (".usd", ".usda", ".usdc", ".usdz")
_converted: dict[tuple[str, str], Path] = {}
_temporary: list[tempfile.TemporaryDirectory[str]] = []


@dataclass(frozen=True)
class RobotAsset:
    """A robot on a stage of its own."""

    stage: Usd.Stage
    prim: Usd.Prim
    """The robot's top prim."""
    name: str
    """The file, or what stands for it in messages."""
    file: Path | None
    """The USD file to refer to; None for the built-in humanoid."""


def open_robot(config: RobotConfig, folder: Path | None = None) -> RobotAsset:
    """Open the robot that ``config`` names, on a stage of its own and without Kit, so that no script in it runs.

    The stage is for reading: that of the built-in humanoid is the same for the same description.

    Args:
        config: The robot's description.
        folder: Where a URDF or MJCF file is converted to; a temporary folder that ends with the process when it is
            left out.

    Raises:
        RobotError: The file is missing, of an unknown kind, or broken, or there is no converter for it.
    """
    if isinstance(config.source, HumanoidSource):
        return _humanoid(config.model_dump_json())
    return _open_file(robot_file(config.source, folder), Path(config.source.path))


@lru_cache(maxsize=2)
def _humanoid(description: str) -> RobotAsset:
    config = RobotConfig.model_validate_json(description)
    stage = Usd.Stage.CreateInMemory()
    set_units(stage)
    prim = author_humanoid(stage, "/Robot", config)
    stage.SetDefaultPrim(prim)
    return RobotAsset(stage, prim, f"robot '{config.name}'", None)


def robot_file(source: FileSource, folder: Path | None = None) -> Path:
    """The USD file of ``source``, converted from URDF or MJCF where need be."""
    path = Path(source.path).expanduser()
    suffix = path.suffix.lower()
    if not path.is_file():
        raise RobotError("there is no such robot file", where=str(path), todo="Check robot.source.path")
    if suffix in USD_SUFFIXES:
        return path.resolve()
    if suffix not in MODULES:
        kinds = ", ".join((*USD_SUFFIXES, *MODULES))
        raise RobotError(f"'{path.suffix}' is no kind of robot file", where=str(path), todo=f"Use one of {kinds}")
    if folder is not None:
        return convert(path, folder)
    key = (str(path.resolve()), sha256(path))
    if key not in _converted:
        _temporary.append(tempfile.TemporaryDirectory(prefix="humanoid_brain_robot_"))
        _converted[key] = convert(path, Path(_temporary[-1].name))
    return _converted[key]


def _open_file(file: Path, source: Path) -> RobotAsset:
    try:
        stage = Usd.Stage.Open(str(file), Usd.Stage.LoadAll)
    except Tf.ErrorException as error:
        raise RobotError("not a readable USD file", where=str(source), todo="Export it again") from error
    prim = stage.GetDefaultPrim()
    if not prim:
        raise RobotError(
            "the USD file has no default prim, so it cannot be referenced",
            where=str(source),
            todo="Set its default prim to the robot",
        )
    return RobotAsset(stage, prim, str(source), file)


def place_robot(stage: Usd.Stage, path: str, config: RobotConfig, asset: RobotAsset) -> Usd.Prim:
    """Put the robot at ``path`` of ``stage``: copy the humanoid, or refer to the file.

    A file's robot is freed from the world, its joints get the drives of the description, its feet report contacts.
    """
    prim = UsdGeom.Xform.Define(stage, path).GetPrim()
    if asset.file is None:
        Sdf.CopySpec(asset.stage.GetRootLayer(), asset.prim.GetPath(), stage.GetEditTarget().GetLayer(), path)
        return prim
    prim.GetReferences().AddReference(str(asset.file))
    add_label(prim, config.name)
    tree = read_tree(prim)
    for anchor in tree.anchors:
        stage.OverridePrim(anchor).SetActive(False)
    _make_transformable(stage, tree, path)
    groups = effective_groups(config)
    for joint in tree.joints:
        names = matching_groups(joint.name, config)
        if joint.kind == "revolute" and len(names) == 1:
            group = groups[names[0]]
            author_drive(stage.OverridePrim(joint.path), group, nominal_position(joint.name, group, config))
    for foot in config.feet:
        if foot in tree.links:
            link = stage.OverridePrim(tree.links[foot])
            apply_api(link, "PhysxContactReportAPI")
            set_attribute(link, "physxContactReport:threshold", Sdf.ValueTypeNames.Float, 0.0)
    return prim


def _make_transformable(stage: Usd.Stage, tree: Tree, robot: str) -> None:
    """Turn scopes above links into transforms: ovphysx 0.7 loses what stands above a Scope."""
    for path in tree.links.values():
        parent = stage.GetPrimAtPath(path).GetParent()
        while str(parent.GetPath()) != robot:
            if not parent.IsA(UsdGeom.Xformable):
                UsdGeom.Xform.Define(stage, parent.GetPath())
            parent = parent.GetParent()


def articulation_root(robot: Usd.Prim) -> Usd.Prim | None:
    """The prim below ``robot`` that carries the articulation root, or None."""
    return next((prim for prim in Usd.PrimRange(robot) if prim.HasAPI(UsdPhysics.ArticulationRootAPI)), None)
