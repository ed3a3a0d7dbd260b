# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from pxr import Gf, Usd, UsdGeom, UsdPhysics

from humanoid_brain.errors import SceneError
from humanoid_brain.host.standalone.clones import clones_of
from tests.host.render_scenes import (
    add_dome,
    add_material,
    add_quad,
    bind,
    camera_at,
    new_stage,
    paint,
    path_of,
    renderer_of,
)

EXACT = 1e-4
"""m: the chord error of a sphere's triangles at the radius used here; float32 rays are ten times better."""
LENSES: dict[str, dict[str, Any]] = {
    "pinhole": {},
    "opencv": {"kind": "opencv", "distortion": (-0.2, 0.05, 0.002, -0.001)},
    "fisheye": {"kind": "fisheye", "distortion": (0.02, -0.01)},
}


def test_a_sphere_is_where_geometry_says() -> None:
    stage = new_stage()
    ball = UsdGeom.Sphere.Define(stage, "/World/ball")
    ball.CreateRadiusAttr(0.05)
    ball.AddTranslateOp().Set(Gf.Vec3d(0.02, 0.01, 0.0))
    camera = camera_at((1.0, 0.0, 0.0), (0, 0, 0), focal=450)
    labels = renderer_of(stage).labels(camera)
    eye, centre = np.array([1.0, 0, 0]), np.array([0.02, 0.01, 0.0])
    pixels = np.stack(np.meshgrid(np.arange(64) + 0.5, np.arange(64) + 0.5), -1)
    rays = camera.rays(pixels).reshape(64, 64, 3)
    along = rays @ (centre - eye)
    reach = 0.05**2 - ((centre - eye) ** 2).sum() + along**2
    truth = along - np.sqrt(np.where(reach > 0, reach, np.nan))
    # The silhouette of a polygon: pixels within 1 % of the rim may go either way.
    inner, outer = reach > 0.01 * 0.05**2, reach < 0
    assert (labels.shape[inner] == 0).all() and (labels.shape[outer] == -1).all()
    assert np.abs(labels.distance - truth)[inner & (reach > 0.4 * 0.05**2)].max() < EXACT
    assert np.isinf(labels.distance[outer]).all() and np.isinf(labels.depth[outer]).all()
    assert (labels.normal[outer] == 0).all() and (labels.position[outer] == 0).all()
    normal = (labels.position - centre) / 0.05
    assert np.abs(labels.normal - normal)[inner].max() < 5e-3  # interpolated between vertices 3.75 degrees apart


@pytest.mark.parametrize("lens", LENSES)
def test_a_tilted_plane_is_where_geometry_says_through_every_lens(lens: str) -> None:
    stage = new_stage()
    quad = add_quad(stage, "/World/quad", 40.0)
    quad.AddRotateXYZOp().Set(Gf.Vec3f(20.0, -35.0, 0.0))
    camera = camera_at((0.3, 0.2, 3.0), (0, 0, 0), up=(0, 1, 0), focal=80.0, **LENSES[lens])
    labels = renderer_of(stage).labels(camera)
    normal = np.array(UsdGeom.XformCache().GetLocalToWorldTransform(quad.GetPrim()))[2, :3]
    pixels = np.stack(np.meshgrid(np.arange(64) + 0.5, np.arange(64) + 0.5), -1).reshape(-1, 2)
    rays = camera.rays(pixels)
    eye = camera.world_from_camera[:3, 3]
    truth = (-(eye @ normal) / (rays @ normal)).reshape(64, 64)
    assert (labels.shape == 0).all()
    assert np.abs(labels.distance - truth).max() < EXACT
    assert np.abs(labels.depth.ravel() - camera.project(labels.position.reshape(-1, 3))[1]).max() < EXACT
    assert np.abs(labels.normal - normal).max() < 1e-6
    back, _ = camera.project(labels.position.reshape(-1, 3))
    assert np.abs(back - pixels).max() < 1e-3  # pixels; positions are float32


