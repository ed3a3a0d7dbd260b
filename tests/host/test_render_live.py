# SPDX-License-Identifier: Apache-2.0
"""Pictures for a viewport, drawn by a process of its own."""

from __future__ import annotations

import io
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from humanoid_brain.config.scene import SceneConfig
from humanoid_brain.host.standalone.render import live
from humanoid_brain.host.standalone.render.film import Follow
from humanoid_brain.host.standalone.render.live import Image, LiveRenderer
from humanoid_brain.scene.build import write_scene


@pytest.fixture
def renderer() -> Iterator[LiveRenderer]:
    made = LiveRenderer()
    yield made
    made.close()


def until(true: Callable[[], bool], patience: float = 120.0) -> None:
    began = time.monotonic()
    while not true():
        assert time.monotonic() - began < patience
        time.sleep(0.01)


def best(renderer: LiveRenderer) -> tuple[Image, list[int]]:
    """The last picture, and the widths of all that came."""
    pictures: list[Image] = []

    def settled() -> bool:
        assert renderer.error is None, renderer.error
        done = renderer.settled  # before the picture is taken: it comes no later than the news of it
        picture = renderer.picture()
        if picture is not None:
            pictures.append(picture)
        return done

    until(settled)
    return pictures[-1], [picture.shape[1] for picture in pictures]


def test_pictures_grow_better_while_nothing_moves_and_follow_the_camera(renderer: LiveRenderer, tmp_path: Path) -> None:
    write_scene(SceneConfig(), tmp_path / "scene.usda")
    renderer.open(tmp_path / "scene.usda")
    renderer.look(vars(Follow((0.0, 0.0, 0.9))), 240, 136)
    front, widths = best(renderer)
    assert front.shape == (136, 240, 4) and front.dtype == np.uint8 and (front[..., 3] == 255).all()
    assert widths == sorted(widths) and renderer.error is None
    time.sleep(0.3)
    assert renderer.picture() is None  # nothing is drawn once it is as good as it gets
    renderer.look(vars(Follow((0.0, 0.0, 0.9), azimuth=140.0)), 120, 80)
    assert not renderer.settled
    back, _ = best(renderer)
    assert back.shape == (80, 120, 4)
    renderer.look({}, 240, 136)
    own, _ = best(renderer)
    assert np.abs(own.astype(int) - front).mean() > 3.0


def test_the_first_picture_is_as_large_as_time_allows() -> None:
    scale = live.SCALES.index(1 / 3)
    assert live.next_scale(scale, 0.08) == scale
    assert live.SCALES[live.next_scale(scale, 0.3)] == 1 / 4 and live.SCALES[live.next_scale(scale, 0.01)] == 1 / 2
    assert live.next_scale(0, 10.0) == 0 and live.next_scale(len(live.SCALES) - 1, 0.001) == len(live.SCALES) - 1


def test_pictures_become_smaller_where_they_are_slow(tmp_path: Path) -> None:
    write_scene(SceneConfig(), tmp_path / "scene.usda")
    answers = io.BytesIO()
    server = live._Server(answers)
    server.take([{"open": str(tmp_path / "scene.usda"), "camera": {}, "size": [240, 160], "number": 1}])
    server.draw()  # the first one loads, which is slow
    server.take([{"camera": {}, "size": [240, 160], "number": 2}])
    server.draw()
    answers.seek(0)
    widths = []
    while line := answers.readline():
        height, width = json.loads(line)["size"]
        answers.seek(4 * height * width, io.SEEK_CUR)
        widths.append(width)
    assert widths == [round(240 / 3), round(240 / 4)]


