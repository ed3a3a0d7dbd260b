# SPDX-License-Identifier: Apache-2.0
"""Writes the recorded interface of one Isaac Sim version as a .pyi: the types that our code is checked against.

Run ``python -m tests.contract.stubs`` to rewrite exts/humanoid_brain/host/isaac_api.pyi (5.1.0).
"""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

from tests.contract.record import CLASS_METHODS, CLASSES, MODULES, Member, bases, members

CHECKED_IN = Path(__file__).parents[2] / "exts" / "humanoid_brain" / "host" / "isaac_api.pyi"
CHECKED_IN_VERSION = "5.1.0"

_HEADER = '''# SPDX-License-Identifier: Apache-2.0
# pyright: reportIncompatibleMethodOverride=false
# ruff: noqa
"""Isaac Sim {version} as recorded, with the torch backend. Made by tests/contract/stubs.py; do not edit."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Literal, TypeVar

import numpy as np
import torch
from pxr import Gf, Usd, UsdShade

_ObjectT = TypeVar("_ObjectT")
_Array = np.ndarray | torch.Tensor
_Indices = np.ndarray | list[Any] | torch.Tensor | None

class SimulationView:
    """omni.physics.tensors.SimulationView, as far as the host uses it."""

    def update_articulations_kinematic(self) -> bool: ...

'''
_RECORDED = {recorded: ours for ours, recorded in CLASSES.items()}
_TYPES = ("XFormPrimState", "XFormPrimViewState", "DynamicsViewState", "JointsState", "ArticulationActions")
_PAIR = "tuple[torch.Tensor, torch.Tensor]"
# Where NVIDIA's annotation is missing or wrong, what the method gives.
_RETURNS = {
    "SimulationContext.physics_sim_view": "SimulationView | None",
    "Articulation.get_gains": _PAIR,
    "Articulation.get_body_coms": _PAIR,
    "RigidPrim.get_coms": _PAIR,
    "Cloner.generate_paths": "list[str]",
    "GridCloner.clone": "list[list[float]]",
    "GridCloner.get_clone_transforms": "tuple[list[list[float]], list[list[float]]]",
    "Scene.add": "_ObjectT",
    "Scene.get_object": "Any",
}
_ARGUMENTS = {"Scene.add": {"obj": "_ObjectT"}, "RigidPrim.apply_forces": {"forces": "np.ndarray | torch.Tensor"}}


def render(version: str) -> str:
    """The stub of ``version``, formatted as ruff does it."""
    command = [sys.executable, "-m", "ruff", "format", "--stdin-filename", str(CHECKED_IN), "-"]
    return subprocess.run(command, input=_render(version), capture_output=True, text=True, check=True).stdout


def _render(version: str) -> str:
    parts = [_HEADER.format(version=version)]
    parts += [_class(ours, recorded, version) for ours, recorded in CLASSES.items()]
    parts += [_record_type(name, version) for name in _TYPES]
    parts += [_module(ours, recorded, version) for ours, recorded in MODULES.items()]
    text = "\n".join(parts[1:]).replace("np.ndarray | list[Any] | torch.Tensor | None", "_Indices")
    return parts[0] + "\n" + text.replace("np.ndarray | torch.Tensor", "_Array")


def _class(ours: str, recorded: str, version: str) -> str:
    parents = ", ".join(_RECORDED.get(base, base) for base in bases(recorded))
    lines = [f"class {ours}({parents}):" if parents else f"class {ours}:"]
    for member in members(recorded, version).values():
        lines += _method(recorded, member)
    return "\n".join(lines) + "\n"


def _record_type(name: str, version: str) -> str:
    init = members("utils.types", version)[f"{name}.__init__"]
    lines = [f"class {name}:"]
    for parameter in init.params:
        lines.append(f"    {parameter.name}: {_result(parameter.type)}")
    lines += _method("utils.types", Member("__init__", init.params, "None", False, False))
    return "\n".join(lines) + "\n"


def _module(ours: str, recorded: str, version: str) -> str:
    lines = [f"class {ours}:"]
    for member in members(recorded, version).values():
        returns = "torch.Tensor" if recorded == "utils.torch.rotations" and not member.returns else None
        if recorded == "utils.torch.rotations" and member.name in {"get_euler_xyz", "compute_rot"}:
            returns = "tuple[torch.Tensor, ...]"
        lines.append("    @staticmethod")
        lines += _function(recorded, member, first="", returns=returns)
    return "\n".join(lines) + "\n"


