# SPDX-License-Identifier: Apache-2.0
"""Things to stand on. Names follow isaacsim.core.api.objects."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from humanoid_brain.host.standalone import xform
from humanoid_brain.host.standalone.arrays import to_numpy
from humanoid_brain.host.standalone.materials import (
    PhysicsMaterial,
    VisualMaterial,
    bind_physics,
    bind_visual,
    bound_physics,
)
from humanoid_brain.host.standalone.simulation import SimulationView
from humanoid_brain.host.standalone.types import XFormPrimState
from humanoid_brain.host.standalone.utils.stage import get_current_stage
from humanoid_brain.host.standalone.xform_view import XFormPrimView

if TYPE_CHECKING:
    from pxr import Usd

_HALF_SIZE = 50.0


class GroundPlane:
    """An infinite plane to collide with, and a square to look at.

    Args:
        prim_path: Path of the plane; the collider is at ``<prim_path>/geom``, the square at ``/CollisionMesh``.
        name: Unique name in the scene.
        size: Half the side of the visible square, m; 50 if None.
        z_position: Height, m; 0 if None.
        scale: [3].
        visible: Show the square.
        color: [3] RGB from 0 to 1; 0.5 grey if None.
        physics_material: Friction and restitution; 0.5, 0.5 and 0.8 if None, as in Isaac Sim.
        visual_material: Bound to the square.
    """

    def __init__(
        self,
        prim_path: str,
        name: str = "ground_plane",
        size: float | None = None,
        z_position: float | None = None,
        scale: np.ndarray | None = None,
        visible: bool | None = None,
        color: np.ndarray | None = None,
        physics_material: PhysicsMaterial | None = None,
        visual_material: VisualMaterial | None = None,
    ) -> None:
        from pxr import Gf, UsdGeom

        stage = get_current_stage()
        self._prim_path, self._name = prim_path, name
        existed = bool(stage.GetPrimAtPath(prim_path))
        if not existed:
            UsdGeom.Xform.Define(stage, prim_path)
            _author_square(stage, f"{prim_path}/CollisionMesh", size or _HALF_SIZE)
            _author_collider(stage, f"{prim_path}/geom")
        position = None if z_position is None else [[0.0, 0.0, z_position]]
        self._view = XFormPrimView(
            prim_path,
            name=f"{name}_xform",
            translations=position,
            scales=None if scale is None else to_numpy(scale).reshape(1, 3),
            visibilities=None if visible is None else [visible],
        )
        square = stage.GetPrimAtPath(f"{prim_path}/CollisionMesh")
        if square and (color is not None or not existed):
            rgb = [float(each) for each in (to_numpy(color) if color is not None else (0.5, 0.5, 0.5))]
            UsdGeom.Gprim(square).CreateDisplayColorAttr().Set([Gf.Vec3f(*rgb)])
        if visual_material is not None:
            bind_visual(self.prim, visual_material, False)
        if physics_material is None and not existed:
            physics_material = PhysicsMaterial(
                f"{prim_path}/physics_material", static_friction=0.5, dynamic_friction=0.5, restitution=0.8
            )
        if physics_material is not None:
            self.apply_physics_material(physics_material)

    @property
    def prim_path(self) -> str:
        """Path of the plane."""
        return self._prim_path

    @property
    def name(self) -> str | None:
        """Unique name in the scene."""
        return self._name

    @property
    def prim(self) -> Usd.Prim:
        """The plane's Xform prim."""
        return get_current_stage().GetPrimAtPath(self._prim_path)

    @property
    def xform_prim(self) -> XFormPrimView:
        """The plane's pose, as a view of one row."""
        return self._view

    @property
    def collision_geometry_prim(self) -> Usd.Prim:
        """The collider."""
        return get_current_stage().GetPrimAtPath(f"{self._prim_path}/geom")

    def initialize(self, physics_sim_view: SimulationView | None = None) -> None:
        """Nothing to do: the plane does not move."""

    def post_reset(self) -> None:
        """Go back to the default pose."""
        self._view.post_reset()

    def is_valid(self) -> bool:
        """True while the prim is on the stage."""
        return bool(self.prim)

    def apply_physics_material(self, physics_material: PhysicsMaterial, weaker_than_descendants: bool = False) -> None:
        """Set friction and restitution."""
        bind_physics(self.collision_geometry_prim, physics_material, weaker_than_descendants)

    def get_applied_physics_material(self) -> PhysicsMaterial | None:
        """Friction and restitution."""
        return bound_physics(self.collision_geometry_prim)

    def set_world_pose(
        self, position: Sequence[float] | None = None, orientation: Sequence[float] | None = None
    ) -> None:
        """Move the plane; takes effect on the next play."""
        where = None if position is None else [list(position)]
        self._view.set_world_poses(where, None if orientation is None else [list(orientation)])

    def get_world_pose(self) -> tuple[np.ndarray, np.ndarray]:
        """Position [3] and orientation [4] wxyz."""
        return xform.to_pose(xform.world_matrix(get_current_stage(), self._prim_path))

    def get_default_state(self) -> XFormPrimState:
        """The pose that :meth:`post_reset` restores."""
        state = self._view.get_default_state()
        return XFormPrimState(to_numpy(state.positions)[0], to_numpy(state.orientations)[0])

    def set_default_state(
        self, position: Sequence[float] | None = None, orientation: Sequence[float] | None = None
    ) -> None:
        """Change the pose that :meth:`post_reset` restores."""
        where = None if position is None else [list(position)]
        self._view.set_default_state(where, None if orientation is None else [list(orientation)])


def _author_square(stage: Usd.Stage, path: str, half: float) -> None:
    from pxr import Gf, UsdGeom

    mesh = UsdGeom.Mesh.Define(stage, path)
    corners = [(-half, -half), (half, -half), (half, half), (-half, half)]
    mesh.CreatePointsAttr([Gf.Vec3f(x, y, 0.0) for x, y in corners])
    mesh.CreateFaceVertexCountsAttr([4])
    mesh.CreateFaceVertexIndicesAttr([0, 1, 2, 3])
    mesh.CreateNormalsAttr([Gf.Vec3f(0, 0, 1)] * 4)
    mesh.CreateExtentAttr([Gf.Vec3f(-half, -half, 0.0), Gf.Vec3f(half, half, 0.0)])


def _author_collider(stage: Usd.Stage, path: str) -> None:
    from pxr import UsdGeom, UsdPhysics

    plane = UsdGeom.Plane.Define(stage, path)
    plane.CreateAxisAttr("Z")
    plane.CreatePurposeAttr("guide")
    UsdPhysics.CollisionAPI.Apply(plane.GetPrim())
