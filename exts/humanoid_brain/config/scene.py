# SPDX-License-Identifier: Apache-2.0
"""The scene around the robots: physics, ground, lights, camera and the grid of environments."""

from __future__ import annotations

import math
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from humanoid_brain.config.base import Model
from humanoid_brain.config.interior import InteriorConfig
from humanoid_brain.config.robot import RobotConfig

Unit = Annotated[float, Field(ge=0.0, le=1.0)]
Color = tuple[Unit, Unit, Unit]
Position = tuple[float, float, float]


class GpuBuffers(Model):
    """Capacities of PhysX's buffers on the GPU, which drops contacts beyond them.

    Those that are left out grow with the number of environments, of which at least 1,024 are reckoned with.
    """

    max_rigid_contact_count: int | None = Field(default=None, ge=2**10, le=2**28)
    """Contacts; left out: 1,024 for each environment."""
    max_rigid_patch_count: int | None = Field(default=None, ge=2**10, le=2**28)
    """Contact patches; left out: 256 for each environment."""
    found_lost_pairs_capacity: int | None = Field(default=None, ge=2**10, le=2**30)
    """Pairs of shapes that start or cease to overlap in one step; left out: 1,024 for each environment."""
    found_lost_aggregate_pairs_capacity: int | None = Field(default=None, ge=2**10, le=2**30)
    """The same for aggregates, of which an articulation is one; left out: 2,048 for each environment."""
    total_aggregate_pairs_capacity: int | None = Field(default=None, ge=2**10, le=2**30)
    """Overlapping pairs of aggregates; left out: 256 for each environment."""
    heap_capacity: int = Field(default=2**27, ge=2**20, le=2**32)
    """Initial heap in bytes."""
    temp_buffer_capacity: int = Field(default=2**25, ge=2**20, le=2**32)
    """Scratch memory in bytes."""
    collision_stack_size: int = Field(default=2**28, ge=2**20, le=2**32)
    """Stack of the collision kernels in bytes."""


class PhysicsConfig(Model):
    """How PhysX advances the scene."""

    dt: float = Field(default=1.0 / 200.0, ge=1e-4, le=0.05)
    """Time step in s. Its inverse must be a whole number of steps per second."""
    solver: Literal["TGS", "PGS"] = "TGS"
    """Temporal or projected Gauss-Seidel."""
    position_iterations: int = Field(default=4, ge=1, le=255)
    """Solver position iterations of each robot."""
    velocity_iterations: int = Field(default=1, ge=0, le=255)
    """Solver velocity iterations of each robot."""
    gravity: float = Field(default=9.81, ge=0.0, le=30.0)
    """Magnitude of gravity in m/s^2, downwards."""
    bounce_threshold: float = Field(default=0.2, gt=0.0, le=10.0)
    """Relative speed in m/s below which contacts do not bounce."""
    self_collision: bool = False
    """Whether a robot's links collide with one another."""
    gpu: GpuBuffers = Field(default_factory=GpuBuffers)
    """Buffer capacities on the GPU."""

    @field_validator("dt")
    @classmethod
    def _check_dt(cls, value: float) -> float:
        rate = 1.0 / value
        if abs(rate - round(rate)) > 1e-6 * rate:
            raise ValueError(f"1 / dt must be a whole number of steps per second, not {rate:.6g}; use 1/{round(rate)}")
        return 1.0 / round(rate)


