# SPDX-License-Identifier: Apache-2.0
"""The physics engine of this process: the only place that touches ovphysx and ovstage.

PhysX is global to a process: one instance, on the CPU or on one CUDA device, chosen by whoever simulates first.
"""

from __future__ import annotations

import atexit
import ctypes
import logging
import os
import sys
import warnings
from collections.abc import Callable, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import ovphysx
import ovstage
import physx_usd_schemas
from ovphysx import PhysX, PhysXConfig
from ovphysx.types import ConfigKey, GlobalConfigKey, LogLevel, TensorType

from humanoid_brain.errors import DeviceError, HostError, SceneError
from humanoid_brain.host.standalone.quantity import Quantity
from humanoid_brain.machine import collector_paused, cores, cuda_devices

if TYPE_CHECKING:
    from collections.abc import Iterator

    import torch

    from humanoid_brain.host.standalone.engine_tensors import Buffer, ContactBinding, TensorBinding
    from humanoid_brain.host.standalone.export import Copies

_INLINE_BELOW = 32  # environments; below it worker threads cost more than they give (docs/hosts.md)
_TASK_THREADS = "/plugins/carb.tasking.plugin/threadCount"
_TASKS_BESIDE_GPU = 4  # threads of Carbonite's tasks; 16 kept 3 cores busy with waking one another while PhysX copies
_REPEATS = 3  # how often one kind of engine message is passed on
_SEALED = 1  # ordinal of the scene as it was loaded
_SET_TIMER_SLACK = 29  # PR_SET_TIMERSLACK of linux/prctl.h

VERSION = str(ovphysx.__version__)

log = logging.getLogger("humanoid_brain.physx")


