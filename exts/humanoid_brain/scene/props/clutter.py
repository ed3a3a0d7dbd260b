# SPDX-License-Identifier: Apache-2.0
"""Small things that stand on tables: books, a mug, a bowl, a bottle, a vase and a laptop."""

from __future__ import annotations

import math

import numpy as np

from humanoid_brain.scene.anthropometry import rotation
from humanoid_brain.scene.draws import Draws
from humanoid_brain.scene.looks import Looks
from humanoid_brain.scene.props import finishes
from humanoid_brain.scene.props.prop import BoxCollider, Collider, Part, Prop, round_hull
from humanoid_brain.scene.props.solids import box, lathe, tube


def book(draws: Draws) -> Prop:
    """One to three books, one upon the other."""
    parts: list[Part] = []
    looks = {"pages": Looks((0.72, 0.68, 0.58), 0.9)}
    colliders: list[Collider] = []
    base = 0.0
    depth, width = draws.uniform(0.20, 0.27), draws.uniform(0.14, 0.19)
    for i in range(draws.integer(1, 3)):
        thick, cover = draws.uniform(0.016, 0.040), f"cover_{i}"
        looks[cover] = Looks(draws.choice(finishes.FABRICS + finishes.PAINTS), draws.uniform(0.4, 0.7))
        turn = rotation("Z", math.radians(draws.uniform(-9.0, 9.0)))
        made = [Part("pages", box((depth - 0.010, width - 0.008, thick - 0.004), (0.0, 0.002, thick / 2), 0.001))]
        made += [Part(cover, box((depth, width, 0.0026), (0.0, 0.0, z), 0.001)) for z in (0.0013, thick - 0.0013)]
        made.append(Part(cover, box((depth, 0.004, thick), (0.0, -width / 2 + 0.001, thick / 2), 0.0018, 2)))
        parts += [Part(p.look, p.surface.turned(turn).moved((0.0, 0.0, base))) for p in made]
        colliders.append(BoxCollider((depth * 0.96, width * 0.96, thick), (0.0, 0.0, base + thick / 2)))
        base += thick
        depth, width = depth * draws.uniform(0.84, 0.96), width * draws.uniform(0.84, 0.96)
    return Prop("clutter", "book", tuple(parts), looks, tuple(colliders), 600.0)


def mug(draws: Draws) -> Prop:
    """A mug with a handle."""
    radius, height = draws.uniform(0.038, 0.044), draws.uniform(0.085, 0.105)
    looks = {
        "glaze": Looks(draws.choice(finishes.CERAMICS), 0.16, clearcoat=0.6),
        "drink": Looks((0.035, 0.016, 0.006), 0.12),
    }
    wall = 0.0035
    outside = [(0.0, 0.0), (radius * 0.92, 0.0), (radius, 0.012), (radius, height)]
    parts = [
        Part(
            "glaze",
            lathe(
                [*outside, (radius - wall, height), (radius - wall, height * 0.2), (0.0, height * 0.2)],
                around=32,
                bevel=0.0016,
            ),
        )
    ]
    parts.append(
        Part(
            "drink",
            lathe(
                [
                    (0.0, height * 0.7),
                    (radius - wall, height * 0.7),
                    (radius - wall, height * 0.8),
                    (0.0, height * 0.8),
                ],
                around=28,
                bevel=0.0005,
            ),
        )
    )
    reach, low, high = radius + 0.028, height * 0.24, height * 0.78
    handle = [(radius - 0.003, 0.0, high), (reach, 0.0, high), (reach, 0.0, low), (radius - 0.003, 0.0, low)]
    parts.append(Part("glaze", tube(handle, 0.0052, 10, 0.02)))
    return Prop("clutter", "mug", tuple(parts), looks, (round_hull(radius, 0.0, height),), 800.0)


