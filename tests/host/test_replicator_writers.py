# SPDX-License-Identifier: Apache-2.0
"""Writers: which frames they get, and in which arrangement."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from pxr import Usd

from humanoid_brain import host
from humanoid_brain.host.standalone import replicator as rep
from humanoid_brain.host.standalone.replicator.errors import (
    InvalidWriterError,
    WriterError,
    WriterRegistryError,
)
from tests.host.replicator_scenes import (
    CAMERA,
    HEIGHT,
    WIDTH,
    add_camera,
    add_two_cubes,
    new_stage,
    product_of,
)

pytestmark = pytest.mark.usefixtures("stopped_orchestrator")

MIDDLE = (24, 32)


@pytest.fixture
def stage(h: host.Host) -> Usd.Stage:
    stage = new_stage(h)
    add_two_cubes(stage)
    return stage


class Recorder(rep.Writer):
    def __init__(self, structure: str = "renderProduct") -> None:
        self.annotators = ["distance_to_image_plane", rep.annotators.get("bounding_box_2d_tight")]
        self.data_structure = structure
        self.version = "1.2.0"
        self.backend = Blobs()
        self.frames: list[dict[str, Any]] = []
        self.finished = 0

    def write(self, data: dict[str, Any]) -> None:
        self.frames.append(data)

    def on_final_frame(self) -> None:
        self.finished += 1


class Blobs(dict[str, bytes]):
    def write_blob(self, path: str, data: bytes) -> None:
        assert path not in self
        self[path] = data


@pytest.fixture
def registered() -> Iterator[None]:
    rep.WriterRegistry.register(Recorder)
    yield
    rep.WriterRegistry.unregister("Recorder")


def writer_of(structure: str, products: Any, **kwargs: Any) -> Recorder:
    writer = rep.writers.get("Recorder", {"structure": structure}, products, **kwargs)
    assert isinstance(writer, Recorder)
    return writer


def test_writers_get_each_frame_arranged_as_they_ask(stage: Usd.Stage, registered: None) -> None:
    add_camera(stage, "/World/near", (0.0, -6.0, 0.0))
    first, second = product_of(name="first"), product_of("/World/near", name="second")
    by_product = writer_of("renderProduct", [first, second])
    by_annotator, single, several = (
        writer_of("annotator", [first.path, second.path]),
        writer_of("legacy", first),
        writer_of("legacy", [first, second]),
    )
    rep.orchestrator.step()
    (frame,) = by_product.frames
    entry = frame["renderProducts"]["second"]
    assert entry["resolution"] == (WIDTH, HEIGHT) and entry["camera"] == "/World/near"
    assert entry["distance_to_image_plane"]["data"][MIDDLE] == pytest.approx(5.0, abs=1e-4)
    assert "idToLabels" in entry["bounding_box_2d_tight"]
    near = by_annotator.frames[0]["annotators"]["distance_to_image_plane"]["second"]["data"]
    assert near[MIDDLE] == pytest.approx(5.0, abs=1e-4)
    assert single.frames[0]["distance_to_image_plane"].shape == (HEIGHT, WIDTH)
    assert set(single.frames[0]["bounding_box_2d_tight"]) == {"data", "info"}
    assert single.frames[0]["rp_first"] == {"resolution": (WIDTH, HEIGHT), "camera": CAMERA}
    assert {"distance_to_image_plane-first", "bounding_box_2d_tight-second"} <= set(several.frames[0])
    assert {"trigger_outputs", "distribution_outputs", "reference_time"} <= set(several.frames[0])


def test_writers_write_when_their_trigger_says_so(stage: Usd.Stage, registered: None) -> None:
    due = [False, True]
    manual, asked = writer_of("legacy", product_of(), trigger=None), writer_of("legacy", product_of(), trigger=due.pop)
    rep.orchestrator.step()
    assert (len(manual.frames), len(asked.frames)) == (0, 1)
    assert manual.get_data() is not None
    manual.schedule_write()
    rep.orchestrator.step()
    assert (len(manual.frames), len(asked.frames)) == (1, 1) and manual.num_written == 1
    with pytest.raises(WriterError, match="trigger 'on_time' is not available"):
        writer_of("legacy", product_of(), trigger="on_time")


def test_writers_hear_of_the_end_and_write_their_metadata_once(stage: Usd.Stage, registered: None) -> None:
    writer = writer_of("legacy", product_of())
    rep.orchestrator.run_until_complete(num_frames=2)
    assert (len(writer.frames), writer.finished) == (2, 1)
    assert isinstance(writer.backend, Blobs)
    metadata = json.loads(writer.backend["metadata.txt"])
    assert (metadata["name"], metadata["version"]) == ("Recorder", "1.2.0")
    writer.detach()
    rep.orchestrator.step()
    assert len(writer.frames) == 2 and writer.get_attached_annotators() == []


def test_annotators_are_added_under_a_name(stage: Usd.Stage, registered: None) -> None:
    writer = rep.writers.get("Recorder")
    assert isinstance(writer, Recorder) and writer.annotators == []
    writer.initialize(structure="legacy")
    writer.add_annotator(rep.annotators.get("normals"), name="surface")
    writer.attach(product_of())
    rep.orchestrator.step()
    assert writer.frames[0]["surface"].shape == (HEIGHT, WIDTH, 4)


def test_unknown_and_wrong_writers_are_refused(stage: Usd.Stage, registered: None) -> None:
    with pytest.raises(WriterRegistryError, match=r"no writer 'BasicWriter'. Registered are: Recorder"):
        rep.WriterRegistry.get("BasicWriter")
    with pytest.raises(InvalidWriterError):
        rep.WriterRegistry.register(dict)  # type: ignore[arg-type]
    with pytest.raises(WriterError, match="'flat' is no data structure"):
        writer_of("flat", product_of())


def test_a_new_stage_detaches_writers(h: host.Host, stage: Usd.Stage, registered: None) -> None:
    writer = writer_of("legacy", product_of())
    assert rep.WriterRegistry.attached() == [writer]
    new_stage(h)
    assert rep.WriterRegistry.attached() == [] and writer.get_attached_annotators() == []


def test_a_writer_is_detached_by_its_name(stage: Usd.Stage, registered: None) -> None:
    product = product_of()
    writer_of("legacy", product)
    rep.WriterRegistry.detach("Recorder", product_of(force_new=True))
    assert len(rep.WriterRegistry.attached()) == 1
    rep.WriterRegistry.detach("Recorder", product)
    assert rep.WriterRegistry.attached() == []
