# SPDX-License-Identifier: Apache-2.0
"""Props on a USD stage: one rigid body each, with its label, its looks, what is seen and what collides."""

from __future__ import annotations

import numpy as np
from pxr import Gf, Sdf, Usd, UsdGeom, UsdPhysics, UsdShade, Vt

from humanoid_brain.scene.looks import preview_surface
from humanoid_brain.scene.meshes import author_mesh, box_coordinates, grain_axes
from humanoid_brain.scene.props.prop import BoxCollider, Collider, Prop
from humanoid_brain.scene.schemas import add_label, apply_api, set_attribute

FRICTION = 0.6
CONTACT_OFFSET, REST_OFFSET = 0.004, 0.0
"""Distances in m at which contacts are made and at which bodies rest."""
OFFSETS = (0.377, 0.613)
"""By how much in m the texture of one part is shifted against that of the next."""


def author_prop(stage: Usd.Stage, path: str, prop: Prop, material: UsdShade.Material) -> Usd.Prim:
    """Author ``prop`` at the origin, as a dynamic rigid body that settles under gravity.

    Args:
        stage: Where to.
        path: Of the prop's prim; looks, visual meshes and colliders lie below it.
        prop: What to author.
        material: Physics material of its colliders, from :func:`author_material`.
    """
    xform = UsdGeom.Xform.Define(stage, path)
    xform.AddTranslateOp().Set(Gf.Vec3d(0.0))
    xform.AddOrientOp(UsdGeom.XformOp.PrecisionDouble).Set(Gf.Quatd(1.0))
    xform.AddScaleOp(UsdGeom.XformOp.PrecisionDouble).Set(Gf.Vec3d(1.0))
    body = xform.GetPrim()
    add_label(body, prop.category)
    UsdPhysics.RigidBodyAPI.Apply(body)
    apply_api(body, "PhysxRigidBodyAPI")
    types = Sdf.ValueTypeNames
    set_attribute(body, "physxRigidBody:maxDepenetrationVelocity", types.Float, 1.0)
    set_attribute(body, "physxRigidBody:solverPositionIterationCount", types.Int, 8)
    UsdPhysics.MassAPI.Apply(body).CreateDensityAttr(prop.density)
    _author_visuals(stage, path, prop)
    for i, collider in enumerate(prop.colliders):
        _author_collider(stage, f"{path}/collision_{i}", collider, material)
    return body


def author_material(stage: Usd.Stage, path: str) -> UsdShade.Material:
    """The physics material of all props; the floor's friction is multiplied in."""
    material = UsdShade.Material.Define(stage, path)
    api = UsdPhysics.MaterialAPI.Apply(material.GetPrim())
    api.CreateStaticFrictionAttr(FRICTION)
    api.CreateDynamicFrictionAttr(FRICTION)
    api.CreateRestitutionAttr(0.0)
    return material


def author_box_collider(stage: Usd.Stage, path: str, collider: BoxCollider, material: UsdShade.Material) -> None:
    """A box that collides and is not drawn."""
    cube = UsdGeom.Cube.Define(stage, path)
    cube.CreateSizeAttr(1.0)
    cube.CreateExtentAttr([Gf.Vec3f(-0.5), Gf.Vec3f(0.5)])
    cube.AddTranslateOp().Set(Gf.Vec3d(*collider.center))
    cube.AddScaleOp().Set(Gf.Vec3f(*collider.size))
    _make_collider(cube, material)


def _author_visuals(stage: Usd.Stage, path: str, prop: Prop) -> None:
    UsdGeom.Scope.Define(stage, f"{path}/looks")
    for name in dict.fromkeys(part.look for part in prop.parts):
        looks = prop.looks[name]
        material = preview_surface(stage, f"{path}/looks/{name}", looks)
        surfaces = [part.surface for part in prop.parts if part.look == name]
        coordinates = None
        if looks.texture is not None:
            coordinates = [
                box_coordinates(surface, grain_axes(surface), (OFFSETS[0] * i, OFFSETS[1] * i))
                for i, surface in enumerate(surfaces)
            ]
        mesh = author_mesh(stage, f"{path}/visual_{name}", surfaces, coordinates)
        UsdShade.MaterialBindingAPI.Apply(mesh.GetPrim()).Bind(material)


def _author_collider(stage: Usd.Stage, path: str, collider: Collider, material: UsdShade.Material) -> None:
    if isinstance(collider, BoxCollider):
        author_box_collider(stage, path, collider, material)
        return
    points = np.array(collider.points, np.float32)
    # Bottom ring and top ring; their hull is what collides, the faces only close the mesh.
    half = len(points) // 2
    sides = [corner for i in range(half) for corner in (i, (i + 1) % half, half + (i + 1) % half, half + i)]
    mesh = UsdGeom.Mesh.Define(stage, path)
    mesh.CreatePointsAttr(Vt.Vec3fArray.FromNumpy(points))
    mesh.CreateFaceVertexCountsAttr([4] * half + [half, half])
    indices = [*sides, *range(half - 1, -1, -1), *range(half, 2 * half)]
    mesh.CreateFaceVertexIndicesAttr(indices)
    mesh.CreateSubdivisionSchemeAttr(UsdGeom.Tokens.none)
    mesh.CreateExtentAttr(Vt.Vec3fArray.FromNumpy(np.stack([points.min(0), points.max(0)])))
    UsdPhysics.MeshCollisionAPI.Apply(mesh.GetPrim()).CreateApproximationAttr(UsdPhysics.Tokens.convexHull)
    _make_collider(mesh, material)


def _make_collider(geometry: UsdGeom.Gprim, material: UsdShade.Material) -> None:
    geometry.CreatePurposeAttr(UsdGeom.Tokens.guide)
    prim = geometry.GetPrim()
    UsdPhysics.CollisionAPI.Apply(prim)
    apply_api(prim, "PhysxCollisionAPI")
    set_attribute(prim, "physxCollision:contactOffset", Sdf.ValueTypeNames.Float, CONTACT_OFFSET)
    set_attribute(prim, "physxCollision:restOffset", Sdf.ValueTypeNames.Float, REST_OFFSET)
    binding = UsdShade.MaterialBindingAPI.Apply(prim)
    binding.Bind(material, UsdShade.Tokens.weakerThanDescendants, "physics")
