# SPDX-License-Identifier: Apache-2.0
"""Small scenes for the host's tests and benchmark, authored with pxr on the host's current stage."""

from __future__ import annotations

import math
from collections.abc import Sequence

from pxr import Gf, Sdf, Usd, UsdGeom, UsdPhysics, UsdShade

from humanoid_brain.host import Host

DT = 1.0 / 200.0
Vector = tuple[float, float, float]

# Link: parent, joint axis, joint origin in the parent's frame, half extents, centre of the box in the link's frame,
# kg, N*m/rad, N*m*s/rad, N*m. A leg and an arm are mirrored for the right side.
_TRUNK = {
    "waist": ("pelvis", "Z", (0.0, 0.0, 0.10), (0.05, 0.05, 0.03), (0.0, 0.0, 0.0), 1.5, 200.0, 10.0, 90.0),
    "torso": ("waist", "Y", (0.0, 0.0, 0.05), (0.09, 0.14, 0.18), (0.0, 0.0, 0.20), 14.0, 300.0, 20.0, 150.0),
    "head": ("torso", "Z", (0.0, 0.0, 0.42), (0.08, 0.08, 0.10), (0.0, 0.0, 0.12), 3.5, 30.0, 2.0, 10.0),
}
_ARM = {
    "shoulder_pitch": ("torso", "Y", (0.0, 0.20, 0.34), (0.03, 0.03, 0.03), (0.0, 0.0, 0.0), 0.8, 60.0, 4.0, 40.0),
    "shoulder_roll": (
        "shoulder_pitch",
        "X",
        (0.0, 0.05, 0.0),
        (0.03, 0.03, 0.03),
        (0.0, 0.0, 0.0),
        0.6,
        60.0,
        4.0,
        40.0,
    ),
    "upper_arm": ("shoulder_roll", "Z", (0.0, 0.0, -0.06), (0.03, 0.03, 0.08), (0.0, 0.0, -0.09), 1.6, 40.0, 2.0, 30.0),
    "forearm": ("upper_arm", "Y", (0.0, 0.0, -0.22), (0.03, 0.03, 0.08), (0.0, 0.0, -0.10), 1.2, 40.0, 2.0, 30.0),
}
_LEG = {
    "hip_yaw": ("pelvis", "Z", (0.0, 0.10, -0.08), (0.03, 0.03, 0.01), (0.0, 0.0, 0.0), 1.2, 150.0, 6.0, 90.0),
    "hip_roll": ("hip_yaw", "X", (0.0, 0.0, -0.02), (0.03, 0.03, 0.01), (0.0, 0.0, 0.0), 1.0, 200.0, 10.0, 140.0),
    "thigh": ("hip_roll", "Y", (0.0, 0.0, -0.02), (0.05, 0.05, 0.16), (0.0, 0.0, -0.19), 4.0, 200.0, 10.0, 160.0),
    "shin": ("thigh", "Y", (0.0, 0.0, -0.40), (0.04, 0.04, 0.14), (0.0, 0.0, -0.18), 2.6, 250.0, 10.0, 200.0),
    "ankle": ("shin", "Y", (0.0, 0.0, -0.36), (0.02, 0.02, 0.01), (0.0, 0.0, 0.0), 0.4, 120.0, 6.0, 90.0),
    "foot": ("ankle", "X", (0.0, 0.0, -0.01), (0.12, 0.05, 0.02), (0.035, 0.0, -0.04), 0.9, 80.0, 4.0, 60.0),
}
PELVIS_HEIGHT = 0.95  # of the standing robot: soles 0.5 mm above the ground, so that it lands and is not pushed out
ROBOT_MASS = 7.0 + sum(row[5] for row in _TRUNK.values()) + 2 * sum(row[5] for row in (*_ARM.values(), *_LEG.values()))


