# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest

from humanoid_brain.config import base
from humanoid_brain.config.distributions import Constant, Integer, Schedule, Uniform
from humanoid_brain.config.randomization import AnyTerm, RandomizationConfig
from humanoid_brain.config.randomization_terms import LightPoolTerm, LightTerm
from humanoid_brain.errors import ConfigError

SUN = "terms:\n  sun:\n    kind: light\n    select: {labels: [sun]}\n"


def refused(text: str) -> str:
    with pytest.raises(ConfigError) as caught:
        base.parse(RandomizationConfig, text, "random.yaml")
    return str(caught.value)


def test_numbers_and_pairs_stand_for_distributions() -> None:
    config = base.parse(
        RandomizationConfig,
        SUN + "    intensity: [100, 200]\n    exposure: 2\n  p: {kind: light_pool, count: [1, 3]}\n",
        "r",
    )
    sun, pool = config.terms["sun"], config.terms["p"]
    assert isinstance(sun, LightTerm) and isinstance(pool, LightPoolTerm)
    assert sun.intensity == Uniform(low=100.0, high=200.0)
    assert sun.exposure == Constant(value=2.0)
    assert pool.count == Integer(low=1, high=3)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("    intensity: [200, 100]\n", "random.yaml:5: terms.sun.intensity: the lower end of the range"),
        (
            "    intensity:\n      kind: log_uniform\n      low: 0\n      high: 5\n",
            "random.yaml:7: terms.sun.intensity.low: Input should be greater than 0",
        ),
        ("    intensity: [-5, 5]\n", "random.yaml:5: terms.sun.intensity: draws from -5 to 5 leave"),
        ("    temperature: [3000, 70000]\n", "leave the possible range of 1000 to 10000 K"),
        ("    intensity: {kind: uniform, low: 1}\n", "random.yaml:5: terms.sun.intensity.high: Field required"),
        ("    intensity: {kind: triangle}\n", "random.yaml:5: terms.sun.intensity: Input tag 'triangle'"),
        ("    intensity: {kind: normal, mean: 5, std: 1, low: 6, high: 9}\n", "the mean 5 lies outside the limits"),
        ("    intensity: {kind: choice, values: [1, 2], weights: [1]}\n", "1 weights for 2 choices"),
        ("    intensity: {kind: choice, values: [1, 2], weights: [0, 0]}\n", "one at least must be above 0"),
        ("    intensity: .nan\n", "random.yaml:5: terms.sun.intensity: Input should be a finite number"),
        ("    direction: {kind: hemisphere, elevation: [-10, 20]}\n", "lies below a hemisphere"),
        ("    direction: {kind: sphere, azimuth: [0, 400]}\n", "more than a full turn"),
        ("    position: {kind: box, low: [0, 0, 2], high: [1, 1, 1]}\n", "the lower end of z, 2"),
        ("    position: {kind: shell, radius: [-1, 2]}\n", "radius -1 is below 0"),
        ("    color: {kind: palette, colors: [[0, 0, 2]]}\n", "terms.sun.color.colors.0.2: Input should be less than"),
        ("    roughness: 0.5\n", "random.yaml:5: unknown key 'terms.sun.roughness'"),
    ],
)
def test_an_impossible_range_is_refused_by_file_line_and_field(text: str, message: str) -> None:
    assert message in refused(SUN + text)


@pytest.mark.parametrize(
    ("term", "message"),
    [
        ("{kind: light_pool, count: 99}", "draws from 99 to 99 leave the possible range of 0 to 32"),
        ("{kind: light_pool, count: 1.5}", "a count must be a whole number"),
        ("{kind: light, select: {}}", "name at least one label or path"),
        ("{kind: light, select: {paths: [World]}}", "must begin with '/'"),
        ("{kind: material, select: {labels: [a]}, tiling: 2}", "tiling needs a texture"),
        ("{kind: material, select: {labels: [a]}, color: {kind: hsv}, tint: {kind: hsv}}", "exclude one another"),
        ("{kind: camera, focal_length: [0, 10]}", "leave the possible range of 1 to 500 mm"),
        ("{kind: fog, density: -1}", "leave the possible range of 0 to 10 1/m"),
        ("{kind: light_pool, size: {kind: schedule, start: 1, end: 2, over: [5, 5]}}", "must rise"),
        ("{kind: light_pool, size: {kind: schedule, start: 1, end: 0, over: [0, 5]}}", "draws from 0 to 1 leave"),
        (
            "{kind: light_pool, size: {kind: schedule, start: 1, end: 2, by: progress, over: [0, 5]}}",
            "progress ends at 1",
        ),
    ],
)
def test_an_impossible_term_is_refused(term: str, message: str) -> None:
    assert message in refused(f"terms:\n  one: {term}\n")


