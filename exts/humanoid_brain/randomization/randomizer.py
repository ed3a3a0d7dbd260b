# SPDX-License-Identifier: Apache-2.0
"""All terms of a configuration on one stage: draw a frame, apply it, take everything back."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any

from pxr import Usd

from humanoid_brain.config.randomization import RandomizationConfig
from humanoid_brain.errors import ConfigError, SceneError
from humanoid_brain.randomization import terms
from humanoid_brain.randomization.image import ImageEffects
from humanoid_brain.randomization.term import Context, Json, Term, Values, registry
from humanoid_brain.randomization.workspace import SCOPE, Workspace

__all__ = ["Context", "Draw", "Randomizer", "build_terms", "draw_terms"]
assert terms  # importing them has filled the registry


@dataclass(frozen=True)
class Draw:
    """The values of one frame, as they go into the dataset; made again from there, it is the same draw."""

    frame: int
    values: Values
    """By dotted name: term, target where there are several, quantity."""


def build_terms(config: RandomizationConfig, seed: int) -> list[Term[Any]]:
    """The terms in the order of drawing: cameras first, because others keep clear of the camera or stand before it."""
    built = [registry.build(name, term, seed) for name, term in config.terms.items()]
    return sorted(built, key=lambda term: term.config.kind != "camera")


def draw_terms(built: list[Term[Any]], frame: int, context: Context) -> Values:
    """Values of all terms for one frame."""
    values: Values = {}
    for term in built:
        drawn = term.draw(frame, context)
        values.update(drawn)
        position: Any = drawn.get(f"{term.name}.position")
        if term.config.kind == "camera":
            context = dataclasses.replace(context, camera=tuple(position))
    return values


class Randomizer:
    """Randomizes a stage. Its edits lie in a layer below the session layer; the scene's own layers stay untouched.

    Pools of lights and solids, and copies of materials, are created at once and hidden, so that a renderer which
    reads the stage afterwards has all it will ever need; until the first :meth:`apply` the picture is as before.

    Args:
        config: Terms and their ranges.
        stage: The stage.
        seed: Seed of the run.

    Raises:
        ConfigError: Terms match nothing on the stage, or cannot be done there; the message lists all of them.
        SceneError: The stage has no session layer, or is randomized by another Randomizer.
    """

    def __init__(self, config: RandomizationConfig, stage: Usd.Stage, seed: int) -> None:
        self.config, self.seed = config, seed
        if stage.GetPrimAtPath(SCOPE):
            raise SceneError("the stage is randomized already", where=SCOPE, todo="Reset the other Randomizer first")
        self._terms = build_terms(config, seed)
        self._workspace = Workspace(stage)
        problems = [
            f"terms.{term.name}: {problem}" for term in self._terms for problem in term.resolve(stage, self._workspace)
        ]
        if problems:
            raise ConfigError("\n".join(problems), todo="Correct the selection, or take the term away")
        self._workspace.attach()

    def draw(self, frame: int, context: Context | None = None) -> Draw:
        """Values of one frame. They depend on configuration, seed, frame and context, not on what was drawn before.

        Raises:
            ConfigError: A range cannot be met in this context, such as a camera that always is in an obstacle.
        """
        return Draw(frame, draw_terms(self._terms, frame, context or Context()))

    def apply(self, draw: Draw) -> None:
        """Put a draw on the stage, in place of the one before.

        Raises:
            ConfigError: The draw was made with another configuration; the stage is as before.
        """
        try:
            edits = list(chain.from_iterable(term.edits(draw.values) for term in self._terms))
        except KeyError as error:
            raise ConfigError(
                f"the draw has no value {error}",
                where=f"frame {draw.frame}",
                todo="Apply it with the configuration that it was drawn with",
            ) from error
        self._workspace.write(edits)
        self._workspace.attach()

    def reset(self) -> None:
        """Give the stage back as it was. A later :meth:`apply` randomizes it again."""
        self._workspace.detach()

    def layer_text(self) -> str:
        """The edits that :meth:`apply` made, as text of USD, for the same scene elsewhere."""
        return self._workspace.layer.ExportToString()

    def image_effects(self, draw: Draw) -> ImageEffects:
        """What the draw asks to be done to the rendered image; nothing where there is no term of the kind image."""
        name = next((name for name, term in self.config.terms.items() if term.kind == "image"), None)
        return ImageEffects() if name is None else read_effects(draw.values, name)


def read_effects(values: Mapping[str, Json], name: str) -> ImageEffects:
    """The effects among the values of a draw, of the term ``name``."""
    taken: Any = {quantity: values[f"{name}.{quantity}"] for quantity in ImageEffects.__dataclass_fields__}
    return ImageEffects(**taken)
