# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from humanoid_brain.config.base import Model, load
from humanoid_brain.config.capture import CaptureConfig
from humanoid_brain.config.randomization import RandomizationConfig
from humanoid_brain.config.scene import SceneConfig
from humanoid_brain.config.training import TrainingConfig
from humanoid_brain.errors import ConfigError
from humanoid_brain.ui.form import Form, read_text, show_text

HEIGHT = ("robot", "source", "height")
NONSENSE = [
    "abc",
    "",
    "3",
    "1e400",
    "-.inf",
    ".nan",
    "true",
    "[1, 2]",
    "{a: 1}",
    "&a [*a]",
    "1_0",
    "1" * 5000,
    "'",
    ":",
]


def told_by_the_loader(tmp_path: Path, text: str) -> str:
    path = tmp_path / "scene.yaml"
    path.write_text(f"robot: {{source: {{height: {text}}}}}\n")
    with pytest.raises(ConfigError) as caught:
        load(SceneConfig, path)
    return str(caught.value)


@pytest.mark.parametrize("text", ["abc", "", "3", ".inf", ".nan", "true", "[1, 2]", "1e400"])
def test_a_text_is_refused_in_the_words_of_the_configuration_loader(tmp_path: Path, text: str) -> None:
    form = Form(SceneConfig)
    form.set_text(HEIGHT, text)
    (problem,) = form.problems
    assert form.value is None
    assert told_by_the_loader(tmp_path, text).endswith(problem)


@pytest.mark.parametrize("text", NONSENSE)
@pytest.mark.parametrize("path", [HEIGHT, ("num_envs",), ("camera", "position", 1), ("physics", "solver"), ("ground",)])
def test_nonsense_in_any_field_is_marked_and_never_raises(path: tuple[str | int, ...], text: str) -> None:
    form = Form(SceneConfig)
    form.set_text(path, text)
    assert (form.value is None) == bool(form.problems)
    if form.value is None:
        assert form.reason(path) or form.reason(path[:-1], below=False) or form.reason(())
    list(form.rows())
    form.load(SceneConfig())
    assert form.value == SceneConfig()


def test_a_value_that_fits_is_in_the_configuration_at_once() -> None:
    form, edited = Form(SceneConfig), []
    subscription = form.edited.subscribe(edited.append)
    form.set_text(HEIGHT, "1.5")
    form.set_text(HEIGHT, "1.5")
    assert edited == [HEIGHT]
    assert form.value is not None and form.value.robot.source.height == 1.5  # pyright: ignore[reportAttributeAccessIssue]
    subscription.cancel()


def test_a_problem_across_fields_stands_at_what_holds_them() -> None:
    form = Form(SceneConfig)
    form.set(("robot", "source", "mass"), 150.0)
    assert "not buildable" in form.reason(("robot", "source"), below=False)
    assert form.reason(HEIGHT) == ""
    form.set(("ground", "dynamic_friction"), 2.0)
    assert "is above static_friction" in form.reason(("ground",))
    assert len(form.problems) == 2


def test_an_optional_part_is_switched_on_with_its_own_values_and_off_again() -> None:
    form, changes = Form(SceneConfig), []
    form.set(("camera", "position"), [2.5, -2.0, 1.5])
    subscription = form.restructured.subscribe(changes.append)
    names = [row.name for row in form.rows()]
    form.enable(("interior",), True)
    assert form.value is not None and form.value.interior is not None
    assert "interior.chairs.count" in [row.name for row in form.rows()]
    form.enable(("interior",), True)
    form.enable(("interior",), False)
    assert [row.name for row in form.rows()] == names
    assert changes == [("interior",), ("interior",)]
    subscription.cancel()


def test_another_variant_keeps_what_both_have(repo_root: Path) -> None:
    form = Form(TrainingConfig, load(TrainingConfig, repo_root / "config" / "training" / "walk_cpu.yaml"))
    form.set(("task", "command", "resample"), 7.0)
    form.choose(("task", "command"), "target")
    assert form.value is not None
    assert form.value.task.command.kind == "target" and form.value.task.command.resample == 7.0


@pytest.mark.parametrize("kind", ["constant", "log_uniform", "normal", "integer", "choice", "schedule", "uniform"])
def test_another_distribution_keeps_the_range(repo_root: Path, kind: str) -> None:
    ranges = load(RandomizationConfig, repo_root / "config" / "randomization" / "standard.yaml")
    form, path = Form(RandomizationConfig, ranges), ("terms", "sun", "temperature")
    form.choose(path, kind)
    assert form.value is not None, form.problems
    made: Any = form.value.terms["sun"]
    low, high = made.temperature.bounds()
    assert (low, high) == ((5000.0, 5000.0) if kind == "constant" else (3000.0, 7000.0))
    rows = [row.path for row in form.rows(("terms", "sun")) if row.path[: len(path)] == path]
    assert rows[0] == path and (len(rows) > 1) == (kind == "schedule")


def test_a_range_that_is_upside_down_can_still_become_another_distribution(repo_root: Path) -> None:
    ranges = load(RandomizationConfig, repo_root / "config" / "randomization" / "standard.yaml")
    form, path = Form(RandomizationConfig, ranges), ("terms", "image", "vignette")
    form.set((*path, "low"), 0.9)
    assert form.value is None and "lies above the upper end" in form.reason(path)
    form.choose(path, "normal")
    assert form.value is not None


@pytest.mark.parametrize("folder", ["scenes", "captures", "randomization", "training"])
def test_every_preset_has_rows_and_survives_unchanged(repo_root: Path, folder: str) -> None:
    kinds: dict[str, type[Model]] = {
        "scenes": SceneConfig,
        "captures": CaptureConfig,
        "randomization": RandomizationConfig,
        "training": TrainingConfig,
    }
    for path in (repo_root / "config" / folder).glob("*.yaml"):
        config = load(kinds[folder], path)
        form = Form(kinds[folder], config)
        rows = list(form.rows())
        assert form.value == config and len({row.path for row in rows}) == len(rows) > 5
        for row in rows:
            if not row.heading and row.active and not row.field.variants:
                text = show_text(form.get(row.path))
                assert show_text(read_text(row.field, text)) == text, row.name


def test_a_new_field_appears_by_itself() -> None:
    class Wider(SceneConfig):
        """A scene that has gained a field."""

        wind: float = 0.0
        """Speed of the wind, m/s."""

    added = [row for row in Form(Wider).rows() if row.field.name == "wind"]
    assert [(row.field.label, row.field.unit, row.field.kind) for row in added] == [("Wind", "m/s", "number")]


def test_an_unfinished_draft_can_be_taken_up_again() -> None:
    form, later = Form(SceneConfig), Form(SceneConfig)
    form.set_text(HEIGHT, "tall")
    later.apply(form.data)
    assert later.get(HEIGHT) == "tall" and later.value is None
    form.set_text(HEIGHT, "1.7")
    assert later.get(HEIGHT) == "tall"


@pytest.mark.parametrize("robot", ["tall", 3, [], {"source": {"kind": "dog"}}, {"joints": 5}, None], ids=range(6))
def test_a_draft_without_the_structure_of_the_model_is_refused_and_changes_nothing(robot: Any) -> None:
    form = Form(SceneConfig)
    form.set_text(HEIGHT, "tall")
    before = form.data
    with pytest.raises(ConfigError, match="robot"):
        form.apply({**form.data, "robot": {**form.data["robot"], **robot} if isinstance(robot, dict) else robot})
    assert form.data is before and form.get(HEIGHT) == "tall"
