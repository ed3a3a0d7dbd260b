# SPDX-License-Identifier: Apache-2.0
"""A package tree with Isaac Sim's names and recorded signatures, to run code against that NVIDIA's would refuse.

Every call is bound to the recorded signature, so a wrong name, position or keyword raises TypeError, and is noted.
Where a work-around depends on behaviour, the fake behaves as the version was measured or read to do.
"""

from __future__ import annotations

import inspect
import sys
import types
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch

from tests.contract.record import CLASSES, MODULES, Member, bases, members, record

ROWS, DOFS = 2, 3
Calls = list[tuple[str, dict[str, Any]]]


@contextmanager
def isaac_sim(version: str, namespace: str = "isaacsim") -> Iterator[Calls]:
    """Isaac Sim ``version`` is importable in the block; gives the calls made to it, as "Class.method" and arguments.

    Args:
        version: A recorded version, whose signatures apply.
        namespace: "isaacsim" (4.5 and later) or "omni" (4.2), which has other module and class names.
    """
    calls: Calls = []
    places = {ours: record()["imports"][recorded] for ours, recorded in _IMPORTS.items()}
    classes = _classes(version, calls)
    tree: dict[str, types.ModuleType] = {}
    for ours, (new, old) in places.items():
        module, _, attribute = (new if namespace == "isaacsim" else old).partition(":")
        found = _module(tree, module)
        if attribute:
            setattr(found, attribute, classes[ours])
        else:
            for member in members(MODULES[ours], version).values():
                setattr(found, member.name, _function(ours, member, calls, bound=True))
    before = {name: sys.modules.get(name) for name in tree}
    sys.modules.update(tree)
    try:
        yield calls
    finally:
        for name, module in before.items():
            if module is None:
                sys.modules.pop(name, None)
            else:
                sys.modules[name] = module


_IMPORTS = {
    "World": "World",
    "ArticulationView": "ArticulationView",
    "RigidPrimView": "RigidPrimView",
    "XFormPrimView": "XFormPrimView",
    "GridCloner": "GridCloner",
    "GroundPlane": "GroundPlane",
    "PhysicsMaterial": "PhysicsMaterial",
    "stage": "stage utils",
    "prims": "prim utils",
}


def _module(tree: dict[str, types.ModuleType], name: str) -> types.ModuleType:
    parts = name.split(".")
    for depth in range(1, len(parts) + 1):
        path = ".".join(parts[:depth])
        if path not in tree:
            tree[path] = types.ModuleType(path)
            tree[path].__path__ = []
            if depth > 1:
                setattr(tree[".".join(parts[: depth - 1])], parts[depth - 1], tree[path])
    return tree[name]


def _classes(version: str, calls: Calls) -> dict[str, type]:
    made: dict[str, type] = {}

    def make(recorded: str) -> type:
        if recorded not in made:
            parents = tuple(make(base) for base in bases(recorded)) or (_Fake,)
            behaviour = {"World": _World, "Articulation": _Articulation}.get(recorded)
            parents = (behaviour, *parents) if behaviour else parents
            body = {member.name: _function(recorded, member, calls) for member in members(recorded, version).values()}
            made[recorded] = type(recorded, parents, body | {"VERSION": version})
        return made[recorded]

    return {ours: make(recorded) for ours, recorded in CLASSES.items()}


def _function(owner: str, member: Member, calls: Calls, bound: bool = False) -> Any:
    """A function with the recorded signature: it notes the call, then does what the fake's ``do_`` method says."""
    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    first = [] if bound else [inspect.Parameter("self", kind)]
    given = [
        inspect.Parameter(each.name, kind, default=inspect.Parameter.empty if each.default is None else None)
        for each in member.params
    ]
    signature = inspect.Signature([*first, *given])

    def call(*args: Any, **kwargs: Any) -> Any:
        arguments = dict(signature.bind(*args, **kwargs).arguments)
        fake = arguments.pop("self", None)
        calls.append((f"{owner}.{member.name}", arguments))
        do: Callable[..., Any] | None = getattr(fake, f"do_{member.name}", None)
        return do(**arguments) if do else None

    call.__name__ = member.name
    call.__signature__ = signature  # type: ignore[attr-defined]
    return property(call) if member.is_property else call


class _Fake:
    VERSION = ""

    def do_is_physics_handle_valid(self) -> bool:
        return True


class _View:
    def __init__(self) -> None:
        self.refreshed = 0

    def update_articulations_kinematic(self) -> bool:
        self.refreshed += 1
        return True


class _World(_Fake):
    """6.0.1: after a reset, every physics callback calls the one registered last."""

    def do___init__(self, **settings: Any) -> None:
        self.callbacks: dict[str, Callable[[float], None]] = {}
        self.view = _View()

    def do_physics_sim_view(self) -> _View:
        return self.view

    def do_add_physics_callback(self, callback_name: str, callback_fn: Callable[[float], None]) -> None:
        self.callbacks[callback_name] = callback_fn

    def do_physics_callback_exists(self, callback_name: str) -> bool:
        return callback_name in self.callbacks

    def do_clear_physics_callbacks(self) -> None:
        self.callbacks.clear()

    def do_reset(self, soft: bool = False) -> None:
        if self.VERSION.startswith("6") and self.callbacks:
            last = list(self.callbacks.values())[-1]
            self.callbacks = dict.fromkeys(self.callbacks, last)

    def do_step(self, **how: bool) -> None:
        for callback in self.callbacks.values():
            callback(0.005)


class _Articulation(_Fake):
    """5.0, 5.1: efforts for some joints zero the others. Every version: a play restores the gains of USD."""

    NAMES = ("hip", "knee", "ankle")

    def do___init__(self, **settings: Any) -> None:
        self.efforts = torch.zeros(ROWS, DOFS)
        self.play()

    def play(self) -> None:
        self.kps, self.kds = torch.full((ROWS, DOFS), 100.0), torch.full((ROWS, DOFS), 10.0)

    def do_get_dof_index(self, dof_name: str) -> int:
        return self.NAMES.index(dof_name)

    def do_get_gains(self, **where: Any) -> tuple[torch.Tensor, torch.Tensor]:
        return self.kps.clone(), self.kds.clone()

    def do_set_gains(self, kps: Any = None, kds: Any = None, joint_indices: Any = None, **rest: Any) -> None:
        columns = slice(None) if joint_indices is None else joint_indices
        if kps is not None:
            self.kps[:, columns] = kps
        if kds is not None:
            self.kds[:, columns] = kds

    def do_get_applied_joint_efforts(self, indices: Any = None, **where: Any) -> torch.Tensor:
        return (self.efforts if indices is None else self.efforts[indices]).clone()

    def do_set_joint_efforts(self, efforts: Any, indices: Any = None, joint_indices: Any = None, **rest: Any) -> None:
        rows = torch.arange(ROWS) if indices is None else torch.as_tensor(indices)
        columns = torch.arange(DOFS) if joint_indices is None else torch.as_tensor(joint_indices)
        if self.VERSION.startswith("5"):
            self.efforts[rows] = 0.0
        self.efforts[rows[:, None], columns[None]] = efforts
