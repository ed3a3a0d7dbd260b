# SPDX-License-Identifier: Apache-2.0
"""The standalone host as a :class:`~humanoid_brain.host.Host`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from humanoid_brain.errors import HostError
from humanoid_brain.host import Host
from humanoid_brain.machine import cuda_woken

if TYPE_CHECKING:
    from humanoid_brain.host import World

_EXTRA = "Install the package with its extra: pip install 'humanoid-brain[standalone]'"


@cache
def load_standalone() -> Host:
    """Import the standalone host.

    Raises:
        HostError: One of its packages is missing or does not load.
    """
    cuda_woken()
    try:
        return _load()
    except (ImportError, OSError) as error:
        raise HostError(f"the standalone host does not load: {error}", todo=_EXTRA) from error


def _load() -> Host:
    if find_spec("torch") is None:  # it is imported while a scene is loaded
        raise ModuleNotFoundError("No module named 'torch'")
    from humanoid_brain.host.semantics import add_labels
    from humanoid_brain.host.standalone import (
        articulation,
        cloner,
        materials,
        objects,
        replicator,
        rigid_view,
        world,
        xform_view,
    )
    from humanoid_brain.host.standalone.engine import VERSION
    from humanoid_brain.host.standalone.rows import write_rows
    from humanoid_brain.host.standalone.shape_materials import get_shape_materials, set_shape_materials
    from humanoid_brain.host.standalone.utils import prims, stage

    # The interface that Host promises is Isaac Sim's recorded one; tests/contract holds these classes to it.
    names: dict[str, Any] = {
        "World": world.World,
        "ArticulationView": articulation.ArticulationView,
        "RigidPrimView": rigid_view.RigidPrimView,
        "XFormPrimView": xform_view.XFormPrimView,
        "GridCloner": cloner.GridCloner,
        "GroundPlane": objects.GroundPlane,
        "PhysicsMaterial": materials.PhysicsMaterial,
        "stage": stage,
        "prims": prims,
        "add_labels": add_labels,
        "write_rows": write_rows,
        "get_shape_materials": get_shape_materials,
        "set_shape_materials": set_shape_materials,
        "replicator": replicator,
    }
    return Host(
        name="standalone",
        version=VERSION,
        refresh_links=_refresh_links,
        set_threads=_set_threads,
        set_torch_threads=_set_torch_threads,
        meanwhile=_meanwhile,
        **names,
    )


def _refresh_links(world: World) -> None:
    from humanoid_brain.host.standalone.simulation import simulation

    simulation.engine.update_kinematics()


def _set_threads(threads: int | None) -> None:
    from humanoid_brain.host.standalone.simulation import simulation

    if threads is not None and threads < 0:
        raise HostError(f"{threads} threads are impossible", todo="Use 0 or more, or None")
    simulation.threads = threads


@contextmanager
def _meanwhile(work: Callable[[], None]) -> Iterator[None]:
    from humanoid_brain.host.standalone.simulation import simulation

    simulation.meanwhile = work
    try:
        yield
    finally:
        simulation.meanwhile = None


def _set_torch_threads(threads: int) -> None:
    from humanoid_brain.host.standalone.simulation import simulation

    if "torch" in sys.modules:
        import torch

        torch.set_num_threads(threads)
    else:
        simulation.torch_threads = threads
