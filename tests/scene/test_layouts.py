# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import itertools
from pathlib import Path

import cv2
import numpy as np
import pytest
from pxr import Tf, Usd, UsdGeom

from humanoid_brain.config.base import load
from humanoid_brain.config.interior import InteriorConfig
from humanoid_brain.config.scene import SceneConfig
from humanoid_brain.scene.build import camera_way
from humanoid_brain.scene.interiors import PARKING_DISTANCE, author_interior, plan_interior, prop_paths
from humanoid_brain.scene.layouts import Layout, apply_layout, draw_layout, footprint_of
from humanoid_brain.scene.placement import KeepClear
from humanoid_brain.scene.props.catalogue import CATALOGUE, make_prop

ROBOT = KeepClear((0.0, 0.0), (0.0, 0.0), 0.0)


@pytest.fixture(params=["living_room", "warehouse"])
def scene(request: pytest.FixtureRequest, repo_root: Path) -> SceneConfig:
    return load(SceneConfig, repo_root / "config" / "scenes" / f"{request.param}.yaml")


@pytest.fixture
def room(repo_root: Path) -> InteriorConfig:
    interior = load(SceneConfig, repo_root / "config" / "scenes" / "living_room.yaml").interior
    assert interior is not None
    return interior


def same(one: Layout, other: Layout) -> bool:
    arrays = ("positions", "orientations", "visible")
    equal = all(np.array_equal(getattr(one, name), getattr(other, name)) for name in arrays)
    return equal and (one.floor, one.wall, one.supports) == (other.floor, other.wall, other.supports)


def hulls(config: InteriorConfig, layout: Layout) -> dict[str, tuple[np.ndarray, float, float]]:
    """Outline on the floor (N, 1, 2) in m, lowest and highest point of what is seen of each visible prop."""
    found = {}
    pool = plan_interior(config).pool
    for row in np.flatnonzero(layout.visible):
        points = np.concatenate([part.surface.points for part in pool[row].prop.parts])
        pose = layout.poses()[pool[row].path]
        world = points @ pose[:3, :3].T + pose[:3, 3]
        outline = cv2.convexHull(world[:, :2].astype(np.float32))
        found[pool[row].name] = (outline, float(world[:, 2].min()), float(world[:, 2].max()))
    return found


def test_a_footprint_is_where_the_turned_prop_is() -> None:
    off = 0.0
    for number, (category, kinds) in enumerate(CATALOGUE.items()):
        for kind in kinds:
            prop, yaw, at = make_prop(category, kind, 0, number), 0.4 + number, (1.0, -2.0)
            c, s = np.cos(yaw), np.sin(yaw)
            (x0, y0), (x1, y1) = prop.bounds[:, :2]
            turned = np.array([[x1, y1], [x0, y1], [x0, y0], [x1, y0]]) @ np.array([[c, s], [-s, c]]) + at
            assert np.array(footprint_of(prop, at, yaw).corners) == pytest.approx(turned)
            off = max(off, abs(x0 + x1), abs(y0 + y1))
    assert off > 0.05  # some stand beside their origin


def distance_to(outline: np.ndarray, way: KeepClear) -> float:
    """Least distance in m of a way's middle line from an outline, by points along it."""
    shares = np.linspace(0.0, 1.0, 60)[:, None]
    line = np.array(way.start) * (1 - shares) + np.array(way.end) * shares
    return min(-cv2.pointPolygonTest(outline, (float(x), float(y)), True) for x, y in line)


@pytest.mark.slow
def test_two_hundred_layouts_are_the_same_in_any_order(room: InteriorConfig) -> None:
    forwards = [draw_layout(room, 7, frame) for frame in range(200)]
    for frame in reversed(range(200)):
        assert same(draw_layout(room, 7, frame), forwards[frame])
    assert sum(same(one, other) for one, other in itertools.pairwise(forwards)) == 0
    assert not same(draw_layout(room, 8, 0), forwards[0])


def test_nothing_overlaps_and_all_ways_stay_free(scene: SceneConfig) -> None:
    config = scene.interior
    assert config is not None
    size, way = plan_interior(config).room, camera_way(scene)
    shown = left_out = 0
    for frame in range(60):
        layout = draw_layout(config, 1, frame, [way])
        outlines = hulls(config, layout)
        shown += len(outlines)
        left_out += layout.left_out
        for one, other in itertools.combinations(outlines, 2):
            (a, a_low, a_high), (b, b_low, b_high) = outlines[one], outlines[other]
            if min(a_high, b_high) - max(a_low, b_low) > 1e-4:
                area = cv2.intersectConvexConvex(a, b)[0]
                assert area < 1e-6, (frame, one, other)
        for name, (outline, low, high) in outlines.items():
            reach = np.abs(outline.reshape(-1, 2)).max(0)
            assert reach[0] <= size.width / 2 - 0.8 * config.clearance, (frame, name)
            assert reach[1] <= size.depth / 2 - 0.8 * config.clearance, (frame, name)
            assert low > -1e-4 and high < size.height
            assert distance_to(outline, ROBOT) >= config.robot_clearance - 1e-3, (frame, name)
            if layout.supports[layout.names.index(name)] is None:
                assert distance_to(outline, way) >= config.camera_clearance - 1e-3, (frame, name)
    assert left_out < 0.1 * shown


