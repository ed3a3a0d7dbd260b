# SPDX-License-Identifier: Apache-2.0
"""Images: distances, normals, masks, motion and points of cubes, against figures worked out by hand."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from pxr import Gf, Usd, UsdGeom

from humanoid_brain import host
from humanoid_brain.errors import HostError
from humanoid_brain.host.semantics import add_labels
from humanoid_brain.host.standalone import replicator as rep
from humanoid_brain.host.standalone.replicator.render_settings import RenderSettings
from tests.host.replicator_scenes import CAMERA, HEIGHT, WIDTH, add_cube, add_two_cubes, attached, new_stage, take

MIDDLE = (24, 32)  # the pixel just right of and below the optical axis, on the crate
BARREL = (24, 41)
STONE = (24, 4)
SKY = (2, 2)


@pytest.fixture
def stage(h: host.Host) -> Usd.Stage:
    stage = new_stage(h)
    add_two_cubes(stage)
    return stage


def test_distances_are_along_the_axis_and_along_the_ray(stage: Usd.Stage) -> None:
    depth, distance = take("distance_to_image_plane"), take("distance_to_camera")
    assert depth.shape == distance.shape == (HEIGHT, WIDTH) and depth.dtype == distance.dtype == np.float32
    assert depth[MIDDLE] == pytest.approx(9.0, abs=1e-4) and depth[BARREL] == pytest.approx(13.0, abs=1e-4)
    slant = np.sqrt(1.0 + ((41.5 - 32) / 64) ** 2 + (0.5 / 64) ** 2)
    assert distance[BARREL] == pytest.approx(13.0 * slant, abs=1e-4)
    assert np.isinf(depth[SKY]) and np.isinf(distance[SKY])


def test_normals_are_in_the_world_with_an_unused_channel(stage: Usd.Stage) -> None:
    normals = take("normals")
    assert normals.shape == (HEIGHT, WIDTH, 4) and normals.dtype == np.float32
    np.testing.assert_allclose(normals[MIDDLE], [0, -1, 0, 0], atol=1e-5)
    assert not normals[SKY].any()


@pytest.fixture
def settings() -> Iterator[RenderSettings]:
    yield rep.standalone_settings
    rep.standalone_settings.reset()


def test_the_sensor_gets_the_light_of_fog_and_scene_before_tone_mapping(
    stage: Usd.Stage, settings: RenderSettings
) -> None:
    settings.use("preview")
    settings.fog_density, settings.exposure = 0.05, 1.0
    brighter = take("rgb")
    seen: list[np.ndarray] = []
    settings.exposure, settings.develop = 0.0, lambda light: seen.append(light) or 2.0 * light
    assert np.array_equal(take("rgb"), brighter)
    assert seen[0].shape == (HEIGHT, WIDTH, 3) and seen[0].dtype == np.float32
    np.testing.assert_allclose(seen[0][SKY], settings.fog_color, rtol=1e-5)


def test_a_picture_is_opaque_and_repeats_bit_for_bit(stage: Usd.Stage, settings: RenderSettings) -> None:
    settings.use("preview")
    settings.seed = 11
    first, second = take("rgb"), take("LdrColor")
    settings.seed = 12
    other = take("rgb")
    assert first.shape == (HEIGHT, WIDTH, 4) and first.dtype == np.uint8
    assert (first[..., 3] == 255).all() and first[..., :3].max() > 20
    assert (first == second).all()
    assert (first != other).any()


def test_settings_change_the_picture_and_not_the_labels(stage: Usd.Stage, settings: RenderSettings) -> None:
    settings.use("preview")
    plain, depth = take("rgb"), take("distance_to_camera")
    settings.exposure, settings.white = -1.0, (1.0, 1.0, 0.5)
    dark = take("rgb")
    assert (dark[..., :3].mean((0, 1)) < plain[..., :3].mean((0, 1))).all()
    assert dark[..., 2].mean() < dark[..., 0].mean()
    settings.reset()
    settings.use("preview")
    settings.fog_density, settings.fog_color = 2.0, (0.0, 1.0, 0.0)
    fog = take("rgb").astype(int)
    assert (fog[..., 1] > fog[..., 0] + 50).all()  # 9 m are far in a fog that ends sight at 1.5 m
    assert (take("distance_to_camera") == depth).all()
    with pytest.raises(HostError, match="no preset 'best'"):
        settings.use("best")


def test_label_sets_have_ids(stage: Usd.Stage) -> None:
    found = take("semantic_segmentation")
    ids, labels = found["data"], found["info"]["idToLabels"]
    assert ids.shape == (HEIGHT, WIDTH) and ids.dtype == np.uint32
    assert (ids[SKY], ids[STONE]) == (0, 1)
    assert labels["0"] == {"class": "BACKGROUND"} and labels["1"] == {"class": "UNLABELLED"}
    assert labels[str(ids[MIDDLE])] == {"class": "crate"} and labels[str(ids[BARREL])] == {"class": "barrel"}
    assert set(np.unique(ids)) == {0, 1, 2, 3}


def test_colours_view_as_bytes_and_are_the_keys(stage: Usd.Stage) -> None:
    found = take("semantic_segmentation", colorize=True)
    bytes_ = found["data"].view(np.uint8).reshape(HEIGHT, WIDTH, 4)
    labels = found["info"]["idToLabels"]
    assert labels[str(tuple(bytes_[MIDDLE].tolist()))] == {"class": "crate"}
    assert labels[str(tuple(bytes_[BARREL].tolist()))] == {"class": "barrel"}
    assert labels["(0, 0, 0, 0)"] == {"class": "BACKGROUND"} and labels["(0, 0, 0, 255)"] == {"class": "UNLABELLED"}
    assert tuple(bytes_[SKY]) == (0, 0, 0, 0) and tuple(bytes_[STONE]) == (0, 0, 0, 255)


@pytest.mark.parametrize(("name", "key"), [("instance_segmentation", str), ("instance_segmentation_fast", int)])
def test_instances_are_labelled_prims(stage: Usd.Stage, name: str, key: type) -> None:
    add_cube(stage, "/World/other_crate", (4.0, 0.0, 0.0), "crate")
    found = take(name)
    ids, paths, labels = found["data"], found["info"]["idToLabels"], found["info"]["idToSemantics"]
    crates = [key(ids[MIDDLE]), key(ids[24, 60])]
    assert [paths[each] for each in crates] == ["/World/crate", "/World/other_crate"]
    assert [labels[each] for each in crates] == [{"class": "crate"}] * 2
    assert paths[key(0)] == "BACKGROUND" and paths[key(1)] == "UNLABELLED"
    assert (ids[SKY], ids[STONE]) == (0, 1)


def test_every_drawn_prim_has_an_instance_id(stage: Usd.Stage) -> None:
    found = take("instance_id_segmentation_fast")
    paths = found["info"]["idToLabels"]
    assert [paths[int(found["data"][pixel])] for pixel in (SKY, STONE, MIDDLE)] == [
        "BACKGROUND",
        "/World/stone",
        "/World/crate",
    ]


def test_an_unlabelled_prim_belongs_to_the_nearest_label_above_and_labels_add_up(h: host.Host) -> None:
    stage = new_stage(h)
    add_labels(UsdGeom.Xform.Define(stage, "/World/shelf").GetPrim(), ["shelf"])
    add_labels(UsdGeom.Xform.Define(stage, "/World/shelf/box").GetPrim(), ["box"])
    add_labels(stage.GetPrimAtPath("/World/shelf/box"), ["small"], "size")
    add_cube(stage, "/World/shelf/board", (-2.0, 0.0, 0.0))
    add_cube(stage, "/World/shelf/box/lid", (2.0, 0.0, 0.0))
    found = take("instance_segmentation", semanticTypes=["class", "size"])
    labels, paths = found["info"]["idToSemantics"], found["info"]["idToLabels"]
    board, lid = str(found["data"][24, 18]), str(found["data"][24, 46])
    assert (paths[board], labels[board]) == ("/World/shelf", {"class": "shelf"})
    assert (paths[lid], labels[lid]) == ("/World/shelf/box", {"class": "shelf,box", "size": "small"})


def test_labels_of_the_old_schema_alone_are_read(h: host.Host) -> None:
    from pxr import Sdf

    stage = new_stage(h)
    prim = add_cube(stage, "/World/crate", (0.0, 0.0, 0.0)).GetPrim()
    for name, value in (("semanticType", "class"), ("semanticData", "crate")):
        prim.CreateAttribute(f"semantic:Semantics:params:{name}", Sdf.ValueTypeNames.String).Set(value)
    assert {"class": "crate"} in take("semantic_segmentation")["info"]["idToLabels"].values()


def test_motion_vectors_count_to_the_left_and_upwards(stage: Usd.Stage) -> None:
    crate = UsdGeom.Xformable(stage.GetPrimAtPath("/World/crate")).GetOrderedXformOps()[0]
    camera = UsdGeom.Xformable(stage.GetPrimAtPath(CAMERA)).GetOrderedXformOps()[0]
    with attached("motion_vectors") as annotator:
        rep.orchestrator.step()
        assert not annotator.get_data().any()
        crate.Set(Gf.Vec3d(0.5, 0.0, 0.25))
        rep.orchestrator.step()
        motion = annotator.get_data()
        # It moved by 0.5 m to the right and 0.25 m up at a depth of 9 m.
        np.testing.assert_allclose(motion[MIDDLE], [-0.5 * 64 / 9, 0.25 * 64 / 9, 0, 0], atol=1e-3)
        assert np.abs(motion[24, 43]).max() < 1e-3 and np.abs(motion[SKY]).max() < 1e-3
        camera.Set(Gf.Vec3d(0.0, -10.0, 0.3))
        rep.orchestrator.step()
        motion = annotator.get_data()
        np.testing.assert_allclose(motion[24, 43], [0, -0.3 * 64 / 13, 0, 0], atol=1e-3)
        assert not motion[SKY].any()  # what is infinitely far does not move with a camera that only moves
        UsdGeom.Xformable(stage.GetPrimAtPath(CAMERA)).AddRotateYOp().Set(np.degrees(0.01))
        rep.orchestrator.step()
        # Turned by 0.01 rad to the left, the sky goes to the right: 0.64 pixels in the middle, more at the border.
        assert annotator.get_data()[2, 32, 0] == pytest.approx(-0.64, abs=0.02)
    assert motion.shape == (HEIGHT, WIDTH, 4) and motion.dtype == np.float32


def test_points_are_those_of_labelled_prims(stage: Usd.Stage) -> None:
    depth = take("distance_to_image_plane")
    labelled = take("semantic_segmentation")["data"] >= 2
    found = take("pointcloud")
    points, info = found["data"], found["info"]
    assert points.shape == (labelled.sum(), 3) and points.dtype == np.float32
    assert info["pointRgb"].shape == info["pointNormals"].shape == (4 * len(points),)
    assert info["pointRgb"].dtype == np.uint8 and info["pointNormals"].dtype == np.float32
    np.testing.assert_allclose(points[:, 1] + 10.0, depth[labelled], atol=1e-4)
    crate = info["pointSemantic"] == take("semantic_segmentation")["data"][MIDDLE]
    np.testing.assert_allclose(points[crate][:, 1], -1.0, atol=1e-4)
    everything = take("pointcloud", includeUnlabelled=True)["data"]
    assert len(everything) == np.isfinite(depth).sum() > len(points)


def test_where_every_pixel_shows_something_the_points_are_those_of_the_image(stage: Usd.Stage) -> None:
    add_cube(stage, "/World/wall", (0.0, 40.0, 0.0), "wall", half=(60.0, 0.5, 60.0))
    with attached("rgb") as pictures, attached("distance_to_image_plane") as depths:
        found = take("pointcloud", includeUnlabelled=True)
        picture, depth = pictures.get_data(), depths.get_data()
    colors = found["info"]["pointRgb"].reshape(HEIGHT, WIDTH, 4)
    np.testing.assert_allclose(found["data"][:, 1] + 10.0, depth.ravel(), atol=1e-4)
    np.testing.assert_array_equal(colors, picture)
    assert not np.shares_memory(colors, picture)
