# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest

from humanoid_brain.ui.pace import NONE, SOME, STEP, Pace
from humanoid_brain.ui.tempo import Tempo


class Clock:
    """Goes when it is told."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize("share", [0.2, 0.5, 0.8])
@pytest.mark.parametrize("window", [0.004, 0.015])
def test_the_job_gets_its_share_of_each_frame(share: float, window: float) -> None:
    clock = Clock()
    pace = Pace(clock)
    pace.share.value = share
    spent: list[float] = []

    def work(budget: float) -> None:
        clock.now += budget
        spent.append(budget)

    for _ in range(200):
        clock.now += window
        pace.spend(work)
    assert spent[-1] / (spent[-1] + window) == pytest.approx(share, rel=1e-3)


def test_the_window_answers_whatever_the_share_and_however_slow_it_is() -> None:
    clock = Clock()
    pace = Pace(clock)
    pace.share.value = 0.95
    for _ in range(100):
        clock.now += 0.5
        pace.spend(lambda budget: None)
    assert pace.budget == 0.1


def test_every_step_is_shown_by_doing_one_at_a_time() -> None:
    pace = Pace(Clock())
    pace.mode.value = STEP
    assert pace.budget == 0.0 and pace.shows


def test_every_nth_frame_and_none_are_shown() -> None:
    pace = Pace(Clock())
    pace.mode.value, pace.every.value = SOME, 3
    shown = []
    for _ in range(9):
        pace.spend(lambda budget: None)
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
