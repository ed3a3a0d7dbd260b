# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import math
import time
from pathlib import Path
from typing import Literal

import pytest
from pydantic import Field, ValidationError

from humanoid_brain.config import base
from humanoid_brain.config.base import Model
from humanoid_brain.config.randomization import RandomizationConfig
from humanoid_brain.errors import ConfigError, StorageError


class Joint(Model):
    stiffness: float = Field(default=100.0, ge=0.0)
    """N*m/rad."""
    limits: tuple[float, float] = (-1.0, 1.0)


class Robot(Model):
    name: str
    mass: float = Field(default=60.0, gt=0.0)
    device: Literal["cpu", "cuda"] = "cpu"
    joints: dict[str, Joint] = Field(default_factory=dict)
    masses: list[float] = Field(default_factory=list)


def refused(text: str) -> str:
    with pytest.raises(ConfigError) as caught:
        base.parse(Robot, text, "robot.yaml")
    return str(caught.value)


def test_defaults_fill_what_the_file_leaves_out() -> None:
    robot = base.parse(Robot, "name: walker\njoints:\n  knee: {stiffness: 80}\n", "robot.yaml")
    assert (robot.mass, robot.joints["knee"].stiffness) == (60.0, 80.0)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name: a\nmas: 3\n", "robot.yaml:2: unknown key 'mas'"),
        ("name: a\njoints:\n  knee:\n    stifness: 1\n", "robot.yaml:4: unknown key 'joints.knee.stifness'"),
        ("name: a\nmass: -1\n", "robot.yaml:2: mass: Input should be greater than 0 (got -1)"),
        ("name: a\nmass: .nan\n", "robot.yaml:2: mass: Input should be a finite number (got nan)"),
        ("name: a\nmass: -.inf\n", "robot.yaml:2: mass: Input should be a finite number (got -inf)"),
        ("name: a\nmass: 1e+300\n", "robot.yaml:2: mass: a number must lie within -1e+09 and 1e+09 (got '1e+300')"),
        ("name: a\nmasses:\n- 1.0\n- -2e+9\n", "masses: a number must lie within -1e+09 and 1e+09"),
        ("name: a\njoints:\n  knee: {limits: [-1.0e+10, 1]}\n", "joints.knee.limits: a number must lie within"),
        ("name: a\nmass: heavy\n", "robot.yaml:2: mass: Input should be a valid number"),
        ("name: a\nmasses:\n- 1.0\n- .nan\n", "robot.yaml:4: masses.1: Input should be a finite number"),
        ("name: a\ndevice: tpu\n", "robot.yaml:2: device: Input should be 'cpu' or 'cuda' (got 'tpu')"),
        ("mass: 3\n", "robot.yaml:1: name: Field required"),
        ("", "robot.yaml:1: name: Field required"),
        ("name: a\njoints:\n  knee: 3\n", "robot.yaml:3: joints.knee: Input should be a valid dictionary"),
        ("name: a\nmass: 1\nname: b\n", "robot.yaml:3: 'name' is given twice"),
        (
            "name: a\njoints:\n  knee: {stiffness: 1, stiffness: 2}\n",
            "robot.yaml:3: 'joints.knee.stiffness' is given twice",
        ),
        ("- a\n- b\n", "robot.yaml:1: the top of a configuration must be a mapping"),
        ("walker", "robot.yaml:1: the top of a configuration must be a mapping"),
        ("name: [a\n", "robot.yaml:2: not valid YAML"),
        ("name: 'a\n", "robot.yaml:2: not valid YAML"),
        ("name: a\n\tmass: 3\n", "robot.yaml:2: not valid YAML"),
        ("name: a\n---\nname: b\n", "robot.yaml:2: not valid YAML"),
        ("name: \x00\n", "robot.yaml: not valid YAML"),
        ("? [a, b]\n: 1\n", "robot.yaml:1: a key must be a plain word"),
        ("name: a\nmass: 2026-13-41\n", "not valid YAML"),
        ("name: a\nmass: !!int x\n", "not valid YAML"),
        ("name: a\nmass: *unknown\n", "robot.yaml:2: not valid YAML"),
        ("name: !!python/object/apply:os.system ['true']\n", "robot.yaml:1: not valid YAML"),
        ("a: &a\n  b: *a\n", "robot.yaml:1: unknown key 'a'"),
        ("name: " + "[" * 5000 + "]" * 5000, "nested too deeply"),
    ],
    ids=lambda text: text[:40],
)
def test_message_names_file_line_and_field(text: str, message: str) -> None:
    assert message in refused(text)


def test_every_trouble_is_told_at_once() -> None:
    lines = refused("mass: -1\nmas: 3\n").splitlines()
    assert len(lines) == 3
    assert all(line.startswith("robot.yaml:") for line in lines)


def test_dangerous_tag_runs_nothing(tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    refused(f"name: !!python/object/apply:os.mkdir ['{trace}']\n")
    assert not trace.exists()


def test_aliases_of_aliases_do_not_take_for_ever() -> None:
    doubling = "".join(f"a{i}: &a{i} [*a{i - 1}, *a{i - 1}]\n" for i in range(1, 60))
    began = time.perf_counter()
    assert "unknown key" in refused("a0: &a0 [x]\n" + doubling)
    assert time.perf_counter() - began < 5.0  # milliseconds here; walking 2^60 nodes would never end


def test_anchor_can_be_used_twice() -> None:
    robot = base.parse(Robot, "name: a\njoints:\n  knee: &k {stiffness: 7}\n  hip: *k\n", "robot.yaml")
    assert robot.joints["hip"] == robot.joints["knee"]


def test_missing_file_and_binary_file_are_named(tmp_path: Path) -> None:
    path = tmp_path / "robot.yaml"
    with pytest.raises(ConfigError, match=r"robot\.yaml: cannot read the configuration: No such file"):
        base.load(Robot, path)
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match="not UTF-8 text"):
        base.load(Robot, path)
    with pytest.raises(ConfigError, match="directory"):
        base.load(Robot, tmp_path)


def test_saved_configuration_reads_back_equal(tmp_path: Path) -> None:
    robot = Robot(
        name="Grüße: 'q' #1", mass=1e-05, joints={"knee.*": Joint(stiffness=0.1 + 0.2, limits=(-math.pi, math.pi))}
    )
    path = tmp_path / "robot.yaml"
    base.save(robot, path)
    assert base.load(Robot, path) == robot
    assert base.parse(Robot, base.dump(robot), "again") == robot


def test_saving_where_nothing_can_be_written_says_so(tmp_path: Path) -> None:
    with pytest.raises(StorageError):
        base.save(Robot(name="a"), tmp_path / "missing" / "robot.yaml")


def test_values_are_checked_on_assignment_too() -> None:
    robot = Robot(name="a")
    with pytest.raises(ValidationError):
        robot.mass = math.nan
    assert robot.mass == 60.0


def test_field_docstring_is_its_help() -> None:
    assert Joint.model_fields["stiffness"].description == "N*m/rad."


def test_a_number_too_large_for_any_check_is_one_clear_error() -> None:
    text = f"terms: {{image: {{kind: image, vignette: {{kind: integer, low: {'9' * 400}, high: 6}}}}}}"
    with pytest.raises(ConfigError, match="too large"):
        base.parse(RandomizationConfig, text, "ranges.yaml")
