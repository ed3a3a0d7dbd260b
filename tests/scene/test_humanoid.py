# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest

from humanoid_brain.config.robot import HumanoidSource, RobotConfig
from humanoid_brain.scene.anthropometry import MALE, combine, is_physical, segment_inertial
from humanoid_brain.scene.anthropometry import Inertial as Body
from humanoid_brain.scene.humanoid import Link, humanoid_links, joint_groups

SIZES = [HumanoidSource(), HumanoidSource(height=1.0, mass=12.0), HumanoidSource(height=2.2, mass=180.0)]

# Degrees; Unitree G1 23-DOF rev 1.0, but ankle roll and waist pitch of Fourier's GR1-T1. Elbows count from another
# zero in each machine, so theirs are compared by width.
REAL_LIMITS = {
    "waist_yaw_joint": (-150.0, 150.0),
    "waist_pitch_joint": (-29.8, 69.9),
    "left_shoulder_pitch_joint": (-177.0, 153.0),
    "left_shoulder_roll_joint": (-91.0, 129.0),
    "left_shoulder_yaw_joint": (-150.0, 150.0),
    "left_hip_pitch_joint": (-145.0, 165.0),
    "left_hip_roll_joint": (-30.0, 170.0),
    "left_hip_yaw_joint": (-158.0, 158.0),
    "left_knee_joint": (-5.0, 165.0),
    "left_ankle_pitch_joint": (-50.0, 30.0),
    "left_ankle_roll_joint": (-25.2, 25.2),
}

# N*m: the larger of Unitree G1's (29 DOF, 1.32 m, 35 kg) scaled by mass * height to 55 kg and 1.70 m, and H1's.
SCALE = 55.0 * 1.70 / (35.0 * 1.32)
REAL_TORQUES = {
    "hip_pitch": 88 * SCALE,
    "hip_roll": 139 * SCALE,
    "hip_yaw": 88 * SCALE,
    "knee": 139 * SCALE,
    "ankle_pitch": 50 * SCALE,
    "ankle_roll": 50 * SCALE,
    "waist_yaw": 88 * SCALE,
    "waist_pitch": 200.0,
    "shoulder_pitch": 25 * SCALE,
    "shoulder_roll": 25 * SCALE,
    "shoulder_yaw": 25 * SCALE,
    "elbow": 25 * SCALE,
}


def by_name(source: HumanoidSource | None = None) -> dict[str, Link]:
    return {link.name: link for link in humanoid_links(source or HumanoidSource())}


def in_world(link: Link) -> Body:
    return Body(link.inertial.mass, link.inertial.com + link.origin, link.inertial.inertia)


def test_it_has_23_degrees_of_freedom_and_24_links() -> None:
    links = humanoid_links(HumanoidSource())
    assert len(links) == 24
    assert len({link.joint.name for link in links if link.joint}) == 23
    assert sum(len(link.shapes) for link in links) <= 22


@pytest.mark.parametrize("source", SIZES)
def test_the_links_weigh_what_was_asked_for(source: HumanoidSource) -> None:
    total = sum(link.inertial.mass for link in humanoid_links(source))
    assert total == pytest.approx(source.mass, rel=1e-9)


@pytest.mark.parametrize("source", SIZES)
def test_every_inertia_belongs_to_a_possible_body(source: HumanoidSource) -> None:
    for link in humanoid_links(source):
        assert is_physical(link.inertial.inertia), link.name


@pytest.mark.parametrize(
    ("segment", "links"),
    [
        ("thigh", ["left_hip_yaw_link", "left_hip_roll_link", "left_thigh"]),
        ("shank", ["left_shin", "left_ankle"]),
        ("foot", ["left_foot"]),
        ("upper_arm", ["left_upper_arm"]),
        ("head", ["head"]),
        ("lower_trunk", ["pelvis"]),
    ],
)
def test_the_links_of_a_segment_add_up_to_it(segment: str, links: list[str]) -> None:
    ends = {
        "thigh": ((0.0, 0.10, 0.86), (0.0, 0.10, 0.46)),
        "shank": ((0.0, 0.10, 0.46), (0.0, 0.10, 0.08)),
        "foot": ((-0.085, 0.10, 0.03), (0.155, 0.10, 0.03)),
        "upper_arm": ((0.0, 0.23, 1.40), (0.0, 0.23, 1.12)),
        "head": ((0.0, 0.0, 1.70), (0.0, 0.0, 1.501)),
        "lower_trunk": ((0.0, 0.0, 1.002), (0.0, 0.0, 0.86)),
    }[segment]
    found = combine([in_world(by_name()[name]) for name in links])
    table = segment_inertial(segment, 55.0, np.array(ends[0]), np.array(ends[1]))
    assert found.mass == pytest.approx(table.mass)
    assert found.com == pytest.approx(table.com)
    assert found.inertia == pytest.approx(table.inertia, abs=1e-9)


