# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Iterator
from typing import get_args

import numpy as np
import pytest
from pxr import Usd, UsdGeom, UsdPhysics, UsdShade

from humanoid_brain.config import interior
from humanoid_brain.scene.meshes import box_coordinates, grain_axes
from humanoid_brain.scene.props.author import author_material, author_prop
from humanoid_brain.scene.props.catalogue import CATALOGUE, make_prop
from humanoid_brain.scene.props.prop import HullCollider, Prop, corners
from humanoid_brain.scene.props.solids import bent, box, circle, deformed, lathe, tapered, tube
from humanoid_brain.scene.shells import Surface

KINDS = [(category, kind) for category, kinds in CATALOGUE.items() for kind in kinds]
HEIGHTS = {
    ("table", "dining"): (0.70, 0.78),
    ("table", "pedestal"): (0.70, 0.78),
    ("table", "desk"): (0.70, 0.78),
    ("table", "side"): (0.40, 0.60),
    ("chair", "dining"): (0.78, 1.05),
    ("chair", "office"): (0.95, 1.30),
    ("chair", "stool"): (0.42, 0.78),
    ("chair", "armchair"): (0.70, 0.95),
    ("obstacle", "cone"): (0.45, 0.80),
    ("obstacle", "barrel"): (0.75, 0.95),
    ("goal", "flag"): (1.2, 1.8),
}
"""Lowest and highest of each, in m, as furniture and road equipment come in shops."""


def several(category: str, kind: str) -> Iterator[Prop]:
    for number in range(6):
        yield make_prop(category, kind, 0, number)


def volume(surface: Surface) -> float:
    corner = surface.points[surface.faces]
    return float(np.einsum("ij,ij->i", corner[:, 0], np.cross(corner[:, 1], corner[:, 2])).sum() / 6)


def facing(surface: Surface) -> np.ndarray:
    """Cosine between each triangle's own normal and the mean of its corners' normals."""
    corner = surface.points[surface.faces]
    own = np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0])
    mean = surface.normals[surface.faces].mean(1)
    return np.einsum("ij,ij->i", own, mean) / (np.linalg.norm(own, axis=1) * np.linalg.norm(mean, axis=1))


def test_every_kind_of_the_configuration_can_be_made_and_no_other() -> None:
    assert set(CATALOGUE["chair"]) == set(get_args(interior.ChairKind))
    assert set(CATALOGUE["table"]) == set(get_args(interior.TableKind))
    assert set(CATALOGUE["obstacle"]) == set(get_args(interior.ObstacleKind))
    assert set(CATALOGUE["goal"]) == set(get_args(interior.GoalKind))
    assert set(CATALOGUE["clutter"]) == set(get_args(interior.ClutterKind))


@pytest.mark.parametrize(("category", "kind"), KINDS)
def test_its_surfaces_face_outwards_in_few_triangles(category: str, kind: str) -> None:
    for prop in several(category, kind):
        assert 100 < prop.triangles < 6000
        for part in prop.parts:
            assert np.isfinite(part.surface.points).all()
            assert np.linalg.norm(part.surface.normals, axis=1) == pytest.approx(1.0, abs=1e-6)
            assert volume(part.surface) > 0.0
            if part.look != "leaf":  # a leaf's tip folds over itself
                assert facing(part.surface).min() > 0.3


@pytest.mark.parametrize(("category", "kind"), KINDS)
def test_it_stands_on_the_floor_and_its_colliders_follow_its_shape(category: str, kind: str) -> None:
    for prop in several(category, kind):
        assert prop.bounds[0, 2] == pytest.approx(0.0, abs=1e-6)
        hull = np.concatenate([corners(collider) for collider in prop.colliders])
        seen = np.concatenate([part.surface.points for part in prop.parts])
        assert hull[:, 2].min() == pytest.approx(0.0, abs=1e-9)
        # Leaves, a flag and the tilted parts of chairs may stick out of the colliders, not the other way but for the
        # gaps between the feet of a swivel chair.
        slack = np.array([0.06, 0.06, 0.012])
        assert (hull.min(0) > seen.min(0) - slack).all() and (hull.max(0) < seen.max(0) + slack).all()
        assert seen[:, 2].min() == pytest.approx(0.0, abs=0.005)
        for collider in prop.colliders:
            assert not isinstance(collider, HullCollider) or len(collider.points) <= 64
        low, high = HEIGHTS.get((category, kind), (0.0, 2.0))
        assert low < prop.bounds[1, 2] < high


@pytest.mark.parametrize(("category", "kind"), KINDS)
def test_its_supports_lie_on_what_collides(category: str, kind: str) -> None:
    for prop in several(category, kind):
        tops = {round(float(corners(collider)[:, 2].max()), 9) for collider in prop.colliders}
        assert bool(prop.supports) == (category == "table" or kind == "crate")
        for support in prop.supports:
            assert round(support.center[2], 9) in tops
            reach = np.abs(np.array(support.center[:2])) + support.half
            assert (reach < prop.bounds[1, :2]).all()


def test_an_address_gives_the_same_prop_and_another_one_a_different_prop() -> None:
    one, again, other = (make_prop("chair", "dining", 3, n) for n in (5, 5, 6))
    assert np.array_equal(one.bounds, again.bounds) and one.looks == again.looks
    assert not np.array_equal(one.bounds, other.bounds)


