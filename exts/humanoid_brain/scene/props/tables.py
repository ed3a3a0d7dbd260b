# SPDX-License-Identifier: Apache-2.0
"""Tables: on four legs, on a pedestal, a desk with drawers and a side table."""

from __future__ import annotations

import math

import numpy as np

from humanoid_brain.scene.draws import Draws
from humanoid_brain.scene.props import finishes
from humanoid_brain.scene.props.prop import BoxCollider, Collider, Part, Prop, Support, round_hull
from humanoid_brain.scene.props.solids import box, lathe, tapered, tube

EDGE = 0.04
"""Rim in m that stays free of small things."""


def dining_table(draws: Draws) -> Prop:
    """A rectangular top on four legs with an apron."""
    depth, width, height = draws.uniform(0.75, 0.90), draws.uniform(1.20, 1.70), draws.uniform(0.72, 0.76)
    thick, leg = draws.uniform(0.025, 0.040), draws.uniform(0.05, 0.075)
    looks = {"top": finishes.wood(draws), "legs": finishes.wood(draws)}
    slender = draws.chance(0.4)
    looks["legs"] = finishes.metal(draws) if slender else (looks["top"] if draws.chance(0.7) else finishes.paint(draws))
    leg = 0.045 if slender else leg
    inset = 0.0 if slender else 0.02
    x, y = depth / 2 - leg / 2 - inset, width / 2 - leg / 2 - inset
    under = height - thick
    parts = [Part("top", box((depth, width, thick), (0.0, 0.0, height - thick / 2), 0.006, 2))]
    for sx in (-x, x):
        parts.append(Part("legs", box((0.022, 2 * y - leg, 0.075), (sx, 0.0, under - 0.0375), 0.004)))
        for sy in (-y, y):
            post = box((leg, leg, under), (sx, sy, under / 2), 0.005)
            parts.append(Part("legs", post if slender else tapered(post, 0.72)))
    for sy in (-y, y):
        parts.append(Part("legs", box((2 * x - leg, 0.022, 0.075), (0.0, sy, under - 0.0375), 0.004)))
    colliders: list[Collider] = [BoxCollider((depth, width, thick), (0.0, 0.0, height - thick / 2))]
    colliders += [BoxCollider((leg, leg, under), (sx, sy, under / 2)) for sx in (-x, x) for sy in (-y, y)]
    top = Support((depth / 2 - EDGE, width / 2 - EDGE), (0.0, 0.0, height))
    return Prop("table", "dining", tuple(parts), looks, tuple(colliders), 550.0, (top,))


def pedestal_table(draws: Draws) -> Prop:
    """A round top on a turned column, with a heavy foot."""
    radius, height = draws.uniform(0.40, 0.60), draws.uniform(0.71, 0.75)
    thick, foot = draws.uniform(0.024, 0.036), radius * draws.uniform(0.55, 0.65)
    looks = {"top": finishes.wood(draws) if draws.chance(0.6) else finishes.WHITE}
    turned = looks["top"].texture is not None and draws.chance(0.5)
    looks["column"] = looks["top"] if turned else finishes.metal(draws)
    under = height - thick
    parts = [
        Part("top", lathe([(0.0, under), (radius, under), (radius, height), (0.0, height)], around=48, bevel=0.007))
    ]
    dome = [(foot, 0.0), (foot, 0.012), (foot * 0.7, 0.024), (foot * 0.35, 0.034), (0.055, 0.06)]
    waist = [(0.045, 0.16), (0.060, 0.26), (0.066, 0.34), (0.048, 0.50), (0.036, under - 0.10)]
    straight = [(0.036, 0.14), (0.036, under - 0.10)]
    neck = [(0.06, under - 0.03), (radius * 0.35, under), (0.0, under)]
    column = [(0.0, 0.0), *dome, *(waist if turned else straight), *neck]
    parts.append(Part("column", lathe(column, around=36, bevel=0.004, smooth=50.0)))
    colliders = (round_hull(radius, under, height), round_hull(0.06, 0.03, under), round_hull(foot, 0.0, 0.03))
    half = radius / math.sqrt(2.0) - EDGE / 2
    return Prop(
        "table", "pedestal", tuple(parts), looks, colliders, 800.0, (Support((half, half), (0.0, 0.0, height)),)
    )


