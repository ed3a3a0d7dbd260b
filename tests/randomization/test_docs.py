# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from pathlib import Path

import pytest

from humanoid_brain.config import randomization_terms as terms
from humanoid_brain.config import randomization_view as view
from humanoid_brain.config.randomization_terms import FOG, FOG_COLOR, FOG_DENSITY

SHARED = {"kind", "hold", "select", "optional"}
CONFIGS = [
    terms.LightTerm,
    terms.LightPoolTerm,
    terms.MaterialTerm,
    terms.PropTerm,
    terms.FogTerm,
    view.CameraTerm,
    view.DistractorTerm,
    view.ImageTerm,
]
SETTINGS = {
    "LightTerm": {"origin"},
    "LightPoolTerm": {"origin"},
    "MaterialTerm": {"each", "share"},
    "CameraTerm": {"path", "azimuth_from", "min_height", "clearance", "clear_view", "attempts"},
}


@pytest.mark.parametrize("config", CONFIGS, ids=lambda config: config.__name__)
def test_the_guide_names_every_quantity(repo_root: Path, config: type[terms.Term]) -> None:
    text = (repo_root / "docs" / "randomization.md").read_text()
    kind = config.model_fields["kind"].default
    row = next(line for line in text.splitlines() if line.startswith(f"| `{kind}` |"))
    quantities = config.model_fields.keys() - SHARED - SETTINGS.get(config.__name__, set())
    assert [name for name in quantities if f"`{name}`" not in row] == []


def test_the_guide_names_the_attributes_of_the_fog(repo_root: Path) -> None:
    text = (repo_root / "docs" / "randomization.md").read_text()
    assert all(f"`{name}`" in text for name in (FOG, FOG_DENSITY, FOG_COLOR))
