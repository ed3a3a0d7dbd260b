# SPDX-License-Identifier: Apache-2.0
"""Robots that walk at once for several frames: the pose of each is its own, whatever was captured before."""

from __future__ import annotations

import asyncio
import itertools
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import numpy as np
import pytest
from pxr import UsdGeom
from torch import Tensor

from humanoid_brain import host, paths
from humanoid_brain.capture.session import CaptureSession, opening_session
from humanoid_brain.capture.shot import Shot
from humanoid_brain.capture.walks import (
    _STRETCH,
    MOMENTS,
    TOGETHER,
    WalksTogether,
    _Moment,
    _WalkTogether,
    frames_at_once,
    robots_at_once,
)
from humanoid_brain.config.base import load
from humanoid_brain.config.capture import CaptureConfig
from humanoid_brain.config.distributions import Uniform
from humanoid_brain.config.randomization import JointPose, WalkingPose
from humanoid_brain.errors import SceneError, StorageError
from humanoid_brain.host.standalone.quantity import Quantity
from humanoid_brain.host.standalone.render.renderer import StageRenderer
from humanoid_brain.host.standalone.replicator.poses import BodyPoses
from humanoid_brain.jobs import drained
from humanoid_brain.randomization.robot_pose import draw_walk
from humanoid_brain.scene.build import ENVS, ROBOT, SOURCE_ENV
from humanoid_brain.scene.layouts import footprint_of
from humanoid_brain.scene.placement import clear_of

WALKING = WalkingPose(warm_up=Uniform(low=0.2, high=0.9))
BLOCK = TOGETHER * MOMENTS


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
    assert robots_at_once(WALKING, "standalone") == TOGETHER
    assert frames_at_once(WALKING, "standalone") == BLOCK
    others = [(WalkingPose(hold=2), "standalone"), (JointPose(), "standalone"), (WALKING, "isaac")]
    assert [robots_at_once(*each) for each in others] == [1, 1, 1] == [frames_at_once(*each) for each in others]


@pytest.mark.parametrize("frame", [3, 8, BLOCK * 2 - 1])
def test_poses_are_the_same_bits_whatever_was_captured_before(session: CaptureSession, frame: int) -> None:
    alone = show(session, frame)
    orders = [(0, 1, frame), (frame + 40, frame), (frame + 9, frame + 17, frame), (frame, frame + 1, frame)]
    assert [show(session, *order) == alone for order in orders] == [True] * len(orders)
    assert len({show(session, each) for each in range(frame, frame + 4)}) == 4


@pytest.mark.parametrize("stretches", [1, 9])
def test_what_was_walked_ahead_makes_the_same_poses(
    session: CaptureSession, monkeypatch: pytest.MonkeyPatch, stretches: int
) -> None:
    """In parts, between which frames of another block were shown, and in the thread in which a capture does it."""
    block = BLOCK * 13
    alone = [show(session, block + at) for at in range(BLOCK)]
    show(session, 0, BLOCK)  # other blocks, so that this one is walked again
    env, steps = session._robot.env, 0
    follow = env.follow

    def count(action: Tensor) -> Tensor:
        nonlocal steps
        steps += 1
        return follow(action)

    monkeypatch.setattr(env, "follow", count)
    for at in range(stretches):
        session._beside.submit(session.go_ahead, [at, BLOCK + at, block]).result()
        show(session, at, BLOCK + at)
    last = max(round(draw_walk(WALKING, 0, block + at).seconds / env.control_dt) for at in range(BLOCK))
    assert steps == min(_STRETCH * stretches, last)
    assert [show(session, block + at) for at in range(BLOCK)] == alone
    assert steps == last


