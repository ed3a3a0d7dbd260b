# SPDX-License-Identifier: Apache-2.0
"""The joint prims behind an articulation view's DOFs: types, drive gains and drive kinds as authored."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from humanoid_brain.errors import SceneError
from humanoid_brain.host.standalone.clones import clones_of
from humanoid_brain.host.standalone.export import Inventory
from humanoid_brain.host.standalone.types import DofType

if TYPE_CHECKING:
    import torch
    from pxr import Usd


class UsdDrives:
    """Joint prims of the authored articulations among ``paths``; clones share their source's."""

    def __init__(self, stage: Usd.Stage, paths: Sequence[str], dof_names: Sequence[str], inventory: Inventory) -> None:
        self._stage = stage
        self._dof_names = list(dof_names)
        self._joints = inventory.articulations
        table = clones_of(stage)
        self._roots = [table.authored(path) for path in paths]

    def types(self, dof_names: Sequence[str]) -> list[DofType]:
        """Kind of each DOF of the first articulation."""
        linear = [self._is_linear(self._joint(0, name)) for name in dof_names]
        return [DofType.Translation if each else DofType.Rotation for each in linear]

    def write_gains(
        self, kps: torch.Tensor, kds: torch.Tensor, rows: Sequence[int], columns: torch.Tensor | None
    ) -> None:
        """Author gains [N, D], given per radian, in USD's per degree for revolute joints."""
        from pxr import UsdPhysics

        for row, column, prim in self._each(rows, columns):
            scale = 1.0 if self._is_linear(prim) else math.pi / 180.0
            drive = UsdPhysics.DriveAPI.Apply(prim, "linear" if self._is_linear(prim) else "angular")
            drive.CreateStiffnessAttr().Set(float(kps[row, column]) * scale)
            drive.CreateDampingAttr().Set(float(kds[row, column]) * scale)

    def write_mode(self, mode: str, rows: Sequence[int], columns: torch.Tensor | None) -> None:
        """Author the drives' kind."""
        from pxr import UsdPhysics

        for _, _, prim in self._each(rows, columns):
            drive = UsdPhysics.DriveAPI.Apply(prim, "linear" if self._is_linear(prim) else "angular")
            drive.CreateTypeAttr().Set(mode)

    def _each(self, rows: Sequence[int], columns: torch.Tensor | None) -> list[tuple[int, int, Usd.Prim]]:
        chosen = range(len(self._dof_names)) if columns is None else columns.tolist()
        first: dict[str, int] = {}
        for row in rows:
            first.setdefault(self._roots[row], row)
        return [(row, each, self._joint(row, self._dof_names[each])) for row in first.values() for each in chosen]

    def _joint(self, row: int, name: str) -> Usd.Prim:
        path = self._joints.get(self._roots[row], {}).get(name)
        if path is None:
            raise SceneError(f"no joint prim is named '{name}'", where=self._roots[row])
        return self._stage.GetPrimAtPath(path)

    @staticmethod
    def _is_linear(prim: Usd.Prim) -> bool:
        from pxr import UsdPhysics

        return prim.IsA(UsdPhysics.PrismaticJoint)
