# SPDX-License-Identifier: Apache-2.0
"""Training in the panels against the same training headless: throughput, ticks, frames; and the viewport's pictures.

One process holds one run. The command line's loop and the panels' frames drive it in turns, so that a machine that is
busy slows both; ratios are of neighbouring turns. The time of drawing, and of waiting for the screen, is left out but
where a name ends in "drawn". "shown" says whether the viewport shows every n-th frame ("some") or nothing ("none").
Without ovui and a graphics driver, or with --no-window, view models, pace and jobs do the same without windows; each
line says which of the two it was.

    python benchmarks/panels.py --device cpu --envs 64
    python benchmarks/panels.py --device cuda --envs 4096 --no-window
    python benchmarks/panels.py --viewport
"""

from __future__ import annotations

import argparse
import importlib.util
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.common import emit, walking
from benchmarks.desks import BareDesk, Desk, StudioDesk

from humanoid_brain.errors import HostError
from humanoid_brain.learning.job import TrainingJob
from humanoid_brain.machine import share_cores
from humanoid_brain.ui.pace import NONE, SOME

AIMS = {"cpu": 0.85, "cuda": 0.9}
"""Share of the headless throughput that training in the panels keeps at least."""
_TICK_MS, _FRAMES, _PICTURES = 20.0, 30.0, 10.0
_HEADLESS_TICK_S = 0.2
"""As the command line ticks."""
_TURN_S = 2.0
_QUIET_S = 4.0
"""Longest wait for the viewport to be done."""


@dataclass
class Turn:
    """What one turn gave. Rates are per second."""

    rate: float
    """Policy steps of all environments, the time of drawing left out."""
    drawn_rate: float
    """The same by the clock on the wall."""
    ticks: list[float] = field(default_factory=list)
    """Time of each, s."""
    frames: float = 0.0
    """Frames of the interface's own work, a tick and what follows it; the time of drawing left out."""
    drawn_frames: float = 0.0
    pictures: float = 0.0


class Iterations:
    """Counts the iterations of a job by the clock times that its events hold."""

    def __init__(self, job: TrainingJob) -> None:
        self._job, self._steps = job, job.config.scene.num_envs * job.config.ppo.steps
        self._cursor = job.events.read(0)[1]
        self.times: list[float] = []

    def look(self) -> int:
        """Take in what was done since the last look; how many are known."""
        events, self._cursor = self._job.events.read(self._cursor)
        self.times += [event.time for event in events if event.name == "iteration"]
        return len(self.times)

    def rate(self, left_out: float = 0.0) -> float:
        """Policy steps per second, with so many seconds left out."""
        return self._steps * (len(self.times) - 1) / (self.times[-1] - self.times[0] - left_out)


def headless(job: TrainingJob, seconds: float) -> Turn:
    """As the command line drives it."""
    done, end = Iterations(job), time.perf_counter() + seconds
    while done.look() < 3 or time.perf_counter() < end:
        if job.tick(_HEADLESS_TICK_S).final:
            raise job.error or RuntimeError("the training ended early")
    return Turn(done.rate(), done.rate())


async def paced(
    desk: Desk, job: TrainingJob, seconds: float, mode: str, *, apart: bool = False, turning: bool = False
) -> Turn:
    """As the panels drive it.

    Args:
        desk: Where the panels are.
        job: The run.
        seconds: How long.
        mode: What the viewport shows.
        apart: Whether the job advances only once the drawing is over.
        turning: Whether the view turns meanwhile.
    """
    desk.session.pace.mode.value = mode
    desk.waits.clear()
    desk.ticks.clear()
    pictures, done, began = desk.pictures, Iterations(job), time.perf_counter()
    while done.look() < 3 or time.perf_counter() < began + seconds:
        if turning:
            desk.turn()
        await desk.frame(apart=apart)
        if job.state.final:
            raise job.error or RuntimeError("the training ended early")
    wall = time.perf_counter() - began
    drawing = sum(took for _, took in desk.waits)
    between = sum(took for at, took in desk.waits if done.times[0] < at <= done.times[-1])
    return Turn(
        rate=done.rate(between),
        drawn_rate=done.rate(),
        ticks=list(desk.ticks),
        frames=len(desk.ticks) / (wall - drawing),
        drawn_frames=len(desk.waits) / wall,
        pictures=(desk.pictures - pictures) / wall,
    )


async def quiet(desk: Desk, job: TrainingJob) -> None:
    """Let the viewport finish, and the pace forget what was before."""
    job.pause()
    began, frames = time.perf_counter(), 0
    while frames < 40 or (not desk.settled and time.perf_counter() < began + _QUIET_S):
        await desk.frame()
        frames += 1
    job.resume()


