# SPDX-License-Identifier: Apache-2.0
"""Units of a stage, applied schemas and labels on prims, also where NVIDIA's schemas are not registered."""

from __future__ import annotations

from typing import Any

from pxr import Sdf, Usd, UsdGeom, UsdPhysics, Vt

Value = bool | int | float | str | tuple[float, ...]


def set_units(stage: Usd.Stage) -> None:
    """Metres, kilograms and z up, as everything here counts."""
    UsdGeom.SetStageUpAxis(stage, UsdGeom.Tokens.z)
    UsdGeom.SetStageMetersPerUnit(stage, 1.0)
    UsdPhysics.SetStageKilogramsPerUnit(stage, 1.0)


def apply_api(prim: Usd.Prim, name: str, instance: str = "") -> None:
    """Record the API schema ``name`` (or ``name:instance``) in the prim's metadata.

    ``Usd.Prim.ApplyAPI`` refuses a schema that no loaded plug-in defines, as usd-core alone does with NVIDIA's;
    the metadata is the same either way.
    """
    prim.AddAppliedSchema(f"{name}:{instance}" if instance else name)


def set_attribute(prim: Usd.Prim, name: str, kind: Sdf.ValueTypeName, value: Value) -> None:
    """Author an attribute of an applied schema."""
    prim.CreateAttribute(name, kind, custom=False).Set(value)


def add_label(prim: Usd.Prim, label: str, kind: str = "class") -> None:
    """Label a prim for synthetic data, in the schema of Isaac Sim up to 4.5 and in that of 5.0 and later.

    Args:
        prim: The prim; its descendants inherit the label.
        label: Such as "humanoid".
        kind: What the label is: "class", "part" or "keypoint".
    """
    for api, properties in label_properties(label, kind).items():
        apply_api(prim, api)
        for name, type_name, value in properties:
            prim.CreateAttribute(name, type_name, custom=False).Set(value)


def label_properties(label: str, kind: str = "class") -> dict[str, list[tuple[str, Sdf.ValueTypeName, Any]]]:
    """What :func:`add_label` writes: by applied schema, name, type and value of each attribute."""
    instance, types = "Semantics" if kind == "class" else f"Semantics_{kind}", Sdf.ValueTypeNames
    old = f"semantic:{instance}:params:semantic"
    return {
        f"SemanticsAPI:{instance}": [(f"{old}Type", types.String, kind), (f"{old}Data", types.String, label)],
        f"SemanticsLabelsAPI:{kind}": [(f"semantics:labels:{kind}", types.TokenArray, Vt.TokenArray([label]))],
    }
