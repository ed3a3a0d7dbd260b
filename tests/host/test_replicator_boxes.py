# SPDX-License-Identifier: Apache-2.0
"""Boxes and occlusion of cubes, against figures worked out by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from pxr import Gf, Sdf, Usd, UsdGeom, UsdPhysics

from humanoid_brain import host
from humanoid_brain.host.semantics import add_labels
from humanoid_brain.host.standalone.replicator.boxes import Runs, clamped, pixel_bounds, projected_bounds
from humanoid_brain.optics import Array, CameraModel
from tests.host.replicator_scenes import CAMERA, HEIGHT, WIDTH, add_cube, add_two_cubes, new_stage, take

CRATE, BARREL = "/World/crate", "/World/barrel"
FIELDS = ("x_min", "y_min", "x_max", "y_max")


@pytest.fixture
def stage(h: host.Host) -> Usd.Stage:
    stage = new_stage(h)
    add_two_cubes(stage)
    return stage


def rows(found: dict[str, Any]) -> dict[str, Any]:
    """Rows of a box annotator by prim path."""
    return dict(zip(found["info"]["primPaths"], found["data"], strict=True))


def corners(row: Any) -> list[int]:
    return [int(row[field]) for field in FIELDS]


def test_tight_boxes_bound_visible_pixels_inclusively(stage: Usd.Stage) -> None:
    found = rows(take("bounding_box_2d_tight"))
    # The crate's face spans 32 -+ 64/9 = 24.9 to 39.1 across, 16.9 to 31.1 down; pixel centres lie at halves.
    assert corners(found[CRATE]) == [25, 17, 38, 30]
    # The barrel's face spans 34.5 to 44.3, of which the crate hides all up to 39.1; down 19.1 to 28.9.
    assert corners(found[BARREL]) == [39, 19, 43, 28]
    assert set(found) == {CRATE, BARREL}


def test_loose_boxes_bound_the_whole_whatever_hides_it(stage: Usd.Stage) -> None:
    found = rows(take("bounding_box_2d_loose"))
    assert corners(found[CRATE]) == [24, 16, 39, 31]
    assert corners(found[BARREL]) == [34, 19, 44, 28]


def test_what_is_wholly_hidden_has_a_loose_box_alone(stage: Usd.Stage) -> None:
    add_cube(stage, "/World/hidden", (0.0, 4.0, 0.0), "hidden", half=(0.3, 0.3, 0.3))
    assert "/World/hidden" not in rows(take("bounding_box_2d_tight"))
    hidden = rows(take("bounding_box_2d_loose"))["/World/hidden"]
    assert hidden["occlusionRatio"] == 1.0


def test_occlusion_is_the_hidden_share_of_pixels(stage: Usd.Stage) -> None:
    found = rows(take("bounding_box_2d_tight"))
    assert found[CRATE]["occlusionRatio"] == 0.0
    assert found[BARREL]["occlusionRatio"] == pytest.approx(0.5)  # 5 of its 10 columns
    shares = take("occlusion")
    assert shares.dtype.names == ("instanceId", "semanticId", "occlusionRatio")
    assert sorted(shares["occlusionRatio"].tolist()) == pytest.approx([0.0, 0.5])
    assert set(shares["instanceId"]) == {2, 3}


def test_a_prim_with_labelled_children_has_no_occlusion(h: host.Host) -> None:
    stage = new_stage(h)
    add_labels(UsdGeom.Xform.Define(stage, "/World/table").GetPrim(), ["table"])
    add_cube(stage, "/World/table/top", (-2.0, 0.0, 0.0))
    add_cube(stage, "/World/table/cup", (2.0, 0.0, 0.0), "cup")
    found = rows(take("bounding_box_2d_tight"))
    assert found["/World/table"]["occlusionRatio"] == -1.0
    assert found["/World/table/cup"]["occlusionRatio"] == 0.0
    assert found["/World/table"]["x_max"] == found["/World/table/cup"]["x_max"]  # its box holds what is below it


def test_what_is_hidden_on_the_stage_has_no_box_and_keeps_the_ids_of_others(stage: Usd.Stage) -> None:
    before = take("bounding_box_2d_loose")
    UsdGeom.Imageable(stage.GetPrimAtPath(CRATE)).MakeInvisible()
    after = take("bounding_box_2d_loose")
    assert set(rows(before)) == {CRATE, BARREL} and set(rows(after)) == {BARREL}
    assert after["info"]["bboxIds"].tolist() == before["info"]["bboxIds"].tolist()[1:]
    assert rows(after)[BARREL]["occlusionRatio"] == 0.0
    assert set(rows(take("bounding_box_3d_360"))) == {BARREL}


def test_boxes_carry_ids_that_match_across_annotators(stage: Usd.Stage) -> None:
    loose, tight = take("bounding_box_2d_loose"), take("bounding_box_2d_tight_fast")
    assert loose["info"]["bboxIds"].dtype == np.uint32
    assert loose["info"]["bboxIds"].tolist() == tight["info"]["bboxIds"].tolist()
    row = rows(loose)[BARREL]
    assert loose["info"]["idToLabels"][str(row["semanticId"])] == {"class": "barrel"}
    assert tight["info"]["idToLabels"][int(row["semanticId"])] == {"class": "barrel"}


def test_filters_choose_types_and_labels(stage: Usd.Stage) -> None:
    add_labels(stage.GetPrimAtPath(CRATE), ["wooden"], "material")
    assert set(rows(take("bounding_box_2d_loose", semanticTypes=["material"]))) == {CRATE}
    assert set(rows(take("bounding_box_2d_loose", semanticFilter="class:barrel"))) == {BARREL}
    assert set(rows(take("bounding_box_2d_loose", semanticFilter="class:!crate"))) == {BARREL}
    assert set(rows(take("bounding_box_2d_loose", semanticFilter="class:crate, material:*"))) == {CRATE}
    assert set(rows(take("bounding_box_2d_loose", semanticFilter="material:steel; *:barrel"))) == {BARREL}
    assert len(take("bounding_box_2d_loose", semanticFilter="class:car")["data"]) == 0


def test_boxes_end_at_the_border_and_nothing_behind_the_camera_has_one(h: host.Host) -> None:
    stage = new_stage(h)
    add_cube(stage, "/World/edge", (5.0, 0.0, 0.0), "crate")
    add_cube(stage, "/World/beside", (9.0, 0.0, 0.0), "crate")
    add_cube(stage, "/World/behind", (0.0, -20.0, 0.0), "crate")
    for kind in ("tight", "loose"):
        found = rows(take(f"bounding_box_2d_{kind}"))
        assert set(found) == {"/World/edge"}
        assert found["/World/edge"]["x_max"] == WIDTH - 1
    assert set(rows(take("bounding_box_3d"))) == {"/World/edge"}
    everywhere = rows(take("bounding_box_3d_360"))
    assert set(everywhere) == {"/World/edge", "/World/beside", "/World/behind"}
    assert np.isnan(everywhere["/World/behind"]["occlusionRatio"])


def test_a_surface_that_reaches_past_the_camera_is_cut_at_the_near_plane(h: host.Host) -> None:
    stage = new_stage(h)
    # A plank below the camera, from 20 m behind it to 10 m in front: in view from some depth on to its far end.
    add_cube(stage, "/World/plank", (0.0, -15.0, -2.0), "plank", half=(0.5, 15.0, 0.1))
    loose, tight = rows(take("bounding_box_2d_loose"))["/World/plank"], rows(take("bounding_box_2d_tight"))
    # Its far end is at depth 10: 24 + 64 * 1.9 / 10 = 36.2; its near end fills the width below the image.
    assert corners(loose) == [0, 36, WIDTH - 1, HEIGHT - 1]
    assert corners(tight["/World/plank"])[1] == 36 and tight["/World/plank"]["y_max"] == HEIGHT - 1


def test_boxes_in_3d_are_in_the_frame_of_the_prim(stage: Usd.Stage) -> None:
    cube = add_cube(stage, "/World/turned", (2.0, 0.0, 3.0), "crate", half=(0.5, 1.0, 0.25))
    cube.ClearXformOpOrder()
    cube.AddTranslateOp(opSuffix="t").Set(Gf.Vec3d(2.0, 0.0, 3.0))
    cube.AddRotateZOp().Set(30.0)
    cube.AddScaleOp(opSuffix="s").Set(Gf.Vec3f(0.5, 1.0, 0.25))
    row = rows(take("bounding_box_3d"))["/World/turned"]
    low, high = ([row[f"{axis}_{end}"] for axis in "xyz"] for end in ("min", "max"))
    np.testing.assert_allclose([low, high], [[-1, -1, -1], [1, 1, 1]], atol=1e-5)
    np.testing.assert_allclose(row["transform"][3], [2, 0, 3, 1], atol=1e-6)  # row vectors: translation at the bottom
    world = np.array([1.0, 0.0, 0.0, 1.0]) @ row["transform"]
    np.testing.assert_allclose(world[:3], [2 + 0.5 * np.cos(np.pi / 6), 0.5 * np.sin(np.pi / 6), 3], atol=1e-5)


def test_a_robot_has_the_frame_of_its_root_link_which_may_change(h: host.Host) -> None:
    stage = new_stage(h)
    robot = UsdGeom.Xform.Define(stage, "/World/robot").GetPrim()
    add_labels(robot, ["robot"], "class")
    for x, name in ((-1.0, "front"), (1.0, "back")):
        UsdPhysics.RigidBodyAPI.Apply(add_cube(stage, f"/World/robot/{name}", (x, 0.0, 3.0)).GetPrim())
    UsdPhysics.ArticulationRootAPI.Apply(stage.GetPrimAtPath("/World/robot/front"))
    for _ in range(2):
        np.testing.assert_allclose(rows(take("bounding_box_3d"))["/World/robot"]["transform"][3, :3], [-1, 0, 3])
    stage.GetPrimAtPath("/World/robot/front").RemoveAPI(UsdPhysics.ArticulationRootAPI)
    UsdPhysics.ArticulationRootAPI.Apply(stage.GetPrimAtPath("/World/robot/back"))
    np.testing.assert_allclose(rows(take("bounding_box_3d"))["/World/robot"]["transform"][3, :3], [1, 0, 3])


def test_loose_boxes_follow_the_lens(stage: Usd.Stage) -> None:
    prim = stage.GetPrimAtPath(CAMERA)
    kinds = Sdf.ValueTypeNames
    prim.CreateAttribute("omni:lensdistortion:model", kinds.Token).Set("opencvPinhole")
    for name, value in {"fx": 64.0, "fy": 64.0, "cx": 32.0, "cy": 24.0, "k1": -0.5}.items():
        prim.CreateAttribute(f"omni:lensdistortion:opencvPinhole:{name}", kinds.Float).Set(value)
    prim.CreateAttribute("omni:lensdistortion:opencvPinhole:imageSize", kinds.Int2).Set(Gf.Vec2i(WIDTH, HEIGHT))
    add_cube(stage, "/World/side", (3.4, 0.0, 0.0), "crate", half=(0.5, 0.2, 2.8))
    loose, tight = (rows(take(f"bounding_box_2d_{kind}"))["/World/side"] for kind in ("loose", "tight"))
    # The plate's outer edge, 3.9 m off the axis at depth 9.8, is bent: farthest out in the middle of its height.
    middle = 3.9 / 9.8
    assert loose["x_max"] == int(32 + 64 * middle * (1 - 0.5 * middle**2))
    top = np.hypot(middle, 2.8 / 9.8)
    assert int(32 + 64 * middle * (1 - 0.5 * top**2)) < loose["x_max"]
    for low, high in (("x_min", "x_max"), ("y_min", "y_max")):  # and it agrees with the pixels
        assert loose[low] <= tight[low] <= loose[low] + 1 and loose[high] - 1 <= tight[high] <= loose[high]


CAMERA_MODEL = CameraModel(WIDTH, HEIGHT, 64.0, 64.0, 32.0, 24.0, near=0.1)  # at the origin, along -z


def bounds_of(camera: CameraModel, points: Array) -> Array | None:
    """Bounds of one triangle."""
    (bounds,) = projected_bounds(camera, [points], lambda number: np.array([[0, 1, 2]]))
    return bounds


def test_a_triangle_through_the_camera_plane_is_cut_exactly() -> None:
    # From 1 m in front to 1 m behind, 1 m to the right: only depths of 0.1 m and more count.
    points = np.array([[1.0, 0.0, -1.0], [1.0, 0.5, -1.0], [1.0, 0.0, 1.0]])
    bounds = bounds_of(CAMERA_MODEL, points)
    assert bounds is not None
    # On the near plane the edges have come 0.45 of their way: 0.5 m up has become 0.275 m.
    np.testing.assert_allclose(bounds, [32 + 64, 24 - 64 * 2.75, 32 + 640, 24], rtol=1e-6)
    assert bounds_of(CAMERA_MODEL, points * (1, 1, 0) + (0, 0, 1)) is None


def test_a_fisheye_bounds_what_is_beside_it() -> None:
    # 120 degrees to either side in 64 pixels; a small plate at 100 degrees to the right, behind the camera's plane.
    camera = CameraModel(WIDTH, HEIGHT, 32 / np.radians(120), 32 / np.radians(120), 32.0, 24.0, kind="fisheye")
    angle = np.radians([95.0, 105.0, 100.0])
    points = np.stack([np.sin(angle), np.array([0.0, 0.0, 0.1]), -np.cos(angle)], -1)
    bounds = bounds_of(camera, points)
    assert bounds is not None
    np.testing.assert_allclose(bounds[[0, 2]], [32 + 32 * 95 / 120, 32 + 32 * 105 / 120], atol=1e-6)


def test_bounds_outside_the_image_are_no_box() -> None:
    assert clamped(np.array([-5.0, 2.0, -0.5, 3.0]), WIDTH, HEIGHT) is None
    assert clamped(np.array([2.0, 48.0, 3.0, 60.0]), WIDTH, HEIGHT) is None
    assert clamped(np.array([-5.0, 2.2, 3.0, 99.0]), WIDTH, HEIGHT) == (0, 2, 2, HEIGHT - 1)


def test_pixels_of_shapes_are_counted_and_bounded() -> None:
    shape = np.full((4, 5), -1, np.int32)
    shape[1, 1:4], shape[3, 0] = 0, 2
    bounds = pixel_bounds(Runs.of(shape), 3)
    assert bounds.count.tolist() == [3, 0, 1]
    assert bounds.union((0,)) == (3, (1, 1, 3, 1))
    assert bounds.union((1,))[0] == 0
    assert bounds.union((0, 1, 2)) == (4, (0, 1, 3, 3))


def test_runs_are_painted_with_what_stands_for_their_shapes() -> None:
    chance = np.random.default_rng(1)
    shapes = np.repeat(chance.integers(-1, 3, (7, 5)), chance.integers(1, 4, 5), axis=1).astype(np.int32)
    ids = np.array([7, 7, 1 << 31], np.uint32)
    painted = Runs.of(shapes).painted(ids)
    assert painted.dtype == np.uint32 and np.array_equal(painted, np.append(ids, 0)[shapes])
