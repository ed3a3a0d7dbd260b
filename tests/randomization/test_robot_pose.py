# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save_file

from humanoid_brain.config.randomization import JointPose, MotionPose, WalkingPose
from humanoid_brain.errors import ConfigError
from humanoid_brain.randomization.motion import Motion, load_motion, require_robot
from humanoid_brain.randomization.robot_pose import draw_joints, draw_posture, draw_walk

NOMINAL = {"knee": 0.5, "hip": -0.25, "elbow": -0.4}
LIMITS = {"knee": (0.0, 2.0), "hip": (-1.5, 0.5), "elbow": (-2.0, 0.0)}


def content(steps: int = 11) -> dict[str, Any]:
    time = np.linspace(0.0, 1.0, steps)
    angle = 0.5 * np.pi * time  # a quarter turn about the vertical while walking a metre
    return {
        "joint_positions": np.stack([time, -0.5 * time], 1),
        "root_position": np.stack([time, 0 * time, 0 * time + 0.9], 1),
        "root_orientation": np.stack([np.cos(angle / 2), 0 * angle, 0 * angle, np.sin(angle / 2)], 1),
        "fps": np.array(10.0),
    }


@pytest.fixture(params=["npz", "safetensors"])
def saved(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    def save(names: list[str], arrays: dict[str, Any]) -> Path:
        path = tmp_path / f"walk.{request.param}"
        if request.param == "npz":
            np.savez(path, joint_names=np.array(names), **arrays)
        else:
            save_file(
                {k: np.asarray(v, np.float64) for k, v in arrays.items()}, path, {"joint_names": json.dumps(names)}
            )
        return path

    return save


def test_walks_follow_their_ranges_and_hold_for_their_frames() -> None:
    config = WalkingPose.model_validate({"forward": [0.2, 1.0], "turn": [-0.3, 0.3], "hold": 4, "interval": 0.25})
    walks = [draw_walk(config, 1, frame) for frame in range(40)]
    for frame, walk in enumerate(walks):
        first = walks[frame - frame % 4]
        assert walk.walk == frame // 4 and walk.command == first.command and walk.heading == first.heading
        assert walk.seconds == pytest.approx(first.seconds + 0.25 * (frame % 4))
        assert 0.2 <= walk.command[0] <= 1.0 and walk.command[1] == 0.0 and abs(walk.command[2]) <= 0.3
        assert 1.0 <= first.seconds <= 3.0
    assert len({walk.command for walk in walks}) == 10
    assert draw_walk(config, 1, 37) == walks[37]


def test_joint_angles_stay_within_their_share_of_the_range() -> None:
    config = JointPose.model_validate({"share": 0.5})
    poses = [draw_joints(config, NOMINAL, LIMITS, 1, frame).positions for frame in range(300)]
    for name, (low, high) in LIMITS.items():
        values = np.array([pose[name] for pose in poses])
        bounds = NOMINAL[name] + 0.5 * (low - NOMINAL[name]), NOMINAL[name] + 0.5 * (high - NOMINAL[name])
        assert bounds[0] <= values.min() and values.max() <= bounds[1]
        assert values.max() - values.min() > 0.9 * (bounds[1] - bounds[0])
    assert draw_joints(config, NOMINAL, LIMITS, 1, 200).positions == poses[200]


def test_joints_that_are_not_named_stay_nominal() -> None:
    config = JointPose.model_validate({"share": 1.0, "joints": ["k*"]})
    pose = draw_joints(config, NOMINAL, LIMITS, 1, 0).positions
    assert pose["knee"] != NOMINAL["knee"]
    assert (pose["hip"], pose["elbow"]) == (NOMINAL["hip"], NOMINAL["elbow"])
    with pytest.raises(ConfigError, match="no joint matches 'wing'"):
        draw_joints(JointPose(joints=["wing"]), NOMINAL, LIMITS, 1, 0)


def test_another_joint_does_not_change_the_draws_of_the_rest() -> None:
    fewer = {name: value for name, value in NOMINAL.items() if name != "knee"}
    pose = draw_joints(JointPose(), fewer, LIMITS, 1, 3).positions
    whole = draw_joints(JointPose(), NOMINAL, LIMITS, 1, 3).positions
    assert pose == {name: whole[name] for name in fewer}


def test_a_motion_is_read_and_interpolated(saved: Any) -> None:
    motion = load_motion(saved(["knee", "hip"], content()))
    assert motion.duration == pytest.approx(1.0) and motion.joint_names == ("knee", "hip")
    posture = motion.at(0.55)
    assert posture.joints == pytest.approx({"knee": 0.55, "hip": -0.275})
    assert posture.position == pytest.approx([0.55, 0.0, 0.9])
    angle = 0.5 * np.pi * 0.55
    # Normalised linear interpolation, exact half way between two poses.
    assert posture.orientation == pytest.approx([np.cos(angle / 2), 0.0, 0.0, np.sin(angle / 2)])
    assert motion.at(99.0).joints["knee"] == 1.0


def test_orientations_are_interpolated_the_shorter_way(saved: Any) -> None:
    arrays = content()
    arrays["root_orientation"][6:] *= -1.0  # the same orientations, written with the other sign
    orientation = load_motion(saved(["knee", "hip"], arrays)).at(0.55).orientation
    angle = 0.5 * np.pi * 0.55
    assert np.abs(orientation) == pytest.approx([np.cos(angle / 2), 0.0, 0.0, np.sin(angle / 2)])


def test_turning_a_motion_turns_position_and_orientation_alike(saved: Any) -> None:
    turned = load_motion(saved(["knee", "hip"], content())).at(1.0).turned(90.0)
    assert turned.position == pytest.approx([0.0, 1.0, 0.9])
    assert turned.orientation == pytest.approx([0.0, 0.0, 0.0, 1.0], abs=1e-12)  # a quarter turn and another


def test_postures_are_drawn_by_address(saved: Any) -> None:
    path = saved(["knee", "hip"], content())
    motion = load_motion(path)
    anywhere = MotionPose(file=str(path))
    times = [draw_posture(anywhere, motion, 1, frame).joints["knee"] for frame in range(200)]
    assert 0.0 <= min(times) < 0.05 and 0.95 < max(times) <= 1.0
    assert draw_posture(anywhere, motion, 1, 150).joints["knee"] == times[150]
    steady = MotionPose(file=str(path), order="sequence", interval=0.25)
    order = [draw_posture(steady, motion, 1, frame).joints["knee"] for frame in range(6)]
    assert order == pytest.approx([0.0, 0.25, 0.5, 0.75, 0.0, 0.25])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"joint_positions": np.zeros((11, 3))}, "joint_positions has the shape (11, 3) instead of (11, 2)"),
        ({"root_position": np.zeros((10, 3))}, "root_position has the shape (10, 3) instead of (11, 3)"),
        ({"root_position": np.full((11, 3), np.nan)}, "root_position holds a value that is not finite"),
        ({"root_orientation": np.zeros((11, 4))}, "quaternions that are not of length 1"),
        ({"fps": np.array(0.0)}, "fps is 0"),
        ({"fps": np.zeros(2)}, "not a readable motion file"),
        ({"root_position": None}, "root_position"),
    ],
)
def test_a_motion_that_does_not_fit_together_is_refused(saved: Any, change: dict[str, Any], message: str) -> None:
    arrays = {name: values for name, values in {**content(), **change}.items() if values is not None}
    with pytest.raises(ConfigError) as caught:
        load_motion(saved(["knee", "hip"], arrays))
    assert message in str(caught.value)


