# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image
from pxr import Tf, Usd

from humanoid_brain.config import base
from humanoid_brain.config.randomization import RandomizationConfig
from humanoid_brain.errors import ConfigError, HumanoidBrainError, SceneError
from humanoid_brain.randomization.image import ImageEffects
from humanoid_brain.randomization.randomizer import Context, Draw, Randomizer
from humanoid_brain.randomization.summary import summarize
from humanoid_brain.randomization.term import registry
from tests.randomization.conftest import changes, make_room, save, snapshot

Configured = Callable[[str], RandomizationConfig]

ALL = """
terms:
  sun:
    kind: light
    select: {{paths: [/World/lights/sun]}}
    intensity: [100, 1000]
    exposure: [-1, 1]
    temperature: [3000, 7000]
    direction: {{kind: hemisphere}}
  sky:
    kind: light
    select: {{paths: [/World/lights/sky]}}
    rotation: [0, 360]
    texture: {{folder: {folder}, share: 0.5}}
  lamps: {{kind: light_pool, count: [0, 4], color: {{kind: hsv}}, shapes: [sphere, rect, disk]}}
  looks:
    kind: material
    select: {{labels: [chair, table]}}
    color: {{kind: hsv}}
    roughness: [0, 1]
    metallic: [0, 1]
    specular: [0, 1]
    clearcoat: [0, 1]
    texture: {{folder: {folder}, share: 0.5}}
    tiling: [1, 4]
  chairs:
    kind: prop
    select: {{labels: [chair]}}
    offset: {{kind: box, low: [-1, -1, 0], high: [1, 1, 0]}}
    yaw: [0, 360]
    scale: [0.8, 1.2]
    count: [0, 3]
  view:
    kind: camera
    focal_length: [18, 55]
    f_stop: [0, 8]
    roll: [-5, 5]
    distortion: {{k1: [-0.1, 0.1]}}
    look_at: {{kind: shell, radius: [0, 0.3]}}
  mist: {{kind: fog}}
  clutter: {{kind: distractors, count: [0, 4]}}
  blockers: {{kind: occluders, count: [0, 3]}}
  picture: {{kind: image, exposure: [-1, 1], white_balance: [3000, 9000]}}
"""


@pytest.fixture
def everything(configured: Configured, tmp_path: Path) -> RandomizationConfig:
    folder = tmp_path / "images"
    folder.mkdir()
    for name in ("a.png", "b.png"):
        Image.new("RGB", (2, 2)).save(folder / name)
    config = configured(ALL.format(folder=folder))
    assert {term.kind for term in config.terms.values()} == set(registry.classes), "a term is missing from this test"
    return config


def test_a_frame_drawn_alone_equals_the_one_drawn_in_sequence(everything: RandomizationConfig) -> None:
    in_order = Randomizer(everything, make_room(), 4)
    sequence = [in_order.draw(frame) for frame in range(40)]
    alone = Randomizer(everything, make_room(), 4)
    for frame in (31, 2, 39):
        assert alone.draw(frame) == sequence[frame]
    assert Randomizer(everything, make_room(), 5).draw(31) != sequence[31]


def test_a_far_frame_can_be_drawn_alone(everything: RandomizationConfig) -> None:
    one, other = Randomizer(everything, make_room(), 4), Randomizer(everything, make_room(), 4)
    other.draw(0)
    assert one.draw(123_456_789) == other.draw(123_456_789)


def test_drawing_leaves_the_stage_alone(stage: Usd.Stage, everything: RandomizationConfig) -> None:
    randomizer = Randomizer(everything, stage, 4)
    before = snapshot(stage)
    randomizer.draw(0)
    assert snapshot(stage) == before


