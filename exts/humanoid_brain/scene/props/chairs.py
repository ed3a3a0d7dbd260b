# SPDX-License-Identifier: Apache-2.0
"""Chairs: a dining chair, a swivel chair on five castors, a stool and an armchair."""

from __future__ import annotations

import math

import numpy as np

from humanoid_brain.scene.anthropometry import Array, rotation
from humanoid_brain.scene.draws import Draws
from humanoid_brain.scene.props import finishes
from humanoid_brain.scene.props.prop import BoxCollider, Part, Prop, round_hull
from humanoid_brain.scene.props.solids import bent, box, circle, deformed, lathe, tapered, tube
from humanoid_brain.scene.shells import Surface


def dining_chair(draws: Draws) -> Prop:
    """Four legs, a dished seat and a back of slats, spindles or one panel."""
    width, depth = draws.uniform(0.41, 0.48), draws.uniform(0.40, 0.45)
    seat, back = draws.uniform(0.44, 0.47), draws.uniform(0.36, 0.52)
    leg, lean = draws.uniform(0.030, 0.042), draws.uniform(5.0, 10.0)
    looks = {"frame": finishes.paint(draws) if draws.chance(0.3) else finishes.wood(draws)}
    cushioned, style = draws.chance(0.5), draws.choice(("slats", "spindles", "panel"))
    front, side = depth / 2 - leg / 2, width / 2 - leg / 2
    parts = [Part("frame", _dished(box((depth, width, 0.026), (0.0, 0.0, seat - 0.013), 0.010, 2, (6, 6, 0)), 0.008))]
    for y in (-side, side):
        parts.append(Part("frame", tapered(box((leg, leg, seat - 0.02), (front, y, seat / 2 - 0.01)), 0.72)))
        parts.append(Part("frame", tapered(box((leg, leg, seat - 0.02), (-front, y, seat / 2 - 0.01)), 0.80)))
        parts.append(Part("frame", box((depth - 2 * leg, 0.018, 0.05), (0.0, y, seat - 0.05))))
    for x in (-front, front):
        parts.append(Part("frame", box((0.018, width - 2 * leg, 0.05), (x, 0.0, seat - 0.05))))
    backrest = [box((leg * 0.72, leg * 0.72, back), (0.0, y, back / 2), 0.008) for y in (-side, side)]
    rail = box((0.022, 2 * side, 0.075), (0.0, 0.0, back - 0.045), 0.009, 1, (0, 8, 0))
    backrest.append(_bowed(rail, side))
    if style == "slats":
        for z in np.linspace(0.10, back - 0.15, draws.integer(2, 3)):
            backrest.append(_bowed(box((0.014, 2 * side, 0.045), (0.0, 0.0, float(z)), 0.006, 1, (0, 8, 0)), side))
    elif style == "spindles":
        for y in np.linspace(-side, side, draws.integer(4, 6) + 2)[1:-1]:
            bow = -0.028 * (1.0 - (float(y) / side) ** 2)
            backrest.append(tube([(0.0, float(y), -0.01), (bow, float(y), back - 0.05)], 0.008, 8))
    else:
        panel = box((0.012, 1.7 * side, back - 0.13), (0.0, 0.0, back / 2 - 0.005), 0.006, 1, (0, 8, 0))
        backrest.append(_bowed(panel, side))
    tilt, foot = rotation("Y", -math.radians(lean)), (-front, 0.0, seat - 0.005)
    parts += [Part("frame", surface.turned(tilt).moved(foot)) for surface in backrest]
    if cushioned:
        looks["cushion"] = finishes.fabric(draws)
        parts.append(Part("cushion", _pillow((depth * 0.86, width * 0.86, 0.045), (0.01, 0.0, seat + 0.014))))
    reach = back * math.sin(math.radians(lean))
    colliders = [BoxCollider((depth, width, 0.03), (0.0, 0.0, seat - 0.015))]
    colliders += [
        BoxCollider((leg, leg, seat - 0.03), (x, y, seat / 2 - 0.015)) for x in (-front, front) for y in (-side, side)
    ]
    colliders.append(BoxCollider((0.03 + reach, width, back * 0.98), (-front - reach / 2, 0.0, seat + back * 0.49)))
    return Prop("chair", "dining", tuple(parts), looks, tuple(colliders), 320.0)