@pytest.mark.parametrize("name", ["walk.npz", "walk.safetensors", "walk.pkl", "walk"])
def test_a_file_that_is_no_motion_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigError, match=r"no such motion file|is no motion file"):
        load_motion(tmp_path / name)
    (tmp_path / name).write_bytes(b"something else")
    with pytest.raises(ConfigError, match=r"not a readable motion file|is no motion file"):
        load_motion(tmp_path / name)


def test_a_pickle_in_a_motion_file_is_not_loaded(tmp_path: Path) -> None:
    names = np.array(["knee", "hip"], dtype=object)
    np.savez(tmp_path / "walk.npz", joint_names=names, **content())
    with pytest.raises(ConfigError, match="not a readable motion file"):
        load_motion(tmp_path / "walk.npz")


def test_a_motion_of_another_robot_is_refused() -> None:
    arrays = content()
    motion = Motion(
        ("knee", "hip"), arrays["joint_positions"], arrays["root_position"], arrays["root_orientation"], 10.0
    )
    require_robot(motion, ["hip", "knee"], LIMITS)
    with pytest.raises(ConfigError, match="lacks elbow"):
        require_robot(motion, ["hip", "knee", "elbow"], LIMITS)
    with pytest.raises(ConfigError, match="has hip besides"):
        require_robot(motion, ["knee"], LIMITS)
    with pytest.raises(
        ConfigError, match=r"joint 'knee' moves from 0\.000 to 1\.000 rad, beyond its limits 0\.000 to 0\.8"
    ):
        require_robot(motion, ["knee", "hip"], {**LIMITS, "knee": (0.0, 0.8)})
