# SPDX-License-Identifier: Apache-2.0
"""The built-in humanoid as USD: rigid bodies, joints with drives, collision shapes, sensors, keypoints and looks."""

from __future__ import annotations

import math

import numpy as np
from pxr import Gf, Sdf, Usd, UsdGeom, UsdPhysics, UsdShade

from humanoid_brain.config.robot import HumanoidSource, JointGroup, RobotConfig
from humanoid_brain.errors import RobotError
from humanoid_brain.scene.anthropometry import Array, rotation
from humanoid_brain.scene.bodywork import add_bodywork
from humanoid_brain.scene.humanoid import HEIGHT, SAME_CLUSTER, Inertial, Link, Shape, humanoid_links
from humanoid_brain.scene.joints import assign_groups, effective_groups, nominal_position
from humanoid_brain.scene.schemas import add_label, apply_api, set_attribute

FEET = ("left_foot", "right_foot")
CONTACT_OFFSET = 0.01
"""Distance in m at which PhysX starts to generate contacts."""

# link, keypoint, position in the link's frame at 1.70 m; left ones are mirrored
_KEYPOINTS = (
    ("head", "nose", (0.114, 0.0, 0.105)),
    ("head", "left_eye", (0.106, 0.030, 0.120)),
    ("head", "left_ear", (-0.004, 0.088, 0.115)),
    ("torso", "neck", (0.0, 0.0, 0.40)),
    ("left_shoulder_roll_link", "left_shoulder", (0.0, 0.0, 0.0)),
    ("left_forearm", "left_elbow", (0.0, 0.0, 0.0)),
    ("left_forearm", "left_wrist", (0.0, 0.0, -0.26)),
    ("left_thigh", "left_hip", (0.0, 0.0, 0.0)),
    ("left_shin", "left_knee", (0.0, 0.0, 0.0)),
    ("left_ankle", "left_ankle", (0.0, 0.0, 0.0)),
    ("left_foot", "left_toe", (0.150, 0.0, -0.070)),
)


def author_humanoid(stage: Usd.Stage, path: str, config: RobotConfig) -> Usd.Prim:
    """Author the humanoid that ``config`` describes at ``path``, in its nominal pose with its soles on z = 0.

    Raises:
        RobotError: ``config`` is of another source, or its joint groups do not fit the humanoid.
    """
    source = config.source
    if not isinstance(source, HumanoidSource):
        raise RobotError("not the built-in humanoid", where=f"robot '{config.name}'", todo="Use source.kind: humanoid")
    links = humanoid_links(source)
    names = [link.joint.name for link in links if link.joint]
    groups = effective_groups(config)
    of_joint = {name: groups[group] for name, group in assign_groups(names, config).items()}
    nominal = {name: nominal_position(name, of_joint[name], config) for name in names}
    poses = _poses(links, nominal)

    robot = UsdGeom.Xform.Define(stage, path).GetPrim()
    add_label(robot, "humanoid")
    material = _physics_material(stage, f"{path}/physics_material")
    for link in links:
        _author_link(stage, f"{path}/{link.name}", link, poses[link.name], material)
    _author_root(stage.GetPrimAtPath(f"{path}/pelvis"))
    UsdGeom.Scope.Define(stage, f"{path}/joints")
    for link in links:
        if link.joint:
            _author_joint(stage, path, link, links, of_joint[link.joint.name], nominal[link.joint.name])
    _author_filters(stage, path)
    _author_frames(stage, path, source.height / HEIGHT)
    add_bodywork(stage, path, source.height / HEIGHT)
    return robot


def _poses(links: list[Link], positions: dict[str, float]) -> dict[str, Array]:
    """Poses (4, 4) of the links with their joints at ``positions``, the lowest point of the soles on z = 0."""
    origins = {link.name: link.origin for link in links}
    poses: dict[str, Array] = {}
    for link in links:
        local = np.eye(4)
        parent = np.eye(4)
        local[:3, 3] = link.origin
        if link.joint:
            parent = poses[link.joint.parent]
            local[:3, 3] = link.origin - origins[link.joint.parent]
            local[:3, :3] = rotation(link.joint.axis, positions[link.joint.name])
        poses[link.name] = parent @ local
    lowest = min(float((poses[link.name] @ corner)[2]) for link in links if link.name in FEET for corner in _sole(link))
    for pose in poses.values():
        pose[2, 3] -= lowest
    return poses


def _sole(foot: Link) -> list[Array]:
    box = foot.shapes[0]
    x, y, z = box.center
    length, width, height = box.size
    return [np.array([x + a * length, y + b * width, z - height / 2, 1.0]) for a in (-0.5, 0.5) for b in (-0.5, 0.5)]


