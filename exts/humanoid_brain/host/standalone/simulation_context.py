# SPDX-License-Identifier: Apache-2.0
"""Play, step and stop the simulation of the current stage. Names follow isaacsim.core.api.SimulationContext."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import ModuleType
from typing import TYPE_CHECKING, ClassVar

from humanoid_brain.errors import HostError
from humanoid_brain.host.standalone.callbacks import Callbacks
from humanoid_brain.host.standalone.events import CallbackEvent, IsaacEvents, TimelineEventType, bus
from humanoid_brain.host.standalone.physics_context import PhysicsContext
from humanoid_brain.host.standalone.prim_view import log
from humanoid_brain.host.standalone.simulation import SimulationView, simulation
from humanoid_brain.host.standalone.utils import stage as stage_utils

if TYPE_CHECKING:
    from pxr import Usd

_BACKENDS = ("torch", "numpy")


class SimulationContext:
    """The simulation of this process; a second construction gives the first one, unchanged.

    Args:
        physics_dt: Seconds per physics step; 1/60 if None.
        rendering_dt: Seconds per frame, a multiple of ``physics_dt``; 1/60 if None.
        stage_units_in_meters: Metres per stage unit; 1 if None.
        physics_prim_path: Where the physics scene prim goes when the stage has none.
        sim_params: See :class:`PhysicsContext`.
        set_defaults: See :class:`PhysicsContext`.
        backend: "numpy" or "torch": what getters give.
        device: "cpu" (also for None), "cuda" or "cuda:<index>".
        stage: The stage to simulate; the current one if None.

    Raises:
        DeviceError: The device is not there.
        HostError: The backend is none of ours.
    """

    _instance: ClassVar[SimulationContext | None] = None
    _ready: bool = False

    def __new__(cls, *args: object, **kwargs: object) -> SimulationContext:
        """The one instance."""
        if SimulationContext._instance is None:
            SimulationContext._instance = super().__new__(cls)
        elif SimulationContext._instance._ready:
            log.warning("the simulation context exists already and keeps its settings; clear_instance() ends it")
        return SimulationContext._instance

    def __init__(
        self,
        physics_dt: float | None = None,
        rendering_dt: float | None = None,
        stage_units_in_meters: float | None = None,
        physics_prim_path: str = "/physicsScene",
        sim_params: Mapping[str, object] | None = None,
        set_defaults: bool = True,
        backend: str = "numpy",
        device: str | None = None,
        stage: Usd.Stage | None = None,
    ) -> None:
        if self._ready:
            return
        try:
            self._set_up(
                physics_dt, stage_units_in_meters, physics_prim_path, sim_params, set_defaults, backend, device, stage
            )
        except BaseException:
            SimulationContext._instance = None
            raise
        self._rendering_dt = rendering_dt or 1.0 / 60.0
        self._playing = False
        self._physics_callbacks: Callbacks[[float]] = Callbacks("physics")
        self._timeline_callbacks: Callbacks[[CallbackEvent]] = Callbacks("timeline")
        self._render_callbacks: Callbacks[[CallbackEvent]] = Callbacks("render")
        self._stage_callbacks: Callbacks[[CallbackEvent]] = Callbacks("stage")
        bus.listen(IsaacEvents.PHYSICS_READY, self._release_callbacks)
        self._ready = True

    def _set_up(
        self,
        physics_dt: float | None,
        stage_units_in_meters: float | None,
        physics_prim_path: str,
        sim_params: Mapping[str, object] | None,
        set_defaults: bool,
        backend: str,
        device: str | None,
        stage: Usd.Stage | None,
    ) -> None:
        from humanoid_brain.host.standalone.engine import check_device

        if backend not in _BACKENDS:
            raise HostError(f"the backend '{backend}' is not available here", todo="Use torch or numpy")
        simulation.device = check_device(device or "cpu")
        if backend == "numpy" and simulation.device != "cpu":
            log.warning("NumPy cannot hold CUDA data: the backend becomes torch")
            backend = "torch"
        simulation.backend = backend
        self._stage = stage or stage_utils.get_current_stage()
        stage_utils.make_current(self._stage)
        if stage_units_in_meters is not None:
            stage_utils.set_stage_units(stage_units_in_meters)
        self._physics_context = PhysicsContext(physics_dt, physics_prim_path, sim_params, set_defaults)
        self._physics_dt = self._physics_context.get_physics_dt()

    @classmethod
    def instance(cls) -> SimulationContext | None:
        """The one instance, None before the first construction."""
        return SimulationContext._instance

    @classmethod
    def clear_instance(cls) -> None:
        """Stop the simulation and forget the instance; the next construction is a first one."""
        instance, SimulationContext._instance = SimulationContext._instance, None
        if instance is not None and instance._ready:
            simulation.unload()
            instance._playing = False
            instance.clear_all_callbacks()
        simulation.backend, simulation.device = "numpy", "cpu"

    @property
    def stage(self) -> Usd.Stage:
        """The stage that is simulated."""
        return self._stage

    @property
    def backend(self) -> str:
        """What getters give: "numpy" or "torch"."""
        return simulation.backend

    @property
    def device(self) -> str:
        """Where the state lives: "cpu" or "cuda:<index>"."""
        return simulation.device

    @property
    def backend_utils(self) -> ModuleType:
        """Rotation functions of the torch backend; NumPy has none here.

        Raises:
            HostError: The backend is NumPy.
        """
        from humanoid_brain.host.standalone.utils import rotations

        if self.backend != "torch":
            raise HostError("there are no utilities for the NumPy backend", todo="Use backend='torch'")
        return rotations

    @property
    def physics_sim_view(self) -> SimulationView | None:
        """What views are initialized with; None when stopped."""
        return simulation.view

    @property
    def current_time(self) -> float:
        """Simulated seconds since play, warm-up steps included: 2 dt right after reset."""
        return simulation.time

    @property
    def current_time_step_index(self) -> int:
        """Physics steps since play, warm-up steps included: 2 right after reset."""
        return simulation.steps

    def get_physics_context(self) -> PhysicsContext:
        """Settings of the physics scene."""
        return self._physics_context

    def set_simulation_dt(self, physics_dt: float | None = None, rendering_dt: float | None = None) -> None:
        """Change the seconds per physics step and per frame; None keeps."""
        if physics_dt is not None:
            self._physics_context.set_physics_dt(physics_dt)
            self._physics_dt = self._physics_context.get_physics_dt()
        if rendering_dt is not None:
            self._rendering_dt = rendering_dt

    def get_physics_dt(self) -> float:
        """Seconds per physics step."""
        return self._physics_dt

    def get_rendering_dt(self) -> float:
        """Seconds per frame."""
        return self._rendering_dt

    def is_playing(self) -> bool:
        """True from play to pause or stop."""
        return self._playing

    def is_stopped(self) -> bool:
        """True before the first play and after stop."""
        return not simulation.loaded

    def is_simulating(self) -> bool:
        """True when physics is loaded and views are valid, also while paused."""
        return simulation.view is not None

    def play(self) -> None:
        """Start, or go on after pause. From stop it loads physics, takes two warm-up steps and readies the views.

        Raises:
            SceneError: The stage cannot be simulated.
            DeviceError: Another device is in use in this process.
        """
        if self._playing:
            return
        if not simulation.loaded:
            self._physics_dt = self._physics_context.get_physics_dt()
            simulation.load(self._stage, self._physics_dt, self._physics_callbacks.call)
        self._playing = True
        self._timeline_callbacks.call(CallbackEvent(TimelineEventType.PLAY))

    def pause(self) -> None:
        """Stop stepping; state and views stay valid."""
        if self._playing:
            self._playing = False
            self._timeline_callbacks.call(CallbackEvent(TimelineEventType.PAUSE))

    def stop(self) -> None:
        """Drop physics: views become invalid, what was set at run time is lost, poses are those of the stage."""
        if simulation.loaded:
            self._playing = False
            self._physics_callbacks.hold()
            simulation.unload()
            self._timeline_callbacks.call(CallbackEvent(TimelineEventType.STOP))

    def initialize_physics(self) -> None:
        """Play if stopped."""
        if not simulation.loaded:
            self.play()

    def reset(self, soft: bool = False) -> None:
        """Stop and play. ``soft`` keeps physics loaded and the state as it is."""
        if not soft or not simulation.loaded:
            self.stop()
            self.initialize_physics()
        self.play()

    def step(self, render: bool = True, update_fabric: bool = False) -> None:
        """Advance one frame (``rendering_dt``) with ``render``, else one physics step; nothing unless playing."""
        if self._playing:
            for _ in range(self._substeps() if render else 1):
                simulation.advance(self._physics_dt, self._physics_callbacks.call)
        if render:
            self.render()

    def render(self) -> None:
        """Call the render callbacks, without physics."""
        self._render_callbacks.call(CallbackEvent(0, {"dt": self._rendering_dt}))

    def clear(self) -> None:
        """Delete every prim but the physics scene and /World."""
        self.stop()
        stage_utils.clear_stage()

    async def initialize_simulation_context_async(self) -> None:
        """Nothing left to do: construction does it all here."""

    async def play_async(self) -> None:
        """As :meth:`play`."""
        self.play()

    async def pause_async(self) -> None:
        """As :meth:`pause`."""
        self.pause()

    async def stop_async(self) -> None:
        """As :meth:`stop`."""
        self.stop()

    async def render_async(self) -> None:
        """As :meth:`render`."""
        self.render()
        await stage_utils.update_stage_async()

    async def reset_async(self, soft: bool = False) -> None:
        """As :meth:`reset`, and every view goes back to its default state."""
        SimulationContext.reset(self, soft)
        bus.send(IsaacEvents.POST_RESET)

    def add_physics_callback(self, callback_name: str, callback_fn: Callable[[float], None]) -> None:
        """Call ``callback_fn(step_size)`` before each physics step, also in the warm-up steps of the first play."""
        self._physics_callbacks.add(callback_name, callback_fn)

    def remove_physics_callback(self, callback_name: str) -> None:
        """Remove a physics callback."""
        self._physics_callbacks.remove(callback_name)

    def physics_callback_exists(self, callback_name: str) -> bool:
        """True when it would be called; false between stop and the next time physics is ready."""
        return self._physics_callbacks.exists(callback_name)

    def clear_physics_callbacks(self) -> None:
        """Remove all physics callbacks."""
        self._physics_callbacks.clear()

    def add_stage_callback(self, callback_name: str, callback_fn: Callable[[CallbackEvent], None]) -> None:
        """Call ``callback_fn(event)`` when the stage is about to be replaced."""
        self._stage_callbacks.add(callback_name, callback_fn)

    def remove_stage_callback(self, callback_name: str) -> None:
        """Remove a stage callback."""
        self._stage_callbacks.remove(callback_name)

    def stage_callback_exists(self, callback_name: str) -> bool:
        """True when there is one of that name."""
        return self._stage_callbacks.exists(callback_name)

    def clear_stage_callbacks(self) -> None:
        """Remove all stage callbacks."""
        self._stage_callbacks.clear()

    def add_timeline_callback(self, callback_name: str, callback_fn: Callable[[CallbackEvent], None]) -> None:
        """Call ``callback_fn(event)`` on play, pause and stop; ``event.type`` is 0, 1 or 2."""
        self._timeline_callbacks.add(callback_name, callback_fn)

    def remove_timeline_callback(self, callback_name: str) -> None:
        """Remove a timeline callback."""
        self._timeline_callbacks.remove(callback_name)

    def timeline_callback_exists(self, callback_name: str) -> bool:
        """True when there is one of that name."""
        return self._timeline_callbacks.exists(callback_name)

    def clear_timeline_callbacks(self) -> None:
        """Remove all timeline callbacks."""
        self._timeline_callbacks.clear()

    def add_render_callback(self, callback_name: str, callback_fn: Callable[[CallbackEvent], None]) -> None:
        """Call ``callback_fn(event)`` on each frame."""
        self._render_callbacks.add(callback_name, callback_fn)

    def remove_render_callback(self, callback_name: str) -> None:
        """Remove a render callback."""
        self._render_callbacks.remove(callback_name)

    def render_callback_exists(self, callback_name: str) -> bool:
        """True when there is one of that name."""
        return self._render_callbacks.exists(callback_name)

    def clear_render_callbacks(self) -> None:
        """Remove all render callbacks."""
        self._render_callbacks.clear()

    def clear_all_callbacks(self) -> None:
        """Remove all callbacks."""
        for callbacks in (
            self._physics_callbacks,
            self._timeline_callbacks,
            self._render_callbacks,
            self._stage_callbacks,
        ):
            callbacks.clear()

    def _substeps(self) -> int:
        return max(int(self._rendering_dt / self._physics_dt + 1e-6), 1)

    def _release_callbacks(self) -> None:
        self._physics_callbacks.release()


def _on_stage_change() -> None:
    instance = SimulationContext._instance
    if instance is not None and instance._ready:
        instance._stage_callbacks.call(CallbackEvent(0))
        SimulationContext.clear_instance()


stage_utils.on_stage_change(_on_stage_change)
