# SPDX-License-Identifier: Apache-2.0
"""Contact forces on bodies. A force is the impulse of the last step over its dt; forces are in the world frame."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from humanoid_brain.errors import SceneError
from humanoid_brain.host.standalone.arrays import Array, Indices, to_caller, to_rows
from humanoid_brain.host.standalone.clones import clones_of, find_paths
from humanoid_brain.host.standalone.events import IsaacEvents, bus
from humanoid_brain.host.standalone.prim_view import log
from humanoid_brain.host.standalone.simulation import SimulationView, simulation
from humanoid_brain.host.standalone.utils.stage import get_current_stage

if TYPE_CHECKING:
    import torch
    from pxr import Usd

    from humanoid_brain.host.standalone.engine_tensors import Buffer, ContactBinding

_CONTACTS_PER_SENSOR = 64  # room for detailed contact data unless max_contact_count asks for more


class RigidContactView:
    """Contacts of S sensor bodies with anything, and with F filter bodies each.

    Args:
        prim_paths_expr: The sensors, see :class:`~humanoid_brain.host.standalone.prim_view.Prim`.
        filter_paths_expr: F expressions, each matching one body for all sensors or one body per sensor; or, for a
            list of sensor expressions, one such list per expression.
        name: Unique name in the scene.
        prepare_contact_sensors: Apply what the engine needs to report contacts of the sensors; before play.
        disable_stablization: Unused: stabilisation is a setting of the physics scene here.
        max_contact_count: Contacts that the detailed getters hold; 0 leaves room for 64 per sensor.
    """

    def __init__(
        self,
        prim_paths_expr: str | list[str],
        filter_paths_expr: Sequence[str] | Sequence[Sequence[str]],
        name: str = "rigid_contact_view",
        prepare_contact_sensors: bool = True,
        disable_stablization: bool = True,
        max_contact_count: int = 0,
    ) -> None:
        self.name = name
        self._stage = get_current_stage()
        expressions = [prim_paths_expr] if isinstance(prim_paths_expr, str) else list(prim_paths_expr)
        filters = list(filter_paths_expr)
        nested = [list(each) for each in filters if not isinstance(each, str)]
        shared = [each for each in filters if isinstance(each, str)]
        self._sensors: list[str] = []
        self._filters: list[list[str]] = []
        for i, expression in enumerate(expressions):
            sensors = self._find(expression)
            chosen = [self._partners(each, sensors) for each in (nested[i] if nested else shared)]
            self._sensors += sensors
            self._filters += [list(row) for row in zip(*chosen, strict=True)] or [[] for _ in sensors]
        self._capacity = max_contact_count or _CONTACTS_PER_SENSOR * len(self._sensors)
        self._binding: ContactBinding | None = None
        if prepare_contact_sensors:
            prepare_sensors(self._stage, self._sensors)
        bus.listen(IsaacEvents.PHYSICS_READY, self.initialize)
        bus.listen(IsaacEvents.TIMELINE_STOP, self._on_timeline_stop)
        if simulation.view is not None:
            self.initialize()

    @property
    def num_shapes(self) -> int:
        """Number of sensors, S."""
        return len(self._sensors)

    @property
    def num_filters(self) -> int:
        """Number of filter bodies per sensor, F."""
        return len(self._filters[0]) if self._filters else 0

    def is_physics_handle_valid(self) -> bool:
        """True while the simulation runs."""
        return self._binding is not None

    def initialize(self, physics_sim_view: SimulationView | None = None) -> None:
        """Bind to the running simulation; happens by itself on play."""
        if self._binding is not None or not simulation.loaded or get_current_stage() is not self._stage:
            return
        self._binding = simulation.engine.bind_contacts(self._sensors, self._filters, self._capacity)
        sensors, filters, device = self.num_shapes, self.num_filters, self._binding.device
        self._net = _zeros(device, sensors, 3)
        self._matrix = _zeros(device, sensors, filters, 3)
        self._scaled: dict[int, torch.Tensor] = {}

    def get_net_contact_forces(self, indices: Indices = None, clone: bool = True, dt: float = 1.0) -> Array | None:
        """Net normal force [M, 3]: impulse of the last step over ``dt``, so N with dt = physics_dt, N*s with 1."""
        if (binding := self._bound("get_net_contact_forces")) is None:
            return None
        binding.read_net(self._net)
        return self._give(self._net.tensor, indices, clone, dt)

    def get_contact_force_matrix(self, indices: Indices = None, clone: bool = True, dt: float = 1.0) -> Array | None:
        """Normal force per filter body [M, F, 3]; ``dt`` as in :meth:`get_net_contact_forces`."""
        if (binding := self._bound("get_contact_force_matrix")) is None or self._unfiltered("get_contact_force_matrix"):
            return None
        binding.read_matrix(self._matrix)
        return self._give(self._matrix.tensor, indices, clone, dt)

    def get_contact_force_data(
        self, indices: Indices = None, clone: bool = True, dt: float = 1.0
    ) -> tuple[Array, Array, Array, Array, Array, Array] | None:
        """Every contact with the filter bodies.

        Returns:
            Normal forces [C, 1], points [C, 3], normals [C, 3], distances [C, 1], and per sensor and filter the
            number of contacts and the row of the first, [M, F] int32. C is the capacity; rows beyond are zero.
        """
        if (binding := self._bound("get_contact_force_data")) is None or self._unfiltered("get_contact_force_data"):
            return None
        force, point, normal, distance = (self._contacts(binding, width) for width in (1, 3, 3, 1))
        count, start = self._pairs(binding), self._pairs(binding)
        self._check(binding.read_contacts(force, point, normal, distance, count, start), binding)
        force.tensor.mul_(simulation.engine.last_dt / dt)
        rows = [to_caller(each) for each in self._of_rows((count.tensor, start.tensor), indices)]
        contacts = (to_caller(each.tensor) for each in (force, point, normal, distance))
        return (*contacts, *rows)  # type: ignore[return-value]

    def get_friction_data(
        self, indices: Indices = None, clone: bool = True, dt: float = 1.0
    ) -> tuple[Array, Array, Array, Array] | None:
        """Friction forces [C, 3] and points [C, 3], number and first row per sensor and filter [M, F]."""
        if (binding := self._bound("get_friction_data")) is None or self._unfiltered("get_friction_data"):
            return None
        force, point = self._contacts(binding, 3), self._contacts(binding, 3)
        count, start = self._pairs(binding), self._pairs(binding)
        self._check(binding.read_friction(force, point, count, start), binding)
        force.tensor.mul_(simulation.engine.last_dt / dt)
        rows = [to_caller(each) for each in self._of_rows((count.tensor, start.tensor), indices)]
        return (to_caller(force.tensor), to_caller(point.tensor), *rows)  # type: ignore[return-value]

    def _bound(self, method: str) -> ContactBinding | None:
        if self._binding is None:
            log.warning("%s: %s needs a running simulation; call World.reset() first", self.name, method)
        return self._binding

    def _unfiltered(self, method: str) -> bool:
        if self.num_filters == 0:
            log.warning("%s: %s needs contact filters", self.name, method)
        return self.num_filters == 0

    def _give(self, forces: torch.Tensor, indices: Indices, clone: bool, dt: float) -> Array:
        rows = to_rows(indices, self.num_shapes, forces.device)
        if rows is not None:
            forces = forces.index_select(0, rows)
        scale = simulation.engine.last_dt / dt
        if abs(scale - 1.0) > 1e-6:
            return to_caller(forces * scale)
        return to_caller(forces.clone() if clone and rows is None else forces)

    def _contacts(self, binding: ContactBinding, width: int) -> Buffer:
        return _zeros(binding.device, binding.capacity, width)

    def _pairs(self, binding: ContactBinding) -> Buffer:
        return _zeros(binding.device, binding.sensors, binding.filters, whole=True)

    def _of_rows(self, tensors: tuple[torch.Tensor, ...], indices: Indices) -> list[torch.Tensor]:
        rows = to_rows(indices, self.num_shapes, tensors[0].device)
        return [each if rows is None else each.index_select(0, rows) for each in tensors]

    def _check(self, total: int, binding: ContactBinding) -> None:
        if total > binding.capacity:
            log.warning("%s: %d contacts, room for %d; raise max_contact_count", self.name, total, binding.capacity)

    def _find(self, expression: str) -> list[str]:
        paths = find_paths(self._stage, expression)
        if not paths:
            raise SceneError("no prim matches", where=expression)
        return paths

    def _partners(self, expression: str, sensors: list[str]) -> list[str]:
        paths = self._find(expression)
        if len(paths) not in (1, len(sensors)):
            todo = "A filter matches one body, or one per sensor"
            raise SceneError(
                f"a filter matches {len(paths)} bodies for {len(sensors)} sensors", where=expression, todo=todo
            )
        return paths * len(sensors) if len(paths) == 1 else paths

    def _on_timeline_stop(self) -> None:
        self._binding = None


def _zeros(device: str, *shape: int, whole: bool = False) -> Buffer:
    """A zeroed buffer of float32, or of int32 for ``whole`` numbers."""
    import torch

    from humanoid_brain.host.standalone.engine_tensors import Buffer

    return Buffer(torch.zeros(shape, dtype=torch.int32 if whole else torch.float32, device=device))


def prepare_sensors(stage: Usd.Stage, paths: Sequence[str]) -> None:
    """Make bodies report their contacts, however small, and keep them awake so that they go on doing so."""
    from pxr import Sdf

    table = clones_of(stage)
    for path in dict.fromkeys(table.authored(path) for path in paths):
        prim = stage.GetPrimAtPath(path)
        prim.AddAppliedSchema("PhysxContactReportAPI")
        prim.CreateAttribute("physxContactReport:threshold", Sdf.ValueTypeNames.Float, False).Set(0.0)
        prim.AddAppliedSchema("PhysxRigidBodyAPI")
        prim.CreateAttribute("physxRigidBody:sleepThreshold", Sdf.ValueTypeNames.Float, False).Set(0.0)
