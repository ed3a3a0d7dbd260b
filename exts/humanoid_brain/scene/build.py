# SPDX-License-Identifier: Apache-2.0
"""From a SceneConfig to a USD stage: on the host's stage with clones, or as a file that Isaac Sim opens as it is."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from pxr import Gf, Sdf, Usd, UsdGeom, UsdUtils

from humanoid_brain.config.robot import RobotConfig
from humanoid_brain.config.scene import PhysicsConfig, SceneConfig
from humanoid_brain.errors import SceneError
from humanoid_brain.scene.check import require_fit
from humanoid_brain.scene.export import write_layer
from humanoid_brain.scene.kinematics import Tree, read_tree
from humanoid_brain.scene.placement import KeepClear
from humanoid_brain.scene.robot import stance
from humanoid_brain.scene.robots import RobotAsset, articulation_root, open_robot, place_robot
from humanoid_brain.scene.schemas import apply_api, set_attribute
from humanoid_brain.scene.surroundings import GROUND, PHYSICS_SCENE, author_surroundings

if TYPE_CHECKING:
    from humanoid_brain.host import Host

ENVS = "/World/envs"
SOURCE_ENV = f"{ENVS}/env_0"
ROBOT = f"{SOURCE_ENV}/Robot"


@dataclass(frozen=True)
class BuiltScene:
    """A scene on the host's stage, and how to address what is in it."""

    stage: Usd.Stage
    robot: RobotConfig
    """The robot's description."""
    env_origins: npt.NDArray[np.float32]
    """[N, 3] positions of the environments in m."""
    link_paths: dict[str, str]
    """Path of each link below its environment's Robot prim."""
    dof_names: list[str]
    """Names of the joints with a degree of freedom, from the root outwards."""

    @property
    def num_envs(self) -> int:
        """Number of environments."""
        return len(self.env_origins)

    @property
    def robot_expr(self) -> str:
        """Expression that matches the articulation root of every environment."""
        return self.link_expr(self.robot.root_link)

    def link_expr(self, link: str) -> str:
        """Expression that matches the named link in every environment.

        Raises:
            SceneError: The robot has no such link.
        """
        if link not in self.link_paths:
            raise SceneError(
                f"the robot has no link '{link}'",
                where=f"robot '{self.robot.name}'",
                todo=f"Its links are {', '.join(self.link_paths)}",
            )
        return f"{ENVS}/env_.*/Robot/{self.link_paths[link]}"


def build_scene(
    config: SceneConfig, host: Host, num_envs: int | None = None, *, crowd: int | None = None
) -> BuiltScene:
    """Author the scene on the host's current stage, which should be new, and clone its first environment.

    Args:
        config: What to build.
        host: From :func:`humanoid_brain.host.load`.
        num_envs: Number of environments; that of ``config`` when it is left out.
        crowd: Number of environments, also with an interior, which is there once: for those who put the robots
            where they do not meet what is in it.

    Raises:
        SceneError: The robot does not fit its description; the message lists every finding. Or several environments
            are asked for with an interior.
    """
    count = _count(config, num_envs) if crowd is None else crowd
    asset = open_robot(config.robot)
    require_fit(asset, config.robot)
    stage = host.stage.get_current_stage()
    author_surroundings(stage, config, grid_extent(count, config.spacing), count)
    _furnish(stage, config)
    cloner = host.GridCloner(spacing=config.spacing)
    cloner.define_base_env(ENVS)
    tree = _author_environment(stage, config, asset)
    paths = cloner.generate_paths(f"{ENVS}/env", count)
    origins = cloner.clone(
        source_prim_path=SOURCE_ENV, prim_paths=paths, replicate_physics=True, base_env_path=ENVS, enable_env_ids=True
    )
    if count > 1 and host.name == "isaac":  # the standalone host keeps environments apart by itself
        cloner.filter_collisions(PHYSICS_SCENE, "/World/collisions", paths, global_paths=[GROUND])
    origins = np.array(origins, np.float32).reshape(count, 3)
    return BuiltScene(stage, config.robot, origins, _relative(tree), tree.dof_names)


def write_scene(config: SceneConfig, path: Path, num_envs: int | None = None) -> None:
    """Write the scene as one USD file; environments beyond the first refer to it.

    A robot from a USD file stays where it is and is referred to by a relative path; one from URDF or MJCF is
    converted into a folder beside the scene.

    Raises:
        SceneError: The suffix is not .usd, .usda or .usdc, the robot does not fit its description, or several
            environments are asked for with an interior.
        StorageError: The folder cannot be written.
    """
    count = _count(config, num_envs)
    asset = open_robot(config.robot, path.parent / f"{path.stem}_robot")
    require_fit(asset, config.robot)
    stage = Usd.Stage.CreateInMemory()
    author_surroundings(stage, config, grid_extent(count, config.spacing), count)
    _furnish(stage, config)
    UsdGeom.Scope.Define(stage, ENVS)
    _author_environment(stage, config, asset)
    for i, origin in enumerate(grid_origins(count, config.spacing)):
        env = UsdGeom.Xform.Define(stage, f"{ENVS}/env_{i}")
        if i > 0:
            env.GetPrim().GetReferences().AddInternalReference(SOURCE_ENV)
        env.ClearXformOpOrder()
        env.AddTranslateOp().Set(Gf.Vec3d(*origin.tolist()))
    layer = Sdf.Layer.CreateAnonymous(".usda")
    layer.TransferContent(stage.GetRootLayer())
    folder = str(path.parent.resolve())
    UsdUtils.ModifyAssetPaths(
        layer, lambda asset: os.path.relpath(asset, folder) if Path(asset).is_absolute() else asset
    )
    write_layer(layer, path)