@pytest.mark.parametrize("lens", LENSES)
def test_picture_and_labels_agree_at_every_pixel_through_every_lens(lens: str) -> None:
    """Whole pixels inside a glowing square are its colour, whole pixels outside are black, as the labels have it."""
    stage = new_stage()
    quad = add_quad(stage, "/World/quad", 1.3)
    quad.AddRotateZOp().Set(30.0)
    paint(stage, quad, (0.0, 0.0, 0.0), emissiveColor=(1.0, 1.0, 1.0))
    add_dome(stage, 0.0)
    renderer = renderer_of(stage)
    camera = camera_at((0.4, 0.3, 3.0), (0.1, 0, 0), up=(0, 1, 0), focal=80.0, **LENSES[lens])
    seen = renderer.labels(camera).shape == 0
    share = renderer.color(camera, 64, 0).mean(-1)
    assert 500 < seen.sum() < 2000
    assert (seen == (share > 0.5))[(share < 0.3) | (share > 0.7)].all()  # 64 samples: 3 sigma around one half
    # The mean of the shares is the area, which labels measure up to the pixels of the rim.
    assert share.sum() == pytest.approx(seen.sum(), rel=0.03)
    columns, rows = np.arange(64), np.arange(64)[:, None]
    for axis in (columns, rows):
        assert (share * axis).sum() / share.sum() == pytest.approx((seen * axis).sum() / seen.sum(), abs=0.1)


def test_a_mirrored_lamp_shines_from_its_outside() -> None:
    stage = new_stage()
    panel = add_quad(stage, "/World/panel", 1.0)
    panel.AddScaleOp().Set(Gf.Vec3f(-1, 1, 1))
    paint(stage, panel, (0.0, 0.0, 0.0), emissiveColor=(1.0, 1.0, 1.0))
    add_dome(stage, 0.0)
    renderer = renderer_of(stage)
    for height, glow in ((2.0, 1.0), (-2.0, 0.0)):
        image = renderer.color(camera_at((0, 0, height), (0, 0, 0), size=8, up=(0, 1, 0)), 4, 0)
        assert image[4, 4] == pytest.approx(glow, abs=1e-5)


def test_nothing_is_seen_nearer_or_farther_than_the_clipping_planes() -> None:
    stage = new_stage()
    for height in (0.0, 1.0, 2.0):
        add_quad(stage, f"/World/quad_{height:.0f}", 10.0).AddTranslateOp().Set(Gf.Vec3d(0, 0, height))
    renderer = renderer_of(stage)

    def seen(near: float, far: float) -> set[str]:
        labels = renderer.labels(camera_at((0, 0, 3), (0, 0, 0), up=(0, 1, 0), near=near, far=far))
        return {path_of(renderer, shape) for shape in np.unique(labels.shape)}

    assert seen(0.1, 100) == {"/World/quad_2"}
    assert seen(1.5, 100) == {"/World/quad_1"}
    assert seen(2.5, 100) == {"/World/quad_0"}
    assert seen(2.5, 2.9) == {""}
    labels = renderer.labels(camera_at((0, 0, 3), (0, 0, 0), up=(0, 1, 0), near=1.5))
    assert labels.depth == pytest.approx(2.0, abs=1e-5)


def add_ball(stage: Usd.Stage, path: str) -> UsdGeom.Sphere:
    body = UsdGeom.Xform.Define(stage, path)
    UsdPhysics.RigidBodyAPI.Apply(body.GetPrim())
    shape = UsdGeom.Sphere.Define(stage, f"{path}/shape")
    shape.CreateRadiusAttr(0.3)
    paint(stage, shape, (0.8, 0.1, 0.1))
    return shape


def at(x: float, y: float, z: float) -> np.ndarray:
    pose = np.eye(4)
    pose[:3, 3] = x, y, z
    return pose


def test_bodies_and_clones_are_where_they_are_put() -> None:
    stage = new_stage()
    add_ball(stage, "/World/envs/env_0/ball")
    clone = UsdGeom.Xform.Define(stage, "/World/envs/env_1")
    clone.AddTranslateOp().Set(Gf.Vec3d(0, 2, 0))
    clones_of(stage).add("/World/envs/env_0", ["/World/envs/env_1"])
    renderer = renderer_of(stage)
    assert [(shape.path, shape.body) for shape in renderer.shapes] == [
        ("/World/envs/env_0/ball/shape", "/World/envs/env_0/ball"),
        ("/World/envs/env_1/ball/shape", "/World/envs/env_1/ball"),
    ]
    assert renderer.transform(1)[:3, 3] == pytest.approx((0, 2, 0))
    renderer.sync({"/World/envs/env_1/ball": at(0, -1, 0.5)})
    assert renderer.vertices(1).mean(0) == pytest.approx((0, -1, 0.5), abs=0.02)
    camera = camera_at((5, 0, 0), (0, 0, 0))
    shape = renderer.labels(camera).shape
    for number, place in ((0, (0, 0, 0)), (1, (0, -1, 0.5))):
        column, row = camera.project([place])[0][0].astype(int)
        assert shape[row, column] == number
    only = renderer_of(stage, bodies=["/World/envs/env_1/ball"])
    assert [shape.path for shape in only.shapes] == ["/World/envs/env_1/ball/shape"]


