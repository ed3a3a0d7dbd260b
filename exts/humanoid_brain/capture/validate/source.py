# SPDX-License-Identifier: Apache-2.0
"""The dataset under inspection, one picture at a time, whoever wrote it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from humanoid_brain.capture.findings import Finding

Json = dict[str, Any]


@dataclass(frozen=True)
class FileFacts:
    """A file of a picture: where it lies, and size and checksum if they were recorded."""

    output: str
    path: Path
    bytes: int | None = None
    sha256: str | None = None


@dataclass
class Picture:
    """One picture with its labels."""

    key: str
    """Name by which the report calls it."""
    width: int
    height: int
    annotations: list[Json]
    """In COCO form."""
    files: list[FileFacts] = field(default_factory=list)
    """The picture itself comes first, if there is one."""
    flaws: list[Finding] = field(default_factory=list)
    """What was wrong with its entry; files that it concerns are left out of ``files``."""


class Source(Protocol):
    """A dataset to inspect."""

    title: str
    categories: list[Json]
    must_have_objects: bool
    """Whether a picture without any object is an error, rather than a negative example."""
    count: int
    """Number of pictures."""

    def picture(self, number: int) -> Picture:
        """The picture with a number from 0 to ``count`` - 1. Called from several threads."""
        ...

    def structure(self) -> Iterator[Finding]:
        """Flaws of the dataset as a whole, apart from those of single pictures."""
        ...
