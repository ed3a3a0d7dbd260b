# SPDX-License-Identifier: Apache-2.0
"""Marks on the ground where robots are told to walk, for films."""

from __future__ import annotations

from typing import TYPE_CHECKING

from humanoid_brain.config.task import TargetCommandConfig

if TYPE_CHECKING:
    from humanoid_brain.learning.env import HumanoidEnv

PATH = "/World/targets"
_HEIGHT = 0.01
"""Height of a mark in m: a disc that a foot does not seem to sink into."""


class TargetMarks:
    """One disc for each robot, as wide as the target is; none where the task has no targets.

    They are in the stage's session layer, for the eye alone: physics was loaded before.

    Args:
        env: The environment, set up.
    """

    def __init__(self, env: HumanoidEnv) -> None:
        from pxr import Gf, Usd, UsdGeom, UsdShade

        from humanoid_brain.scene.looks import Looks, preview_surface

        self._env = env
        self._stage = stage = env.simulation.built.stage
        self._moves: list[UsdGeom.XformOp] = []
        command = env.config.command
        if not isinstance(command, TargetCommandConfig):
            return
        with Usd.EditContext(stage, stage.GetSessionLayer()):
            UsdGeom.Scope.Define(stage, PATH)
            look = preview_surface(stage, f"{PATH}/look", Looks((0.95, 0.35, 0.05), emission=(0.25, 0.08, 0.0)))
            for number in range(env.num_envs):
                disc = UsdGeom.Cylinder.Define(stage, f"{PATH}/target_{number}")
                disc.CreateAxisAttr("Z")
                disc.CreateRadiusAttr(command.radius)
                disc.CreateHeightAttr(_HEIGHT)
                half = Gf.Vec3f(command.radius, command.radius, _HEIGHT / 2)
                disc.CreateExtentAttr([-half, half])
                UsdShade.MaterialBindingAPI.Apply(disc.GetPrim()).Bind(look)
                self._moves.append(disc.AddTranslateOp())
        self.move()

    def move(self) -> None:
        """Put each mark where its robot's target is now."""
        from pxr import Gf, Usd

        if not self._moves:
            return
        places = self._env.state.target.cpu().double().numpy()
        with Usd.EditContext(self._stage, self._stage.GetSessionLayer()):
            for operation, (x, y) in zip(self._moves, places.tolist(), strict=True):
                place = Gf.Vec3d(x, y, _HEIGHT / 2)
                if operation.Get() != place:
                    operation.Set(place)

    def close(self) -> None:
        """Take the marks away."""
        from pxr import Usd

        if self._moves:
            self._moves.clear()
            with Usd.EditContext(self._stage, self._stage.GetSessionLayer()):
                self._stage.RemovePrim(PATH)
