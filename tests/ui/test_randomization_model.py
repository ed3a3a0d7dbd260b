# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
from pathlib import Path
from typing import get_args

import pytest

from humanoid_brain.config.randomization import AnyTerm
from humanoid_brain.errors import HumanoidBrainError
from humanoid_brain.ui.randomization_model import Entry, RandomizationModel
from tests.ui.helpers import make_session


@pytest.fixture
def model() -> RandomizationModel:
    return RandomizationModel(make_session())


def entries(model: RandomizationModel) -> dict[str, Entry]:
    return {entry.name: entry for family in model.families() for entry in family.entries}


def test_every_family_is_there_and_has_a_term_that_can_be_switched_on(model: RandomizationModel) -> None:
    kinds = {kind for family in model.families() for kind in family.kinds}
    assert kinds == {term.model_fields["kind"].default for term in get_args(get_args(AnyTerm)[0])}
    for entry in entries(model).values():
        model.switch(entry.name, True)
        assert model.form.value is not None, (entry.name, model.form.problems)
        assert entries(model)[entry.name].on


def test_a_term_that_is_switched_off_and_on_again_is_as_it_was(model: RandomizationModel) -> None:
    model.form.set(("terms", "sun", "intensity", "low"), 250.0)
    model.switch("sun", False)
    assert model.form.value is not None and "sun" not in model.form.value.terms
    assert "intensity log-uniform 250 to 10000" in model.summary(entries(model)["sun"])
    model.switch("sun", True)
    assert model.form.get(("terms", "sun", "intensity", "low")) == 250.0


def test_a_quantity_that_is_switched_on_begins_with_a_sensible_range(model: RandomizationModel) -> None:
    for name, entry in entries(model).items():
        model.switch(name, True)
        for row in list(model.rows(entries(model)[name])):
            if row.field.optional and not row.active and row.field.name not in ("color", "tint", "tiling"):
                model.form.enable(row.path, True, model.propose(row.path))
                assert model.form.value is not None, (row.name, model.form.problems)
                if entry.kind != "light" or row.field.name != "position":
                    assert model.form.get(row.path) == model.propose(row.path)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("fog", {"fog"}),
        ("vignette", {"image"}),
        ("ROUGHNESS mirror", {"robot", "floor", "furniture", "distractors"}),
        ("lights/sun", {"sun"}),
        ("hue", {"robot", "floor", "furniture", "distractors"}),
        ("no such thing", set()),
    ],
)
def test_the_search_finds_terms_quantities_and_help(model: RandomizationModel, text: str, found: set[str]) -> None:
    model.search.value = text
    assert {name for name, entry in entries(model).items() if model.finds(entry)} == found


def test_the_search_leaves_only_the_rows_that_it_found(model: RandomizationModel) -> None:
    model.search.value = "vignette"
    image = entries(model)["image"]
    assert [row.field.name for row in model.rows(image) if model.finds_row(image, row)] == ["vignette"]
    model.search.value = "image"
    assert len([row for row in model.rows(image) if model.finds_row(image, row)]) > 5


def test_presets_replace_all_terms_and_what_was_switched_off(model: RandomizationModel, tmp_path: Path) -> None:
    model.form.set(("terms", "image", "blur", "high"), 3.0)
    model.switch("image", False)
    model.load_preset("mild")
    assert model.preset.value == "mild" and model.form.get(("terms", "image", "blur", "value")) == 0.0
    (tmp_path / "bad.yaml").write_text("terms: {image: {kind: image, blur: [3, 1]}}\n")
    model.load_file(tmp_path / "bad.yaml")
    assert "bad.yaml:1: terms.image.blur" in model.task.messages.value[0].text
    assert model.form.value is not None


def test_a_preview_with_a_range_that_does_not_fit_says_which(model: RandomizationModel) -> None:
    model.form.set(("terms", "image", "vignette", "low"), 0.9)
    model.preview()
    (message,) = model.task.messages.value
    assert "terms.image.vignette" in message.text and "panel Randomization" in message.todo
    assert not model.session.worker.busy


def test_a_capture_takes_scene_and_ranges_of_the_session(model: RandomizationModel) -> None:
    session = model.session
    session.scene.set(("num_envs",), 16)
    session.scene.set(("robot", "source", "height"), 1.5)
    capture = session.capture(frames=3)
    assert capture.scene.num_envs == 1 and capture.scene.robot.source.height == 1.5  # pyright: ignore[reportAttributeAccessIssue]
    assert capture.randomization == session.randomization.value and capture.frames == 3
    session.scene.set_text(("spacing",), "x")
    with pytest.raises(HumanoidBrainError, match="spacing"):
        session.capture()


def test_the_next_session_takes_up_the_draft_with_what_was_off(model: RandomizationModel) -> None:
    model.form.set(("terms", "sun", "intensity", "low"), 250.0)
    model.switch("sun", False)
    model.pictures.value = 16
    state = json.loads(json.dumps(model.collect()))
    later = RandomizationModel(make_session())
    later.apply(state)
    later.switch("sun", True)
    assert later.form.get(("terms", "sun", "intensity", "low")) == 250.0
    assert later.pictures.value == 16
