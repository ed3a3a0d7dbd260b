# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pxr import Gf, Usd, UsdGeom

from humanoid_brain.capture.labels import classes_of, labelled_prims
from humanoid_brain.config.capture import AnnotationConfig
from humanoid_brain.config.randomization import RandomizationConfig
from humanoid_brain.errors import ConfigError
from humanoid_brain.randomization.randomizer import Context, Draw, Randomizer
from humanoid_brain.randomization.terms.clutter import SUBJECT
from tests.randomization.conftest import CHAIRS, changes, snapshot, value, world_pose

Configured = Callable[[str], RandomizationConfig]
SELECT_SUN = "select: {paths: [/World/lights/sun]}"
SELECT_CHAIRS = "select: {labels: [chair]}"


def start(stage: Usd.Stage, config: RandomizationConfig, seed: int = 1) -> Randomizer:
    return Randomizer(config, stage, seed)


def apply(randomizer: Randomizer, frame: int = 0, context: Context | None = None) -> Draw:
    draw = randomizer.draw(frame, context)
    randomizer.apply(draw)
    return draw


@pytest.mark.parametrize(
    ("term", "changed"),
    [
        (f"{{kind: light, {SELECT_SUN}, intensity: [1, 9]}}", {"/World/lights/sun.inputs:intensity"}),
        (f"{{kind: light, {SELECT_SUN}, exposure: [1, 9]}}", {"/World/lights/sun.inputs:exposure"}),
        (
            f"{{kind: light, {SELECT_SUN}, temperature: [3000, 6000]}}",
            {"/World/lights/sun.inputs:colorTemperature", "/World/lights/sun.inputs:enableColorTemperature"},
        ),
        (f"{{kind: light, {SELECT_SUN}, color: {{kind: hsv}}}}", {"/World/lights/sun.inputs:color"}),
        (
            f"{{kind: light, {SELECT_SUN}, direction: {{kind: hemisphere}}}}",
            {"/World/lights/sun.xformOp:transform:randomization", "/World/lights/sun.xformOpOrder"},
        ),
        (
            "{kind: light, select: {paths: ['/World/lights/*']}, position: {kind: shell, radius: [1, 2]}}",
            {"/World/lights/lamp.xformOp:transform:randomization", "/World/lights/lamp.xformOpOrder"},
        ),
        (
            "{kind: light, select: {paths: ['/World/lights/*']}, rotation: [10, 350]}",
            {"/World/lights/sky.xformOp:transform:randomization", "/World/lights/sky.xformOpOrder"},
        ),
        (f"{{kind: prop, {SELECT_CHAIRS}, count: 0}}", {f"{path}.visibility" for path in CHAIRS}),
        (
            "{kind: prop, select: {paths: [/World/props/chair_1]}, scale: [2, 3]}",
            {f"{CHAIRS[1]}.xformOp:transform:randomization", f"{CHAIRS[1]}.xformOpOrder"},
        ),
        (
            "{kind: camera, azimuth: [10, 20]}",
            {"/World/camera.xformOp:transform:randomization", "/World/camera.xformOpOrder"},
        ),
        ("{kind: light_pool, count: 3}", set()),
        ("{kind: fog, density: [0.1, 0.2]}", set()),
        ("{kind: distractors, count: 3}", set()),
        ("{kind: image, exposure: [1, 2]}", set()),
    ],
)
def test_a_term_changes_what_it_says_and_nothing_else(
    stage: Usd.Stage, configured: Configured, term: str, changed: set[str]
) -> None:
    before = snapshot(stage)
    apply(start(stage, configured(f"terms:\n  one: {term}\n")))
    assert changes(before, snapshot(stage)) == changed


def test_lights_get_the_drawn_values(stage: Usd.Stage, configured: Configured) -> None:
    config = configured(f"""
terms:
  sun:
    {{kind: light, {SELECT_SUN}, intensity: [100, 10000], temperature: [3000, 7000], direction: {{kind: hemisphere}}}}
""")
    draw = apply(start(stage, config), 5)
    sun = "/World/lights/sun"
    assert value(stage, f"{sun}.inputs:intensity") == pytest.approx(draw.values["sun.World.lights.sun.intensity"])
    drawn = draw.values["sun.World.lights.sun.direction"]
    # A distant light shines along its -z axis, so +z points towards it.
    assert tuple(world_pose(stage, sun).GetRow3(2)) == pytest.approx(drawn)


