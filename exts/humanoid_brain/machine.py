# SPDX-License-Identifier: Apache-2.0
"""What this machine has: cores, memory, GPUs, native libraries. Standard library only, quick."""

from __future__ import annotations

import contextlib
import ctypes
import gc
import os
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Library:
    """A shared library of the system that a wheel loads but does not bring.

    ``required`` libraries are needed to simulate; without the others only ``user`` is missing. Any of ``newer`` will
    do as well.
    """

    soname: str
    debian: str
    user: str
    required: bool
    newer: tuple[str, ...] = ()


@dataclass(frozen=True)
class Gpu:
    """An NVIDIA GPU. Memory in bytes; ``cuda`` is the newest CUDA version the driver runs, as (major, minor)."""

    name: str
    memory: int
    memory_free: int
    driver: str
    cuda: tuple[int, int]


LIBRARIES = (
    Library("libGL.so.1", "libgl1", "ovstage", True),
    Library("libX11.so.6", "libx11-6", "ovstage", True),
    Library("libgomp.so.1", "libgomp1", "ovstage", True),
    Library("libatomic.so.1", "libatomic1", "mitsuba", True),
    Library("libLLVM.so.19.1", "libllvm19", "dataset capture", False, tuple(f"libLLVM.so.{n}.1" for n in (20, 21, 22))),
    Library("libvulkan.so.1", "libvulkan1 mesa-vulkan-drivers", "the studio's windows", False),
    Library("libglfw.so.3", "libglfw3", "the studio's windows", False),
    Library("libfreetype.so.6", "libfreetype6", "the studio's windows", False),
)
"""Found by hiding one library after the other: physics fails without the first three, films without the fourth."""


def missing_libraries() -> list[Library]:
    """The entries of :data:`LIBRARIES` that the dynamic linker cannot load."""
    return [library for library in LIBRARIES if not any(map(_loads, (library.soname, *library.newer)))]