def new_scene(h: Host, gravity: float = 9.81, ground: bool = True, friction: float = 1.0) -> Usd.Stage:
    """An empty stage with a physics scene, a ground plane and an environment to copy."""
    h.stage.create_new_stage()
    stage = h.stage.get_current_stage()
    scene = UsdPhysics.Scene.Define(stage, "/World/physicsScene")
    scene.CreateGravityDirectionAttr(Gf.Vec3f(0, 0, -1))
    scene.CreateGravityMagnitudeAttr(gravity)
    prim = scene.GetPrim()
    prim.AddAppliedSchema("PhysxSceneAPI")
    _set(prim, "physxScene:timeStepsPerSecond", Sdf.ValueTypeNames.UInt, round(1 / DT))
    material = UsdShade.Material.Define(stage, "/World/materials/plain")
    api = UsdPhysics.MaterialAPI.Apply(material.GetPrim())
    api.CreateStaticFrictionAttr(friction)
    api.CreateDynamicFrictionAttr(friction)
    api.CreateRestitutionAttr(0.0)
    if ground:
        plane = UsdGeom.Plane.Define(stage, "/World/ground")
        plane.CreateAxisAttr("Z")
        UsdPhysics.CollisionAPI.Apply(plane.GetPrim())
        _bind(plane.GetPrim(), material)
    UsdGeom.Scope.Define(stage, "/World/envs")
    UsdGeom.Xform.Define(stage, "/World/envs/env_0")
    return stage


def clone(h: Host, count: int, spacing: float = 2.5) -> list[str]:
    """Copy env_0 to ``count`` environments."""
    cloner = h.GridCloner(spacing=spacing)
    cloner.define_base_env("/World/envs")
    paths = cloner.generate_paths("/World/envs/env", count)
    cloner.clone(
        source_prim_path="/World/envs/env_0", prim_paths=paths, replicate_physics=True, base_env_path="/World/envs"
    )
    return paths


def add_box(
    stage: Usd.Stage,
    path: str,
    position: Vector = (0.0, 0.0, 0.0),
    half: Vector = (0.1, 0.1, 0.1),
    mass: float = 1.0,
    com: Vector | None = None,
) -> Usd.Prim:
    """A free box that reports contacts."""
    body = UsdGeom.Xform.Define(stage, path)
    body.AddTranslateOp().Set(Gf.Vec3d(*position))
    _make_body(body.GetPrim(), mass)
    if com is not None:
        UsdPhysics.MassAPI(body.GetPrim()).CreateCenterOfMassAttr(Gf.Vec3f(*com))
    _add_shape(stage, f"{path}/collision", half, (0.0, 0.0, 0.0))
    return body.GetPrim()


def add_pendulum(stage: Usd.Stage, root: str, stiffness: float = 0.0, damping: float = 0.0, drive: bool = True) -> None:
    """A two-link pendulum hung from a fixed base: 0.5 m rods of 1 kg, hinges about y, at rest straight down."""
    base = UsdGeom.Xform.Define(stage, f"{root}/base")
    base.AddTranslateOp().Set(Gf.Vec3d(0, 0, 2))
    _make_body(base.GetPrim(), 1.0)
    UsdPhysics.MassAPI(base.GetPrim()).CreateDiagonalInertiaAttr(Gf.Vec3f(0.01))
    fixed = UsdPhysics.FixedJoint.Define(stage, f"{root}/fixed")
    fixed.CreateBody1Rel().SetTargets([f"{root}/base"])
    fixed.CreateLocalPos0Attr(Gf.Vec3f(0, 0, 2))
    UsdPhysics.ArticulationRootAPI.Apply(fixed.GetPrim())
    fixed.GetPrim().AddAppliedSchema("PhysxArticulationAPI")
    _set(fixed.GetPrim(), "physxArticulation:sleepThreshold", Sdf.ValueTypeNames.Float, 0.0)
    for i, parent in enumerate(("base", "upper")):
        name, height = ("upper", "lower")[i], 2.0 - 0.5 * i
        link = UsdGeom.Xform.Define(stage, f"{root}/{name}")
        link.AddTranslateOp().Set(Gf.Vec3d(0, 0, height))
        _make_body(link.GetPrim(), 1.0)
        mass = UsdPhysics.MassAPI(link.GetPrim())
        mass.CreateCenterOfMassAttr(Gf.Vec3f(0, 0, -0.25))
        mass.CreateDiagonalInertiaAttr(Gf.Vec3f(0.02, 0.02, 0.001))
        offset = (0.0, 0.0, 0.0 if parent == "base" else -0.5)
        _add_hinge(stage, root, name, parent, "Y", offset, (stiffness, damping, 1e6) if drive else None)


