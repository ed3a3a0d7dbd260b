# SPDX-License-Identifier: Apache-2.0
"""What stands around the robots: physics scene, floor, lights and camera, on a USD stage."""

from __future__ import annotations

import math

import numpy as np
from pxr import Gf, Sdf, Usd, UsdGeom, UsdLux, UsdPhysics, UsdShade, Vt

from humanoid_brain.config.scene import CameraConfig, GpuBuffers, GroundConfig, LightsConfig, PhysicsConfig, SceneConfig
from humanoid_brain.scene.looks import Looks, preview_surface
from humanoid_brain.scene.schemas import add_label, apply_api, set_attribute, set_units

PHYSICS_SCENE = "/World/physicsScene"
GROUND = "/World/ground"
CAMERA = "/World/camera"
MATERIALS = "/World/materials"
MARGIN = 40.0
"""How far in m the visible floor goes on around the environments."""
MAX_TILES = 160
"""Tiles along one edge of the visible floor; the collider beneath is infinite."""

_PER_ENVIRONMENT = {
    "max_rigid_contact_count": 1024,
    "max_rigid_patch_count": 256,
    "found_lost_pairs_capacity": 1024,
    "found_lost_aggregate_pairs_capacity": 2048,
    "total_aggregate_pairs_capacity": 256,
}
"""Capacities of buffers on the GPU. Where 4,096 environments run, those for 16,384 cost 3 GB and 0.7 s more."""
_FEWEST, _MOST = 1024, 1 << 30


def author_surroundings(stage: Usd.Stage, config: SceneConfig, extent: float, num_envs: int) -> None:
    """Author everything of ``config`` but the ``num_envs`` environments. ``extent`` is half the grid's width in m."""
    set_units(stage)
    world = UsdGeom.Xform.Define(stage, "/World").GetPrim()
    stage.SetDefaultPrim(world)
    UsdGeom.Scope.Define(stage, MATERIALS)
    author_physics(stage, config.physics, num_envs, exact=config.interior is not None)
    author_ground(stage, config.ground, extent)
    author_lights(stage, config.lights)
    author_camera(stage, config.camera)


def author_physics(stage: Usd.Stage, config: PhysicsConfig, num_envs: int, *, exact: bool = False) -> None:
    """The physics scene, with capacities for the GPU; a CPU run leaves them aside.

    With ``exact`` the order in which bodies came to touch one another does not matter, which takes a fifth more time.
    """
    scene = UsdPhysics.Scene.Define(stage, PHYSICS_SCENE)
    scene.CreateGravityDirectionAttr(Gf.Vec3f(0.0, 0.0, -1.0))
    scene.CreateGravityMagnitudeAttr(config.gravity)
    prim = scene.GetPrim()
    apply_api(prim, "PhysxSceneAPI")
    types = Sdf.ValueTypeNames
    set_attribute(prim, "physxScene:solverType", types.Token, config.solver)
    set_attribute(prim, "physxScene:timeStepsPerSecond", types.UInt, round(1.0 / config.dt))
    set_attribute(prim, "physxScene:bounceThreshold", types.Float, config.bounce_threshold)
    set_attribute(prim, "physxScene:enableSceneQuerySupport", types.Bool, False)
    set_attribute(prim, "physxScene:enableStabilization", types.Bool, False)
    if exact:
        set_attribute(prim, "physxScene:enableEnhancedDeterminism", types.Bool, True)
    for name, value in gpu_buffers(config.gpu, num_envs).items():
        head, *rest = name.split("_")
        attribute = "physxScene:gpu" + head.capitalize() + "".join(part.capitalize() for part in rest)
        set_attribute(prim, attribute, types.UInt64 if name == "temp_buffer_capacity" else types.UInt, value)


def gpu_buffers(config: GpuBuffers, num_envs: int) -> dict[str, int]:
    """Every capacity by its name in the configuration."""
    rounded = 1 << (max(num_envs, _FEWEST) - 1).bit_length()  # to a power of two, upwards
    given = {name: value for name, value in config.model_dump().items() if value is not None}
    return {name: min(each * rounded, _MOST) for name, each in _PER_ENVIRONMENT.items()} | given


def author_ground(stage: Usd.Stage, config: GroundConfig, extent: float) -> None:
    """An infinite plane that collides, and two meshes of tiles that are seen."""
    ground = UsdGeom.Xform.Define(stage, GROUND).GetPrim()
    add_label(ground, "ground")
    plane = UsdGeom.Plane.Define(stage, f"{GROUND}/collision")
    plane.CreateAxisAttr("Z")
    plane.CreatePurposeAttr(UsdGeom.Tokens.guide)
    UsdPhysics.CollisionAPI.Apply(plane.GetPrim())
    material = UsdShade.Material.Define(stage, f"{MATERIALS}/ground_physics")
    api = UsdPhysics.MaterialAPI.Apply(material.GetPrim())
    api.CreateStaticFrictionAttr(config.static_friction)
    api.CreateDynamicFrictionAttr(config.dynamic_friction)
    api.CreateRestitutionAttr(config.restitution)
    apply_api(material.GetPrim(), "PhysxMaterialAPI")
    for mode in ("frictionCombineMode", "restitutionCombineMode"):
        set_attribute(material.GetPrim(), f"physxMaterial:{mode}", Sdf.ValueTypeNames.Token, "multiply")
    binding = UsdShade.MaterialBindingAPI.Apply(plane.GetPrim())
    binding.Bind(material, UsdShade.Tokens.weakerThanDescendants, "physics")
    tiles = min(2 * math.ceil((extent + MARGIN) / config.tile), MAX_TILES)
    for parity, color in enumerate(config.colors):
        looks = preview_surface(stage, f"{MATERIALS}/ground_{parity}", Looks(color, roughness=0.65))
        mesh = _tile_mesh(stage, f"{GROUND}/tiles_{parity}", tiles, config.tile, parity)
        UsdShade.MaterialBindingAPI.Apply(mesh.GetPrim()).Bind(looks)


