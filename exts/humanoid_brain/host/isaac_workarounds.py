# SPDX-License-Identifier: Apache-2.0
"""What Isaac Sim's classes need so that code behaves the same on every version. Each names the version and the fact.

Classes are derived from those of the running version, so whatever is not mentioned here is NVIDIA's.
"""

from __future__ import annotations

import inspect
import weakref
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from humanoid_brain.errors import HostError

if TYPE_CHECKING:
    import torch

    from humanoid_brain.host import ArticulationView, GridCloner, RigidPrimView, World

_PHYSICS_CALLBACK = "humanoid_brain"


def world(base: type[World]) -> type[World]:
    """``World`` with physics callbacks fanned out from one, and views that are ready after reset."""

    class IsaacWorld(base):
        """Isaac Sim's World; see :mod:`humanoid_brain.host.isaac_workarounds`."""

        @property
        def _fan(self) -> dict[str, Callable[[float], None]]:
            """6.0.1: after a reset every physics callback calls the one registered last, so register only one."""
            return self.__dict__.setdefault("_humanoid_brain_callbacks", {})

        def add_physics_callback(self, callback_name: str, callback_fn: Callable[[float], None]) -> None:
            """Call ``callback_fn(step_size)`` before each physics step."""
            if not super().physics_callback_exists(callback_name=_PHYSICS_CALLBACK) and not self._fan:
                fan = self._fan
                super().add_physics_callback(
                    callback_name=_PHYSICS_CALLBACK, callback_fn=lambda step: _call_all(fan, step)
                )
            self._fan.setdefault(callback_name, callback_fn)

        def remove_physics_callback(self, callback_name: str) -> None:
            """Remove a physics callback."""
            self._fan.pop(callback_name, None)

        def physics_callback_exists(self, callback_name: str) -> bool:
            """True when there is one of that name."""
            return callback_name in self._fan

        def clear_physics_callbacks(self) -> None:
            """Remove all physics callbacks."""
            self._fan.clear()
            super().clear_physics_callbacks()

        def reset(self, soft: bool = False) -> None:
            """4.2 and before: views are not initialized by reset. Later versions do it, and again does no harm."""
            super().reset(soft=soft)
            _initialize_views(self)

        def play(self) -> None:
            """5.0, 5.1, 6.0.1: stop and play lose what was set at run time; views set their gains again."""
            super().play()
            _initialize_views(self)

    return IsaacWorld


def articulation_view(base: type[ArticulationView]) -> type[ArticulationView]:
    """The articulation view with DOF columns by name, full-width efforts, and gains that outlast a stop."""

    class IsaacArticulationView(base):
        """Isaac Sim's articulation view; see :mod:`humanoid_brain.host.isaac_workarounds`."""

        def __init__(self, *args: Any, **kwargs: Any) -> None:
            self._kept_gains: tuple[torch.Tensor, torch.Tensor] | None = None
            super().__init__(*args, **kwargs)
            _views.add(self)

        def initialize(self, physics_sim_view: Any = None) -> None:
            """5.0, 5.1, 6.0.1: on every play gains are those of USD again; put back what was set."""
            super().initialize(physics_sim_view=physics_sim_view)
            if self._kept_gains is not None and self.is_physics_handle_valid():
                kps, kds = self._kept_gains
                super().set_gains(kps=kps, kds=kds)

        def set_gains(
            self,
            kps: Any = None,
            kds: Any = None,
            indices: Any = None,
            joint_indices: Any = None,
            joint_names: Any = None,
            save_to_usd: bool = False,
        ) -> None:
            """Set gains, and keep them for the next play."""
            columns = _by_number(self, {"joint_indices": joint_indices, "joint_names": joint_names})
            super().set_gains(kps=kps, kds=kds, indices=indices, save_to_usd=save_to_usd, **columns)
            if self.is_physics_handle_valid():
                self._kept_gains = super().get_gains()

        def set_joint_efforts(
            self, efforts: Any, indices: Any = None, joint_indices: Any = None, joint_names: Any = None
        ) -> None:
            """5.0, 5.1: efforts for some joints set those of the others to zero, so always write all."""
            numbered = _by_number(self, {"joint_indices": joint_indices, "joint_names": joint_names})
            columns = numbered["joint_indices"]
            if columns is not None and efforts is not None and self.is_physics_handle_valid():
                everything = super().get_applied_joint_efforts(indices=indices)
                everything[:, columns] = efforts
                super().set_joint_efforts(efforts=everything, indices=indices)
            else:
                super().set_joint_efforts(efforts=efforts, indices=indices, joint_indices=columns)

        def apply_action(self, control_actions: Any, indices: Any = None) -> None:
            """As :meth:`set_joint_efforts`, for the efforts of an action."""
            where = {"joint_indices": control_actions.joint_indices, "joint_names": control_actions.joint_names}
            numbered = _by_number(self, where)
            if control_actions.joint_positions is not None:
                self.set_joint_position_targets(positions=control_actions.joint_positions, indices=indices, **numbered)
            if control_actions.joint_velocities is not None:
                self.set_joint_velocity_targets(
                    velocities=control_actions.joint_velocities, indices=indices, **numbered
                )
            if control_actions.joint_efforts is not None:
                self.set_joint_efforts(control_actions.joint_efforts, indices=indices, **numbered)

    own = set(vars(IsaacArticulationView))
    for name, method in inspect.getmembers(base, inspect.isfunction):
        if name not in own and "joint_names" in inspect.signature(method).parameters:
            setattr(IsaacArticulationView, name, _numbering(method))
    return IsaacArticulationView


