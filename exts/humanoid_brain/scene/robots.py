# SPDX-License-Identifier: Apache-2.0
"""Robots from where they come: the built-in humanoid, or a USD, URDF or MJCF file."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

from pxr import Sdf, Tf, Usd, UsdGeom, UsdPhysics

from humanoid_brain.config.robot import FileSource, HumanoidSource, RobotConfig
from humanoid_brain.errors import RobotError
from humanoid_brain.files import make_folder, sha256
from humanoid_brain.scene.author import author_drive, author_humanoid
from humanoid_brain.scene.joints import effective_groups, matching_groups, nominal_position
from humanoid_brain.scene.kinematics import read_tree
from humanoid_brain.scene.schemas import add_label, apply_api, set_attribute, set_units
from humanoid_brain.scene.trust import foreign_files

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

    Args:
        config: The robot's description.
        folder: Where a URDF or MJCF file is converted to; a temporary folder that ends with the process when it is
            left out.

    Raises:
        RobotError: The file is missing, of an unknown kind, or broken.
    """
    if isinstance(config.source, HumanoidSource):
        stage = Usd.Stage.CreateInMemory()
        set_units(stage)
        prim = author_humanoid(stage, "/Robot", config)
        return RobotAsset(stage, prim, f"robot '{config.name}'", None)
    return _open_file(robot_file(config.source, folder), Path(config.source.path))


def robot_file(source: FileSource, folder: Path | None = None) -> Path:
    """The USD file of ``source``, converted from URDF or MJCF where need be."""
    path = Path(source.path).expanduser()
    suffix = path.suffix.lower()
    if not path.is_file():
        raise RobotError("there is no such robot file", where=str(path), todo="Check robot.source.path")
    if suffix in USD_SUFFIXES:
        return path.resolve()
    if suffix not in (".urdf", ".xml"):
        kinds = ", ".join((*USD_SUFFIXES, ".urdf", ".xml"))
        raise RobotError(f"'{path.suffix}' is no kind of robot file", where=str(path), todo=f"Use one of {kinds}")
    if foreign := list(foreign_files(path)):
        raise RobotError(
            f"refers to files outside its folder: {', '.join(foreign)}",
            where=str(path),
            todo="Put all files of a robot into one folder",
        )
    key = (str(path.resolve()), sha256(path))
    if folder is None and key in _converted:
        return _converted[key]
    if folder is None:
        _temporary.append(tempfile.TemporaryDirectory(prefix="humanoid_brain_robot_"))
        target = Path(_temporary[-1].name)
    else:
        target = make_folder(folder)
    _converted[key] = _convert(path, target)
    return _converted[key]


def _convert(path: Path, folder: Path) -> Path:
    """Convert URDF (.urdf) or MJCF (.xml) into one USD file in ``folder``."""
    try:
        if path.suffix.lower() == ".urdf":
            from urdf_usd_converter import Converter as UrdfConverter

            asset = UrdfConverter(layer_structure=False, scene=False).convert(str(path), str(folder))
        else:
            from mujoco_usd_converter import Converter as MujocoConverter

            asset = MujocoConverter(layer_structure=False, scene=False).convert(str(path), str(folder))
    except ImportError as error:
        raise RobotError(
            f"the converter for '{path.suffix}' is not installed",
            where=str(path),
            todo="pip install humanoid-brain[standalone]",
        ) from error
    except Exception as error:  # the converters and the XML parsers below them raise many kinds
        raise RobotError(f"cannot be converted to USD: {error}", where=str(path), todo="Repair the file") from error
    return Path(asset.path).resolve()


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
    """Put the robot at ``path`` of ``stage``: author the humanoid, or refer to the file.

    A file's joints get the drives of the description, its feet report contacts.
    """
    if asset.file is None:
        return author_humanoid(stage, path, config)
    prim = UsdGeom.Xform.Define(stage, path).GetPrim()
    prim.GetReferences().AddReference(str(asset.file))
    add_label(prim, config.name)
    tree = read_tree(prim)
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


def articulation_root(robot: Usd.Prim) -> Usd.Prim | None:
    """The prim below ``robot`` that carries the articulation root, or None."""
    return next((prim for prim in Usd.PrimRange(robot) if prim.HasAPI(UsdPhysics.ArticulationRootAPI)), None)
