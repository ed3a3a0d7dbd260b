# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest

from humanoid_brain.ui.pace import NONE, SOME, STEP, TICK_S, Pace
from humanoid_brain.ui.tempo import Tempo


class Clock:
    """Goes when it is told."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def spend(pace: Pace, clock: Clock, frames: int, window: float, advancing: bool = True) -> list[list[float]]:
    """Frames of a window that takes so long itself; the ticks of each, which take what they are given."""
    spent: list[list[float]] = []
    for _ in range(frames):
        clock.now += window
        spent.append([])
        for budget in pace.ticks(lambda: advancing):
            spent[-1].append(budget)
            clock.now += budget
    return spent


@pytest.mark.parametrize("share", [0.2, 0.5, 0.8])
@pytest.mark.parametrize("window", [0.002, 0.004])
def test_the_job_gets_its_share_of_each_frame(share: float, window: float) -> None:
    clock = Clock()
    pace = Pace(clock)
    pace.share.value = share
    *_, last = spend(pace, clock, 200, window)
    assert sum(last) / (sum(last) + window) == pytest.approx(share, rel=1e-3)


@pytest.mark.parametrize("window", [0.001, 0.01, 0.03, 0.5])
def test_a_tick_is_short_whatever_the_share_and_however_slow_the_window_is(window: float) -> None:
    clock = Clock()
    pace = Pace(clock)
    pace.share.value = 0.95
    *_, last = spend(pace, clock, 200, window)
    assert max(last) <= TICK_S and sum(last) < 0.1 + TICK_S


def test_a_window_that_draws_slowly_still_leaves_the_job_more_than_half_of_the_time() -> None:
    clock = Clock()
    pace = Pace(clock)
    *_, last = spend(pace, clock, 200, 0.04)
    assert len(last) > 1 and sum(last) / (sum(last) + 0.04) == pytest.approx(0.6, abs=0.08)


def test_without_a_job_that_advances_a_frame_is_not_waited_for() -> None:
    clock = Clock()
    *_, last = spend(Pace(clock), clock, 50, 0.04, advancing=False)
    assert len(last) == 1


def test_every_step_is_shown_by_doing_one_at_a_time() -> None:
    clock = Clock()
    pace = Pace(clock)
    pace.mode.value = STEP
    assert spend(pace, clock, 3, 0.01) == [[0.0]] * 3 and pace.shows


def test_every_nth_frame_and_none_are_shown() -> None:
    clock = Clock()
    pace = Pace(clock)
    pace.mode.value, pace.every.value = SOME, 3
    shown = []
    for _ in range(9):
        spend(pace, clock, 1, 0.01)
        shown.append(pace.shows)
    assert shown == [False, False, True] * 3
    pace.mode.value = NONE
    assert not pace.shows


@pytest.mark.parametrize(
    "state", [{}, {"share": 7.0}, {"share": "all"}, {"mode": "never"}, {"every": 0}, {"every": True, "mode": []}]
)
def test_settings_that_make_no_sense_are_left_out(state: dict[str, object]) -> None:
    pace, plain = Pace(), Pace()
    pace.apply(state)
    assert pace.collect() == plain.collect()
    pace.apply({"share": 0.3, "mode": NONE, "every": 9})
    assert pace.collect() == {"share": 0.3, "mode": NONE, "every": 9}


def test_the_time_left_follows_the_last_steps_and_forgets_pauses() -> None:
    clock = Clock()
    tempo = Tempo(clock)
    assert tempo.left(10) is None
    for _ in range(50):
        clock.now += 2.0
        tempo.mark()
    assert tempo.each == 2.0 and tempo.left(10) == 20.0 and tempo.left(-1) == 0.0
    clock.now += 1000.0
    tempo.forget()
    tempo.mark()
    assert tempo.left(10) is None