def office_chair(draws: Draws) -> Prop:
    """A swivel chair: five-star base with castors, gas lift, upholstered seat and curved back."""
    width, depth = draws.uniform(0.46, 0.52), draws.uniform(0.44, 0.49)
    seat, back = draws.uniform(0.45, 0.52), draws.uniform(0.46, 0.62)
    spread = draws.uniform(0.30, 0.33)
    looks = {"fabric": finishes.fabric(draws), "shell": finishes.BLACK, "rubber": finishes.RUBBER}
    looks["base"] = finishes.STEEL if draws.chance(0.45) else finishes.BLACK
    parts = [Part("base", lathe([(0.0, 0.085), (0.042, 0.085), (0.034, 0.135), (0.0, 0.135)], bevel=0.006))]
    turn = draws.uniform(0.0, 72.0)
    for i in range(5):
        parts += [Part(p.look, p.surface.turned(rotation("Z", math.radians(72.0 * i + turn)))) for p in _spoke(spread)]
    parts.append(Part("shell", lathe([(0.0, 0.13), (0.026, 0.13), (0.026, 0.30), (0.0, 0.30)], around=16, bevel=0.003)))
    parts.append(Part("base", lathe([(0.0, 0.29), (0.014, 0.29), (0.014, seat - 0.08), (0.0, seat - 0.08)], around=16)))
    parts.append(Part("shell", box((0.22, 0.17, 0.04), (-0.02, 0.0, seat - 0.082), 0.014, 2)))
    parts.append(Part("shell", box((depth * 0.94, width * 0.94, 0.022), (0.0, 0.0, seat - 0.058), 0.010, 2)))
    parts.append(Part("fabric", _pillow((depth, width, 0.085), (0.0, 0.0, seat - 0.018), 0.030)))
    lean = rotation("Y", -math.radians(draws.uniform(6.0, 11.0)))
    foot = np.array([-depth / 2 + 0.01, 0.0, seat])
    bow = draws.uniform(0.55, 0.75)
    pad = bent(box((0.065, width * 0.92, back), (0.0, 0.0, 0.13 + back / 2), 0.030, 2, (0, 6, 4)), bow)
    shell = bent(box((0.016, width * 0.84, back * 0.92), (-0.036, 0.0, 0.13 + back / 2), 0.007, 1, (0, 8, 0)), bow)
    parts.append(Part("fabric", _moved(pad, lean, foot)))
    parts.append(Part("shell", _moved(shell, lean, foot)))
    spine = [
        (-0.05, 0.0, seat - 0.085),
        (foot[0] - 0.055, 0.0, seat - 0.085),
        (foot[0] - 0.105, 0.0, seat + 0.16 + back * 0.3),
    ]
    parts.append(Part("shell", tube(spine, 0.020, 10, 0.07)))
    if draws.chance(0.7):
        for side in (-1.0, 1.0):
            y = side * (width / 2 + 0.035)
            bar = [(0.02, side * width * 0.3, seat - 0.07), (0.02, y, seat - 0.07), (0.0, y, seat + 0.19)]
            parts.append(Part("shell", tube(bar, 0.014, 10, 0.04)))
            parts.append(Part("shell", box((0.25, 0.075, 0.028), (0.01, y, seat + 0.20), 0.013, 2)))
    reach = (back + 0.13) * 0.15
    colliders = (
        round_hull(spread + 0.02, 0.0, 0.07),
        round_hull(0.05, 0.07, seat - 0.06),
        BoxCollider((depth, width, 0.085), (0.0, 0.0, seat - 0.0175)),
        BoxCollider((0.07 + reach, width * 0.92, back), (foot[0] - reach / 2, 0.0, seat + 0.13 + back / 2)),
    )
    return Prop("chair", "office", tuple(parts), looks, colliders, 150.0)


