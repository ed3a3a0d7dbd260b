# SPDX-License-Identifier: Apache-2.0
"""The training panel's view model with real runs, small ones, and no window."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from pxr import Usd

from humanoid_brain import workbench
from humanoid_brain.config.task import TargetCommandConfig
from humanoid_brain.jobs import JobState
from humanoid_brain.scene.build import grid_origins
from humanoid_brain.scene.targets import target_path
from humanoid_brain.ui.training_model import FIRST, TrainingModel
from tests.learning.test_job import make_config
from tests.ui.helpers import finish, make_session


@pytest.fixture
def model(tmp_path: Path) -> Iterator[TrainingModel]:
    made = TrainingModel(make_session())
    made.form.load(make_config(tmp_path / "run", iterations=4))
    yield made
    made.session.worker.close()
    made.session.actions.close()  # pyright: ignore[reportAttributeAccessIssue]


def until(model: TrainingModel, true: Callable[[], bool]) -> None:
    for _ in range(5000):
        model.session.worker.tick()
        if true():
            return
    raise AssertionError("waited in vain")


def test_a_run_fills_the_curves_and_says_where_it_stands(model: TrainingModel, tmp_path: Path) -> None:
    told: list[Any] = []
    subscription = model.session.run_changed.subscribe(told.append)
    model.start()
    assert model.running and model.session.live.value is not None
    until(model, lambda: model.iteration >= 2)
    assert 0 < model.steps == 32 * model.iteration
    assert dict(model.facts())["Iteration"] == f"{model.iteration} of 4"
    assert model.session.live.value.poses(), "the viewport is told where the robots are"
    finish(model.session)
    assert model.state is JobState.DONE and len(model.curves["reward"]) == 4
    assert set(model.terms) == set(model.form.data["task"]["rewards"])
    assert model.session.live.value is None
    (message,) = model.task.messages.value
    assert message.severity == "good" and "iteration 4" in message.text
    assert set(told) == {tmp_path / "run"}
    subscription.cancel()


def test_pausing_is_exact(model: TrainingModel) -> None:
    model.start()
    until(model, lambda: model.iteration >= 1)
    model.pause_or_resume()
    job: Any = model.task.job
    before = (model.steps, job.env.state.episode_step.tolist(), job.learner.rollout.cursor.tolist())
    for _ in range(50):
        model.session.worker.tick()
    assert (model.steps, job.env.state.episode_step.tolist(), job.learner.rollout.cursor.tolist()) == before
    assert model.state is JobState.PAUSED and "nothing advances" in model.status()
    assert dict(model.facts())["Time left"] == "paused"
    model.pause_or_resume()
    until(model, lambda: model.steps > before[0])


def test_save_now_writes_a_checkpoint_once_the_iteration_is_over(model: TrainingModel, tmp_path: Path) -> None:
    model.form.set(("checkpoint", "every"), 1000)
    model.form.set(("budget", "iterations"), 1000)
    model.start()
    until(model, lambda: model.iteration >= 1)
    model.save_now()
    assert "saves after this iteration" in model.status()
    checkpoints = tmp_path / "run" / "checkpoints"
    until(model, lambda: "saves" not in model.status())
    assert len(list(checkpoints.glob("iteration_*"))) == 1


def test_the_second_of_two_jobs_says_why_it_does_not_start(model: TrainingModel, tmp_path: Path) -> None:
    model.start()
    until(model, lambda: model.iteration >= 1)
    other = TrainingModel(model.session)
    view = model.session.live.value
    other.start()
    (message,) = other.task.messages.value
    assert "Training is running, and one job runs at a time" in message.text and "Stop Training" in message.todo
    assert not other.running and other.facts() == [] and model.session.live.value is view


def test_what_does_not_fit_is_told_and_nothing_starts(model: TrainingModel) -> None:
    model.form.set(("ppo", "clip"), 7.0)
    model.start()
    (message,) = model.task.messages.value
    assert message.severity == "error" and "ppo.clip" in message.text and "panel Training" in message.todo
    assert not model.running


def test_an_error_of_the_run_is_told_with_what_to_do(model: TrainingModel) -> None:
    model.form.put(("task", "rewards", "joy"), {"weight": 1.0})
    model.start()
    finish(model.session)
    (message,) = model.task.messages.value
    assert message.severity == "error" and "joy" in message.text and "Choose one of" in message.todo
    assert "ended with an error" in model.status()


def test_a_run_goes_on_from_a_checkpoint_with_its_curve(model: TrainingModel, tmp_path: Path) -> None:
    model.start()
    finish(model.session)
    later = TrainingModel(make_session())
    asked: list[str] = []
    subscription = later.session.panel_asked.subscribe(asked.append)
    rows = [{"iteration": i, "reward": 0.1 * i} for i in (1, 2)]
    later.session.resume_asked.emit(tmp_path / "run", "iteration_000002", rows)
    assert later.running and set(asked) == {"Training"}
    assert len(later.curves["reward"]) == 2 and later.form.value == model.form.value
    finish(later.session)
    assert later.iteration == 4 and len(later.curves["reward"]) == 4
    subscription.cancel()
    later.session.actions.close()  # pyright: ignore[reportAttributeAccessIssue]


def test_a_run_that_has_done_all_says_how_to_go_on(model: TrainingModel, tmp_path: Path) -> None:
    model.start()
    finish(model.session)
    model.resume_run(tmp_path / "run", "iteration_000004", [{"iteration": 4}])
    (message,) = model.task.messages.value
    assert "all of its 4 iterations" in message.text and "Raise Iterations" in message.todo and not model.running


def test_a_simulation_that_is_taken_away_costs_the_iteration_under_way_only(
    model: TrainingModel, tmp_path: Path
) -> None:
    model.form.set(("checkpoint", "every"), 1000)
    model.form.set(("budget", "iterations"), 1000)
    model.start()
    until(model, lambda: model.iteration >= 2)
    model.end("The stage was closed")
    (message,) = model.task.messages.value
    assert message.severity == "warning" and "stage was closed" in message.text and "Runs" in message.todo
    assert [path.name for path in (tmp_path / "run" / "checkpoints").iterdir()] == [f"iteration_{model.iteration:06d}"]


def test_the_scene_panel_gives_the_robot_if_it_is_asked(model: TrainingModel) -> None:
    model.session.scene.set(("robot", "source", "height"), 1.5)
    assert model._config().scene.robot.source.height == 1.7  # pyright: ignore[reportAttributeAccessIssue]
    model.use_scene.value = True
    config = model._config()
    assert config.scene.robot.source.height == 1.5  # pyright: ignore[reportAttributeAccessIssue]
    assert config.scene.num_envs == 8 and config.scene.physics == model.form.value.scene.physics  # pyright: ignore[reportOptionalMemberAccess]


def test_a_draft_survives_a_session_and_presets_come_whole(model: TrainingModel, tmp_path: Path) -> None:
    model.form.set_text(("scene", "num_envs"), "many")
    state = model.collect()
    later = TrainingModel(make_session())
    later.apply(state)
    assert later.form.get(("scene", "num_envs")) == "many" and later.form.value is None
    later.reset()
    assert later.preset.value == FIRST and later.form.value is not None
    (tmp_path / "bad.yaml").write_text("task: 3\n")
    later.load_file(tmp_path / "bad.yaml")
    assert later.task.messages.value[0].severity == "error" and later.form.value is not None


def test_the_viewport_is_told_where_targets_are_and_draws_them(
    model: TrainingModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from humanoid_brain.host.standalone.render.film import FilmRenderer, Follow

    monkeypatch.setattr(workbench, "MOST_SHOWN", 2)
    config = make_config(tmp_path / "run", iterations=4)
    config.scene.num_envs = 6
    config.task.command = TargetCommandConfig(radius=0.4)
    model.form.load(config)
    model.start()
    until(model, lambda: model.iteration >= 1)
    live, job = model.session.live.value, model.task.job
    env: Any = job.env  # pyright: ignore[reportAttributeAccessIssue, reportOptionalMemberAccess]
    assert live is not None
    origins = torch.as_tensor(env.simulation.built.env_origins)
    live.watch(4)
    poses = live.poses()
    for place, number in ((0, 4), (1, 5)):
        shown = torch.tensor(poses[target_path(place)][:2]) - torch.tensor(grid_origins(2, live.spacing)[place, :2])
        real = env.state.target[number].cpu() - origins[number, :2]
        assert torch.allclose(shown.float(), real, atol=2e-3), number
    assert target_path(2) not in poses
    renderer = FilmRenderer(Usd.Stage.Open(str(live.path)), 32, 32, samples=2, device="cpu")

    def orange(x: float, y: float) -> bool:
        moved = np.eye(4)
        moved[:3, 3] = 7.0, 7.0, 0.005
        view = Follow((x, y, 0.0), elevation=89.0, distance=1.0)
        red, _, blue = renderer.render(view, {target_path(0): moved})[16, 16].astype(int)
        return red > blue + 40

    assert orange(7.0, 7.0) and not orange(7.0, 9.0)
    model.stop()
    finish(model.session)


def test_any_environment_can_be_watched_also_one_beyond_those_that_the_file_holds(
    model: TrainingModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workbench, "MOST_SHOWN", 2)
    model.form.set(("scene", "num_envs"), 6)
    model.start()
    until(model, lambda: model.iteration >= 1)
    live, job = model.session.live.value, model.task.job
    env: Any = job.env  # pyright: ignore[reportAttributeAccessIssue, reportOptionalMemberAccess]
    assert live is not None and (live.total, live.shown) == (6, 2)
    first = live.poses()
    origins = torch.as_tensor(env.simulation.built.env_origins)
    for number, place in ((0, 0), (1, 1), (3, 0), (5, 1)):
        live.watch(number)
        poses = live.poses()
        assert poses.keys() == first.keys(), "the bodies are those of the file"
        assert f"env_{place}/" in live.subject
        shown = torch.tensor(poses[live.subject][:3]) - torch.tensor(grid_origins(2, live.spacing)[place])
        real = env.state.root_position[number].cpu() - origins[number]
        assert torch.allclose(shown.float()[:2], real[:2], atol=2e-3), number
    model.stop()
    finish(model.session)
