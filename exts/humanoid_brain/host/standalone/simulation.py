# SPDX-License-Identifier: Apache-2.0
"""The running simulation: loads the stage into the engine, steps it, and tells everybody when physics is ready."""

from __future__ import annotations

import logging
import tempfile
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from humanoid_brain.errors import DeviceError, HostError, SceneError
from humanoid_brain.host.standalone.clones import CloneTable, clones_of
from humanoid_brain.host.standalone.events import IsaacEvents, bus
from humanoid_brain.host.standalone.export import Inventory, export_scene, take_inventory
from humanoid_brain.host.standalone.quantity import Quantity
from humanoid_brain.host.standalone.waking import wake_torch

if TYPE_CHECKING:
    import torch
    from pxr import Usd

    from humanoid_brain.host.standalone.engine import Engine

WARM_UP_STEPS = 2  # physics steps that Isaac Sim takes on every play, before views are ready

log = logging.getLogger("humanoid_brain.host")


class SimulationView:
    """What ``World.physics_sim_view`` is while physics runs."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.device = engine.device

    @property
    def is_valid(self) -> bool:
        """True until the simulation stops."""
        return simulation.view is self

    def update_articulations_kinematic(self) -> None:
        """Recompute link poses from the joint state, without stepping."""
        self._engine.update_kinematics()


@dataclass
class Simulation:
    """State shared by the world and every view of this process.

    Attributes:
        backend: "torch" or "numpy": what getters return and setters take.
        device: "cpu" or "cuda:<index>".
        threads: Worker threads of the CPU solver; None chooses.
        meanwhile: What to do while a scene is loaded onto a GPU.
        torch_threads: PyTorch's threads as they shall be once it is imported; None leaves them.
    """

    backend: str = "numpy"
    device: str = "cpu"
    threads: int | None = None
    torch_threads: int | None = None
    meanwhile: Callable[[], None] | None = None
    view: SimulationView | None = None
    inventory: Inventory = field(default_factory=Inventory)
    time: float = 0.0
    steps: int = 0
    _engine: Engine | None = None

    @property
    def engine(self) -> Engine:
        """The engine with its scene loaded.

        Raises:
            HostError: The simulation is stopped.
        """
        if self._engine is None:
            raise HostError("the simulation is stopped", todo="Call World.reset() or World.play() first")
        return self._engine

    @property
    def loaded(self) -> bool:
        """True from play to stop, also while paused."""
        return self._engine is not None

    def load(self, stage: Usd.Stage, dt: float, before_step: Callable[[float], None]) -> None:
        """Load ``stage``, take the warm-up steps of ``dt`` seconds each, and announce PHYSICS_READY.

        Raises:
            SceneError: The stage has no physics scene, or the engine refuses it.
            DeviceError: The device is not there, or another one is in use in this process.
            HostError: PyTorch does not load.
        """
        from humanoid_brain.host.standalone.engine import open_engine

        self._check_scene(stage)
        environments = 1 + len(clones_of(stage).sources)
        engine = open_engine(self.device, self.threads, environments)
        with tempfile.TemporaryDirectory(prefix="humanoid_brain_") as folder:
            path = Path(folder) / "scene.usdc"
            copies = export_scene(stage, path, isolate=not engine.gpu)
            given = (engine.device, self.torch_threads, self.meanwhile)
            waking = threading.Thread(target=wake_torch, args=given)  # no daemon: it imports
            engine.attach(path, copies, waking.start)
        self._engine, self.device = engine, engine.device
        try:
            self._import_torch()
            self.inventory = take_inventory(stage)
            engine.warm_up()
            self._settle(stage)
            bus.send(IsaacEvents.PHYSICS_WARMUP)
            self.time, self.steps = 0.0, 0
            for _ in range(WARM_UP_STEPS):
                self.advance(dt, before_step)
            waking.join()
            self.view = SimulationView(engine)
            bus.send(IsaacEvents.SIMULATION_VIEW_CREATED)
            bus.send(IsaacEvents.PHYSICS_READY)
        except BaseException:
            self.unload()
            raise

    def advance(self, dt: float, before_step: Callable[[float], None]) -> None:
        """One physics step of ``dt`` seconds; the clock moves first, as in Isaac Sim 5."""
        self.time += dt
        self.steps += 1
        before_step(dt)
        self.engine.step(dt)

    def unload(self) -> None:
        """Stop: drop the scene. Views lose their handles on TIMELINE_STOP."""
        engine, self._engine, self.view = self._engine, None, None
        self.time, self.steps = 0.0, 0
        if engine is not None:
            bus.send(IsaacEvents.TIMELINE_STOP)
            engine.detach()

    def _import_torch(self) -> None:
        """Wait for the engine's import of PyTorch; what failed in it fails again here, and is told."""
        try:
            import torch
        except Exception as error:  # of any type, from a library that is broken
            raise HostError(f"PyTorch does not load: {error}", todo="Install it again") from error
        if self.device != "cpu" and not torch.cuda.is_available():
            todo = "Install a PyTorch that was built for the driver's CUDA, or use --device cpu"
            raise DeviceError(f"{self.device} was asked for, but PyTorch finds no CUDA device", todo=todo)
        if self.torch_threads is not None:
            torch.set_num_threads(self.torch_threads)
            self.torch_threads = None

    def _check_scene(self, stage: Usd.Stage) -> None:
        from pxr import UsdPhysics

        if not any(prim.IsA(UsdPhysics.Scene) for prim in stage.Traverse()):
            raise SceneError("the stage has no PhysicsScene", todo="World(physics_prim_path=...) makes one")

    def _settle(self, stage: Usd.Stage) -> None:
        """Write the authored state, since warming up leaves velocities where shapes touch."""
        import torch

        table = clones_of(stage)
        for root in self.inventory.articulations:
            paths = _with_clones(table, root)
            try:
                self._rewrite(Quantity.ROOT_POSE, paths)
            except SceneError:  # an ArticulationRootAPI without joints, say: nothing moves, and no view can use it
                log.warning("%s has ArticulationRootAPI, but the engine makes no articulation of it", root)
                continue
            self._rewrite(Quantity.ROOT_VELOCITY, paths, _authored_velocity(stage, root))
            if self._rewrite(Quantity.DOF_POSITION, paths):
                self._rewrite(Quantity.DOF_VELOCITY, paths, torch.zeros(()))
        paths, velocities = [], []
        for body in self.inventory.bodies:
            velocity = _authored_velocity(stage, body)
            if velocity is not None:
                copies = _with_clones(table, body)
                paths += copies
                velocities += [velocity] * len(copies)
        if paths:
            self._rewrite(Quantity.BODY_POSE, paths)
            self._rewrite(Quantity.BODY_VELOCITY, paths, torch.stack(velocities))

    def _rewrite(self, quantity: Quantity, paths: list[str], value: torch.Tensor | None = None) -> bool:
        binding = self.engine.bind(quantity, paths)
        if 0 in binding.shape:
            return False
        buffer = binding.allocate()
        if value is None:
            binding.read(buffer)
        else:
            buffer.tensor.copy_(value)
        binding.write(buffer)
        return True


simulation = Simulation()


def _with_clones(table: CloneTable, path: str) -> list[str]:
    """``path`` and its copies, one per environment."""
    found = [path]
    for target, source in table.sources.items():
        if path == source or path.startswith(f"{source}/"):
            found.append(target + path[len(source) :])
    return found


def _authored_velocity(stage: Usd.Stage, path: str) -> torch.Tensor | None:
    """Initial velocity [6] in m/s and rad/s of a dynamic body, None for one that does not move by itself."""
    import torch
    from pxr import UsdPhysics

    body = UsdPhysics.RigidBodyAPI(stage.GetPrimAtPath(path))
    if not body:
        return torch.zeros(6)
    if body.GetKinematicEnabledAttr().Get() or body.GetRigidBodyEnabledAttr().Get() is False:
        return None
    linear = body.GetVelocityAttr().Get() or (0.0, 0.0, 0.0)
    angular = body.GetAngularVelocityAttr().Get() or (0.0, 0.0, 0.0)  # degrees per second in USD
    return torch.cat([torch.tensor([*linear]), torch.deg2rad(torch.tensor([*angular]))]).float()
