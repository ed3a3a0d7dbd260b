# SPDX-License-Identifier: Apache-2.0
"""A user who clicks and types anything anywhere: chooses actions out of a seed, and carries out actions."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import omni.ui as ui
import omni.ui.testing as mouse  # pyright: ignore[reportMissingImports]
from omni.ui import _ui  # pyright: ignore[reportAttributeAccessIssue]

from tests.ui import widgets

Action = dict[str, Any]

_KEYS = {"tab": 512, "left": 513, "up": 515, "down": 516, "home": 519, "end": 520, "delete": 522, "backspace": 523}
_KEYS |= {"enter": 525, "escape": 526}
"""Keys as Dear ImGui numbers them."""
TEXTS = (
    *("", " ", "abc", "-1", "0", "1", "2", "0.5", "55", "1.7", "1e400", "-1e308", "nan", "-.inf", "9" * 400, "1_000"),
    *(
        "\u00fcn\u00efc\u00f6d\u00e9 \u2603 \u6f22\u5b57 \U0001f916",
        "\u202edlrow",
        "\u0967\u0968",
        "a" * 5000,
        "%s%n%d",
    ),
    *("/proc/self/mem", "~nobody/x", "[1, 2", "{a: 1}", "&a [*a]", "!!python/object:os.system x", "null", "true"),
    *("1, 2, 3", "0x1F", "'", ":", "light", "image", "vignette", "pelvis", "x/y/z", "a\tb", "..", "5 6"),
)
"""What is typed."""
_WEIGHTS = {
    "touch": 70,
    "tab": 6,
    "job": 10,
    "pixel": 5,
    "key": 4,
    "wheel": 6,
    "frames": 5,
    "stage_closed": 1,
    "simulation_stopped": 1,
    "damage": 1,
    "overlay": 2,
    "rebuild": 1,
}
_JOBS = (
    "Build",
    "Build again",
    "Preview",
    "Start",
    "Pause",
    "Resume",
    "Stop",
    "Save now",
    "Inspect",
    "Play",
    "Evaluate",
)
_DAMAGE = ("empty", "garbage", "half", "gone")


class RandomUser:
    """Chooses what to do.

    Args:
        seed: Of all choices.
        folder: Where files may be damaged.
    """

    def __init__(self, seed: int, folder: Path) -> None:
        self._random, self._folder = random.Random(seed), folder

    def choose(self) -> Action:
        """The next action."""
        r = self._random
        kind = r.choices([*_WEIGHTS], [*_WEIGHTS.values()])[0]
        found = widgets.everything()
        dialogs = [each for each in found if each.place[0] not in ("Humanoid Brain", "Viewport")]
        if kind == "touch":
            return self._touch(r.choice(dialogs if dialogs and r.random() < 0.6 else found))
        if kind in ("tab", "job", "overlay"):
            return self._touch(r.choice([each for each in found if self._is(kind, each)] or found))
        width, height = ui.Workspace.get_main_window_width(), ui.Workspace.get_main_window_height()
        x, y = round(r.uniform(0, width - 1)), round(r.uniform(0, height - 1))
        if kind == "pixel":
            return {"do": "pixel", "at": [x, y], "button": r.choice([0, 0, 0, 1, 2])}
        if kind == "wheel":
            return {"do": "wheel", "at": [x, y], "notches": r.choice([-10, -3, -1, 1, 3, 10])}
        if kind == "key":
            return {"do": "key", "key": r.choice([*_KEYS])}
        if kind == "frames":
            return {"do": "frames", "count": r.choice([1, 5, 20, 60])}
        if kind == "damage":
            return self._damage()
        return {"do": kind}

    def _is(self, kind: str, each: widgets.Found) -> bool:
        if kind == "overlay":
            return each.place[0] == "Viewport" and each.use == "click"
        name = each.widget.name if each.use == "click" else ""
        return name == "tab" if kind == "tab" else each.name.removeprefix("Button ") in _JOBS

    def _touch(self, each: widgets.Found) -> Action:
        r = self._random
        action: Action = {"do": each.use, "place": [*each.place], "name": each.name}
        if each.use == "text":
            action |= {
                "text": r.choice(TEXTS),
                "clear": r.random() < 0.7,
                "end": r.choice(["enter", "escape", "tab", ""]),
            }
        elif each.use == "number" and r.random() < 0.5:
            action |= {"text": r.choice(TEXTS), "end": r.choice(["enter", "enter", "escape", "tab", ""])}
        elif each.use == "number":
            action |= {"right": r.choice([-2000, -200, -30, -5, 5, 30, 200, 2000])}
        elif each.use == "combo":
            action |= {"entry": r.randrange(-3, 9)}
        elif each.use == "view":
            action |= {"by": [r.randrange(-300, 301), r.randrange(-300, 301)], "button": r.choice([0, 0, 1, 2])}
        elif r.random() < 0.1:
            action |= {"times": r.choice([2, 3])}
        return action

    def _damage(self) -> Action:
        files = sorted(path for path in (self._folder / "outputs").rglob("*") if path.is_file())
        if not files:
            return {"do": "frames", "count": 1}
        path = self._random.choice(files)
        return {"do": "damage", "path": str(path.relative_to(self._folder)), "how": self._random.choice(_DAMAGE)}


class Hands:
    """Carries out actions.

    Args:
        frames: Lets frames pass.
        folder: Where files may be damaged.
    """

    def __init__(self, frames: Callable[[int], Any], folder: Path) -> None:
        self._frames, self._folder = frames, folder

    async def do(self, action: Action) -> None:
        """Carry out an action that mouse, keys or the disk can do; what cannot be done any more is left out."""
        if "place" in action:
            found = widgets.at(tuple(action["place"]))
            if found is None or found.use != action["do"]:
                return
            found.widget.scroll_here_y(0.5)
            await self._frames(2)
            await getattr(self, f"_{action['do']}")(action, *found.middle)
        elif action["do"] == "pixel":
            x, y = action["at"]
            await _click(x, y, button=action["button"])
        elif action["do"] == "wheel":
            x, y = action["at"]
            await mouse.mouse_scroll(x, y, 0, action["notches"])
        elif action["do"] == "key":
            await mouse.press_key(_KEYS[action["key"]])
        elif action["do"] == "frames":
            await self._frames(action["count"])
        elif action["do"] == "damage":
            _damage(self._folder / action["path"], action["how"])
        await self._frames(1)

    async def _click(self, action: Action, x: float, y: float) -> None:
        for _ in range(action.get("times", 1)):
            await _click(x, y)

    async def _text(self, action: Action, x: float, y: float) -> None:
        if action["clear"]:
            await _click(x, y, 2)
        else:
            await _click(x, y)
        await _type(action)

    async def _number(self, action: Action, x: float, y: float) -> None:
        if "right" in action:
            await mouse.mouse_drag(x, y, x + action["right"], y, steps=5)
        else:
            await _click(x, y, 2)
            await _type(action)

    async def _combo(self, action: Action, x: float, y: float) -> None:
        await _click(x, y)
        await self._frames(1)
        await _click(x, y + 22.0 * (action["entry"] + 1))

    async def _view(self, action: Action, x: float, y: float) -> None:
        right, down = action["by"]
        await mouse.mouse_drag(x, y, x + right, y + down, action["button"], steps=5)


async def _click(x: float, y: float, times: int = 1, button: int = 0) -> None:
    """In few frames, as slow machines draw few within the time of a double click."""
    _ui._inject_mouse_move(x, y)
    await mouse.next_frame()
    for pressed in (True, False) * times:
        _ui._inject_mouse_button(button, pressed)
        await mouse.next_frame()


async def _type(action: Action) -> None:
    if action["text"]:
        await mouse.type_text(action["text"])
    else:
        await mouse.press_key(_KEYS["delete"])
    if action["end"]:
        await mouse.press_key(_KEYS[action["end"]])


def _damage(path: Path, how: str) -> None:
    """As an editor, a full disk or a careless hand would leave a file."""
    if not path.is_file():
        return
    if how == "gone":
        path.unlink()
    elif how == "half":
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    else:
        path.write_bytes(b"" if how == "empty" else b"\xff{]: \x00 nonsense\n")