@pytest.mark.parametrize("exposed", [0.0, 6.0])
def test_a_frame_does_not_see_what_is_walked_while_it_is_drawn(session: CaptureSession, exposed: float) -> None:
    """Also with a shutter that is open for some time codes, for which velocities are read."""
    frame, where = BLOCK * 15 + 2, []
    sharp, _ = drained(session.shoot(frame)).labelled()
    camera = UsdGeom.Camera(session._stage.GetPrimAtPath(session.config.camera))
    camera.CreateShutterOpenAttr(-exposed)

    def walk() -> None:
        where.append(threading.current_thread() is threading.main_thread())
        for _ in range(3):
            session.go_ahead([BLOCK * (20 if exposed else 17)])

    alone, _ = drained(session.shoot(frame)).labelled()
    before = session._robot.link_poses()["pelvis"]
    shot = drained(session.shoot(frame, 0, walk))
    assert shot.seconds["ahead"] > 0.0
    beside, _ = shot.labelled()
    assert where == [False]
    assert not np.allclose(session._robot.link_poses()["pelvis"], before), "nobody walked"
    assert alone.color is not None and sharp.color is not None
    assert np.array_equal(alone.color, sharp.color) == (exposed == 0.0)
    for name in ("color", "depth", "semantic", "instance"):
        assert np.array_equal(getattr(beside, name), getattr(alone, name)), name
    assert repr(beside.objects) == repr(alone.objects)
    assert any(each.keypoints is not None for each in beside.objects)
    assert show(session, frame) == show(session, BLOCK, frame)
    camera.CreateShutterOpenAttr(0.0)


def test_what_fails_beside_a_frame_is_raised(session: CaptureSession) -> None:
    def fail() -> None:
        raise StorageError("no room", where="here", todo="")

    with pytest.raises(StorageError, match="no room"):
        drained(session.shoot(3, 0, fail))
    frame, _ = drained(session.shoot(3)).labelled()
    assert frame.instance is not None


def test_nothing_goes_on_beside_a_frame_that_cannot_be_drawn(
    session: CaptureSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, over = threading.Event(), threading.Event()

    def work() -> None:
        begun.set()
        time.sleep(0.3)
        over.set()

    def fail(*how: object, **more: object) -> None:
        begun.wait(10.0)
        raise SceneError("no light")

    with monkeypatch.context() as patch, pytest.raises(SceneError, match="no light"):
        patch.setattr(StageRenderer, "outlines", fail)
        drained(session.shoot(3, 0, work))
    assert over.is_set()
    frame, _ = drained(session.shoot(3)).labelled()
    assert frame.instance is not None


def test_labels_are_of_their_frame_where_the_next_render_writes_over_its_data(
    session: CaptureSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As NVIDIA's Replicator does."""
    alone, _ = drained(session.shoot(5)).labelled()
    assert session._annotations is not None
    given: list[dict[str, Any]] = []
    read = session._annotations.read

    def keep() -> dict[str, Any]:
        given.append(read())
        return given[-1]

    async def shoot() -> Shot:
        work = session.shoot(5)
        while True:
            try:
                next(work)
            except StopIteration as end:
                return end.value
            await asyncio.sleep(0.0)

    monkeypatch.setattr(session._annotations, "read", keep)
    monkeypatch.setattr(CaptureSession, "_standalone", None)
    shot = asyncio.run(shoot())
    assert _wiped(given) > 10
    frame, _ = shot.labelled()
    assert all(np.array_equal(getattr(frame, name), getattr(alone, name)) for name in ("depth", "semantic", "instance"))
    assert frame.color is not None and frame.color.std() > 1.0
    assert repr(frame.objects) == repr(alone.objects)


def _wiped(data: Any) -> int:
    """Write zeros into every array of some nested data; gives how many there were."""
    if isinstance(data, np.ndarray):
        data.setflags(write=True)
        data[...] = np.zeros((), data.dtype)
        return 1
    if isinstance(data, dict):
        return sum(map(_wiped, data.values()))
    return sum(map(_wiped, data)) if isinstance(data, list) else 0


def test_headings_are_those_that_were_drawn(session: CaptureSession) -> None:
    for frame in range(BLOCK):
        show(session, frame)
        off = session._robot.heading - draw_walk(WALKING, 0, frame).heading
        assert abs((off + 180.0) % 360.0 - 180.0) < 25.0  # it sways and turns a little on its way


def test_the_robot_takes_place_and_motion_of_the_one_that_walked(
    session: CaptureSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    bodies = BodyPoses(session._stage)
    bodies.read()
    walks, caught = together(session), []
    walked: dict[int, tuple[np.ndarray, np.ndarray]] = {}

    def of_row(row: int) -> tuple[np.ndarray, np.ndarray]:
        mine = [i for i, path in enumerate(bodies._paths) if path.startswith(f"{ENVS}/env_{row}/")]
        return bodies._values(Quantity.BODY_POSE)[mine], bodies._values(Quantity.BODY_VELOCITY)[mine]

    moment, turned = _WalkTogether._moment, _Moment.turned

    def catch(self: _WalkTogether, row: int) -> _Moment:
        poses, twists = of_row(row)
        caught.append((poses[:, :3] - (self._env.simulation.origins[row] + self._away).numpy(), twists))
        return moment(self, row)

    def note(self: _Moment, angle: float) -> _Moment:
        made = turned(self, angle)
        c, s = np.cos(angle), np.sin(angle)
        around = np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]])
        positions, twists = caught[-1]
        walked[id(made)] = positions @ around.T, np.hstack([twists[:, :3] @ around.T, twists[:, 3:] @ around.T])
        return made

    monkeypatch.setattr(_WalkTogether, "_moment", catch)
    monkeypatch.setattr(_Moment, "turned", note)
    for frame in range(BLOCK * 7, BLOCK * 8):
        show(session, frame)
        poses, twists = of_row(0)
        positions, expected = walked[id(walks._moment_of(frame))]
        assert np.abs(poses[:, :3] - positions).max() < 1e-5
        assert np.abs(twists - expected).max() < 1e-4
        assert np.abs(twists).max() > 0.1
    assert len(caught) == BLOCK


