# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import torch
from pxr import Usd, UsdGeom, UsdLux

from humanoid_brain.config.task import TargetCommandConfig, VelocityCommandConfig
from humanoid_brain.evaluation.targets import TargetMarks
from humanoid_brain.scene.targets import TARGETS, target_path


def _env(command: TargetCommandConfig | VelocityCommandConfig) -> Any:
    stage = Usd.Stage.CreateInMemory()
    UsdGeom.SetStageUpAxis(stage, UsdGeom.Tokens.z)
    UsdGeom.SetStageMetersPerUnit(stage, 1.0)
    UsdGeom.Xform.Define(stage, "/World")
    UsdLux.DomeLight.Define(stage, "/World/sky").CreateIntensityAttr(1.0)
    return SimpleNamespace(
        simulation=SimpleNamespace(built=SimpleNamespace(stage=stage)),
        config=SimpleNamespace(command=command),
        num_envs=2,
        state=SimpleNamespace(target=torch.tensor([[1.5, -0.5], [0.0, 4.0]])),
    )


def _place(stage: Usd.Stage, number: int) -> list[float]:
    cache = UsdGeom.XformCache()
    return list(cache.GetLocalToWorldTransform(stage.GetPrimAtPath(target_path(number))).ExtractTranslation())


def test_each_robot_has_a_disc_where_its_target_is_which_goes_there_and_then_away() -> None:
    env = _env(TargetCommandConfig(radius=0.4))
    stage = env.simulation.built.stage
    authored = stage.GetRootLayer().ExportToString()
    marks = TargetMarks(env)
    np.testing.assert_allclose([_place(stage, i)[:2] for i in range(2)], [[1.5, -0.5], [0.0, 4.0]], atol=1e-6)
    assert UsdGeom.Cylinder(stage.GetPrimAtPath(target_path(1))).GetRadiusAttr().Get() == 0.4
    env.state.target[1] = torch.tensor([-2.0, 1.0])
    marks.move()
    np.testing.assert_allclose([_place(stage, i)[:2] for i in range(2)], [[1.5, -0.5], [-2.0, 1.0]], atol=1e-6)
    marks.close()
    assert not stage.GetPrimAtPath(TARGETS)
    assert stage.GetRootLayer().ExportToString() == authored
    marks.move()
    assert not stage.GetPrimAtPath(TARGETS)


def test_a_film_shows_the_disc_where_it_went() -> None:
    from humanoid_brain.host.standalone.render.film import FilmRenderer, Follow

    env = _env(TargetCommandConfig(radius=0.4))
    marks = TargetMarks(env)
    renderer = FilmRenderer(env.simulation.built.stage, 32, 32, samples=2, device="cpu")
    here, there = (Follow((x, y, 0.0), elevation=89.0, distance=4.0) for x, y in ((1.5, -0.5), (6.0, 6.0)))

    def orange(camera: Follow) -> bool:
        red, _, blue = renderer.render(camera)[16, 16].astype(int)
        return red > blue + 40

    assert orange(here) and not orange(there)
    env.state.target[0] = torch.tensor([6.0, 6.0])
    marks.move()
    assert orange(there) and not orange(here)


def test_a_task_without_targets_has_no_discs() -> None:
    env = _env(VelocityCommandConfig())
    marks = TargetMarks(env)
    marks.move()
    assert not env.simulation.built.stage.GetPrimAtPath(TARGETS)
    marks.close()
