# SPDX-License-Identifier: Apache-2.0
"""Framed prints on a room's walls, with abstract motifs."""

from __future__ import annotations

import math

from pxr import Usd, UsdGeom, UsdShade

from humanoid_brain.scene.anthropometry import Array, rotation
from humanoid_brain.scene.draws import Draws
from humanoid_brain.scene.looks import Looks, preview_surface
from humanoid_brain.scene.meshes import author_mesh, box_coordinates, grain_axes
from humanoid_brain.scene.props import finishes
from humanoid_brain.scene.props.solids import box, lathe
from humanoid_brain.scene.room import SIDES, Room
from humanoid_brain.scene.schemas import add_label
from humanoid_brain.scene.shells import Surface

EYE_LEVEL, GAP, TRIES = 1.52, 0.25, 40
"""Height of a picture's middle and least distance to what else is on the wall, in m; places tried for each."""
INKS = finishes.FABRICS + finishes.SIGNALS + finishes.CERAMICS


def author_pictures(stage: Usd.Stage, path: str, room: Room, count: int, draws: Draws) -> None:
    """Author up to ``count`` prints as ``path/picture_N``, each labelled "picture"."""
    UsdGeom.Scope.Define(stage, path)
    openings = [*room.windows, *([room.door] if room.door is not None else [])]
    taken = {side: [(o.center, o.width / 2) for o in openings if o.side == side] for side in SIDES}
    for number in range(count):
        width, height = draws.choice(((0.5, 0.7), (0.7, 0.5), (0.4, 0.55), (0.9, 0.6), (0.6, 0.6)))
        for _ in range(TRIES):
            side = draws.choice(list(SIDES))
            slack = room.length(side) / 2 - width / 2 - GAP
            center = draws.uniform(-1.0, 1.0) * slack
            if all(abs(center - other) > half + width / 2 + GAP for other, half in taken[side]):
                taken[side].append((center, width / 2))
                pose = room.wall_frame(side)
                pose[:3, 3] += pose[:3, 1] * -center
                pose[2, 3] = min(EYE_LEVEL, room.height - height / 2 - 0.15)
                _author(stage, f"{path}/picture_{number}", pose, (width, height), draws)
                break


def _author(stage: Usd.Stage, path: str, pose: Array, size: tuple[float, float], draws: Draws) -> None:
    prim = UsdGeom.Xform.Define(stage, path).GetPrim()
    add_label(prim, "picture")
    parts = _print(size, draws)
    for name, (looks, surfaces) in parts.items():
        moved = [
            s.turned(pose[:3, :3]).moved((float(pose[0, 3]), float(pose[1, 3]), float(pose[2, 3]))) for s in surfaces
        ]
        coordinates = [box_coordinates(s, grain_axes(s)) for s in moved] if looks.texture is not None else None
        mesh = author_mesh(stage, f"{path}/{name}", moved, coordinates)
        UsdShade.MaterialBindingAPI.Apply(mesh.GetPrim()).Bind(preview_surface(stage, f"{path}/look_{name}", looks))


def _print(size: tuple[float, float], draws: Draws) -> dict[str, tuple[Looks, list[Surface]]]:
    """Looks and surfaces of frame, mount and motif, in the wall's frame around the picture's middle."""
    width, height = size
    bar = draws.uniform(0.018, 0.032)
    frame = [box((0.03, width, bar), (-0.015, 0.0, s * (height - bar) / 2), 0.003) for s in (-1.0, 1.0)]
    frame += [box((0.03, bar, height - 2 * bar), (-0.015, s * (width - bar) / 2, 0.0), 0.003) for s in (-1.0, 1.0)]
    mount = [box((0.008, width - 2 * bar, height - 2 * bar), (-0.008, 0.0, 0.0), 0.001)]
    half_width, half_height = width / 2 - bar - 0.06, height / 2 - bar - 0.06
    parts = {
        "frame": (finishes.BLACK if draws.chance(0.4) else finishes.wood(draws), frame),
        "mount": (Looks((0.78, 0.77, 0.74), 0.8), mount),
        "sheet": (
            Looks(draws.choice(INKS), 0.8),
            [box((0.001, 2 * half_width, 2 * half_height), (-0.0125, 0.0, 0.0), 0.0004)],
        ),
    }
    round_motif = draws.chance(0.5)
    for i in range(draws.integer(2, 3)):
        depth = -0.0134 - 0.0008 * i
        reach = min(half_width, half_height) * draws.uniform(0.25, 0.55)
        y = draws.uniform(-1.0, 1.0) * (half_width - reach)
        z = draws.uniform(-1.0, 1.0) * (half_height - reach)
        if round_motif:
            disc = lathe([(0.0, 0.0), (reach, 0.0), (reach, 0.0006), (0.0, 0.0006)], around=40, bevel=0.0002)
            shape = disc.turned(rotation("Y", -math.pi / 2)).moved((depth, y, z))
        else:
            shape = box((0.0006, 2 * half_width, 0.7 * reach), (depth, 0.0, z), 0.0002)
        parts[f"motif_{i}"] = (Looks(draws.choice(INKS), 0.8), [shape])
    return parts
