# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Protocol

import pytest

from humanoid_brain import host
from humanoid_brain.host.standalone.replicator import orchestrator

if TYPE_CHECKING:
    from humanoid_brain.host import World


class MakeWorld(Protocol):
    """Makes the world of the current stage."""

    def __call__(self, backend: str = "torch", device: str = "cpu", dt: float = 0.005) -> World: ...


@pytest.fixture(scope="session")
def h() -> host.Host:
    return host.load("standalone")


@pytest.fixture
def stopped_orchestrator() -> Iterator[None]:
    """Ends the run of Replicator's orchestrator with the test."""
    yield
    orchestrator.stop()


@pytest.fixture
def make_world(h: host.Host) -> Iterator[MakeWorld]:
    """Makes the world of the current stage; it ends with the test."""

    def make(backend: str = "torch", device: str = "cpu", dt: float = 0.005) -> World:
        h.World.clear_instance()
        return h.World(
            physics_dt=dt,
            rendering_dt=4 * dt,
            stage_units_in_meters=1.0,
            physics_prim_path="/World/physicsScene",
            backend=backend,
            device=device,
            set_defaults=False,
        )

    yield make
    h.World.clear_instance()
