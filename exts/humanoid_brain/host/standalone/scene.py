# SPDX-License-Identifier: Apache-2.0
"""The objects of a world, by name. Names follow isaacsim.core.api.scenes.Scene."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeVar

import numpy as np

from humanoid_brain.errors import HostError
from humanoid_brain.host.standalone.materials import PhysicsMaterial
from humanoid_brain.host.standalone.objects import GroundPlane
from humanoid_brain.host.standalone.prim_view import Prim
from humanoid_brain.host.standalone.simulation import SimulationView
from humanoid_brain.host.standalone.utils.stage import get_current_stage

if TYPE_CHECKING:
    from pxr import Usd


class SceneObject(Protocol):
    """What a scene needs of an object."""

    @property
    def name(self) -> str | None:
        """Unique name."""
        ...

    def initialize(self, physics_sim_view: SimulationView | None = None) -> None:
        """Get ready for the running simulation."""
        ...


ObjectT = TypeVar("ObjectT", bound=SceneObject)


class Scene:
    """Objects by unique name; the world initializes them on reset."""

    def __init__(self) -> None:
        self._objects: dict[str, SceneObject] = {}

    @property
    def stage(self) -> Usd.Stage:
        """The current stage."""
        return get_current_stage()

    def add(self, obj: ObjectT) -> ObjectT:
        """Register ``obj`` under its name.

        Raises:
            HostError: The name is missing or taken.
        """
        if not obj.name or obj.name in self._objects:
            raise HostError(f"the name '{obj.name}' is missing or taken", where="scene", todo="Use a unique name")
        self._objects[obj.name] = obj
        return obj

    def add_ground_plane(
        self,
        size: float | None = None,
        z_position: float = 0,
        name: str = "ground_plane",
        prim_path: str = "/World/groundPlane",
        static_friction: float = 0.5,
        dynamic_friction: float = 0.5,
        restitution: float = 0.8,
        color: np.ndarray | None = None,
    ) -> GroundPlane:
        """Make and register a :class:`GroundPlane`."""
        material = PhysicsMaterial(
            f"{prim_path}_material",
            static_friction=static_friction,
            dynamic_friction=dynamic_friction,
            restitution=restitution,
        )
        return self.add(GroundPlane(prim_path, name, size, z_position, color=color, physics_material=material))

    def post_reset(self) -> None:
        """Restore the default state of what is no view of bodies: Isaac Sim 5 leaves those to their events."""
        for obj in self._objects.values():
            restore = getattr(obj, "post_reset", None)
            if restore is not None and not isinstance(obj, Prim):
                restore()

    def get_object(self, name: str) -> SceneObject | None:
        """The object of that name."""
        return self._objects.get(name)

    def object_exists(self, name: str) -> bool:
        """True when there is one of that name."""
        return name in self._objects

    def remove_object(self, name: str, registry_only: bool = False) -> None:
        """Forget an object, and delete its prims unless ``registry_only``.

        Raises:
            HostError: There is none of that name.
        """
        obj = self._objects.pop(name, None)
        if obj is None:
            raise HostError(f"there is no object '{name}'", where="scene")
        if not registry_only:
            for path in obj.prim_paths if isinstance(obj, Prim) else [getattr(obj, "prim_path", "")]:
                if path and self.stage.GetPrimAtPath(path):
                    self.stage.RemovePrim(path)

    def clear(self, registry_only: bool = False) -> None:
        """Forget all objects, and delete their prims unless ``registry_only``."""
        for name in list(self._objects):
            self.remove_object(name, registry_only)

    def _finalize(self, physics_sim_view: SimulationView | None) -> None:
        for obj in self._objects.values():
            obj.initialize(physics_sim_view)
