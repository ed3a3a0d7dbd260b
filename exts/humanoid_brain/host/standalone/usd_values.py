# SPDX-License-Identifier: Apache-2.0
"""Attributes that the engine reads from USD at play: one value per row of a view, written on what is authored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from humanoid_brain.errors import SceneError

if TYPE_CHECKING:
    from pxr import Usd


@dataclass(frozen=True)
class UsdValue:
    """An attribute of an applied schema, and what the engine takes when nothing is authored."""

    schema: str
    name: str
    kind: str  # "float", "int" or "bool"
    default: float

    def read(self, prim: Usd.Prim) -> float:
        """The value for ``prim``."""
        value = prim.GetAttribute(self.name).Get()
        return self.default if value is None else float(value)

    def write(self, prims: Sequence[Usd.Prim], values: Sequence[float]) -> None:
        """Author one value per prim; a prim that stands for several clones needs one value for all of them.

        Raises:
            SceneError: Clones were given different values.
        """
        from pxr import Sdf

        kinds = {"float": Sdf.ValueTypeNames.Float, "int": Sdf.ValueTypeNames.Int, "bool": Sdf.ValueTypeNames.Bool}
        cast = {"float": float, "int": int, "bool": bool}[self.kind]
        chosen: dict[str, float] = {}
        for prim, value in zip(prims, values, strict=True):
            path = prim.GetPath().pathString
            if chosen.setdefault(path, value) != value:
                todo = "Give every environment the same value"
                raise SceneError(f"{self.name} cannot differ between clones", where=path, todo=todo)
            prim.AddAppliedSchema(self.schema)
            prim.CreateAttribute(self.name, kinds[self.kind], False).Set(cast(value))