class GroundConfig(Model):
    """A flat floor with a checker, so that motion is visible."""

    static_friction: float = Field(default=1.0, ge=0.0, le=5.0)
    """Coefficient of static friction."""
    dynamic_friction: float = Field(default=1.0, ge=0.0, le=5.0)
    """Coefficient of dynamic friction, at most the static one."""
    restitution: float = Field(default=0.0, ge=0.0, le=1.0)
    """0 does not bounce, 1 loses no energy."""
    colors: tuple[Color, Color] = ((0.205, 0.225, 0.25), (0.285, 0.31, 0.34))
    """The two tile colours, linear RGB."""
    tile: float = Field(default=1.0, ge=0.1, le=10.0)
    """Edge of a tile in m."""

    @model_validator(mode="after")
    def _check_friction(self) -> GroundConfig:
        if self.dynamic_friction > self.static_friction:
            raise ValueError(
                f"dynamic_friction {self.dynamic_friction:g} is above static_friction {self.static_friction:g}"
            )
        return self


class LightsConfig(Model):
    """A sky and a sun."""

    sky_intensity: float = Field(default=750.0, ge=0.0, le=1e5)
    """Luminance of the dome light in nit."""
    sky_color: Color = (0.80, 0.88, 1.0)
    """Colour of the sky, linear RGB."""
    sun_intensity: float = Field(default=2500.0, ge=0.0, le=1e6)
    """Intensity of the distant light, as USD counts it."""
    sun_color: Color = (1.0, 0.94, 0.85)
    """Colour of the sun, linear RGB."""
    sun_elevation: float = Field(default=48.0, ge=0.0, le=90.0)
    """Height of the sun above the horizon in degrees."""
    sun_azimuth: float = Field(default=-55.0, ge=-360.0, le=360.0)
    """Direction of the sun in degrees, from +x towards +y."""
    sun_angle: float = Field(default=3.0, ge=0.0, le=30.0)
    """Angular diameter of the sun in degrees; larger makes softer shadows."""


class CameraConfig(Model):
    """Where the scene's camera stands and looks."""

    position: Position = (3.2, -2.4, 1.6)
    """Eye in m."""
    target: Position = (0.0, 0.0, 0.85)
    """Point looked at in m."""
    focal_length: float = Field(default=28.0, gt=1.0, le=500.0)
    """Focal length in mm."""
    sensor_width: float = Field(default=36.0, gt=1.0, le=100.0)
    """Width of the image on the sensor in mm."""

    @model_validator(mode="after")
    def _check_view(self) -> CameraConfig:
        if math.dist(self.position, self.target) < 1e-3:
            raise ValueError("the camera's position and target are the same point")
        return self


class SceneConfig(Model):
    """Robots on a floor: one environment or thousands, laid out on a grid."""

    robot: RobotConfig = Field(default_factory=RobotConfig)
    """The robot that each environment holds."""
    num_envs: int = Field(default=1, ge=1, le=65536)
    """Number of environments."""
    spacing: float = Field(default=2.5, ge=0.5, le=100.0)
    """Distance between neighbouring environments in m."""
    ground: GroundConfig = Field(default_factory=GroundConfig)
    """The floor."""
    lights: LightsConfig = Field(default_factory=LightsConfig)
    """Sky and sun."""
    camera: CameraConfig = Field(default_factory=CameraConfig)
    """The scene's camera."""
    physics: PhysicsConfig = Field(default_factory=PhysicsConfig)
    """Time step, solver, gravity."""
    interior: InteriorConfig | None = None
    """A furnished room around the robot; for a single environment."""

    @model_validator(mode="after")
    def _check_interior(self) -> SceneConfig:
        room, (x, y, z) = self.interior, self.camera.position
        if room is None:
            return self
        if self.num_envs != 1:
            raise ValueError(f"an interior holds one environment, not {self.num_envs}; set num_envs to 1")
        smallest = (room.width[0] / 2, room.depth[0] / 2)
        if abs(x) > smallest[0] - 0.1 or abs(y) > smallest[1] - 0.1 or not 0.05 < z < room.height[0] - 0.1:
            raise ValueError(
                f"the camera at {self.camera.position} is outside the smallest room that interior allows: "
                f"x within {smallest[0] - 0.1:g}, y within {smallest[1] - 0.1:g}, z below {room.height[0] - 0.1:g}"
            )
        return self
