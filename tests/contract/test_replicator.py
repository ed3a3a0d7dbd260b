# SPDX-License-Identifier: Apache-2.0
"""The standalone Replicator has the names, parameters, defaults and data layouts recorded for omni.replicator.core.

What it lacks stands in one table in docs/replicator.md, with the reason.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Protocol, get_type_hints

import numpy as np
import pytest

from humanoid_brain.host import replicator_api
from humanoid_brain.host.isaac_replicator import IsaacOrchestrator
from humanoid_brain.host.standalone import replicator
from humanoid_brain.host.standalone.replicator.orchestrator import Status
from humanoid_brain.host.standalone.replicator.outputs import OUTPUTS
from tests.contract.fake_replicator import record


def _owner(name: str) -> Any:
    if name in record()["modules"]:
        return importlib.import_module(f"{replicator.__name__}.{name}")
    return replicator.annotators.Annotator if name == "Annotator" else getattr(replicator, name)


def _members() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for owner, members in {**record()["modules"], **record()["classes"]}.items():
        for member, entry in members.items():
            yield owner, member, entry


def _unsupported(repo_root: Path) -> set[str]:
    text = (repo_root / "docs" / "replicator.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([\w.]+)` \| (.+?) \|$", text.split("## What the standalone host lacks")[1], re.MULTILINE)
    assert rows, "the table of docs/replicator.md was not found"
    assert len({name for name, _ in rows}) == len(rows), "a member is listed twice"
    return {name for name, _ in rows}


def test_every_recorded_member_is_there_or_listed(repo_root: Path) -> None:
    missing = {f"{owner}.{member}" for owner, member, _ in _members() if not hasattr(_owner(owner), member)}
    missing |= {name for name in record()["modules_without_code"] if not hasattr(replicator, name)}
    missing |= {*record()["annotators"], *record()["other_annotators"]} - set(OUTPUTS)
    assert missing == _unsupported(repo_root)


def test_what_is_there_has_the_recorded_signature() -> None:
    wrong: list[str] = []
    for owner, member, entry in _members():
        found = inspect.getattr_static(_owner(owner), member, None)
        if found is None:
            continue
        if isinstance(found, property) != entry.get("property", False):
            wrong.append(f"{owner}.{member}: a property on one side only")
        elif not isinstance(found, property):
            wrong += _differences(f"{owner}.{member}", getattr(_owner(owner), member), entry, owner)
    assert not wrong, "; ".join(wrong)


def _differences(name: str, function: Any, entry: dict[str, Any], owner: str) -> list[str]:
    if inspect.iscoroutinefunction(function) != entry.get("async", False):
        return [f"{name}: async on one side only"]
    unbound = owner in record()["classes"] and not entry.get("classmethod")
    ours = list(inspect.signature(function).parameters.values())[unbound:]
    ours = [each for each in ours if each.kind is not each.VAR_KEYWORD]
    theirs = entry["params"]
    if [each.name for each in ours] != [each["name"] for each in theirs]:
        return [f"{name}({', '.join(each.name for each in ours)}) instead of {[each['name'] for each in theirs]}"]
    return [
        f"{name}: {mine.name} defaults to {mine.default!r} instead of {other['default']}"
        for mine, other in zip(ours, theirs, strict=True)
        if mine.default != (inspect.Parameter.empty if other["default"] is None else ast.literal_eval(other["default"]))
    ]


@pytest.mark.parametrize("name", record()["annotators"])
def test_annotators_have_the_recorded_types_and_parameters(name: str) -> None:
    entry, ours = record()["annotators"][name], OUTPUTS[name]
    assert ours.dtype == (None if entry["dtype"] is None else _dtype(entry["dtype"]))
    assert ours.on_gpu == entry["gpu"]
    ours_alone = {"semanticTypes", "semanticFilter"} if name in ("occlusion", "pointcloud") else set()
    assert set(ours.params) - ours_alone == set(entry["params"])


def _dtype(recorded: Any) -> np.dtype[Any]:
    if isinstance(recorded, str):
        return np.dtype(recorded)
    return np.dtype([(name, kind, tuple(*shape)) for name, kind, *shape in recorded])


def test_a_writer_and_the_status_are_as_recorded() -> None:
    class Mine(replicator.Writer):
        def write(self, data: dict[str, Any]) -> None: ...

    assert all(hasattr(Mine(), name) for name in record()["writer_attributes"])
    from humanoid_brain.host.standalone.replicator.payload import STRUCTURES

    assert list(STRUCTURES) == record()["data_structures"]
    assert {status.name: status.value for status in Status} == record()["status"]


_PROTOCOLS = {
    "Create": "create",
    "Annotators": "annotators",
    "Orchestrator": "orchestrator",
    "Annotator": "Annotator",
    "AnnotatorRegistry": "AnnotatorRegistry",
    "Writer": "Writer",
    "WriterRegistry": "WriterRegistry",
}


@pytest.mark.parametrize("name", _PROTOCOLS)
def test_what_our_code_may_call_is_recorded(name: str) -> None:
    """The types that Host.replicator promises say nothing that Replicator lacks."""
    kind = getattr(replicator_api, name)
    recorded = {**record()["modules"], **record()["classes"]}[_PROTOCOLS[name]]
    promised = {key: value for key, value in vars(kind).items() if not key.startswith("_")}
    promised |= {key: value.__call__ for key, value in get_type_hints(kind).items()}
    assert promised
    for member, function in promised.items():
        assert member in recorded, f"{name}.{member} is not recorded"
        if not isinstance(function, property):
            ours = [
                (each.name, each.default)
                for each in list(inspect.signature(function).parameters.values())[1:]
                if each.kind is not each.VAR_KEYWORD
            ]
            theirs = recorded[member]["params"]
            assert [each for each, _ in ours] == [each["name"] for each in theirs], member
            for (each, default), other in zip(ours, theirs, strict=True):
                if default not in (inspect.Parameter.empty, ...):
                    assert default == ast.literal_eval(other["default"]), f"{member}: {each}"


def test_the_promised_names_exist_on_the_standalone_host() -> None:
    assert issubclass(replicator_api.Replicator, Protocol)  # type: ignore[arg-type]
    assert all(hasattr(replicator, name) for name in replicator_api.Replicator.__annotations__)


def test_isaac_steps_leave_out_what_a_version_does_not_know() -> None:
    seen: list[dict[str, Any]] = []

    async def old(rt_subframes: int = -1, pause_timeline: bool = True, delta_time: float | None = None) -> None:
        seen.append({"delta_time": delta_time})

    async def new(*, wait_for_render: bool = True, **given: Any) -> None:
        seen.append({"wait_for_render": wait_for_render, **given})

    for function in (old, new):
        coroutine = IsaacOrchestrator(SimpleNamespace(step_async=function)).step_async(delta_time=0.0)
        with pytest.raises(StopIteration):
            coroutine.send(None)
    assert seen[0] == {"delta_time": 0.0}
    assert seen[1] == {"wait_for_render": True, "rt_subframes": -1, "pause_timeline": True, "delta_time": 0.0}
