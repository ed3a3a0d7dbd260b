# SPDX-License-Identifier: Apache-2.0
"""Marks to walk to: a post with a flag, a disc on the floor and a lit beacon."""

from __future__ import annotations

import math

import numpy as np

from humanoid_brain.scene.anthropometry import Array
from humanoid_brain.scene.draws import Draws
from humanoid_brain.scene.looks import Looks
from humanoid_brain.scene.props import finishes
from humanoid_brain.scene.props.prop import BoxCollider, Part, Prop, round_hull
from humanoid_brain.scene.props.solids import box, deformed, lathe
from humanoid_brain.scene.shells import ellipsoid


def flag(draws: Draws) -> Prop:
    """A post with a waving flag on a weighted foot."""
    height, foot = draws.uniform(1.25, 1.65), draws.uniform(0.16, 0.20)
    width, drop = draws.uniform(0.34, 0.46), draws.uniform(0.24, 0.32)
    looks = {"cloth": Looks(draws.choice(finishes.GOALS), 0.75), "post": finishes.WHITE, "foot": finishes.BLACK}
    base = [(0.0, 0.0), (foot, 0.0), (foot, 0.014), (foot * 0.5, 0.036), (0.024, 0.044), (0.022, 0.07), (0.0, 0.07)]
    parts = [Part("foot", lathe(base, around=36, bevel=0.005))]
    parts.append(
        Part("post", lathe([(0.0, 0.06), (0.014, 0.06), (0.014, height), (0.0, height)], around=16, bevel=0.003))
    )
    parts.append(Part("cloth", ellipsoid((0.026, 0.026, 0.026), 16).moved((0.0, 0.0, height + 0.018))))
    cloth = box((0.0035, width, drop), (0.0, 0.0, 0.0), 0.0016, 1, (0, 22, 5))
    waves, phase = draws.uniform(1.2, 1.7), draws.uniform(0.0, 2 * math.pi)

    def wave(points: Array) -> Array:
        share = points[:, 1] / width + 0.5
        x = points[:, 0] + 0.034 * share * np.sin(2 * math.pi * waves * share + phase + points[:, 2] * 2.0)
        sag = -0.035 * np.clip(share, 0.0, 1.0) ** 1.5
        return np.stack(
            [x, (share * 0.95) * width + 0.012, points[:, 2] * (1.0 - 0.12 * share) + sag + height - drop / 2 - 0.02], 1
        )

    parts.append(Part("cloth", deformed(cloth, wave)))
    colliders = (
        round_hull(foot, 0.0, 0.04),
        round_hull(0.014, 0.04, height),
        BoxCollider((0.03, width, drop), (0.0, width / 2 + 0.012, height - drop / 2 - 0.03)),
    )
    return Prop("goal", "flag", tuple(parts), looks, (colliders[0], colliders[1]), 1400.0)


def disc(draws: Draws) -> Prop:
    """A low disc on the floor with rings, as a target has them."""
    radius, height = draws.uniform(0.24, 0.36), 0.014
    color = draws.choice(finishes.GOALS)
    looks = {"color": Looks(color, 0.45), "white": finishes.WHITE}
    parts = [
        Part(
            "color", lathe([(0.0, 0.0), (radius, 0.0), (radius * 0.985, height), (0.0, height)], around=48, bevel=0.005)
        )
    ]
    for outer, inner, look in ((0.80, 0.58, "white"), (0.32, 0.0, "white")):
        ring = [
            (inner * radius, height - 0.002),
            (outer * radius, height - 0.002),
            (outer * radius, height + 0.001),
            (inner * radius, height + 0.001),
        ]
        parts.append(Part(look, lathe(ring, around=48, bevel=0.0006)))
    return Prop("goal", "disc", tuple(parts), looks, (round_hull(radius, 0.0, height),), 1100.0)


def beacon(draws: Draws) -> Prop:
    """A short post with a shining dome and a ring of light at its foot."""
    height, radius = draws.uniform(0.45, 0.75), draws.uniform(0.085, 0.11)
    color = draws.choice(finishes.GOALS)
    red, green, blue = (min(1.0, 0.12 + 1.5 * channel) for channel in color)
    looks = {
        "light": Looks((red, green, blue), 0.3, emission=(2.2 * red, 2.2 * green, 2.2 * blue)),
        "body": finishes.WHITE,
        "foot": finishes.BLACK,
    }
    foot = radius * 1.55
    base = [(0.0, 0.0), (foot, 0.0), (foot, 0.022), (radius * 1.1, 0.05), (0.0, 0.05)]
    neck = height - radius * 1.1
    body = [(0.0, 0.045), (radius, 0.045), (radius * 0.86, neck - 0.01), (0.0, neck - 0.01)]
    dome = [
        (radius * 0.80 * math.cos(a), neck + 0.02 + radius * 0.95 * math.sin(a))
        for a in np.linspace(0.0, math.pi / 2, 9)
    ]
    collar = [(0.0, neck - 0.012), (radius * 0.92, neck - 0.012), (radius * 0.92, neck + 0.012), (0.0, neck + 0.012)]
    glow = [(radius * 0.9, 0.075), (radius + 0.002, 0.075), (radius + 0.001, 0.10), (radius * 0.9, 0.10)]
    parts = [
        Part("foot", lathe(base, around=36, bevel=0.006)),
        Part("body", lathe(body, around=32, bevel=0.006)),
        Part("foot", lathe(collar, around=32, bevel=0.004)),
        Part(
            "light",
            lathe(
                [(0.0, neck + 0.01), (radius * 0.80, neck + 0.01), *dome[:-1], (0.0, neck + 0.02 + radius * 0.95)],
                around=32,
            ),
        ),
        Part("light", lathe(glow, around=32, bevel=0.001)),
    ]
    colliders = (round_hull(foot, 0.0, 0.05), round_hull(radius, 0.05, neck + 0.02 + radius * 0.95, radius * 0.6))
    return Prop("goal", "beacon", tuple(parts), looks, colliders, 380.0)
