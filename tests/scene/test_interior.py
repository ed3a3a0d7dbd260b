# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from pxr import Usd, UsdGeom, UsdLux, UsdPhysics, UsdShade

from humanoid_brain import host
from humanoid_brain.config.base import load
from humanoid_brain.config.interior import InteriorConfig
from humanoid_brain.config.scene import CameraConfig, SceneConfig
from humanoid_brain.errors import SceneError
from humanoid_brain.scene.build import build_scene, camera_way, write_scene
from humanoid_brain.scene.draws import Draws
from humanoid_brain.scene.interiors import author_interior, plan_interior
from humanoid_brain.scene.room import plan_room

LABELS = {
    "floor",
    "wall",
    "ceiling",
    "window",
    "door",
    "light",
    "picture",
    "chair",
    "table",
    "obstacle",
    "goal",
    "clutter",
}


@pytest.fixture
def scene(repo_root: Path) -> SceneConfig:
    return load(SceneConfig, repo_root / "config" / "scenes" / "living_room.yaml")


def author(config: InteriorConfig) -> Usd.Stage:
    stage = Usd.Stage.CreateInMemory()
    author_interior(stage, config)
    return stage


def label(prim: Usd.Prim) -> str | None:
    """The class that a prim has or inherits."""
    while prim:
        found = prim.GetAttribute("semantics:labels:class").Get()
        if found:
            return str(found[0])
        prim = prim.GetParent()
    return None


def test_everything_that_is_seen_has_a_class() -> None:
    stage = author(InteriorConfig())
    seen = set()
    for prim in stage.Traverse():
        if prim.IsA(UsdGeom.Gprim) and UsdGeom.Imageable(prim).ComputePurpose() == "default":
            seen.add(label(prim))
            assert label(prim) is not None, prim.GetPath()
    assert seen == LABELS


def test_the_lights_are_found_by_their_path_and_can_be_left_out() -> None:
    stage = author(InteriorConfig())
    lights = [p for p in stage.Traverse() if p.HasAPI(UsdLux.LightAPI)]
    assert len(lights) == 4 + 2 + 1
    assert all(re.fullmatch(r"/World/.*lights.*", str(prim.GetPath())) for prim in lights)
    dark = InteriorConfig(windows=())
    dark.lights.ceiling, dark.lights.lamp = 0, False
    stage = author(dark)
    assert not [p for p in stage.Traverse() if p.HasAPI(UsdLux.LightAPI)]


def test_ceiling_lights_shine_down_and_windows_into_the_room() -> None:
    config = InteriorConfig(windows=("north", "south", "east", "west"), door=None)
    stage = author(config)
    cache = UsdGeom.XformCache()
    for prim in stage.GetPrimAtPath("/World/interior/lights").GetChildren():
        if not prim.IsA(UsdLux.RectLight):
            continue
        pose = np.array(cache.GetLocalToWorldTransform(prim)).T
        assert np.linalg.det(pose[:3, :3]) == pytest.approx(1.0)
        beam, at = -pose[:3, 2], pose[:3, 3]
        if prim.GetName().startswith("ceiling"):
            assert beam == pytest.approx([0.0, 0.0, -1.0])
        else:
            level = at * [1, 1, 0]
            assert beam @ level < -0.9 * np.abs(level).max()
            assert UsdLux.RectLight(prim).GetWidthAttr().Get() > 1.0


