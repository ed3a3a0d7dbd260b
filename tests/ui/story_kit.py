# SPDX-License-Identifier: Apache-2.0
"""The extension is enabled in a Kit of recorded names, trains, is stopped from outside, and is disabled again.

omni.ui, PhysX and torch are the real ones. Run with a folder, and the version of the names.
"""

from __future__ import annotations

import gc
import importlib
import os
import sys
import time
import weakref
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

os.environ["OMNIUI_HEADLESS"] = "1"

import omni.ui as ui
import omni.ui.testing as mouse  # pyright: ignore[reportMissingImports]

from tests.contract.fake_kit import Kit

EXT = "humanoid_brain-0.2.0"


async def story(folder: Path, version: str) -> None:
    kit, extension = enabled(version)
    assert len(kit.update) == len(kit.stage) == len(kit.timeline) == len(kit.menus) == len(kit.actions) == 1, kit.log
    await _trains_and_is_stopped(kit, extension, folder)
    await _goes_on_after_being_enabled_again(kit, extension, folder)
    left = all_of(extension.window)
    extension.on_shutdown()
    assert not (len(kit.update) or len(kit.stage) or len(kit.timeline) or kit.menus or kit.actions)
    await frames(kit, 3)
    gc.collect()
    assert not [each() for each in left if each() is not None], "something of ours is still alive"
    assert not [entry for entry in kit.log if entry[0] == "error"], kit.log


def enabled(version: str, also: dict[str, Callable[..., Any]] | None = None) -> tuple[Kit, Any]:
    """A Kit with a viewport, and the extension enabled in it; ``also`` as for :class:`Kit`."""
    viewport = ui.Window("Viewport", width=900, height=800, padding_x=0, padding_y=0)
    with viewport.frame:
        stack = ui.ZStack()

    def frame(name: str) -> Any:
        assert name.startswith(EXT), name
        with stack:
            return ui.Frame()

    kit = Kit(frame, version, also)
    kit.settings["/exts/humanoid_brain/show_panels_on_startup"] = True
    kit.install()
    extension = importlib.import_module("humanoid_brain.extension").HumanoidBrainExtension()
    extension.on_startup(EXT)
    _use_the_standalone_host(extension)
    return kit, extension


def all_of(window: Any) -> list[weakref.ref[Any]]:
    """What must be gone after the shutdown. ovui itself lists windows also after they were destroyed."""
    main = window.window
    return [weakref.ref(each) for each in (window, main, main.window, window.session, *main.panels.values())]


def _use_the_standalone_host(extension: Any) -> None:
    """The simulator is ours: Isaac Sim's is not here."""
    from humanoid_brain import host

    standalone = host.load("standalone")
    host.load = lambda name="auto": standalone
    extension.window.session.worker.job = None


async def _trains_and_is_stopped(kit: Kit, extension: Any, folder: Path) -> None:
    window = extension.window.window
    panel = window.panels["Training"]
    window.show("Training")
    await frames(kit, 3)
    _make_small(panel.model.form, folder)
    await click(kit, panel.start_button)
    await until(kit, lambda: panel.model.iteration >= 2)
    await frames(kit, 2)
    assert panel.overlay.shown
    mouse.capture_screenshot(str(folder / "kit.png"))

    import omni.timeline  # pyright: ignore[reportMissingImports, reportAttributeAccessIssue]

    kinds = omni.timeline.TimelineEventType
    kit.timeline.send(kinds.PAUSE)
    steps = panel.model.steps
    await frames(kit, 10)
    assert panel.model.state.value == "paused" and panel.model.steps == steps
    kit.timeline.send(kinds.PLAY)
    await until(kit, lambda: panel.model.steps > steps)
    reached = panel.model.iteration
    kit.timeline.send(kinds.STOP)
    assert not panel.model.running
    (message,) = panel.model.task.messages.value
    assert "The simulation was stopped" in message.text and "saved" in message.text
    assert (folder / "run" / "checkpoints" / f"iteration_{reached:06d}" / "manifest.json").is_file()


async def _goes_on_after_being_enabled_again(kit: Kit, extension: Any, folder: Path) -> None:
    """Hot reload: disabled in the middle of a run, enabled again, the run goes on where it was."""
    panel = extension.window.window.panels["Training"]
    before = panel.model.iteration
    await click(kit, panel.start_button)
    await until(kit, lambda: panel.model.iteration > before)
    reached = panel.model.iteration
    extension.on_shutdown()
    assert (folder / "run" / "checkpoints" / f"iteration_{reached:06d}" / "manifest.json").is_file()
    await frames(kit, 3)
    extension.on_startup(EXT)
    panel = extension.window.window.panels["Training"]
    assert panel.model.form.value.output == folder / "run", "the draft survives"
    extension.window.window.show("Training")
    await frames(kit, 3)
    await click(kit, panel.start_button)
    await until(kit, lambda: panel.model.iteration > reached)

    import omni.usd  # pyright: ignore[reportMissingImports, reportAttributeAccessIssue]

    kit.stage.send(omni.usd.StageEventType.CLOSING)
    assert not panel.model.running and "stage was closed" in panel.model.task.messages.value[-1].text


def _make_small(form: Any, folder: Path) -> None:
    for path, value in {
        ("scene", "num_envs"): 4,
        ("ppo", "steps"): 4,
        ("ppo", "epochs"): 1,
        ("network", "hidden"): [16],
        ("output",): str(folder / "run"),
        ("tensorboard",): False,
    }.items():
        form.set(path, value)
    assert not form.problems


async def frames(kit: Kit, count: int) -> None:
    """Frames of the application."""
    for _ in range(count):
        await ui.next_frame()  # pyright: ignore[reportAttributeAccessIssue]
        kit.update.send()


async def until(kit: Kit, true: Callable[[], bool], patience: float = 150.0) -> None:
    """Frames until something holds."""
    began = time.monotonic()
    while not true():
        assert time.monotonic() - began < patience, "waited in vain"
        await frames(kit, 1)


async def click(kit: Kit, widget: Any) -> None:
    """Click into the middle of a widget."""
    await frames(kit, 3)
    x, y = widget.screen_position_x + widget.computed_width / 2, widget.screen_position_y + widget.computed_height / 2
    await mouse.mouse_click(x, y)
    await frames(kit, 3)


def main(tell: Callable[[], Awaitable[None]]) -> None:
    """Tell it."""
    failed: list[BaseException] = []
    ui.init("kit", 1440, 900, max_fps=None)  # pyright: ignore[reportAttributeAccessIssue]

    async def play() -> None:
        try:
            await tell()
        except BaseException as error:
            failed.append(error)

    ui.run(play())  # pyright: ignore[reportAttributeAccessIssue]
    if failed:
        raise failed[0]


if __name__ == "__main__":
    pictures = Path(sys.argv[1])
    pictures.mkdir(parents=True, exist_ok=True)
    main(lambda: story(pictures, sys.argv[2]))
    print("told")
