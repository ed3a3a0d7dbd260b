# SPDX-License-Identifier: Apache-2.0
"""A room's lights: rectangles at the ceiling, daylight in the windows, a floor lamp."""

from __future__ import annotations

import math

import numpy as np
from pxr import Gf, Usd, UsdGeom, UsdLux, UsdShade

from humanoid_brain.config.interior import RoomLightsConfig
from humanoid_brain.scene.looks import Looks, preview_surface
from humanoid_brain.scene.meshes import author_mesh
from humanoid_brain.scene.props import finishes
from humanoid_brain.scene.props.solids import box, lathe
from humanoid_brain.scene.room import THICKNESS, Room
from humanoid_brain.scene.schemas import add_label
from humanoid_brain.scene.shells import Surface

PANEL = (1.2, 0.5)
"""Edges of a ceiling light in m."""
SHADE = (1.32, 1.60)
"""Lower and upper rim of the floor lamp's shade in m."""
TRIM = Looks((0.80, 0.80, 0.78), 0.4)
DAYLIGHT = 6500.0
LAMPLIGHT = 2800.0
"""Colour temperatures in K."""


def author_lights(stage: Usd.Stage, path: str, room: Room, config: RoomLightsConfig) -> None:
    """Author the lights as ``path/ceiling_N``, ``path/window_SIDE`` and ``path/lamp``, their cases beside them."""
    UsdGeom.Scope.Define(stage, path)
    UsdGeom.Scope.Define(stage, f"{path}/looks")
    cases = []
    for i, (x, y) in enumerate(_grid(room, config.ceiling)):
        light = UsdLux.RectLight.Define(stage, f"{path}/ceiling_{i}")
        light.CreateWidthAttr(PANEL[0])
        light.CreateHeightAttr(PANEL[1])
        _shine(light, config.ceiling_intensity, config.ceiling_temperature)
        light.AddTranslateOp().Set(Gf.Vec3d(x, y, room.height - 0.032))
        cases.append(box((PANEL[0] + 0.03, PANEL[1] + 0.03, 0.03), (x, y, room.height - 0.015), 0.006))
    if cases:
        _author(stage, f"{path}/cases", "light", cases, TRIM)
    for window in room.windows:
        light = UsdLux.RectLight.Define(stage, f"{path}/window_{window.side}")
        light.CreateWidthAttr(window.width)
        light.CreateHeightAttr(window.top - window.sill)
        _shine(light, config.window_intensity, DAYLIGHT)
        frame = room.wall_frame(window.side)
        pose = np.eye(4)
        # A rectangular light shines along its -z axis: here into the room.
        pose[:3, 0], pose[:3, 1], pose[:3, 2] = -frame[:3, 1], frame[:3, 2], frame[:3, 0]
        pose[:3, 0] = np.cross(pose[:3, 1], pose[:3, 2])
        middle = (window.sill + window.top) / 2
        pose[:3, 3] = (frame @ np.array([THICKNESS, -window.center, middle, 1.0]))[:3]
        light.AddTransformOp().Set(Gf.Matrix4d(*pose.T.flatten().tolist()))
    if room.lamp is not None:
        _author_lamp(stage, path, room.lamp, config.lamp_intensity)


def _author_lamp(stage: Usd.Stage, path: str, at: tuple[float, float], intensity: float) -> None:
    light = UsdLux.SphereLight.Define(stage, f"{path}/lamp")
    light.CreateRadiusAttr(0.045)
    _shine(light, intensity, LAMPLIGHT)
    low, high = SHADE
    light.AddTranslateOp().Set(Gf.Vec3d(*at, (low + high) / 2 - 0.02))
    foot = [(0.0, 0.0), (0.14, 0.0), (0.14, 0.012), (0.03, 0.026), (0.0, 0.026)]
    stand = [(0.0, 0.02), (0.011, 0.02), (0.011, low + 0.03), (0.0, low + 0.03)]
    shade = [(0.196, low), (0.2, low), (0.15, high), (0.146, high), (0.196, low)]
    parts = {
        "lamp_stand": ([lathe(foot, around=36), lathe(stand, around=16)], finishes.BLACK),
        "lamp_shade": ([lathe(shade, around=40, bevel=0.001)], Looks((0.72, 0.64, 0.50), 0.9)),
    }
    for name, (surfaces, looks) in parts.items():
        moved = [surface.moved((at[0], at[1], 0.0)) for surface in surfaces]
        _author(stage, f"{path}/{name}", "light", moved, looks)


def _shine(light: UsdLux.RectLight | UsdLux.SphereLight, intensity: float, temperature: float) -> None:
    light.CreateIntensityAttr(intensity)
    light.CreateEnableColorTemperatureAttr(True)
    light.CreateColorTemperatureAttr(temperature)


def _grid(room: Room, count: int) -> list[tuple[float, float]]:
    """Even places for ``count`` lights under the ceiling."""
    if count == 0:
        return []
    columns = min(count, max(1, round(math.sqrt(count * room.width / room.depth))))
    rows = math.ceil(count / columns)
    places = []
    for row in range(rows):
        here = min(columns, count - row * columns)
        y = room.depth * ((row + 0.5) / rows - 0.5)
        places += [(room.width * ((column + 0.5) / here - 0.5), y) for column in range(here)]
    return places


def _author(stage: Usd.Stage, path: str, label: str, surfaces: list[Surface], looks: Looks) -> None:
    mesh = author_mesh(stage, path, surfaces)
    add_label(mesh.GetPrim(), label)
    material = preview_surface(stage, f"{path.rpartition('/')[0]}/looks/{path.rpartition('/')[2]}", looks)
    UsdShade.MaterialBindingAPI.Apply(mesh.GetPrim()).Bind(material)
