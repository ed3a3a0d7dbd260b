# SPDX-License-Identifier: Apache-2.0
"""Random clicks, keys and files in the real studio, out of a seed, with a log that can be played again.

    python -m tests.ui.random_clicks --seed 1 --seconds 3600 --log clicks.jsonl
    python -m tests.ui.random_clicks --replay clicks.jsonl

Everything happens in a temporary folder. The end says which faults there were, what was left over after the windows
were taken down and built again, and how the memory went; the exit code is 1 if something was wrong.
"""

from __future__ import annotations

import argparse
import asyncio
import faulthandler
import json
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.ui.random_user import Action, Hands, RandomUser
    from tests.ui.watch import Watch

_EVERY = 50
"""Actions between two looks at what is held."""
_MOST_FOLLOWERS = 6000
"""Followers of events in one session: a panel has some hundred values."""
_LOADED = ("ovphysx", "mitsuba")
"""Libraries that open files for good: what is held is compared from when they are there."""
_SLACK = 3
"""Threads, files, children and tasks that may be there beyond what was there at the first time."""
_WIDTH, _HEIGHT = 960, 640
_LONGEST_JOB_S = 60.0
_HANGS_S = 240.0
"""Time in s that an action takes at most; then the process ends, and says where it was."""
_SAMPLE_S = 5.0


