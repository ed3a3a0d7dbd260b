# SPDX-License-Identifier: Apache-2.0
"""A four-joint biped as URDF, MJCF and USD text, and its description."""

from __future__ import annotations

from pathlib import Path

from pxr import Gf, Sdf, Usd, UsdGeom, UsdPhysics

from humanoid_brain.config.robot import FileSource, JointGroup, RobotConfig

_INERTIAL = (
    '<inertial><origin xyz="{com}"/><mass value="{mass}"/>'
    '<inertia ixx="{ixx}" iyy="{iyy}" izz="{izz}" ixy="0" ixz="0" iyz="0"/></inertial>'
)
_LEG = _INERTIAL.format(com="0 0 -0.2", mass=3, ixx=0.05, iyy=0.05, izz=0.01)
_SOLE = (
    _INERTIAL.format(com="0.03 0 -0.03", mass=1, ixx=0.002, iyy=0.003, izz=0.003)
    + '<collision><origin xyz="0.03 0 -0.03"/><geometry><box size="0.2 0.1 0.04"/></geometry></collision>'
)


def urdf(sole: str = _SOLE) -> str:
    """The biped as URDF."""
    links = [f'<link name="base">{_INERTIAL.format(com="0 0 0", mass=10, ixx=0.1, iyy=0.1, izz=0.1)}</link>']
    joints = []
    for side, y in (("left", 0.1), ("right", -0.1)):
        links.append(f'<link name="{side}_leg">{_LEG}</link><link name="{side}_sole">{sole}</link>')
        for joint, parent, child, origin, limit in (
            ("hip", "base", "leg", f"0 {y} -0.1", 1.0),
            ("ankle", "leg", "sole", "0 0 -0.4", 0.8),
        ):
            above = parent if parent == "base" else f"{side}_{parent}"
            joints.append(
                f'<joint name="{side}_{joint}" type="revolute"><parent link="{above}"/><child link="{side}_{child}"/>'
                f'<origin xyz="{origin}"/><axis xyz="0 1 0"/>'
                f'<limit lower="{-limit}" upper="{limit}" effort="100" velocity="10"/></joint>'
            )
    return f'<?xml version="1.0"?><robot name="biped">{"".join(links + joints)}</robot>'


def mjcf() -> str:
    """The biped as MJCF."""
    legs = "".join(
        f'<body name="{side}_leg" pos="0 {y} -0.1">'
        f'<joint name="{side}_hip" axis="0 1 0" range="-57 57" limited="true"/>'
        '<geom type="capsule" fromto="0 0 -0.05 0 0 -0.35" size="0.04" mass="3"/>'
        f'<body name="{side}_sole" pos="0 0 -0.4">'
        f'<joint name="{side}_ankle" axis="0 1 0" range="-45 45" limited="true"/>'
        '<geom type="box" pos="0.03 0 -0.03" size="0.1 0.05 0.02" mass="1"/></body></body>'
        for side, y in (("left", 0.1), ("right", -0.1))
    )
    base = f'<body name="base" pos="0 0 1"><freejoint/><geom type="box" size="0.1 0.15 0.1" mass="10"/>{legs}</body>'
    return f'<mujoco model="biped"><worldbody>{base}</worldbody></mujoco>'


def usd(path: Path) -> Usd.Stage:
    """The biped as a USD file at ``path``; edit and save the stage to break it."""
    stage = Usd.Stage.CreateNew(str(path))
    UsdGeom.SetStageUpAxis(stage, UsdGeom.Tokens.z)
    UsdGeom.SetStageMetersPerUnit(stage, 1.0)
    stage.SetDefaultPrim(UsdGeom.Xform.Define(stage, "/biped").GetPrim())
    for name, mass, z in (("base", 10.0, 0.55), *((f"{s}_leg", 3.0, 0.45) for s in ("left", "right"))):
        _link(stage, name, mass, z)
    for side in ("left", "right"):
        sole = _link(stage, f"{side}_sole", 1.0, 0.05)
        box = UsdGeom.Cube.Define(stage, f"{sole.GetPath()}/box")
        box.CreateSizeAttr(1.0)
        box.AddTranslateOp().Set(Gf.Vec3d(0.03, 0.0, -0.03))
        box.AddScaleOp().Set(Gf.Vec3f(0.2, 0.1, 0.04))
        UsdPhysics.CollisionAPI.Apply(box.GetPrim())
        y = 0.1 if side == "left" else -0.1
        _joint(stage, f"{side}_hip", "base", f"{side}_leg", (0.0, y, -0.1), 57.0)
        _joint(stage, f"{side}_ankle", f"{side}_leg", f"{side}_sole", (0.0, 0.0, -0.4), 45.0)
    UsdPhysics.ArticulationRootAPI.Apply(stage.GetPrimAtPath("/biped/base"))
    stage.Save()
    return stage


