# SPDX-License-Identifier: Apache-2.0
"""Marks on the ground where robots are told to walk, for films and viewports: nothing touches them."""

from __future__ import annotations

from pxr import Gf, Usd, UsdGeom, UsdPhysics, UsdShade

from humanoid_brain.scene.looks import Looks, preview_surface

TARGETS = "/World/targets"
HEIGHT = 0.01
"""Height of a mark in m: a disc that a foot does not seem to sink into."""
_LOOKS = Looks((0.95, 0.35, 0.05), emission=(0.25, 0.08, 0.0))


def target_path(number: int) -> str:
    """The mark of a robot."""
    return f"{TARGETS}/target_{number}"


def author_targets(stage: Usd.Stage, count: int, radius: float, *, bodies: bool = False) -> list[UsdGeom.XformOp]:
    """Author marks in the layer that is being edited.

    Args:
        stage: The stage.
        count: Number of robots.
        radius: Of the discs, m.
        bodies: Whether they are rigid bodies, for a stage that is only drawn: a renderer takes poses of bodies.

    Returns:
        What moves each: its centre in the world, m.
    """
    UsdGeom.Scope.Define(stage, TARGETS)
    look = preview_surface(stage, f"{TARGETS}/look", _LOOKS)
    half = Gf.Vec3f(radius, radius, HEIGHT / 2)
    moves: list[UsdGeom.XformOp] = []
    for number in range(count):
        disc = UsdGeom.Cylinder.Define(stage, target_path(number))
        disc.CreateAxisAttr("Z")
        disc.CreateRadiusAttr(radius)
        disc.CreateHeightAttr(HEIGHT)
        disc.CreateExtentAttr([-half, half])
        UsdShade.MaterialBindingAPI.Apply(disc.GetPrim()).Bind(look)
        if bodies:
            UsdPhysics.RigidBodyAPI.Apply(disc.GetPrim())
        moves.append(disc.AddTranslateOp())
    return moves