def grid_origins(count: int, spacing: float) -> npt.NDArray[np.float64]:
    """[N, 3] positions in m on the grid of Isaac Sim's GridCloner, centred on the origin."""
    rows = math.ceil(count / max(math.isqrt(count), 1))
    columns = math.ceil(count / rows)
    row, column = np.divmod(np.arange(count), columns)
    x, y = (rows - 1) / 2 - row, column - (columns - 1) / 2
    return np.stack([x * spacing, y * spacing, np.zeros(count)], 1).astype(np.float64)


def grid_extent(count: int, spacing: float) -> float:
    """Distance in m from the grid's centre to the outer edge of its last environment, along an axis."""
    return float(np.abs(grid_origins(count, spacing)).max()) + spacing / 2


def camera_way(config: SceneConfig) -> KeepClear:
    """The way from the scene's camera to the robot, which layouts leave free.

    Raises:
        SceneError: The scene has no interior.
    """
    if config.interior is None:
        raise SceneError("there is no interior", where="interior", todo="Set interior in the scene's configuration")
    x, y, _ = config.camera.position
    return KeepClear((x, y), (0.0, 0.0), config.interior.camera_clearance)


def _count(config: SceneConfig, num_envs: int | None) -> int:
    count = config.num_envs if num_envs is None else num_envs
    if count < 1:
        raise SceneError(f"{count} environments cannot be built", where="num_envs", todo="Ask for at least one")
    if count > 1 and config.interior is not None:
        raise SceneError(
            f"an interior holds one environment, not {count}",
            where="num_envs",
            todo="Set num_envs to 1, or leave interior out",
        )
    return count


def _furnish(stage: Usd.Stage, config: SceneConfig) -> None:
    """Author the interior, if there is one, in the layout of frame 0; it hides the checker."""
    if config.interior is None:
        return
    from humanoid_brain.scene.interiors import author_interior  # these know all furniture, which takes a while
    from humanoid_brain.scene.layouts import apply_layout, draw_layout

    author_interior(stage, config.interior)
    apply_layout(stage, draw_layout(config.interior, 0, 0, [camera_way(config)]))
    for parity in range(len(config.ground.colors)):
        UsdGeom.Imageable(stage.GetPrimAtPath(f"{GROUND}/tiles_{parity}")).MakeInvisible()


def _author_environment(stage: Usd.Stage, config: SceneConfig, asset: RobotAsset) -> Tree:
    UsdGeom.Xform.Define(stage, SOURCE_ENV)
    robot = place_robot(stage, ROBOT, config.robot, asset)
    tree = read_tree(robot)
    root = articulation_root(robot)
    assert root is not None  # require_fit has seen it
    _author_solver(stage.OverridePrim(root.GetPath()), config.physics)
    if asset.file is not None:
        _stand(robot, config.robot, tree, asset)
    return tree


def _author_solver(root: Usd.Prim, config: PhysicsConfig) -> None:
    apply_api(root, "PhysxArticulationAPI")
    types = Sdf.ValueTypeNames
    set_attribute(root, "physxArticulation:enabledSelfCollisions", types.Bool, config.self_collision)
    set_attribute(root, "physxArticulation:solverPositionIterationCount", types.Int, config.position_iterations)
    set_attribute(root, "physxArticulation:solverVelocityIterationCount", types.Int, config.velocity_iterations)
    set_attribute(root, "physxArticulation:sleepThreshold", types.Float, 0.0)
    set_attribute(root, "physxArticulation:stabilizationThreshold", types.Float, 0.0)


def _stand(robot: Usd.Prim, config: RobotConfig, tree: Tree, asset: RobotAsset) -> None:
    """Lift a robot from a file so that its soles are on the ground in the pose that the file has."""
    height, _ = stance(config, {}, asset)
    link = robot.GetStage().GetPrimAtPath(tree.links[config.root_link])
    now = UsdGeom.XformCache().GetLocalToWorldTransform(link).ExtractTranslation()[2]
    UsdGeom.Xformable(robot).AddTranslateOp(opSuffix="stand").Set(Gf.Vec3d(0.0, 0.0, height - now))


def _relative(tree: Tree) -> dict[str, str]:
    return {name: path[len(ROBOT) + 1 :] for name, path in tree.links.items()}
