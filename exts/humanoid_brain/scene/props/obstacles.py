# SPDX-License-Identifier: Apache-2.0
"""Things in the way: a slatted crate, a carton, a steel barrel, a traffic cone, a potted plant and a bollard."""

from __future__ import annotations

import math

import numpy as np

from humanoid_brain.scene.anthropometry import Array, rotation
from humanoid_brain.scene.draws import Draws
from humanoid_brain.scene.looks import Looks, Texture
from humanoid_brain.scene.props import finishes
from humanoid_brain.scene.props.prop import BoxCollider, Part, Prop, Support, round_hull
from humanoid_brain.scene.props.solids import box, deformed, lathe, tube
from humanoid_brain.scene.shells import Surface, ellipsoid


def crate(draws: Draws) -> Prop:
    """A crate of rough boards with corner posts and a diagonal on each side."""
    width, depth = draws.uniform(0.45, 0.80), draws.uniform(0.40, 0.60)
    height, board = draws.uniform(0.38, 0.70), 0.018
    tint = draws.choice(((1.25, 1.05, 0.80), (1.0, 0.85, 0.66), (0.72, 0.60, 0.48)))
    red, green, blue = (min(a * b, 1.0) for a, b in zip(finishes.OAK, tint, strict=True))
    looks = {"boards": Looks((red, green, blue), 0.8, texture=Texture("wood", 0.8, tint=tint))}
    parts: list[Surface] = []
    rows = max(3, round(height / 0.12))
    pitch = height / rows
    for i in range(rows):
        z = pitch * (i + 0.5)
        for side in (-1.0, 1.0):
            parts.append(
                box((depth - 2 * board, board, pitch - 0.009), (0.0, side * (width / 2 - 1.5 * board), z), 0.003)
            )
            parts.append(
                box((board, width - 2 * board, pitch - 0.009), (side * (depth / 2 - 1.5 * board), 0.0, z), 0.003)
            )
    columns = max(3, round(width / 0.12))
    for i in range(columns):
        y = -width / 2 + board + (width - 2 * board) / columns * (i + 0.5)
        plank = (depth - 2 * board, (width - 2 * board) / columns - 0.006, board)
        parts.append(box(plank, (0.0, y, height - board / 2), 0.003))
    frame = 0.075
    for side in (-1.0, 1.0):
        for along, across, turn in ((width, depth, 0.0), (depth, width, 90.0)):
            x = across / 2 - board / 2
            panel = [box((board, along, frame), (x, 0.0, z), 0.004) for z in (frame / 2, height - frame / 2)]
            rise, run = height - 2 * frame, along - 2 * frame
            for y in (-1.0, 1.0):
                panel.append(box((board, frame, rise + 0.002), (x, y * (along / 2 - frame / 2), height / 2), 0.004))
            length = math.hypot(rise, run) - 0.045
            slope = rotation("X", side * math.atan2(rise, run))
            panel.append(
                box((board, length, frame * 0.9), (0.0, 0.0, 0.0), 0.004)
                .turned(slope)
                .moved((x - 0.001, 0.0, height / 2))
            )
            facing = rotation("Z", math.radians(turn + (180.0 if side < 0 else 0.0)))
            parts += [surface.turned(facing) for surface in panel]
    colliders = (BoxCollider((depth, width, height), (0.0, 0.0, height / 2)),)
    top = Support((depth / 2 - 0.05, width / 2 - 0.05), (0.0, 0.0, height))
    return Prop("obstacle", "crate", tuple(Part("boards", s) for s in parts), looks, colliders, 110.0, (top,))