def test_one_draw_after_another_equals_the_second_alone(everything: RandomizationConfig) -> None:
    stages = make_room(), make_room()
    often, once = (Randomizer(everything, stage, 4) for stage in stages)
    for frame in range(12):
        often.apply(often.draw(frame))
        often.apply(often.draw(frame))
        fresh = make_room()
        single = Randomizer(everything, fresh, 4)
        single.apply(single.draw(frame))
        assert snapshot(stages[0]) == snapshot(fresh)
    once.apply(once.draw(11))
    assert snapshot(stages[1]) == snapshot(stages[0])


def test_every_draw_differs_and_shows(stage: Usd.Stage, everything: RandomizationConfig) -> None:
    randomizer = Randomizer(everything, stage, 4)
    seen = []
    for frame in range(4):
        randomizer.apply(randomizer.draw(frame))
        seen.append(snapshot(stage))
    assert all(changes(one, other) for one, other in itertools.pairwise(seen))


def test_the_same_draw_again_tells_nobody_of_a_change(stage: Usd.Stage, everything: RandomizationConfig) -> None:
    randomizer = Randomizer(everything, stage, 4)
    randomizer.apply(randomizer.draw(3))
    told: list[object] = []
    listener = Tf.Notice.Register(Usd.Notice.ObjectsChanged, lambda notice, _: told.append(notice), stage)
    randomizer.apply(randomizer.draw(3))
    assert told == []
    randomizer.apply(randomizer.draw(4))
    assert len(told) == 1  # one change for all edits
    listener.Revoke()


def test_reset_gives_the_scene_back_and_its_file_is_never_touched(
    everything: RandomizationConfig, tmp_path: Path
) -> None:
    path = save(make_room(), tmp_path / "room.usda")
    stage = Usd.Stage.Open(str(path))
    original, before = stage.GetRootLayer().ExportToString(), snapshot(stage)
    randomizer = Randomizer(everything, stage, 4)
    for frame in range(3):
        randomizer.apply(randomizer.draw(frame))
    assert stage.GetRootLayer().ExportToString() == original
    assert not stage.GetRootLayer().dirty
    shown = snapshot(stage)
    assert shown != before
    randomizer.reset()
    assert snapshot(stage) == before
    randomizer.apply(randomizer.draw(2))
    assert snapshot(stage) == shown


def test_values_survive_json_and_can_be_applied_from_there(everything: RandomizationConfig) -> None:
    one, other = make_room(), make_room()
    first, second = Randomizer(everything, one, 4), Randomizer(everything, other, 99)
    draw = first.draw(7)
    copy = Draw(7, json.loads(json.dumps(draw.values, allow_nan=False)))
    assert copy == draw
    first.apply(draw)
    second.apply(copy)
    assert snapshot(one) == snapshot(other)


def test_a_path_in_foreign_values_cannot_leave_its_folder(everything: RandomizationConfig, stage: Usd.Stage) -> None:
    randomizer = Randomizer(everything, stage, 4)
    values = dict(randomizer.draw(0).values)
    values["sky.World.lights.sky.texture"] = "../../etc/passwd"
    with pytest.raises(HumanoidBrainError, match="leads out of its folder"):
        randomizer.apply(Draw(0, values))


def test_values_of_another_configuration_are_refused_before_anything_changes(
    stage: Usd.Stage, configured: Configured
) -> None:
    randomizer = Randomizer(configured("terms:\n  a: {kind: fog}\n  b: {kind: light_pool}\n"), stage, 1)
    before = snapshot(stage)
    with pytest.raises(ConfigError, match=r"the draw has no value 'b\.active'"):
        randomizer.apply(Draw(0, {"a.density": 1.0, "a.color": [1.0, 1.0, 1.0]}))
    assert snapshot(stage) == before