def _author_link(stage: Usd.Stage, path: str, link: Link, pose: Array, material: UsdShade.Material) -> None:
    xform = UsdGeom.Xform.Define(stage, path)
    set_pose(xform, pose)
    prim = xform.GetPrim()
    UsdPhysics.RigidBodyAPI.Apply(prim)
    apply_api(prim, "PhysxRigidBodyAPI")
    set_attribute(prim, "physxRigidBody:angularDamping", Sdf.ValueTypeNames.Float, 0.0)
    set_attribute(prim, "physxRigidBody:maxDepenetrationVelocity", Sdf.ValueTypeNames.Float, 1.0)
    _author_mass(prim, link.inertial)
    add_label(prim, link.name, "part")
    for i, shape in enumerate(link.shapes):
        _author_shape(stage, f"{path}/collision_{i}", shape, material)
    if link.name in FEET:
        apply_api(prim, "PhysxContactReportAPI")
        set_attribute(prim, "physxContactReport:threshold", Sdf.ValueTypeNames.Float, 0.0)


def set_pose(xform: UsdGeom.Xform, pose: Array) -> None:
    """Translate and orient ops from a rigid transform (4, 4)."""
    xform.AddTranslateOp().Set(Gf.Vec3d(*pose[:3, 3].tolist()))
    matrix = Gf.Matrix3d(*pose[:3, :3].T.flatten().tolist())
    xform.AddOrientOp().Set(Gf.Quatf(matrix.ExtractRotation().GetQuat()))


def _author_mass(prim: Usd.Prim, body: Inertial) -> None:
    moments, axes = np.diag(body.inertia), np.eye(3)
    if np.abs(body.inertia - np.diag(moments)).max() > 1e-12:
        moments, axes = np.linalg.eigh(body.inertia)
        axes[:, 2] = np.cross(axes[:, 0], axes[:, 1])
    mass = UsdPhysics.MassAPI.Apply(prim)
    mass.CreateMassAttr(body.mass)
    mass.CreateCenterOfMassAttr(Gf.Vec3f(*body.com.tolist()))
    mass.CreateDiagonalInertiaAttr(Gf.Vec3f(*moments.tolist()))
    quaternion = Gf.Matrix3d(*axes.T.flatten().tolist()).ExtractRotation().GetQuat()
    mass.CreatePrincipalAxesAttr(Gf.Quatf(quaternion))


def _author_shape(stage: Usd.Stage, path: str, shape: Shape, material: UsdShade.Material) -> None:
    if shape.kind == "box":
        geometry: UsdGeom.Gprim = UsdGeom.Cube.Define(stage, path)
        UsdGeom.Cube(geometry).CreateSizeAttr(1.0)
        half = Gf.Vec3f(0.5, 0.5, 0.5)
    elif shape.kind == "sphere":
        geometry = UsdGeom.Sphere.Define(stage, path)
        UsdGeom.Sphere(geometry).CreateRadiusAttr(shape.size[0])
        half = Gf.Vec3f(shape.size[0])
    else:
        geometry = UsdGeom.Capsule.Define(stage, path)
        capsule = UsdGeom.Capsule(geometry)
        capsule.CreateRadiusAttr(shape.size[0])
        capsule.CreateHeightAttr(shape.size[1])
        capsule.CreateAxisAttr(shape.axis)
        half = Gf.Vec3f(shape.size[0])
        half["XYZ".index(shape.axis)] += shape.size[1] / 2
    geometry.CreateExtentAttr([-half, half])
    geometry.CreatePurposeAttr(UsdGeom.Tokens.guide)
    geometry.AddTranslateOp().Set(Gf.Vec3d(*shape.center))
    if shape.kind == "box":
        geometry.AddScaleOp().Set(Gf.Vec3f(*shape.size))
    prim = geometry.GetPrim()
    UsdPhysics.CollisionAPI.Apply(prim)
    apply_api(prim, "PhysxCollisionAPI")
    set_attribute(prim, "physxCollision:contactOffset", Sdf.ValueTypeNames.Float, CONTACT_OFFSET)
    set_attribute(prim, "physxCollision:restOffset", Sdf.ValueTypeNames.Float, 0.0)
    binding = UsdShade.MaterialBindingAPI.Apply(prim)
    binding.Bind(material, UsdShade.Tokens.weakerThanDescendants, "physics")


def _author_root(pelvis: Usd.Prim) -> None:
    """The articulation root sits on the body: on a parent without a body, PhysX may pick another root link."""
    UsdPhysics.ArticulationRootAPI.Apply(pelvis)
    apply_api(pelvis, "PhysxArticulationAPI")
    set_attribute(pelvis, "physxArticulation:enabledSelfCollisions", Sdf.ValueTypeNames.Bool, False)
    set_attribute(pelvis, "physxArticulation:solverPositionIterationCount", Sdf.ValueTypeNames.Int, 4)
    set_attribute(pelvis, "physxArticulation:solverVelocityIterationCount", Sdf.ValueTypeNames.Int, 1)
    # A sleeping articulation stops reporting contacts.
    set_attribute(pelvis, "physxArticulation:sleepThreshold", Sdf.ValueTypeNames.Float, 0.0)
    set_attribute(pelvis, "physxArticulation:stabilizationThreshold", Sdf.ValueTypeNames.Float, 0.0)


