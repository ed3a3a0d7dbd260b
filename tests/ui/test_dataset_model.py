# SPDX-License-Identifier: Apache-2.0
"""The dataset panel's view model with a real capture of two small frames, and no window."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from humanoid_brain.jobs import JobState
from humanoid_brain.ui.dataset_model import DatasetModel
from tests.ui.helpers import finish, make_session

SMALL = {"frames": 2, "width": 160, "height": 120, "quality": "preview"}


@pytest.fixture
def model(tmp_path: Path) -> Iterator[DatasetModel]:
    made = DatasetModel(make_session())
    for name, value in {**SMALL, "output": str(tmp_path / "dataset")}.items():
        made.form.set((name,), value)
    made.form.set(("dataset", "workers"), 0)
    yield made
    made.session.worker.close()
    made.session.actions.close()  # pyright: ignore[reportAttributeAccessIssue]


def test_a_capture_shows_its_frames_and_ends_with_a_quality_report(model: DatasetModel, tmp_path: Path) -> None:
    pictures: list[Any] = []
    subscription = model.picture_came.subscribe(pictures.append)
    model.start()
    assert model.capturing
    while model.shown.value is None:
        model.session.worker.tick()
        assert model.running, model.task.messages.value
    model.pause_or_resume()
    job: Any = model.task.job
    before = (job.progress.done, len(job.events))
    for _ in range(20):
        model.session.worker.tick()
    assert (job.progress.done, len(job.events)) == before and dict(model.facts())["Time left"] == "paused"
    model.pause_or_resume()
    while model.verdict.value is None:
        model.session.worker.tick()
        assert model.running or model.verdict.value, model.task.messages.value
    assert pictures[0].shape == (360, 480, 4) and pictures[0].std() > 5
    facts = dict(model.facts())
    assert facts["Frames"] == "2 of 2" and facts["Slowest stage"].endswith("%")
    assert sum(share for _, share in model.stages()) == pytest.approx(1.0)
    assert model.verdict.value.pictures == 2 and model.verdict.value.errors == 0
    assert "2 pictures" in model.task.messages.value[0].text
    assert (tmp_path / "dataset" / "report.html").is_file()
    subscription.cancel()

    model.layout.set(("format",), "yolo")
    model.layout.set(("output",), str(tmp_path / "yolo"))
    model.export()
    finish(model.session)
    assert "2 frames are exported" in model.task.messages.value[0].text and (tmp_path / "yolo" / "data.yaml").is_file()
    model.export()
    finish(model.session)
    assert "not empty" in model.task.messages.value[0].text
    model.validation.set(("contact_sheet",), 0)
    model.inspect()
    finish(model.session)
    assert model.task.messages.value[0].text.startswith("Quality report: 2 pictures")


def test_a_capture_that_is_stopped_goes_on_later(model: DatasetModel) -> None:
    model.inspect_after.value = False
    model.form.set(("frames",), 4)
    model.start()
    while model.task.job is None or model.task.job.progress.done < 1:
        model.session.worker.tick()
    model.stop()
    finish(model.session)
    (message,) = model.task.messages.value
    assert "Stopped after 2 of 4" in message.text, "the frame in work is kept, and no other begun"
    assert "goes on" in message.todo
    model.start()
    finish(model.session)
    assert model.state is JobState.DONE and dict(model.facts())["Frames"] == "4 of 4"
    assert model.task.messages.value[0].severity == "good" and model.verdict.value is None


def test_the_stage_that_is_closed_ends_the_capture_with_its_frames_kept(model: DatasetModel, tmp_path: Path) -> None:
    model.start()
    while model.task.job is None or model.task.job.progress.done < 1:
        model.session.worker.tick()
    model.end("The stage was closed")
    assert "stage was closed" in model.task.messages.value[-1].text and not model.running
    assert len(list((tmp_path / "dataset" / "frames").glob("*.json"))) == 1


def test_what_does_not_fit_names_its_panel(model: DatasetModel) -> None:
    model.session.scene.set(("robot", "source", "mass"), 10.0)
    model.start()
    assert "panel Scene" in model.task.messages.value[0].todo
    model.session.scene.set(("robot", "source", "mass"), 55.0)
    model.form.set(("width",), 3)
    model.start()
    (message,) = model.task.messages.value
    assert "width" in message.text and "panel Dataset" in message.todo and not model.running


def test_a_preset_brings_its_scene_and_its_ranges(model: DatasetModel) -> None:
    model.load_preset("detection")
    assert model.session.scene.value is not None and model.session.scene.value.interior is not None
    assert "indoors" in model.session.randomization.value.terms  # pyright: ignore[reportOptionalMemberAccess]
    assert model.preset.value == "detection" and "Scene and Randomization" in model.task.messages.value[0].text


@pytest.mark.parametrize("folder", ["/proc/nowhere", "/dev/null/x", "a" * 5000, "\x00", ""], ids=range(5))
def test_a_folder_that_cannot_be_written_is_told(model: DatasetModel, folder: str) -> None:
    model.form.set(("output",), folder)
    assert model.space()
    if not folder:
        return  # the working directory
    model.start()
    if model.running:
        finish(model.session)
    (message,) = model.task.messages.value
    assert message.severity == "error" and message.todo and not model.running


def test_a_folder_without_a_dataset_cannot_be_inspected(model: DatasetModel, tmp_path: Path) -> None:
    model.form.set(("output",), str(tmp_path))
    model.inspect()
    finish(model.session)
    assert model.task.messages.value[0].severity == "error" and model.verdict.value is None


def test_a_draft_survives_a_session(model: DatasetModel) -> None:
    model.inspect_after.value = False
    later = DatasetModel(make_session())
    later.apply(model.collect())
    assert later.form.value == model.form.value and later.inspect_after.value is False