def carton(draws: Draws) -> Prop:
    """A taped cardboard box, sometimes with a smaller one on top of it, turned a little."""
    sizes = [(draws.uniform(0.35, 0.60), draws.uniform(0.35, 0.60), draws.uniform(0.28, 0.50))]
    if draws.chance(0.4):
        sizes.append((sizes[0][0] * 0.72, sizes[0][1] * 0.68, draws.uniform(0.18, 0.28)))
    brown = draws.uniform(0.8, 1.1)
    texture = Texture("cardboard", 0.5, tint=(brown, brown, brown))
    looks = {
        "board": Looks((0.42 * brown, 0.27 * brown, 0.15 * brown), 0.85, texture=texture),
        "tape": Looks((0.46, 0.33, 0.19), 0.25),
        "label": Looks((0.78, 0.78, 0.76), 0.5),
        "print": Looks((0.03, 0.03, 0.03), 0.6),
    }
    parts: list[Part] = []
    colliders: list[BoxCollider] = []
    base = 0.0
    for level, (x, y, z) in enumerate(sizes):
        turn = rotation("Z", math.radians(draws.uniform(-14.0, 14.0)) if level else 0.0)
        flap = x / 2 - 0.0012
        made = [Part("board", box((x, y, z - 0.004), (0.0, 0.0, z / 2 - 0.002), 0.006, 2))]
        made += [
            Part("board", box((flap, y - 0.004, 0.005), (s * (x / 4 + 0.0006), 0.0, z - 0.0025), 0.002))
            for s in (-1.0, 1.0)
        ]
        made.append(Part("tape", box((0.055, y + 0.0016, 0.0012), (0.0, 0.0, z), 0.0005)))
        made += [Part("tape", box((0.055, 0.0012, 0.09), (0.0, s * y / 2, z - 0.045), 0.0005)) for s in (-1.0, 1.0)]
        side = draws.choice((-1.0, 1.0))
        at, height = draws.uniform(-0.15, 0.15) * y, z * 0.56
        made.append(Part("label", box((0.0014, 0.14, 0.10), (side * x / 2, at, height), 0.0006)))
        for i, share in enumerate((0.9, 0.6, 0.75)):
            bar = box((0.0014, 0.10 * share, 0.008), (side * (x / 2 + 0.0004), at, height + 0.028 - 0.02 * i), 0.0006)
            made.append(Part("print", bar))
        parts += [Part(p.look, p.surface.turned(turn).moved((0.0, 0.0, base))) for p in made]
        if not level:
            colliders.append(BoxCollider((x, y, z), (0.0, 0.0, z / 2)))
        else:
            c, s = turn[0, 0], abs(turn[1, 0])
            colliders.append(BoxCollider((x * c + y * s, y * c + x * s, z), (0.0, 0.0, base + z / 2)))
        base += z
    return Prop("obstacle", "carton", tuple(parts), looks, tuple(colliders), 90.0)


def barrel(draws: Draws) -> Prop:
    """A steel drum with two rolling hoops and a recessed lid."""
    height, radius = draws.uniform(0.78, 0.90), draws.uniform(0.27, 0.30)
    color = draws.choice(
        ((0.02, 0.12, 0.34), (0.42, 0.03, 0.02), (0.03, 0.18, 0.08), (0.62, 0.40, 0.02), (0.12, 0.12, 0.12))
    )
    looks = {"drum": Looks(color, draws.uniform(0.28, 0.42), clearcoat=0.4), "steel": finishes.STEEL}
    wall = [(radius - 0.012, 0.0), (radius, 0.008), (radius, 0.022), (radius - 0.010, 0.034)]
    for z in (0.34, 0.66):
        middle = height * z
        swell = [
            (radius - 0.010 + 0.018 * (1 + math.cos(a)) / 2, middle + 0.022 * a / math.pi)
            for a in np.linspace(-math.pi, math.pi, 9)
        ]
        wall += swell
    wall += [
        (radius - 0.010, height - 0.034),
        (radius, height - 0.022),
        (radius, height - 0.006),
        (radius - 0.006, height),
    ]
    lid = [(radius - 0.016, height), (radius - 0.020, height - 0.018), (0.0, height - 0.018)]
    parts = [
        Part("drum", lathe([(0.0, 0.004), (radius - 0.02, 0.004), *wall, *lid], around=40, bevel=0.003, smooth=50.0))
    ]
    for x, bung in ((0.17, 0.032), (-0.18, 0.020)):
        cap = [(0.0, height - 0.019), (bung, height - 0.019), (bung, height - 0.008), (0.0, height - 0.008)]
        parts.append(Part("steel", lathe(cap, (x * radius / 0.28, 0.0, 0.0), 16, 0.002)))
    return Prop("obstacle", "barrel", tuple(parts), looks, (round_hull(radius, 0.0, height),), 120.0)


