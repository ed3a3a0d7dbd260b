# SPDX-License-Identifier: Apache-2.0
"""A draw of a term on the scene in the viewport, with the real jobs and no window."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pxr import Usd, UsdLux

from humanoid_brain.jobs import Job
from humanoid_brain.ui.randomization_model import RandomizationModel
from humanoid_brain.ui.scene_model import SceneModel
from tests.ui.helpers import finish, make_session

SUN = ("terms", "sun", "intensity")


@pytest.fixture
def model() -> Iterator[RandomizationModel]:
    session = make_session()
    made = RandomizationModel(session)
    yield made
    made.close()
    session.actions.close()  # pyright: ignore[reportAttributeAccessIssue]


def build(model: RandomizationModel) -> None:
    scene = SceneModel(model.session)
    scene.build()
    finish(model.session)
    scene.close()


def intensity(model: RandomizationModel) -> float:
    """Of the sun on the stage that the viewport shows."""
    look = model.look._look
    assert look is not None
    stage: Usd.Stage = look._stage()  # pyright: ignore[reportAttributeAccessIssue]
    return UsdLux.LightAPI(stage.GetPrimAtPath("/World/lights/sun")).GetIntensityAttr().Get()


def test_a_touched_row_shows_a_draw_and_whatever_comes_next_takes_it_back(model: RandomizationModel) -> None:
    look, form, shown = model.look, model.form, model.session.shown_term
    form.put(SUN, {"kind": "uniform", "low": 100.0, "high": 100.0})
    look.update()
    assert shown.value is None and "Build the scene" in look.text.value
    build(model)
    form.put(SUN, {"kind": "uniform", "low": 123.0, "high": 123.0})
    look.update()
    assert look.term.value == "sun" and "intensity 123" in look.text.value
    assert shown.value is not None and "intensity = 123" in shown.value.edits and intensity(model) == 123.0
    look.take_back()
    before = intensity(model)
    assert before != 123.0 and shown.value is None and look.term.value == ""

    look.touch("sun")
    look.update()
    assert intensity(model) == 123.0
    model.session.worker.start(Endless(), "Work")  # the stage is the job's from now on
    assert shown.value is None and intensity(model) == before
    look.touch("sun")
    look.update()
    assert shown.value is None and intensity(model) == before
    model.session.worker.close()

    look.touch("sun")
    look.update()
    assert shown.value is not None
    model.reset()
    assert shown.value is None and intensity(model) == before


def test_another_draw_differs_and_the_same_one_follows_its_range(model: RandomizationModel) -> None:
    build(model)
    look, form = model.look, model.form
    drawn = []
    for high in (1000.0, 2000.0):
        form.put(SUN, {"kind": "uniform", "low": 0.0, "high": high})
        look.update()
        drawn.append(intensity(model))
    assert drawn[1] == pytest.approx(2.0 * drawn[0]), "the same draw of a range twice as wide"
    look.another()
    look.update()
    assert intensity(model) != drawn[1]
    look.on.value = False
    look.touch("sun")
    look.update()
    assert model.session.shown_term.value is None


def test_what_happens_to_the_picture_and_what_needs_the_camera_is_told_to_the_viewport(
    model: RandomizationModel,
) -> None:
    import numpy as np

    build(model)
    look, shown = model.look, model.session.shown_term
    model.switch("image", True)
    model.form.put(("terms", "image", "gamma"), {"kind": "constant", "value": 2.0})
    look.update()
    assert shown.value is not None and shown.value.develop is not None and not shown.value.through_camera
    grey = np.full((8, 8, 3), 128, np.uint8)
    assert np.abs(shown.value.develop(grey).astype(int) - 128).mean() > 5 and (grey == 128).all()
    camera = next(name for name, term in model.form.data["terms"].items() if term["kind"] == "camera")
    look.touch(camera)
    look.update()
    assert shown.value.through_camera and shown.value.develop is None


def test_a_term_that_matches_nothing_says_so_and_leaves_the_stage_alone(model: RandomizationModel) -> None:
    build(model)
    model.form.put(("terms", "sun", "select", "paths"), ["/World/nothing"])
    model.look.update()
    assert model.session.shown_term.value is None and "nothing in this scene" in model.look.text.value


class Endless(Job):
    def slices(self) -> Iterator[None]:
        while True:
            yield

    def release(self) -> None:
        pass