def _author_joint(
    stage: Usd.Stage, robot: str, link: Link, links: list[Link], group: JointGroup, nominal: float
) -> None:
    joint = link.joint
    assert joint is not None
    parent = next(other for other in links if other.name == joint.parent)
    revolute = UsdPhysics.RevoluteJoint.Define(stage, f"{robot}/joints/{joint.name}")
    revolute.CreateBody0Rel().SetTargets([f"{robot}/{joint.parent}"])
    revolute.CreateBody1Rel().SetTargets([f"{robot}/{link.name}"])
    revolute.CreateAxisAttr(joint.axis)
    revolute.CreateLocalPos0Attr(Gf.Vec3f(*(link.origin - parent.origin).tolist()))
    revolute.CreateLocalPos1Attr(Gf.Vec3f(0.0))
    revolute.CreateLocalRot0Attr(Gf.Quatf(1.0))
    revolute.CreateLocalRot1Attr(Gf.Quatf(1.0))
    revolute.CreateLowerLimitAttr(math.degrees(joint.lower))
    revolute.CreateUpperLimitAttr(math.degrees(joint.upper))
    author_drive(revolute.GetPrim(), group, nominal)
    _author_state(revolute.GetPrim(), nominal)


def author_drive(prim: Usd.Prim, group: JointGroup, nominal: float) -> None:
    """Drive, armature and speed limit of a revolute joint; USD counts angles in degrees.

    The drive's target is the nominal position in rad: Isaac Sim takes the default joint state from there.
    """
    per_degree = math.pi / 180.0
    drive = UsdPhysics.DriveAPI.Apply(prim, "angular")
    drive.CreateTypeAttr("force")
    drive.CreateStiffnessAttr(group.stiffness * per_degree)
    drive.CreateDampingAttr(group.damping * per_degree)
    drive.CreateMaxForceAttr(group.effort_limit)
    drive.CreateTargetPositionAttr(math.degrees(nominal))
    # PhysxJointAPI is what Isaac Sim up to 5.x reads, PhysxJointAxisAPI what later PhysX reads.
    apply_api(prim, "PhysxJointAPI")
    apply_api(prim, "PhysxJointAxisAPI", "angular")
    for schema in ("physxJoint", "physxJointAxis:angular"):
        set_attribute(prim, f"{schema}:armature", Sdf.ValueTypeNames.Float, group.armature)
        speed = math.degrees(group.velocity_limit)
        set_attribute(prim, f"{schema}:maxJointVelocity", Sdf.ValueTypeNames.Float, speed)


def _author_state(prim: Usd.Prim, position: float) -> None:
    """State of a joint in rad; it must agree with the poses of the joint's links."""
    apply_api(prim, "PhysicsJointStateAPI", "angular")
    for name, value in (("position", math.degrees(position)), ("velocity", 0.0)):
        set_attribute(prim, f"state:angular:physics:{name}", Sdf.ValueTypeNames.Float, value)


def _author_filters(stage: Usd.Stage, robot: str) -> None:
    for side in ("left_", "right_"):
        for one, other in SAME_CLUSTER:
            first = one if one in ("pelvis", "torso") else side + one
            api = UsdPhysics.FilteredPairsAPI.Apply(stage.GetPrimAtPath(f"{robot}/{first}"))
            api.CreateFilteredPairsRel().AddTarget(f"{robot}/{side}{other}")


def _author_frames(stage: Usd.Stage, robot: str, scale: float) -> None:
    """The IMU's frame in the pelvis, and a labelled frame per keypoint."""
    UsdGeom.Xform.Define(stage, f"{robot}/pelvis/imu")
    for link, name, (x, y, z) in _KEYPOINTS:
        _author_keypoint(stage, f"{robot}/{link}/keypoint_{name}", name, (x * scale, y * scale, z * scale))
        if name.startswith("left_"):
            right, twin = name.replace("left_", "right_"), link.replace("left_", "right_")
            _author_keypoint(stage, f"{robot}/{twin}/keypoint_{right}", right, (x * scale, -y * scale, z * scale))


def _author_keypoint(stage: Usd.Stage, path: str, name: str, position: tuple[float, float, float]) -> None:
    frame = UsdGeom.Xform.Define(stage, path)
    frame.AddTranslateOp().Set(Gf.Vec3d(*position))
    add_label(frame.GetPrim(), name, "keypoint")


def _physics_material(stage: Usd.Stage, path: str) -> UsdShade.Material:
    """Rubber and plastic on any floor: the floor's own friction is multiplied in, so that it decides."""
    material = UsdShade.Material.Define(stage, path)
    api = UsdPhysics.MaterialAPI.Apply(material.GetPrim())
    api.CreateStaticFrictionAttr(1.0)
    api.CreateDynamicFrictionAttr(1.0)
    api.CreateRestitutionAttr(0.0)
    apply_api(material.GetPrim(), "PhysxMaterialAPI")
    for mode in ("frictionCombineMode", "restitutionCombineMode"):
        set_attribute(material.GetPrim(), f"physxMaterial:{mode}", Sdf.ValueTypeNames.Token, "multiply")
    return material