def bowl(draws: Draws) -> Prop:
    """A bowl, sometimes with fruit."""
    radius, height = draws.uniform(0.09, 0.14), draws.uniform(0.055, 0.085)
    looks = {"glaze": Looks(draws.choice(finishes.CERAMICS), 0.2, clearcoat=0.5)}
    foot = radius * 0.42
    curve = [
        (foot + (radius - foot) * math.sin(a), 0.008 + (height - 0.008) * (1 - math.cos(a)))
        for a in np.linspace(0.15, math.pi / 2, 8)
    ]
    inside = [(r - 0.005, z + 0.001) for r, z in reversed(curve[:-1])]
    parts = [
        Part(
            "glaze",
            lathe(
                [(0.0, 0.0), (foot, 0.0), (foot, 0.008), *curve, (radius - 0.005, height), *inside, (0.0, 0.014)],
                around=40,
                bevel=0.0016,
            ),
        )
    ]
    if draws.chance(0.6):
        looks["fruit"] = Looks(draws.choice(((0.55, 0.06, 0.02), (0.30, 0.42, 0.03), (0.80, 0.28, 0.01))), 0.35)
        looks["stalk"] = Looks((0.05, 0.03, 0.01), 0.8)
        size = radius * 0.30
        for i in range(4):
            angle, away, lift = (
                math.pi * 2 / 3 * i,
                (radius * 0.40 if i < 3 else 0.0),
                (0.018 if i < 3 else size * 1.15),
            )
            skin = [
                (size * math.sin(a) * (1.0 + 0.06 * math.cos(a)), size * (1 - math.cos(a)) * 0.94)
                for a in np.linspace(0.0, math.pi, 11)
            ]
            center = (away * math.cos(angle), away * math.sin(angle), lift)
            parts.append(Part("fruit", lathe([(0.0, skin[0][1]), *skin[1:-1], (0.0, skin[-1][1])], center, 20)))
            stalk = (center[0], center[1], lift + size * 1.84)
            parts.append(Part("stalk", tube([stalk, (stalk[0] + 0.003, stalk[1], stalk[2] + 0.014)], 0.0016, 6)))
    return Prop("clutter", "bowl", tuple(parts), looks, (round_hull(foot, 0.0, height, radius),), 500.0)


def bottle(draws: Draws) -> Prop:
    """A bottle with a label and a cap."""
    radius, height = draws.uniform(0.032, 0.040), draws.uniform(0.24, 0.31)
    glass = draws.choice(((0.015, 0.07, 0.025), (0.10, 0.035, 0.008), (0.06, 0.16, 0.22), (0.50, 0.52, 0.50)))
    looks = {
        "glass": Looks(glass, 0.08, clearcoat=1.0),
        "label": Looks(draws.choice(finishes.PAINTS), 0.6),
        "cap": finishes.metal(draws),
    }
    shoulder = height * 0.60
    curve = [
        (0.0135 + (radius - 0.0135) * (1 + math.cos(a)) / 2, shoulder + height * 0.17 * a / math.pi)
        for a in np.linspace(0.0, math.pi, 9)
    ]
    profile = [(0.0, 0.0), (radius * 0.95, 0.0), (radius, 0.008), *curve, (0.0135, height - 0.01), (0.0, height - 0.01)]
    parts = [Part("glass", lathe(profile, around=32, bevel=0.002))]
    ring = [
        (radius - 0.002, height * 0.20),
        (radius + 0.0007, height * 0.20),
        (radius + 0.0007, height * 0.46),
        (radius - 0.002, height * 0.46),
    ]
    parts.append(Part("label", lathe(ring, around=32, bevel=0.0003)))
    parts.append(
        Part(
            "cap",
            lathe(
                [(0.0, height - 0.028), (0.0152, height - 0.028), (0.0152, height), (0.0, height)],
                around=24,
                bevel=0.0016,
            ),
        )
    )
    return Prop(
        "clutter",
        "bottle",
        tuple(parts),
        looks,
        (round_hull(radius, 0.0, shoulder), round_hull(0.02, shoulder, height)),
        900.0,
    )


def vase(draws: Draws) -> Prop:
    """A turned vase with a bulge, a neck and a lip."""
    height, belly = draws.uniform(0.17, 0.30), draws.uniform(0.055, 0.085)
    looks = {"glaze": Looks(draws.choice(finishes.CERAMICS), draws.uniform(0.15, 0.5), clearcoat=0.4)}
    foot, neck, at = belly * 0.62, belly * draws.uniform(0.35, 0.5), draws.uniform(0.32, 0.45)
    knots = np.array([[0.0, foot], [at, belly], [0.82, neck], [1.0, neck * 1.35]])
    shares = np.linspace(0.0, 1.0, 19)
    slopes = np.array([1.2 * belly, 0.0, 0.0, neck * 3.0])
    radii = _hermite(knots[:, 0], knots[:, 1], slopes, shares)
    outside = [(float(r), height * float(s)) for r, s in zip(radii, shares, strict=True)]
    inside = [(r - 0.005, z) for r, z in reversed(outside[-7:])]
    parts = (Part("glaze", lathe([(0.0, 0.0), *outside, *inside, (0.0, inside[-1][1])], around=36, bevel=0.0015)),)
    return Prop(
        "clutter",
        "vase",
        parts,
        looks,
        (round_hull(foot, 0.0, height * at, belly), round_hull(belly, height * at, height, neck * 1.2)),
        700.0,
    )


