# SPDX-License-Identifier: Apache-2.0
"""One term on the stage that a viewport shows: a draw of it to look at, which is taken back afterwards."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
from pxr import Usd, UsdGeom

from humanoid_brain.config.randomization import RandomizationConfig
from humanoid_brain.errors import ConfigError
from humanoid_brain.randomization.image import ImageEffects, byte_effects
from humanoid_brain.randomization.randomizer import Randomizer
from humanoid_brain.randomization.term import Context, Json
from humanoid_brain.scene.build import ROBOT
from humanoid_brain.scene.robots import articulation_root
from humanoid_brain.scene.surroundings import CAMERA

Bytes = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Shown:
    """A draw on a stage."""

    values: dict[str, Json] = field(default_factory=dict)
    """What was drawn, by target and quantity."""
    edits: str = ""
    """The layer that changes the stage, as text of USD; another process can put it over the same scene."""
    through_camera: bool = False
    """Whether it is seen through the scene's camera alone."""
    develop: Callable[[Bytes], Bytes] | None = None
    """What happens to the picture [H, W, 3] itself; None: nothing."""


class TermLook:
    """Shows draws of single terms.

    Args:
        stage: Gives the stage.
        seed: Of the draws.
    """

    def __init__(self, stage: Callable[[], Usd.Stage], seed: int = 0) -> None:
        self._stage, self._seed = stage, seed
        self._randomizer: Randomizer | None = None

    def show(self, ranges: RandomizationConfig, term: str, frame: int) -> Shown:
        """Put a draw of a term on the stage, in place of the one before.

        Raises:
            ConfigError: The term matches nothing on the stage, or its ranges cannot be met there.
            SceneError: The stage has no session layer.
        """
        self.reset()
        stage, config = self._stage(), ranges.terms[term]
        # A term may hold for many frames; here each draw is another one.
        alone = RandomizationConfig(terms={term: config.model_copy(update={"hold": 1})})
        randomizer = self._randomizer = Randomizer(alone, stage, self._seed)
        draw = randomizer.draw(frame, _context(stage))
        if not draw.values:
            raise ConfigError(
                f"nothing in this scene is what '{term}' changes",
                todo="Select other prims, or build another scene",
            )
        randomizer.apply(draw)
        effects = randomizer.image_effects(draw)
        values = {name.removeprefix(f"{term}."): value for name, value in draw.values.items()}
        develop = None if effects == ImageEffects() else partial(_developed, effects, self._seed, frame)
        return Shown(values, randomizer.layer_text(), config.kind in ("camera", "occluders"), develop)

    def reset(self) -> None:
        """Give the stage back as it was."""
        randomizer, self._randomizer = self._randomizer, None
        if randomizer is not None:
            randomizer.reset()


def _developed(effects: ImageEffects, seed: int, frame: int, picture: Bytes) -> Bytes:
    return byte_effects(picture, effects, seed, frame)


def _context(stage: Usd.Stage) -> Context:
    """Where the first robot and the camera stand."""
    robot, camera = stage.GetPrimAtPath(ROBOT), stage.GetPrimAtPath(CAMERA)
    root = articulation_root(robot) if robot else None
    known: dict[str, Any] = {}
    if root:
        known["subject"] = _position(root)
    if camera:
        known["camera"] = _position(camera)
    return Context(**known)


def _position(prim: Usd.Prim) -> tuple[float, float, float]:
    x, y, z = UsdGeom.XformCache().GetLocalToWorldTransform(prim).ExtractTranslation()
    return x, y, z
