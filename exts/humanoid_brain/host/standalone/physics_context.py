# SPDX-License-Identifier: Apache-2.0
"""Settings of the physics scene, on its USD prim. Names follow isaacsim.core.api.PhysicsContext."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from humanoid_brain.errors import HostError, SceneError
from humanoid_brain.host.standalone.prim_view import log
from humanoid_brain.host.standalone.simulation import simulation
from humanoid_brain.host.standalone.utils.stage import get_current_stage

if TYPE_CHECKING:
    from pxr import Usd

_AXES = {"X": (1.0, 0.0, 0.0), "Y": (0.0, 1.0, 0.0), "Z": (0.0, 0.0, 1.0)}
_BROADPHASES = ("MBP", "GPU", "SAP", "ABP", "PABP")
_SOLVERS = ("TGS", "PGS")


class PhysicsContext:
    """The physics scene of the current stage. Settings other than gravity take effect on the next play.

    Args:
        physics_dt: Seconds per physics step; 1/60 if None.
        prim_path: Where the scene prim is, or is made.
        sim_params: Values for setters by name without ``set_``, such as ``{"gpu_heap_capacity": 2**27}``.
        set_defaults: Start from gravity -9.81 m/s^2, CCD and stabilisation on, TGS, as Isaac Sim does.
    """

    def __init__(
        self,
        physics_dt: float | None = None,
        prim_path: str = "/physicsScene",
        sim_params: Mapping[str, object] | None = None,
        set_defaults: bool = True,
    ) -> None:
        from pxr import UsdPhysics

        self._stage = get_current_stage()
        existing = self.get_current_physics_scene_prim()
        self._prim_path = existing.GetPath().pathString if existing else prim_path
        self._scene = UsdPhysics.Scene(existing) if existing else UsdPhysics.Scene.Define(self._stage, prim_path)
        self._scene.GetPrim().AddAppliedSchema("PhysxSceneAPI")
        if set_defaults or not existing:
            self.set_gravity(-9.81)
        if set_defaults:
            self.enable_ccd(not self.use_gpu_sim)
            self.enable_stablization(True)
            self.set_solver_type("TGS")
        self.enable_gpu_dynamics(self.use_gpu_sim)
        self.set_broadphase_type("GPU" if self.use_gpu_sim else "MBP")
        if physics_dt is not None or not existing:
            self.set_physics_dt(physics_dt or 1.0 / 60.0)
        for name, value in (sim_params or {}).items():
            setter = getattr(self, f"set_{name}", None)
            if setter is None:
                raise HostError(f"there is no physics setting '{name}'", where="sim_params")
            setter(value)

    @property
    def prim_path(self) -> str:
        """Path of the scene prim."""
        return self._prim_path

    @property
    def device(self) -> str:
        """The device of the simulation: "cpu" or "cuda:<index>"."""
        return simulation.device

    @property
    def use_gpu_sim(self) -> bool:
        """True when physics runs on CUDA."""
        return simulation.device != "cpu"

    @property
    def use_gpu_pipeline(self) -> bool:
        """True when state is exchanged on CUDA, which goes with :attr:`use_gpu_sim`."""
        return self.use_gpu_sim

    @property
    def use_fabric(self) -> bool:
        """False: there is no Fabric here."""
        return False

    def get_current_physics_scene_prim(self) -> Usd.Prim | None:
        """The first physics scene on the stage."""
        from pxr import UsdPhysics

        return next((prim for prim in self._stage.Traverse() if prim.IsA(UsdPhysics.Scene)), None)

    def warm_start(self) -> None:
        """Nothing to do: the world warms physics up on play."""

    def set_physics_dt(self, dt: float = 1.0 / 60.0, substeps: int = 1) -> None:
        """Set the seconds per physics step, kept as whole steps per second.

        Raises:
            HostError: dt is not above 0 and at most 1 s.
        """
        if not 0.0 < dt <= 1.0:
            raise HostError(f"a physics step of {dt} s is impossible", todo="Use more than 0 and at most 1 s")
        self._set("timeStepsPerSecond", "UInt", round(1.0 / dt))

    def get_physics_dt(self) -> float:
        """Seconds per physics step."""
        return 1.0 / float(self._get("timeStepsPerSecond", 60))

    def set_gravity(self, value: float) -> None:
        """Set gravity in m/s^2 along the up axis, signed: -9.81 pulls down. Works while playing, too."""
        from pxr import Gf, UsdGeom

        sign = -1.0 if value < 0 else 1.0
        direction = [sign * axis for axis in _AXES[str(UsdGeom.GetStageUpAxis(self._stage))]]
        self._scene.CreateGravityDirectionAttr().Set(Gf.Vec3f(*direction))
        self._scene.CreateGravityMagnitudeAttr().Set(abs(float(value)))
        if simulation.loaded:
            write = simulation.engine.write_scene
            write(self._prim_path, "physics:gravityDirection", np.array([direction], np.float32))
            write(self._prim_path, "physics:gravityMagnitude", np.array([abs(value)], np.float32))

    def get_gravity(self) -> tuple[list[float], float]:
        """Direction [3] and magnitude in m/s^2."""
        direction = self._scene.GetGravityDirectionAttr().Get()
        return list(direction), float(self._scene.GetGravityMagnitudeAttr().Get())

    def enable_ccd(self, flag: bool) -> None:
        """Continuous collision detection; the GPU has none."""
        if flag and self.use_gpu_sim:
            log.warning("continuous collision detection is not available on the GPU")
            return
        self._set("enableCCD", "Bool", bool(flag))

    def is_ccd_enabled(self) -> bool:
        """See :meth:`enable_ccd`."""
        return bool(self._get("enableCCD", False))

    def enable_stablization(self, flag: bool) -> None:
        """Damp bodies that hardly move."""
        self._set("enableStabilization", "Bool", bool(flag))

    def is_stablization_enabled(self) -> bool:
        """See :meth:`enable_stablization`."""
        return bool(self._get("enableStabilization", False))

    def enable_gpu_dynamics(self, flag: bool) -> None:
        """Solve on the GPU; follows the world's device."""
        self._set("enableGPUDynamics", "Bool", bool(flag))

    def is_gpu_dynamics_enabled(self) -> bool:
        """See :meth:`enable_gpu_dynamics`."""
        return bool(self._get("enableGPUDynamics", True))

    def set_broadphase_type(self, broadcast_type: str) -> None:
        """Choose how pairs are found: "MBP", "SAP", "ABP" or "PABP" on the CPU, "GPU"."""
        self._set("broadphaseType", "Token", self._one_of(broadcast_type, _BROADPHASES))

    def get_broadphase_type(self) -> str:
        """See :meth:`set_broadphase_type`."""
        return str(self._get("broadphaseType", "GPU"))

    def set_solver_type(self, solver_type: str) -> None:
        """Choose the solver: "TGS" or "PGS"."""
        self._set("solverType", "Token", self._one_of(solver_type, _SOLVERS))

    def get_solver_type(self) -> str:
        """See :meth:`set_solver_type`."""
        return str(self._get("solverType", "TGS"))

    def set_invert_collision_group_filter(self, invert_collision_group_filter: bool) -> None:
        """Collision groups collide only with the groups they list."""
        self._set("invertCollisionGroupFilter", "Bool", bool(invert_collision_group_filter))

    def get_invert_collision_group_filter(self) -> int:
        """See :meth:`set_invert_collision_group_filter`."""
        return int(bool(self._get("invertCollisionGroupFilter", False)))

    def set_bounce_threshold(self, value: float) -> None:
        """Relative speed in m/s below which contacts do not bounce."""
        self._set("bounceThreshold", "Float", float(value))

    def get_bounce_threshold(self) -> float:
        """See :meth:`set_bounce_threshold`."""
        return float(self._get("bounceThreshold", 0.2))

    def set_friction_offset_threshold(self, value: float) -> None:
        """Distance in m below which a contact point feels friction."""
        self._set("frictionOffsetThreshold", "Float", float(value))

    def get_friction_offset_threshold(self) -> float:
        """See :meth:`set_friction_offset_threshold`."""
        return float(self._get("frictionOffsetThreshold", 0.04))

    def set_friction_correlation_distance(self, value: float) -> None:
        """Distance in m below which contact points share a friction anchor."""
        self._set("frictionCorrelationDistance", "Float", float(value))

    def get_friction_correlation_distance(self) -> float:
        """See :meth:`set_friction_correlation_distance`."""
        return float(self._get("frictionCorrelationDistance", 0.025))

    def set_enable_scene_query_support(self, enable_scene_query_support: bool) -> None:
        """Keep the structures for ray casts up to date, which costs time."""
        self._set("enableSceneQuerySupport", "Bool", bool(enable_scene_query_support))

    def get_enable_scene_query_support(self) -> bool:
        """See :meth:`set_enable_scene_query_support`."""
        return bool(self._get("enableSceneQuerySupport", False))

    def set_solve_articulation_contact_last(self, solve_articulation_contact_last: bool) -> None:
        """Solve contacts of articulations after everything else."""
        self._set("solveArticulationContactLast", "Bool", bool(solve_articulation_contact_last))

    def get_solve_articulation_contact_last(self) -> bool:
        """See :meth:`set_solve_articulation_contact_last`."""
        return bool(self._get("solveArticulationContactLast", False))

    def set_gpu_max_rigid_contact_count(self, value: int) -> None:
        """Room for rigid contacts on the GPU."""
        self._set("gpuMaxRigidContactCount", "UInt", int(value))

    def get_gpu_max_rigid_contact_count(self) -> int:
        """See :meth:`set_gpu_max_rigid_contact_count`."""
        return int(self._get("gpuMaxRigidContactCount", 524288))

    def set_gpu_max_rigid_patch_count(self, value: int) -> None:
        """Room for rigid contact patches on the GPU."""
        self._set("gpuMaxRigidPatchCount", "UInt", int(value))

    def get_gpu_max_rigid_patch_count(self) -> int:
        """See :meth:`set_gpu_max_rigid_patch_count`."""
        return int(self._get("gpuMaxRigidPatchCount", 81920))

    def set_gpu_found_lost_pairs_capacity(self, value: int) -> None:
        """Room for found and lost pairs on the GPU."""
        self._set("gpuFoundLostPairsCapacity", "UInt", int(value))

    def get_gpu_found_lost_pairs_capacity(self) -> int:
        """See :meth:`set_gpu_found_lost_pairs_capacity`."""
        return int(self._get("gpuFoundLostPairsCapacity", 262144))

    def set_gpu_found_lost_aggregate_pairs_capacity(self, value: int) -> None:
        """Room for found and lost pairs of aggregates on the GPU."""
        self._set("gpuFoundLostAggregatePairsCapacity", "UInt", int(value))

    def get_gpu_found_lost_aggregate_pairs_capacity(self) -> int:
        """See :meth:`set_gpu_found_lost_aggregate_pairs_capacity`."""
        return int(self._get("gpuFoundLostAggregatePairsCapacity", 1024))

    def set_gpu_total_aggregate_pairs_capacity(self, value: int) -> None:
        """Room for pairs of aggregates on the GPU."""
        self._set("gpuTotalAggregatePairsCapacity", "UInt", int(value))

    def get_gpu_total_aggregate_pairs_capacity(self) -> int:
        """See :meth:`set_gpu_total_aggregate_pairs_capacity`."""
        return int(self._get("gpuTotalAggregatePairsCapacity", 1024))

    def set_gpu_max_soft_body_contacts(self, value: int) -> None:
        """Room for soft body contacts on the GPU."""
        self._set("gpuMaxSoftBodyContacts", "UInt", int(value))

    def get_gpu_max_soft_body_contacts(self) -> int:
        """See :meth:`set_gpu_max_soft_body_contacts`."""
        return int(self._get("gpuMaxSoftBodyContacts", 1048576))

    def set_gpu_max_particle_contacts(self, value: int) -> None:
        """Room for particle contacts on the GPU."""
        self._set("gpuMaxParticleContacts", "UInt", int(value))

    def get_gpu_max_particle_contacts(self) -> int:
        """See :meth:`set_gpu_max_particle_contacts`."""
        return int(self._get("gpuMaxParticleContacts", 1048576))

    def set_gpu_heap_capacity(self, value: int) -> None:
        """Bytes of the initial heap on the GPU."""
        self._set("gpuHeapCapacity", "UInt", int(value))

    def get_gpu_heap_capacity(self) -> int:
        """See :meth:`set_gpu_heap_capacity`."""
        return int(self._get("gpuHeapCapacity", 67108864))

    def set_gpu_temp_buffer_capacity(self, value: int) -> None:
        """Bytes of the temporary buffer on the GPU."""
        self._set("gpuTempBufferCapacity", "UInt64", int(value))

    def get_gpu_temp_buffer_capacity(self) -> int:
        """See :meth:`set_gpu_temp_buffer_capacity`."""
        return int(self._get("gpuTempBufferCapacity", 16777216))

    def set_gpu_max_num_partitions(self, value: int) -> None:
        """Number of solver partitions on the GPU."""
        self._set("gpuMaxNumPartitions", "UInt", int(value))

    def get_gpu_max_num_partitions(self) -> int:
        """See :meth:`set_gpu_max_num_partitions`."""
        return int(self._get("gpuMaxNumPartitions", 8))

    def set_gpu_collision_stack_size(self, value: int) -> None:
        """Bytes of the collision stack on the GPU."""
        self._set("gpuCollisionStackSize", "UInt", int(value))

    def get_gpu_collision_stack_size(self) -> int:
        """See :meth:`set_gpu_collision_stack_size`."""
        return int(self._get("gpuCollisionStackSize", 67108864))

    def _set(self, name: str, kind: str, value: object) -> None:
        from pxr import Sdf

        self._prim().CreateAttribute(f"physxScene:{name}", getattr(Sdf.ValueTypeNames, kind), False).Set(value)

    def _get(self, name: str, default: float | str) -> float | str:
        value = self._prim().GetAttribute(f"physxScene:{name}").Get()
        return default if value is None else value

    def _prim(self) -> Usd.Prim:
        prim = self._stage.GetPrimAtPath(self._prim_path)
        if not prim:
            raise SceneError("the physics scene is gone from the stage", where=self._prim_path)
        return prim

    def _one_of(self, value: str, allowed: tuple[str, ...]) -> str:
        if value not in allowed:
            raise HostError(f"'{value}' is not possible", where=self._prim_path, todo=f"Use {', '.join(allowed)}")
        return value
