# SPDX-License-Identifier: Apache-2.0
"""The built-in humanoid as plain data: links, joints, limits, masses and collision shapes for a height and a mass.

Frames: x forward, y left, z up; all link frames are parallel in the straight pose. Lengths below are those at
1.70 m and scale with the height. Masses and inertias follow de Leva (1996), see :mod:`.anthropometry`: the links of
one segment, actuators included, add up to that segment. Joint ranges lie inside those of Unitree's G1 (23 DOF,
rev 1.0), but for the ankle roll and the head, which have those of Fourier's GR1-T1 (1.65 m, 55 kg); both are
public robot descriptions (github.com/unitreerobotics/unitree_ros, github.com/FFTAI/Wiki-GRx-Models).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from humanoid_brain.config.robot import HumanoidSource, JointGroup
from humanoid_brain.scene.anthropometry import Array, Inertial, combine, cylinder, remove, segment_inertial

HEIGHT, MASS = 1.70, 55.0
"""The size that the lengths below and the default gains belong to, in m and kg."""


@dataclass(frozen=True)
class Shape:
    """A collision shape in its link's frame, in m.

    ``size`` is (radius,) of a sphere, (radius, cylinder length) of a capsule, (x, y, z) of a box.
    """

    kind: str
    size: tuple[float, ...]
    center: tuple[float, float, float]
    axis: str = "Z"


@dataclass(frozen=True)
class Joint:
    """A revolute joint at its link's origin, about an axis ("X", "Y", "Z") of the link; limits in rad."""

    name: str
    parent: str
    axis: str
    lower: float
    upper: float


@dataclass(frozen=True)
class Link:
    """A rigid body. ``origin`` (3,) is its frame's position in the straight pose, feet on z = 0, in m."""

    name: str
    origin: Array
    joint: Joint | None
    inertial: Inertial
    """In the link's frame."""
    shapes: tuple[Shape, ...] = ()


# link, parent, origin, joint without side and suffix, axis, lower and upper limit in degrees
_CENTRE = (
    ("pelvis", "", (0.0, 0.0, 0.92), "", "", 0, 0),
    ("waist", "pelvis", (0.0, 0.0, 1.01), "waist_yaw", "Z", -120, 120),
    ("torso", "waist", (0.0, 0.0, 1.06), "waist_pitch", "Y", -30, 50),
    ("head", "torso", (0.0, 0.0, 1.48), "head_yaw", "Z", -80, 80),
)
_LEFT = (
    ("left_shoulder_pitch_link", "torso", (0.0, 0.18, 1.40), "shoulder_pitch", "Y", -170, 90),
    ("left_shoulder_roll_link", "left_shoulder_pitch_link", (0.0, 0.23, 1.40), "shoulder_roll", "X", -30, 125),
    ("left_upper_arm", "left_shoulder_roll_link", (0.0, 0.23, 1.34), "shoulder_yaw", "Z", -100, 100),
    ("left_forearm", "left_upper_arm", (0.0, 0.23, 1.12), "elbow", "Y", -120, 5),
    ("left_hip_yaw_link", "pelvis", (0.0, 0.10, 0.86), "hip_yaw", "Z", -60, 60),
    ("left_hip_roll_link", "left_hip_yaw_link", (0.0, 0.10, 0.86), "hip_roll", "X", -30, 60),
    ("left_thigh", "left_hip_roll_link", (0.0, 0.10, 0.86), "hip_pitch", "Y", -120, 45),
    ("left_shin", "left_thigh", (0.0, 0.10, 0.46), "knee", "Y", 0, 140),
    ("left_ankle", "left_shin", (0.0, 0.10, 0.08), "ankle_pitch", "Y", -50, 30),
    ("left_foot", "left_ankle", (0.0, 0.10, 0.08), "ankle_roll", "X", -25, 25),
)

