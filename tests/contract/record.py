# SPDX-License-Identifier: Apache-2.0
"""The recorded interface of Isaac Sim (isaac_contract.json), read per version.

Signatures were extracted from NVIDIA's sources of 5.0.0, 5.1.0 and 6.0.1 with ``ast``; the file keeps the classes and
modules that the host layer names.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

VERSIONS = ("5.0.0", "5.1.0", "6.0.1")
CLASSES = {  # the host's name to the recorded one
    "World": "World",
    "SimulationContext": "SimulationContext",
    "PhysicsContext": "PhysicsContext",
    "Scene": "Scene",
    "GroundPlane": "GroundPlane",
    "PhysicsMaterial": "PhysicsMaterial",
    "RigidContactView": "RigidContactView",
    "Prim": "Prim",
    "XFormPrimView": "XFormPrim",
    "RigidPrimView": "RigidPrim",
    "ArticulationView": "Articulation",
    "Cloner": "Cloner",
    "GridCloner": "GridCloner",
}
MODULES = {
    "stage": "utils.stage",
    "prims": "utils.prims",
    "semantics": "utils.semantics",
    "rotations": "utils.torch.rotations",
}
CLASS_METHODS = {"instance", "clear_instance"}


@dataclass(frozen=True)
class Parameter:
    """One parameter: ``default`` is the source text, None when required."""

    name: str
    type: str | None
    default: str | None


@dataclass(frozen=True)
class Member:
    """A method, function or property of one version."""

    name: str
    params: tuple[Parameter, ...]
    returns: str | None
    is_property: bool
    is_async: bool


@cache
def record() -> dict[str, Any]:
    return json.loads((Path(__file__).parent / "isaac_contract.json").read_text(encoding="utf-8"))


def bases(name: str) -> list[str]:
    return [base for base in record()["contract"][name]["bases"] or () if base in record()["contract"]]


def members(name: str, version: str) -> dict[str, Member]:
    """Members that the recorded class or module ``name`` itself defines in ``version``."""
    found: dict[str, Member] = {}
    for member, entry in record()["contract"][name]["members"].items():
        if f"v{version}" not in entry.get("present_in", [f"v{version}"]):
            continue
        params = entry.get(f"params_v{version}", entry.get("params", []))
        found[member] = Member(
            name=member,
            params=tuple(Parameter(p["name"], p.get("type"), p.get("default")) for p in params),
            returns=entry.get("returns"),
            is_property=entry.get("kind") == "property",
            is_async=bool(entry.get("async")),
        )
    return found


def all_members(name: str, version: str) -> dict[str, Member]:
    """Members with those of the recorded bases."""
    found: dict[str, Member] = {}
    for base in bases(name):
        found.update(all_members(base, version))
    found.update(members(name, version))
    return found
