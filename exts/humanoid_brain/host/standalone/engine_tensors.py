# SPDX-License-Identifier: Apache-2.0
"""Tensors in and out of the physics engine, without copies and with as little Python as possible per call."""

from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING

import torch

from humanoid_brain.errors import HostError

if TYPE_CHECKING:
    from ovphysx.api import ContactBinding as NativeContacts
    from ovphysx.api import TensorBinding as NativeTensor
    from ovphysx.dlpack import DLTensor

_DTYPES = {"float32": torch.float32, "uint8": torch.uint8, "int32": torch.int32, "uint32": torch.int32}


class Buffer:
    """A contiguous tensor and the handle by which the engine reads or fills it.

    The handle is a DLPack descriptor made once. Given the tensor itself, the engine's wrapper would look up much anew
    at every call, and on CUDA import Warp (0.6 s) to wait for PyTorch's stream, which :meth:`settled` does instead.
    """

    def __init__(self, tensor: torch.Tensor) -> None:
        self.tensor = tensor
        self._handle = _describe(tensor)
        self._device = tensor.device if tensor.is_cuda else None

    def settled(self) -> DLTensor:
        """The handle, once PyTorch's work on the tensor is done; the engine has streams of its own."""
        if self._device is not None:
            torch.cuda.current_stream(self._device).synchronize()
        return self._handle


class TensorBinding:
    """One quantity of a list of objects."""

    def __init__(self, native: NativeTensor, device: str) -> None:
        self._native = native
        self.shape: tuple[int, ...] = tuple(int(size) for size in native.shape)
        self.dtype = _DTYPES[native.dtype_name]
        on_cuda = int(native.native_device.device_type.value) == 2  # kDLCUDA
        self.device = device if on_cuda else "cpu"

    def allocate(self) -> Buffer:
        """A zeroed buffer of the binding's shape, type and device."""
        return Buffer(torch.zeros(self.shape, dtype=self.dtype, device=self.device))

    def names(self) -> ArticulationNames:
        """Names of an articulation binding's parts, in tensor order."""
        native = self._native
        return ArticulationNames(
            dofs=list(native.dof_names),
            links=list(native.body_names),
            joints=list(native.joint_names),
            fixed_base=bool(native.is_fixed_base),
            fixed_tendons=int(native.fixed_tendon_count),
        )

    def read(self, buffer: Buffer) -> None:
        """Fill ``buffer`` from the simulation."""
        try:
            self._native.read(buffer.settled())
        except RuntimeError as error:
            raise HostError(f"the state cannot be read: {error}") from error

    def write(self, buffer: Buffer, rows: torch.Tensor | None = None, mask: Buffer | None = None) -> None:
        """Write ``buffer`` to the simulation: all rows, the int32 ``rows``, or where the uint8 ``mask`` is not 0."""
        try:
            if mask is not None:
                self._native.write(buffer.settled(), mask=mask.settled())
            else:
                self._native.write(buffer.settled(), indices=None if rows is None else Buffer(rows).settled())
        except (RuntimeError, ValueError) as error:
            raise HostError(f"the state cannot be written: {error}") from error

    def wake(self) -> None:
        """Wake every rigid body of the binding."""
        self._native.wake_up()

    def destroy(self) -> None:
        """Release the binding; it must not be used again."""
        self._native.destroy()


class ArticulationNames:
    """Names and counts of an articulation, in the order of its tensors."""

    def __init__(
        self, dofs: list[str], links: list[str], joints: list[str], fixed_base: bool, fixed_tendons: int
    ) -> None:
        self.dofs, self.links, self.joints = dofs, links, joints
        self.fixed_base, self.fixed_tendons = fixed_base, fixed_tendons


class ContactBinding:
    """Contact forces on a list of sensor bodies, of the last step. Forces are in N, world frame."""

    def __init__(self, native: NativeContacts, device: str) -> None:
        self._native = native
        self.device = device
        self.sensors = int(native.sensor_count)
        self.filters = int(native.filter_count)
        self.capacity = int(native.max_contact_data_count)

    def read_net(self, buffer: Buffer) -> None:
        """Net normal force per sensor into ``buffer`` [S, 3]."""
        self._native.read_net_normal_forces(buffer.settled())

    def read_matrix(self, buffer: Buffer) -> None:
        """Normal force per sensor and filter into ``buffer`` [S, F, 3]."""
        self._native.read_normal_force_matrix(buffer.settled())

    def read_contacts(self, *buffers: Buffer) -> int:
        """Contacts as force [C, 1], point, normal [C, 3], distance [C, 1], count, start [S, F]; gives the total."""
        return int(self._native.read_normal_contact_data(*(buffer.settled() for buffer in buffers)))

    def read_friction(self, *buffers: Buffer) -> int:
        """Friction anchors as force, point [C, 3], count, start [S, F]; gives the total."""
        return int(self._native.read_friction_contact_data(*(buffer.settled() for buffer in buffers)))

    def destroy(self) -> None:
        """Release the binding; it must not be used again."""
        self._native.destroy()


_CODES = {torch.float32: (2, 32), torch.uint8: (1, 8), torch.int32: (0, 32)}  # DLPack code and bits


def _describe(tensor: torch.Tensor) -> DLTensor:
    """A DLPack descriptor of a contiguous tensor; it borrows the storage."""
    from ovphysx.dlpack import DLDataType, DLDataTypeCode, DLDevice, DLDeviceType, DLTensor

    if not tensor.is_contiguous():
        raise HostError("the engine exchanges contiguous tensors only")
    code, bits = _CODES[tensor.dtype]
    shape = (ctypes.c_int64 * tensor.ndim)(*tensor.shape)
    described = DLTensor()
    described.data = tensor.data_ptr()
    kind = DLDeviceType.kDLCUDA if tensor.is_cuda else DLDeviceType.kDLCPU
    described.device = DLDevice(DLDeviceType(kind), tensor.device.index or 0)
    described.ndim = tensor.ndim
    described.dtype = DLDataType(DLDataTypeCode(code), bits, 1)
    described.shape = ctypes.cast(shape, ctypes.POINTER(ctypes.c_int64))
    described.strides = None
    described.byte_offset = 0
    described._keepalive = (shape, tensor)
    return described