# segment: proximal and distal end in the straight pose
_SEGMENTS = {
    "head": ((0.0, 0.0, 1.70), (0.0, 0.0, 1.501)),
    "upper_trunk": ((0.0, 0.0, 1.379), (0.0, 0.0, 1.213)),
    "middle_trunk": ((0.0, 0.0, 1.213), (0.0, 0.0, 1.002)),
    "lower_trunk": ((0.0, 0.0, 1.002), (0.0, 0.0, 0.86)),
    "upper_arm": ((0.0, 0.23, 1.40), (0.0, 0.23, 1.12)),
    "forearm": ((0.0, 0.23, 1.12), (0.0, 0.23, 0.86)),
    "hand": ((0.0, 0.23, 0.86), (0.0, 0.23, 0.776)),
    "thigh": ((0.0, 0.10, 0.86), (0.0, 0.10, 0.46)),
    "shank": ((0.0, 0.10, 0.46), (0.0, 0.10, 0.08)),
    "foot": ((-0.085, 0.10, 0.03), (0.155, 0.10, 0.03)),
}

# actuator: link that it is, segment that it is taken out of, share of the body's mass, position, radius, length, axis
_ACTUATORS = (
    ("waist", "middle_trunk", 0.0270, (0.0, 0.0, 1.02), 0.06, 0.07, "Z"),
    ("left_shoulder_pitch_link", "upper_trunk", 0.0090, (0.0, 0.18, 1.40), 0.04, 0.06, "Y"),
    ("left_shoulder_roll_link", "upper_trunk", 0.0075, (0.0, 0.23, 1.40), 0.04, 0.06, "X"),
    ("left_hip_yaw_link", "thigh", 0.0180, (0.0, 0.10, 0.87), 0.05, 0.06, "Z"),
    ("left_hip_roll_link", "thigh", 0.0160, (0.0, 0.10, 0.86), 0.05, 0.06, "X"),
    ("left_ankle", "shank", 0.0045, (0.0, 0.10, 0.08), 0.03, 0.06, "Y"),
)

# link: the segments that it is, less the actuators above
_COMPOSITION = {
    "pelvis": ("lower_trunk",),
    "torso": ("upper_trunk", "middle_trunk"),
    "head": ("head",),
    "left_upper_arm": ("upper_arm",),
    "left_forearm": ("forearm", "hand"),
    "left_thigh": ("thigh",),
    "left_shin": ("shank",),
    "left_foot": ("foot",),
}

_SHAPES = {
    "pelvis": (Shape("capsule", (0.075, 0.13), (0.0, 0.0, -0.01), "Y"),),
    "waist": (Shape("sphere", (0.07,), (0.0, 0.0, 0.0)),),
    "torso": (Shape("box", (0.19, 0.27, 0.35), (0.0, 0.0, 0.20)),),
    "head": (Shape("sphere", (0.105,), (0.01, 0.0, 0.115)),),
    "left_shoulder_roll_link": (Shape("sphere", (0.055,), (0.0, 0.0, 0.0)),),
    "left_upper_arm": (Shape("capsule", (0.042, 0.15), (0.0, 0.0, -0.10)),),
    "left_forearm": (
        Shape("capsule", (0.036, 0.16), (0.0, 0.0, -0.13)),
        Shape("sphere", (0.042,), (0.0, 0.0, -0.32)),
    ),
    "left_thigh": (Shape("capsule", (0.062, 0.25), (0.0, 0.0, -0.20)),),
    "left_shin": (Shape("capsule", (0.048, 0.24), (0.0, 0.0, -0.19)),),
    "left_foot": (Shape("box", (0.24, 0.10, 0.05), (0.035, 0.0, -0.055)),),
}

SAME_CLUSTER = (("pelvis", "hip_roll_link"), ("pelvis", "thigh"), ("torso", "shoulder_roll_link"), ("shin", "foot"))
"""Links of one multi-axis joint, whose shapes may overlap: the pairs that never collide besides direct neighbours."""