class Engine:
    """One PhysX instance with at most one scene attached.

    Args:
        device: "cpu" or "cuda:<index>".
        threads: Worker threads of the solver; 0 solves on the calling thread, None leaves it to PhysX.
    """

    def __init__(self, device: str, threads: int | None) -> None:
        self.device, self.threads = device, threads
        self.gpu = device != "cpu"
        overrides: dict[str, Any] = {}
        if self.gpu:
            overrides["/physics/suppressReadback"] = True  # state stays on the GPU and is exchanged there
            overrides[_TASK_THREADS] = min(_TASKS_BESIDE_GPU, cores())
        elif not PhysX.get_cpu_mode():
            with _as_device_error(device):
                PhysX.set_cpu_mode(True)
        if threads is not None:
            ovphysx.set_global_config(GlobalConfigKey.NUM_THREADS, threads)
            overrides["/physics/physxDispatcher"] = threads > 0  # PhysX's own workers, faster here than Carbonite's
        ovphysx.enable_default_log_output(False)
        with _quiet(), _as_device_error(device), _patient_timers():
            self._physx = PhysX(config=PhysXConfig(carbonite_overrides=overrides))
            if self.gpu:
                self._physx.set_config(ConfigKey.ACTIVE_CUDA_GPUS, device.partition(":")[2])
        ovphysx.enable_python_logging(log.name, min_severity=LogLevel.ERROR)
        _register_schemas()
        self._stage: ovstage.Stage | None = None
        self._ordinal = _SEALED
        self._bindings: dict[tuple[Quantity, tuple[str, ...]], TensorBinding] = {}
        self._contacts: list[ContactBinding] = []
        self.last_dt = 0.0

    @property
    def attached(self) -> bool:
        """True while a scene is loaded."""
        return self._stage is not None

    @property
    def native(self) -> PhysX:
        """The PhysX instance; for benchmarks that measure this layer against it."""
        return self._physx

    def attach(self, path: Path, clones: Sequence[Copies], meanwhile: Callable[[], None] | None = None) -> None:
        """Load the USD file at ``path`` and copy the ``clones``; nothing moves yet.

        ``meanwhile`` is called when other threads may work, the longest part still to come.

        Raises:
            SceneError: The file is missing, broken, or the engine refuses the scene.
        """
        self.detach()
        _repeated.clear()
        stage = ovstage.Stage("humanoid_brain")
        try:
            with _patient_timers():
                self._load(stage, path, clones, meanwhile)
        except (ovstage.OvstageError, RuntimeError, ValueError) as error:
            if self._stage is None and not self._physx.is_stage_attached(stage):
                stage.destroy()
            else:
                self._stage = stage
                self.detach()
            todo = "Check that the file opens in usdview and holds a PhysicsScene"
            raise SceneError(f"the scene cannot be simulated: {error}", where=str(path), todo=todo) from error

    def _load(
        self, stage: ovstage.Stage, path: Path, clones: Sequence[Copies], meanwhile: Callable[[], None] | None
    ) -> None:
        if meanwhile is not None and not self.gpu:
            meanwhile()
        ovstage.population.open_usd(stage, str(path), ordinal=_SEALED, domains=ovstage.PopulationDomain.PHYSICS)
        stage.advance_write_floor(ordinal=_SEALED).wait()
        self._physx.wait_task(self._physx.attach_ovstage(stage, read_ordinal=_SEALED))
        self._stage, self._ordinal = stage, _SEALED
        if meanwhile is not None and self.gpu:
            meanwhile()  # not earlier: PhysX has brought up the driver, see machine.cuda_woken
        for batch in clones:
            poses: list[Sequence[float]] = batch.poses.tolist()
            copied = self._physx.clone(batch.source, batch.targets, anchor_transforms=poses, env_ids=batch.environments)
            self._physx.wait_task(copied)

    def detach(self) -> None:
        """Drop every binding and the scene. Safe to call at any time."""
        for binding in (*self._bindings.values(), *self._contacts):
            binding.destroy()
        self._bindings.clear()
        self._contacts.clear()
        if self._stage is not None:
            stage, self._stage = self._stage, None
            self._physx.wait_task(self._physx.detach_ovstage())
            stage.destroy()
        self.last_dt = 0.0

    def warm_up(self) -> None:
        """Build the solver's structures. It leaves a residue in the velocities: write the state afterwards."""
        with _as_host_error("the physics engine could not start"):
            self._physx.warmup()

    def step(self, dt: float) -> None:
        """Advance by ``dt`` seconds and wait for the result."""
        self.last_dt = dt
        try:
            self._physx.step_sync(dt)
        except RuntimeError as error:
            raise HostError(f"the physics step failed: {error}") from error

    def update_kinematics(self) -> None:
        """Recompute link poses and velocities from the joint state, without stepping."""
        with _as_host_error("link poses could not be updated"):
            self._physx.update_articulations_kinematic()

    def bind(self, quantity: Quantity, paths: Sequence[str]) -> TensorBinding:
        """Bind one quantity of the objects at ``paths``, once for all who ask; rows keep the order of ``paths``.

        Raises:
            SceneError: Some of the paths hold no such object.
        """
        from humanoid_brain.host.standalone.engine_tensors import TensorBinding

        key = quantity, tuple(paths)
        if key in self._bindings:
            return self._bindings[key]
        tensor_type = TensorType[quantity.value]
        with _binding(), _as_host_error(f"{quantity.value} cannot be bound"):
            native = self._physx.create_tensor_binding(prim_paths=list(paths), tensor_type=tensor_type)
        binding = TensorBinding(native, self.device)
        if native.count != len(paths):
            missing = sorted(set(paths) - set(native.prim_paths))
            binding.destroy()
            kind = "articulation" if quantity.value.startswith("ARTICULATION") else "rigid body"
            raise SceneError(
                f"{len(paths) - native.count} of {len(paths)} paths hold no {kind}",
                where=missing[0] if missing else paths[0],
                todo="Check that the prims have the physics APIs and were there before play",
            )
        self._bindings[key] = binding
        return binding

    def bind_contacts(self, sensors: Sequence[str], filters: Sequence[Sequence[str]], capacity: int) -> ContactBinding:
        """Bind the contact forces on the bodies at ``sensors``.

        Args:
            sensors: S body paths; each needs PhysxContactReportAPI.
            filters: Per sensor the F bodies whose contacts are told apart, or S empty lists.
            capacity: Contacts that the detailed reads can hold.
        """
        from humanoid_brain.host.standalone.engine_tensors import ContactBinding

        per_sensor = len(filters[0]) if filters else 0
        flat = [path for row in filters for path in row]
        try:
            with _binding():
                native = self._physx.create_contact_binding(
                    sensor_patterns=list(sensors),
                    filter_patterns=flat or None,
                    filters_per_sensor=per_sensor,
                    max_contact_data_count=capacity,
                )
        except (RuntimeError, ValueError) as error:
            todo = "The bodies need PhysxContactReportAPI before play (prepare_contact_sensors=True applies it)"
            raise SceneError(f"contacts cannot be tracked: {error}", where=sensors[0], todo=todo) from error
        binding = ContactBinding(native, self.device)
        if native.sensor_count != len(sensors):
            missing = sorted(set(sensors) - set(native.sensor_paths))
            binding.destroy()
            todo = "The bodies need PhysxContactReportAPI before play (prepare_contact_sensors=True applies it)"
            raise SceneError("no contact sensor", where=missing[0] if missing else sensors[0], todo=todo)
        self._contacts.append(binding)
        return binding

    def buffer(self, tensor: torch.Tensor) -> Buffer:
        """A handle to ``tensor`` for the bindings; the tensor must stay contiguous and keep its storage."""
        from humanoid_brain.host.standalone.engine_tensors import Buffer

        return Buffer(tensor)

    def write_scene(self, path: str, name: str, value: np.ndarray) -> None:
        """Change one attribute of the physics scene prim at run time, such as ``physics:gravityMagnitude``."""
        if self._stage is None:
            raise HostError("no scene is loaded", todo="Call play or reset first")
        ordinal = self._ordinal = self._ordinal + 1
        with _as_host_error(f"{name} cannot be changed"):
            names = ovstage.PathDictionary(self._stage)
            query = self._stage.query_from_path_list(names.create_path_list_from_strings([path]))
            token = names.intern_token(name)
            self._stage.write_attribute(query, token, ordinal=ordinal, tensors=value, is_array=False).wait()
            self._stage.advance_write_floor(ordinal=ordinal).wait()
            self._physx.wait_task(self._physx.update_from_ovstage(ordinal, ordinal))

    def close(self) -> None:
        """Detach and destroy the instance."""
        self.detach()
        self._physx.destroy()


