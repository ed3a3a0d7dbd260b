# SPDX-License-Identifier: Apache-2.0
"""Robots that walk at once for several frames: the pose of each is its own, whatever was captured before."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import numpy as np
import pytest

from humanoid_brain import host, paths
from humanoid_brain.capture.session import CaptureSession, opening_session
from humanoid_brain.capture.walks import TOGETHER, WalksTogether, walks_at_once
from humanoid_brain.config.base import load
from humanoid_brain.config.capture import CaptureConfig
from humanoid_brain.config.distributions import Uniform
from humanoid_brain.config.randomization import JointPose, WalkingPose
from humanoid_brain.host.standalone.quantity import Quantity
from humanoid_brain.host.standalone.replicator.poses import BodyPoses
from humanoid_brain.jobs import drained
from humanoid_brain.randomization.robot_pose import draw_walk
from humanoid_brain.scene.build import ROBOT, SOURCE_ENV

WALKING = WalkingPose(warm_up=Uniform(low=0.2, high=0.4))


def capture_config() -> CaptureConfig:
    config = load(CaptureConfig, paths.config() / "captures" / "plain.yaml")
    config.randomization.robot_pose = WALKING
    config.width = config.height = 64
    return config


@pytest.fixture(scope="module")
def session() -> Iterator[CaptureSession]:
    with closing(drained(opening_session(capture_config(), host.load()))) as made:
        yield made


def show(session: CaptureSession, *frames: int) -> bytes:
    """Poses of the robot's links after the last of some frames, brought about one after the other."""
    for frame in frames:
        for _ in session._pose(frame, frame):
            pass
    return b"".join(pose.tobytes() for pose in session._robot.link_poses().values())


def test_robots_walk_together_only_where_each_frame_has_a_walk_of_its_own_on_an_open_floor() -> None:
    scene = capture_config().scene
    room = load(CaptureConfig, paths.config() / "captures" / "detection.yaml").scene
    assert walks_at_once(WALKING, scene, "standalone") == TOGETHER
    for source, where, name in (
        (WalkingPose(hold=2), scene, "standalone"),
        (JointPose(), scene, "standalone"),
        (WALKING, room, "standalone"),
        (WALKING, scene, "isaac"),
    ):
        assert walks_at_once(source, where, name) == 1


@pytest.mark.parametrize("frame", [3, 8, TOGETHER * 5 - 1])
def test_poses_are_the_same_bits_whatever_was_captured_before(session: CaptureSession, frame: int) -> None:
    alone = show(session, frame)
    orders = [(0, 1, frame), (frame + 40, frame), (frame + 9, frame + 17, frame), (frame, frame + 1, frame)]
    assert [show(session, *order) == alone for order in orders] == [True] * len(orders)
    assert len({show(session, each) for each in range(frame, frame + 4)}) == 4


def test_headings_are_those_that_were_drawn(session: CaptureSession) -> None:
    for frame in range(TOGETHER):
        show(session, frame)
        off = session._robot.heading - draw_walk(WALKING, 0, frame).heading
        assert abs((off + 180.0) % 360.0 - 180.0) < 25.0  # it sways and turns a little on its way


def test_the_robot_takes_place_and_motion_of_the_one_that_walked(
    session: CaptureSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    bodies = BodyPoses(session._stage)
    bodies.read()
    walked: dict[int, tuple[np.ndarray, np.ndarray]] = {}

    def of_row(row: int) -> tuple[np.ndarray, np.ndarray]:
        values = (bodies._values(Quantity.BODY_POSE), bodies._values(Quantity.BODY_VELOCITY))
        poses, twists = (each.reshape(TOGETHER, -1, each.shape[1])[row].copy() for each in values)
        return poses, twists

    original = WalksTogether._moment

    def note(self: WalksTogether, row: int) -> object:
        walked[row] = of_row(row)
        walked[row][0][:, :3] -= self._env.simulation.origins[row].numpy()
        return original(self, row)

    monkeypatch.setattr(WalksTogether, "_moment", note)
    for frame in range(TOGETHER * 7, TOGETHER * 8):
        show(session, frame)
        poses, twists = of_row(0)
        assert np.abs(poses[:, :3] - walked[frame % TOGETHER][0][:, :3]).max() < 2e-6
        assert np.abs(twists - walked[frame % TOGETHER][1]).max() < 2e-5
        assert np.abs(twists).max() > 0.1


def test_those_that_fell_stand_up_and_walk_on_while_the_others_do_not_notice(
    session: CaptureSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    env, block = session._robot.env, TOGETHER * 9
    undisturbed = [show(session, block + row) for row in range(TOGETHER)]
    failed, felled = env.failed, 2

    def fall_once() -> object:
        fallen = failed().clone()
        fallen[felled] = True
        monkeypatch.setattr(env, "failed", failed)
        return fallen

    show(session, 0, TOGETHER)  # other blocks, so that this one is walked again
    monkeypatch.setattr(env, "failed", fall_once)
    disturbed = [show(session, block + row) for row in range(TOGETHER)]
    assert [row for row in range(TOGETHER) if disturbed[row] != undisturbed[row]] == [felled]
    show(session, block + felled)
    off = session._robot.heading - draw_walk(WALKING, 0, block + felled).heading
    assert abs((off + 180.0) % 360.0 - 180.0) < 25.0


def test_one_robot_is_drawn_and_labelled(session: CaptureSession) -> None:
    *_, frame = session.frame(5)
    assert frame is not None and frame.instance is not None
    robots = [each for each in frame.objects if each.category == "humanoid"]
    assert [each.prim_path for each in robots] == [ROBOT] and robots[0].prim_path.startswith(SOURCE_ENV)
    assert len(np.unique(frame.instance)) <= 1 + len(frame.objects)
