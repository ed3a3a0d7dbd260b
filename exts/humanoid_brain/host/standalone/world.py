# SPDX-License-Identifier: Apache-2.0
"""The simulation with its scene. Names follow isaacsim.core.api.World."""

from __future__ import annotations

from collections.abc import Mapping

from humanoid_brain.host.standalone.events import IsaacEvents, bus
from humanoid_brain.host.standalone.scene import Scene
from humanoid_brain.host.standalone.simulation import simulation
from humanoid_brain.host.standalone.simulation_context import SimulationContext


class World(SimulationContext):
    """A :class:`SimulationContext` with a :class:`Scene`; the arguments are the same."""

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
    ) -> None:
        fresh = not self._ready
        super().__init__(
            physics_dt,
            rendering_dt,
            stage_units_in_meters,
            physics_prim_path,
            sim_params,
            set_defaults,
            backend,
            device,
        )
        if fresh:
            self._scene = Scene()

    @property
    def scene(self) -> Scene:
        """The objects of the world."""
        return self._scene

    def initialize_physics(self) -> None:
        """Play if stopped, and initialize the scene's objects."""
        super().initialize_physics()
        self._scene._finalize(simulation.view)

    def reset(self, soft: bool = False) -> None:
        """Stop, play and initialize the scene's objects; views keep the state that the stage gives them.

        Args:
            soft: Keep physics loaded.
        """
        super().reset(soft)
        self._scene._finalize(simulation.view)
        self._scene.post_reset()

    async def reset_async(self, soft: bool = False) -> None:
        """As :meth:`reset`, and every view goes back to its default state."""
        self.reset(soft)
        bus.send(IsaacEvents.POST_RESET)

    async def reset_async_set_up_scene(self, soft: bool = False) -> None:
        """As :meth:`reset_async`; there are no tasks to set up."""
        await self.reset_async(soft)

    async def reset_async_no_set_up_scene(self, soft: bool = False) -> None:
        """As :meth:`reset_async`."""
        await self.reset_async(soft)

    def step(  # pyright: ignore[reportIncompatibleMethodOverride]
        self, render: bool = True, step_sim: bool = True, update_fabric: bool = False
    ) -> None:
        """Advance one frame with ``render``, else one physics step; only render when ``step_sim`` is false."""
        if step_sim:
            super().step(render, update_fabric)
        elif render:
            self.render()

    def clear(self) -> None:
        """Forget the scene's objects and delete every prim but the physics scene and /World."""
        self._scene.clear(registry_only=True)
        super().clear()