def stool(draws: Draws) -> Prop:
    """A round seat on three or four splayed legs, with a foot ring on the tall ones."""
    tall = draws.chance(0.5)
    seat = draws.uniform(0.62, 0.74) if tall else draws.uniform(0.43, 0.50)
    radius, legs = draws.uniform(0.165, 0.195), draws.choice((3, 4, 4))
    foot, top = radius * (1.05 if tall else 0.98), radius * 0.68
    looks = {"seat": finishes.wood(draws), "legs": finishes.metal(draws) if draws.chance(0.5) else finishes.wood(draws)}
    if draws.chance(0.35):
        looks["seat"] = finishes.fabric(draws)
    metal = looks["legs"].texture is None
    thick = 0.036 if looks["seat"].texture and looks["seat"].texture.name == "wood" else 0.065
    rim = [
        (radius - thick / 2 + thick / 2 * math.sin(a), seat - thick / 2 - thick / 2 * math.cos(a))
        for a in np.linspace(0, math.pi, 9)
    ]
    parts = [Part("seat", lathe([(0.0, seat - thick), *rim, (0.0, seat - 0.006)], around=32))]
    turn = math.pi / legs
    for i in range(legs):
        c, s = math.cos(2 * math.pi * i / legs + turn), math.sin(2 * math.pi * i / legs + turn)
        ends = [(foot * c, foot * s, 0.0), (top * c, top * s, seat - thick + 0.008)]
        parts.append(Part("legs", _upright(tube(ends, 0.011 if metal else (0.012, 0.019), 12))))
    if tall:
        z = draws.uniform(0.20, 0.28)
        parts.append(Part("legs", tube(circle(foot + (top - foot) * z / seat, z, 28), 0.009, 10, closed=True)))
    colliders = (round_hull(radius, seat - thick, seat), round_hull(foot + 0.012, 0.0, seat - thick, top + 0.02))
    return Prop("chair", "stool", tuple(parts), looks, colliders, 120.0)


def armchair(draws: Draws) -> Prop:
    """A deep upholstered chair on short legs."""
    inner, depth = draws.uniform(0.52, 0.60), draws.uniform(0.74, 0.82)
    seat, back, arm = draws.uniform(0.40, 0.44), draws.uniform(0.76, 0.88), draws.uniform(0.10, 0.15)
    rest, foot = draws.uniform(0.56, 0.64), draws.uniform(0.10, 0.15)
    looks = {"fabric": finishes.fabric(draws), "legs": finishes.wood(draws)}
    looks["cushion"] = finishes.fabric(draws) if draws.chance(0.25) else looks["fabric"]
    width = inner + 2 * arm
    base = box((depth - 0.04, inner + 0.02, seat - 0.12 - foot), (0.0, 0.0, (seat - 0.12 + foot) / 2), 0.025, 2)
    parts = [Part("fabric", base)]
    for side in (-1.0, 1.0):
        shape = box(
            (depth - 0.03, arm, rest - foot),
            (0.0, side * (inner + arm) / 2, (rest + foot) / 2),
            min(0.05, arm * 0.45),
            3,
        )
        parts.append(Part("fabric", shape))
        for x in (-depth / 2 + 0.07, depth / 2 - 0.07):
            leg = tapered(box((0.045, 0.045, foot + 0.01), (x, side * (width / 2 - 0.07), foot / 2 + 0.005)), 0.65)
            parts.append(Part("legs", leg))
    lean = rotation("Y", -math.radians(9.0))
    rear = np.array([-depth / 2 + 0.16, 0.0, foot])
    parts.append(
        Part(
            "fabric",
            _moved(box((0.13, width - 0.05, back - foot), (-0.065, 0.0, (back - foot) / 2), 0.05, 3), lean, rear),
        )
    )
    parts.append(Part("cushion", _pillow((depth - 0.24, inner - 0.012, 0.15), (0.085, 0.0, seat - 0.075), 0.045)))
    cushion = _plump(
        box(
            (0.14, inner - 0.02, back - seat - 0.02),
            (0.05, 0.0, seat - foot + (back - seat) / 2 - 0.01),
            0.05,
            3,
            (0, 5, 5),
        ),
        0,
    )
    parts.append(Part("cushion", _moved(cushion, lean, rear)))
    reach = (back - foot) * math.sin(math.radians(9.0))
    top = foot + (back - foot) * math.cos(math.radians(9.0))
    colliders = (
        BoxCollider((depth - 0.04, width, seat - foot), (0.0, 0.0, (seat + foot) / 2)),
        *(
            BoxCollider((depth - 0.03, arm, rest - seat), (0.0, s * (inner + arm) / 2, (rest + seat) / 2))
            for s in (-1.0, 1.0)
        ),
        BoxCollider((0.20, width - 0.05, top - seat), (rear[0] - reach / 2 - 0.03, 0.0, (top + seat) / 2)),
        *(
            BoxCollider((0.05, 0.05, foot), (x, y, foot / 2))
            for x in (-depth / 2 + 0.07, depth / 2 - 0.07)
            for y in (-width / 2 + 0.07, width / 2 - 0.07)
        ),
    )
    return Prop("chair", "armchair", tuple(parts), looks, colliders, 85.0)