_engine: Engine | None = None


def open_engine(device: str, threads: int | None, environments: int) -> Engine:
    """The engine of this process, made on the first call and again when it takes other threads.

    Args:
        device: "cpu", "cuda" or "cuda:<index>".
        threads: Worker threads; None takes, on the CPU, every core this process may use, or none below
            32 environments, where they cost more than they give, and on CUDA what PhysX chooses.
        environments: How many copies of the scene will run, for that choice.

    Raises:
        DeviceError: The device is not there, or this process already simulates on another one.
    """
    global _engine
    device = check_device(device)
    if threads is None and device == "cpu":
        threads = 0 if environments < _INLINE_BELOW else len(os.sched_getaffinity(0))
    if _engine is not None and _engine.device != device:
        raise DeviceError(
            f"physics already runs on {_engine.device} in this process and cannot move to {device}",
            todo="Start a new process for the other device",
        )
    if _engine is not None and _engine.threads != threads:
        close_engine()
    if _engine is None:
        _engine = Engine(device, threads)
        atexit.unregister(close_engine)
        atexit.register(close_engine)  # last in, first out: before ovphysx's own, which would find bindings alive
    return _engine


def close_engine() -> None:
    """Destroy the engine, if there is one; happens by itself at the end of the process."""
    global _engine
    engine, _engine = _engine, None
    if engine is not None:
        engine.close()


def check_device(device: str) -> str:
    """The device's full name ("cuda" becomes "cuda:0").

    Raises:
        DeviceError: It is no device, or CUDA was asked for and this machine has none.
    """
    kind, _, index = device.partition(":")
    if kind == "cpu":
        return "cpu"
    if kind != "cuda" or not (index or "0").isdigit():
        raise DeviceError(f"'{device}' is no device", todo="Use cpu, cuda or cuda:<index>")
    devices = cuda_devices()
    if not devices:
        raise DeviceError(f"{device} was asked for, but the driver finds no CUDA device", todo="Use --device cpu")
    if int(index or 0) >= devices:
        raise DeviceError(f"{device} was asked for, but there are {devices} CUDA devices")
    return f"cuda:{int(index or 0)}"


class _Throttle(logging.Filter):
    """The engine repeats a message per link and step: pass each kind on a few times only."""

    def filter(self, record: logging.LogRecord) -> bool:
        kind = record.getMessage()[:48]
        _repeated[kind] = _repeated.get(kind, 0) + 1
        return _repeated[kind] <= _REPEATS


_repeated: dict[str, int] = {}
log.addFilter(_Throttle())

_registered = False


def _register_schemas() -> None:
    """Teach ovstage the PhysX and Newton schemas; possible once, before the first file."""
    global _registered
    if not _registered:
        paths = [*map(str, physx_usd_schemas.schema_paths()), str(ovphysx.newton_schema_root())]
        ovstage.population.register_usd_schemas(paths)
        _registered = True


@contextmanager
def _quiet() -> Iterator[None]:
    """Tensor bindings are deprecated in ovphysx since 0.6; their successor is a thousand times slower here."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        yield


@contextmanager
def _binding() -> Iterator[None]:
    """For calls that make bindings, in which ovphysx makes four objects for each path and drops them again."""
    with collector_paused(), _quiet():
        yield


@contextmanager
def _patient_timers() -> Iterator[None]:
    """Make the threads that are started meanwhile sleep at least 5 ms when they sleep for a time.

    ovphysx 0.7 keeps a thread that polls every 0.1 ms for meshes to cook, for as long as the process lives: a quarter
    of a core (measured), which the solver and the learner then lack. Threads inherit the timer slack of the one that
    starts them; waits for an event are not affected.
    """
    if sys.platform != "linux":
        yield
        return
    prctl = ctypes.CDLL(None).prctl
    prctl(_SET_TIMER_SLACK, 5_000_000, 0, 0, 0)
    try:
        yield
    finally:
        prctl(_SET_TIMER_SLACK, 0, 0, 0, 0)  # back to the default


@contextmanager
def _as_host_error(what: str) -> Iterator[None]:
    try:
        yield
    except (RuntimeError, ValueError, ovstage.OvstageError) as error:
        raise HostError(f"{what}: {error}") from error


@contextmanager
def _as_device_error(device: str) -> Iterator[None]:
    try:
        yield
    except RuntimeError as error:
        raise DeviceError(f"physics cannot start on {device}: {error}", todo="Start a new process") from error