def cone(draws: Draws) -> Prop:
    """A traffic cone with white bands on a heavy foot."""
    height = draws.uniform(0.46, 0.76)
    foot, low, top = height * 0.52, height * 0.185, height * 0.042
    looks = {"orange": Looks(draws.choice(finishes.SIGNALS[:2]), 0.5), "band": finishes.WHITE, "foot": finishes.RUBBER}
    if draws.chance(0.5):
        looks["foot"] = looks["orange"]
    base = 0.028

    def radius(z: float) -> float:
        return low + (top - low) * (z - base) / (height - base)

    parts = [Part("foot", box((foot, foot, base), (0.0, 0.0, base / 2), 0.012, 2))]
    skirt = [
        (0.0, base - 0.004),
        (low * 1.30, base - 0.004),
        (low * 1.28, base + 0.008),
        (radius(base + 0.03), base + 0.03),
    ]
    tip = [(radius(height), height), (radius(height) * 0.6, height + 0.004), (0.0, height + 0.004)]
    parts.append(Part("orange", lathe([*skirt, *tip], around=32, bevel=0.006, smooth=50.0)))
    for start, end in ((0.42, 0.58), (0.70, 0.82)):
        z0, z1 = height * start, height * end
        inner = radius(z0) - 0.004
        ring = [(inner, z0), (radius(z0) + 0.0016, z0), (radius(z1) + 0.0016, z1), (radius(z1) - 0.004, z1)]
        parts.append(Part("band", lathe(ring, around=32, bevel=0.001)))
    colliders = (BoxCollider((foot, foot, base), (0.0, 0.0, base / 2)), round_hull(low, base, height, top))
    return Prop("obstacle", "cone", tuple(parts), looks, colliders, 150.0)


def plant(draws: Draws) -> Prop:
    """A plant in a pot: broad leaves on stalks that bend outwards, or upright blades."""
    pot, rim = draws.uniform(0.24, 0.36), draws.uniform(0.13, 0.18)
    tall, upright = draws.uniform(0.55, 0.95), draws.chance(0.4)
    green = draws.uniform(0.75, 1.25)
    looks = {
        "pot": Looks(draws.choice(finishes.CERAMICS), draws.uniform(0.25, 0.6)),
        "soil": Looks((0.030, 0.020, 0.014), 0.95),
        "leaf": Looks((0.045 * green, 0.15 * green, 0.035), 0.42),
        "stem": Looks((0.10, 0.16, 0.05), 0.6),
    }
    foot = rim * draws.uniform(0.66, 0.86)
    bulge = [(foot + (rim - foot) * math.sin(s * math.pi / 2), pot * s) for s in np.linspace(0.0, 1.0, 7)]
    rim_in = [(rim - 0.012, pot), (rim - 0.014, pot - 0.035), (0.0, pot - 0.030)]
    parts = [
        Part(
            "pot",
            lathe(
                [(0.0, 0.0), *bulge, *rim_in[:2], (rim - 0.02, pot - 0.05), (0.0, pot - 0.05)], around=36, bevel=0.004
            ),
        )
    ]
    parts.append(
        Part(
            "soil",
            lathe(
                [(0.0, pot - 0.045), (rim - 0.0135, pot - 0.045), (rim - 0.0135, pot - 0.03), (0.0, pot - 0.022)],
                around=24,
            ),
        )
    )
    count = draws.integer(11, 15) if upright else draws.integer(13, 18)
    for i in range(count):
        azimuth = 2.399963 * i + draws.uniform(-0.3, 0.3)  # the golden angle, as leaves grow
        share = (i + 0.5) / count
        length = tall * draws.uniform(0.75, 1.0) * (1.0 - 0.35 * share)
        facing = rotation("Z", azimuth)
        if upright:
            blade = _leaf(length, length * 0.055 + 0.012, 0.10 + 0.40 * share, 0.25, 10)
            parts.append(
                Part(
                    "leaf",
                    blade.turned(facing).moved(
                        (0.35 * rim * share * math.cos(azimuth), 0.35 * rim * share * math.sin(azimuth), pot - 0.035)
                    ),
                )
            )
            continue
        spread = 0.10 + 0.75 * share
        stalk = length * 0.62
        end = np.array([math.sin(spread) * stalk, 0.0, math.cos(spread) * stalk])
        path = [(0.0, 0.0, 0.0), (end[0] * 0.35, 0.0, end[2] * 0.55), (float(end[0]), 0.0, float(end[2]))]
        parts.append(Part("stem", tube(path, (0.006, 0.0035), 7, 0.12).turned(facing).moved((0.0, 0.0, pot - 0.03))))
        leaf = _leaf(length * 0.46, length * 0.17, spread + 0.35, 0.9, 12)
        placed = facing @ end + np.array([0.0, 0.0, pot - 0.03])
        parts.append(Part("leaf", leaf.turned(facing).moved((float(placed[0]), float(placed[1]), float(placed[2])))))
    spread_radius = max(float(np.abs(part.surface.points[:, :2]).max()) for part in parts) * 0.6
    colliders = (
        round_hull(foot, 0.0, pot, rim),
        round_hull(rim * 0.7, pot, pot + tall * 0.55, min(spread_radius, 0.25)),
    )
    return Prop("obstacle", "plant", tuple(parts), looks, colliders, 260.0)