def test_two_fogs_cannot_both_fill_the_room() -> None:
    assert "'a' and 'b' are both of the kind fog" in refused("terms:\n  a: {kind: fog}\n  b: {kind: fog}\n")


def test_a_term_needs_a_name_that_a_prim_can_have() -> None:
    assert "String should match pattern" in refused("terms:\n  my-fog: {kind: fog}\n")


@pytest.mark.parametrize(
    ("shape", "weights"), [("linear", (0.0, 0.25, 0.5, 1.0)), ("cosine", (0.0, 0.1464466, 0.5, 1.0))]
)
def test_a_schedule_goes_from_start_to_end(shape: str, weights: tuple[float, ...]) -> None:
    schedule = Schedule.model_validate({"start": 0, "end": 1, "over": (100, 200), "shape": shape})
    assert [schedule.weight(frame, 0.0) for frame in (0, 125, 150, 999)] == pytest.approx(weights)


def test_a_schedule_in_steps_stands_between_them() -> None:
    schedule = Schedule.model_validate({"start": 0, "end": 1, "over": (0, 1), "by": "progress", "shape": "steps"})
    weights = [schedule.weight(10**6, progress) for progress in (0.0, 0.24, 0.26, 0.74, 1.0)]
    assert weights == [0.0, 0.0, 0.25, 0.5, 1.0]


@pytest.mark.parametrize("name", ["mild", "standard", "strong", "everything"])
def test_presets_load_and_survive_being_written(repo_root: Path, name: str) -> None:
    config = base.load(RandomizationConfig, repo_root / "config" / "randomization" / f"{name}.yaml")
    assert base.parse(RandomizationConfig, base.dump(config), "copy") == config
    assert config.terms


def test_the_standard_preset_has_the_ranges_that_were_asked_for(repo_root: Path) -> None:
    config = base.load(RandomizationConfig, repo_root / "config" / "randomization" / "standard.yaml")
    lamps, robot, view = (config.terms[name].model_dump() for name in ("lamps", "robot", "view"))
    assert (lamps["intensity"]["low"], lamps["intensity"]["high"]) == (100.0, 10000.0)
    assert (lamps["temperature"]["low"], lamps["temperature"]["high"]) == (3000.0, 7000.0)
    assert (lamps["position"]["low"], lamps["position"]["high"]) == ((-2.0, -2.0, 0.0), (2.0, 2.0, 2.0))
    for quantity in ("roughness", "metallic", "specular"):
        assert (robot[quantity]["low"], robot[quantity]["high"]) == (0.0, 1.0)
    assert (view["focal_length"]["low"], view["focal_length"]["high"]) == (18.0, 55.0)


def test_everything_has_a_range_for_each_quantity_of_each_family(repo_root: Path) -> None:
    """The panel takes from there what it proposes for a quantity that is switched on."""
    config = base.load(RandomizationConfig, repo_root / "config" / "randomization" / "everything.yaml")
    left_out: dict[str, set[str]] = {}
    for term in config.terms.values():
        missing = {name for name in type(term).model_fields if getattr(term, name) is None}
        left_out[term.kind] = left_out.get(term.kind, missing) & missing
    families = {family.model_fields["kind"].default for family in get_args(get_args(AnyTerm)[0])}
    # A position is in the coordinates of one scene.
    assert left_out == {kind: {"position"} if kind == "light" else set() for kind in families}
