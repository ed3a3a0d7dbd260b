# SPDX-License-Identifier: Apache-2.0
"""The room of a frame does not depend on what was captured before, where props stand on one another and are kicked."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import numpy as np
import pytest

from humanoid_brain import host, paths
from humanoid_brain.capture.session import CaptureSession, opening_session
from humanoid_brain.config.base import load
from humanoid_brain.config.capture import CaptureConfig
from humanoid_brain.config.distributions import Uniform
from humanoid_brain.config.randomization import JointPose, PoseSource, WalkingPose
from humanoid_brain.jobs import drained

HOLD = 2
WALKING = WalkingPose(warm_up=Uniform(low=0.3, high=0.5), hold=HOLD, interval=0.1)
STANDING = JointPose(hold=HOLD)
DROP = 0.05
"""Height in m from which clutter falls without toppling."""


def opened(source: PoseSource, drop: float) -> CaptureSession:
    config = load(CaptureConfig, paths.config() / "captures" / "detection.yaml")
    assert config.scene.interior is not None
    config.randomization.robot_pose = source
    config.scene.interior.clutter.drop_height = drop
    config.width = config.height = 64
    return drained(opening_session(config, host.load()))


@pytest.fixture(scope="module", params=[(WALKING, 0.0), (WALKING, DROP), (STANDING, DROP)])
def session(request: pytest.FixtureRequest) -> Iterator[CaptureSession]:
    with closing(opened(*request.param)) as made:
        yield made


def show(session: CaptureSession, *frames: int) -> None:
    """Bring room and robot into the state of some frames, one after the other."""
    for frame in frames:
        for _ in session._pose(frame, frame - frame % HOLD):
            pass


def props(session: CaptureSession) -> tuple[np.ndarray, ...]:
    assert session._room is not None
    positions, turns = session._room._bodies.get_world_poses()
    return positions.numpy(), turns.numpy(), session._room._bodies.get_velocities().numpy()


def links(session: CaptureSession) -> bytes:
    return b"".join(pose.tobytes() for pose in session._robot.link_poses().values())


def state(session: CaptureSession, *frames: int) -> bytes:
    """Poses of all props and links after the last of some frames."""
    show(session, *frames)
    return b"".join(each.tobytes() for each in props(session)) + links(session)


def test_dropped_clutter_rests_on_its_table_while_the_robot_keeps_its_pose() -> None:
    with closing(opened(STANDING, 0.0)) as still:
        show(still, 4)
        pose = links(still)
    with closing(opened(STANDING, DROP)) as dropping:
        fallen: list[float] = []
        for frame in (0, 2, 4):
            show(dropping, frame)
            positions, _, velocities = props(dropping)
            room = dropping._room
            assert room is not None and room._layout is not None
            layout = room._layout
            rows = [room._rows[i] for i, carrier in enumerate(layout.supports) if carrier is not None]
            high = layout.positions[[i for i, carrier in enumerate(layout.supports) if carrier is not None], 2]
            fallen += (high - positions[rows, 2]).tolist()
            assert not velocities.any()
        assert len(fallen) > 5 and np.array(fallen) == pytest.approx(DROP, abs=5e-3)
        assert links(dropping) == pose


@pytest.mark.parametrize("frame", [4, 6, 10])
def test_poses_are_the_same_bits_whatever_was_captured_before(session: CaptureSession, frame: int) -> None:
    alone = state(session, frame)
    orders = [(0, 1, frame), (frame + 7, frame), (frame + 1, frame), (frame, frame + 1, frame)]
    assert [state(session, *order) == alone for order in orders] == [True] * len(orders)
    following = state(session, frame, frame + 1)
    if session.config.randomization.robot_pose is not STANDING:
        assert following != alone
    assert state(session, 1, frame + 1) == following == state(session, frame, frame + 1)
