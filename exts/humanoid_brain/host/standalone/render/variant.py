# SPDX-License-Identifier: Apache-2.0
"""Mitsuba 3 in the variant that works on this machine. The one module that imports Mitsuba and Dr.Jit."""

from __future__ import annotations

import functools
import glob
import logging
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from humanoid_brain.errors import DeviceError
from humanoid_brain.machine import trim_memory

_log = logging.getLogger(__name__)

_LLVM_VARIABLE = "DRJIT_LIBLLVM_PATH"
_LLVM_NAMES = (
    "/usr/lib/*/libLLVM.so.*",
    "/usr/lib*/libLLVM.so.*",
    "/usr/lib/llvm-*/lib/libLLVM.so.*",
    "/usr/local/lib/libLLVM.so.*",
    "/opt/homebrew/opt/llvm*/lib/libLLVM.dylib",
    "/usr/local/opt/llvm*/lib/libLLVM.dylib",
)
_OLDEST_LLVM = 19
"""An older one ends the process on CPUs with AVX-512: "Cannot select" on vectors of 16 floats."""


@dataclass(frozen=True)
class Backend:
    """Mitsuba with a variant set."""

    mi: Any
    dr: Any
    variant: str

    @property
    def vectorized(self) -> bool:
        """True where many rays are traced by one call, which labels need."""
        return not self.variant.startswith("scalar")

    @property
    def on_gpu(self) -> bool:
        """True where CUDA does the work."""
        return self.variant.startswith("cuda")

    def upload(self, kind: Any, values: npt.NDArray[Any]) -> Any:
        """Values as an array of Mitsuba's type ``kind``, at a multiple of 64 bytes.

        On the CPU an array stays where numpy has it. Dr.Jit reads numbers and rows of four that begin in odd places
        in another way, with a kernel of its own, so what is read whole or row by row must not depend on chance.
        """
        room = np.empty(values.nbytes + 64, np.uint8)
        start = -room.ctypes.data % 64
        aligned = room[start : start + values.nbytes].view(values.dtype)
        aligned[:] = values.ravel()
        return kind(aligned)

    def fill(self, mesh: Any, *, bounds: bool, **arrays: npt.NDArray[Any]) -> None:
        """Give a mesh its arrays, by name.

        Args:
            mesh: A Mitsuba mesh.
            bounds: Whether it has to know its bounds and, as a lamp, its area; a GPU is waited for six times then.
            arrays: The arrays.
        """
        values = self.mi.traverse(mesh)
        for name, array in arrays.items():
            kind = np.float32 if array.dtype.kind == "f" else np.uint32
            values[name] = self.upload(type(values[name]), array.astype(kind, copy=False))
        if bounds:
            values.update()

    def fetch(self, values: Any, *, there: bool = False) -> Any:
        """Mitsuba's numbers as an array of floats; on a GPU, if they are to stay ``there``, as a tensor."""
        if not (there and self.on_gpu):
            return np.array(values, np.float32)
        self.dr.eval(values)
        self.dr.sync_thread()  # PyTorch works in another stream
        return values.torch()

    def give_back(self) -> None:
        """Give memory back that Dr.Jit keeps: freed arrays, and compiled kernels, which it also has on the disk."""
        self.dr.flush_malloc_cache()
        self.dr.flush_kernel_cache()
        trim_memory()

    def activate(self) -> None:
        """Make the variant current: Mitsuba has one per thread."""
        if self.mi.variant() != self.variant:
            self.mi.set_variant(self.variant)


def load_backend(device: str = "auto") -> Backend:
    """Mitsuba for "cpu", "cuda" or "auto", which is CUDA where it works.

    Raises:
        DeviceError: CUDA was asked for and does not work here.
    """
    variant = choose_variant(device)
    if variant.startswith("llvm"):
        os.environ.setdefault(_LLVM_VARIABLE, find_llvm() or "")
    import drjit
    import mitsuba

    mitsuba.set_variant(variant)
    return Backend(mitsuba, drjit, variant)


def limit_threads(count: int | None) -> None:
    """Let Dr.Jit use so many threads on the CPU; None leaves them as they are, at first one per core."""
    import drjit

    if count is not None:
        drjit.set_thread_count(count)


def choose_variant(device: str) -> str:
    """Mitsuba variant for "cpu", "cuda" or "auto"; each but the plain one is tried in a process of its own.

    Raises:
        DeviceError: CUDA was asked for and does not work here.
    """
    if device != "cpu" and _works("cuda_ad_rgb"):
        return "cuda_ad_rgb"
    if device.startswith("cuda"):
        raise DeviceError(
            "Mitsuba cannot render on this machine's GPU",
            todo="Install a driver with OptiX (libnvoptix), or render on the CPU",
        )
    if find_llvm() and _works("llvm_ad_rgb"):
        return "llvm_ad_rgb"
    return "scalar_rgb"


@functools.cache
def find_llvm() -> str | None:
    """The newest libLLVM that Dr.Jit can use: the one that DRJIT_LIBLLVM_PATH names, or one in a usual place."""
    if given := os.environ.get(_LLVM_VARIABLE):
        return given
    found = {path: _version(path) for pattern in _LLVM_NAMES for path in glob.glob(pattern)}  # noqa: PTH207
    usable = [path for path, version in found.items() if version >= _OLDEST_LLVM]
    return max(usable, key=lambda path: (found[path], path), default=None)


def _version(path: str) -> int:
    """Major version from a name such as libLLVM.so.19.1, or of the folder on macOS, where LLVM is new enough."""
    digits = Path(path).name.partition(".so.")[2].split(".")[0]
    if digits.isdigit():
        return int(digits)
    return _OLDEST_LLVM if path.endswith(".dylib") else 0


@functools.cache
def _works(variant: str) -> bool:
    if variant.startswith("cuda") and not Path("/dev/nvidiactl").exists():
        return False
    code = (
        f"import mitsuba as mi; mi.set_variant('{variant}');"
        "import numpy as np; np.array(mi.render(mi.load_dict(mi.cornell_box()), spp=1))"
    )
    environment = dict(os.environ)
    if variant.startswith("llvm"):
        environment[_LLVM_VARIABLE] = find_llvm() or ""
    command = [sys.executable, "-c", code]
    try:
        done = subprocess.run(command, capture_output=True, timeout=120, check=False, env=environment)
    except subprocess.TimeoutExpired:
        return False
    if done.returncode:
        _log.info("Mitsuba's %s does not work here: %s", variant, done.stderr.decode(errors="replace")[-300:])
    return done.returncode == 0