def add_tendon(stage: Usd.Stage, root: str, stiffness: float, damping: float) -> None:
    """A cord over both joints of a pendulum: its length is the sum of their angles."""
    types = Sdf.ValueTypeNames
    for joint, schema in (("upper_joint", "PhysxTendonAxisRootAPI"), ("lower_joint", "PhysxTendonAxisAPI")):
        prim = stage.GetPrimAtPath(f"{root}/joints/{joint}")
        prim.AddAppliedSchema(f"{schema}:cord")
        prim.CreateAttribute("physxTendon:cord:gearing", types.FloatArray, False).Set([1.0])
        prim.CreateAttribute("physxTendon:cord:forceCoefficient", types.FloatArray, False).Set([1.0])
    prim = stage.GetPrimAtPath(f"{root}/joints/upper_joint")
    _set(prim, "physxTendon:cord:stiffness", types.Float, stiffness)
    _set(prim, "physxTendon:cord:damping", types.Float, damping)


def add_robot(stage: Usd.Stage, root: str, self_collisions: bool = False) -> None:
    """A humanoid of boxes: 23 hinges, 24 links, standing; root link ``<root>/pelvis``, feet report contacts."""
    UsdGeom.Xform.Define(stage, root)
    place: dict[str, Vector] = {}
    _add_link(stage, root, "pelvis", (0.0, 0.0, PELVIS_HEIGHT), (0.08, 0.09, 0.06), (0.0, 0.0, 0.0), 7.0)
    place["pelvis"] = (0.0, 0.0, PELVIS_HEIGHT)
    pelvis = stage.GetPrimAtPath(f"{root}/pelvis")
    UsdPhysics.ArticulationRootAPI.Apply(pelvis)
    pelvis.AddAppliedSchema("PhysxArticulationAPI")
    types = Sdf.ValueTypeNames
    _set(pelvis, "physxArticulation:enabledSelfCollisions", types.Bool, self_collisions)
    _set(pelvis, "physxArticulation:solverPositionIterationCount", types.Int, 4)
    _set(pelvis, "physxArticulation:solverVelocityIterationCount", types.Int, 1)
    _set(pelvis, "physxArticulation:sleepThreshold", types.Float, 0.0)
    _set(pelvis, "physxArticulation:stabilizationThreshold", types.Float, 0.0)
    limbs = [(name, row, "", 1) for name, row in _TRUNK.items()]
    for prefix, side in (("left_", 1), ("right_", -1)):
        limbs += [(name, row, prefix, side) for name, row in (*_ARM.items(), *_LEG.items())]
    for name, row, prefix, side in limbs:
        parent, axis, origin, half, centre, mass, stiffness, damping, effort = row
        parent = parent if parent in ("pelvis", "waist", "torso") else prefix + parent
        at = (origin[0], side * origin[1], origin[2])
        place[prefix + name] = tuple(a + b for a, b in zip(at, place[parent], strict=True))  # type: ignore[assignment]
        _add_link(stage, root, prefix + name, place[prefix + name], half, centre, mass)
        _add_hinge(stage, root, prefix + name, parent, axis, at, (stiffness, damping, effort))