def _spoke(spread: float) -> list[Part]:
    """One arm of a five-star base along +x, with its castor."""
    arm = box((spread, 0.040, 0.026), (spread / 2, 0.0, 0.0), 0.010, 1, (3, 0, 0))

    def slope(points: Array) -> Array:
        share = points[:, 0] / spread
        narrowing = 1.0 - 0.35 * share
        return np.stack([points[:, 0], points[:, 1] * narrowing, points[:, 2] * narrowing + 0.108 - 0.034 * share], 1)

    tread = lathe([(0.0, -0.008), (0.026, -0.008), (0.026, 0.008), (0.0, 0.008)], around=12, bevel=0.006)
    wheel = tread.turned(rotation("X", math.pi / 2))
    wheels = [wheel.moved((spread - 0.012, side * 0.013, 0.026)) for side in (-1.0, 1.0)]
    stem = tube([(spread - 0.012, 0.0, 0.045), (spread - 0.012, 0.0, 0.072)], 0.008, 8)
    return [Part("base", deformed(arm, slope)), *(Part("rubber", wheel) for wheel in wheels), Part("rubber", stem)]


def _pillow(size: tuple[float, float, float], center: tuple[float, float, float], radius: float = 0.02) -> Surface:
    return _plump(box(size, (0.0, 0.0, 0.0), radius, 2, (4, 4, 0)), 2).moved(center)


def _plump(surface: Surface, axis: int, share: float = 0.22) -> Surface:
    """Swell a cushion's two broad faces, across ``axis``, towards their middle."""
    low, high = surface.points.min(0), surface.points.max(0)
    middle, half = (low + high) / 2, (high - low) / 2
    u, v = (i for i in range(3) if i != axis)

    def field(points: Array) -> Array:
        away = (points - middle) / half
        swell = 1.0 - share + share * (1.0 - away[:, u] ** 2) * (1.0 - away[:, v] ** 2)
        out = points.copy()
        out[:, axis] = middle[axis] + (points[:, axis] - middle[axis]) * swell
        return out

    return deformed(surface, field)


def _dished(surface: Surface, depth: float) -> Surface:
    """Sink a seat's middle."""
    half = np.abs(surface.points).max(0)

    def field(points: Array) -> Array:
        out = points.copy()
        sink = depth * np.cos(points[:, 0] / half[0] * math.pi / 2) * np.cos(points[:, 1] / half[1] * math.pi / 2)
        out[:, 2] -= sink
        return out

    return deformed(surface, field)


def _bowed(surface: Surface, side: float, depth: float = 0.028) -> Surface:
    """Bow a rail backwards between two posts ``side`` m left and right."""

    def field(points: Array) -> Array:
        out = points.copy()
        out[:, 0] -= depth * (1.0 - (points[:, 1] / side) ** 2)
        return out

    return deformed(surface, field)


def _moved(surface: Surface, turn: Array, offset: Array) -> Surface:
    return surface.turned(turn).moved((float(offset[0]), float(offset[1]), float(offset[2])))


def _upright(surface: Surface) -> Surface:
    """A splayed leg cut level at the floor."""
    points = surface.points.copy()
    points[:, 2] = np.maximum(points[:, 2], 0.0)
    return Surface(points, surface.normals, surface.faces)
