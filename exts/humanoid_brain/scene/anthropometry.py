# SPDX-License-Identifier: Apache-2.0
"""Masses, centres of mass and inertias of the human body's segments, and how they are shared among links.

Source: P. de Leva, "Adjustments to Zatsiorsky-Seluyanov's segment inertia parameters", Journal of Biomechanics
29(9), 1996, table 4, males (mean stature 1.741 m, mean mass 73.0 kg).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

STATURE = 1.741
"""Mean stature of the table's subjects in m: segment lengths below belong to it."""


@dataclass(frozen=True)
class Segment:
    """One row of the table. Fractions are of the segment's length, from its proximal (upper) end."""

    mass: float
    """Share of the body's mass."""
    length: float
    """Length in m at :data:`STATURE`."""
    com: float
    """Distance of the centre of mass from the proximal end."""
    gyration: tuple[float, float, float]
    """Radii of gyration about the sagittal (front-back), transverse (left-right) and longitudinal axis."""


MALE: dict[str, Segment] = {
    "head": Segment(0.0694, 0.2033, 0.5976, (0.362, 0.376, 0.312)),  # vertex to mid-gonion
    "upper_trunk": Segment(0.1596, 0.1707, 0.2999, (0.716, 0.454, 0.659)),  # suprasternale to xiphion
    "middle_trunk": Segment(0.1633, 0.2155, 0.4502, (0.482, 0.383, 0.468)),  # xiphion to omphalion
    "lower_trunk": Segment(0.1117, 0.1457, 0.6115, (0.615, 0.551, 0.587)),  # omphalion to mid hip
    "upper_arm": Segment(0.0271, 0.2817, 0.5772, (0.285, 0.269, 0.158)),  # shoulder to elbow joint centre
    "forearm": Segment(0.0162, 0.2689, 0.4574, (0.276, 0.265, 0.121)),  # elbow to wrist joint centre
    "hand": Segment(0.0061, 0.0862, 0.7900, (0.628, 0.513, 0.401)),  # wrist joint centre to third metacarpale
    "thigh": Segment(0.1416, 0.4222, 0.4095, (0.329, 0.329, 0.149)),  # hip to knee joint centre
    "shank": Segment(0.0433, 0.4340, 0.4459, (0.255, 0.249, 0.103)),  # knee joint centre to lateral malleolus
    "foot": Segment(0.0137, 0.2581, 0.4415, (0.257, 0.245, 0.124)),  # heel to toe tip
}
PAIRED = ("upper_arm", "forearm", "hand", "thigh", "shank", "foot")


@dataclass(frozen=True)
class Inertial:
    """A rigid body's mass in kg, centre of mass (3,) in m, and inertia (3, 3) in kg*m^2 about that centre."""

    mass: float
    com: Array
    inertia: Array

    def about(self, point: Array) -> Array:
        """Inertia (3, 3) about ``point``, by the parallel-axis theorem."""
        r = self.com - point
        return self.inertia + self.mass * (r @ r * np.eye(3) - np.outer(r, r))


def segment_inertial(name: str, body_mass: float, proximal: Array, distal: Array) -> Inertial:
    """A segment of the table, laid from ``proximal`` to ``distal`` (m, x forward, y left, z up).

    The longitudinal axis follows the segment; a foot lies along x, all others along z. The table's fractions
    are taken of the distance between the two points.
    """
    row = MALE[name]
    axis = distal - proximal
    length = float(np.linalg.norm(axis))
    mass = row.mass * body_mass
    sagittal, transverse, longitudinal = mass * (np.array(row.gyration) * length) ** 2
    along_x = abs(axis[0]) > abs(axis[2])
    moments = (longitudinal, transverse, sagittal) if along_x else (sagittal, transverse, longitudinal)
    return Inertial(mass, proximal + row.com * axis, np.diag(moments))


def cylinder(mass: float, com: Array, radius: float, length: float, axis: str) -> Inertial:
    """A solid cylinder along ``axis`` ("X", "Y" or "Z"): the model of an actuator."""
    across = mass * (3.0 * radius**2 + length**2) / 12.0
    moments = np.full(3, across)
    moments["XYZ".index(axis)] = mass * radius**2 / 2.0
    return Inertial(mass, com, np.diag(moments))


def combine(parts: list[Inertial]) -> Inertial:
    """The rigid body made of ``parts``, all in one frame."""
    mass = sum(part.mass for part in parts)
    com = sum((part.mass * part.com for part in parts), np.zeros(3)) / mass
    return Inertial(mass, com, sum((part.about(com) for part in parts), np.zeros((3, 3))))


def remove(whole: Inertial, parts: list[Inertial]) -> Inertial:
    """What is left of ``whole`` when ``parts`` are taken out, so that all together are ``whole`` again."""
    mass = whole.mass - sum(part.mass for part in parts)
    com = (whole.mass * whole.com - sum((part.mass * part.com for part in parts), np.zeros(3))) / mass
    inertia = whole.about(com) - sum((part.about(com) for part in parts), np.zeros((3, 3)))
    return Inertial(mass, com, inertia)


def is_physical(inertia: Array) -> bool:
    """True when the principal moments are positive and none exceeds the sum of the other two."""
    low, middle, high = np.linalg.eigvalsh(inertia)
    return bool(low > 0.0 and high < low + middle)


def rotation(axis: str, angle: float) -> Array:
    """Rotation matrix (3, 3) about the axis "X", "Y" or "Z" by ``angle`` in rad."""
    i = "XYZ".index(axis)
    j, k = (i + 1) % 3, (i + 2) % 3
    matrix = np.eye(3)
    matrix[j, j] = matrix[k, k] = math.cos(angle)
    matrix[j, k], matrix[k, j] = -math.sin(angle), math.sin(angle)
    return matrix