def test_walls_have_their_windows_and_collide() -> None:
    config = InteriorConfig(windows=("south",))
    stage, room = author(config), plan_interior(config).room
    window = room.windows[0]
    for kind in config.walls:
        for side, pierced in (("south", True), ("north", False), ("east", False), ("west", False)):
            mesh = UsdGeom.Mesh(stage.GetPrimAtPath(f"/World/interior/room/walls/{kind}/{side}"))
            points = np.array(mesh.GetPointsAttr().Get())
            corners = points[np.array(mesh.GetFaceVertexIndicesAttr().Get()).reshape(-1, 3)]
            if side in ("south", "north"):
                # Seen from inside to the right is -x at the south wall.
                middle = np.array([-window.center, (window.sill + window.top) / 2])
                faces = corners[np.abs(corners[:, :, 1].mean(1)) < room.depth / 2 + 1e-3][:, :, [0, 2]]
                assert any(contains(face, middle) for face in faces) != pierced
    boxes = [p for p in stage.Traverse() if "collision/" in str(p.GetPath()) and p.HasAPI(UsdPhysics.CollisionAPI)]
    assert len(boxes) == 4
    cache = UsdGeom.BBoxCache(Usd.TimeCode.Default(), ["guide"])
    for prim in boxes:
        bounds = cache.ComputeWorldBound(prim).ComputeAlignedRange()
        axis, size = (0, room.width) if prim.GetName() in ("east", "west") else (1, room.depth)
        faces = np.abs([bounds.GetMin()[axis], bounds.GetMax()[axis]])
        assert faces.min() == pytest.approx(size / 2) and faces.max() > size / 2 + 0.1


def contains(triangle: np.ndarray, point: np.ndarray) -> bool:
    edges = np.roll(triangle, -1, 0) - triangle
    to = point - triangle
    turns = edges[:, 0] * to[:, 1] - edges[:, 1] * to[:, 0]
    return bool((turns > 0).all() or (turns < 0).all())


def test_pictures_hang_on_free_wall() -> None:
    hung = 0
    for variant in range(6):
        config = InteriorConfig(variant=variant, pictures=12)
        for section in (config.chairs, config.tables, config.obstacles, config.goals, config.clutter):
            section.count = (0, 0)
        stage, room = author(config), plan_interior(config).room
        cache = UsdGeom.BBoxCache(Usd.TimeCode.Default(), ["default"])
        boxes = [
            cache.ComputeWorldBound(prim).ComputeAlignedRange()
            for prim in stage.GetPrimAtPath("/World/interior/pictures").GetChildren()
        ]
        solid = [
            stage.GetPrimAtPath(f"/World/interior/room/{name}") for name in ("window_south", "window_west", "door_trim")
        ]
        others = [cache.ComputeWorldBound(prim).ComputeAlignedRange() for prim in solid]
        for i, box in enumerate(boxes):
            low, high = np.array(box.GetMin()), np.array(box.GetMax())
            assert low[2] > 0.9 and high[2] < room.height
            inside = np.abs(np.stack([low, high]))[:, :2].max(0) - [room.width / 2, room.depth / 2]
            assert inside.max() == pytest.approx(0.0, abs=1e-3)  # its back is on the wall
            for other in [*boxes[:i], *others]:
                assert (np.maximum(low, other.GetMin()) > np.minimum(high, other.GetMax())).any()
        hung += len(boxes)
    assert hung > 40


def test_a_variant_is_another_room_with_other_props() -> None:
    one, again, other = (plan_interior(InteriorConfig(variant=v)) for v in (1, 1, 2))
    assert one.room == again.room != other.room
    sizes = [[pooled.prop.bounds.tolist() for pooled in each.pool] for each in (one, again, other)]
    assert sizes[0] == sizes[1] != sizes[2]
    for variant in range(20):
        room = plan_room(InteriorConfig(), Draws(variant, "test.room", 0))
        assert 6.0 <= room.width < 7.5 and 5.5 <= room.depth < 6.5 and 2.5 <= room.height < 2.9


