# SPDX-License-Identifier: Apache-2.0
"""A user trains a little, looks, pauses, resumes and stops; comes back in another process, goes on with the run, lets
it walk, measures it and captures two frames. Run with a folder for pictures, first with "train", then with "return".
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from humanoid_brain.jobs import JobState
from humanoid_brain_tests import steps
from tests.ui.driver import Driver, run

OUTPUT = "outputs/train_small"
PATIENCE = 240.0


async def trains(user: Driver) -> None:
    panel = await steps.opens(user, "Training")
    model = panel.model
    await _sets_up(user, panel)
    await _changes_the_display(user, panel)
    await steps.starts(user, OUTPUT)
    await user.until("the viewport", lambda: user.studio.viewport.frames > 1, PATIENCE)
    await user.picture("training")

    await _asks_for_a_second_job(user)
    await steps.pauses(user)
    shown = user.studio.viewport.frames
    await user.until("a clear picture", lambda: user.studio.viewport.frames >= shown + 3, PATIENCE)
    await user.picture("paused")
    await steps.resumes(user)
    await _watches_another_environment(user)
    await _folds_and_moves_the_overlay(user, panel.overlay)

    newest = newest_checkpoint()  # a quick machine has passed the iteration of the first one already
    await user.click(panel.save_button)
    await user.until("the checkpoint", lambda: newest_checkpoint() > newest, PATIENCE)
    await steps.stops(user)
    assert model.state is JobState.DONE
    await user.picture("stopped")


def newest_checkpoint() -> str:
    return max((path.name for path in Path(OUTPUT).glob("checkpoints/iteration_*")), default="")


async def _sets_up(user: Driver, panel: Any) -> None:
    form = panel.model.form
    (folder,) = panel.views["Run"].editors(("output",))
    await user.type(folder, "_small")
    assert str(form.value.output) == OUTPUT and form.value.device == "cpu"
    weight = panel.rewards.weights["alive"]
    await user.slide(weight, 40)
    assert form.value.task.rewards["alive"].weight > 0.5


async def _changes_the_display(user: Driver, panel: Any) -> None:
    """What is set elsewhere, as by the settings of an earlier session, is what the widgets show."""
    pacing = user.session.pace
    before = pacing.collect()
    pacing.apply({"mode": "none", "share": 0.25, "every": 7})
    await user.frames()
    assert steps.chosen(panel.mode) == 2
    assert (panel.every.model.as_int, panel.share.model.as_float) == (7, 0.25)
    pacing.apply(before)
    await user.frames()
    assert steps.chosen(panel.mode) == 1 and pacing.collect()["every"] == before["every"]


async def _watches_another_environment(user: Driver) -> None:
    viewport, live = user.studio.viewport, user.session.live.value
    first, far = live.subject, viewport.orbit.distance
    await user.slide(viewport._environment, 60)
    number = viewport.environment.value
    assert 0 < number < live.total == 16
    await user.until("the robot", lambda: live.subject != first)
    assert f"env_{number}/" in live.subject
    await user.until("the view", lambda: viewport.orbit.distance < far)
    await user.picture("another_environment")


async def _asks_for_a_second_job(user: Driver) -> None:
    dataset = user.panel("Dataset")
    await user.click(user.studio.window.tabs["Dataset"])
    await user.click(dataset.start_button)
    (message,) = dataset.messages.shown
    assert "Training is running, and one job runs at a time" in message.text and "Stop Training" in message.todo
    await user.picture("second_job")
    await user.click(user.studio.window.tabs["Training"])


async def _folds_and_moves_the_overlay(user: Driver, overlay: Any) -> None:
    await user.click(overlay.fold)
    assert overlay.folded.value
    (x, y), orbit = overlay.place, user.studio.viewport.orbit
    await user.drag(overlay.title, 60, 40)
    assert user.studio.viewport.orbit == orbit, "what moves the overlay must not turn the camera"
    assert (overlay.place[0] - x, overlay.place[1] - y) == (60, 40)
    await user.picture("overlay_folded")
    await user.click(overlay.fold)
    assert not overlay.folded.value
    await user.click(overlay.close)
    assert not overlay.shown
    overlay.on.value = True


async def returns(user: Driver) -> None:
    panel = await steps.finds(user, "outputs")
    assert panel.model.run.path == Path(OUTPUT)
    newest = panel.model.chosen.totals.iteration
    await user.picture("runs")

    await _resumes(user, panel, newest)
    await _plays(user, panel)
    await _evaluates(user, panel)
    await steps.captures(user, "outputs/small_dataset")
    await user.picture("captured")


async def _resumes(user: Driver, panel: Any, newest: int) -> None:
    await user.click(panel.resume_button)
    training = user.panel("Training")
    assert user.studio.window.current == "Training" and training.model.running, panel.messages.shown
    assert len(training.model.curves["reward"]) == newest, "the curve begins with that of the run so far"
    await user.until("to go on", lambda: training.model.iteration > newest, PATIENCE)
    await user.picture("resumed")
    await user.click(training.stop_button)
    await user.until("the end", lambda: not training.model.running, PATIENCE)


async def _plays(user: Driver, panel: Any) -> None:
    model = panel.model
    await steps.opens(user, "Runs")
    await user.until("the run to be read again", lambda: len(model.run.checkpoints) >= 2)
    shown = user.studio.viewport.frames
    await steps.plays(user)
    live = user.session.live.value
    before, walked = live.poses(), model.task.job.progress.done
    await user.until("the robot to walk on", lambda: model.task.job.progress.done > walked + 0.1, PATIENCE)
    assert live is user.session.live.value and live.poses() != before
    await user.until("pictures of it", lambda: user.studio.viewport.frames >= shown + 3, PATIENCE)
    await user.picture("playing")
    await steps.ends_the_play(user)


async def _evaluates(user: Driver, panel: Any) -> None:
    model = panel.model
    model.evaluation.set(("episodes",), 4)
    model.evaluation.set(("num_envs",), 4)
    await user.click(panel.evaluate_button)
    await user.until("the figures", lambda: not model.task.running, PATIENCE)
    await user.until("the list", lambda: model.chosen.evaluation is not None)
    (message,) = panel.messages.shown
    assert "survived" in message.text
    await user.picture("evaluated")


if __name__ == "__main__":
    run({"train": trains, "return": returns}[sys.argv[2]], Path(sys.argv[1]))
    print("told")