def rigid_prim_view(base: type[RigidPrimView]) -> type[RigidPrimView]:
    """The rigid body view, initialized after a reset."""

    class IsaacRigidPrimView(base):
        """Isaac Sim's rigid body view; see :mod:`humanoid_brain.host.isaac_workarounds`."""

        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            _views.add(self)

    return IsaacRigidPrimView


def grid_cloner(base: type[GridCloner]) -> type[GridCloner]:
    """The cloner that takes ``enable_env_ids`` in every version."""

    class IsaacGridCloner(base):
        """Isaac Sim's cloner; see :mod:`humanoid_brain.host.isaac_workarounds`."""

        def clone(  # pyright: ignore[reportIncompatibleMethodOverride]
            self, source_prim_path: str, prim_paths: list[str], **kwargs: Any
        ) -> list[list[float]]:
            """Environment ids came after the first of these versions: leave them out where they are unknown."""
            if "enable_env_ids" not in inspect.signature(super().clone).parameters:
                kwargs.pop("enable_env_ids", None)
            return super().clone(source_prim_path=source_prim_path, prim_paths=prim_paths, **kwargs)

    return IsaacGridCloner


def write_rows(
    view: ArticulationView | RigidPrimView,
    mask: torch.Tensor,
    *,
    positions: torch.Tensor | None = None,
    orientations: torch.Tensor | None = None,
    velocities: torch.Tensor | None = None,
    joint_positions: torch.Tensor | None = None,
    joint_velocities: torch.Tensor | None = None,
) -> None:
    """Write rows through the official setters, which take the rows' numbers: this waits for the GPU.

    Raises:
        HostError: Physics has stopped. Views are valid from PHYSICS_READY to STOP, in every version.
    """
    if not view.is_physics_handle_valid():
        raise HostError("the simulation is stopped", where=view.name, todo="Call World.reset() first")
    rows = mask.nonzero().squeeze(-1)
    if rows.numel() == 0:
        return

    def chosen(values: torch.Tensor | None) -> torch.Tensor | None:
        return None if values is None else values[rows]

    if positions is not None or orientations is not None:
        view.set_world_poses(positions=chosen(positions), orientations=chosen(orientations), indices=rows)
    if velocities is not None:
        view.set_velocities(velocities=velocities[rows], indices=rows)
    joints: Any = view  # a view of bodies has none
    if joint_positions is not None:
        joints.set_joint_positions(positions=joint_positions[rows], indices=rows)
    if joint_velocities is not None:
        joints.set_joint_velocities(velocities=joint_velocities[rows], indices=rows)


def refresh_links(world: World) -> None:
    """Make link poses current after a state write, without stepping.

    Raises:
        HostError: Physics has stopped.
    """
    view = world.physics_sim_view
    if view is None:
        raise HostError("the simulation is stopped", todo="Call World.reset() first")
    view.update_articulations_kinematic()


def get_shape_materials(view: ArticulationView | RigidPrimView) -> torch.Tensor:
    """All versions: materials per shape are on the tensor API's handle only, ``view._physics_view``.

    Raises:
        HostError: Physics has stopped.
    """
    return _handle(view).get_material_properties()


def set_shape_materials(
    view: ArticulationView | RigidPrimView, materials: torch.Tensor, indices: torch.Tensor | None = None
) -> None:
    """The handle takes all rows with the numbers of those to apply, on the CPU.

    Raises:
        HostError: Physics has stopped.
    """
    import torch

    handle = _handle(view)
    everything = handle.get_material_properties().clone()
    rows = torch.arange(len(everything)) if indices is None else torch.as_tensor(indices).cpu()
    everything[rows] = materials.to(everything)
    handle.set_material_properties(everything, rows)


def _handle(view: Any) -> Any:
    if not view.is_physics_handle_valid():
        raise HostError("the simulation is stopped", where=view.name, todo="Call World.reset() first")
    return view._physics_view


_views: weakref.WeakSet[Any] = weakref.WeakSet()


def _initialize_views(world: World) -> None:
    for view in list(_views):
        view.initialize(physics_sim_view=world.physics_sim_view)


def _call_all(callbacks: dict[str, Callable[[float], None]], step: float) -> None:
    for callback in list(callbacks.values()):
        callback(step)


def _by_number(view: Any, where: dict[str, Any]) -> dict[str, Any]:
    """5.0, 5.1: ``joint_names`` counts fixed joints too and hits the wrong DOF, so names become DOF numbers here."""
    numbered = {key: value for key, value in where.items() if key != "joint_names"}
    names = where.get("joint_names")
    if names is not None:
        numbered["joint_indices"] = [view.get_dof_index(dof_name=name) for name in names]
    return numbered


def _numbering(method: Callable[..., Any]) -> Callable[..., Any]:
    def numbered(self: Any, *args: Any, **kwargs: Any) -> Any:
        return method(self, *args, **_by_number(self, kwargs))

    numbered.__name__, numbered.__doc__ = method.__name__, method.__doc__
    return numbered
