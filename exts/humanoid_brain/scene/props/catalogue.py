# SPDX-License-Identifier: Apache-2.0
"""The shapes that a configuration can name, and how one of them is drawn."""

from __future__ import annotations

from collections.abc import Callable

from humanoid_brain.scene.draws import Draws
from humanoid_brain.scene.props import chairs, clutter, goals, obstacles, tables
from humanoid_brain.scene.props.prop import Prop

CATALOGUE: dict[str, dict[str, Callable[[Draws], Prop]]] = {
    "table": {
        "dining": tables.dining_table,
        "pedestal": tables.pedestal_table,
        "desk": tables.desk,
        "side": tables.side_table,
    },
    "chair": {
        "dining": chairs.dining_chair,
        "office": chairs.office_chair,
        "stool": chairs.stool,
        "armchair": chairs.armchair,
    },
    "obstacle": {
        "crate": obstacles.crate,
        "carton": obstacles.carton,
        "barrel": obstacles.barrel,
        "cone": obstacles.cone,
        "plant": obstacles.plant,
        "bollard": obstacles.bollard,
    },
    "goal": {"flag": goals.flag, "disc": goals.disc, "beacon": goals.beacon},
    "clutter": {
        "book": clutter.book,
        "mug": clutter.mug,
        "bowl": clutter.bowl,
        "bottle": clutter.bottle,
        "vase": clutter.vase,
        "laptop": clutter.laptop,
    },
}
"""Makers by category, which is also the semantic label, and kind. Layouts place categories in this order."""


def make_prop(category: str, kind: str, variant: int, number: int) -> Prop:
    """The prop at an address.

    Args:
        category: Such as "chair".
        kind: One of the category's shapes.
        variant: Of the interior.
        number: Of the prop within its category; it decides sizes and finishes.
    """
    return CATALOGUE[category][kind](Draws(variant, f"interior.{category}.{kind}", number))
