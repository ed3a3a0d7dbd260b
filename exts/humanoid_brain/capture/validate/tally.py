# SPDX-License-Identifier: Apache-2.0
"""Findings by kind: all are counted, the first of each kind are kept."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from humanoid_brain.capture.findings import SEVERITIES, Finding, Severity
from humanoid_brain.capture.validate.advice import ADVICE

_KEPT = 50


@dataclass
class Group:
    """All findings of one kind and severity."""

    code: str
    severity: Severity
    count: int = 0
    examples: list[Finding] = field(default_factory=list)

    @property
    def title(self) -> str:
        """Its heading in the report."""
        return ADVICE[self.code].title

    @property
    def todo(self) -> str:
        """What to do about it."""
        return ADVICE[self.code].todo

    def as_json(self) -> dict[str, Any]:
        """For report.json."""
        examples = [{"what": f.what, "where": f.where, "picture": f.image, "box": f.box} for f in self.examples]
        return {
            "code": self.code,
            "severity": self.severity,
            "count": self.count,
            "title": self.title,
            "todo": self.todo,
            "examples": examples,
        }


class Tally:
    """Counts findings as they come."""

    def __init__(self) -> None:
        self._groups: dict[tuple[str, Severity], Group] = {}

    def add(self, finding: Finding) -> None:
        """Count a finding, and keep it if it is among the first of its kind."""
        key = (finding.code, finding.severity)
        group = self._groups.setdefault(key, Group(*key))
        group.count += 1
        if len(group.examples) < _KEPT:
            group.examples.append(finding)

    def groups(self) -> list[Group]:
        """The gravest first, then the most frequent."""
        return sorted(self._groups.values(), key=lambda g: (SEVERITIES.index(g.severity), -g.count, g.code))

    def count(self, severity: Severity) -> int:
        """Findings of a severity."""
        return sum(group.count for group in self._groups.values() if group.severity == severity)