def test_a_body_that_moves_is_seen_elsewhere(renderer: LiveRenderer, tmp_path: Path) -> None:
    write_scene(SceneConfig(), tmp_path / "scene.usda")
    renderer.open(tmp_path / "scene.usda")
    renderer.look(vars(Follow((0.0, 0.0, 0.9))), 160, 90)
    before, _ = best(renderer)
    pose = [0.0, 1.0, 1.5, 1.0, 0.0, 0.0, 0.0]
    renderer.pose({"/World/envs/env_0/Robot/pelvis/torso": pose, "/World/envs/env_0/Robot/head": pose})
    after, _ = best(renderer)
    assert renderer.error is None
    assert np.abs(after.astype(int) - before).max() > 40


def test_edits_over_the_scene_are_seen_and_taken_back(renderer: LiveRenderer, tmp_path: Path) -> None:
    write_scene(SceneConfig(), tmp_path / "scene.usda")
    renderer.open(tmp_path / "scene.usda")
    renderer.look({}, 160, 90)
    before, _ = best(renderer)
    renderer.edit(_layer("/World/lights/sky", "over", "float inputs:intensity = 9000"))
    bright, _ = best(renderer)
    assert bright.mean() > before.mean() + 20
    density, color = (
        "custom float humanoid_brain:fog:density = 1",
        "custom color3f humanoid_brain:fog:color = (0, 0, 0)",
    )
    renderer.edit(_layer("/randomization/fog", "def Scope", density, color))
    foggy, _ = best(renderer)
    assert foggy[..., :3].std() < 0.5 * before[..., :3].std()
    renderer.edit(_layer("/World/camera", "over", "float focalLength = 9"))
    elsewhere, _ = best(renderer)
    assert np.abs(elsewhere.astype(int) - before).mean() > 3.0
    renderer.edit("")
    after, _ = best(renderer)
    assert renderer.error is None
    # Only the grain of the samples differs.
    assert np.abs(after.astype(int) - before).mean() < 3.0 < np.abs(bright.astype(int) - before).mean()


def _layer(path: str, kind: str, *attributes: str) -> str:
    """A layer with attributes of one prim, as text."""
    names = path.strip("/").split("/")
    opened = [f'{kind} "{name}"\n{{' for name in names]
    return "\n".join(["#usda 1.0", *opened, *attributes, *("}" for _ in names)]) + "\n"


def test_a_scene_that_cannot_be_drawn_is_an_error_and_the_next_one_is_drawn(
    renderer: LiveRenderer, tmp_path: Path
) -> None:
    renderer.open(tmp_path / "nothing.usda")
    renderer.look({}, 64, 64)
    until(lambda: renderer.error is not None)
    write_scene(SceneConfig(), tmp_path / "scene.usda")
    renderer.open(tmp_path / "scene.usda")
    assert renderer.error is None
    best(renderer)


def test_a_process_that_is_killed_is_an_error_and_another_one_starts(renderer: LiveRenderer, tmp_path: Path) -> None:
    write_scene(SceneConfig(), tmp_path / "scene.usda")
    renderer.open(tmp_path / "scene.usda")
    assert renderer._process is not None
    renderer._process.kill()
    until(lambda: renderer.error is not None)
    assert "Build the scene again" in str(renderer.error)
    renderer.open(tmp_path / "scene.usda")
    renderer.look({}, 64, 64)
    best(renderer)


def test_poses_are_turned_as_rotations_turn_vectors() -> None:
    quaternions = np.array([[1.0, 0.0, 0.0, 0.0], [0.5, 0.5, 0.5, 0.5], [2.0, 0.0, 0.0, 2.0]])
    poses = live._matrices(np.concatenate([np.array([[1.0, 2.0, 3.0]] * 3), quaternions], 1))
    assert np.allclose(poses[:, :3, 3], [1.0, 2.0, 3.0]) and np.allclose(poses[:, 3], [0.0, 0.0, 0.0, 1.0])
    assert np.allclose(poses[:, :3, :3] @ [1.0, 0.0, 0.0], [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 1.0, 0.0]])
    assert np.allclose(poses[:, :3, :3] @ poses[:, :3, :3].transpose(0, 2, 1), np.eye(3))