def test_every_term_that_matches_nothing_is_listed_with_what_is_there(stage: Usd.Stage, configured: Configured) -> None:
    config = configured("""
terms:
  a: {kind: material, select: {labels: [sofa]}, roughness: 0}
  b: {kind: light, select: {paths: [/World/lights/moon]}, intensity: 1}
  c: {kind: camera, path: /World/eye}
  d: {kind: prop, select: {labels: [chair]}, count: 4}
  e: {kind: light, select: {paths: [/World/lights/sky]}, direction: {kind: sphere}}
  f: {kind: prop, select: {labels: [lamp]}, optional: true, scale: 2}
  g: {kind: light, select: {paths: [/World/floor]}, intensity: 1}
""")
    before = snapshot(stage)
    with pytest.raises(ConfigError) as caught:
        Randomizer(config, stage, 1)
    message = str(caught.value)
    for part in (
        "terms.a: no prim matches the class label 'sofa'; the stage has the class labels chair, cup, floor, table",
        "terms.b: no prim matches the path '/World/lights/moon'; /World/lights has sun, sky, lamp",
        "terms.c: there is no camera at /World/eye; the stage has /World/camera",
        "terms.d: count reaches 4, but the class label 'chair' matches 3 prims",
        "terms.e: 'direction' is for DistantLight, but the lights are DomeLight",
        "terms.g: the path '/World/floor' matches /World/floor, which is no light and holds none",
    ):
        assert part in message
    assert "terms.f" not in message
    assert snapshot(stage) == before


def test_two_terms_cannot_set_the_same_thing(stage: Usd.Stage, configured: Configured) -> None:
    config = configured("""
terms:
  a: {kind: light, select: {paths: ["/World/lights/*"]}, intensity: 1}
  b: {kind: light, select: {paths: [/World/lights/sun]}, intensity: 2}
  c: {kind: light, select: {paths: [/World/lights/sun]}, exposure: 2}
  d: {kind: material, select: {labels: [chair]}, roughness: 0}
  e: {kind: material, select: {paths: [/World/props/chair_1]}, metallic: 0}
""")
    with pytest.raises(ConfigError) as caught:
        Randomizer(config, stage, 1)
    message = str(caught.value)
    assert "terms.b: the intensity of /World/lights/sun is set by the term 'a' already" in message
    assert "terms.e: the material of /World/props/chair_1/seat is set by the term 'd' already" in message
    assert "terms.c" not in message


def test_a_stage_has_one_randomizer_at_a_time(stage: Usd.Stage, configured: Configured) -> None:
    config = configured("terms:\n  a: {kind: fog}\n")
    first = Randomizer(config, stage, 1)
    with pytest.raises(SceneError, match="randomized already"):
        Randomizer(config, stage, 1)
    first.reset()
    Randomizer(config, stage, 1)


def test_an_edit_of_the_session_that_would_hide_the_draws_is_reported(stage: Usd.Stage, configured: Configured) -> None:
    config = configured("terms:\n  a: {kind: light, select: {paths: [/World/lights/sun]}, intensity: [1, 2]}\n")
    randomizer = Randomizer(config, stage, 1)
    with Usd.EditContext(stage, stage.GetSessionLayer()):
        stage.GetAttributeAtPath("/World/lights/sun.inputs:intensity").Set(5.0)
    with pytest.raises(SceneError, match=r"/World/lights/sun\.inputs:intensity: the session layer sets"):
        randomizer.apply(randomizer.draw(0))


def test_a_held_draw_lasts_as_many_frames_as_told(stage: Usd.Stage, configured: Configured) -> None:
    randomizer = Randomizer(configured("terms:\n  a: {kind: fog, hold: 3}\n"), stage, 1)
    density = [randomizer.draw(frame).values["a.density"] for frame in range(9)]
    assert density == [density[0]] * 3 + [density[3]] * 3 + [density[6]] * 3
    assert len(set(density)) == 3


def test_a_name_is_part_of_the_address_and_its_place_is_not(configured: Configured) -> None:
    one = Randomizer(configured("terms:\n  a: {kind: fog}\n  p: {kind: light_pool}\n"), make_room(), 1).draw(0).values
    other = Randomizer(configured("terms:\n  p: {kind: light_pool}\n  b: {kind: fog}\n"), make_room(), 1).draw(0).values
    assert one["a.density"] != other["b.density"]
    assert {k: v for k, v in one.items() if k[0] == "p"} == {k: v for k, v in other.items() if k[0] == "p"}


