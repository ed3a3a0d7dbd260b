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
from humanoid_brain.scene.build import ENVS, ROBOT, SOURCE_ENV
from humanoid_brain.scene.layouts import footprint_of
from humanoid_brain.scene.placement import clear_of

WALKING = WalkingPose(warm_up=Uniform(low=0.2, high=0.9))


DROP = 0.05
"""Height in m from which clutter falls."""


def capture_config(preset: str, drop: float = 0.0) -> CaptureConfig:
    config = load(CaptureConfig, paths.config() / "captures" / f"{preset}.yaml")
    config.randomization.robot_pose = WALKING
    config.width = config.height = 64
    if config.scene.interior is not None:
        config.scene.interior.clutter.drop_height = drop
    return config


@pytest.fixture(scope="module", params=[("plain", 0.0), ("detection", 0.0), ("detection", DROP)])
def session(request: pytest.FixtureRequest) -> Iterator[CaptureSession]:
    with closing(drained(opening_session(capture_config(*request.param), host.load()))) as made:
        yield made


def show(session: CaptureSession, *frames: int) -> bytes:
    """Poses of the robot's links, and of the props around it, after some frames, brought about one after the other."""
    for frame in frames:
        for _ in session._pose(frame, frame):
            pass
    links = b"".join(pose.tobytes() for pose in session._robot.link_poses().values())
    if session._room is None:
        return links
    return links + b"".join(each.numpy().tobytes() for each in session._room._bodies.get_world_poses())


def together(session: CaptureSession) -> WalksTogether:
    walks = session._robot._walks
    assert isinstance(walks, WalksTogether)
    return walks


def test_robots_walk_together_where_each_frame_has_a_walk_of_its_own() -> None:
    assert walks_at_once(WALKING, "standalone") == TOGETHER
    others = [(WalkingPose(hold=2), "standalone"), (JointPose(), "standalone"), (WALKING, "isaac")]
    assert [walks_at_once(*each) for each in others] == [1, 1, 1]


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
        mine = [i for i, path in enumerate(bodies._paths) if path.startswith(f"{ENVS}/env_{row}/")]
        return bodies._values(Quantity.BODY_POSE)[mine], bodies._values(Quantity.BODY_VELOCITY)[mine]

    original = WalksTogether._moment

    def note(self: WalksTogether, row: int) -> object:
        walked[row] = of_row(row)
        walked[row][0][:, :3] -= (self._env.simulation.origins[row] + self._away).numpy()
        return original(self, row)

    monkeypatch.setattr(WalksTogether, "_moment", note)
    for frame in range(TOGETHER * 7, TOGETHER * 8):
        show(session, frame)
        poses, twists = of_row(0)
        assert np.abs(poses[:, :3] - walked[frame % TOGETHER][0][:, :3]).max() < 1e-5
        assert np.abs(twists - walked[frame % TOGETHER][1]).max() < 1e-4
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


def test_what_stands_in_a_room_leaves_the_way_of_the_robot_free(session: CaptureSession) -> None:
    if session._room is None:
        pytest.skip("there is no room")
    for frame in range(40):
        show(session, frame)
        way = session._robot.ways(frame)[0]
        x, y = session._robot.link_poses()["pelvis"][:2, 3]
        assert (x, y) == pytest.approx(way.end, abs=1e-5)
        layout, pool = session._room._layout, session._room._interior.pool
        assert layout is not None
        for row in np.flatnonzero(layout.visible):
            if layout.supports[row] is None:
                w, _, _, z = layout.orientations[row]
                at = (float(layout.positions[row, 0]), float(layout.positions[row, 1]))
                assert clear_of(footprint_of(pool[row].prop, at, 2.0 * float(np.arctan2(z, w))), way)


def test_who_would_leave_the_room_begins_again_in_its_middle(
    session: CaptureSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    if session._room is None:
        assert together(session)._reach == np.inf
        return
    walks = together(session)
    (low, _, _), (high, _, _) = session._room.bounds
    assert 0.0 < walks._reach < (high - low) / 2
    block = TOGETHER * 11
    show(session, block)
    free = [np.hypot(*walks.way(block + row).end) for row in range(TOGETHER)]
    limit = sorted(free)[TOGETHER // 2]
    show(session, 0, TOGETHER)  # other blocks, so that this one is walked again
    monkeypatch.setattr(walks, "_reach", limit)
    show(session, block)
    held = [np.hypot(*walks.way(block + row).end) for row in range(TOGETHER)]
    assert max(held) < limit + 0.15 < max(free)
    assert sum(a == b for a, b in zip(free, held, strict=True)) >= TOGETHER // 2
