# SPDX-License-Identifier: Apache-2.0
"""The fog that the randomization put on a stage."""

from __future__ import annotations

from pxr import Usd

from humanoid_brain.config.randomization_terms import FOG, FOG_COLOR, FOG_DENSITY


def fog_on(stage: Usd.Stage) -> tuple[float, tuple[float, float, float]]:
    """Extinction in 1/m and radiance of the fog on a stage; 0 where there is none."""
    prim = stage.GetPrimAtPath(FOG)
    if not prim:
        return 0.0, (1.0, 1.0, 1.0)
    red, green, blue = prim.GetAttribute(FOG_COLOR).Get()
    return float(prim.GetAttribute(FOG_DENSITY).Get()), (red, green, blue)
