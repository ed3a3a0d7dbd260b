# SPDX-License-Identifier: Apache-2.0
"""The simulator beneath, under one vocabulary: Isaac Sim's own classes, or the standalone ones of the same names.

Code above this package says ``h = host.load()`` and then ``h.World``, ``h.ArticulationView``, ... For annotations it
imports ``World``, ``ArticulationView`` and the other types from here, inside ``if TYPE_CHECKING``: they are Isaac
Sim's recorded interface, so that a type checker refuses what a version lacks.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

from humanoid_brain.errors import HostError

if TYPE_CHECKING:
    import torch
    from pxr import Usd

    from humanoid_brain.host.isaac_api import (
        ArticulationView,
        GridCloner,
        GroundPlane,
        PhysicsMaterial,
        RigidPrimView,
        World,
        XFormPrimView,
        prims,
        stage,
    )
    from humanoid_brain.host.replicator_api import Replicator

    __all__ = [
        "ArticulationView",
        "GridCloner",
        "GroundPlane",
        "Host",
        "PhysicsMaterial",
        "Replicator",
        "RigidPrimView",
        "World",
        "XFormPrimView",
        "load",
    ]

HostName = Literal["auto", "standalone", "isaac"]


class WriteRows(Protocol):
    """Write full-size tensors, of which only the rows where ``mask`` [N] (bool) is true take effect.

    Joint positions and velocities become the drive targets of those rows too, as with Isaac Sim's setters.
    Shapes: positions [N, 3] m and orientations [N, 4] wxyz of the root, world frame; velocities [N, 6] linear at the
    centre of mass in m/s then angular in rad/s; joint_positions and joint_velocities [N, D].
    """

    def __call__(
        self,
        view: ArticulationView | RigidPrimView,
        mask: torch.Tensor,
        *,
        positions: torch.Tensor | None = None,
        orientations: torch.Tensor | None = None,
        velocities: torch.Tensor | None = None,
        joint_positions: torch.Tensor | None = None,
        joint_velocities: torch.Tensor | None = None,
    ) -> None:
        """Write the rows."""
        ...


class SetShapeMaterials(Protocol):
    """Set friction and restitution of shapes while playing: [K, S, 3] for K rows, all for None, on the CPU.

    The three are static friction, dynamic friction and restitution. Isaac Sim has this on a view's private handle
    only. How the materials of two shapes combine is authored on USD: the average unless told otherwise.
    """

    def __call__(
        self,
        view: ArticulationView | RigidPrimView,
        materials: torch.Tensor,
        indices: torch.Tensor | None = None,
    ) -> None:
        """Set the rows."""
        ...


class AddLabels(Protocol):
    """Label a prim for semantic segmentation, in the schema of every Isaac Sim version."""

    def __call__(self, prim: Usd.Prim, labels: list[str], instance_name: str = "class") -> None:
        """Attach ``labels`` of the kind ``instance_name``, replacing those of that kind."""
        ...


def _set_torch_threads(threads: int) -> None:
    import torch

    torch.set_num_threads(threads)


@dataclass(frozen=True)
class Host:
    """What runs the simulation.

    Attributes:
        name: "standalone" or "isaac".
        version: Of ovphysx, or of Isaac Sim.
        World: And the other classes: Isaac Sim's names and interfaces.
        stage: Functions of isaacsim.core.utils.stage.
        prims: Functions of isaacsim.core.utils.prims.
        add_labels: Attach semantic labels.
        write_rows: Write the state of some rows; on the standalone host without waiting for the GPU.
        refresh_links: Make link poses current after a state write, without stepping.
        get_shape_materials: Friction and restitution [N, S, 3] of a view's shapes, on the CPU.
        set_shape_materials: Set them, row by row.
        set_threads: Choose the solver's worker threads on the CPU before the first play; None chooses by scene size.
        set_torch_threads: Choose PyTorch's threads on the CPU. Where the host imports PyTorch as it loads a scene, they
            are set then, before any of its work.
        replicator: Render products, annotators, steps and writers, by the names of ``omni.replicator.core``. Inside
            Isaac Sim it is found at its first use, which raises HostError where the extension is not enabled.
        windowed: Whether an application with a window around us owns the frames, as Kit does for an extension. Setting
            up a World then takes some of its frames: only the ``_async`` methods work.
        meanwhile: Within this context, do some work of PyTorch's in a thread while a scene is loaded onto a GPU. A host
            that has no time to spare then does not do it at all.
        hold_frames: While true, the application's own frames draw but do not step the physics; we alone do.
    """

    name: str
    version: str
    World: type[World]
    ArticulationView: type[ArticulationView]
    RigidPrimView: type[RigidPrimView]
    XFormPrimView: type[XFormPrimView]
    GridCloner: type[GridCloner]
    GroundPlane: type[GroundPlane]
    PhysicsMaterial: type[PhysicsMaterial]
    stage: type[stage]
    prims: type[prims]
    add_labels: AddLabels
    write_rows: WriteRows
    refresh_links: Callable[[World], None]
    get_shape_materials: Callable[[ArticulationView | RigidPrimView], torch.Tensor]
    set_shape_materials: SetShapeMaterials
    set_threads: Callable[[int | None], None]
    replicator: Replicator
    windowed: bool = False
    hold_frames: Callable[[bool], None] = lambda hold: None
    meanwhile: Callable[[Callable[[], None]], AbstractContextManager[None]] = lambda work: nullcontext()
    set_torch_threads: Callable[[int], None] = _set_torch_threads


def load(name: HostName = "auto") -> Host:
    """The host to work with.

    Args:
        name: "auto" takes Isaac Sim when this process runs inside Kit, else the standalone host.

    Raises:
        HostError: The host's packages are missing or too old; the message names what does not resolve.
    """
    if name == "auto":
        name = "isaac" if inside_kit() else "standalone"
    if name == "isaac":
        from humanoid_brain.host.isaac import load_isaac

        return load_isaac()
    if name == "standalone":
        from humanoid_brain.host.standalone.host import load_standalone

        return load_standalone()
    raise HostError(f"there is no host '{name}'", todo="Use auto, standalone or isaac")


def inside_kit() -> bool:
    """True when Omniverse Kit runs this process."""
    return "omni.kit.app" in sys.modules
