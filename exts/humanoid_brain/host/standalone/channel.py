# SPDX-License-Identifier: Apache-2.0
"""A channel carries one quantity between a view and the engine through one shared buffer."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager

import torch

from humanoid_brain.host.standalone.arrays import Indices, Values, to_rows, to_tensor
from humanoid_brain.host.standalone.engine import Engine
from humanoid_brain.host.standalone.engine_tensors import ArticulationNames, Buffer
from humanoid_brain.host.standalone.quantity import Quantity

_PERMUTE = {"wxyz": [6, 3, 4, 5], "xyzw": [1, 2, 3, 0]}


class Channel:
    """One quantity of all rows of a view. ``buffer`` is overwritten by the next read and by every write."""

    def __init__(self, engine: Engine, quantity: Quantity, paths: Sequence[str]) -> None:
        self._binding = engine.bind(quantity, paths)
        self._buffer: Buffer = self._binding.allocate()
        self.buffer = self._buffer.tensor
        self.shape = self._binding.shape

    def names(self) -> ArticulationNames:
        """Names of the articulation's parts, in tensor order."""
        return self._binding.names()

    def read(self) -> torch.Tensor:
        """Current values of all rows: the shared buffer itself."""
        self._binding.read(self._buffer)
        return self.buffer

    def write(self) -> None:
        """Send the whole buffer."""
        self._binding.write(self._buffer)

    def write_mask(self, mask: Buffer) -> None:
        """Send the buffer's rows where ``mask`` (uint8, on the channel's device) is not 0; needs no host sync."""
        self._binding.write(self._buffer, mask=mask)

    def write_rows(self, rows: torch.Tensor | None) -> None:
        """Send the buffer's ``rows``, all for None; no row at all is no write."""
        if rows is None:
            self._binding.write(self._buffer)
        elif rows.numel():
            self._binding.write(self._buffer, rows=rows.to(torch.int32))

    def get(self, indices: Indices, columns: torch.Tensor | None, clone: bool) -> torch.Tensor:
        """Current values of some rows and columns. With both None and ``clone`` False it is the shared buffer."""
        values = self.read()
        rows = to_rows(indices, self.shape[0], values.device)
        if rows is not None:
            values = values.index_select(0, rows)
        if columns is not None:
            values = values.index_select(1, columns.to(values.device))
        return values.clone() if clone and rows is None and columns is None else values

    def set(self, values: Values, indices: Indices, columns: torch.Tensor | None) -> None:
        """Write ``values`` [K rows, C columns, ...] to some rows and columns; the others keep theirs."""
        rows = to_rows(indices, self.shape[0], self.buffer.device)
        given = to_tensor(values, self.buffer)
        if columns is not None:
            columns = columns.to(self.buffer.device)
            self.read()
            if rows is None:
                self.buffer[:, columns] = given
            else:
                self.buffer[rows[:, None], columns[None, :]] = given
        elif rows is None:
            self.buffer.copy_(given)
        else:
            self.buffer[rows] = given
        self.write_rows(rows)


class PoseChannel(Channel):
    """A channel of poses [N, 7] (or [N, L, 7]): xyzw in the engine, positions and wxyz quaternions for callers."""

    def __init__(self, engine: Engine, quantity: Quantity, paths: Sequence[str]) -> None:
        super().__init__(engine, quantity, paths)
        device = self.buffer.device
        self._to_wxyz = torch.tensor(_PERMUTE["wxyz"], device=device)
        self._to_xyzw = torch.tensor(_PERMUTE["xyzw"], device=device)
        self.positions = self.buffer[..., :3]
        self.quaternions = torch.zeros((*self.shape[:-1], 4), device=device)

    def read_pose(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Positions and wxyz quaternions of all rows: two shared tensors."""
        torch.index_select(self.read(), -1, self._to_wxyz, out=self.quaternions)
        return self.positions, self.quaternions

    def get_pose(
        self, indices: Indices, columns: torch.Tensor | None, clone: bool
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Positions and quaternions of some rows and columns."""
        positions, quaternions = self.read_pose()
        rows = to_rows(indices, self.shape[0], positions.device)
        for dim, chosen in ((0, rows), (1, columns)):
            if chosen is not None:
                chosen = chosen.to(positions.device)
                positions = positions.index_select(dim, chosen)
                quaternions = quaternions.index_select(dim, chosen)
        if clone and rows is None and columns is None:
            return positions.clone(), quaternions.clone()
        return positions, quaternions

    def set_pose(
        self, positions: Values | None, orientations: Values | None, indices: Indices, columns: torch.Tensor | None
    ) -> None:
        """Write positions and wxyz quaternions of some rows and columns; a part that is None keeps its values."""
        rows = to_rows(indices, self.shape[0], self.buffer.device)
        if positions is None or orientations is None or columns is not None:
            self.read()
        where = self._where(rows, columns)
        if positions is not None:
            self.buffer[(*where, slice(0, 3))] = to_tensor(positions, self.buffer)
        if orientations is not None:
            quaternions = to_tensor(orientations, self.buffer).index_select(-1, self._to_xyzw)
            self.buffer[(*where, slice(3, 7))] = quaternions
        self.write_rows(rows)

    def stage_pose(self, positions: torch.Tensor | None, orientations: torch.Tensor | None) -> None:
        """Put all rows' poses into the buffer without sending it; a part that is None is read first."""
        if positions is None or orientations is None:
            self.read()
        if positions is not None:
            self.positions.copy_(positions)
        if orientations is not None:
            self.buffer[..., 3:] = orientations.index_select(-1, self._to_xyzw)

    def _where(self, rows: torch.Tensor | None, columns: torch.Tensor | None) -> tuple[torch.Tensor | slice, ...]:
        everything = slice(None)
        if columns is None:
            between = (everything,) * (len(self.shape) - 2)
            return (everything if rows is None else rows, *between)
        columns = columns.to(self.buffer.device)
        return (everything, columns) if rows is None else (rows[:, None], columns[None, :])


class Channels:
    """The channels of one view, made when first used; gone when the simulation stops."""

    def __init__(self, engine: Engine, paths: Sequence[str]) -> None:
        self._engine = engine
        self._paths = list(paths)
        self._channels: dict[Quantity, Channel] = {}
        self._poses: dict[Quantity, PoseChannel] = {}
        self._masks: dict[torch.device, Buffer] = {}

    def __getitem__(self, quantity: Quantity) -> Channel:
        channel = self._channels.get(quantity)
        if channel is None:
            with _ordinary_tensors():
                channel = self._channels[quantity] = Channel(self._engine, quantity, self._paths)
        return channel

    def pose(self, quantity: Quantity) -> PoseChannel:
        """The channel of a pose quantity."""
        channel = self._poses.get(quantity)
        if channel is None:
            with _ordinary_tensors():
                channel = self._poses[quantity] = PoseChannel(self._engine, quantity, self._paths)
        return channel

    def mask(self, mask: torch.Tensor, device: torch.device) -> Buffer:
        """``mask`` [N] bool as the engine takes it, in one shared buffer."""
        buffer = self._masks.get(device)
        if buffer is None:
            with _ordinary_tensors():
                zeros = torch.zeros(len(self._paths), dtype=torch.uint8, device=device)
            buffer = self._masks[device] = Buffer(zeros)
        buffer.tensor.copy_(mask)
        return buffer


def _ordinary_tensors() -> AbstractContextManager[None]:
    """Buffers outlive a caller's inference mode, and one made inside it could not be written to outside."""
    return torch.inference_mode(False)