def humanoid_links(source: HumanoidSource) -> list[Link]:
    """The 24 links from the root outwards, for the height and the mass of ``source``."""
    scale = source.height / HEIGHT
    bodies = _inertials(source.mass, scale)
    links = [_link(row, scale, bodies) for row in _CENTRE]
    for row in _LEFT:
        left = _link(row, scale, bodies)
        links += [left, _mirrored(left)]
    return links


def joint_groups(source: HumanoidSource, joints: dict[str, JointGroup]) -> dict[str, JointGroup]:
    """``joints``, which are given for 1.70 m and 55 kg, for the size of ``source``.

    Dynamic similarity at equal Froude number (Hof, "Scaling gait data to body size", Gait & Posture 4, 1996):
    with lengths L and masses M, times go with L^0.5 and torques with M*L.
    """
    length, mass = source.height / HEIGHT, source.mass / MASS
    torque, duration = mass * length, length**0.5
    return {
        name: group.model_copy(
            update={
                "stiffness": group.stiffness * torque,
                "damping": group.damping * torque * duration,
                "effort_limit": group.effort_limit * torque,
                "velocity_limit": group.velocity_limit / duration,
                "armature": group.armature * mass * length**2,
            }
        )
        for name, group in joints.items()
    }


def _inertials(body_mass: float, scale: float) -> dict[str, Inertial]:
    """Inertials of the centre and left links by name, in the frame of the straight pose."""
    whole = {
        name: segment_inertial(name, body_mass, np.array(ends[0]) * scale, np.array(ends[1]) * scale)
        for name, ends in _SEGMENTS.items()
    }
    actuators: dict[str, Inertial] = {}
    taken: dict[str, list[Inertial]] = {}
    for link, segment, share, position, radius, length, axis in _ACTUATORS:
        body = cylinder(share * body_mass, np.array(position) * scale, radius * scale, length * scale, axis)
        actuators[link] = body
        taken.setdefault(segment, []).append(body)
        if link.startswith("left_") and segment == "upper_trunk":
            taken[segment].append(_mirrored_inertial(body))
    rest = {
        link: combine([remove(whole[name], taken[name]) if name in taken else whole[name] for name in segments])
        for link, segments in _COMPOSITION.items()
    }
    return {**rest, **actuators}


def _link(
    row: tuple[str, str, tuple[float, float, float], str, str, int, int], scale: float, bodies: dict[str, Inertial]
) -> Link:
    name, parent, position, joint, axis, lower, upper = row
    origin = np.array(position) * scale
    body = bodies[name]
    side = "left_" if name.startswith("left_") else ""
    return Link(
        name=name,
        origin=origin,
        joint=Joint(f"{side}{joint}_joint", parent, axis, float(np.radians(lower)), float(np.radians(upper)))
        if parent
        else None,
        inertial=Inertial(body.mass, body.com - origin, body.inertia),
        shapes=tuple(_scaled(shape, scale) for shape in _SHAPES.get(name, ())),
    )


def _scaled(shape: Shape, scale: float) -> Shape:
    x, y, z = shape.center
    return replace(shape, size=tuple(s * scale for s in shape.size), center=(x * scale, y * scale, z * scale))


def _mirrored(link: Link) -> Link:
    """The right twin of a left link: y and the rotations about x and z change their sign."""
    joint = link.joint
    assert joint is not None
    lower, upper = (joint.lower, joint.upper) if joint.axis == "Y" else (-joint.upper, -joint.lower)
    return Link(
        name=_right(link.name),
        origin=link.origin * (1.0, -1.0, 1.0),
        joint=Joint(_right(joint.name), _right(joint.parent), joint.axis, lower, upper),
        inertial=_mirrored_inertial(link.inertial),
        shapes=tuple(replace(s, center=(s.center[0], -s.center[1], s.center[2])) for s in link.shapes),
    )


def _mirrored_inertial(body: Inertial) -> Inertial:
    flip = np.array([1.0, -1.0, 1.0])
    return Inertial(body.mass, body.com * flip, body.inertia * np.outer(flip, flip))


def _right(name: str) -> str:
    return "right_" + name[len("left_") :] if name.startswith("left_") else name