class Clicks:
    """A studio that is clicked at random, and watched.

    Args:
        folder: Where everything happens.
        log: File for the actions and what was seen.
        watch: Sees faults.
    """

    def __init__(self, folder: Path, log: Path, watch: Watch) -> None:
        from tests.ui.random_user import Hands

        self.folder, self.watch = folder, watch
        self._log = log.open("w", encoding="utf-8")
        self.hands: Hands = Hands(self.frames, folder)
        self.studio: Any = None
        self.actions, self.rebuilt = 0, 0
        self.memory: list[tuple[float, float]] = []
        self._first: dict[str, int] = {}
        self._most: dict[str, float] = {}
        self._began = time.monotonic()
        self._job: tuple[Any, float] = (None, 0.0)
        self._ended: Counter[str] = Counter()

    async def play(self, actions: Iterator[Action]) -> None:
        """Carry out actions, one after another."""
        self.watch.follow(asyncio.get_running_loop())
        await self.open()
        for action in actions:
            faulthandler.dump_traceback_later(_HANGS_S, exit=True, file=1)
            self.write(action)
            await self._carry_out(action)
            self.actions += 1
            self._contain()
            self.watch.look(self.studio)
            self._sample()
            if self.actions % _EVERY == 0:
                self._look_at_what_is_held()
        faulthandler.cancel_dump_traceback_later()
        await self.rebuild()
        self._close()
        self._log.close()

    async def open(self) -> None:
        """A studio, as after its start."""
        import omni.ui as ui

        from humanoid_brain.config.studio import StudioConfig
        from humanoid_brain.studio import Studio

        self.studio = Studio(ui, StudioConfig(width=_WIDTH, height=_HEIGHT), self.folder / "home" / "settings.json")
        await self.studio.dock()
        self._contain()
        await self.frames(2)

    async def rebuild(self) -> None:
        """Take all down, see that nothing is left, and build all again."""
        import omni.ui as ui
        from omni.ui.testing import mouse_click

        from humanoid_brain.ui.widgets.color import drop_ended
        from tests.ui.watch import alive, resources

        self._close()
        self._job = (None, 0.0)
        await mouse_click(_WIDTH - 1, _HEIGHT - 1)  # ends what popped up
        for _ in range(3):
            await ui.next_frame()  # pyright: ignore[reportAttributeAccessIssue]
        drop_ended()
        left, now = alive(), resources()
        for name, count in left.items():
            self.watch.note(f"left over: {name}", f"{count} after the studio was closed")
        if not self._first and all(name in sys.modules for name in _LOADED):
            self._first = now
        for name, count in self._first.items():
            if now[name] > count + _SLACK:
                self.watch.note(f"grows: {name}", f"{count} at first, {now[name]} after {self.rebuilt} times")
        self.write({"seen": "rebuilt", "left": dict(left), **now})
        self.rebuilt += 1
        await self.open()

    def _close(self) -> None:
        self.studio.close()
        self.studio = None

    async def frames(self, count: int) -> None:
        """Frames of the studio."""
        for _ in range(count):
            await self.studio.frame()

    def write(self, line: dict[str, Any]) -> None:
        """A line of the log, on the disk at once."""
        self._log.write(json.dumps(line) + "\n")
        self._log.flush()

    async def _carry_out(self, action: Action) -> None:
        try:
            if action["do"] == "rebuild":
                await self.rebuild()
            elif action["do"] == "stage_closed":
                self.studio.window.on_stage_closed()
            elif action["do"] == "simulation_stopped":
                self.studio.window.on_simulation_stopped()
            else:
                await self.hands.do(action)
        except Exception as error:
            self.watch.caught(error, f"action {action['do']}")
            self.write({"seen": "fault", "text": repr(error)})

    # -- small and in its place

    def _contain(self) -> None:
        """Keep jobs small and files in the folder, whatever was clicked and typed."""
        from tests.ui.small import keep_small

        keep_small(self.studio, self.folder)
        dialog = self.studio.services.dialog
        if dialog is not None and not dialog.folder.is_relative_to(self.folder):
            dialog._enter(self.folder)
        worker = self.studio.session.worker
        if self._job[0] is not None and self._job[0].state.final:
            ended = self._job[0]
            self._ended[f"{type(ended).__name__} {ended.state.value}"] += 1
            self.write({"seen": "ended", "job": type(ended).__name__, "error": f"{ended.error or ''}"[:300]})
            self._job = (None, 0.0)
        if worker.busy and worker.job is not self._job[0]:
            self._job = (worker.job, time.monotonic())
        elif worker.busy and time.monotonic() - self._job[1] > _LONGEST_JOB_S:
            worker.job.stop()

    # -- what is held

    def _look_at_what_is_held(self) -> None:
        from tests.ui.watch import followers, resources, stray_models

        seen = {"followers": followers(), "stray": stray_models(self.studio), **resources()}
        if seen["stray"]:
            self.watch.note("leak: models of values", f"{seen['stray']} that no editor holds")
        if seen["followers"] > _MOST_FOLLOWERS:
            self.watch.note("leak: followers", f"{seen['followers']} followers of events")
        for name, value in seen.items():
            self._most[name] = max(self._most.get(name, 0), value)
        job = self.studio.session.worker
        self.write({"seen": "held", "actions": self.actions, "job": job.title, "busy": job.busy, **seen})

    def _sample(self) -> None:
        from tests.ui.watch import memory_mib, memory_of_children_mib

        now = time.monotonic() - self._began
        if not self.memory or now - self.memory[-1][0] >= _SAMPLE_S:
            self.memory.append((now, memory_mib()))
            mib, below = round(self.memory[-1][1], 1), round(memory_of_children_mib(), 1)
            self._most["children_mib"] = max(self._most.get("children_mib", 0.0), below)
            self.write({"seen": "memory", "s": round(now, 1), "mib": mib, "children_mib": below})

    def report(self) -> dict[str, Any]:
        """What there is to say at the end; the slope is that of the last two thirds of the time."""
        from tests.ui.watch import slope_mib_per_hour

        late = self.memory[len(self.memory) // 3 :]
        return {
            "seconds": round(time.monotonic() - self._began),
            "actions": self.actions,
            "rebuilt": self.rebuilt,
            "memory_mib": [round(m) for _, m in self.memory[:: max(1, len(self.memory) // 10)]],
            "slope_mib_per_hour": round(slope_mib_per_hour(late), 1),
            "most": self._most,
            "jobs": dict(self._ended),
            "faults": [*self.watch.faults],
        }


def chosen(user: RandomUser, seconds: float) -> Iterator[Action]:
    """Random actions for so many seconds."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        yield user.choose()


def logged(path: Path) -> Iterator[Action]:
    """The actions of a log."""
    for line in path.read_text(encoding="utf-8").splitlines():
        entry = json.loads(line)
        if "do" in entry:
            yield entry


def main() -> int:
    """Run it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument(
        "--log", type=Path, default=None, help="file for the actions, in the temporary folder if left out"
    )
    parser.add_argument("--replay", type=Path, default=None, help="log whose actions are played again")
    parser.add_argument("--folder", type=Path, default=None, help="where everything happens; a new one if left out")
    options = parser.parse_args()
    folder = (options.folder or Path(tempfile.mkdtemp(prefix="humanoid_brain_clicks_"))).resolve()
    log = options.log.resolve() if options.log is not None else folder / "clicks.jsonl"
    replay = options.replay.resolve() if options.replay is not None else None
    errors = _enter(folder)
    faulthandler.enable(1)

    from humanoid_brain.studio import load_ui, open_window
    from tests.ui.random_user import RandomUser
    from tests.ui.watch import Watch

    ui = load_ui(headless=True)
    watch = Watch(errors)
    clicks = Clicks(folder, log, watch)
    actions = logged(replay) if replay is not None else chosen(RandomUser(options.seed, folder), options.seconds)
    from humanoid_brain.config.studio import StudioConfig

    open_window(ui, StudioConfig(headless=True, screenshot=Path("x.png"), width=_WIDTH, height=_HEIGHT))
    ui.set_max_frame_rate(None)

    async def play() -> None:
        try:
            await clicks.play(actions)
        except BaseException as error:
            watch.caught(error, "the tool")

    ui.run(play())
    print(json.dumps({"seed": options.seed, "log": str(log), **clicks.report()}, indent=1))
    for title, text in watch.faults.items():
        print(f"--- {title}\n{text}")
    return 1 if watch.faults else 0


def _enter(folder: Path) -> Path:
    """Make this process one whose every file is in the folder; gives the file for standard error."""
    for name in ("home", "tmp", "outputs"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    paths = [str(Path(each).resolve()) for each in (*os.environ.get("PYTHONPATH", "").split(os.pathsep), ".") if each]
    os.environ |= {
        "OMNIUI_HEADLESS": "1",
        "XDG_CONFIG_HOME": str(folder / "home"),
        "TMPDIR": str(folder / "tmp"),
        "PYTHONPATH": os.pathsep.join(paths),
        "PATH": "",  # no file manager is to be opened
    }
    sys.path[:0] = paths
    tempfile.tempdir = None
    errors = folder / "stderr.txt"
    os.dup2(os.open(errors, os.O_WRONLY | os.O_CREAT | os.O_APPEND), 2)
    os.chdir(folder)
    return errors


if __name__ == "__main__":
    sys.exit(main())
