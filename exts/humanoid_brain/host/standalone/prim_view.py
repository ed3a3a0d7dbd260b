# SPDX-License-Identifier: Apache-2.0
"""What every view has: paths by expression, and a physics handle from PHYSICS_READY until the simulation stops."""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeVar

from humanoid_brain.errors import SceneError
from humanoid_brain.host.standalone.arrays import Indices, to_list
from humanoid_brain.host.standalone.clones import clones_of, find_paths
from humanoid_brain.host.standalone.events import IsaacEvents, bus
from humanoid_brain.host.standalone.simulation import SimulationView, simulation
from humanoid_brain.host.standalone.utils.stage import get_current_stage

if TYPE_CHECKING:
    from pxr import Usd

    from humanoid_brain.host.standalone.channel import Channels

_View = TypeVar("_View", bound="Prim")
_Params = ParamSpec("_Params")
_Result = TypeVar("_Result")

log = logging.getLogger("humanoid_brain.host")


def needs_physics(
    method: Callable[Concatenate[_View, _Params], _Result],
) -> Callable[Concatenate[_View, _Params], _Result | None]:
    """Outside of a running simulation the method warns and gives None, as in Isaac Sim."""

    @functools.wraps(method)
    def guarded(self: _View, /, *args: _Params.args, **kwargs: _Params.kwargs) -> _Result | None:
        if self._physics_view is None:
            log.warning("%s: %s needs a running simulation; call World.reset() first", self.name, method.__name__)
            return None
        return method(self, *args, **kwargs)

    return guarded


class Prim:
    """Prims found by path.

    Args:
        prim_paths_expr: Path, or one regular expression per path element, or a list of those. Rows come in stage
            order, environments by number.
        name: Unique name in the scene.

    Raises:
        SceneError: Nothing matches.
    """

    def __init__(self, prim_paths_expr: str | list[str], name: str = "prim_view") -> None:
        expressions = [prim_paths_expr] if isinstance(prim_paths_expr, str) else list(prim_paths_expr)
        self._stage = get_current_stage()
        self._name = name
        self._prim_paths = [path for each in expressions for path in self._resolve(each)]
        self._physics_view: Channels | None = None
        bus.listen(IsaacEvents.PHYSICS_READY, self._on_physics_ready)
        bus.listen(IsaacEvents.POST_RESET, self._on_post_reset)
        bus.listen(IsaacEvents.TIMELINE_STOP, self._on_timeline_stop)

    def _resolve(self, expression: str) -> list[str]:
        paths = find_paths(self._stage, expression)
        if not paths:
            todo = "One regular expression per path element, such as /World/envs/env_.*/Robot"
            raise SceneError("no prim matches", where=expression, todo=todo)
        return paths

    @property
    def prim_paths(self) -> list[str]:
        """Paths in row order."""
        return self._prim_paths

    @property
    def name(self) -> str:
        """Unique name in the scene."""
        return self._name

    @property
    def count(self) -> int:
        """Number of rows."""
        return len(self._prim_paths)

    @property
    def prims(self) -> list[Usd.Prim]:
        """The authored prims in row order; below a clone it is the source's prim."""
        return [self._authored(row) for row in range(self.count)]

    @property
    def initialized(self) -> bool:
        """True while the simulation runs."""
        return simulation.view is not None

    def is_valid(self, indices: Indices = None) -> bool:
        """True while every prim (of ``indices``) is on the stage."""
        return all(bool(self._authored(row)) for row in to_list(indices, self.count))

    def initialize(self, physics_sim_view: SimulationView | None = None) -> None:
        """Get ready for the running simulation; happens by itself on play, and again on call does no harm."""

    def post_reset(self) -> None:
        """Restore the default state."""

    def destroy(self) -> None:
        """Let go of the simulation."""
        self._physics_view = None

    def _authored(self, row: int) -> Usd.Prim:
        return self._stage.GetPrimAtPath(clones_of(self._stage).authored(self._prim_paths[row]))

    def _on_physics_ready(self) -> None:
        if get_current_stage() is self._stage:
            self.initialize(simulation.view)

    def _on_post_reset(self) -> None:
        if get_current_stage() is self._stage:
            self.post_reset()

    def _on_timeline_stop(self) -> None:
        self._physics_view = None
