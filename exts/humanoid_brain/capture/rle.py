# SPDX-License-Identifier: Apache-2.0
"""Run-length encoded masks as COCO stores them.

A mask is read column by column; the runs of zeros and ones alternate, zeros first. Each run's length, less that of the
run two before it, is written in groups of five bits, least significant first, with a sixth bit for "more follows",
offset by 48 to be printable. Source: the COCO API's mask format, cocodataset.org.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

_LONGEST = 1 << 31


def encode(mask: npt.NDArray[np.bool_], offset: tuple[int, int] = (0, 0), size: tuple[int, int] | None = None) -> str:
    """Compressed counts of a mask.

    Args:
        mask: (h, w), a cut-out of the image or all of it.
        offset: Row and column of the cut-out's first pixel.
        size: Height and width of the image; by default those of ``mask``.
    """
    height, width = size or mask.shape
    columns, rows = np.nonzero(mask.T)
    flat = (columns + offset[1]) * height + rows + offset[0]
    if not len(flat):
        return _pack([height * width])
    breaks = np.flatnonzero(np.diff(flat) != 1)
    starts = flat[np.concatenate(([0], breaks + 1))]
    ends = flat[np.concatenate((breaks, [len(flat) - 1]))] + 1
    edges = np.stack([starts, ends], -1).ravel()
    counts = np.diff(edges, prepend=0, append=height * width)
    return _pack(counts.tolist() if counts[-1] else counts[:-1].tolist())


def decode(segmentation: dict[str, Any]) -> npt.NDArray[np.bool_]:
    """The mask (H, W) of a COCO segmentation ``{"size": [H, W], "counts": ...}``, compressed or a list of counts.

    Raises:
        ValueError: The counts do not describe a mask of that size.
    """
    height, width = (int(value) for value in segmentation["size"])
    counts = segmentation["counts"]
    runs = np.asarray(_unpack(counts) if isinstance(counts, str) else list(counts), dtype=np.int64)
    if height < 1 or width < 1 or (runs < 0).any() or int(runs.sum()) != height * width:
        raise ValueError(f"the runs of a mask do not add up to {height} x {width} pixels")
    values = np.zeros(len(runs), dtype=bool)
    values[1::2] = True
    return np.repeat(values, runs).reshape(width, height).T


def _pack(counts: Sequence[int]) -> str:
    out = bytearray()
    for i, count in enumerate(counts):
        value = count - counts[i - 2] if i > 2 else count
        while True:
            bits = value & 31
            value >>= 5
            more = value != (-1 if bits & 16 else 0)
            out.append(48 + bits + (32 if more else 0))
            if not more:
                break
    return out.decode("ascii")


def _unpack(text: str) -> list[int]:
    counts: list[int] = []
    value = shift = 0
    for byte in text.encode("ascii", "replace"):
        group = byte - 48
        if not 0 <= group < 64 or shift > 30:
            raise ValueError("a mask has a character that no run-length code uses")
        value |= (group & 31) << shift
        shift += 5
        if group & 32:
            continue
        if group & 16:
            value -= 1 << shift
        counts.append(value + (counts[-2] if len(counts) > 2 else 0))
        if abs(counts[-1]) > _LONGEST:
            raise ValueError("a mask has a run that no image can hold")
        value = shift = 0
    if shift:
        raise ValueError("a mask ends within a number")
    return counts
