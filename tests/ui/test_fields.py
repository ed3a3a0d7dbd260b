# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal, cast

import pytest
from pydantic import Field as PydanticField
from pydantic import TypeAdapter

from humanoid_brain.config.base import Model, check
from humanoid_brain.config.capture import CaptureConfig
from humanoid_brain.config.commands import BenchConfig, BuildSceneConfig, DemoConfig, MergeConfig
from humanoid_brain.config.distributions import Scalar, Share
from humanoid_brain.config.evaluation import EvaluationConfig, PlayConfig
from humanoid_brain.config.export import ExportConfig
from humanoid_brain.config.scene import SceneConfig
from humanoid_brain.config.training import TrainingConfig
from humanoid_brain.config.validation import ValidationConfig
from humanoid_brain.ui.fields import Field, describe, field_at, start_value

CONFIGS = (
    BenchConfig,
    BuildSceneConfig,
    CaptureConfig,
    DemoConfig,
    EvaluationConfig,
    ExportConfig,
    MergeConfig,
    PlayConfig,
    SceneConfig,
    TrainingConfig,
    ValidationConfig,
)


def all_fields(model: type[Model], seen: set[type[Model]] | None = None) -> Iterator[tuple[type[Model], Field]]:
    """Every field that can be reached from a model, each once."""
    seen = set() if seen is None else seen
    if model in seen:
        return
    seen.add(model)
    for field in describe(model):
        yield model, field
        for part in (field, *field.items):
            below = [variant.model for variant in part.variants] + ([part.model] if part.model else [])
            for each in below:
                yield from all_fields(each, seen)


@pytest.mark.parametrize("config", CONFIGS, ids=lambda config: config.__name__)
def test_every_field_of_every_configuration_has_a_widget_and_a_label(config: type[Model]) -> None:
    for model, field in all_fields(config):
        assert field.label, f"{model.__name__}.{field.name}"
        if not field.fixed:
            assert field.help or model.__name__ == "VelocityCommandConfig", f"{model.__name__}.{field.name}"


class Example(Model):
    """A model with one field of each sort."""

    height: float = PydanticField(default=1.7, ge=1.0, lt=2.2)
    """Height in m, without shoes.

    A second paragraph.
    """
    share: Share | None = None
    """How much of it."""
    push: Scalar = PydanticField(default_factory=lambda: TypeAdapter(Scalar).validate_python([0, 2]))
    """Push, m/s."""
    mode: Literal["a", "b"] = "a"
    """Which."""
    place: tuple[float, float] = (0.0, 1.0)
    """Place in m."""
    names: list[str] = PydanticField(default_factory=list)
    """Names."""
    folder: Path = Path("out")
    """Folder."""


def test_label_help_unit_and_limits_come_out_of_the_model() -> None:
    height = field_at(Example, "height")
    assert (height.kind, height.label, height.unit, height.default) == ("number", "Height", "m", 1.7)
    assert height.help == "Height in m, without shoes.\nA second paragraph."
    assert str(height.limits) == "1 to below 2.2"
    assert height.limits.contains(1.0) and not height.limits.contains(2.2)
    assert "1 to below 2.2 m" in height.tooltip


def test_distribution_choice_tuple_list_and_path_are_told_apart() -> None:
    share = field_at(Example, "share")
    assert share.optional and share.distribution and str(share.limits) == "0 to 1"
    push = field_at(Example, "push")
    assert push.default == {"kind": "uniform", "low": 0.0, "high": 2.0} and push.unit == "m/s"
    assert field_at(Example, "mode").choices == ("a", "b")
    assert [item.unit for item in field_at(Example, "place").items] == ["m", "m"]
    assert field_at(Example, "names").kind == "list"
    assert field_at(Example, "folder").kind == "path"


@pytest.mark.parametrize(
    ("names", "unit", "limits"),
    [
        (("scene", "robot", "source", "humanoid", "mass"), "kg", "10 to 200"),
        (("scene", "physics", "gravity"), "m/s²", "0 to 30"),
        (("scene", "camera", "focal_length"), "mm", "above 1 to 500"),
        (("scene", "lights", "sun_elevation"), "°", "0 to 90"),
        (("scene", "interior", "width"), "m", ""),
        (("task", "episode"), "s", "above 0"),
        (("checkpoint", "reserve_mib"), "MiB", "at least 0"),
        (("ppo", "epochs"), "", "1 to 100"),
    ],
)
def test_units_and_limits_of_known_fields(names: tuple[str, ...], unit: str, limits: str) -> None:
    field = field_at(TrainingConfig, *names)
    assert (field.unit, str(field.limits)) == (unit, limits)


def test_limits_of_drawn_numbers_are_those_of_the_quantity() -> None:
    terms = field_at(CaptureConfig, "randomization", "terms")
    light = next(variant for variant in terms.items[0].variants if variant.name == "light")
    kelvin = field_at(light.model, "temperature")
    assert (kelvin.unit, str(kelvin.limits), kelvin.optional) == ("K", "1,000 to 10,000", True)
    pool = next(variant for variant in terms.items[0].variants if variant.name == "light_pool")
    assert field_at(pool.model, "count").whole and not field_at(pool.model, "size").whole


@pytest.mark.parametrize("config", CONFIGS, ids=lambda config: config.__name__)
def test_what_is_switched_on_begins_with_a_value_that_fits(config: type[Model]) -> None:
    for model, field in all_fields(config):
        if not field.optional or field.model is not None or field.kind in ("path", "text"):  # only a user can tell
            continue
        info = model.model_fields[field.name]
        adapter: TypeAdapter[Any] = TypeAdapter(cast(Any, Annotated[info.annotation, info]))  # pyright: ignore[reportInvalidTypeForm]
        adapter.validate_python(start_value(field))


def test_every_term_can_begin_with_what_its_fields_say() -> None:
    terms = field_at(CaptureConfig, "randomization", "terms")
    for variant in terms.items[0].variants:
        data = {f.name: start_value(f) for f in describe(variant.model) if f.required or not f.optional}
        if "select" in data:
            data["select"]["labels"] = ["chair"]
        model, problems = check(variant.model, data)
        assert model is not None, (variant.name, problems)
