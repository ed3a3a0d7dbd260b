# SPDX-License-Identifier: Apache-2.0
"""Physics materials, and the binding of visual ones. Names follow isaacsim.core.api.materials."""

from __future__ import annotations

from typing import TYPE_CHECKING

from humanoid_brain.errors import SceneError
from humanoid_brain.host.standalone.utils.stage import get_current_stage

if TYPE_CHECKING:
    from pxr import Usd, UsdShade


class PhysicsMaterial:
    """Friction and restitution of shapes.

    Args:
        prim_path: Where the material prim is, or is made.
        name: Unique name.
        static_friction: Friction coefficient before sliding; None keeps what is there.
        dynamic_friction: Friction coefficient while sliding.
        restitution: 0 does not bounce, 1 loses nothing.
    """

    def __init__(
        self,
        prim_path: str,
        name: str = "physics_material",
        static_friction: float | None = None,
        dynamic_friction: float | None = None,
        restitution: float | None = None,
    ) -> None:
        from pxr import UsdPhysics, UsdShade

        stage = get_current_stage()
        self._prim_path, self._name = prim_path, name
        self._material = UsdShade.Material.Define(stage, prim_path)
        prim = self._material.GetPrim()
        self._api = UsdPhysics.MaterialAPI(prim)
        if not prim.HasAPI(UsdPhysics.MaterialAPI):
            self._api = UsdPhysics.MaterialAPI.Apply(prim)
        if static_friction is not None:
            self.set_static_friction(static_friction)
        if dynamic_friction is not None:
            self.set_dynamic_friction(dynamic_friction)
        if restitution is not None:
            self.set_restitution(restitution)

    @property
    def prim_path(self) -> str:
        """Path of the material prim."""
        return self._prim_path

    @property
    def prim(self) -> Usd.Prim:
        """The material prim."""
        return self._material.GetPrim()

    @property
    def name(self) -> str:
        """Unique name."""
        return self._name

    @property
    def material(self) -> UsdShade.Material:
        """The USD material."""
        return self._material

    def set_dynamic_friction(self, friction: float) -> None:
        """Set the friction coefficient while sliding."""
        self._api.CreateDynamicFrictionAttr().Set(float(friction))

    def get_dynamic_friction(self) -> float:
        """The friction coefficient while sliding."""
        return float(self._api.GetDynamicFrictionAttr().Get() or 0.0)

    def set_static_friction(self, friction: float) -> None:
        """Set the friction coefficient before sliding."""
        self._api.CreateStaticFrictionAttr().Set(float(friction))

    def get_static_friction(self) -> float:
        """The friction coefficient before sliding."""
        return float(self._api.GetStaticFrictionAttr().Get() or 0.0)

    def set_restitution(self, restitution: float) -> None:
        """Set the restitution, 0 to 1."""
        self._api.CreateRestitutionAttr().Set(float(restitution))

    def get_restitution(self) -> float:
        """The restitution, 0 to 1."""
        return float(self._api.GetRestitutionAttr().Get() or 0.0)


class VisualMaterial:
    """A visual material that is on the stage.

    Args:
        prim_path: Path of the material prim.
        name: Unique name.

    Raises:
        SceneError: There is no material there.
    """

    def __init__(self, prim_path: str, name: str = "visual_material") -> None:
        from pxr import UsdShade

        self._prim_path, self._name = prim_path, name
        self._material = UsdShade.Material(get_current_stage().GetPrimAtPath(prim_path))
        if not self._material:
            raise SceneError("there is no material at this path", where=prim_path)

    @property
    def prim_path(self) -> str:
        """Path of the material prim."""
        return self._prim_path

    @property
    def name(self) -> str:
        """Unique name."""
        return self._name

    @property
    def material(self) -> UsdShade.Material:
        """The USD material."""
        return self._material


def bind_visual(prim: Usd.Prim, material: VisualMaterial, weaker_than_descendants: bool) -> None:
    """Bind a visual material to ``prim``."""
    _bind(prim, material.material, weaker_than_descendants, "")


def bound_visual(prim: Usd.Prim) -> VisualMaterial | None:
    """The visual material bound to ``prim`` itself."""
    from pxr import UsdShade

    path = UsdShade.MaterialBindingAPI(prim).GetDirectBinding().GetMaterialPath().pathString
    return VisualMaterial(path) if path else None


def bind_physics(prim: Usd.Prim, material: PhysicsMaterial, weaker_than_descendants: bool) -> None:
    """Bind a physics material to ``prim``."""
    _bind(prim, material.material, weaker_than_descendants, "physics")


def bound_physics(prim: Usd.Prim) -> PhysicsMaterial | None:
    """The physics material bound to ``prim`` itself."""
    from pxr import UsdShade

    path = UsdShade.MaterialBindingAPI(prim).GetDirectBinding("physics").GetMaterialPath().pathString
    return PhysicsMaterial(path) if path else None


def _bind(prim: Usd.Prim, material: UsdShade.Material, weaker_than_descendants: bool, purpose: str) -> None:
    from pxr import UsdShade

    tokens = UsdShade.Tokens
    strength = tokens.weakerThanDescendants if weaker_than_descendants else tokens.strongerThanDescendants
    UsdShade.MaterialBindingAPI.Apply(prim).Bind(material, strength, purpose)
