# SPDX-License-Identifier: Apache-2.0
"""What an inspection finds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning", "note"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note")
"""The gravest first. An error makes training fail or go wrong; a warning may; a note is for information."""


@dataclass(frozen=True)
class Finding:
    """One flaw at one place."""

    code: str
    """Kind of flaw, such as "truncated"; the same word in the report, in JSON and in the documentation."""
    severity: Severity
    what: str
    """What is wrong, with the figures."""
    where: str = ""
    """File, or frame and object."""
    image: str = ""
    """The picture that shows it, by its key in the source; empty if there is none."""
    box: tuple[float, float, float, float] | None = None
    """Place in the picture: x, y, width, height in pixels."""
