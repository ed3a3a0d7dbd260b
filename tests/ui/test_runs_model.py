# SPDX-License-Identifier: Apache-2.0
"""The runs panel's view model on runs that were really trained."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from humanoid_brain.learning.job import TrainingJob
from humanoid_brain.learning.policy import load_policy
from humanoid_brain.ui.runs_model import RunsModel, evaluation_text
from tests.learning.test_job import make_config
from tests.ui.helpers import finish, make_session


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "outputs"
    TrainingJob(make_config(folder / "walk")).run()
    return folder


@pytest.fixture
def outputs(trained: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(trained, tmp_path / "outputs"))


@pytest.fixture
def model(outputs: Path) -> Iterator[RunsModel]:
    made = RunsModel(make_session())
    made.folder.value = outputs
    look(made)
    yield made
    made.session.worker.close()
    made.session.actions.close()  # pyright: ignore[reportAttributeAccessIssue]
    made.close()


def look(model: RunsModel) -> None:
    for _ in range(2000):
        model.session.worker.tick()
        if not model.scanning and not model._again:
            return
    raise AssertionError("the search does not end")


def test_runs_are_listed_with_what_was_trained_and_the_newest_checkpoint_is_chosen(
    model: RunsModel, outputs: Path
) -> None:
    (path,) = model.runs
    run = model.runs[path]
    assert path == outputs / "walk" and model.title(run) == "walk"
    assert model.summary(run).startswith("walk, 8 envs, 3 iterations, reward ")
    model.select(path)
    assert model.checkpoint.value == "iteration_000003" == model.chosen.name  # pyright: ignore[reportOptionalMemberAccess]
    assert [len(curve) for _, curve in model.curves()] == [3]


def test_two_curves_can_be_compared(model: RunsModel, outputs: Path) -> None:
    shutil.copytree(outputs / "walk", outputs / "deep" / "other")
    model.refresh()
    look(model)
    first, second = outputs / "walk", outputs / "deep" / "other"
    model.select(first)
    model.compare(second)
    assert [name for name, _ in model.curves()] == ["walk", "deep/other"]
    model.compare(second)
    assert len(model.curves()) == 1


def test_a_new_checkpoint_is_seen_when_a_run_says_that_it_changed(model: RunsModel, outputs: Path) -> None:
    shutil.rmtree(outputs / "walk" / "checkpoints" / "iteration_000003")
    model.select(outputs / "walk")
    model.session.run_changed.emit(outputs / "walk")
    look(model)
    assert [each.name for each in model.run.checkpoints][-1] == "iteration_000002"  # pyright: ignore[reportOptionalMemberAccess]
    assert model.chosen is not None and model.chosen.name == "iteration_000002"


def test_nothing_can_be_done_without_a_checkpoint(model: RunsModel, tmp_path: Path) -> None:
    for action in (model.resume, model.play_policy, model.evaluate, lambda: model.export(tmp_path)):
        model.task.say()
        action()
        (message,) = model.task.messages.value
        assert message.severity == "error" and "Choose a run" in message.todo


def test_a_checkpoint_is_evaluated_and_its_figures_are_listed(model: RunsModel, outputs: Path) -> None:
    model.select(outputs / "walk")
    model.evaluation.set(("episodes",), 4)
    model.evaluation.set(("num_envs",), 4)
    model.evaluate()
    assert model.task.running, model.task.messages.value
    finish(model.session)
    look(model)
    assert model.chosen is not None and model.chosen.evaluation is not None
    assert model.chosen.evaluation["episodes"] == 4
    (message,) = model.task.messages.value
    assert message.severity == "good" and "survived" in message.text


def test_a_policy_walks_for_the_viewport_until_it_is_stopped(model: RunsModel, outputs: Path) -> None:
    model.select(outputs / "walk")
    model.play.set(("robots",), 2)
    model.play_policy()
    job: Any = model.task.job
    while job.progress.done < 0.2:
        model.session.worker.tick()
        assert model.task.running, model.task.messages.value
    view = model.session.live.value
    assert view is not None and view.shown == 2
    poses = view.poses()
    assert len(poses) == 2 * 24 and all(len(pose) == 7 for pose in poses.values())
    job.pause()
    model.session.worker.tick()
    assert view.poses() == poses or job.progress.done >= 0.2
    job.stop()
    finish(model.session)
    assert model.session.live.value is None and not model.task.messages.value


def test_a_policy_is_exported_and_a_folder_with_other_files_is_left_alone(
    model: RunsModel, outputs: Path, tmp_path: Path
) -> None:
    model.select(outputs / "walk")
    model.choose("iteration_000002")
    model.export(tmp_path / "policy")
    finish(model.session)
    assert model.task.messages.value[0].severity == "good"
    policy = load_policy(tmp_path / "policy")
    assert policy.card["checkpoint"] == "iteration_000002"
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("dear")
    model.export(tmp_path / "mine")
    finish(model.session)
    assert "other files" in model.task.messages.value[0].text
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["notes.txt"]


def test_a_run_of_another_robot_says_so(model: RunsModel, outputs: Path) -> None:
    config = outputs / "walk" / "config.yaml"
    config.write_text(config.read_text().replace("height: 1.7", "height: 1.6"))
    model.select(outputs / "walk")
    model.resume()
    assert model.task.messages.value and not model.task.running


@pytest.mark.parametrize("folder", ["", "/nowhere", "/proc/1/root", "\x00"])
def test_a_folder_that_cannot_be_read_is_an_empty_list(model: RunsModel, folder: str) -> None:
    model.folder.value = Path(folder) if folder else Path("empty folder that is not there")
    look(model)
    assert model.runs == {}


def test_an_evaluation_is_told_by_what_its_task_is_about() -> None:
    walked = {"survival": 0.994, "velocity_error": 0.113, "reached": None}
    assert evaluation_text(walked) == "99 % survived, 0.11 m/s off"
    assert evaluation_text({**walked, "reached": 0.96}) == "99 % survived, 96 % reached"
    assert evaluation_text({"survival": "most", "reached": float("nan")}) == ""
