# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pxr import Usd

from humanoid_brain.config.scene import SceneConfig
from humanoid_brain.ui.scene_model import ROOM, SceneModel
from tests.ui.helpers import finish, make_session


@pytest.fixture
def model() -> Iterator[SceneModel]:
    made = SceneModel(make_session())
    yield made
    made.session.worker.close()
    made.session.actions.close()  # pyright: ignore[reportAttributeAccessIssue]
    made.close()


def test_build_says_what_was_checked_and_gives_the_scene(model: SceneModel) -> None:
    told: list[Any] = []
    subscription = model.session.scene_built.subscribe(told.append)
    model.form.set(("num_envs",), 64)
    model.build()
    assert model.session.worker.busy
    finish(model.session)
    (message,) = model.task.messages.value
    assert message.severity == "good"
    for part in ("24 links", "23 joints", "fit the description", "64 environments, 2.5 m apart", "16 of them"):
        assert part in message.text
    (result,) = told
    stage = Usd.Stage.Open(str(result.path))
    assert stage.GetPrimAtPath("/World/envs/env_15/Robot") and not stage.GetPrimAtPath("/World/envs/env_16")
    assert model.built.value is result and not model.stale.value
    model.form.set(("num_envs",), 1)
    assert model.stale.value
    subscription.cancel()


def test_what_does_not_fit_is_said_with_the_fields_that_are_marked(model: SceneModel) -> None:
    model.form.set(("spacing",), 0.1)
    model.build()
    (message,) = model.task.messages.value
    assert message.severity == "error" and "spacing" in message.text and "panel Scene" in message.todo
    assert model.task.job is None


def test_a_robot_that_does_not_fit_its_description_is_listed_finding_by_finding(model: SceneModel) -> None:
    model.form.set(("robot", "torso_link"), "chest")
    model.build()
    finish(model.session)
    (message,) = model.task.messages.value
    assert message.severity == "error" and "torso_link: there is no link 'chest'" in message.text
    assert model.built.value is None
    model.form.set(("robot", "torso_link"), "torso")
    model.build()
    finish(model.session)
    assert model.task.messages.value[0].severity == "good"


def test_why_nothing_started_is_told_until_it_is_corrected(model: SceneModel) -> None:
    model.form.set(("num_envs",), 0)
    model.build()
    (message,) = model.task.messages.value
    assert "num_envs" in message.text and not model.session.worker.busy
    model.form.set(("spacing",), 3.0)
    assert model.task.messages.value == (message,), "it does not fit yet"
    model.form.set(("num_envs",), 2)
    assert model.task.messages.value == ()


@pytest.mark.parametrize("path", ["", "nowhere.usd", "notes.txt", "/"])
def test_a_robot_file_that_cannot_be_used_is_an_error_in_the_panel(
    model: SceneModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "notes.txt").write_text("no robot")
    model.form.choose(("robot", "source"), "file")
    model.form.set_text(("robot", "source", "path"), path)
    model.build()
    finish(model.session)
    (message,) = model.task.messages.value
    assert message.severity == "error" and message.todo


def test_a_room_brings_a_camera_that_nobody_moved_inside(model: SceneModel) -> None:
    model.form.enable(ROOM, True, model.propose(ROOM))
    assert model.form.value is not None and model.form.value.interior is not None
    model.form.set(("num_envs",), 4)
    assert model.form.problems == [
        "configuration: an interior holds one environment, not 4; set num_envs to 1",
    ]
    model.form.enable(ROOM, False)
    assert model.form.value is not None


def test_a_room_does_not_move_a_camera_that_was_placed(model: SceneModel) -> None:
    model.form.set(("camera", "position"), [2.0, 1.0, 1.2])
    model.form.enable(ROOM, True, model.propose(ROOM))
    assert model.form.get(("camera", "position")) == [2.0, 1.0, 1.2]


def test_presets_load_and_a_broken_file_changes_nothing(model: SceneModel, tmp_path: Path) -> None:
    model.load_preset("moon")
    assert model.form.value is not None and model.form.value.physics.gravity == 1.62
    assert model.preset.value == "moon"
    broken = tmp_path / "broken.yaml"
    broken.write_text("physics: {gravity: heavy}\n")
    model.load_file(broken)
    (message,) = model.task.messages.value
    assert "broken.yaml:1: physics.gravity" in message.text
    assert model.form.value is not None and model.form.value.physics.gravity == 1.62
    model.reset()
    assert model.form.value == SceneConfig() and not model.preset.value


def test_save_writes_a_stage_and_says_where_or_why_not(model: SceneModel, tmp_path: Path) -> None:
    model.save(tmp_path / "mine")
    finish(model.session)
    (message,) = model.task.messages.value
    assert str(tmp_path / "mine.usda") in message.text
    assert Usd.Stage.Open(str(tmp_path / "mine.usda")).GetPrimAtPath("/World/envs/env_0/Robot")
    (tmp_path / "file").write_text("")
    model.save(tmp_path / "file" / "scene.usda")
    finish(model.session)
    (message,) = model.task.messages.value
    assert message.severity == "error" and str(tmp_path / "file") in message.text


def test_the_next_session_takes_up_the_draft(model: SceneModel) -> None:
    model.form.set_text(("spacing",), "wide")
    state = json.loads(json.dumps(model.collect()))
    later = SceneModel(make_session())
    later.apply(state)
    assert later.form.get(("spacing",)) == "wide" and later.form.value is None
    later.close()