def _tile_mesh(stage: Usd.Stage, path: str, tiles: int, edge: float, parity: int) -> UsdGeom.Mesh:
    """Every second tile of a square of ``tiles`` by ``tiles``, centred on the origin."""
    rows, columns = np.nonzero((np.add.outer(np.arange(tiles), np.arange(tiles)) + parity) % 2 == 0)
    corner = np.stack([rows, columns], 1)[:, None, :] + np.array([[0, 0], [1, 0], [1, 1], [0, 1]])
    points = np.zeros((len(rows) * 4, 3), np.float32)
    points[:, :2] = (corner.reshape(-1, 2) - tiles / 2) * edge
    mesh = UsdGeom.Mesh.Define(stage, path)
    mesh.CreatePointsAttr(Vt.Vec3fArray.FromNumpy(points))
    mesh.CreateFaceVertexCountsAttr(Vt.IntArray.FromNumpy(np.full(len(rows), 4, np.int32)))
    mesh.CreateFaceVertexIndicesAttr(Vt.IntArray.FromNumpy(np.arange(len(points), dtype=np.int32)))
    mesh.CreateNormalsAttr(Vt.Vec3fArray(len(points), Gf.Vec3f(0.0, 0.0, 1.0)))
    mesh.SetNormalsInterpolation(UsdGeom.Tokens.vertex)
    mesh.CreateSubdivisionSchemeAttr(UsdGeom.Tokens.none)
    half = tiles / 2 * edge
    mesh.CreateExtentAttr([Gf.Vec3f(-half, -half, 0.0), Gf.Vec3f(half, half, 0.0)])
    return mesh


def author_lights(stage: Usd.Stage, config: LightsConfig) -> None:
    """A dome light and a distant light."""
    UsdGeom.Scope.Define(stage, "/World/lights")
    sky = UsdLux.DomeLight.Define(stage, "/World/lights/sky")
    sky.CreateIntensityAttr(config.sky_intensity)
    sky.CreateColorAttr(Gf.Vec3f(*config.sky_color))
    sun = UsdLux.DistantLight.Define(stage, "/World/lights/sun")
    sun.CreateIntensityAttr(config.sun_intensity)
    sun.CreateColorAttr(Gf.Vec3f(*config.sun_color))
    sun.CreateAngleAttr(config.sun_angle)
    elevation, azimuth = math.radians(config.sun_elevation), math.radians(config.sun_azimuth)
    towards = np.array(
        [math.cos(elevation) * math.cos(azimuth), math.cos(elevation) * math.sin(azimuth), math.sin(elevation)]
    )
    # A distant light shines along its -z axis, so its +z axis points at the sun.
    _set_matrix(sun, frame_along(towards, np.zeros(3)))


def author_camera(stage: Usd.Stage, config: CameraConfig) -> None:
    """The scene's camera."""
    camera = UsdGeom.Camera.Define(stage, CAMERA)
    camera.CreateFocalLengthAttr(config.focal_length)
    camera.CreateHorizontalApertureAttr(config.sensor_width)
    camera.CreateVerticalApertureAttr(config.sensor_width * 9.0 / 16.0)
    camera.CreateClippingRangeAttr(Gf.Vec2f(0.05, 1000.0))
    eye = np.array(config.position)
    _set_matrix(camera, frame_along(eye - np.array(config.target), eye))


def frame_along(z_axis: np.ndarray, origin: np.ndarray) -> np.ndarray:
    """Rigid transform (4, 4) whose z axis lies along ``z_axis`` and whose x axis is level (camera, light)."""
    z = z_axis / np.linalg.norm(z_axis)
    up = np.array([0.0, 0.0, 1.0]) if abs(z[2]) < 0.999 else np.array([0.0, 1.0, 0.0])
    x = np.cross(up, z)
    x /= np.linalg.norm(x)
    frame = np.eye(4)
    frame[:3, 0], frame[:3, 1], frame[:3, 2], frame[:3, 3] = x, np.cross(z, x), z, origin
    return frame


def _set_matrix(prim: UsdGeom.Xformable, frame: np.ndarray) -> None:
    prim.AddTransformOp().Set(Gf.Matrix4d(*frame.T.flatten().tolist()))
