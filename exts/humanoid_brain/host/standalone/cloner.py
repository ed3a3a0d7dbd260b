# SPDX-License-Identifier: Apache-2.0
"""Environments by copying one. Names follow isaacsim.core.cloner."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from humanoid_brain.errors import SceneError
from humanoid_brain.host.standalone.arrays import Values, to_numpy
from humanoid_brain.host.standalone.clones import clones_of
from humanoid_brain.host.standalone.utils.stage import get_current_stage

if TYPE_CHECKING:
    from pxr import Sdf, Usd

_COPY_OPS = ["xformOp:translate", "xformOp:orient", "xformOp:scale"]
_UPRIGHT = (1.0, 0.0, 0.0, 0.0)


class Cloner:
    """Copies a prim to many paths, in the physics engine; on the stage a copy is one Xform prim.

    Args:
        stage: The stage; the current one if None.
    """

    def __init__(self, stage: Usd.Stage | None = None) -> None:
        self._stage = stage or get_current_stage()
        self._base_env_path: str | None = None

    def define_base_env(self, base_env_path: str) -> None:
        """Make the prim below which the environments go."""
        from pxr import UsdGeom

        UsdGeom.Scope.Define(self._stage, base_env_path)
        self._base_env_path = base_env_path

    def generate_paths(self, root_path: str, num_paths: int) -> list[str]:
        """``root_path`` with _0, _1, ... appended."""
        return [f"{root_path}_{i}" for i in range(num_paths)]

    def replicate_physics(
        self,
        source_prim_path: str,
        prim_paths: list[str],
        base_env_path: str,
        root_path: str,
        enable_env_ids: bool = False,
        clone_in_fabric: bool = False,
    ) -> None:
        """Register copies that :meth:`clone` did not; it always does here."""
        clones_of(self._stage).add(source_prim_path, prim_paths)

    def clone(
        self,
        source_prim_path: str,
        prim_paths: list[str],
        positions: Values | None = None,
        orientations: Values | None = None,
        replicate_physics: bool = False,
        base_env_path: str | None = None,
        root_path: str | None = None,
        copy_from_source: bool = False,
        unregister_physics_replication: bool = False,
        enable_env_ids: bool = False,
        clone_in_fabric: bool = False,
    ) -> None:
        """Copy ``source_prim_path`` to each of ``prim_paths``, which may contain the source itself.

        Args:
            source_prim_path: What to copy.
            prim_paths: N paths.
            positions: [N, 3] m in the parent's frame; the source's position if None. The source moves too.
            orientations: [N, 4] wxyz.
            replicate_physics: Copies are always made by the engine here.
            base_env_path: Unused here.
            root_path: Unused here.
            copy_from_source: Copies always follow the source's state at play.
            unregister_physics_replication: Unused here.
            enable_env_ids: Environments are always kept apart here, on the CPU and on the GPU.
            clone_in_fabric: Unused here.

        Raises:
            SceneError: There is no source, or a path is taken.
        """
        source = self._stage.GetPrimAtPath(source_prim_path)
        if not source:
            raise SceneError("there is nothing to clone", where=source_prim_path)
        where, turns = self._poses(source, len(prim_paths), positions, orientations)
        targets = [path for path in prim_paths if path != source_prim_path]
        taken = next((path for path in targets if self._is_taken(path)), None)
        if taken:
            raise SceneError("a prim is already there", where=taken, todo="Clone to paths that are free")
        self._author(prim_paths, source_prim_path, where, turns)
        clones_of(self._stage).add(source_prim_path, targets)

    def disable_change_listener(self) -> None:
        """Nothing listens to the stage here."""

    def enable_change_listener(self) -> None:
        """Nothing listens to the stage here."""

    def filter_collisions(
        self,
        physicsscene_path: str,
        collision_root_path: str,
        prim_paths: list[str],
        global_paths: Sequence[str] = (),
    ) -> None:
        """Author collision groups, one per environment, as Isaac Sim does.

        Not needed here: environments are kept apart anyway. The groups serve whoever opens the stage elsewhere.

        Args:
            physicsscene_path: The physics scene, which gets inverted group filters.
            collision_root_path: Where the groups go.
            prim_paths: The environments.
            global_paths: What every environment collides with.
        """
        from pxr import Sdf, UsdGeom, UsdPhysics

        scene = self._stage.GetPrimAtPath(physicsscene_path)
        if not scene:
            raise SceneError("there is no physics scene at this path", where=physicsscene_path)
        scene.AddAppliedSchema("PhysxSceneAPI")
        scene.CreateAttribute("physxScene:invertCollisionGroupFilter", Sdf.ValueTypeNames.Bool, False).Set(True)
        UsdGeom.Scope.Define(self._stage, collision_root_path)
        world = f"{collision_root_path}/global_group"
        groups = [f"{collision_root_path}/group{i}" for i in range(len(prim_paths))]
        if global_paths:
            group = UsdPhysics.CollisionGroup.Define(self._stage, world)
            group.GetCollidersCollectionAPI().CreateIncludesRel().SetTargets(list(global_paths))
            group.CreateFilteredGroupsRel().SetTargets([world, *groups])
        for path, prim_path in zip(groups, prim_paths, strict=True):
            group = UsdPhysics.CollisionGroup.Define(self._stage, path)
            group.GetCollidersCollectionAPI().CreateIncludesRel().SetTargets([prim_path])
            group.CreateFilteredGroupsRel().SetTargets([path, world] if global_paths else [path])

    def _poses(
        self, source: Usd.Prim, count: int, positions: Values | None, orientations: Values | None
    ) -> tuple[np.ndarray, np.ndarray]:
        from humanoid_brain.host.standalone.xform import local_pose

        here, turn = local_pose(source)
        where = np.broadcast_to(here if positions is None else to_numpy(positions), (count, 3))
        return where, np.broadcast_to(turn if orientations is None else to_numpy(orientations), (count, 4))

    def _is_taken(self, path: str) -> bool:
        prim = self._stage.GetPrimAtPath(path)
        return bool(prim) and (bool(prim.GetAllChildren()) or path in clones_of(self._stage).sources)

    def _author(self, paths: Sequence[str], source: str, where: np.ndarray, turns: np.ndarray) -> None:
        """One Xform per clone, copied as specs in one go: defining thousands of prims one by one takes seconds."""
        from pxr import Gf, Sdf

        from humanoid_brain.host.standalone.xform import set_local_pose

        layer = self._stage.GetEditTarget().GetLayer()
        model = _model()
        upright = (turns == _UPRIGHT).all(axis=1)
        with Sdf.ChangeBlock():
            for row, (path, position) in enumerate(zip(paths, where.tolist(), strict=True)):
                if path == source:
                    continue
                Sdf.CreatePrimInLayer(layer, path)
                Sdf.CopySpec(model, "/copy", layer, path)
                layer.GetAttributeAtPath(f"{path}.{_COPY_OPS[0]}").SetInfo("default", Gf.Vec3d(*position))
                if not upright[row]:
                    turn = Gf.Quatd(*turns[row].tolist())
                    layer.GetAttributeAtPath(f"{path}.{_COPY_OPS[1]}").SetInfo("default", turn)
        if source in paths:
            row = list(paths).index(source)
            set_local_pose(self._stage.GetPrimAtPath(source), where[row], turns[row])


def _model() -> Sdf.Layer:
    """A layer with what every copy is on the stage, at /copy."""
    from pxr import Gf, Sdf, Vt

    layer, kinds = Sdf.Layer.CreateAnonymous(), Sdf.ValueTypeNames
    spec = Sdf.CreatePrimInLayer(layer, "/copy")
    spec.specifier, spec.typeName = Sdf.SpecifierDef, "Xform"
    Sdf.AttributeSpec(spec, _COPY_OPS[0], kinds.Double3).default = Gf.Vec3d(0, 0, 0)
    Sdf.AttributeSpec(spec, _COPY_OPS[1], kinds.Quatd).default = Gf.Quatd(*_UPRIGHT)
    Sdf.AttributeSpec(spec, _COPY_OPS[2], kinds.Double3).default = Gf.Vec3d(1, 1, 1)
    order = Sdf.AttributeSpec(spec, "xformOpOrder", kinds.TokenArray, Sdf.VariabilityUniform)
    order.default = Vt.TokenArray(_COPY_OPS)
    return layer


class GridCloner(Cloner):
    """Copies a prim to a grid centred on the origin.

    Args:
        spacing: Distance between neighbours, m.
        num_per_row: Environments per row; the square root of their number, rounded down, if negative.
        stage: The stage; the current one if None.
    """

    def __init__(self, spacing: float, num_per_row: int = -1, stage: Usd.Stage | None = None) -> None:
        super().__init__(stage)
        self._spacing = spacing
        self._num_per_row = num_per_row

    def get_clone_transforms(
        self, num_clones: int, position_offsets: np.ndarray | None = None, orientation_offsets: np.ndarray | None = None
    ) -> tuple[list[list[float]], list[list[float]]]:
        """Positions [N, 3] m and orientations [N, 4] wxyz of the grid, with offsets added and multiplied.

        Environment 0 is at the largest x and smallest y; numbers run along y first.
        """
        per_row = int(math.sqrt(num_clones)) if self._num_per_row < 0 else self._num_per_row
        per_row = max(per_row, 1)
        num_rows = max(math.ceil(num_clones / per_row), 1)
        num_columns = max(math.ceil(num_clones / num_rows), 1)
        row, column = np.divmod(np.arange(num_clones), num_columns)
        positions = np.zeros((num_clones, 3))
        positions[:, 0] = (0.5 * (num_rows - 1) - row) * self._spacing
        positions[:, 1] = (column - 0.5 * (num_columns - 1)) * self._spacing
        orientations = np.tile([1.0, 0.0, 0.0, 0.0], (num_clones, 1))
        if position_offsets is not None:
            positions = positions + to_numpy(position_offsets)
        if orientation_offsets is not None:
            orientations = np.array(to_numpy(orientation_offsets), np.float64)
        return positions.tolist(), orientations.tolist()

    def clone(  # pyright: ignore[reportIncompatibleMethodOverride]
        self,
        source_prim_path: str,
        prim_paths: list[str],
        position_offsets: np.ndarray | None = None,
        orientation_offsets: np.ndarray | None = None,
        replicate_physics: bool = False,
        base_env_path: str | None = None,
        root_path: str | None = None,
        copy_from_source: bool = False,
        enable_env_ids: bool = False,
        clone_in_fabric: bool = False,
    ) -> list[list[float]]:
        """Copy to the grid, see :meth:`Cloner.clone`; gives the positions [N][3]."""
        positions, orientations = self.get_clone_transforms(len(prim_paths), position_offsets, orientation_offsets)
        super().clone(
            source_prim_path=source_prim_path,
            prim_paths=prim_paths,
            positions=positions,
            orientations=orientations,
            replicate_physics=replicate_physics,
            base_env_path=base_env_path,
            root_path=root_path,
            copy_from_source=copy_from_source,
            enable_env_ids=enable_env_ids,
            clone_in_fabric=clone_in_fabric,
        )
        return positions