def test_a_scaled_body_keeps_its_scale_under_physics() -> None:
    stage = new_stage()
    add_ball(stage, "/World/ball")
    UsdGeom.Xform.Get(stage, "/World/ball").AddScaleOp().Set(Gf.Vec3f(2, 1, 0.5))
    renderer = renderer_of(stage)
    renderer.sync({"/World/ball": at(0, 0, 1)})
    extent = np.ptp(renderer.vertices(0), axis=0)
    assert extent == pytest.approx((1.2, 0.6, 0.3), rel=1e-3)


def test_mirrored_and_unevenly_scaled_shapes_face_outwards() -> None:
    stage = new_stage()
    ball = UsdGeom.Sphere.Define(stage, "/World/ball")
    ball.AddScaleOp().Set(Gf.Vec3f(-1.0, 0.5, 0.25))
    labels = renderer_of(stage).labels(camera_at((4, 1, 2), (0, 0, 0)))
    seen = labels.shape == 0
    gradient = labels.position[seen] / np.array([1.0, 0.5, 0.25]) ** 2
    truth = gradient / np.linalg.norm(gradient, axis=1, keepdims=True)
    assert ((labels.normal[seen] * truth).sum(-1) > 0.999).all()


def test_a_left_handed_mesh_and_normals_of_each_interpolation() -> None:
    for interpolation, count in (("constant", 1), ("uniform", 1), ("vertex", 4), ("faceVarying", 4)):
        stage = new_stage()
        quad = add_quad(stage, "/World/quad")
        quad.CreateOrientationAttr("leftHanded")
        down = renderer_of(stage).labels(camera_at((0, 0, 3), (0, 0, 0), up=(0, 1, 0)))
        assert down.normal[32, 32] == pytest.approx((0, 0, -1), abs=1e-6)
        quad.CreateNormalsAttr([(0.6, 0, 0.8)] * count)
        quad.SetNormalsInterpolation(interpolation)
        labels = renderer_of(stage).labels(camera_at((0, 0, 3), (0, 0, 0), up=(0, 1, 0)))
        assert labels.normal[32, 32] == pytest.approx((0.6, 0, 0.8), abs=1e-6)


def test_geom_subsets_are_shapes_of_their_own() -> None:
    stage = new_stage()
    mesh = UsdGeom.Mesh.Define(stage, "/World/mesh")
    mesh.CreatePointsAttr([(x, y, 0) for y in (-1, 1) for x in (-3, -1, 1, 3)])
    mesh.CreateFaceVertexCountsAttr([4, 4, 4])
    mesh.CreateFaceVertexIndicesAttr([0, 1, 5, 4, 1, 2, 6, 5, 2, 3, 7, 6])
    for name, face in (("left", 0), ("right", 2)):
        subset = UsdGeom.Subset.CreateGeomSubset(mesh, name, "face", [face], "materialBind")
        bind(subset.GetPrim(), add_material(stage, f"/World/{name}", diffuseColor=(0.5, 0.5, 0.5)))
    renderer = renderer_of(stage)
    assert [shape.path for shape in renderer.shapes] == ["/World/mesh/left", "/World/mesh/right", "/World/mesh"]
    row = renderer.labels(camera_at((0, 0, 6), (0, 0, 0), up=(0, 1, 0))).shape[32]
    assert [path_of(renderer, row[i]) for i in (12, 32, 51)] == ["/World/mesh/left", "/World/mesh", "/World/mesh/right"]


def test_native_instances_are_their_proxies() -> None:
    stage = new_stage()
    stage.CreateClassPrim("/Asset")
    UsdGeom.Sphere.Define(stage, "/Asset/ball").CreateRadiusAttr(0.3)
    for name, y in (("a", -1.0), ("b", 1.0)):
        prim = UsdGeom.Xform.Define(stage, f"/World/{name}")
        prim.AddTranslateOp().Set(Gf.Vec3d(0, y, 0))
        prim.GetPrim().GetReferences().AddInternalReference("/Asset")
        prim.GetPrim().SetInstanceable(True)
    renderer = renderer_of(stage)
    assert [shape.path for shape in renderer.shapes] == ["/World/a/ball", "/World/b/ball"]
    shape = renderer.labels(camera_at((4, 0, 0), (0, 0, 0))).shape
    assert shape[32, 17] == 0 and shape[32, 46] == 1