def test_a_local_light_stands_above_the_ground_below_the_subject(stage: Usd.Stage, configured: Configured) -> None:
    config = configured("""
terms:
  lamp: {kind: light, select: {paths: [/World/lights/lamp]}, position: {kind: box, low: [-1, -1, 1], high: [1, 1, 2]}}
""")
    randomizer = start(stage, config)
    apply(randomizer, 0, Context(subject=(100.0, 50.0, 5.9), ground=5.0))
    position = world_pose(stage, "/World/lights/lamp").ExtractTranslation()
    assert (np.array([99, 49, 6]) <= position).all() and (np.array(position) <= [101, 51, 7]).all()


def test_a_sky_takes_its_texture_from_the_folder(stage: Usd.Stage, configured: Configured, tmp_path: Path) -> None:
    for name in ("noon", "dusk"):
        Image.new("RGB", (4, 2)).save(tmp_path / f"{name}.png")
    config = configured(
        f"terms:\n  sky: {{kind: light, select: {{paths: [/World/lights/sky]}}, texture: {{folder: {tmp_path}}}}}\n"
    )
    randomizer = start(stage, config)
    seen = {str(apply(randomizer, frame).values["sky.World.lights.sky.texture"]) for frame in range(12)}
    assert seen == {"noon.png", "dusk.png"}
    assert Path(value(stage, "/World/lights/sky.inputs:texture:file").path).parent == tmp_path


def test_the_pool_lights_as_many_lamps_as_drawn(stage: Usd.Stage, configured: Configured) -> None:
    config = configured("terms:\n  lamps: {kind: light_pool, count: [0, 4], shapes: [sphere, rect, disk]}\n")
    randomizer = start(stage, config)
    counts = set()
    for frame in range(30):
        draw = apply(randomizer, frame)
        lamps = stage.GetPrimAtPath("/randomization/lamps").GetChildren()
        on = [i for i, lamp in enumerate(lamps) if UsdGeom.Imageable(lamp).ComputeVisibility() == "inherited"]
        assert on == draw.values["lamps.active"] and len(on) == draw.values["lamps.count"]
        counts.add(len(on))
        for i in on:
            position = world_pose(stage, str(lamps[i].GetPath())).ExtractTranslation()
            assert (np.abs(position) <= 2.0).all() and position[2] >= 0.0
    assert counts == {0, 1, 2, 3, 4}


def test_rect_lights_of_the_pool_face_the_subject(stage: Usd.Stage, configured: Configured) -> None:
    config = configured("terms:\n  lamps: {kind: light_pool, count: 2, shapes: [rect]}\n")
    apply(start(stage, config))
    for i in range(2):
        pose = world_pose(stage, f"/randomization/lamps/light_{i}")
        way = Gf.Vec3d(0.0, 0.0, 0.9) - pose.ExtractTranslation()
        assert Gf.Dot(-pose.GetRow3(2), way.GetNormalized()) == pytest.approx(1.0)


def test_props_are_shifted_turned_and_scaled_from_their_own_place(stage: Usd.Stage, configured: Configured) -> None:
    config = configured(f"""
terms:
  chairs: {{kind: prop, {SELECT_CHAIRS}, offset: {{kind: axes, x: 0.5}}, yaw: 90, scale: 2}}
""")
    apply(start(stage, config))
    for i, path in enumerate(CHAIRS):
        pose = world_pose(stage, path)
        assert tuple(pose.ExtractTranslation()) == pytest.approx((i + 0.5, 1.0, 0.0))
        angle = np.radians(30.0 * i + 90.0)
        assert tuple(pose.GetRow3(0)) == pytest.approx((2 * np.cos(angle), 2 * np.sin(angle), 0.0))


def test_another_choice_of_props_is_visible_in_each_frame(stage: Usd.Stage, configured: Configured) -> None:
    config = configured(f"terms:\n  chairs: {{kind: prop, {SELECT_CHAIRS}, count: 1}}\n")
    randomizer = start(stage, config)
    seen = set()
    for frame in range(30):
        apply(randomizer, frame)
        visible = [
            path for path in CHAIRS if UsdGeom.Imageable(stage.GetPrimAtPath(path)).ComputeVisibility() != "invisible"
        ]
        assert len(visible) == 1
        seen.update(visible)
    assert seen == set(CHAIRS)


