# SPDX-License-Identifier: Apache-2.0
"""A user builds a scene, sets a range wrongly, then rightly, and looks at a preview. Run with a folder for pictures."""

from __future__ import annotations

import sys
from pathlib import Path

from humanoid_brain_tests import steps
from tests.ui.driver import Driver, run

SOURCE = ("robot", "source")


async def story(user: Driver) -> None:
    await _builds_a_scene(user)
    await _sets_a_range(user)
    await _previews(user)


async def _builds_a_scene(user: Driver) -> None:
    panel, form = user.panel("Scene"), user.session.scene
    assert user.studio.window.current == "Scene"
    (mass,) = panel.views["Robot"].editors((*SOURCE, "mass"))
    await user.slide(mass, -200)
    assert form.value is None and form.get((*SOURCE, "mass")) == 10.0
    assert "not buildable" in panel.views["Robot"].reason(SOURCE)
    await user.picture("scene_invalid")
    await user.click(panel.build_button)
    (message,) = panel.messages.shown
    assert message.severity == "error" and "robot.source" in message.text and "Scene" in message.todo

    await user.slide(mass, 35)
    assert form.get((*SOURCE, "mass")) == 45.0 and form.value is not None
    assert not panel.views["Robot"].reason(SOURCE)
    await steps.builds(user)
    viewport = user.studio.viewport
    await user.until("the first picture", lambda: viewport.frames > 0, 240)
    before = viewport.orbit
    await user.drag(viewport.window.frame, 120, -30)
    assert viewport.orbit.azimuth != before.azimuth and viewport.orbit.elevation != before.elevation
    await user.scroll(viewport.window.frame, 2)
    assert viewport.orbit.distance < before.distance
    shown = viewport.frames
    await user.until("pictures from there", lambda: viewport.frames >= shown + 2, 240)
    await user.until("the best picture", lambda: user.studio.viewport.settled, 240)
    await user.picture("scene")
    await user.click(viewport.follow_button)
    viewport.track((1.0, 2.0, 0.9))
    assert viewport.orbit.target == (1.0, 2.0, 0.9)
    await user.click(viewport.follow_button)
    viewport.track((5.0, 2.0, 0.9))
    assert viewport.orbit.target == (1.0, 2.0, 0.9)
    await user.click(panel.view_button)
    assert viewport.orbit == before


async def _sets_a_range(user: Driver) -> None:
    await steps.opens(user, "Randomization")
    await user.until("the best picture", lambda: user.studio.viewport.settled, 240)
    await user.picture("randomization")
    await steps.sets_a_range(user)
    await _sees_the_term_in_the_viewport(user)


async def _sees_the_term_in_the_viewport(user: Driver) -> None:
    """The last row that was dragged is that of the vignette."""
    panel, viewport = user.panel("Randomization"), user.studio.viewport
    await user.until("the draw", lambda: panel.model.look.term.value == "image")
    await user.until("its picture", lambda: viewport.settled and not viewport.waiting, 240)
    assert user.session.shown_term.value is not None and panel.look_text.text.startswith("Image: ")
    await user.picture("range")
    shown = viewport.frames
    await user.click(panel.another_button)
    await user.until("another one", lambda: viewport.frames > shown, 240)
    await steps.opens(user, "Dataset")
    assert user.session.shown_term.value is None, "whoever leaves the panel sees the scene as it is"
    await steps.opens(user, "Randomization")
    low = panel.views["image"].editors(steps.VIGNETTE)[0]
    await user.click(low)
    await user.until("the draw again", lambda: panel.model.look.term.value == "image")
    await user.click(panel.back_button)
    assert user.session.shown_term.value is None


async def _previews(user: Driver) -> None:
    panel = user.panel("Randomization")
    await user.choose(panel.count, 0, 4)
    assert panel.model.pictures.value == 4
    await user.click(panel.preview_button)
    assert user.session.worker.busy and not panel.messages.shown
    user.panel("Scene").build_scene()  # at once: four small pictures take hardly longer than turning to the other panel
    scene = await steps.opens(user, "Scene")
    (message,) = scene.messages.shown
    assert "one job runs at a time" in message.text and "Preview" in message.text
    await user.until("the end of the preview", lambda: not user.session.worker.busy)
    await steps.previews(user)
    await user.picture("preview")


if __name__ == "__main__":
    run(story, Path(sys.argv[1]))
    print("told")