def bollard(draws: Draws) -> Prop:
    """A post with reflecting bands on a round foot."""
    height, radius = draws.uniform(0.75, 1.05), draws.uniform(0.045, 0.065)
    foot = draws.uniform(0.19, 0.23)
    looks = {"post": Looks(draws.choice(finishes.SIGNALS), 0.42), "band": finishes.WHITE, "foot": finishes.RUBBER}
    dome = [
        (radius * math.cos(a), height - radius * 0.6 + radius * 0.6 * math.sin(a))
        for a in np.linspace(0.0, math.pi / 2, 7)
    ]
    parts = [
        Part(
            "foot",
            lathe(
                [(0.0, 0.0), (foot, 0.0), (foot, 0.02), (foot * 0.45, 0.062), (radius + 0.004, 0.070), (0.0, 0.07)],
                around=36,
                bevel=0.006,
            ),
        )
    ]
    parts.append(Part("post", lathe([(0.0, 0.06), (radius, 0.06), *dome[:-1], (0.0, height)], around=28, bevel=0.004)))
    for share in (0.62, 0.80):
        z0, z1 = height * share, height * share + 0.085
        ring = [(radius - 0.003, z0), (radius + 0.0016, z0), (radius + 0.0016, z1), (radius - 0.003, z1)]
        parts.append(Part("band", lathe(ring, around=28, bevel=0.001)))
    colliders = (round_hull(foot, 0.0, 0.06), round_hull(radius, 0.06, height))
    return Prop("obstacle", "bollard", tuple(parts), looks, colliders, 420.0)


def _leaf(length: float, half_width: float, lean: float, curl: float, around: int) -> Surface:
    """A pointed leaf from the origin along +x and up: ``lean`` rad from upright, bending by ``curl`` rad more."""
    flat = ellipsoid((length / 2, half_width, 0.0022), around).moved((length / 2, 0.0, 0.0))

    def field(points: Array) -> Array:
        share = np.clip(points[:, 0] / length, 0.0, 1.0)
        width = points[:, 1] * (1.15 - 0.75 * share)
        angle = lean + curl * share
        # The midrib is a circular arc: the integral of (sin, cos) of the angle.
        x = length * (np.cos(lean) - np.cos(angle)) / curl
        z = length * (np.sin(angle) - np.sin(lean)) / curl
        fold = 0.35 * np.abs(width) + points[:, 2]
        return np.stack([x - fold * np.cos(angle), width, z + fold * np.sin(angle)], 1)

    return deformed(flat, field)
