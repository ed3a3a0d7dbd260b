# SPDX-License-Identifier: Apache-2.0
"""Pictures that look alike: a perceptual hash finds candidates, small copies confirm them.

The hash holds one bit for each of the 64 lowest frequencies of a 32 x 32 grey copy: whether its coefficient is above
their median. Source: Zauner, "Implementation and Benchmarking of Perceptual Image Hash Functions" (2010), the
DCT-based hash.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

COPY = 16
"""Edge of the small copies in pixels."""
_EDGE, _LOW, _BITS = 32, 8, 64
_BLOCK = 2048
_ONES = np.array([bin(word).count("1") for word in range(1 << 16)], np.uint8)


@dataclass(frozen=True, eq=False)
class Look:
    """How a picture looks."""

    sha256: bytes
    """Digest of its file."""
    hash: int
    """64 bits that change little when the picture does."""
    copy: npt.NDArray[np.uint8]
    """(16, 16) grey."""


def look(grey: npt.NDArray[np.uint8], data: bytes) -> Look:
    """Take down how a picture looks.

    Args:
        grey: (H, W).
        data: The file.
    """
    import cv2

    thumb = cv2.resize(grey, (_EDGE, _EDGE), interpolation=cv2.INTER_AREA)
    low = cv2.dct(thumb.astype(np.float32))[:_LOW, :_LOW].ravel()
    bits = int.from_bytes(np.packbits(low > np.median(low)).tobytes(), "big")
    copy = cv2.resize(thumb, (COPY, COPY), interpolation=cv2.INTER_AREA).astype(np.uint8)
    return Look(hashlib.sha256(data).digest(), bits, copy)


def look_alikes(
    hashes: npt.NDArray[np.uint64], copies: npt.NDArray[np.uint8], bits: int, difference: float
) -> list[list[int]]:
    """Groups of pictures that look alike, each with its members ascending.

    Args:
        hashes: (N,).
        copies: (N, 16, 16).
        bits: Most bits in which hashes of a pair differ.
        difference: Mean grey difference below which the small copies confirm a pair, 0 to 255.
    """
    parent = list(range(len(hashes)))

    def root(item: int) -> int:
        while parent[item] != item:
            parent[item] = parent[parent[item]]
            item = parent[item]
        return item

    small = copies.astype(np.int16)
    for one, other in _candidates(hashes, bits):
        a, b = root(one), root(other)
        if a != b and float(np.abs(small[one] - small[other]).mean()) < difference:
            parent[max(a, b)] = min(a, b)
    groups: dict[int, list[int]] = defaultdict(list)
    for item in range(len(hashes)):
        groups[root(item)].append(item)
    return [group for group in groups.values() if len(group) > 1]


def _candidates(hashes: npt.NDArray[np.uint64], bits: int) -> Iterator[tuple[int, int]]:
    """Pairs that differ in few bits. Cut into one more piece than that, their hashes share at least one piece."""
    edges = np.linspace(0, _BITS, bits + 2).astype(int)
    for start, end in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        piece = (hashes >> np.uint64(start)) & np.uint64((1 << (end - start)) - 1)
        order = np.argsort(piece, kind="stable")
        cuts = np.flatnonzero(np.diff(piece[order])) + 1
        for members in np.split(order, cuts):
            if len(members) > 1:
                yield from _near(hashes, members, bits)


def _near(hashes: npt.NDArray[np.uint64], members: npt.NDArray[np.intp], bits: int) -> Iterator[tuple[int, int]]:
    values = hashes[members]
    for start in range(0, len(values), _BLOCK):
        differing = values[start : start + _BLOCK, None] ^ values[None, start:]
        counts = _ONES[differing.view(np.uint16)].reshape(*differing.shape, 4).sum(-1)
        rows, columns = np.nonzero(counts <= bits)
        ahead = columns > rows
        for row, column in zip(rows[ahead].tolist(), columns[ahead].tolist(), strict=True):
            yield int(members[start + row]), int(members[start + column])
