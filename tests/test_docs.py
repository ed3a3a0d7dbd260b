# SPDX-License-Identifier: Apache-2.0
"""The guides name what there is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from humanoid_brain.learning.terms.observations import observation
from humanoid_brain.learning.terms.rewards import reward
from humanoid_brain.learning.terms.terminations import termination
from humanoid_brain.paths import share

GUIDES = [share() / "README.md", *sorted((share() / "docs").glob("*.md"))]


@pytest.mark.parametrize("registry", [reward, observation, termination], ids=lambda r: r.kind)
def test_every_term_is_in_the_training_guide(registry) -> None:
    text = (share() / "docs" / "training.md").read_text()
    missing = [name for name in registry.functions if f"`{name}`" not in text]
    assert not missing


@pytest.mark.parametrize("guide", GUIDES, ids=lambda path: path.name)
def test_links_and_paths_lead_somewhere(guide: Path) -> None:
    text = guide.read_text()
    links = re.findall(r"\]\((?!https?://|#)([^)#]+)", text)
    named = re.findall(r"`((?:config|docs|data|benchmarks|exts|tests|scripts)/[\w./-]+)`", text)
    absent = [link for link in links if not (guide.parent / link).exists()]
    absent += [path for path in named if not (share() / path).exists()]
    assert not absent