def test_without_an_interior_the_scene_is_as_it_was(h: host.Host, scene: SceneConfig) -> None:
    h.stage.create_new_stage()
    plain = build_scene(SceneConfig(), h).stage
    assert not plain.GetPrimAtPath("/World/interior")
    assert not plain.GetPrimAtPath("/World/ground/tiles_0").GetAttribute("visibility").IsAuthored()
    h.stage.create_new_stage()
    furnished = build_scene(scene, h).stage
    for parity in (0, 1):
        tiles = furnished.GetPrimAtPath(f"/World/ground/tiles_{parity}")
        assert UsdGeom.Imageable(tiles).ComputeVisibility() == UsdGeom.Tokens.invisible
    assert furnished.GetPrimAtPath("/World/ground/collision").HasAPI(UsdPhysics.CollisionAPI)


def test_several_environments_with_an_interior_are_refused(h: host.Host, scene: SceneConfig, tmp_path: Path) -> None:
    stage = h.stage.create_new_stage()
    with pytest.raises(SceneError, match="an interior holds one environment, not 2"):
        build_scene(scene, h, num_envs=2)
    assert not stage.GetPrimAtPath("/World/interior")
    with pytest.raises(SceneError, match="an interior holds one environment, not 3"):
        write_scene(scene, tmp_path / "scene.usda", num_envs=3)
    with pytest.raises(SceneError, match="there is no interior"):
        camera_way(SceneConfig())


def test_a_written_scene_finds_its_textures_by_relative_paths(scene: SceneConfig, tmp_path: Path) -> None:
    write_scene(scene, tmp_path / "scene.usdc")
    stage = Usd.Stage.Open(str(tmp_path / "scene.usdc"))
    files = []
    for prim in stage.Traverse():
        if UsdShade.Shader(prim) and UsdShade.Shader(prim).GetShaderId() == "UsdUVTexture":
            asset = UsdShade.Shader(prim).GetInput("file").Get()
            assert not Path(asset.path).is_absolute()
            assert Path(asset.resolvedPath).is_file()
            files.append(asset.path)
    assert len(set(files)) > 10


def test_the_camera_sees_the_robot_past_the_furniture(scene: SceneConfig) -> None:
    way = camera_way(scene)
    assert way.start == scene.camera.position[:2] and way.end == (0.0, 0.0)
    assert scene.interior is not None and way.radius == scene.interior.camera_clearance


def test_a_small_bare_room_is_a_room_too() -> None:
    config = InteriorConfig(
        width=(2.6, 2.6),
        depth=(2.6, 2.6),
        height=(2.0, 2.0),
        ceiling=False,
        skirting=False,
        door="east",
        windows=("west",),
    )
    for section in (config.chairs, config.tables, config.obstacles, config.goals, config.clutter):
        section.count = (0, 0)
    stage = author(config)
    assert not stage.GetPrimAtPath("/World/interior/room/ceiling")
    assert not stage.GetPrimAtPath("/World/interior/props").GetChildren()
    door = np.array(UsdGeom.Mesh(stage.GetPrimAtPath("/World/interior/room/door_trim")).GetPointsAttr().Get())
    assert door[:, 2].max() < 2.0 and np.abs(door[:, 1]).max() < 1.3


def test_build_scene_takes_a_scene_preset(repo_root: Path, tmp_path: Path) -> None:
    preset = repo_root / "config" / "scenes" / "living_room.yaml"
    command = [sys.executable, "-m", "humanoid_brain", "build-scene", "--config", str(preset), "--no-picture"]
    command += ["--file", "room.usdc", "--output", str(tmp_path), "--json"]
    environment = {**os.environ, "PYTHONPATH": str(repo_root / "exts")}
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=repo_root, env=environment)
    assert json.loads(done.stdout.splitlines()[-1])["ok"]
    assert Usd.Stage.Open(str(tmp_path / "room.usdc")).GetPrimAtPath("/World/interior/props/chair_0")


def test_a_camera_may_move_within_its_room() -> None:
    scene = SceneConfig(interior=InteriorConfig(), camera=CameraConfig(position=(2.0, -2.0, 1.5)))
    scene.camera.position = (2.5, 2.0, 1.2)
    assert SceneConfig.model_validate(scene.model_dump()) == scene