def gpus() -> list[Gpu]:
    """NVIDIA GPUs, through the driver's management library; empty where there is none."""
    try:
        nvml = ctypes.CDLL("nvml.dll" if os.name == "nt" else "libnvidia-ml.so.1")
        if nvml.nvmlInit_v2() != 0:
            return []
    except (OSError, AttributeError):
        return []
    try:
        count = ctypes.c_uint()
        nvml.nvmlDeviceGetCount_v2(ctypes.byref(count))
        driver, cuda = ctypes.create_string_buffer(96), ctypes.c_int()
        nvml.nvmlSystemGetDriverVersion(driver, len(driver))
        nvml.nvmlSystemGetCudaDriverVersion_v2(ctypes.byref(cuda))
        version = (cuda.value // 1000, cuda.value % 1000 // 10)
        return [_gpu(nvml, index, driver.value.decode(), version) for index in range(count.value)]
    finally:
        nvml.nvmlShutdown()


def cuda_devices() -> int:
    """Number of CUDA devices that this process may use, by the driver, which heeds ``CUDA_VISIBLE_DEVICES``."""
    count = ctypes.c_int()
    try:
        cuda = _cuda()
        found = cuda.cuInit(0) == 0 and cuda.cuDeviceGetCount(ctypes.byref(count)) == 0
    except (OSError, AttributeError):
        return 0
    return count.value if found else 0


_FEW_CORES = 2
_BLOCKING_SYNC = 4
"""CU_CTX_SCHED_BLOCKING_SYNC of the CUDA driver."""
_waking: list[threading.Thread] = []


def wake_cuda() -> None:
    """Bring up the driver's context on the first GPU, in a thread, before libraries that will use it are imported.

    PyTorch, Warp and PhysX share that context. What fails here fails again, and is told, where it is needed.
    """
    _waking.append(threading.Thread(target=_wake_cuda, daemon=True))
    _waking[-1].start()


def cuda_woken() -> None:
    """Wait until what :func:`wake_cuda` began is done.

    For importers of libraries that call the driver while they are being loaded, as ovphysx does: the driver loads
    libraries of its own meanwhile, and each of the two waits for the other's lock for ever (one start in four, H200).
    """
    while _waking:
        _waking.pop().join()


def sleep_for_cuda() -> None:
    """Let threads of this process sleep while they wait for the first GPU, instead of spin; before anything uses it.

    For processes that share its cores with others that work for the same GPU. What fails here is told elsewhere.
    """
    with contextlib.suppress(OSError, AttributeError):
        cuda, device = _cuda(), ctypes.c_int()
        if cuda.cuInit(0) == 0 and cuda.cuDeviceGet(ctypes.byref(device), 0) == 0:
            cuda.cuDevicePrimaryCtxSetFlags_v2(device, _BLOCKING_SYNC)


def _wake_cuda() -> None:
    with contextlib.suppress(OSError, AttributeError):
        cuda = _cuda()
        device, context = ctypes.c_int(), ctypes.c_void_p()
        if cuda.cuInit(0) == 0 and cuda.cuDeviceGet(ctypes.byref(device), 0) == 0:
            cuda.cuDevicePrimaryCtxRetain(ctypes.byref(context), device)


def _cuda() -> ctypes.CDLL:
    return ctypes.CDLL("nvcuda.dll" if os.name == "nt" else "libcuda.so.1")


@contextlib.contextmanager
def collector_paused() -> Iterator[None]:
    """Without Python's search for cycles, while much is made that stays: it would go through all of it many times.

    What was made counts as old afterwards, as if a search had found it in use; the next full one sees it too.
    """
    paused = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if paused:
            gc.freeze()
            gc.unfreeze()  # into the oldest generation
            gc.enable()


def trim_memory() -> None:
    """Give memory that was freed back to the system, after much was; without effect but on Linux with glibc."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)


def share_cores() -> None:
    """Let what else runs on the same cores have its turn; takes effect on libraries that are loaded later.

    OpenMP's threads sleep while they wait for one another. They would spin for milliseconds, which is right for a
    program alone on its cores and ruinous beside another: with a viewport drawn on the same two cores, a training step
    takes more than ten times as long. And where there are but two, Mesa's software driver draws windows in the thread
    that asks for it: as many a second, and less is taken from training beside it (docs/benchmarks.md). No result
    changes. Variables that the user has set win.
    """
    if "GOMP_SPINCOUNT" not in os.environ:
        os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    if cores() <= _FEW_CORES:
        os.environ.setdefault("LP_NUM_THREADS", "0")


def draws_in_software() -> bool:
    """Whether windows are drawn by the processor, as there is no graphics card."""
    return sys.platform == "linux" and not (Path("/dev/nvidiactl").exists() or any(Path("/dev").glob("dri/renderD*")))


def cores() -> int:
    """CPU cores this process may use: its affinity, cut by the quota of its container."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    quota, _, period = _read("/sys/fs/cgroup/cpu.max").partition(" ")
    if quota.isdigit() and period.strip().isdigit():
        usable = min(usable, max(1, int(quota) // int(period)))
    return usable


def free_memory() -> int | None:
    """Bytes of memory that can be used without swapping, cut by the container's limit; None where unknown."""
    lines = dict(line.split(":", 1) for line in _read("/proc/meminfo").splitlines() if ":" in line)
    if "MemAvailable" not in lines:
        return None
    free = int(lines["MemAvailable"].split()[0]) * 1024
    limit, used = _read("/sys/fs/cgroup/memory.max"), _read("/sys/fs/cgroup/memory.current")
    return min(free, max(0, int(limit) - int(used))) if limit.isdigit() and used.isdigit() else free


class _Memory(ctypes.Structure):
    _fields_ = (("total", ctypes.c_ulonglong), ("free", ctypes.c_ulonglong), ("used", ctypes.c_ulonglong))


def _gpu(nvml: ctypes.CDLL, index: int, driver: str, cuda: tuple[int, int]) -> Gpu:
    device, name, memory = ctypes.c_void_p(), ctypes.create_string_buffer(96), _Memory()
    nvml.nvmlDeviceGetHandleByIndex_v2(index, ctypes.byref(device))
    nvml.nvmlDeviceGetName(device, name, len(name))
    nvml.nvmlDeviceGetMemoryInfo(device, ctypes.byref(memory))
    return Gpu(name.value.decode(), memory.total, memory.free, driver, cuda)


def _loads(soname: str) -> bool:
    try:
        ctypes.CDLL(soname)
    except OSError:
        return False
    return True


def _read(path: str) -> str:
    try:
        return Path(path).read_text().strip()
    except OSError:
        return ""