def test_an_edit_of_what_instances_share_reaches_all() -> None:
    stage = new_stage()
    stage.CreateClassPrim("/Asset")
    quad = add_quad(stage, "/Asset/quad", 1.0)
    for name, x in (("a", -1.0), ("b", 1.0)):
        prim = UsdGeom.Xform.Define(stage, f"/World/{name}")
        prim.AddTranslateOp().Set(Gf.Vec3d(x, 0, 0))
        prim.GetPrim().GetReferences().AddInternalReference("/Asset")
        prim.GetPrim().SetInstanceable(True)
    renderer = renderer_of(stage)
    quad.GetPointsAttr().Set([(-0.5, -0.5, 0.5), (0.5, -0.5, 0.5), (0.5, 0.5, 0.5), (-0.5, 0.5, 0.5)])
    renderer.sync()
    for shape, x in ((0, -1.0), (1, 1.0)):
        assert renderer.vertices(shape).mean(0) == pytest.approx((x, 0, 0.5))


def test_a_point_instancer_places_its_prototypes() -> None:
    stage = new_stage()
    instancer = UsdGeom.PointInstancer.Define(stage, "/World/many")
    UsdGeom.Cube.Define(stage, "/World/many/prototypes/cube").CreateSizeAttr(0.4)
    UsdGeom.Sphere.Define(stage, "/World/many/prototypes/ball").CreateRadiusAttr(0.2)
    instancer.CreatePrototypesRel().SetTargets(["/World/many/prototypes/cube", "/World/many/prototypes/ball"])
    instancer.CreateProtoIndicesAttr([0, 1, 0])
    instancer.CreatePositionsAttr([(0, -1, 0), (0, 0, 0), (0, 1, 0)])
    renderer = renderer_of(stage)
    assert [(shape.path.rpartition("/")[2], shape.instance) for shape in renderer.shapes] == [
        ("cube", 0),
        ("cube", 2),
        ("ball", 1),
    ]
    row = renderer.labels(camera_at((4, 0, 0), (0, 0, 0))).shape[32]
    assert [row[i] for i in (17, 32, 47)] == [0, 2, 1]
    instancer.InvisId(1, Usd.TimeCode.Default())
    renderer.sync()
    assert renderer.labels(camera_at((4, 0, 0), (0, 0, 0))).shape[32, 32] == -1


def test_guides_proxies_and_hidden_prims_are_not_drawn() -> None:
    stage = new_stage()
    for purpose in ("default", "render", "proxy", "guide"):
        cube = UsdGeom.Cube.Define(stage, f"/World/{purpose}")
        cube.CreatePurposeAttr(purpose)
    UsdGeom.Cube.Define(stage, "/World/hidden").MakeInvisible()
    renderer = renderer_of(stage)
    assert [shape.path for shape in renderer.shapes] == ["/World/default", "/World/render", "/World/hidden"]
    seen = np.unique(renderer.labels(camera_at((5, 0, 0), (0, 0, 0))).shape)
    assert 2 not in seen


def test_labels_look_through_what_is_mostly_transparent() -> None:
    stage = new_stage()
    for name, height, opacity in (("glass", 2.0, 0.3), ("wall", 1.0, 0.8), ("floor", 0.0, 1.0)):
        quad = add_quad(stage, f"/World/{name}", 10.0)
        quad.AddTranslateOp().Set(Gf.Vec3d(0, 0, height))
        paint(stage, quad, (0.5, 0.5, 0.5), opacity=opacity)
    renderer = renderer_of(stage)
    labels = renderer.labels(camera_at((0, 0, 4), (0, 0, 0), up=(0, 1, 0)))
    assert {path_of(renderer, shape) for shape in np.unique(labels.shape)} == {"/World/wall"}
    assert labels.depth == pytest.approx(3.0, abs=1e-4)


