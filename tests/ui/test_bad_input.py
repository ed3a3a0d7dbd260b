# SPDX-License-Identifier: Apache-2.0
"""What a user may do wrong, panel by panel, without a window: nothing raises, and what happened is said."""

from __future__ import annotations

import json
import math
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from humanoid_brain.config.base import Location, Model, load
from humanoid_brain.config.capture import CaptureConfig
from humanoid_brain.config.evaluation import EvaluationConfig, PlayConfig
from humanoid_brain.config.randomization import RandomizationConfig
from humanoid_brain.config.scene import SceneConfig
from humanoid_brain.config.training import TrainingConfig
from humanoid_brain.learning.job import TrainingJob
from humanoid_brain.ui.fields import Field
from humanoid_brain.ui.form import Form, read_text
from humanoid_brain.ui.presets import presets
from humanoid_brain.ui.randomization_model import RandomizationModel
from humanoid_brain.ui.ranges import NUMBERS
from humanoid_brain.ui.runs_model import RunsModel
from humanoid_brain.ui.scene_model import SceneModel
from humanoid_brain.ui.services import storable
from humanoid_brain.ui.session import Session
from humanoid_brain.ui.training_model import TrainingModel
from humanoid_brain.ui.work import Message
from tests.learning.test_job import make_config
from tests.ui.helpers import finish, make_session

TEXTS = ("", "tall", "-1", "1e400", "9" * 400, "{a: [", "\u6f22\u5b57 \U0001f916")
DRAFTS: dict[str, Callable[[], Model]] = {
    "scene": lambda: load(SceneConfig, presets("scenes")["living_room"]),
    "randomization": lambda: load(RandomizationConfig, presets("randomization")["everything"]),
    "capture": lambda: load(CaptureConfig, presets("captures")["detection"]),
    "training": lambda: load(TrainingConfig, presets("training")["walk_cpu"]),
    "evaluation": EvaluationConfig,
    "play": PlayConfig,
}


@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
@pytest.mark.parametrize("draft", DRAFTS)
def test_every_field_takes_any_text_and_marks_what_does_not_fit(draft: str, text: str) -> None:
    value = DRAFTS[draft]()
    form: Form[Any] = Form(type(value), value)
    places = [*_places(form)]
    for path, field in places:
        before = form.get(path)
        form.set(path, read_text(field, text))
        assert (form.value is None) == bool(form.problems), path
        list(form.rows())
        form.set(path, before)
        assert form.value == value, path
    assert len(places) >= 3


def _places(form: Form[Any]) -> Iterator[tuple[Location, Field]]:
    """What has a field to type into: plain values, and the numbers of what is drawn."""
    for row in form.rows():
        if row.active and row.field.distribution:
            kind = form.get(row.path)["kind"]
            yield from (((*row.path, key), replace(row.field, kind="number")) for key in NUMBERS.get(kind, ()))
        elif row.active and not row.heading and not row.field.variants:
            yield row.path, row.field


@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
def test_every_range_can_be_summed_up_and_searched_whatever_is_in_it(text: str) -> None:
    model = RandomizationModel(make_session())
    for family in model.families():
        for entry in family.entries:
            model.switch(entry.name, True)
    model.search.value = "light"
    entries = {entry.path: entry for family in model.families() for entry in family.entries}
    for path, field in _places(model.form):
        before, entry = model.form.get(path), entries.get(path[:2])
        model.form.set(path, read_text(field, text))
        if entry is not None:
            assert model.summary(entry) or not any(row.field.distribution for row in model.rows(entry))
            assert isinstance(model.targets(entry), str) and model.finds(entry) in (True, False)
        model.form.set(path, before)
    model.task.close()


def test_numbers_that_json_lacks_are_kept_as_texts_for_the_next_session() -> None:
    form, later = Form(SceneConfig), Form(SceneConfig)
    form.set(("camera", "position", 0), math.nan)
    form.set(("spacing",), -math.inf)
    later.apply(json.loads(json.dumps(storable(form.data), allow_nan=False)))
    assert (later.get(("camera", "position", 0)), later.get(("spacing",))) == ("nan", "-inf")
    assert later.reason(("camera", "position", 0)) and later.reason(("spacing",))


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "outputs"
    TrainingJob(make_config(folder / "walk")).run()
    return folder


@pytest.fixture
def outputs(trained: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(trained, tmp_path / "outputs"))


