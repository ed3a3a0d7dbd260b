# SPDX-License-Identifier: Apache-2.0
"""Registries of terms. A name in a configuration picks from a registry; nothing is imported by a string."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from torch import Tensor

from humanoid_brain.errors import TermError

FunctionT = TypeVar("FunctionT", bound=Callable[..., object])

JOINT_WEIGHTS = "joint_weights"
"""Name of the argument through which a term gets one weight per joint, (D,)."""


@dataclass
class Registry(Generic[FunctionT]):
    """Terms of one kind by name.

    Args:
        kind: What the terms are, for messages: "reward", "observation", "termination".
    """

    kind: str
    functions: dict[str, FunctionT] = field(default_factory=dict)

    def __call__(self, function: FunctionT) -> FunctionT:
        """Register a function under its own name; use as a decorator."""
        name = function.__name__
        if name in self.functions:
            raise TermError(f"the {self.kind} term '{name}' is registered twice")
        self.functions[name] = function
        return function

    def find(self, name: str, where: str) -> FunctionT:
        """The function called ``name``.

        Raises:
            TermError: There is none; the message lists those that exist.
        """
        if name not in self.functions:
            known = ", ".join(sorted(self.functions))
            raise TermError(f"there is no {self.kind} term '{name}'", where=where, todo=f"Choose one of: {known}")
        return self.functions[name]

    def check_params(self, name: str, params: Mapping[str, float], where: str) -> None:
        """Raise :class:`TermError` unless ``params`` are exactly what the term takes and needs."""
        taken = [p for p in inspect.signature(self.find(name, where)).parameters.values() if p.kind is p.KEYWORD_ONLY]
        names = {p.name for p in taken} - {JOINT_WEIGHTS}
        needed = {p.name for p in taken if p.default is p.empty} - {JOINT_WEIGHTS}
        listing = f"'{name}' takes {', '.join(sorted(names)) or 'no parameters'}"
        if unknown := sorted(params.keys() - names):
            raise TermError(f"unknown parameter '{unknown[0]}'", where=where, todo=listing)
        if missing := sorted(needed - params.keys()):
            raise TermError(f"parameter '{missing[0]}' is missing", where=where, todo=listing)

    def takes_joints(self, name: str) -> bool:
        """Whether the term sums over joints with a weight each."""
        return JOINT_WEIGHTS in inspect.signature(self.functions[name]).parameters


def check_shape(value: Tensor, expected: tuple[int, ...], kind: str, name: str) -> None:
    """Raise :class:`TermError` unless a term's value has the shape ``expected``."""
    if tuple(value.shape) != expected:
        raise TermError(
            f"the {kind} term returned shape {tuple(value.shape)} instead of {expected}",
            where=name,
            todo="A term must reduce over everything but the environments",
        )
