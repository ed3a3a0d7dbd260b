# SPDX-License-Identifier: Apache-2.0
"""Targets of robots, as a film shows them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from humanoid_brain.config.task import TargetCommandConfig

if TYPE_CHECKING:
    from pxr import UsdGeom

    from humanoid_brain.learning.env import HumanoidEnv


class TargetMarks:
    """One disc for each robot, as wide as the target is; none where the task has no targets.

    They are in the stage's session layer, for the eye alone: physics was loaded before.

    Args:
        env: The environment, set up.
    """

    def __init__(self, env: HumanoidEnv) -> None:
        from pxr import Usd

        from humanoid_brain.scene.targets import author_targets

        self._env = env
        self._stage = stage = env.simulation.built.stage
        self._moves: list[UsdGeom.XformOp] = []
        command = env.config.command
        if isinstance(command, TargetCommandConfig):
            with Usd.EditContext(stage, stage.GetSessionLayer()):
                self._moves = author_targets(stage, env.num_envs, command.radius)
            self.move()

    def move(self) -> None:
        """Put each mark where its robot's target is now."""
        from pxr import Gf, Usd

        from humanoid_brain.scene.targets import HEIGHT

        if not self._moves:
            return
        places = self._env.state.target.cpu().double().numpy()
        with Usd.EditContext(self._stage, self._stage.GetSessionLayer()):
            for operation, (x, y) in zip(self._moves, places.tolist(), strict=True):
                place = Gf.Vec3d(x, y, HEIGHT / 2)
                if operation.Get() != place:
                    operation.Set(place)

    def close(self) -> None:
        """Take the marks away."""
        from pxr import Usd

        from humanoid_brain.scene.targets import TARGETS

        if self._moves:
            self._moves.clear()
            with Usd.EditContext(self._stage, self._stage.GetSessionLayer()):
                self._stage.RemovePrim(TARGETS)
