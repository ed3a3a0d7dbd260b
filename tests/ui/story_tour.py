# SPDX-License-Identifier: Apache-2.0
"""Pictures of the guides that no other story has: run with a folder for them, such as docs/images."""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

from omni import ui
from PIL import Image

from humanoid_brain_tests import steps
from tests.ui.driver import Driver, run

SUN = ("terms", "sun", "intensity")


async def story(user: Driver) -> None:
    await steps.builds(user)
    viewport, form = user.studio.viewport, user.session.randomization
    panel = await steps.opens(user, "Randomization")
    form.put(SUN, {"kind": "uniform", "low": 4000.0, "high": 9000.0})
    await user.until("the draw", lambda: panel.model.look.term.value == "sun")
    await user.until("its picture", lambda: viewport.settled and not viewport.waiting, steps.PATIENCE)
    await user.picture("tour_touch")
    await steps.previews(user)
    await user.picture("tour_preview")
    ui.Workspace.get_window("Preview of the draws").visible = False
    await _captures(user)


async def _captures(user: Driver) -> None:
    panel = await steps.opens(user, "Dataset")
    panel.model.load_preset("detection")
    await steps.builds(user)
    await steps.opens(user, "Dataset")
    panel.model.form.set(("frames",), 12)
    panel.model.form.set(("output",), str(user.folder / "capture"))
    viewport = user.studio.viewport
    await user.until("the room", lambda: viewport.settled and not viewport.waiting, steps.PATIENCE)
    await user.click(panel.start_button)
    await user.until("its fourth frame", lambda: (panel.model.shown.value or 0) >= 3)
    await user.picture("studio_dataset")
    await user.click(panel.stop_button)
    await user.until("the end", lambda: not panel.model.running)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        run(story, Path(folder))
        for path in Path(folder).glob("*.png"):
            made = Path(sys.argv[1]) / path.name
            if path.name.startswith("studio"):
                shutil.copy(path, made)
                continue
            with Image.open(path) as picture:
                small = picture.convert("RGB").resize((1152, 720), Image.Resampling.LANCZOS)
                small.quantize(192, dither=Image.Dither.NONE).save(made, optimize=True)
    print("told")
