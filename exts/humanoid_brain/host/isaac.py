# SPDX-License-Identifier: Apache-2.0
"""NVIDIA's names over Isaac Sim 4.5 to 6.x: the only module that imports Isaac Sim.

A name is tried where the newest version has it first. ``omni.isaac.*`` ends with 5.1; 4.2 has nothing else.
"""

from __future__ import annotations

import builtins
import importlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from typing import TYPE_CHECKING, Any

from humanoid_brain.errors import HostError
from humanoid_brain.host import Host
from humanoid_brain.host.isaac_replicator import IsaacReplicator
from humanoid_brain.host.isaac_workarounds import (
    articulation_view,
    get_shape_materials,
    grid_cloner,
    refresh_links,
    rigid_prim_view,
    set_shape_materials,
    world,
    write_rows,
)
from humanoid_brain.host.semantics import add_labels

if TYPE_CHECKING:
    from types import ModuleType

SYMBOLS: dict[str, tuple[str, ...]] = {
    "World": ("isaacsim.core.api:World", "omni.isaac.core:World"),
    "ArticulationView": ("isaacsim.core.prims:Articulation", "omni.isaac.core.articulations:ArticulationView"),
    "RigidPrimView": ("isaacsim.core.prims:RigidPrim", "omni.isaac.core.prims:RigidPrimView"),
    "XFormPrimView": ("isaacsim.core.prims:XFormPrim", "omni.isaac.core.prims:XFormPrimView"),
    "GridCloner": ("isaacsim.core.cloner:GridCloner", "omni.isaac.cloner:GridCloner"),
    "GroundPlane": ("isaacsim.core.api.objects:GroundPlane", "omni.isaac.core.objects:GroundPlane"),
    "PhysicsMaterial": ("isaacsim.core.api.materials:PhysicsMaterial", "omni.isaac.core.materials:PhysicsMaterial"),
    "stage": ("isaacsim.core.utils.stage", "omni.isaac.core.utils.stage"),
    "prims": ("isaacsim.core.utils.prims", "omni.isaac.core.utils.prims"),
}
_ASSETS = (
    "isaacsim.storage.native:get_assets_root_path",
    "omni.isaac.nucleus:get_assets_root_path",
    "omni.isaac.core.utils.nucleus:get_assets_root_path",
)
PLAY_SIMULATIONS = "/app/player/playSimulations"
"""Kit's setting for whether its frames step the physics."""
_OLDEST = "humanoid_brain needs Isaac Sim 4.5 or later"


@dataclass(frozen=True)
class IsaacVersions:
    """Versions of what this process runs in; empty text for what is not there."""

    isaac_sim: str
    kit: str
    replicator: str


def resolve(name: str, places: Sequence[str]) -> Any:
    """The first of ``places`` ("module" or "module:attribute") that exists.

    Raises:
        HostError: None of them does; the message names the symbol and where it was looked for.
    """
    for place in places:
        module, _, attribute = place.partition(":")
        found = _import(module)
        if found is not None and (not attribute or hasattr(found, attribute)):
            return getattr(found, attribute) if attribute else found
    todo = f"Looked for {', '.join(places)}. {_OLDEST}"
    raise HostError(f"Isaac Sim has no '{name}'", todo=todo)


@cache
def load_isaac() -> Host:
    """Isaac Sim's classes as a :class:`Host`, with work-arounds where a version needs them (docs/hosts.md).

    Raises:
        HostError: A symbol does not resolve.
    """
    names = {name: resolve(name, places) for name, places in SYMBOLS.items()}
    names["World"] = world(names["World"])
    names["ArticulationView"] = articulation_view(names["ArticulationView"])
    names["RigidPrimView"] = rigid_prim_view(names["RigidPrimView"])
    names["GridCloner"] = grid_cloner(names["GridCloner"])
    names["replicator"] = IsaacReplicator(replicator)
    return Host(
        name="isaac",
        version=isaac_versions().isaac_sim or "unknown",
        add_labels=add_labels,
        write_rows=write_rows,
        refresh_links=refresh_links,
        get_shape_materials=get_shape_materials,
        set_shape_materials=set_shape_materials,
        set_threads=_keep_threads,
        windowed=_windowed(),
        hold_frames=_hold_frames,
        **names,
    )


def replicator() -> ModuleType:
    """``omni.replicator.core``.

    Raises:
        HostError: The extension is not enabled.
    """
    module = _import("omni.replicator.core")
    if module is None:
        todo = "Enable the extension omni.replicator.core in Window > Extensions, or start Isaac Sim with it"
        raise HostError("Replicator is not enabled", where="omni.replicator.core", todo=todo)
    return module


def assets_root() -> str:
    """URL of NVIDIA's asset folder.

    Raises:
        HostError: It is out of reach. 5.x raises by itself; 4.2 gives None.
    """
    find: Callable[[], str | None] = resolve("get_assets_root_path", _ASSETS)
    try:
        root = find()
    except RuntimeError as error:
        raise HostError(f"NVIDIA's assets are out of reach: {error}", todo="Check the network") from error
    if not root:
        raise HostError("NVIDIA's assets are out of reach", todo="Check the network")
    return root


def isaac_versions() -> IsaacVersions:
    """Versions, also outside of Kit, where ``pip`` may have installed Isaac Sim."""
    app = _import("omni.kit.app")
    kit = str(app.get_app().get_kit_version()).partition("+")[0] if app is not None else ""
    sim = _package("isaacsim") or (_core_version() if app is not None else "")
    return IsaacVersions(isaac_sim=sim, kit=kit, replicator=_extension("omni.replicator.core") if app else "")


def _core_version() -> str:
    module = _import("isaacsim.core.version") or _import("omni.isaac.version")
    return str(module.get_version()[0]) if module is not None else ""


def _extension(name: str) -> str:
    app = _import("omni.kit.app")
    manager = app.get_app().get_extension_manager() if app is not None else None
    found = manager.get_enabled_extension_id(name) if manager is not None else None
    return str(found).rpartition("-")[2] if found else ""


def _package(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return ""


def _import(module: str) -> Any:
    try:
        return importlib.import_module(module)
    except ImportError:
        return None


def _keep_threads(threads: int | None) -> None:
    """Isaac Sim chooses its own worker threads."""


def _windowed() -> bool:
    """Whether we are an extension of a running application; SimulationApp sets this to False for scripts."""
    return _import("omni.kit.app") is not None and getattr(builtins, "ISAAC_LAUNCHED_FROM_TERMINAL", True) is not False


def _hold_frames(hold: bool) -> None:
    """As ``SimulationContext.render`` does it for one frame."""
    settings = _import("carb.settings")
    if settings is not None:
        settings.get_settings().set(PLAY_SIMULATIONS, not hold)
