# SPDX-License-Identifier: Apache-2.0
"""Sees what goes wrong in a studio: errors wherever they end up, and what is left over or grows."""

from __future__ import annotations

import asyncio
import gc
import logging
import sys
import threading
import traceback
from collections import Counter
from pathlib import Path
from typing import Any

from humanoid_brain.errors import HumanoidBrainError

_OURS = ("humanoid_brain.ui", "humanoid_brain.studio", "humanoid_brain.workbench")
_KEPT = "humanoid_brain.ui.fields"
"""Descriptions of configuration models, which are kept for good: as many as there are models."""
_SIGNS = ("[omni.ui] [error]", "Traceback (most recent call last)", "Segmentation fault", "Assertion failed")
"""What stands on standard error where an exception got lost, in this process or one that it started."""
_LINES = 30


class Watch:
    """Collects faults, each kind once.

    Args:
        errors: File that standard error of this process and of those that it starts goes to.
    """

    def __init__(self, errors: Path) -> None:
        self.faults: dict[str, str] = {}
        """What went wrong: the first line, and all of it."""
        self._errors, self._read = errors, 0
        self._told: set[int] = set()
        self._handler = _Handler(self)
        logging.getLogger().addHandler(self._handler)
        sys.unraisablehook = lambda args: self.caught(args.exc_value, "unraisable")
        threading.excepthook = lambda args: self.caught(args.exc_value, "thread")

    def caught(self, error: BaseException | None, where: str) -> None:
        """An exception that should not have been."""
        lines = traceback.format_exception(error) if error is not None else ["an exception without a value"]
        self.note(f"{where}: {type(error).__name__}: {error}", "".join(lines))

    def note(self, title: str, text: str) -> None:
        """A fault in words."""
        self.faults.setdefault(title[:300], text)

    def follow(self, loop: asyncio.AbstractEventLoop) -> None:
        """Hear of tasks that fail."""
        loop.set_exception_handler(lambda _, context: self.caught(context.get("exception"), context["message"]))

    def look(self, studio: Any) -> None:
        """Look for new faults."""
        self._look_at_the_output()
        job = studio.session.worker.job
        if job is not None and job.error is not None and id(job.error) not in self._told:
            self._told.add(id(job.error))
            if not isinstance(job.error, HumanoidBrainError):
                self.caught(job.error, f"job {studio.session.worker.title}")
        broken = studio.viewport._pictures.error
        if broken is not None and (": " in broken.what and broken.what.split(": ")[0].endswith(("Error", "Exception"))):
            self.note(f"viewport: {broken.what}", str(broken))

    def _look_at_the_output(self) -> None:
        with self._errors.open("rb") as file:
            file.seek(self._read)
            text = file.read().decode(errors="replace")
        self._read += len(text.encode())
        lines = text.splitlines()
        for number, line in enumerate(lines):
            if any(sign in line for sign in _SIGNS):
                rest = "\n".join(lines[number : number + _LINES])
                title = line if "Traceback" not in line else _last_line(lines[number:])
                self.note(title, rest)


class _Handler(logging.Handler):
    def __init__(self, watch: Watch) -> None:
        super().__init__(logging.ERROR)
        self._watch = watch

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        if error is not None:
            self._watch.caught(error, f"log {record.name}")
        else:
            self._watch.note(f"log {record.name}: {record.getMessage()}", record.getMessage())


def alive() -> Counter[str]:
    """Instances of our own classes, by class, after a collection."""
    gc.collect()
    gc.collect()
    found: Counter[str] = Counter()
    for each in gc.get_objects():
        kind = type(each)
        if str(kind.__module__).startswith(_OURS) and kind.__module__ != _KEPT:
            found[f"{kind.__module__}.{kind.__qualname__}"] += 1
    return found


def followers() -> int:
    """Followers of all events."""
    from humanoid_brain.ui.observable import Event

    return sum(len(each) for each in gc.get_objects() if isinstance(each, Event))


def stray_models(studio: Any) -> int:
    """Models of values that no editor holds any longer and that are there nevertheless."""
    from humanoid_brain.ui.widgets.models import FormModel

    gc.collect()
    held: set[int] = set()
    for panel in studio.window.panels.values():
        editors = [built.editor for view in getattr(panel, "views", {}).values() for built in view._built]
        rewards = getattr(panel, "rewards", None)
        editors += [editor for editor, *_ in rewards._rows.values()] if rewards is not None else []
        held.update(id(model) for editor in editors for model in editor.models)
    return sum(isinstance(each, FormModel) and id(each) not in held for each in gc.get_objects())


def resources() -> dict[str, int]:
    """What the process has at present."""
    return {
        "threads": threading.active_count(),
        "files": len([*Path("/proc/self/fd").iterdir()]),
        "children": len(_children()),
        "tasks": len(asyncio.all_tasks()),
    }


def memory_mib(pid: str = "self") -> float:
    """Resident memory of a process, MiB."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    return 0.0


def memory_of_children_mib() -> float:
    """Resident memory of the processes that this one started, MiB."""
    total = 0.0
    for pid in _children():
        try:
            total += memory_mib(pid)
        except OSError:  # it has just ended
            continue
    return total


def _children() -> list[str]:
    found = [task / "children" for task in Path("/proc/self/task").iterdir()]
    return [pid for path in found if path.exists() for pid in path.read_text().split()]


def slope_mib_per_hour(samples: list[tuple[float, float]]) -> float:
    """Slope of the straight line through samples of (s, MiB) by least squares."""
    n = len(samples)
    if n < 2:
        return 0.0
    middle = sum(t for t, _ in samples) / n, sum(m for _, m in samples) / n
    spread = sum((t - middle[0]) ** 2 for t, _ in samples)
    return 3600.0 * sum((t - middle[0]) * (m - middle[1]) for t, m in samples) / spread if spread else 0.0


def _last_line(lines: list[str]) -> str:
    """The line of a traceback that names the exception: the first one after the frames that is not indented."""
    return next((line for line in lines[1:] if line and not line.startswith(" ")), lines[0])
