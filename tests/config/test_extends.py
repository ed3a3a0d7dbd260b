# SPDX-License-Identifier: Apache-2.0
"""A configuration may extend another one of its folder."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import pytest
from pydantic import Field

from humanoid_brain.config.base import Model, load
from humanoid_brain.errors import ConfigError


class Walk(Model):
    kind: Literal["walk"] = "walk"
    speed: float = Field(default=1.0, ge=0.0)


class Sit(Model):
    kind: Literal["sit"] = "sit"
    height: float = 0.4


class Plan(Model):
    name: str
    task: Walk | Sit = Field(default_factory=Walk, discriminator="kind")
    terms: dict[str, float] = Field(default_factory=dict)
    order: list[int] = Field(default_factory=list)


def write(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        (folder / f"{name}.yaml").write_text(text)
    return folder / f"{list(files)[-1]}.yaml"


BASE = "name: base\ntask: {kind: walk, speed: 2.0}\nterms: {a: 1.0, b: 2.0}\norder: [1, 2]\n"


def test_mappings_merge_and_the_rest_is_replaced(tmp_path: Path) -> None:
    plan = load(
        Plan, write(tmp_path, base=BASE, over="extends: base.yaml\nname: over\nterms: {b: 5.0, c: 3.0}\norder: [7]\n")
    )
    assert plan.name == "over"
    assert plan.task == Walk(speed=2.0)
    assert plan.terms == {"a": 1.0, "b": 5.0, "c": 3.0}
    assert plan.order == [7]


def test_null_takes_an_entry_away(tmp_path: Path) -> None:
    plan = load(Plan, write(tmp_path, base=BASE, over="extends: base.yaml\nterms: {a: null}\n"))
    assert plan.terms == {"b": 2.0}


def test_another_kind_starts_afresh(tmp_path: Path) -> None:
    plan = load(Plan, write(tmp_path, base=BASE, over="extends: base.yaml\ntask: {kind: sit, height: 0.3}\n"))
    assert plan.task == Sit(height=0.3)


def test_chains_work_and_circles_are_refused(tmp_path: Path) -> None:
    chain = write(tmp_path, base=BASE, middle="extends: base.yaml\nname: middle\n", top="extends: middle.yaml\n")
    assert load(Plan, chain).name == "middle"
    circle = write(tmp_path, one="extends: two.yaml\nname: a\n", two="extends: one.yaml\n")
    with pytest.raises(ConfigError, match="extends this file in turn"):
        load(Plan, circle)


def test_errors_name_the_file_that_holds_the_value(tmp_path: Path) -> None:
    path = write(tmp_path, base="name: base\ntask:\n  speed: -1\n", over="extends: base.yaml\n\nterms: {a: x}\n")
    with pytest.raises(ConfigError) as caught:
        load(Plan, path)
    assert f"{tmp_path}/base.yaml:2: task: Unable to extract tag" in str(caught.value)
    assert f"{tmp_path}/over.yaml:3: terms.a" in str(caught.value)


@pytest.mark.parametrize("parent", ["../base.yaml", "/etc/hosts", "3", "nothing.yaml"])
def test_only_files_of_the_same_folder_can_be_extended(tmp_path: Path, parent: str) -> None:
    path = write(tmp_path, over=f"extends: {parent}\nname: a\n")
    with pytest.raises(ConfigError, match=r"over\.yaml:1: .*extend"):
        load(Plan, path)


def test_a_mapping_may_extend_a_file_of_a_folder_beside(tmp_path: Path) -> None:
    for name in ("tasks", "plans"):
        (tmp_path / name).mkdir()
    write(tmp_path / "tasks", run="kind: walk\nspeed: 3.0\n")
    path = write(tmp_path / "plans", plan="name: a\ntask: {extends: ../tasks/run.yaml}\n")
    assert load(Plan, path).task == Walk(speed=3.0)
    write(tmp_path / "tasks", run="kind: walk\nspeed: -3.0\n")
    with pytest.raises(ConfigError, match=r"tasks/run\.yaml:2: task\.speed: "):
        load(Plan, path)


@pytest.mark.parametrize("parent", ["../../other.yaml", "/etc/base.yaml", "a/b.yaml", "../..", "3"])
def test_files_elsewhere_are_refused(tmp_path: Path, parent: str) -> None:
    with pytest.raises(ConfigError, match=r"over\.yaml:1: 'extends' takes a file|no file"):
        load(Plan, write(tmp_path, over=f"extends: {parent}\nname: a\n"))
