# SPDX-License-Identifier: Apache-2.0
"""Random numbers with an address: the same address gives the same number, in any order and on any device.

SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014) is a
counter-based generator: output ``i`` of the stream with state ``s`` is ``mix(s + i * GOLDEN)``. A stream's
state is a hash of its address (seed, purpose, environment or frame, reset count), so nothing needs to be
stored for a resumed job to draw what the uninterrupted one would have drawn, and environment 12 of a run
can be made again alone. Everything is integer arithmetic of fixed shape on the device of the input, which
a CUDA graph can capture.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch

_MASK = (1 << 64) - 1
_GOLDEN = 0x9E3779B97F4A7C15
_MUL1 = 0xBF58476D1CE4E5B9
_MUL2 = 0x94D049BB133111EB
_FNV_OFFSET, _FNV_PRIME = 0xCBF29CE484222325, 0x100000001B3


def stream(seed: int, purpose: str) -> int:
    """Key of all draws for one ``purpose`` of a run with ``seed``, as an unsigned 64-bit number."""
    word = _FNV_OFFSET
    for byte in purpose.encode():
        word = ((word ^ byte) * _FNV_PRIME) & _MASK
    return _mix_int((_mix_int((seed + _GOLDEN) & _MASK) + word) & _MASK)


def torch_seed(seed: int, purpose: str) -> int:
    """A seed for a library that keeps its own generator, derived from the same address space (63 bits)."""
    return stream(seed, purpose) >> 1


def bits(key: int, address: list[torch.Tensor], count: int) -> torch.Tensor:
    """``count`` random 64-bit words per row.

    Args:
        key: From :func:`stream`.
        address: int64 tensors of shape (N,) or (), coarse to fine: environment, reset count, step.
        count: Words per row.

    Returns:
        int64 tensor of shape (N, count); all 64 bits are random.
    """
    import torch

    index = torch.arange(1, count + 1, dtype=torch.int64, device=address[0].device)
    return _mix(_state(key, address).unsqueeze(-1) + index * _signed(_GOLDEN))


def join(parts: list[torch.Tensor]) -> torch.Tensor:
    """One word per row that stands for a whole address, int64 of shape (N,).

    Draws for several purposes at one address then hash only this word each.

    Args:
        parts: int64 tensors of shape (N,) or (), coarse to fine.
    """
    return _state(0, parts)


def uniform(key: int, address: list[torch.Tensor], count: int, low: float = 0.0, high: float = 1.0) -> torch.Tensor:
    """Uniform draws in [low, high), float32 of shape (N, count). Arguments as for :func:`bits`."""
    import numpy as np
    import torch

    top = (bits(key, address, count) >> 40) & 0xFFFFFF
    draws = top.to(torch.float32) * ((high - low) / (1 << 24)) + low
    # The sum rounds up to high itself once in millions of draws.
    return draws.clamp_(max=float(np.nextafter(np.float32(high), np.float32(low)))) if high > low else draws


def number(key: int, address: tuple[int, ...], index: int) -> float:
    """Draw ``index`` (from 0 on) of :func:`uniform` at one address, in [0, 1): for code that takes a few."""
    word = key
    for part in address:
        word = _mix_int((part * _GOLDEN + word) & _MASK)
    return (_mix_int((word + (index + 1) * _GOLDEN) & _MASK) >> 40) / (1 << 24)


def normal(key: int, address: list[torch.Tensor], count: int) -> torch.Tensor:
    """Standard normal draws by inversion, float32 of shape (N, count), at most 5.30 in magnitude."""
    import torch

    # 23 bits, not 24: the half added to the largest 24-bit number rounds up in float32, and erfinv(1) is infinite.
    top = (bits(key, address, count) >> 41) & 0x7FFFFF
    centred = (top.to(torch.float32) + 0.5) * (2.0 / (1 << 23)) - 1.0
    return torch.erfinv(centred) * math.sqrt(2.0)


def permutation(key: int, address: list[torch.Tensor], count: int) -> torch.Tensor:
    """A random order of ``range(count)`` as int64, for one address of shape ()."""
    import torch

    return torch.argsort(bits(key, address, count).reshape(count), stable=True)


def _state(key: int, address: list[torch.Tensor]) -> torch.Tensor:
    state: Any = _signed(key)
    for part in address:
        state = _mix(part * _signed(_GOLDEN) + state)
    return state


def _mix_int(word: int) -> int:
    word = ((word ^ (word >> 30)) * _MUL1) & _MASK
    word = ((word ^ (word >> 27)) * _MUL2) & _MASK
    return word ^ (word >> 31)


def _mix(word: torch.Tensor) -> torch.Tensor:
    word = (word ^ _shift(word, 30)) * _signed(_MUL1)
    word = (word ^ _shift(word, 27)) * _signed(_MUL2)
    return word ^ _shift(word, 31)


def _shift(word: torch.Tensor, by: int) -> torch.Tensor:
    """Logical shift to the right of a signed 64-bit word."""
    return (word >> by) & ((1 << (64 - by)) - 1)


def _signed(word: int) -> int:
    return word - (1 << 64) if word >= 1 << 63 else word
