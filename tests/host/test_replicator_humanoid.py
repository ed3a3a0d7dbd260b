# SPDX-License-Identifier: Apache-2.0
"""The humanoid in several environments: its labels, its box in 3D, and its clones."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from humanoid_brain import host
from humanoid_brain.config.scene import SceneConfig
from humanoid_brain.host.standalone import replicator as rep
from humanoid_brain.scene.build import BuiltScene, build_scene
from tests.host.conftest import MakeWorld

ROBOTS = [f"/World/envs/env_{i}/Robot" for i in range(2)]
SIZE = (64, 48)


@pytest.fixture
def built(h: host.Host) -> Iterator[BuiltScene]:
    h.stage.create_new_stage()
    config = SceneConfig()
    config.camera.position, config.camera.target = (0.0, -6.0, 1.2), (0.0, 0.0, 0.9)
    yield build_scene(config, h, num_envs=2)
    rep.standalone_settings.reset()
    rep.orchestrator.stop()


def take(name: str, **params: Any) -> dict[str, Any]:
    annotator = rep.annotators.get(name, init_params=params)
    annotator.attach(rep.create.render_product("/World/camera", SIZE))
    rep.orchestrator.step(delta_time=0.0, pause_timeline=False)
    data = annotator.get_data(use_legacy_structure=False)
    annotator.detach()
    return data


def test_every_environment_has_a_humanoid(built: BuiltScene, make_world: MakeWorld) -> None:
    make_world().reset()
    found = take("instance_segmentation_fast")
    robots = {path: i for i, path in found["idToLabels"].items() if path in ROBOTS}
    assert set(robots) == set(ROBOTS)
    assert {found["idToSemantics"][i]["class"] for i in robots.values()} == {"humanoid"}
    assert all((found["data"] == i).sum() > 20 for i in robots.values())
    semantic = take("semantic_segmentation")
    assert {"class": "ground"} in semantic["idToLabels"].values()
    assert len(semantic["idToLabels"]) == 4  # background, unlabelled, ground, humanoid: one set for both robots


def test_parts_are_labelled_when_they_are_asked_for(built: BuiltScene) -> None:
    found = take("instance_segmentation_fast", semanticTypes=["part"])
    assert f"{ROBOTS[0]}/torso" in found["idToLabels"].values()
    assert {"part": "torso"} in found["idToSemantics"].values()
    assert len(take("bounding_box_2d_loose", semanticTypes=["keypoint"])["data"]) == 0  # they have no geometry


def test_the_box_in_3d_fits_the_posed_robot(built: BuiltScene, h: host.Host, make_world: MakeWorld) -> None:
    world = make_world()
    world.reset()
    view = h.ArticulationView(prim_paths_expr=built.robot_expr, name="robots")
    view.initialize(world.physics_sim_view)
    names = view.dof_names
    standing = take("bounding_box_3d_fast")
    angles = view.get_joint_positions()
    for side, sign in (("left", 1.0), ("right", -1.0)):
        angles[0, names.index(f"{side}_shoulder_roll_joint")] = sign * np.pi / 2
    view.set_joint_positions(angles)
    h.refresh_links(world)
    spread = take("bounding_box_3d_fast")
    before, after = (dict(zip(d["primPaths"], d["data"], strict=True))[ROBOTS[0]] for d in (standing, spread))
    width = [float(row["y_max"] - row["y_min"]) for row in (before, after)]
    assert 0.4 < width[0] < 0.75 and 1.6 < width[1] < 1.9  # arms hanging, then held out: about the height
    height = float(after["z_max"] - after["z_min"])
    assert 1.6 < height < 1.75
    positions, orientations = view.get_world_poses()
    np.testing.assert_allclose(after["transform"][3, :3], positions[0].numpy(), atol=1e-5)
    assert abs(float(orientations[0, 0])) > 0.9
    other = dict(zip(spread["primPaths"], spread["data"], strict=True))[ROBOTS[1]]
    assert float(other["y_max"] - other["y_min"]) == pytest.approx(width[0], abs=1e-3)  # the clone did not move
    offset = built.env_origins[1] - built.env_origins[0]
    np.testing.assert_allclose(other["transform"][3, :3] - after["transform"][3, :3], offset, atol=2e-3)


def test_one_environment_is_drawn_alone_when_asked(built: BuiltScene, make_world: MakeWorld) -> None:
    make_world().reset()
    rep.standalone_settings.environments = ["/World/envs/env_1"]
    paths = take("bounding_box_2d_tight")["primPaths"]
    assert ROBOTS[1] in paths and ROBOTS[0] not in paths and "/World/ground" in paths


def test_clones_stand_in_their_places_while_stopped(built: BuiltScene) -> None:
    found = take("bounding_box_3d_360")
    rows = dict(zip(found["primPaths"], found["data"], strict=True))
    offset = built.env_origins[1] - built.env_origins[0]
    moved = rows[ROBOTS[1]]["transform"][3, :3] - rows[ROBOTS[0]]["transform"][3, :3]
    np.testing.assert_allclose(moved, offset, atol=1e-5)
    assert rows[ROBOTS[1]]["z_max"] == pytest.approx(rows[ROBOTS[0]]["z_max"], abs=1e-5)