async def measure(desk: Desk, job: TrainingJob, seconds: float, facts: dict[str, Any]) -> None:
    """In turns: headless; with panels, the drawing apart; with all that a user sees."""
    turn = min(_TURN_S, seconds / 3)
    alone: list[Turn] = []
    apart: dict[str, list[Turn]] = {NONE: [], SOME: []}
    whole: dict[str, list[Turn]] = {NONE: [], SOME: []}
    for number in range(max(3, round(seconds / turn))):
        alone.append(headless(job, turn))
        for mode in [NONE, SOME][:: 1 if number % 2 else -1]:
            for turns in (apart, whole):
                turns[mode].append(await paced(desk, job, turn, mode, apart=turns is apart))
                await quiet(desk, job)
    emit("panels.headless", statistics.median(each.rate for each in alone), "env-steps/s", **facts)
    for mode in (NONE, SOME):
        _report_apart(alone, apart[mode], {"shown": mode, **facts})
        drawn, shown = _median(whole[mode], "drawn_rate"), {"shown": mode, **facts}
        emit("panels.training_drawn", drawn, "env-steps/s", ratio=_ratio(alone, whole[mode], "drawn_rate"), **shown)
        emit("panels.frames_drawn", _median(whole[mode], "drawn_frames"), "frames/s", **shown)
        emit("panels.pictures", _median(whole[mode], "pictures"), "pictures/s", **shown)


def _report_apart(alone: list[Turn], turns: list[Turn], facts: dict[str, Any]) -> None:
    ticks = sorted(1e3 * tick for each in turns for tick in each.ticks)
    share = AIMS[facts["device"]]
    emit("panels.training", _median(turns, "rate"), "env-steps/s", ratio=_ratio(alone, turns), aim=share, **facts)
    emit("panels.frames", _median(turns, "frames"), "frames/s", aim=_FRAMES, **facts)
    emit("panels.tick_p50", statistics.median(ticks), "ms", **facts)
    emit("panels.tick_p95", ticks[int(0.95 * (len(ticks) - 1))], "ms", aim=_TICK_MS, **facts)
    emit("panels.tick_max", ticks[-1], "ms", count=len(ticks), **facts)


def _median(turns: list[Turn], name: str) -> float:
    return statistics.median(getattr(each, name) for each in turns)


def _ratio(alone: list[Turn], turns: list[Turn], name: str = "rate") -> float:
    return statistics.median(getattr(b, name) / a.rate for a, b in zip(alone, turns, strict=True))


async def measure_viewport(desk: Desk, job: TrainingJob, seconds: float, facts: dict[str, Any]) -> None:
    """Pictures per second while a hand turns the view: with the run paused, and while it trains."""
    job.pause()
    before, began = desk.pictures, time.perf_counter()
    while time.perf_counter() < began + seconds:
        desk.turn()
        await desk.frame()
    idle = (desk.pictures - before) / (time.perf_counter() - began)
    job.resume()
    emit("panels.viewport_idle", idle, "pictures/s", aim=_PICTURES, **facts)
    for mode in (NONE, SOME):
        turn = await paced(desk, job, seconds, mode, turning=True)
        emit("panels.viewport_training", turn.pictures, "pictures/s", shown=mode, **facts)


async def work(desk: Desk, arguments: argparse.Namespace, folder: Path) -> None:
    """Load, let the first iterations pass, measure."""
    config = walking(arguments.device, arguments.envs, output=folder / "run")
    config.budget.iterations = 10**6
    config.tensorboard = importlib.util.find_spec("tensorboard") is not None
    job = desk.begin(config)
    began = time.perf_counter()
    while job.totals.iteration < 2:
        await desk.frame()
        if job.state.final:
            raise job.error or RuntimeError("the training ended early")
    facts: dict[str, Any] = {"device": arguments.device, "envs": config.scene.num_envs, "window": desk.window}
    emit("panels.start", time.perf_counter() - began, "s", longest_tick_ms=round(1e3 * max(desk.ticks)), **facts)
    await quiet(desk, job)
    await (measure_viewport if arguments.viewport else measure)(desk, job, arguments.seconds, facts)
    job.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    parser.add_argument("--envs", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=20.0, help="time per figure")
    parser.add_argument("--no-window", action="store_true", help="do not draw, also where that can be done")
    parser.add_argument("--viewport", action="store_true", help="the viewport's pictures instead of the training")
    arguments = parser.parse_args()
    share_cores()
    with tempfile.TemporaryDirectory(prefix="bench_panels_") as name:
        folder = Path(name)
        desk = BareDesk() if arguments.no_window else _desk(folder)
        try:
            desk.run(work(desk, arguments, folder))
        finally:
            desk.close()


def _desk(folder: Path) -> Desk:
    try:
        return StudioDesk(folder)
    except HostError as error:
        print(f"without a window: {error}", file=sys.stderr)
        return BareDesk()


if __name__ == "__main__":
    main()
