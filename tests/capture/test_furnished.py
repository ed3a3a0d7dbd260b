# SPDX-License-Identifier: Apache-2.0
"""The room of a frame does not depend on what was captured before, where props stand on one another and are kicked."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from humanoid_brain import host, paths
from humanoid_brain.capture.session import CaptureSession
from humanoid_brain.config.base import load
from humanoid_brain.config.capture import CaptureConfig
from humanoid_brain.config.distributions import Uniform
from humanoid_brain.config.randomization import WalkingPose

HOLD = 2


@pytest.fixture(scope="module")
def session() -> Iterator[CaptureSession]:
    config = load(CaptureConfig, paths.config() / "captures" / "detection.yaml")
    config.randomization.robot_pose = WalkingPose(warm_up=Uniform(low=0.3, high=0.5), hold=HOLD, interval=0.1)
    config.width = config.height = 64
    opened = CaptureSession(config, host.load())
    yield opened
    opened.close()


def state(session: CaptureSession, *frames: int) -> bytes:
    """Poses of all props and links after the last of some frames."""
    assert session._room is not None
    for frame in frames:
        session._room.arrange(0, frame - frame % HOLD, frame)
        for _ in session._robot.pose(frame):
            pass
    positions, turns = session._room._bodies.get_world_poses()
    links = np.concatenate([pose.ravel() for pose in session._robot.link_poses().values()])
    return positions.numpy().tobytes() + turns.numpy().tobytes() + links.tobytes()


@pytest.mark.parametrize("frame", [4, 6, 10])
def test_poses_are_the_same_bits_whatever_was_captured_before(session: CaptureSession, frame: int) -> None:
    alone = state(session, frame)
    orders = [(0, 1, frame), (frame + 7, frame), (frame + 1, frame), (frame, frame + 1, frame)]
    assert [state(session, *order) == alone for order in orders] == [True] * len(orders)
    following = state(session, frame, frame + 1)
    assert following != alone
    assert state(session, 1, frame + 1) == following == state(session, frame, frame + 1)