def test_fog_lies_where_a_renderer_looks_for_it(stage: Usd.Stage, configured: Configured) -> None:
    randomizer = start(stage, configured("terms:\n  mist: {kind: fog, density: [0.1, 0.2]}\n"))
    density = "/randomization/fog.humanoid_brain:fog:density"
    assert value(stage, density) == 0.0
    draw = apply(randomizer)
    assert value(stage, density) == pytest.approx(draw.values["mist.density"])
    assert tuple(value(stage, "/randomization/fog.humanoid_brain:fog:color")) == pytest.approx(
        draw.values["mist.color"]
    )


def test_solids_have_a_class_and_those_of_no_other_name_are_not_annotated(
    stage: Usd.Stage, configured: Configured
) -> None:
    before = labelled_prims(stage)
    start(
        stage, configured("terms:\n  a: {kind: distractors, count: 2}\n  b: {kind: occluders, count: 1, label: post}\n")
    )
    found = {path: name for path, name in labelled_prims(stage).items() if path not in before}
    assert sorted(found.values()) == ["distractor", "distractor", "post"]
    solid = stage.GetPrimAtPath(next(iter(found)))
    assert solid.GetAttribute("semantic:Semantics:params:semanticData").Get() == "distractor"  # Isaac Sim 4.5
    applied = solid.GetMetadata("apiSchemas").GetAppliedItems()  # of NVIDIA's schemas, unknown here, too
    assert {"SemanticsAPI:Semantics", "SemanticsLabelsAPI:class"} <= set(applied)
    categories, _ = classes_of((), AnnotationConfig().stuff, labelled_prims(stage))
    supers = {category.name: category.supercategory for category in categories}
    assert supers["distractor"] == "stuff" and supers["post"] != "stuff"


def test_distractors_keep_clear_of_subject_camera_ground_obstacles_and_one_another(
    stage: Usd.Stage, configured: Configured
) -> None:
    config = configured(
        "terms:\n  clutter: {kind: distractors, count: 12, size: [0.2, 0.8], position: {kind: shell, radius: [0, 2]}}\n"
    )
    context = Context(
        camera=(1.0, 0.0, 1.0),
        obstacles=(((-2.0, -2.0, 0.0), (0.0, 0.0, 3.0)),),
        room=((-5.0, -5.0, 0.0), (1.5, 5.0, 3.0)),
    )
    randomizer = start(stage, config)
    for frame in range(30):
        values = randomizer.draw(frame, context).values
        active = values["clutter.active"]
        assert isinstance(active, list) and len(active) >= 3
        places = np.array([values[f"clutter.{i}.position"] for i in active])
        reach = np.array([values[f"clutter.{i}.size"] for i in active], float) * 0.87
        assert (places[:, 2] >= reach).all() and (places[:, 0] <= 1.5 - reach).all()
        assert (np.linalg.norm(places - [1.0, 0.0, 1.0], axis=1) > reach).all()
        assert (np.linalg.norm(places[:, :2], axis=1) > reach + SUBJECT).all()
        assert not ((places[:, :2] < 0.0).all(1) & (places[:, 2] < 3.0)).any()
        apart = np.linalg.norm(places[:, None] - places, axis=-1) + 10 * np.eye(len(places))
        assert (apart > reach[:, None] + reach).all()


def test_occluders_stand_between_the_camera_and_the_subject(stage: Usd.Stage, configured: Configured) -> None:
    config = configured("""
terms:
  blockers: {kind: occluders, count: 2, size: [0.1, 0.2], along: [0.3, 0.6], aside: [0, 0.2]}
  view: {kind: camera, distance: [4, 5], elevation: [0, 30]}
""")
    randomizer = start(stage, config)
    for frame in range(20):
        values = randomizer.draw(frame).values
        eye, subject = np.array(values["view.position"]), np.array([0.0, 0.0, 0.9])
        way = subject - eye
        active = values["blockers.active"]
        assert isinstance(active, list)
        for i in active:
            place = np.array(values[f"blockers.{i}.position"]) - eye
            along = place @ way / (way @ way)
            assert 0.3 <= along <= 0.6
            assert np.linalg.norm(place - along * way) <= 0.2 + 1e-9


def test_occluders_without_a_camera_say_what_they_need(stage: Usd.Stage, configured: Configured) -> None:
    randomizer = start(stage, configured("terms:\n  blockers: {kind: occluders, count: 1}\n"))
    with pytest.raises(ConfigError, match=r"terms\.blockers: occluders need to know where the camera stands"):
        randomizer.draw(0)
    assert randomizer.draw(0, Context(camera=(3.0, 0.0, 1.0))).values["blockers.count"] == 1