def _method(owner: str, member: Member) -> list[str]:
    if member.is_property:
        returns = _RETURNS.get(f"{owner}.{member.name}") or _result(member.returns)
        return ["    @property", f"    def {member.name}(self) -> {returns}: ..."]
    if member.name in CLASS_METHODS:
        return ["    @classmethod", *_function(owner, member, first="cls")]
    return _function(owner, member, first="self")


def _function(owner: str, member: Member, first: str, returns: str | None = None) -> list[str]:
    given = _ARGUMENTS.get(f"{owner}.{member.name}", {})
    params = [first] if first else []
    for parameter in member.params:
        kind = given.get(parameter.name) or _argument(parameter.type, optional=parameter.default == "None")
        params.append(f"{parameter.name}: {kind}" + (" = ..." if parameter.default is not None else ""))
    result = returns or _RETURNS.get(f"{owner}.{member.name}") or _result(member.returns)
    if member.name == "__init__":
        result = "None"
    word = "async def" if member.is_async else "def"
    return [f"    {word} {member.name}({', '.join(params)}) -> {result}: ..."]


def _argument(text: str | None, optional: bool) -> str:
    kinds = ["Any"] if text is None else list(dict.fromkeys(_members(ast.parse(text, mode="eval").body)))
    if optional and not {"Any", "None"} & set(kinds):
        kinds.append("None")
    return " | ".join(kinds)


def _result(text: str | None) -> str:
    """A return type: with the torch backend, of every array type the tensor."""
    if text is None:
        return "Any"
    kinds = list(dict.fromkeys(_members(ast.parse(text, mode="eval").body)))
    tensors = [kind for kind in kinds if "torch.Tensor" in kind]
    if tensors:
        return tensors[0].replace("np.ndarray | torch.Tensor", "torch.Tensor")
    return " | ".join(kinds) or "Any"


def _members(node: ast.expr) -> list[str]:
    """The alternatives of a recorded annotation, in today's spelling. Warp's types are left out."""
    if isinstance(node, ast.BinOp):
        return _members(node.left) + _members(node.right)
    if isinstance(node, ast.Constant):
        return ["None" if node.value is None else "Any"]
    if isinstance(node, ast.Subscript):
        return _generic(_dotted(node.value), node.slice)
    return _plain(_dotted(node))


def _generic(name: str, inner: ast.expr) -> list[str]:
    items = inner.elts if isinstance(inner, ast.Tuple) else [inner]
    if name == "Optional":
        return [*_members(items[0]), "None"]
    if name == "Union":
        return [kind for item in items for kind in _members(item)]
    if name == "Literal":
        return [f"Literal[{', '.join(ast.unparse(item) for item in items)}]"]
    if name == "Callable":
        given = [" | ".join(_members(each)) for each in items[0].elts] if isinstance(items[0], ast.List) else []
        return [f"Callable[[{', '.join(given)}], {' | '.join(_members(items[1]))}]"]
    inside = [" | ".join(dict.fromkeys(_members(item))) for item in items]
    if not all(inside):
        return []
    return [f"{ {'List': 'list', 'Tuple': 'tuple', 'Dict': 'dict'}.get(name, name) }[{', '.join(inside)}]"]


def _plain(name: str) -> list[str]:
    simple = {"list": "list[Any]", "List": "list[Any]", "dict": "dict[Any, Any]", "callable": "Callable[..., Any]"}
    simple |= {"Callable": "Callable[..., Any]", "Iterable": "Iterable[Any]"}
    if name in simple:
        return [simple[name]]
    if name.startswith(("wp.", "usdrt.")):
        return []
    if name == "omni.physics.tensors.SimulationView":
        return ["SimulationView | None"]
    if name in _RECORDED:
        return [_RECORDED[name]]
    known = {"np.ndarray", "torch.Tensor", "str", "int", "float", "bool", "None", *_TYPES}
    return [name] if name in known or name.startswith(("Usd.", "UsdShade.", "Gf.")) else ["Any"]


def _dotted(node: ast.expr) -> str:
    return ast.unparse(node).removeprefix("typing.")


if __name__ == "__main__":
    CHECKED_IN.write_text(render(CHECKED_IN_VERSION), encoding="utf-8")
