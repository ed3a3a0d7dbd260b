# SPDX-License-Identifier: Apache-2.0
"""The tests for Isaac Sim's own runner are run in a Kit of recorded names. omni.ui, PhysX and pictures are real; what
omni.kit.ui_test would click is clicked by omni.ui.testing. Run with a folder, and the version of the names.
"""

from __future__ import annotations

import gc
import importlib
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.ui import story_kit
from tests.ui.driver import ENTER
from tests.ui.story_kit import mouse


async def story(folder: Path, version: str) -> None:
    kit, extension = story_kit.enabled(version, _ui_test(lambda: kit))
    case: Any = importlib.import_module("humanoid_brain_tests.tests").TestStory()
    await case.setUp()
    window = extension.window.window
    try:
        await case.test_from_a_scene_to_a_walking_policy()
    finally:
        assert mouse.capture_screenshot(str(folder / "kit_tests.png"))
        await case.tearDown()
    assert not window.session.worker.busy
    left = story_kit.all_of(extension.window)
    del window, case
    extension.on_shutdown()
    assert extension_module().running() is None
    await story_kit.frames(kit, 3)
    gc.collect()
    assert not [each() for each in left if each() is not None], "something of ours is still alive"
    assert not [entry for entry in kit.log if entry[0] == "error"], kit.log


def extension_module() -> Any:
    return importlib.import_module("humanoid_brain.extension")


def _ui_test(kit: Callable[[], Any]) -> dict[str, Callable[..., Any]]:
    """What the functions of omni.kit.ui_test do, by clicks of omni.ui.testing."""

    async def updates(update_count: int = 2) -> None:
        await story_kit.frames(kit(), update_count)

    async def click(pos: Any, **rest: Any) -> None:
        await mouse.mouse_click(pos.x, pos.y)

    async def drag(start_pos: Any, end_pos: Any, **rest: Any) -> None:
        await mouse.mouse_drag(start_pos.x, start_pos.y, end_pos.x, end_pos.y, 0)

    async def characters(chars: str, **rest: Any) -> None:
        await mouse.type_text(chars)

    async def key(key: Any, **rest: Any) -> None:
        assert key.name == "ENTER"
        await mouse.press_key(ENTER)

    done = {
        "wait_n_updates": updates,
        "emulate_mouse_move_and_click": click,
        "emulate_mouse_drag_and_drop": drag,
        "emulate_char_press": characters,
        "emulate_keyboard_press": key,
    }
    return {f"omni.kit.ui_test.{name}": function for name, function in done.items()}


if __name__ == "__main__":
    pictures = Path(sys.argv[1])
    pictures.mkdir(parents=True, exist_ok=True)
    story_kit.main(lambda: story(pictures, sys.argv[2]))
    print("told")
