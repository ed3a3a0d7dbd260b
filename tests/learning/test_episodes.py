# SPDX-License-Identifier: Apache-2.0
"""The ring of finished episodes counts every one and lists the newest."""

from __future__ import annotations

import torch

from humanoid_brain.learning.episodes import Episode, EpisodeRing


def _add(ring: EpisodeRing, reward: list[float], length: list[int], done: list[bool], cause: list[int]) -> None:
    reached = torch.tensor(reward) == 3.0
    ring.add(torch.tensor(reward), torch.tensor(length), torch.tensor(done), torch.tensor(cause), reached)


def test_rewards_add_up_over_an_episode_and_start_anew() -> None:
    ring = EpisodeRing(3, torch.device("cpu"))
    _add(ring, [1.0, 2.0, 3.0], [1, 1, 1], [False, False, True], [0, 0, 2])
    _add(ring, [1.0, 2.0, 3.0], [2, 2, 1], [True, False, False], [0, 0, 0])
    assert ring.read() == [Episode(2, 3.0, 1, 2, True), Episode(0, 2.0, 2, 0, False)]
    assert ring.read() == []
    _add(ring, [1.0, 2.0, 3.0], [1, 3, 2], [False, True, True], [0, 1, 0])
    assert ring.read() == [Episode(1, 6.0, 3, 1, False), Episode(2, 6.0, 2, 0, True)]


def test_beyond_capacity_the_newest_are_listed_and_all_are_counted() -> None:
    ring = EpisodeRing(2, torch.device("cpu"), capacity=3)
    for step in range(4):
        _add(ring, [float(step), 10.0 + step], [step, step], [True, True], [0, 0])
    listed = ring.read()
    assert int(ring.count) == 8
    assert [(e.env, e.reward) for e in listed] == [(1, 12.0), (0, 3.0), (1, 13.0)]
