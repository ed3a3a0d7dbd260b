# SPDX-License-Identifier: Apache-2.0
"""Render products and annotators: their life, and what they refuse."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pxr import Usd

from humanoid_brain import host
from humanoid_brain.errors import HostError, HumanoidBrainError, SceneError
from humanoid_brain.host.standalone import replicator as rep
from humanoid_brain.host.standalone.replicator.annotators import Annotator, AnnotatorError, AnnotatorRegistryError
from humanoid_brain.host.standalone.replicator.render_products import RenderProduct
from tests.host.replicator_scenes import (
    CAMERA,
    HEIGHT,
    WIDTH,
    add_camera,
    add_two_cubes,
    attached,
    new_stage,
    product_of,
)

MIDDLE = (24, 32)


@pytest.fixture
def stage(h: host.Host) -> Usd.Stage:
    stage = new_stage(h)
    add_two_cubes(stage)
    return stage


def depth_of(product: RenderProduct) -> Annotator:
    return rep.annotators.get("distance_to_image_plane").attach(product)


def test_a_render_product_is_found_again_unless_a_new_one_is_asked_for(stage: Usd.Stage) -> None:
    first = product_of()
    assert first.path == "/Render/OmniverseKit/HydraTextures/Replicator"
    assert product_of() is first
    assert product_of(force_new=True).path.endswith("Replicator_01")
    assert product_of(name="front").path.endswith("/front")
    assert rep.create.render_product(CAMERA, (32, 24)) is not first


def test_several_cameras_make_several_products(stage: Usd.Stage) -> None:
    add_camera(stage, "/World/near", (0.0, -6.0, 0.0))
    products = rep.create.render_product([CAMERA, stage.GetPrimAtPath("/World/near")], (WIDTH, HEIGHT))
    assert isinstance(products, list)
    annotators = [depth_of(product) for product in products]
    rep.orchestrator.step()
    assert [a.get_data()[MIDDLE] for a in annotators] == pytest.approx([9.0, 5.0], abs=1e-4)


def test_a_destroyed_or_paused_product_is_not_rendered(stage: Usd.Stage) -> None:
    product = product_of()
    annotator = depth_of(product)
    product.hydra_texture.set_updates_enabled(False)
    rep.orchestrator.step()
    assert annotator.get_data().size == 0
    product.hydra_texture.set_updates_enabled(True)
    rep.orchestrator.step()
    assert annotator.get_data().shape == (HEIGHT, WIDTH)
    product.destroy()
    assert not annotator.is_attached
    with pytest.raises(HostError, match="no such render product"):
        annotator.attach(product)


def test_a_new_stage_ends_render_products_and_the_run(h: host.Host, stage: Usd.Stage) -> None:
    annotator = depth_of(product_of())
    rep.orchestrator.step()
    new_stage(h)
    assert not annotator.is_attached and rep.orchestrator.get_is_stopped()


@pytest.mark.parametrize(
    ("camera", "resolution", "error", "message"),
    [
        ("/World/nothing", (64, 48), SceneError, "/World/nothing: there is no camera here"),
        ("/World/crate", (64, 48), SceneError, "no camera"),
        ("camera", (64, 48), SceneError, "no camera"),
        (CAMERA, (0, 48), HostError, "0x48 pixels are impossible"),
    ],
)
def test_impossible_products_are_refused(
    stage: Usd.Stage, camera: str, resolution: tuple[int, int], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        rep.create.render_product(camera, resolution)
    with pytest.raises(HostError, match="no name for a render product"):
        rep.create.render_product(CAMERA, (64, 48), name="../x")


@pytest.mark.parametrize("name", rep.AnnotatorRegistry.get_registered_annotators())
def test_every_annotator_is_empty_before_the_first_step_and_filled_after_it(stage: Usd.Stage, name: str) -> None:
    with attached(name) as annotator:
        before, flat = annotator.get_data(), annotator.get_data(use_legacy_structure=False)
        assert len(before) == 0 and all(len(value) == 0 for value in flat.values())
        rep.orchestrator.step()
        legacy, flat = annotator.get_data(), annotator.get_data(use_legacy_structure=False)
        assert isinstance(flat, dict)
        if "data" not in flat:
            assert legacy.keys() == flat.keys()
        elif len(flat) == 1:
            assert isinstance(legacy, np.ndarray) and legacy is flat["data"]
        else:
            assert set(legacy) == {"data", "info"} and {"data", *legacy["info"]} == set(flat)
        assert annotator.output.dtype is None or flat["data"].dtype == annotator.output.dtype


def test_info_has_the_recorded_names(stage: Usd.Stage, repo_root: Any) -> None:
    record = json.loads((repo_root / "tests/contract/replicator_contract.json").read_text())
    for name, entry in record["annotators"].items():
        with attached(name) as annotator:
            rep.orchestrator.step()
            flat = annotator.get_data(use_legacy_structure=False)
        if entry["dtype"] is not None:
            assert sorted(set(flat) - {"data"}) == sorted(entry["info"]), name
            keys = {type(key).__name__ for key in flat.get("idToLabels", {})}
            assert keys == ({entry["id_keys"]} if entry["id_keys"] else set()), name
            shape = {"H": HEIGHT, "W": WIDTH, "N": len(flat["data"])}
            assert list(flat["data"].shape) == [shape.get(size, size) for size in entry["shape"]], name


def test_camera_params_describe_lens_and_pose(h: host.Host, repo_root: Any) -> None:
    stage = new_stage(h)
    camera = add_camera(stage, "/World/other", (100.0, 0.0, 0.0))
    camera.ClearXformOpOrder()
    camera.AddTranslateOp(opSuffix="t").Set((100.0, 0.0, 0.0))
    with attached("camera_params", "/World/other") as annotator:
        rep.orchestrator.step()
        found = annotator.get_data()
    record = json.loads((repo_root / "tests/contract/replicator_contract.json").read_text())["camera_params"]
    assert set(found) == set(record)
    for name, kind in record.items():
        if isinstance(kind, str):
            assert type(found[name]).__name__ == kind, name
        else:
            assert found[name].dtype == kind[0] and (kind[1] is None or list(found[name].shape) == kind[1]), name
    view = found["cameraViewTransform"].reshape(4, 4)
    assert view[3].tolist() == [-100.0, 0.0, 0.0, 1.0]  # world to camera, for row vectors
    clip = np.array([102.0, 1.5, -8.0, 1.0]) @ view @ found["cameraProjection"].reshape(4, 4)
    # 2 m to the right of and 1.5 m above a camera with a focal length of 64 pixels, at a depth of 8 m.
    np.testing.assert_allclose((clip[:2] / clip[3] + 1) / 2, [0.5 + 16 / 64, 0.5 + 12 / 48], atol=1e-9)
    assert found["cameraModel"] == "pinhole" and found["renderProductResolution"].tolist() == [WIDTH, HEIGHT]


def test_data_stays_as_it_was_when_the_scene_moves_on(stage: Usd.Stage) -> None:
    with attached("distance_to_image_plane") as annotator:
        rep.orchestrator.step()
        kept, copied = annotator.get_data(), annotator.get_data(do_array_copy=True)
        assert copied is not kept and (copied == kept).all()
        stage.RemovePrim("/World/crate")
        assert annotator.get_data() is kept
        rep.orchestrator.step()
        assert np.isinf(annotator.get_data()[24, 28]) and kept[24, 28] == pytest.approx(9.0, abs=1e-4)


def test_data_for_a_gpu_that_is_not_there_is_refused(stage: Usd.Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    import warp

    monkeypatch.setattr(warp, "is_cuda_available", lambda: False)
    with attached("normals") as annotator, pytest.raises(AnnotatorError, match="no CUDA device"):
        annotator.get_data(device="cuda")


def test_detached_annotators_give_no_data(stage: Usd.Stage) -> None:
    annotator = rep.annotators.get("rgb")
    assert not annotator.is_attached and annotator.name == annotator.get_name() == "rgb"
    with pytest.raises(AnnotatorError, match="'rgb' is not attached"):
        annotator.get_data()
    with pytest.raises(AnnotatorError, match="not attached"):
        annotator.detach()
    product = product_of()
    annotator.attach([product.path])
    assert annotator.is_attached
    with pytest.raises(AnnotatorError, match="not attached to this"):
        annotator.detach("/Render/other")
    annotator.detach(product)
    assert not annotator.is_attached


def test_an_annotator_has_one_render_product(stage: Usd.Stage) -> None:
    products = [product_of(force_new=True), product_of(force_new=True)]
    with pytest.raises(NotImplementedError):
        rep.annotators.get("rgb").attach(products)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: rep.annotators.get("rbg"), "no annotator 'rbg' on this host. There are .*rgb"),
        (lambda: rep.annotators.get("rgb", init_params={"colorize": True}), "no parameter colorize. It takes none"),
        (lambda: rep.annotators.get("rgb", device="gpu"), "'gpu' is no device"),
        (lambda: rep.annotators.get("rgb", device="cuda:x"), "no device"),
        (lambda: rep.annotators.get("bounding_box_3d", device="cuda"), "on the CPU only"),
        (lambda: rep.annotators.get("rgb", init_params=["colorize"]), "a list, not a dict"),  # type: ignore[arg-type]
        (lambda: rep.annotators.get("occlusion", {"semanticFilter": "class"}), "'class' cannot be read"),
    ],
)
def test_wrong_annotators_are_refused(make: Any, message: str) -> None:
    with pytest.raises(AnnotatorRegistryError, match=message) as error:
        make()
    assert isinstance(error.value, HumanoidBrainError)


def test_parameters_are_set_before_attach(stage: Usd.Stage) -> None:
    annotator = rep.AnnotatorRegistry.get_annotator("semantic_segmentation")
    annotator.initialize(colorize=True)
    annotator.attach(product_of())
    with pytest.raises(AnnotatorRegistryError, match="is attached"):
        annotator.initialize(colorize=False)
    rep.orchestrator.step()
    assert "(0, 0, 0, 0)" in annotator.get_data()["info"]["idToLabels"]


def test_warp_does_not_greet_where_results_are_read(repo_root: Path) -> None:
    module = "humanoid_brain.host.standalone.replicator.annotators"
    code = f"from {module} import quiet_warp; print(quiet_warp().get_device('cpu'))"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=repo_root, check=True)
    assert result.stdout.split() == ["cpu"]
