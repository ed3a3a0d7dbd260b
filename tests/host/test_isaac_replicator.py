# SPDX-License-Identifier: Apache-2.0
"""Host.replicator inside Isaac Sim: found when it is used, with steps of one signature on every version."""

from __future__ import annotations

import asyncio
import inspect
import sys
import types
from collections.abc import Iterator
from typing import Any

import pytest

from humanoid_brain import host
from humanoid_brain.errors import HostError
from humanoid_brain.host import isaac
from tests.contract.fake_isaac import isaac_sim

Calls = list[tuple[str, dict[str, Any]]]


@pytest.fixture
def h() -> Iterator[host.Host]:
    with isaac_sim("5.1.0"):
        isaac.load_isaac.cache_clear()
        yield host.load("isaac")
    isaac.load_isaac.cache_clear()


def enable(monkeypatch: pytest.MonkeyPatch, waits: bool) -> Calls:
    """Enable a fake omni.replicator.core, whose steps know ``wait_for_render`` or not; gives the calls to it."""
    calls: Calls = []
    orchestrator = types.SimpleNamespace(
        set_capture_on_play=lambda value: calls.append(("set_capture_on_play", {"value": value})),
        get_status=lambda: "STOPPED",
    )

    names = ["rt_subframes", "pause_timeline", "delta_time", *(["wait_for_render"] if waits else [])]
    keyword = inspect.Parameter.POSITIONAL_OR_KEYWORD
    signature = inspect.Signature([inspect.Parameter(name, keyword, default=None) for name in names])

    def step(**given: Any) -> None:
        calls.append(("step", dict(signature.bind(**given).arguments)))

    async def step_async(**given: Any) -> None:
        calls.append(("step_async", dict(signature.bind(**given).arguments)))

    for function in (step, step_async):
        function.__signature__ = signature  # type: ignore[attr-defined]
        setattr(orchestrator, function.__name__, function)
    for name in ("omni", "omni.replicator"):
        package = types.ModuleType(name)
        package.__path__ = []  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, name, package)
    core = types.ModuleType("omni.replicator.core")
    core.orchestrator, core.create = orchestrator, "create"  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "omni.replicator.core", core)
    return calls


def test_a_host_without_replicator_loads_and_says_so_when_asked(h: host.Host) -> None:
    with pytest.raises(HostError, match=r"omni\.replicator\.core: Replicator is not enabled. Enable the extension"):
        h.replicator.create.render_product("/World/camera", (64, 48))


def test_names_are_nvidias_and_capture_on_play_is_switched_off(h: host.Host, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = enable(monkeypatch, waits=True)
    assert calls == []
    assert h.replicator.create == "create" and h.replicator.orchestrator.get_status() == "STOPPED"
    assert calls == [("set_capture_on_play", {"value": False})]
    with pytest.raises(AttributeError):
        _ = h.replicator.standalone_settings  # type: ignore[attr-defined]


@pytest.mark.parametrize("waits", [True, False])
def test_steps_are_taken_with_what_the_version_knows(
    h: host.Host, monkeypatch: pytest.MonkeyPatch, waits: bool
) -> None:
    calls = enable(monkeypatch, waits)
    expected = {"rt_subframes": 8, "pause_timeline": False, "delta_time": 0.0}
    expected |= {"wait_for_render": True} if waits else {}
    asyncio.run(h.replicator.orchestrator.step_async(rt_subframes=8, pause_timeline=False, delta_time=0.0))
    h.replicator.orchestrator.step(rt_subframes=8, pause_timeline=False, delta_time=0.0)
    assert calls[1:] == [("step_async", expected), ("step", expected)]