def test_counts_stay_within_their_ranges_and_all_kinds_come_up(room: InteriorConfig) -> None:
    pool = plan_interior(room).pool
    seen: set[str] = set()
    floors, walls = set(), set()
    for frame in range(120):
        layout = draw_layout(room, 0, frame)
        rows = np.flatnonzero(layout.visible)
        categories = [pool[row].prop.category for row in rows]
        assert categories.count("chair") <= room.chairs.count[1]
        assert categories.count("table") <= room.tables.count[1]
        assert len(rows) + layout.left_out >= sum(
            part.count[0] for part in (room.chairs, room.tables, room.obstacles, room.goals, room.clutter)
        )
        seen |= {pool[row].name for row in rows}
        floors.add(layout.floor)
        walls.add(layout.wall)
    assert seen == {pooled.name for pooled in pool}
    assert floors == set(room.floors) and walls == set(room.walls)


def test_clutter_stands_on_what_carries_it(room: InteriorConfig) -> None:
    room.clutter.drop_height = 0.05
    pool = {pooled.name: pooled.prop for pooled in plan_interior(room).pool}
    carried = 0
    for frame in range(40):
        layout = draw_layout(room, 2, frame)
        outlines = hulls(room, layout)
        for row, carrier in enumerate(layout.supports):
            if carrier is None:
                continue
            carried += 1
            below, _, _ = outlines[carrier]
            outline, low, _ = outlines[layout.names[row]]
            assert layout.visible[layout.names.index(carrier)]
            assert low == pytest.approx(pool[carrier].supports[0].center[2] + 0.05, abs=1e-4)
            assert all(cv2.pointPolygonTest(below, (float(x), float(y)), False) > 0 for x, y in outline.reshape(-1, 2))
    assert carried > 80


def test_chairs_at_tables_face_them(room: InteriorConfig) -> None:
    room.chairs.at_tables = 1.0
    room.tables.count = (1, 1)
    pool = plan_interior(room).pool
    facing = total = 0
    for frame in range(40):
        layout = draw_layout(room, 3, frame)
        rows = np.flatnonzero(layout.visible)
        tables = [layout.positions[row][:2] for row in rows if pool[row].prop.category == "table"]
        for row in rows:
            if pool[row].prop.category == "chair" and tables:
                w, _, _, z = layout.orientations[row]
                yaw = 2 * np.arctan2(z, w)
                towards = tables[0] - layout.positions[row][:2]
                total += 1
                facing += bool(towards @ [np.cos(yaw), np.sin(yaw)] > 0.7 * np.linalg.norm(towards))
    # Some find no room at the table and stand elsewhere.
    assert total > 60 and facing > 0.5 * total


def test_what_finds_no_place_is_left_out_and_not_squeezed_in(room: InteriorConfig) -> None:
    room.obstacles.count = (40, 40)
    layout = draw_layout(room, 0, 0)
    assert layout.left_out > 0
    outlines = hulls(room, layout)
    for one, other in itertools.combinations([name for name in outlines if "obstacle" in name], 2):
        assert cv2.intersectConvexConvex(outlines[one][0], outlines[other][0])[0] < 1e-6


def test_a_way_that_is_asked_for_stays_free(room: InteriorConfig) -> None:
    way = KeepClear((-2.5, -2.0), (2.5, 2.0), 0.5)
    for frame in range(20):
        layout = draw_layout(room, 0, frame, [way])
        for outline, _, _ in hulls(room, layout).values():
            assert distance_to(outline, way) >= 0.49


def test_applying_a_layout_edits_only_places_and_visibility(room: InteriorConfig) -> None:
    stage = Usd.Stage.CreateInMemory()
    author_interior(stage, room)
    apply_layout(stage, draw_layout(room, 0, 0))
    edited: set[str] = set()

    def note(notice: Usd.Notice.ObjectsChanged, _: Usd.Stage) -> None:
        assert not [path for path in notice.GetResyncedPaths() if not path.IsPropertyPath()]
        edited.update(path.name for path in notice.GetChangedInfoOnlyPaths())

    listener = Tf.Notice.Register(Usd.Notice.ObjectsChanged, note, stage)
    layout = draw_layout(room, 0, 1)
    poses = apply_layout(stage, layout)
    assert edited == {"xformOp:translate", "xformOp:orient", "visibility"}
    edited.clear()
    apply_layout(stage, layout)
    assert edited == set()
    listener.Revoke()
    cache = UsdGeom.XformCache()
    assert list(layout.paths) == prop_paths(room)
    for path in layout.paths:
        prim = stage.GetPrimAtPath(path)
        shown = UsdGeom.Imageable(prim).ComputeVisibility() != UsdGeom.Tokens.invisible
        assert shown == (path in poses)
        pose = np.array(cache.GetLocalToWorldTransform(prim)).T
        if shown:
            assert pose == pytest.approx(poses[path], abs=1e-9)
        else:
            assert pose[1, 3] <= -PARKING_DISTANCE
    for group, kind in (("floor", layout.floor), ("walls", layout.wall)):
        for prim in stage.GetPrimAtPath(f"/World/interior/room/{group}").GetChildren():
            visible = UsdGeom.Imageable(prim).ComputeVisibility() != UsdGeom.Tokens.invisible
            assert visible == (prim.GetName() == kind)


def test_hidden_props_stand_apart_from_one_another(room: InteriorConfig) -> None:
    pool = plan_interior(room).pool
    for one, other in itertools.combinations(pool, 2):
        reach = sum(np.linalg.norm(np.abs(each.prop.bounds[:, :2]).max(0)) for each in (one, other))
        assert np.linalg.norm(np.array(one.parking) - np.array(other.parking)) > reach
