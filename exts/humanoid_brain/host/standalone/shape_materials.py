# SPDX-License-Identifier: Apache-2.0
"""Friction and restitution of every collision shape while the simulation runs, environment by environment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from humanoid_brain.host.standalone.arrays import Indices, Values
from humanoid_brain.host.standalone.articulation import ArticulationView
from humanoid_brain.host.standalone.quantity import Quantity
from humanoid_brain.host.standalone.rigid_view import RigidPrimView

if TYPE_CHECKING:
    import torch

    from humanoid_brain.host.standalone.channel import Channel


def get_shape_materials(view: ArticulationView | RigidPrimView) -> torch.Tensor:
    """Static friction, dynamic friction and restitution [N, S, 3] of a view's shapes, on the CPU."""
    return _channel(view).get(None, None, clone=True)


def set_shape_materials(view: ArticulationView | RigidPrimView, materials: Values, indices: Indices = None) -> None:
    """Set [K, S, 3] for K rows. How two materials combine is authored: the average unless told otherwise."""
    _channel(view).set(materials, indices, None)


def _channel(view: ArticulationView | RigidPrimView) -> Channel:
    articulated = isinstance(view, ArticulationView)
    return view.channels[Quantity.SHAPE_MATERIAL if articulated else Quantity.BODY_SHAPE_MATERIAL]
