# SPDX-License-Identifier: Apache-2.0
"""What a user does with the panels, step by step, and what must then be true.

The same steps are told in the studio and inside Isaac Sim; only what clicks, and what a frame is, differ.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from humanoid_brain.ui.randomization_model import PICTURES

PATIENCE = 600.0
"""Time in s that a step takes at most: the first picture of a ray tracer may wait for its shaders."""
VIGNETTE = ("terms", "image", "vignette")


class User(Protocol):
    """Clicks and waits."""

    @property
    def session(self) -> Any:
        """What the panels share."""
        ...

    @property
    def window(self) -> Any:
        """The main window."""
        ...

    def panel(self, title: str) -> Any:
        """A panel of the window."""
        ...

    async def frames(self, count: int = 3) -> None:
        """Let some frames pass."""
        ...

    async def until(self, what: str, true: Callable[[], bool], patience: float = PATIENCE) -> None:
        """Let frames pass until something holds; fail when it takes too long."""
        ...

    async def click(self, widget: Any) -> None:
        """Click into the middle of a widget."""
        ...

    async def slide(self, widget: Any, right: float) -> None:
        """Drag in a widget, so many pixels to the right."""
        ...

    async def type(self, field: Any, text: str) -> None:
        """Type into a text field, and press Enter."""
        ...


async def slide_to(user: User, widget: Any, form: Any, path: tuple[Any, ...], value: float, step: float = 1) -> None:
    """Drag a number to a value. The first pixels of a drag may not count, so it can take several."""
    for _ in range(12):
        missing = round((value - form.get(path)) / step)
        if missing == 0:
            return
        await user.slide(widget, missing)
    raise AssertionError(f"{path} is {form.get(path)} and cannot be dragged to {value}")


def chosen(combo: Any) -> int:
    """Number of the entry that a combo box shows."""
    return combo.model.get_item_value_model().as_int


async def opens(user: User, title: str) -> Any:
    """Bring a panel to the front."""
    await user.click(user.window.tabs[title])
    assert user.window.current == title
    return user.panel(title)


async def builds(user: User) -> None:
    """The scene as it is proposed."""
    panel = await opens(user, "Scene")
    await user.click(panel.build_button)
    await user.until("the scene", lambda: panel.model.built.value is not None)
    assert "24 links" in panel.messages.shown[0].text, panel.messages.shown


async def sets_a_range(user: User) -> None:
    """First so that it does not fit, which is marked with its reason; then rightly."""
    panel, form = await opens(user, "Randomization"), user.session.randomization
    await user.type(panel.search, "vignette")
    assert list(panel.views) == ["image"]
    low, high = panel.views["image"].editors(VIGNETTE)[:2]
    await slide_to(user, low, form, (*VIGNETTE, "low"), 0.6, 0.01)
    assert form.value is None and low.name == "invalid"
    assert "lies above the upper end" in panel.views["image"].reason(VIGNETTE)
    await user.click(panel.preview_button)
    (message,) = panel.messages.shown
    assert message.severity == "error" and "vignette" in message.text
    await slide_to(user, high, form, (*VIGNETTE, "high"), 0.8, 0.01)
    assert form.value is not None and form.value.terms["image"].vignette.bounds() == (0.6, 0.8)
    assert low.name == "" and not panel.views["image"].reason(VIGNETTE)


async def previews(user: User, pictures: int = 4) -> None:
    """A sheet of draws."""
    panel = await opens(user, "Randomization")
    panel.model.pictures.value = pictures
    assert chosen(panel.count) == PICTURES.index(pictures), "the combo box follows"
    await user.click(panel.preview_button)
    assert user.session.worker.busy and not panel.messages.shown, panel.messages.shown
    await user.until("the preview", lambda: bool(panel.model.sheet.value) and not user.session.worker.busy)
    assert Path(panel.model.sheet.value).is_file()


async def captures(user: User, output: str) -> None:
    """Two small frames, and their quality report."""
    panel = await opens(user, "Dataset")
    model = panel.model
    small = {"frames": 2, "width": 320, "height": 240, "quality": "preview", "output": output}
    for name, value in small.items():
        model.form.set((name,), value)
    model.form.set(("dataset", "workers"), 1)
    (quality,) = panel.views["Frames"].editors(("quality",))
    assert chosen(quality) == 0, "the combo box follows"
    await user.click(panel.start_button)
    assert not panel.messages.shown, panel.messages.shown
    await user.until("a picture", lambda: model.shown.value is not None)
    await user.until("the report", lambda: model.verdict.value is not None)
    assert model.verdict.value.pictures == 2 and model.verdict.value.errors == 0, panel.messages.shown


async def starts(user: User, output: str, envs: int = 16) -> None:
    """A training, small enough for any machine."""
    panel = await opens(user, "Training")
    form = panel.model.form
    small = {("network", "hidden"): [32, 32], ("ppo", "epochs"): 2, ("tensorboard",): False, ("output",): output}
    for path, value in small.items():
        form.set(path, value)
    (count,) = panel.views["Run"].editors(("scene", "num_envs"))
    await slide_to(user, count, form, ("scene", "num_envs"), envs)
    await user.click(panel.start_button)
    model = panel.model
    assert model.running and not panel.messages.shown, panel.messages.shown
    await user.until("some episodes", lambda: len(model.curves.get("episode_reward", ())) >= 6)
    assert panel.overlay.shown


async def pauses(user: User) -> None:
    """Nothing advances: the step counter is read twice."""
    panel = user.panel("Training")
    await user.click(panel.pause_button)
    assert panel.model.state.value == "paused" and panel.pause_button.text == "Resume"
    env = panel.model.task.job.env
    steps, ages = panel.model.steps, env.state.episode_step.clone()
    await user.frames(20)
    assert panel.model.steps == steps and env.state.episode_step.equal(ages), "something advanced during the pause"


async def resumes(user: User) -> None:
    """It goes on where it was."""
    panel = user.panel("Training")
    model = panel.model
    before, steps = len(model.curves["reward"]), model.steps
    await user.click(panel.pause_button)
    await user.until("a longer curve", lambda: len(model.curves["reward"]) >= before + 2)
    assert model.steps > steps


async def stops(user: User) -> None:
    """It ends, and all is on the disk."""
    panel = user.panel("Training")
    model = panel.model
    await user.click(panel.stop_button)
    await user.until("the end", lambda: not model.running)
    (message,) = panel.messages.shown
    assert model.state.value == "done" and message.severity == "good" and str(model.form.value.output) in message.text


async def finds(user: User, folder: str) -> Any:
    """The runs below a folder; the newest one is chosen."""
    panel = await opens(user, "Runs")
    model = panel.model
    if model.folder.value != Path(folder):
        model.folder.value = Path(folder)
    await user.until("the runs", lambda: bool(model.runs) and not model.scanning)
    path = next(iter(model.runs))
    await user.frames()
    await user.click(panel.runs.rows[str(path)])
    assert model.run is not None and model.run.checkpoints
    return panel


async def plays(user: User) -> None:
    """The policy of the newest checkpoint walks."""
    panel = await opens(user, "Runs")
    model = panel.model
    await user.click(next(iter(panel.checkpoints.rows.values())))
    await user.click(panel.play_button)
    await user.until("the robot", lambda: model.task.running and model.task.job.env is not None)
    walked = model.task.job.progress.done
    await user.until("the robot to walk", lambda: model.task.job.progress.done > walked + 0.4)


async def ends_the_play(user: User) -> None:
    """It stands again."""
    panel = user.panel("Runs")
    await user.click(panel.job.stop)
    await user.until("the end", lambda: not panel.model.task.running)
    assert panel.model.task.job.state.value == "done" and not panel.messages.shown, panel.messages.shown