def test_the_segments_are_as_long_as_a_human_s_but_for_the_shorter_shank() -> None:
    links = by_name()
    lengths = {
        "thigh": links["left_thigh"].origin[2] - links["left_shin"].origin[2],
        "shank": links["left_shin"].origin[2] - links["left_ankle"].origin[2],
        "upper_arm": links["left_shoulder_roll_link"].origin[2] - links["left_forearm"].origin[2],
    }
    # The ankle joint of the machine is higher above the ground than a human's, by about 4 cm.
    tolerance = {"thigh": 0.04, "shank": 0.12, "upper_arm": 0.04}
    for name, length in lengths.items():
        assert length == pytest.approx(MALE[name].length * 1.70 / 1.741, rel=tolerance[name]), name


def test_the_right_side_mirrors_the_left() -> None:
    links = by_name()
    flip = np.array([1.0, -1.0, 1.0])
    for name, left in links.items():
        if not name.startswith("left_"):
            continue
        right = links[name.replace("left_", "right_")]
        assert right.origin == pytest.approx(left.origin * flip)
        assert right.inertial.mass == left.inertial.mass
        assert right.inertial.com == pytest.approx(left.inertial.com * flip)
        assert right.inertial.inertia == pytest.approx(left.inertial.inertia * np.outer(flip, flip))
        assert left.joint and right.joint and left.joint.axis == right.joint.axis
        if left.joint.axis == "Y":
            assert (right.joint.lower, right.joint.upper) == (left.joint.lower, left.joint.upper)
        else:
            assert (right.joint.lower, right.joint.upper) == (-left.joint.upper, -left.joint.lower)


def test_the_centre_of_mass_is_where_a_human_s_is() -> None:
    # 56 % of the height for a standing man (Winter 2009, chapter 4); the arms hang here, the legs are a little short.
    whole = combine([in_world(link) for link in humanoid_links(HumanoidSource())])
    assert whole.com[2] / 1.70 == pytest.approx(0.56, abs=0.03)
    assert whole.com[:2] == pytest.approx([0.0, 0.0], abs=0.005)


def test_the_joint_limits_lie_inside_those_of_real_machines() -> None:
    for link in humanoid_links(HumanoidSource()):
        if link.joint and link.joint.name in REAL_LIMITS:
            lower, upper = REAL_LIMITS[link.joint.name]
            assert lower - 0.3 <= np.degrees(link.joint.lower), link.joint.name  # their files round to 0.2 degrees
            assert np.degrees(link.joint.upper) <= upper + 0.3, link.joint.name
    elbow = by_name()["left_forearm"].joint
    assert elbow and np.degrees(elbow.upper - elbow.lower) <= 180.0


def test_the_torques_and_speeds_are_those_of_a_real_machine_of_that_size() -> None:
    groups = RobotConfig().joints
    for name, limit in REAL_TORQUES.items():
        assert 0.4 * limit <= groups[name].effort_limit <= limit, name
    # G1's slowest leg motor, at the hip roll and the knee, turns at 20 rad/s; by Froude 17.6 rad/s at 1.70 m.
    assert groups["knee"].velocity_limit <= 20.0 * (1.32 / 1.70) ** 0.5
    assert max(group.velocity_limit for group in groups.values()) <= 32.0 * (1.32 / 1.70) ** 0.5


def test_gains_and_torques_follow_height_and_mass_at_equal_froude_number() -> None:
    base = RobotConfig().joints
    same = joint_groups(HumanoidSource(), base)
    assert same == base
    big = joint_groups(HumanoidSource(height=2.04, mass=110.0), base)
    for name, group in base.items():
        assert big[name].stiffness == pytest.approx(group.stiffness * 2.0 * 1.2)
        assert big[name].effort_limit == pytest.approx(group.effort_limit * 2.0 * 1.2)
        assert big[name].damping == pytest.approx(group.damping * 2.0 * 1.2**1.5)
        assert big[name].armature == pytest.approx(group.armature * 2.0 * 1.2**2)
        assert big[name].velocity_limit == pytest.approx(group.velocity_limit / 1.2**0.5)
        assert big[name].nominal == group.nominal