def laptop(draws: Draws) -> Prop:
    """An open laptop; its front is where one sits."""
    width, depth = draws.uniform(0.30, 0.36), draws.uniform(0.21, 0.25)
    metal = Looks((0.50, 0.51, 0.52), 0.32, metallic=0.9) if draws.chance(0.6) else Looks((0.05, 0.052, 0.056), 0.4)
    red, green, blue = draws.choice(((0.06, 0.14, 0.30), (0.14, 0.15, 0.18), (0.05, 0.17, 0.15), (0.22, 0.10, 0.16)))
    looks = {
        "case": metal,
        "keys": finishes.BLACK,
        "screen": Looks((red, green, blue), 0.2, emission=(red, green, blue)),
        "page": Looks((0.6, 0.6, 0.6), 0.2, emission=(0.62, 0.64, 0.66)),
        "text": Looks((0.2, 0.2, 0.2), 0.2, emission=(0.16, 0.17, 0.19)),
    }
    parts = [Part("case", box((depth, width, 0.014), (0.0, 0.0, 0.007), 0.005, 2))]
    parts.append(Part("keys", box((depth * 0.46, width * 0.86, 0.002), (-depth * 0.16, 0.0, 0.0138), 0.0009)))
    parts.append(Part("keys", box((depth * 0.28, width * 0.34, 0.001), (depth * 0.28, 0.0, 0.0140), 0.0004)))
    lean = math.radians(draws.uniform(12.0, 24.0))
    lid = [Part("case", box((0.007, width, depth), (0.0, 0.0, depth / 2), 0.003, 2))]
    lid.append(Part("keys", box((0.002, width - 0.008, depth - 0.008), (0.0032, 0.0, depth / 2), 0.0009)))
    lid.append(Part("screen", box((0.001, width - 0.026, depth - 0.034), (0.0042, 0.0, depth / 2 + 0.004), 0.0004)))
    page, rise = width * draws.uniform(0.45, 0.62), depth * 0.62
    left, middle = draws.uniform(-0.12, 0.12) * width, depth / 2
    lid.append(Part("page", box((0.001, page, rise), (0.0046, left, middle), 0.0004)))
    for i in range(5):
        length = page * draws.uniform(0.45, 0.85)
        at = (0.0050, left - (page * 0.9 - length) / 2, middle + rise * (0.34 - 0.16 * i))
        lid.append(Part("text", box((0.001, length, rise * (0.075 if i == 0 else 0.035)), at, 0.0004)))
    parts += [Part(p.look, p.surface.turned(rotation("Y", -lean)).moved((-depth / 2 + 0.004, 0.0, 0.012))) for p in lid]
    reach, rise = depth * math.sin(lean), depth * math.cos(lean)
    colliders = (
        BoxCollider((depth, width, 0.014), (0.0, 0.0, 0.007)),
        BoxCollider((reach * 0.5, width, rise), (-depth / 2 - reach / 4, 0.0, 0.012 + rise / 2)),
    )
    return Prop("clutter", "laptop", tuple(parts), looks, colliders, 900.0)


def _hermite(x: np.ndarray, y: np.ndarray, slope: np.ndarray, at: np.ndarray) -> np.ndarray:
    """Values of the cubic Hermite spline through (x, y) with the given slopes."""
    i = np.clip(np.searchsorted(x, at, side="right") - 1, 0, len(x) - 2)
    width = x[i + 1] - x[i]
    s = (at - x[i]) / width
    return (
        (2 * s**3 - 3 * s**2 + 1) * y[i]
        + (s**3 - 2 * s**2 + s) * width * slope[i]
        + (3 * s**2 - 2 * s**3) * y[i + 1]
        + (s**3 - s**2) * width * slope[i + 1]
    )