@pytest.fixture
def session() -> Iterator[Session]:
    made = make_session()
    yield made
    made.worker.close()
    made.actions.close()  # pyright: ignore[reportAttributeAccessIssue]


@pytest.fixture
def runs(session: Session, outputs: Path) -> Iterator[RunsModel]:
    made = RunsModel(session)
    made.folder.value = outputs
    while made.scanning:
        session.worker.tick()
    made.select(outputs / "walk")
    for name, count in {"episodes": 2, "num_envs": 2}.items():
        made.evaluation.set((name,), count)
    yield made
    made.close()


HARM: dict[str, Callable[[Path], object]] = {
    "configuration gone": lambda run: (run / "config.yaml").unlink(),
    "configuration damaged": lambda run: (run / "config.yaml").write_bytes(b"\xff{]: \x00"),
    "configuration of something else": lambda run: (run / "config.yaml").write_text("frames: 3\n"),
    "checkpoint gone": lambda run: shutil.rmtree(run / "checkpoints"),
    "weights cut short": lambda run: [_halve(path) for path in run.rglob("*.safetensors")],
    "manifest damaged": lambda run: [path.write_text("{") for path in run.rglob("manifest.json")],
    "another robot": lambda run: [_another_robot(path) for path in run.glob("checkpoints/*/manifest.json")],
}
"""What is done by hand to a run after it was listed."""
ACTIONS: dict[str, Callable[[RunsModel, Path], None]] = {
    "play": lambda runs, folder: runs.play_policy(),
    "evaluate": lambda runs, folder: runs.evaluate(),
    "export": lambda runs, folder: runs.export(folder / "policy"),
    "resume": lambda runs, folder: runs.resume(),
}


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("harm", HARM)
def test_a_run_that_was_edited_by_hand_is_refused_in_the_panel(
    runs: RunsModel, outputs: Path, tmp_path: Path, harm: str, action: str
) -> None:
    if action == "export" and harm == "another robot":
        pytest.skip("an export asks for no simulation")
    training = TrainingModel(runs.session)
    HARM[harm](outputs / "walk")
    ACTIONS[action](runs, tmp_path)
    if runs.session.worker.busy:
        finish(runs.session)
    told = [*runs.task.messages.value, *training.task.messages.value]
    assert any(message.severity == "error" for message in told), told
    assert not any("fault of ours" in message.todo for message in told), told
    assert not runs.session.worker.busy and runs.session.live.value is None
    training.close()


@pytest.mark.parametrize("folder", ["/proc/nowhere", "/dev/null/x", "a" * 5000, "\x00"], ids=range(4))
@pytest.mark.parametrize("job", ["training", "export", "save stage"])
def test_a_folder_that_cannot_be_written_is_told(runs: RunsModel, session: Session, job: str, folder: str) -> None:
    training, scene = TrainingModel(session), SceneModel(session)
    if job == "training":
        training.form.set(("scene", "num_envs"), 2)
        training.form.set(("output",), folder)
        training.start()
    elif job == "export":
        runs.export(Path(folder))
    else:
        scene.save(Path(folder) / "scene.usda")
    if session.worker.busy:
        finish(session)
    told = [*runs.task.messages.value, *training.task.messages.value, *scene.task.messages.value]
    assert [message.severity for message in told] == ["error"] and told[0].todo, told
    assert "fault of ours" not in told[0].todo, told
    training.close()
    scene.close()


def test_the_stage_that_is_closed_ends_a_build_and_what_was_built_is_forgotten(session: Session) -> None:
    scene = SceneModel(session)
    scene.build()
    session.worker.tick(0.0)
    scene.forget()
    assert not session.worker.busy and scene.built.value is None
    (message,) = scene.task.messages.value
    assert message == Message("warning", "The stage was closed before the job was done", "Start it again")
    scene.build()
    finish(session)
    assert scene.built.value is not None
    scene.form.set(("num_envs",), 2)
    scene.forget()
    assert scene.built.value is None and not scene.stale.value and not scene.task.messages.value
    scene.close()


def _halve(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def _another_robot(manifest: Path) -> None:
    content = json.loads(manifest.read_text())
    content["signature"] |= {"robot": "dog", "joints": [f"paw_{name}" for name in content["signature"]["joints"]]}
    manifest.write_text(json.dumps(content))