def test_terms_without_targets_draw_nothing_and_do_no_harm(stage: Usd.Stage, configured: Configured) -> None:
    config = configured("""
terms:
  a: {kind: light_pool, count: 0}
  b: {kind: distractors, count: 0}
  c: {kind: prop, select: {labels: [sofa]}, optional: true, scale: [1, 2], count: 0}
  d: {kind: material, select: {labels: [sofa]}, optional: true, color: {kind: hsv}}
  e: {kind: light, select: {labels: [sofa]}, optional: true, intensity: [1, 2]}
""")
    randomizer, before = Randomizer(config, stage, 1), snapshot(stage)
    draw = randomizer.draw(0)
    randomizer.apply(draw)
    assert draw.values == {"a.count": 0, "a.active": [], "b.count": 0, "b.active": []}
    assert changes(before, snapshot(stage)) == set()


def test_a_schedule_follows_the_progress_of_the_context(stage: Usd.Stage, configured: Configured) -> None:
    config = configured(
        "terms:\n  a: {kind: fog, density: {kind: schedule, start: 0, end: [1, 2], by: progress, over: [0, 1]}}\n"
    )
    randomizer = Randomizer(config, stage, 1)
    start, middle, end = (randomizer.draw(0, Context(progress=p)).values["a.density"] for p in (0.0, 0.5, 1.0))
    assert isinstance(end, float)
    assert start == 0.0 and 1.0 <= end <= 2.0 and middle == pytest.approx(end / 2)


def test_effects_of_the_image_come_from_the_draw(stage: Usd.Stage, everything: RandomizationConfig) -> None:
    randomizer = Randomizer(everything, stage, 1)
    draw = randomizer.draw(0)
    effects = randomizer.image_effects(draw)
    assert effects.exposure == draw.values["picture.exposure"] and effects.contrast == 1.0
    del everything.terms["picture"]
    randomizer.reset()
    assert Randomizer(everything, stage, 1).image_effects(draw) == ImageEffects()


def test_a_summary_spans_the_ranges_without_a_stage(repo_root: Path) -> None:
    config = base.load(RandomizationConfig, repo_root / "config" / "randomization" / "standard.yaml")
    spread = summarize(config, 300)
    lamp = spread["lamps.intensity"]
    # 600 draws of a range of two decades come within 3 % of its ends but for odds of 1 in 10^4.
    assert 100.0 <= lamp.minimum < 105.0 and 9500.0 < lamp.maximum <= 10000.0
    assert lamp.median == pytest.approx(1000.0, rel=0.3)
    assert spread["lamps.count"].minimum == 1.0 and spread["lamps.count"].maximum == 3.0
    assert spread["robot.color.r"].minimum >= 0.0
    assert spread["view.position.z"].minimum >= 0.1
    assert "sun.direction.z" in spread and not any("active" in name for name in spread)


@pytest.mark.parametrize("name", ["mild", "standard", "strong"])
def test_presets_fit_the_scene_of_the_humanoid(repo_root: Path, tmp_path: Path, name: str) -> None:
    from humanoid_brain.config.scene import SceneConfig
    from humanoid_brain.scene.build import write_scene

    write_scene(SceneConfig(), tmp_path / "scene.usdc")
    config = base.load(RandomizationConfig, repo_root / "config" / "randomization" / f"{name}.yaml")
    stage = Usd.Stage.Open(str(tmp_path / "scene.usdc"))
    randomizer = Randomizer(config, stage, 0)
    before = snapshot(stage)
    for frame in range(3):
        randomizer.apply(randomizer.draw(frame))
    touched = {path.split(".")[0] for path in changes(before, snapshot(stage))}
    assert touched == {"/World/camera", "/World/lights/sun", "/World/lights/sky"}
