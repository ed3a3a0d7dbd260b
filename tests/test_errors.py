# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import copy
import pickle
from collections.abc import Callable

import pytest

from humanoid_brain import errors
from humanoid_brain.errors import ConfigError, HumanoidBrainError, RobotError, SceneError

KINDS = [v for v in vars(errors).values() if isinstance(v, type) and issubclass(v, HumanoidBrainError)]


def test_message_says_where_what_and_what_to_do() -> None:
    error = ConfigError("unknown key 'mas'", where="walk.yaml:3", todo="Did you mean 'mass'?")
    assert str(error) == "walk.yaml:3: unknown key 'mas'. Did you mean 'mass'?"


@pytest.mark.parametrize(
    ("where", "todo", "text"),
    [("", "", "it broke"), ("a.usd", "", "a.usd: it broke"), ("", "Mend it", "it broke. Mend it")],
)
def test_message_leaves_out_what_is_not_known(where: str, todo: str, text: str) -> None:
    assert str(HumanoidBrainError("it broke", where=where, todo=todo)) == text


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("again", [lambda e: pickle.loads(pickle.dumps(e)), copy.copy], ids=["pickle", "copy"])
def test_error_survives_the_way_between_processes(
    kind: type[HumanoidBrainError], again: Callable[[object], HumanoidBrainError]
) -> None:
    error = kind("what", where="where", todo="todo")
    back = again(error)
    assert type(back) is kind
    assert (back.what, back.where, back.todo, str(back)) == ("what", "where", "todo", str(error))


def test_robot_trouble_is_scene_trouble_and_bad_configs_have_their_own_exit_code() -> None:
    assert issubclass(RobotError, SceneError)
    assert ConfigError.exit_code == 2
    assert all(kind.exit_code != 0 for kind in KINDS)
