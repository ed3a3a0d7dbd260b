# SPDX-License-Identifier: Apache-2.0
"""Finishes that props are drawn with: woods, metals, plastics and fabrics in plausible colours, linear RGB."""

from __future__ import annotations

from humanoid_brain.scene.draws import Draws
from humanoid_brain.scene.looks import Looks, Texture

Rgb = tuple[float, float, float]

OAK: Rgb = (0.50, 0.32, 0.17)
WOODS: tuple[Rgb, ...] = (
    (1.0, 1.0, 1.0),
    (0.62, 0.50, 0.42),
    (0.30, 0.22, 0.17),
    (1.12, 1.08, 1.0),
    (0.75, 0.48, 0.30),
)
"""Tints of the oak: natural, walnut, wenge, bleached, cherry."""
FABRICS: tuple[Rgb, ...] = (
    (0.16, 0.20, 0.24),
    (0.07, 0.12, 0.22),
    (0.30, 0.28, 0.25),
    (0.42, 0.36, 0.28),
    (0.10, 0.20, 0.14),
    (0.34, 0.10, 0.06),
    (0.48, 0.26, 0.06),
    (0.05, 0.16, 0.18),
)
PAINTS: tuple[Rgb, ...] = (
    (0.78, 0.77, 0.74),
    (0.035, 0.037, 0.04),
    (0.10, 0.17, 0.24),
    (0.45, 0.50, 0.42),
    (0.34, 0.14, 0.085),
    (0.62, 0.42, 0.10),
)
SIGNALS: tuple[Rgb, ...] = ((0.80, 0.13, 0.01), (0.85, 0.45, 0.01), (0.55, 0.02, 0.02), (0.75, 0.60, 0.02))
GOALS: tuple[Rgb, ...] = ((0.02, 0.42, 0.16), (0.0, 0.30, 0.60), (0.65, 0.05, 0.30), (0.05, 0.45, 0.45))
CERAMICS: tuple[Rgb, ...] = (
    (0.80, 0.78, 0.72),
    (0.16, 0.30, 0.34),
    (0.45, 0.16, 0.08),
    (0.10, 0.12, 0.16),
    (0.52, 0.44, 0.30),
    (0.12, 0.22, 0.10),
)


def wood(draws: Draws) -> Looks:
    """Oiled wood in one of five tones."""
    tint = draws.choice(WOODS)
    red, green, blue = (min(a * b, 1.0) for a, b in zip(OAK, tint, strict=True))
    return Looks((red, green, blue), draws.uniform(0.35, 0.55), texture=Texture("wood", 1.0, tint=tint))


def fabric(draws: Draws) -> Looks:
    """Woven upholstery."""
    return dyed(draws.choice(FABRICS))


def dyed(color: Rgb) -> Looks:
    """The woven upholstery in a colour; the image itself is a light grey of 0.8."""
    red, green, blue = (channel / 0.8 for channel in color)
    return Looks(color, 0.92, texture=Texture("fabric", 0.12, normal=True, tint=(red, green, blue)))


def paint(draws: Draws) -> Looks:
    """Satin paint."""
    return Looks(draws.choice(PAINTS), draws.uniform(0.3, 0.5))


def metal(draws: Draws) -> Looks:
    """Brushed steel, or steel under black powder coat."""
    if draws.chance(0.5):
        return Looks((0.56, 0.56, 0.55), draws.uniform(0.22, 0.35), metallic=1.0)
    return Looks((0.025, 0.026, 0.028), draws.uniform(0.38, 0.5))


BLACK = Looks((0.022, 0.023, 0.025), roughness=0.5)
RUBBER = Looks((0.02, 0.02, 0.021), roughness=0.85)
STEEL = Looks((0.58, 0.58, 0.57), roughness=0.25, metallic=1.0)
WHITE = Looks((0.82, 0.82, 0.80), roughness=0.4)
