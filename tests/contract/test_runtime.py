# SPDX-License-Identifier: Apache-2.0
"""The standalone classes have the members, parameters and defaults recorded for Isaac Sim 5.1.0.

What they lack stands in one table in docs/hosts.md, with the reason.
"""

from __future__ import annotations

import importlib
import inspect
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.contract.record import CLASS_METHODS, CLASSES, MODULES, Member, Parameter, all_members

VERSION = "5.1.0"
_BASE = "humanoid_brain.host.standalone"
_HOMES = {
    "World": "world",
    "SimulationContext": "simulation_context",
    "PhysicsContext": "physics_context",
    "Scene": "scene",
    "GroundPlane": "objects",
    "PhysicsMaterial": "materials",
    "RigidContactView": "contact_view",
    "Prim": "prim_view",
    "XFormPrimView": "xform_view",
    "RigidPrimView": "rigid_view",
    "ArticulationView": "articulation",
    "Cloner": "cloner",
    "GridCloner": "cloner",
}
_TYPES = ("XFormPrimState", "XFormPrimViewState", "DynamicsViewState", "JointsState", "ArticulationActions")


def _standalone(name: str) -> Any:
    if name in MODULES:
        return importlib.import_module(f"{_BASE}.utils.{name}")
    return getattr(importlib.import_module(f"{_BASE}.{_HOMES[name]}"), name)


def _unsupported(repo_root: Path) -> dict[str, str]:
    """``Class.member`` to reason, from the table in docs/hosts.md."""
    text = (repo_root / "docs" / "hosts.md").read_text(encoding="utf-8")
    section = text.split("## What the standalone host lacks")[1].split("\n## ")[0]
    rows = re.findall(r"^\| `([\w.]+)` \| (.+?) \|$", section, re.MULTILINE)
    assert rows, "the table of docs/hosts.md was not found"
    assert len({name for name, _ in rows}) == len(rows), "a member is listed twice"
    return dict(rows)


def _members(name: str) -> dict[str, Member]:
    return all_members(CLASSES.get(name) or MODULES[name], VERSION)


@pytest.mark.parametrize("name", [*CLASSES, *MODULES])
def test_every_recorded_member_is_there_or_listed(name: str, repo_root: Path) -> None:
    listed = _unsupported(repo_root)
    ours = _standalone(name)
    missing = sorted(
        member for member in _members(name) if not hasattr(ours, member) and not _is_listed(name, member, listed)
    )
    assert not missing, f"{name} lacks {missing}: implement them or list them in docs/hosts.md"


def test_nothing_that_exists_is_listed(repo_root: Path) -> None:
    for entry in _unsupported(repo_root):
        name, _, member = entry.partition(".")
        assert member in _members(name), f"{entry} is not recorded for {VERSION}"
        assert not hasattr(_standalone(name), member), f"{entry} exists: take it off the list in docs/hosts.md"


@pytest.mark.parametrize("name", [*CLASSES, *MODULES])
def test_signatures_are_those_recorded(name: str) -> None:
    ours = _standalone(name)
    wrong: list[str] = []
    for member in _members(name).values():
        found = inspect.getattr_static(ours, member.name, None)
        if found is None:
            continue
        if isinstance(found, property) or member.is_property:
            if isinstance(found, property) != member.is_property:
                wrong.append(f"{member.name}: a property on one side only")
            continue
        function: Callable[..., Any] = getattr(ours, member.name)
        if inspect.iscoroutinefunction(function) != member.is_async:
            wrong.append(f"{member.name}: async on one side only")
        wrong += _differences(member, function, bound=name in MODULES or member.name in CLASS_METHODS)
    assert not wrong, f"{name}: " + "; ".join(wrong)


@pytest.mark.parametrize("name", _TYPES)
def test_record_types_are_those_recorded(name: str) -> None:
    from humanoid_brain.host.standalone import types

    member = all_members("utils.types", VERSION)[f"{name}.__init__"]
    assert not _differences(member, getattr(types, name).__init__, bound=False)


def _is_listed(name: str, member: str, listed: dict[str, str]) -> bool:
    """Listed for the class itself or for a base that is public too."""
    ours = _standalone(name)
    families = [name] if name in MODULES else [each.__name__ for each in ours.__mro__]
    return any(f"{family}.{member}" in listed for family in families)


def _differences(member: Member, function: Callable[..., Any], bound: bool) -> list[str]:
    parameters = list(inspect.signature(function).parameters.values())
    ours = [each for each in (parameters if bound else parameters[1:]) if each.kind is not each.VAR_KEYWORD]
    if [each.name for each in ours] != [each.name for each in member.params]:
        return [f"{member.name}({', '.join(each.name for each in ours)}) instead of {_text(member)}"]
    pairs = zip(ours, member.params, strict=True)
    return [
        f"{member.name}: {mine.name} defaults to {mine.default!r} instead of {theirs.default}"
        for mine, theirs in pairs
        if not _same_default(mine, theirs)
    ]


def _same_default(mine: inspect.Parameter, theirs: Parameter) -> bool:
    if theirs.default is None:
        return mine.default is inspect.Parameter.empty
    if mine.default is inspect.Parameter.empty:
        return False
    if theirs.default.startswith("lambda"):
        return callable(mine.default)
    value = 1.0 / 60.0 if theirs.default == "1.0 / 60.0" else __import__("ast").literal_eval(theirs.default)
    return mine.default == (() if value == [] else value)  # an empty list, but not a mutable one


def _text(member: Member) -> str:
    return f"({', '.join(each.name for each in member.params)})"