def desk(draws: Draws) -> Prop:
    """A desk with a block of drawers on one side; who sits at it faces its back from the front, +x."""
    depth, width, height = draws.uniform(0.60, 0.75), draws.uniform(1.20, 1.50), draws.uniform(0.72, 0.75)
    thick, block = draws.uniform(0.024, 0.032), draws.uniform(0.38, 0.44)
    looks = {"top": finishes.wood(draws), "handles": finishes.metal(draws)}
    looks["body"] = (
        looks["top"] if draws.chance(0.5) else (finishes.WHITE if draws.chance(0.5) else finishes.paint(draws))
    )
    side, under = draws.choice((-1.0, 1.0)), height - thick
    parts = [Part("top", box((depth, width, thick), (0.0, 0.0, height - thick / 2), 0.005, 2))]
    middle = side * (width / 2 - 0.03 - block / 2)
    deep = depth - 0.06
    parts.append(Part("body", box((deep - 0.02, block, under - 0.05), (-0.01, middle, (under + 0.05) / 2), 0.004)))
    parts.append(Part("body", box((deep - 0.06, block - 0.04, 0.05), (-0.02, middle, 0.025), 0.004)))
    count = draws.integer(2, 4)
    rise = (under - 0.065) / count
    for i in range(count):
        z = 0.058 + rise * (i + 0.5)
        parts.append(Part("body", box((0.019, block - 0.006, rise - 0.005), (deep / 2 - 0.010, middle, z), 0.004)))
        x, reach = deep / 2 - 0.002, 0.065
        grip = [
            (x, middle - reach, z),
            (x + 0.028, middle - reach, z),
            (x + 0.028, middle + reach, z),
            (x, middle + reach, z),
        ]
        parts.append(Part("handles", tube(grip, 0.005, 8, 0.012)))
    panel = -side * (width / 2 - 0.045)
    parts.append(Part("body", box((deep, 0.03, under), (0.0, panel, under / 2), 0.004)))
    across = width - 0.09 - block
    parts.append(
        Part(
            "body",
            box(
                (0.018, across, 0.32), (-deep / 2 + 0.05, (panel + middle - side * block / 2) / 2, under - 0.16), 0.004
            ),
        )
    )
    colliders = (
        BoxCollider((depth, width, thick), (0.0, 0.0, height - thick / 2)),
        BoxCollider((deep, block, under), (0.0, middle, under / 2)),
        BoxCollider((deep, 0.03, under), (0.0, panel, under / 2)),
    )
    top = Support((depth / 2 - EDGE, width / 2 - EDGE), (0.0, 0.0, height))
    return Prop("table", "desk", tuple(parts), looks, colliders, 240.0, (top,), at_wall=True)


def side_table(draws: Draws) -> Prop:
    """A small square or round table, low, with a shelf or on bent wire legs."""
    edge, height = draws.uniform(0.40, 0.55), draws.uniform(0.42, 0.55)
    thick = 0.024
    looks = {"top": finishes.wood(draws), "legs": finishes.metal(draws)}
    under = height - thick
    if draws.chance(0.5):
        reach = edge / 2 - 0.05
        parts = [
            Part(
                "top",
                lathe([(0.0, under), (edge / 2, under), (edge / 2, height), (0.0, height)], around=40, bevel=0.006),
            )
        ]
        for i in range(3):
            c, s = math.cos(2 * math.pi * i / 3), math.sin(2 * math.pi * i / 3)
            out, across = np.array([c, s]), np.array([-s, c])
            corners = [
                (out * (reach - 0.03) - across * 0.055, under),
                (out * (reach + 0.03) - across * 0.012, 0.006),
                (out * (reach + 0.03) + across * 0.012, 0.006),
                (out * (reach - 0.03) + across * 0.055, under),
            ]
            path = [(float(at[0]), float(at[1]), z) for at, z in corners]
            parts.append(Part("legs", tube(path, 0.006, 10, 0.012)))
        colliders: tuple[Collider, ...] = (
            round_hull(edge / 2, under, height),
            round_hull(reach + 0.02, 0.0, under, reach),
        )
        half = edge / 2 / math.sqrt(2.0) - 0.015
        density = 90.0
    else:
        looks["legs"] = looks["top"] if draws.chance(0.6) else finishes.paint(draws)
        parts = [Part("top", box((edge, edge, thick), (0.0, 0.0, height - thick / 2), 0.005, 2))]
        reach = edge / 2 - 0.03
        for x in (-reach, reach):
            for y in (-reach, reach):
                parts.append(Part("legs", tapered(box((0.038, 0.038, under), (x, y, under / 2), 0.005), 0.75)))
        parts.append(Part("legs", box((edge - 0.08, edge - 0.08, 0.018), (0.0, 0.0, 0.15), 0.005)))
        colliders = (
            BoxCollider((edge, edge, thick), (0.0, 0.0, height - thick / 2)),
            *(BoxCollider((0.038, 0.038, under), (x, y, under / 2)) for x in (-reach, reach) for y in (-reach, reach)),
        )
        half = edge / 2 - EDGE
        density = 500.0
    return Prop("table", "side", tuple(parts), looks, colliders, density, (Support((half, half), (0.0, 0.0, height)),))