def nested_usd(path: Path) -> None:
    """The biped with its links below one another under a Scope, fixed to the world, as a USD file at ``path``."""
    flat = path.with_suffix(".flat.usda")
    usd(flat)
    places = {
        "base": "/biped/Geometry/base",
        **{f"{s}_leg": f"/biped/Geometry/base/{s}_leg" for s in ("left", "right")},
        **{f"{s}_sole": f"/biped/Geometry/base/{s}_leg/{s}_sole" for s in ("left", "right")},
    }
    text = flat.read_text()
    for name, place in places.items():
        text = text.replace(f"</biped/{name}>", f"<{place}>")
    source = Sdf.Layer.CreateAnonymous(".usda")
    source.ImportFromString(text)
    target = Sdf.Layer.CreateNew(str(path))
    target.TransferContent(source)
    stage = Usd.Stage.Open(target)
    UsdGeom.Scope.Define(stage, "/biped/Geometry")
    for name, place in places.items():
        Sdf.CopySpec(source, f"/biped/{name}", target, place)
    for name in places:
        stage.RemovePrim(f"/biped/{name}")
    for side, y in (("left", 0.1), ("right", -0.1)):
        for name, at in ((f"{side}_leg", (0.0, y, -0.1)), (f"{side}_sole", (0.0, 0.0, -0.4))):
            stage.GetPrimAtPath(places[name]).GetAttribute("xformOp:translate").Set(Gf.Vec3d(*at))
    anchor = UsdPhysics.FixedJoint.Define(stage, "/biped/joints/root_joint")
    anchor.CreateBody0Rel().SetTargets(["/biped"])
    anchor.CreateBody1Rel().SetTargets([places["base"]])
    anchor.CreateLocalPos0Attr(Gf.Vec3f(0.0, 0.0, 0.55))
    stage.Save()


def config(path: Path) -> RobotConfig:
    """The description of the biped in the file ``path``."""
    groups = {"hip": ("(left|right)_hip", -0.2), "ankle": ("(left|right)_ankle", 0.2)}
    return RobotConfig(
        name="biped",
        source=FileSource(path=str(path)),
        root_link="base",
        torso_link="base",
        feet=("left_sole", "right_sole"),
        joints={
            name: JointGroup(
                pattern=pattern,
                stiffness=100.0,
                damping=5.0,
                effort_limit=80.0,
                velocity_limit=10.0,
                armature=0.01,
                nominal=nominal,
                action_scale=0.3,
                mirror="same",
            )
            for name, (pattern, nominal) in groups.items()
        },
    )


def _link(stage: Usd.Stage, name: str, mass: float, z: float) -> Usd.Prim:
    link = UsdGeom.Xform.Define(stage, f"/biped/{name}")
    y = {"left": 0.1, "right": -0.1}.get(name.split("_")[0], 0.0)
    link.AddTranslateOp().Set(Gf.Vec3d(0.0, y, z))
    UsdPhysics.RigidBodyAPI.Apply(link.GetPrim())
    api = UsdPhysics.MassAPI.Apply(link.GetPrim())
    api.CreateMassAttr(mass)
    api.CreateDiagonalInertiaAttr(Gf.Vec3f(0.02 * mass, 0.02 * mass, 0.01 * mass))
    return link.GetPrim()


def _joint(stage: Usd.Stage, name: str, parent: str, child: str, at: tuple[float, float, float], limit: float) -> None:
    joint = UsdPhysics.RevoluteJoint.Define(stage, f"/biped/joints/{name}")
    joint.CreateBody0Rel().SetTargets([f"/biped/{parent}"])
    joint.CreateBody1Rel().SetTargets([f"/biped/{child}"])
    joint.CreateAxisAttr("Y")
    joint.CreateLocalPos0Attr(Gf.Vec3f(*at))
    joint.CreateLowerLimitAttr(-limit)
    joint.CreateUpperLimitAttr(limit)
    UsdPhysics.DriveAPI.Apply(joint.GetPrim(), "angular").CreateStiffnessAttr(1.0)
