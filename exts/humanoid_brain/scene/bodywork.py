# SPDX-License-Identifier: Apache-2.0
"""The humanoid's visible shells: light shells over dark joints, a glossy visor, one accent colour.

Each part is a mesh in its link's frame at 1.70 m, authored apart from the collision shapes.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from pxr import Usd, UsdGeom, UsdShade, Vt

from humanoid_brain.scene.anthropometry import rotation
from humanoid_brain.scene.looks import Looks, preview_surface
from humanoid_brain.scene.shells import Section, Surface, drum, ellipsoid, loft, ring, turned_profile

LOOKS = {
    "shell": Looks((0.80, 0.81, 0.82), roughness=0.32, clearcoat=0.5),
    "graphite": Looks((0.030, 0.033, 0.038), roughness=0.42),
    "metal": Looks((0.30, 0.31, 0.33), roughness=0.30, metallic=0.9),
    "accent": Looks((0.95, 0.23, 0.02), roughness=0.35, clearcoat=0.5),
    "visor": Looks((0.006, 0.007, 0.010), roughness=0.06, clearcoat=1.0),
    "light": Looks((0.25, 0.85, 1.0), roughness=0.4, emission=(0.35, 0.95, 1.0)),
    "rubber": Looks((0.022, 0.022, 0.024), roughness=0.85),
}

Parts = list[tuple[str, Surface]]


def add_bodywork(stage: Usd.Stage, robot: str, scale: float) -> None:
    """Author the shells below the links of the humanoid at ``robot``, ``scale`` times as large as at 1.70 m."""
    UsdGeom.Scope.Define(stage, f"{robot}/looks")
    materials = {name: preview_surface(stage, f"{robot}/looks/{name}", looks) for name, looks in LOOKS.items()}
    for link, parts in BODY.items():
        made = parts()
        _author(stage, f"{robot}/{link}", made, scale, materials)
        if link.startswith("left_"):
            twin = [(look, surface.mirrored()) for look, surface in made]
            _author(stage, f"{robot}/{link.replace('left_', 'right_')}", twin, scale, materials)


def _author(stage: Usd.Stage, link: str, parts: Parts, scale: float, materials: dict[str, UsdShade.Material]) -> None:
    """One mesh per look: few prims load and draw faster than many."""
    for look in dict.fromkeys(look for look, _ in parts):
        surfaces = [surface.scaled(scale) for name, surface in parts if name == look]
        sizes = np.cumsum([0, *(len(surface.points) for surface in surfaces)])
        points = np.concatenate([surface.points for surface in surfaces]).astype(np.float32)
        normals = np.concatenate([surface.normals for surface in surfaces]).astype(np.float32)
        faces = np.concatenate([s.faces + offset for s, offset in zip(surfaces, sizes, strict=False)])
        mesh = UsdGeom.Mesh.Define(stage, f"{link}/visual_{look}")
        mesh.CreatePointsAttr(Vt.Vec3fArray.FromNumpy(points))
        mesh.CreateNormalsAttr(Vt.Vec3fArray.FromNumpy(normals))
        mesh.SetNormalsInterpolation(UsdGeom.Tokens.vertex)
        mesh.CreateFaceVertexCountsAttr(Vt.IntArray.FromNumpy(np.full(len(faces), 3, np.int32)))
        mesh.CreateFaceVertexIndicesAttr(Vt.IntArray.FromNumpy(faces.astype(np.int32).ravel()))
        mesh.CreateSubdivisionSchemeAttr(UsdGeom.Tokens.none)
        mesh.CreateExtentAttr(Vt.Vec3fArray.FromNumpy(np.stack([points.min(0), points.max(0)])))
        UsdShade.MaterialBindingAPI.Apply(mesh.GetPrim()).Bind(materials[look])


def _limb(*rows: tuple[float, float, float, float], power: float = 2.3, cap: float = 0.02, around: int = 22) -> Surface:
    """A loft downwards from rows of (height, half depth, half width, forward offset)."""
    ordered = sorted(rows)
    return loft([Section(t, (x, y), (cx, 0.0), power) for t, x, y, cx in ordered], cap=cap, around=around)


def _pelvis() -> Parts:
    hull = loft(
        [
            Section(-0.100, (0.046, 0.030), (0.0, 0.0), 2.4),
            Section(-0.060, (0.076, 0.046), (0.0, 0.0), 2.5),
            Section(-0.015, (0.090, 0.100), (0.0, 0.0), 2.8),
            Section(0.030, (0.090, 0.130), (0.0, 0.0), 3.0),
            Section(0.056, (0.082, 0.122), (0.0, 0.0), 3.0),
        ],
        around=32,
        along=12,
        cap=0.016,
    )
    core = drum(0.074, 0.05, "Z").moved((0.0, 0.0, 0.072))
    return [("shell", hull), ("graphite", core)]


def _waist() -> Parts:
    rings = [drum(0.078 - 0.004 * i, 0.022, "Z", 0.008).moved((0.0, 0.0, 0.012 + 0.024 * i)) for i in range(3)]
    return [("graphite", surface) for surface in rings]


def _torso() -> Parts:
    chest = loft(
        [
            Section(0.118, (0.078, 0.104), (0.004, 0.0), 2.5),
            Section(0.190, (0.096, 0.136), (0.008, 0.0), 2.6),
            Section(0.260, (0.108, 0.158), (0.010, 0.0), 2.6),
            Section(0.320, (0.106, 0.160), (0.006, 0.0), 2.6),
            Section(0.368, (0.086, 0.128), (0.0, 0.0), 2.5),
            Section(0.394, (0.064, 0.086), (-0.002, 0.0), 2.3),
        ],
        around=40,
        along=16,
        cap=0.022,
    )
    belly = loft(
        [
            Section(0.016, (0.068, 0.086), (0.0, 0.0), 2.4),
            Section(0.070, (0.073, 0.094), (0.002, 0.0), 2.5),
            Section(0.125, (0.076, 0.102), (0.004, 0.0), 2.5),
        ],
        around=28,
        along=6,
        cap=0.014,
    )
    pack = loft(
        [
            Section(0.150, (0.036, 0.094), (0.0, 0.0), 4.0),
            Section(0.250, (0.044, 0.106), (0.0, 0.0), 4.0),
            Section(0.345, (0.034, 0.090), (0.0, 0.0), 4.0),
        ],
        around=32,
        along=7,
        cap=0.016,
    ).moved((-0.082, 0.0, 0.0))
    bar = loft([Section(0.0, (0.052, 0.007), power=4.0), Section(0.008, (0.050, 0.006), power=4.0)], "X", 24, 2, 0.003)
    badge = drum(0.022, 0.016, "X", 0.004).moved((0.112, 0.0, 0.285))
    lamp = drum(0.013, 0.018, "X", 0.003).moved((0.113, 0.0, 0.285))
    collar = turned_profile([(0.0, 0.396), (0.060, 0.396), (0.050, 0.436), (0.0, 0.436)], bevel=0.008)
    sockets = [drum(0.056, 0.03, "Y", 0.008).moved((0.0, side * 0.146, 0.34)) for side in (1, -1)]
    return [
        ("shell", chest),
        ("graphite", belly),
        ("graphite", pack),
        ("accent", bar.moved((-0.131, 0.0, 0.31))),
        ("graphite", badge),
        ("light", lamp),
        ("graphite", collar),
        *(("graphite", socket) for socket in sockets),
    ]


def _head() -> Parts:
    neck = turned_profile([(0.0, -0.052), (0.046, -0.052), (0.040, 0.06), (0.0, 0.06)], bevel=0.006)
    skull = loft(
        [
            Section(0.030, (0.050, 0.044), (0.026, 0.0), 2.3),
            Section(0.055, (0.078, 0.062), (0.014, 0.0), 2.3),
            Section(0.095, (0.096, 0.075), (0.005, 0.0), 2.3),
            Section(0.135, (0.101, 0.079), (-0.001, 0.0), 2.2),
            Section(0.165, (0.097, 0.076), (-0.004, 0.0), 2.1),
        ],
        around=36,
        along=12,
        dome=0.055,
    )
    visor = loft(
        [
            Section(0.050, (0.044, 0.045), (0.058, 0.0), 2.5),
            Section(0.080, (0.060, 0.062), (0.050, 0.0), 2.6),
            Section(0.118, (0.068, 0.069), (0.046, 0.0), 2.6),
            Section(0.146, (0.064, 0.066), (0.045, 0.0), 2.5),
            Section(0.166, (0.054, 0.057), (0.045, 0.0), 2.4),
        ],
        around=36,
        along=12,
        cap=0.014,
    )
    eyes = [ellipsoid((0.004, 0.010, 0.013), 16).moved((0.106, side * 0.030, 0.120)) for side in (1, -1)]
    ears = [drum(0.026, 0.016, "Y", 0.005).moved((-0.004, side * 0.080, 0.115)) for side in (1, -1)]
    dots = [drum(0.014, 0.018, "Y", 0.003).moved((-0.004, side * 0.081, 0.115)) for side in (1, -1)]
    return [
        ("graphite", neck),
        ("shell", skull),
        ("visor", visor),
        *(("light", eye) for eye in eyes),
        *(("graphite", ear) for ear in ears),
        *(("accent", dot) for dot in dots),
    ]


def _shoulder_pitch() -> Parts:
    return [("graphite", drum(0.050, 0.05, "Y").moved((0.0, 0.002, 0.0)))]


def _shoulder_roll() -> Parts:
    cap = loft(
        [
            Section(-0.048, (0.049, 0.045), (0.0, 0.004), 2.3),
            Section(-0.020, (0.057, 0.051), (0.0, 0.003), 2.3),
            Section(0.008, (0.060, 0.052), (0.0, 0.001), 2.2),
        ],
        around=28,
        along=6,
        cap=0.012,
        dome=0.054,
    )
    return [("shell", cap), ("accent", ring(0.047, 0.008, 0.012, "Z").moved((0.0, 0.003, -0.060)))]


def _upper_arm() -> Parts:
    core = drum(0.043, 0.03, "Z").moved((0.0, 0.0, -0.004))
    shell = _limb((-0.012, 0.047, 0.043, 0.0), (-0.08, 0.049, 0.045, 0.0), (-0.165, 0.043, 0.039, 0.002), cap=0.012)
    return [("graphite", core), ("shell", shell)]


def _forearm() -> Parts:
    elbow = drum(0.040, 0.078, "Y", 0.008)
    caps = [drum(0.026, 0.086, "Y", 0.004)]
    shell = _limb(
        (-0.040, 0.040, 0.037, 0.0),
        (-0.095, 0.045, 0.041, 0.004),
        (-0.160, 0.039, 0.036, 0.004),
        (-0.222, 0.032, 0.029, 0.002),
        cap=0.014,
    )
    wrist = drum(0.026, 0.05, "Z").moved((0.0, 0.0, -0.246))
    palm = loft(
        [
            Section(-0.345, (0.040, 0.014), (0.006, 0.0), 2.8),
            Section(-0.305, (0.041, 0.017), (0.003, 0.0), 2.8),
            Section(-0.268, (0.030, 0.019), (0.0, 0.0), 2.5),
        ],
        around=22,
        along=8,
        cap=0.010,
    )
    fingers = [_finger((0.036 - 0.022 * i, 0.0, -0.348), 0.074 - (0.012, 0.004, 0.0, 0.010)[3 - i]) for i in range(4)]
    thumb = _finger((0.0, 0.0, 0.0), 0.052).turned(rotation("Y", -0.75)).moved((0.036, -0.004, -0.290))
    return [
        ("graphite", elbow),
        *(("metal", cap) for cap in caps),
        ("shell", shell),
        ("graphite", wrist),
        ("graphite", palm),
        *(("graphite", finger) for finger in fingers),
        ("graphite", thumb),
    ]


def _finger(root: tuple[float, float, float], length: float) -> Surface:
    """A finger that hangs from ``root`` and curls a little inwards (towards -y of a left hand)."""
    shape = [
        Section(-length, (0.0070, 0.0070), (0.0, -0.20 * length), 2.2),
        Section(-0.5 * length, (0.0086, 0.0084), (0.0, -0.05 * length), 2.2),
        Section(0.0, (0.0094, 0.0094), (0.0, 0.0), 2.2),
    ]
    return loft(shape, around=10, along=4, cap=0.007).moved(root)


def _hip_yaw() -> Parts:
    return [("graphite", drum(0.050, 0.05, "Z").moved((0.0, 0.0, 0.028)))]


def _hip_roll() -> Parts:
    return [("graphite", drum(0.046, 0.130, "X", 0.01))]


def _thigh() -> Parts:
    motor = drum(0.064, 0.05, "Y", 0.008).moved((0.0, 0.048, 0.0))
    cover = drum(0.046, 0.012, "Y", 0.004).moved((0.0, 0.076, 0.0))
    dot = ring(0.050, 0.008, 0.010, "Y").moved((0.0, 0.073, 0.0))
    shell = _limb(
        (-0.030, 0.070, 0.058, 0.002),
        (-0.100, 0.083, 0.068, 0.004),
        (-0.200, 0.076, 0.063, 0.006),
        (-0.300, 0.062, 0.054, 0.006),
        (-0.338, 0.055, 0.049, 0.004),
        power=2.4,
        cap=0.022,
        around=28,
    )
    inner = _limb((-0.300, 0.045, 0.036, 0.0), (-0.395, 0.036, 0.030, 0.0))
    return [("graphite", motor), ("metal", cover), ("accent", dot), ("shell", shell), ("graphite", inner)]


def _shin() -> Parts:
    knee = drum(0.052, 0.094, "Y", 0.010)
    caps = drum(0.034, 0.104, "Y", 0.005)
    dots = drum(0.016, 0.108, "Y", 0.003)
    guard = _limb(
        (-0.052, 0.050, 0.046, 0.014),
        (-0.105, 0.054, 0.050, 0.008),
        (-0.200, 0.046, 0.044, 0.004),
        (-0.290, 0.036, 0.036, 0.004),
        (-0.318, 0.033, 0.033, 0.004),
        power=2.4,
        cap=0.016,
        around=26,
    )
    calf = _limb(
        (-0.060, 0.040, 0.036, -0.020),
        (-0.120, 0.048, 0.042, -0.024),
        (-0.200, 0.042, 0.038, -0.016),
        (-0.300, 0.030, 0.029, -0.004),
        (-0.352, 0.026, 0.027, 0.0),
        power=2.3,
        cap=0.014,
        around=22,
    )
    return [("graphite", knee), ("metal", caps), ("accent", dots), ("shell", guard), ("graphite", calf)]


def _ankle() -> Parts:
    return [("graphite", drum(0.030, 0.066, "Y", 0.006)), ("metal", drum(0.019, 0.072, "Y", 0.004))]


def _foot() -> Parts:
    outline = [Section(-0.074, (0.116, 0.047), (0.035, 0.0), 3.0), Section(-0.060, (0.119, 0.049), (0.035, 0.0), 3.0)]
    sole = loft(outline, around=36, along=3, cap=0.006)
    upper = loft(
        [
            Section(-0.072, (0.030, 0.020), (0.0, -0.046), 2.6),
            Section(-0.045, (0.041, 0.036), (0.0, -0.034), 2.6),
            Section(0.000, (0.044, 0.042), (0.0, -0.028), 2.5),
            Section(0.050, (0.045, 0.033), (0.0, -0.036), 2.5),
            Section(0.100, (0.044, 0.022), (0.0, -0.046), 2.5),
            Section(0.134, (0.036, 0.012), (0.0, -0.055), 2.4),
        ],
        "X",
        around=28,
        along=12,
        cap=0.012,
    )
    return [("rubber", sole), ("shell", upper)]


BODY: dict[str, Callable[[], Parts]] = {
    "pelvis": _pelvis,
    "waist": _waist,
    "torso": _torso,
    "head": _head,
    "left_shoulder_pitch_link": _shoulder_pitch,
    "left_shoulder_roll_link": _shoulder_roll,
    "left_upper_arm": _upper_arm,
    "left_forearm": _forearm,
    "left_hip_yaw_link": _hip_yaw,
    "left_hip_roll_link": _hip_roll,
    "left_thigh": _thigh,
    "left_shin": _shin,
    "left_ankle": _ankle,
    "left_foot": _foot,
}