@pytest.mark.parametrize(("category", "kind"), KINDS)
def test_on_a_stage_it_is_one_labelled_body(category: str, kind: str) -> None:
    stage = Usd.Stage.CreateInMemory()
    prop = make_prop(category, kind, 0, 0)
    body = author_prop(stage, "/prop", prop, author_material(stage, "/material"))
    assert body.GetAttribute("semantics:labels:class").Get() == [category]
    assert body.HasAPI(UsdPhysics.RigidBodyAPI)
    assert UsdPhysics.MassAPI(body).GetDensityAttr().Get() == prop.density
    seen = colliding = 0
    for prim in Usd.PrimRange(body):
        if not prim.IsA(UsdGeom.Gprim):
            continue
        collides = prim.HasAPI(UsdPhysics.CollisionAPI)
        assert UsdGeom.Imageable(prim).ComputePurpose() == ("guide" if collides else "default")
        colliding += collides
        if collides:
            continue
        material, _ = UsdShade.MaterialBindingAPI(prim).ComputeBoundMaterial()
        assert material.GetPath().HasPrefix(body.GetPath())
        textured = UsdShade.Shader(material.GetPrim().GetChild("color")).GetPrim().IsValid()
        st = UsdGeom.PrimvarsAPI(prim).GetPrimvar("st")
        assert bool(st) == textured
        seen += len(UsdGeom.Mesh(prim).GetFaceVertexCountsAttr().Get())
        if textured:
            assert len(st.Get()) == len(UsdGeom.Mesh(prim).GetFaceVertexIndicesAttr().Get())
    assert seen == prop.triangles and colliding == len(prop.colliders)


def test_a_box_has_its_size_and_its_volume() -> None:
    surface = box((0.4, 0.3, 0.2), (1.0, 2.0, 3.0), radius=0.01, steps=3, cuts=(2, 0, 1))
    assert surface.points.max(0) == pytest.approx([1.2, 2.15, 3.1])
    # Edges of radius r take away (1 - pi / 4) r^2 of their length.
    assert volume(surface) == pytest.approx(0.4 * 0.3 * 0.2 - 4 * 0.9 * (1 - np.pi / 4) * 0.01**2, rel=1e-4)
    assert facing(surface).min() > 0.9


def test_turned_and_swept_solids_have_their_volume() -> None:
    # A polygon of n corners covers n / 2 sin(2 pi / n) of its circle's pi.
    share = 32 / (2 * np.pi) * np.sin(2 * np.pi / 32)
    drum = lathe([(0.0, 0.0), (0.1, 0.0), (0.1, 0.5), (0.0, 0.5)], around=32, bevel=0.0001)
    assert volume(drum) == pytest.approx(np.pi * 0.1**2 * 0.5 * share, rel=1e-3)
    bar = tube([(0.0, 0.0, 0.0), (0.0, 0.0, 1.0)], 0.05, 32)
    assert volume(bar) == pytest.approx(np.pi * 0.05**2 * share, rel=1e-6)
    ring = tube(circle(0.5, 0.2, 200), 0.05, 32, closed=True)
    assert volume(ring) == pytest.approx(2 * np.pi * 0.5 * np.pi * 0.05**2 * share, rel=1e-3)
    bow = tube([(0.0, 0.0, 0.0), (0.3, 0.0, 0.0), (0.3, 0.3, 0.0)], 0.01, 16, fillet=0.1)
    assert facing(bow).min() > 0.9
    # The bend of radius r shortens the way by (2 - pi / 2) r.
    share = 16 / (2 * np.pi) * np.sin(2 * np.pi / 16)
    assert volume(bow) == pytest.approx((0.6 - (2 - np.pi / 2) * 0.1) * np.pi * 0.01**2 * share, rel=1e-2)


def test_normals_follow_a_deformation() -> None:
    plate = box((0.02, 0.5, 0.4), radius=0.005, cuts=(0, 20, 0))
    rolled = bent(plate, 0.6)
    assert facing(rolled).min() > 0.9
    front = np.abs(plate.points[:, 0] - 0.01) < 1e-9
    axis = np.array([0.6, 0.0])
    towards = axis - rolled.points[front][:, :2]
    towards /= np.linalg.norm(towards, axis=1, keepdims=True)
    assert np.einsum("ij,ij->i", towards, rolled.normals[front][:, :2]) == pytest.approx(1.0, abs=1e-4)
    leg = tapered(box((0.04, 0.04, 0.4), (0.0, 0.0, 0.2)), 0.5)
    assert np.abs(leg.points[leg.points[:, 2] < 1e-9][:, :2]).max() < 0.0101
    doubled = deformed(plate, lambda points: points * 2.0)
    assert doubled.normals == pytest.approx(plate.normals, abs=1e-9)


def test_texture_coordinates_are_in_metres_along_the_grain_and_not_mirrored() -> None:
    board = box((0.1, 0.9, 0.02), radius=0.0005)
    st = box_coordinates(board, grain_axes(board)).reshape(-1, 3, 2)
    corner = board.points[board.faces]
    normal = np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0])
    flat = np.abs(normal).max(1) > 0.999 * np.linalg.norm(normal, axis=1)
    broad = flat & (np.abs(normal).argmax(1) == 2)
    edge = corner[broad][:, 1] - corner[broad][:, 0]
    across = st[broad][:, 1] - st[broad][:, 0]
    assert np.abs(across[:, 0]) == pytest.approx(np.abs(edge[:, 1]))  # u along y, the longest edge
    assert np.abs(across[:, 1]) == pytest.approx(np.abs(edge[:, 0]))
    one, two = st[:, 1] - st[:, 0], st[:, 2] - st[:, 0]
    assert (one[:, 0] * two[:, 1] - one[:, 1] * two[:, 0] > 0.0)[flat].all()