def _add_link(stage: Usd.Stage, root: str, name: str, place: Vector, half: Vector, centre: Vector, mass: float) -> None:
    link = UsdGeom.Xform.Define(stage, f"{root}/{name}")
    link.AddTranslateOp().Set(Gf.Vec3d(*place))
    _make_body(link.GetPrim(), mass)
    _add_shape(stage, f"{root}/{name}/collision", half, centre)
    if name.endswith("foot"):
        link.GetPrim().AddAppliedSchema("PhysxContactReportAPI")
        _set(link.GetPrim(), "physxContactReport:threshold", Sdf.ValueTypeNames.Float, 0.0)


def _add_hinge(
    stage: Usd.Stage,
    root: str,
    child: str,
    parent: str,
    axis: str,
    origin: Sequence[float],
    gains: tuple[float, float, float] | None,
) -> None:
    joint = UsdPhysics.RevoluteJoint.Define(stage, f"{root}/joints/{child}_joint")
    joint.CreateBody0Rel().SetTargets([f"{root}/{parent}"])
    joint.CreateBody1Rel().SetTargets([f"{root}/{child}"])
    joint.CreateAxisAttr(axis)
    joint.CreateLocalPos0Attr(Gf.Vec3f(*origin))
    joint.CreateLocalPos1Attr(Gf.Vec3f(0, 0, 0))
    joint.CreateLocalRot0Attr(Gf.Quatf(1))
    joint.CreateLocalRot1Attr(Gf.Quatf(1))
    joint.CreateLowerLimitAttr(-150.0)
    joint.CreateUpperLimitAttr(150.0)
    prim = joint.GetPrim()
    prim.AddAppliedSchema("PhysxJointAxisAPI:angular")
    _set(prim, "physxJointAxis:angular:armature", Sdf.ValueTypeNames.Float, 0.01)
    _set(prim, "physxJointAxis:angular:maxJointVelocity", Sdf.ValueTypeNames.Float, math.degrees(20.0))
    if gains is not None:
        stiffness, damping, effort = gains
        drive = UsdPhysics.DriveAPI.Apply(prim, "angular")
        drive.CreateTypeAttr("force")
        drive.CreateStiffnessAttr(math.radians(stiffness))  # USD counts per degree
        drive.CreateDampingAttr(math.radians(damping))
        drive.CreateMaxForceAttr(effort)


def _make_body(prim: Usd.Prim, mass: float) -> None:
    UsdPhysics.RigidBodyAPI.Apply(prim)
    UsdPhysics.MassAPI.Apply(prim).CreateMassAttr(mass)
    prim.AddAppliedSchema("PhysxRigidBodyAPI")
    types = Sdf.ValueTypeNames
    _set(prim, "physxRigidBody:angularDamping", types.Float, 0.0)
    _set(prim, "physxRigidBody:sleepThreshold", types.Float, 0.0)
    _set(prim, "physxRigidBody:maxDepenetrationVelocity", types.Float, 1.0)


def _add_shape(stage: Usd.Stage, path: str, half: Vector, centre: Vector) -> None:
    cube = UsdGeom.Cube.Define(stage, path)
    cube.CreateSizeAttr(2.0)
    cube.AddTranslateOp().Set(Gf.Vec3d(*centre))
    cube.AddScaleOp().Set(Gf.Vec3f(*half))
    UsdPhysics.CollisionAPI.Apply(cube.GetPrim())
    cube.GetPrim().AddAppliedSchema("PhysxCollisionAPI")
    _set(cube.GetPrim(), "physxCollision:contactOffset", Sdf.ValueTypeNames.Float, 0.01)
    _set(cube.GetPrim(), "physxCollision:restOffset", Sdf.ValueTypeNames.Float, 0.0)
    _bind(cube.GetPrim(), UsdShade.Material.Get(stage, "/World/materials/plain"))


def _bind(prim: Usd.Prim, material: UsdShade.Material) -> None:
    UsdShade.MaterialBindingAPI.Apply(prim).Bind(material, UsdShade.Tokens.weakerThanDescendants, "physics")


def _set(prim: Usd.Prim, name: str, kind: Sdf.ValueTypeName, value: float) -> None:
    prim.CreateAttribute(name, kind, False).Set(value)
