# SPDX-License-Identifier: Apache-2.0
"""Effects on the image: drawn here like everything else, done by :mod:`humanoid_brain.randomization.image`."""

from __future__ import annotations

from humanoid_brain.config.randomization_view import ImageTerm
from humanoid_brain.randomization.image import ImageEffects
from humanoid_brain.randomization.term import Context, Term, Values, registry


@registry("image")
class ImageDraws(Term[ImageTerm]):
    """Nothing on the stage changes."""

    targets = ("",)

    def draw(self, frame: int, context: Context) -> Values:
        """One value per effect."""
        moment = self.moment(frame, context)
        return {
            f"{self.name}.{quantity}": self.single(quantity, getattr(self.config, quantity), moment)
            for quantity in ImageEffects.__dataclass_fields__
        }
