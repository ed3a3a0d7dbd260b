# SPDX-License-Identifier: Apache-2.0
"""Poses, scales and visibility of prims on the USD stage."""

from __future__ import annotations

import numpy as np

from humanoid_brain.errors import SceneError
from humanoid_brain.host.standalone import xform
from humanoid_brain.host.standalone.arrays import Array, Indices, Values, to_caller, to_list, to_numpy, to_tensor
from humanoid_brain.host.standalone.clones import clones_of
from humanoid_brain.host.standalone.materials import VisualMaterial, bind_visual, bound_visual
from humanoid_brain.host.standalone.prim_view import Prim
from humanoid_brain.host.standalone.simulation import simulation
from humanoid_brain.host.standalone.types import XFormPrimViewState


class XFormPrimView(Prim):
    """Prims with a transform. N rows; setters take K rows for K ``indices``; quaternions are wxyz.

    Args:
        prim_paths_expr: See :class:`Prim`.
        name: Unique name in the scene.
        positions: [N, 3] world positions in m; not together with ``translations``.
        translations: [N, 3] positions in the parent's frame in m.
        orientations: [N, 4] in the frame of whichever positions are given.
        scales: [N, 3].
        visibilities: [N] bool.
        reset_xform_properties: Rewrite each transform as translate, orient and scale first.
        usd: Only USD is there.
    """

    def __init__(
        self,
        prim_paths_expr: str | list[str],
        name: str = "xform_prim_view",
        positions: Values | None = None,
        translations: Values | None = None,
        orientations: Values | None = None,
        scales: Values | None = None,
        visibilities: Values | None = None,
        reset_xform_properties: bool = True,
        usd: bool = True,
    ) -> None:
        super().__init__(prim_paths_expr, name)
        self._default_poses: XFormPrimViewState | None = None
        if positions is not None and translations is not None:
            raise SceneError("positions and translations exclude each other", where=name)
        if reset_xform_properties:
            for path in dict.fromkeys(clones_of(self._stage).authored(path) for path in self._prim_paths):
                xform.reset_xform_ops(self._stage.GetPrimAtPath(path))
        if translations is not None:
            XFormPrimView.set_local_poses(self, translations, orientations)
        elif positions is not None or orientations is not None:
            XFormPrimView.set_world_poses(self, positions, orientations)
        if scales is not None:
            self.set_local_scales(scales)
        if visibilities is not None:
            self.set_visibilities(visibilities)
        self._default_poses = None  # what the arguments made of it
        if simulation.view is not None:
            self.initialize(simulation.view)

    @property
    def is_non_root_articulation_link(self) -> bool:
        """True when the first prim is a link of an articulation, not its root."""
        from humanoid_brain.host.standalone.utils.prims import is_prim_non_root_articulation_link

        return is_prim_non_root_articulation_link(self._prim_paths[0])

    def get_world_poses(self, indices: Indices = None, usd: bool = True) -> tuple[Array, Array]:
        """Positions [M, 3] and orientations [M, 4] in the world, from USD."""
        return self._stage_poses(indices)

    def _stage_poses(self, indices: Indices) -> tuple[Array, Array]:
        paths = [self._prim_paths[row] for row in to_list(indices, self.count)]
        return _stack([xform.to_pose(matrix) for matrix in xform.world_matrices(self._stage, paths)])

    def set_world_poses(
        self,
        positions: Values | None = None,
        orientations: Values | None = None,
        indices: Indices = None,
        usd: bool = True,
    ) -> None:
        """Author world poses; None leaves a part as it is."""
        XFormPrimView.get_default_state(self)  # before it changes
        rows = to_list(indices, self.count)
        where, turns = as_rows(positions, len(rows), 3), as_rows(orientations, len(rows), 4)
        for i, row in enumerate(rows):
            path = self._prim_paths[row]
            now, turn = xform.to_pose(xform.world_matrix(self._stage, path))
            world = xform.to_matrix(now if where is None else where[i], turn if turns is None else turns[i])
            local = world * xform.parent_matrix(self._stage, path).GetInverse()
            xform.set_local_pose(self._editable(row), *xform.to_pose(local))

    def get_local_poses(self, indices: Indices = None) -> tuple[Array, Array]:
        """Translations [M, 3] and orientations [M, 4] in the parent's frame."""
        return _stack([xform.local_pose(self._authored(row)) for row in to_list(indices, self.count)])

    def set_local_poses(
        self, translations: Values | None = None, orientations: Values | None = None, indices: Indices = None
    ) -> None:
        """Author poses in the parent's frame; None leaves a part as it is."""
        XFormPrimView.get_default_state(self)  # before it changes
        rows = to_list(indices, self.count)
        where, turns = as_rows(translations, len(rows), 3), as_rows(orientations, len(rows), 4)
        for i, row in enumerate(rows):
            xform.set_local_pose(
                self._editable(row), None if where is None else where[i], None if turns is None else turns[i]
            )

    def get_local_scales(self, indices: Indices = None) -> Array:
        """Scales [M, 3]."""
        rows = to_list(indices, self.count)
        return _array(np.stack([xform.local_scale(self._authored(row)) for row in rows]))

    def set_local_scales(self, scales: Values, indices: Indices = None) -> None:
        """Author scales [K, 3]."""
        rows = to_list(indices, self.count)
        values = as_rows(scales, len(rows), 3)
        for i, row in enumerate(rows):
            xform.set_local_pose(self._editable(row), scale=None if values is None else values[i])

    def get_world_scales(self, indices: Indices = None) -> Array:
        """Scales [M, 3] with those of all ancestors."""
        paths = [self._prim_paths[row] for row in to_list(indices, self.count)]
        matrices = xform.world_matrices(self._stage, paths)
        return _array(np.array([[m.GetRow3(axis).GetLength() for axis in range(3)] for m in matrices]))

    def get_visibilities(self, indices: Indices = None) -> Array:
        """[M] bool: shown, as far as the prim and its ancestors say."""
        from pxr import UsdGeom

        rows = to_list(indices, self.count)
        hidden = [
            UsdGeom.Imageable(self._authored(row)).ComputeVisibility() == UsdGeom.Tokens.invisible for row in rows
        ]
        return _array(~np.array(hidden, bool))

    def set_visibilities(self, visibilities: Values, indices: Indices = None) -> None:
        """Show or hide, [K] bool."""
        from humanoid_brain.host.standalone.utils.prims import set_prim_visibility

        rows = to_list(indices, self.count)
        flags = np.broadcast_to(to_numpy(visibilities).reshape(-1), (len(rows),))
        for row, flag in zip(rows, flags, strict=True):
            set_prim_visibility(self._editable(row), bool(flag))

    def get_default_state(self) -> XFormPrimViewState:
        """The poses that :meth:`post_reset` restores: at first those on the stage."""
        if self._default_poses is None:
            self._default_poses = XFormPrimViewState(*self._stage_poses(None))
        return self._default_poses

    def set_default_state(
        self, positions: Values | None = None, orientations: Values | None = None, indices: Indices = None
    ) -> None:
        """Change the poses that :meth:`post_reset` restores: K rows each."""
        default = XFormPrimView.get_default_state(self)
        default.positions = merged(default.positions, positions, indices)
        default.orientations = merged(default.orientations, orientations, indices)

    def post_reset(self) -> None:
        """Go back to the default state."""
        default = XFormPrimView.get_default_state(self)
        self.set_world_poses(default.positions, default.orientations)

    def apply_visual_materials(
        self,
        visual_materials: VisualMaterial | list[VisualMaterial],
        weaker_than_descendants: bool | list[bool] | None = None,
        indices: Indices = None,
    ) -> None:
        """Bind one material to all rows, or one per row."""
        rows = to_list(indices, self.count)
        materials = visual_materials if isinstance(visual_materials, list) else [visual_materials] * len(rows)
        weaker = weaker_than_descendants if isinstance(weaker_than_descendants, list) else None
        for i, (row, material) in enumerate(zip(rows, materials, strict=True)):
            bind_visual(self._editable(row), material, bool(weaker[i] if weaker else weaker_than_descendants))

    def get_applied_visual_materials(self, indices: Indices = None) -> list[VisualMaterial | None]:
        """The material bound to each row, or None."""
        return [bound_visual(self._authored(row)) for row in to_list(indices, self.count)]

    def is_visual_material_applied(self, indices: Indices = None) -> list[bool]:
        """Which rows have a material."""
        return [material is not None for material in self.get_applied_visual_materials(indices)]

    def _editable(self, row: int) -> object:
        path = self._prim_paths[row]
        if clones_of(self._stage).is_virtual(path):
            todo = "Change the source before cloning, or the simulated state after World.reset()"
            raise SceneError("a clone's prims are not on the stage and cannot be edited there", where=path, todo=todo)
        return self._stage.GetPrimAtPath(path)


def _stack(poses: list[tuple[np.ndarray, np.ndarray]]) -> tuple[Array, Array]:
    if not poses:
        return _array(np.zeros((0, 3))), _array(np.zeros((0, 4)))
    return _array(np.stack([pose[0] for pose in poses])), _array(np.stack([pose[1] for pose in poses]))


def _array(values: np.ndarray) -> Array:
    import torch

    dtype = torch.bool if values.dtype == bool else torch.float32
    return to_caller(torch.as_tensor(values, dtype=dtype, device=simulation.device))


def as_rows(values: Values | None, count: int, width: int) -> np.ndarray | None:
    """Caller's values as [count, width], one row for all or one each; None stays None."""
    return None if values is None else np.array(np.broadcast_to(to_numpy(values), (count, width)))


def merged(old: Array, values: Values | None, indices: Indices) -> Array:
    """``old`` with the rows ``indices`` replaced by ``values``; None replaces nothing."""
    if values is None:
        return old
    import torch

    new = old.clone() if isinstance(old, torch.Tensor) else old.copy()
    rows = to_list(indices, len(new))
    if isinstance(new, torch.Tensor):
        new[rows] = to_tensor(values, new)
    else:
        new[rows] = to_numpy(values)
    return new
