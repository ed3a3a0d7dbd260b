# SPDX-License-Identifier: Apache-2.0
"""The mouse and the keys of an X server, by xdotool, with the names of omni.ui.testing.

Clicks take the way of a real user's: through the X server, GLFW and Dear ImGui. The two ways must not be mixed, as
injected events of omni.ui.testing override the real mouse. Needs the programs xdotool and import (of ImageMagick).
"""

from __future__ import annotations

import subprocess

from omni.ui.testing import wait_frames  # pyright: ignore[reportMissingImports]

_BUTTONS = {0: "1", 1: "3", 2: "2"}
"""Left, right, middle: as omni.ui and as X count them."""
_KEYS = {525: "Return"}


def _do(*words: object) -> None:
    subprocess.run(["xdotool", *map(str, words)], check=True)


async def mouse_move(x: float, y: float) -> None:
    """Point at a pixel."""
    _do("mousemove", round(x), round(y))
    await wait_frames(2)


async def mouse_click(x: float, y: float, button: int = 0) -> None:
    """Press and let go."""
    await mouse_move(x, y)
    for verb in ("mousedown", "mouseup"):
        _do(verb, _BUTTONS[button])
        await wait_frames(2)


async def mouse_drag(x0: float, y0: float, x1: float, y1: float, button: int = 0, steps: int = 10) -> None:
    """Press, move in some steps, let go."""
    await mouse_move(x0, y0)
    _do("mousedown", _BUTTONS[button])
    await wait_frames(1)
    for i in range(1, steps + 1):
        await mouse_move(x0 + (x1 - x0) * i / steps, y0 + (y1 - y0) * i / steps)
    _do("mouseup", _BUTTONS[button])
    await wait_frames(2)


async def mouse_scroll(x: float, y: float, dx: float = 0, dy: float = 0) -> None:
    """Turn the wheel by notches."""
    await mouse_move(x, y)
    for _ in range(round(abs(dy))):
        _do("click", "4" if dy > 0 else "5")
        await wait_frames(1)


async def type_text(text: str) -> None:
    """Type into what has the focus."""
    _do("type", "--delay", "30", text)
    await wait_frames(4)


async def press_key(key: int) -> None:
    """A key, as Dear ImGui numbers it."""
    _do("key", _KEYS[key])
    await wait_frames(2)


def capture_screenshot(path: str) -> bool:
    """The whole screen."""
    return subprocess.run(["import", "-window", "root", path], check=False).returncode == 0