def test_visible_alone_counts_what_would_be_seen_without_the_rest() -> None:
    stage = new_stage()
    wall = add_quad(stage, "/World/wall", 3.0)
    wall.AddTranslateOp().Set(Gf.Vec3d(0, 0, 1))
    ball = UsdGeom.Sphere.Define(stage, "/World/ball")
    ball.CreateRadiusAttr(0.5)
    behind = UsdGeom.Cube.Define(stage, "/World/behind")
    behind.AddTranslateOp().Set(Gf.Vec3d(0, 0, 9))
    camera = camera_at((0.3, 0.2, 4), (0, 0, 0), up=(0, 1, 0))
    renderer = renderer_of(stage)
    order = {shape.path: i for i, shape in enumerate(renderer.shapes)}
    groups = [[order["/World/ball"]], [order["/World/wall"], order["/World/ball"]], [order["/World/behind"]], []]
    counted = renderer.visible_alone(camera, groups)
    for path in ("/World/wall", "/World/behind"):
        UsdGeom.Imageable(stage.GetPrimAtPath(path)).MakeInvisible()
    renderer.sync()
    assert counted[0] == (renderer.labels(camera).shape == order["/World/ball"]).sum() > 100
    assert counted[1] > counted[0] and counted[2:] == [0, 0]


def test_far_surfaces_are_gone_through_once() -> None:
    """A kilometre away, the step beyond a surface must not be lost in rounding: this would never end."""
    from pxr import UsdLux

    stage = new_stage()
    tower = UsdGeom.Cube.Define(stage, "/World/tower")
    tower.CreateSizeAttr(20.0)
    tower.AddTranslateOp().Set(Gf.Vec3d(0, 300, 0))
    lamp = UsdLux.SphereLight.Define(stage, "/World/lamp")
    lamp.CreateRadiusAttr(30.0)
    lamp.AddTranslateOp().Set(Gf.Vec3d(0, 950, 0))
    renderer = renderer_of(stage)
    order = {shape.path: i for i, shape in enumerate(renderer.shapes)}
    for height in np.linspace(-3.0, 3.0, 8):
        camera = camera_at((1.3, 0, height), (0.2, 300, 0), size=400, focal=3000)
        (seen,) = renderer.visible_alone(camera, [[order["/World/tower"]]])
        assert seen == pytest.approx((20 / 290 * camera.fx) ** 2, rel=0.05)


def test_a_lamp_is_background() -> None:
    from pxr import UsdLux

    stage = new_stage()
    UsdLux.SphereLight.Define(stage, "/World/lamp").CreateRadiusAttr(1.0)
    renderer = renderer_of(stage)
    camera = camera_at((5, 0, 0), (0, 0, 0))
    labels = renderer.labels(camera)
    assert (labels.shape == -1).all() and np.isinf(labels.depth).all()


def test_other_units_than_metres_are_refused() -> None:
    stage = new_stage()
    UsdGeom.SetStageMetersPerUnit(stage, 0.01)
    with pytest.raises(SceneError, match=r"units of 0\.01 m.*Set metersPerUnit to 1"):
        renderer_of(stage)


def test_an_empty_stage_has_nothing() -> None:
    stage = new_stage()
    add_dome(stage)
    renderer = renderer_of(stage)
    camera = camera_at((5, 0, 0), (0, 0, 0), size=8)
    assert (renderer.labels(camera).shape == -1).all()
    assert renderer.color(camera, 2, 0) == pytest.approx(1.0, rel=1e-5)
    assert renderer.visible_alone(camera, [[]]) == [0]


@pytest.mark.parametrize("kind", ["Cube", "Sphere", "Capsule", "Cylinder", "Cone", "Plane"])
@pytest.mark.parametrize("axis", ["X", "Y", "Z"])
def test_solids_fill_their_extent_and_face_outwards(kind: str, axis: str) -> None:
    from humanoid_brain.host.standalone.render.solids import solid

    stage = new_stage()
    shape = getattr(UsdGeom, kind).Define(stage, "/shape")
    if kind not in ("Cube", "Sphere"):
        shape.CreateAxisAttr(axis)
    if kind == "Plane":
        shape.CreateWidthAttr(3.0)
    extent = UsdGeom.Boundable.ComputeExtentFromPlugins(UsdGeom.Boundable(shape.GetPrim()), Usd.TimeCode.Default())
    part = solid(shape.GetPrim())
    assert part is not None
    assert part.points.min(0) == pytest.approx(extent[0], abs=1e-6)
    assert part.points.max(0) == pytest.approx(extent[1], abs=1e-6)
    corners = part.points[part.faces]
    across = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    assert (np.linalg.norm(across, axis=1) > 1e-9).all(), "no triangle without area"
    if kind == "Plane":
        assert part.normals[:, "XYZ".index(axis)] == pytest.approx(1.0)
    else:
        assert ((across * corners.mean(1)).sum(1) > 0).all(), "away from the centre"
    assert ((across * part.normals[part.faces].mean(1)).sum(1) > 0).all(), "with the normals"
