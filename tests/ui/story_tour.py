# SPDX-License-Identifier: Apache-2.0
"""The pictures of docs/tour.md that no other story has: run with a folder for them, such as docs/images."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

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


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        run(story, Path(folder))
        for path in Path(folder).glob("*.png"):
            with Image.open(path) as picture:
                small = picture.convert("RGB").resize((1152, 720), Image.Resampling.LANCZOS)
                small.quantize(192, dither=Image.Dither.NONE).save(Path(sys.argv[1]) / path.name, optimize=True)
    print("told")