def test_frames_of_one_robot_are_moments_apart_each_under_its_own_command(
    session: CaptureSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    env, commands = session._robot.env, []
    follow = env.follow

    def note(action: Tensor) -> Tensor:
        commands.append(env.state.command.tolist())
        return follow(action)

    monkeypatch.setattr(env, "follow", note)
    show(session, BLOCK * 5)
    walks = {frame: draw_walk(WALKING, 0, BLOCK * 5 + frame) for frame in range(BLOCK)}
    steps = {frame: round(walk.seconds / env.control_dt) for frame, walk in walks.items()}
    for row, frames in enumerate(_by_robot(5)):
        before = 0
        for frame in frames:
            for step in range(before, steps[frame]):
                assert commands[step][row] == pytest.approx(walks[frame].command)
            before = steps[frame]
    spans = [steps[b] - steps[a] for frames in _by_robot(5) for a, b in itertools.pairwise(frames)]
    assert np.mean(spans) * env.control_dt > 0.1


def _by_robot(block: int) -> list[list[int]]:
    """Frames of a block by robot, counted from its first: in the order of their times, each robot has every fourth."""
    seconds = [draw_walk(WALKING, 0, block * BLOCK + frame).seconds for frame in range(BLOCK)]
    steps = [round(each / 0.02) for each in seconds]
    in_order = sorted(range(BLOCK), key=lambda frame: (steps[frame], frame))
    return [in_order[row::TOGETHER] for row in range(TOGETHER)]


def test_those_that_fell_stand_up_and_walk_on_while_the_others_do_not_notice(
    session: CaptureSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    env, block = session._robot.env, BLOCK * 9
    undisturbed = [show(session, block + at) for at in range(BLOCK)]
    failed, felled, looks = env.failed, 2, []

    def fall_once() -> object:
        fallen = failed().clone()
        looks.append(fallen)
        fallen[felled] |= len(looks) == 5  # after half a second
        return fallen

    show(session, 0, BLOCK)  # other blocks, so that this one is walked again
    with monkeypatch.context() as patched:
        patched.setattr(env, "failed", fall_once)
        disturbed = [show(session, block + at) for at in range(BLOCK)]
    later = [at for at in _by_robot(9)[felled] if draw_walk(WALKING, 0, block + at).seconds > 0.51]
    assert 0 < len(later) < MOMENTS
    assert [at for at in range(BLOCK) if disturbed[at] != undisturbed[at]] == sorted(later)
    for at in later:
        show(session, block + at)
        off = session._robot.heading - draw_walk(WALKING, 0, block + at).heading
        assert abs((off + 180.0) % 360.0 - 180.0) < 25.0


def test_one_robot_is_drawn_and_labelled(session: CaptureSession) -> None:
    frame, _ = drained(session.shoot(5)).labelled()
    assert frame.instance is not None
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
    block = BLOCK * 11
    show(session, block)
    free = [np.hypot(*walks.way(block + row).end) for row in range(BLOCK)]
    limit = sorted(free)[BLOCK // 2]
    show(session, 0, BLOCK)  # other blocks, so that this one is walked again
    monkeypatch.setattr(walks, "_reach", limit)
    show(session, block)
    held = [np.hypot(*walks.way(block + row).end) for row in range(BLOCK)]
    assert max(held) < limit + 0.15 < max(free)
    assert sum(a == b for a, b in zip(free, held, strict=True)) >= BLOCK // 4
