# SPDX-License-Identifier: Apache-2.0
"""The view model of the randomization panel: families of terms, which of them are on, what a search finds."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from humanoid_brain.config.base import Location, load
from humanoid_brain.config.randomization import RandomizationConfig
from humanoid_brain.errors import HumanoidBrainError
from humanoid_brain.ui.fields import describe, field_at
from humanoid_brain.ui.form import Row
from humanoid_brain.ui.look_model import LookModel
from humanoid_brain.ui.observable import Value
from humanoid_brain.ui.presets import presets
from humanoid_brain.ui.ranges import describe_range
from humanoid_brain.ui.session import Session, first_ranges
from humanoid_brain.ui.task import Task
from humanoid_brain.ui.work import error_message

FOLDER = "randomization"
PROPOSALS = "everything"
"""Preset with a range for every quantity of every family."""
PICTURES = (4, 9, 16, 25)
"""Numbers of pictures that a preview may have."""
POSE: Location = ("robot_pose",)

_FAMILIES = (
    ("Lights", ("light", "light_pool")),
    ("Materials", ("material",)),
    ("Camera", ("camera",)),
    ("Props", ("prop",)),
    ("Solids in the way", ("distractors", "occluders")),
    ("Fog", ("fog",)),
    ("Image", ("image",)),
)


@dataclass(frozen=True)
class Entry:
    """A term, switched on or not."""

    name: str
    kind: str
    on: bool

    @property
    def path(self) -> Location:
        """Of its values in the form."""
        return ("terms", self.name)

    @property
    def title(self) -> str:
        """The name, as a heading."""
        return self.name.replace("_", " ").capitalize()


@dataclass(frozen=True)
class Family:
    """Terms that belong together."""

    title: str
    kinds: tuple[str, ...]
    entries: tuple[Entry, ...]


class RandomizationModel:
    """What the randomization panel shows and does.

    Args:
        session: What the panels share.
    """

    def __init__(self, session: Session) -> None:
        self.session, self.form = session, session.randomization
        self.task = Task(session.worker, self.form, session.scene)
        self.look = LookModel(session)
        self.search = Value("")
        """What rows are searched for."""
        self.preset = Value("")
        """Name of the preset that was loaded last."""
        self.pictures = Value(9)
        """Pictures of a preview."""
        self.sheet: Value[str] = Value("")
        """Path of the last preview."""
        self._off: dict[str, dict[str, Any]] = {}

    @cached_property
    def proposals(self) -> dict[str, dict[str, Any]]:
        """Terms that a session may switch on, with a range for every quantity."""
        config = load(RandomizationConfig, presets(FOLDER)[PROPOSALS])
        return config.model_dump(mode="json")["terms"]

    def families(self) -> list[Family]:
        """All families with their terms: those that are on, and those that could be."""
        on: dict[str, Any] = self.form.data["terms"]
        known = {**{name: term["kind"] for name, term in {**self.proposals, **self._off}.items()}}
        known |= {name: term.get("kind", "") for name, term in on.items()}
        entries = [Entry(name, kind, name in on) for name, kind in known.items()]
        return [
            Family(title, kinds, tuple(entry for entry in entries if entry.kind in kinds)) for title, kinds in _FAMILIES
        ]

    def switch(self, name: str, on: bool) -> None:
        """Switch a term on, as it was or as proposed, or off."""
        terms = self.form.data["terms"]
        if on and name not in terms:
            self.form.put(("terms", name), self._off.get(name) or self.proposals[name])
            self.look.touch(name)
        elif not on and name in terms:
            self._off[name] = copy.deepcopy(terms[name])
            self.form.remove(("terms", name))
            if name == self.look.term.value:
                self.look.take_back()

    def propose(self, path: Location) -> Any:
        """A range for a quantity that is switched on: that of the proposals for this term, or for one of its kind."""
        if len(path) < 3 or path[0] != "terms":
            return None
        term, (quantity, *below) = self.form.get(path[:2]), map(str, path[2:])
        first = self.proposals.get(str(path[1]), {})
        for proposed in (first, *self.proposals.values()):
            if proposed.get("kind") == term.get("kind") and proposed.get(quantity) is not None:
                value: Any = proposed[quantity]
                for key in below:
                    value = value.get(key) if isinstance(value, dict) else None
                return copy.deepcopy(value)
        return None

    def finds(self, entry: Entry) -> bool:
        """Whether the search finds a term or one of its quantities."""
        return self._names_term(entry) or any(self.finds_row(entry, row) for row in self.rows(entry))

    def finds_row(self, entry: Entry, row: Row) -> bool:
        """Whether the search leaves a row of a term in."""
        if not self._words or self._names_term(entry):
            return True
        labels = " ".join(self.form.field(row.path[:n]).label for n in range(3, len(row.path) + 1))  # pyright: ignore[reportOptionalMemberAccess]
        return self._all_in(f"{labels} {row.field.help}")

    def rows(self, entry: Entry) -> Iterator[Row]:
        """Rows of a term that is on."""
        if entry.on:
            yield from self.form.rows(entry.path)

    def summary(self, entry: Entry) -> str:
        """The ranges of a term in one line."""
        term = self.form.get(entry.path) or self._off.get(entry.name) or self.proposals.get(entry.name, {})
        model = field_at(RandomizationConfig, "terms").items[0].variant(entry.kind).model
        parts = []
        for field in describe(model):
            value = term.get(field.name)
            if field.distribution and isinstance(value, dict):
                parts.append(f"{field.label.lower()} {describe_range(value, field.unit)}")
        return ", ".join(parts)

    def targets(self, entry: Entry) -> str:
        """What a term changes, in a few words; empty for one that has things of its own."""
        select = (self.form.get(entry.path) or {}).get("select")
        if not isinstance(select, dict):
            return ""
        names = [*(select.get("labels") or []), *(select.get("paths") or [])]
        return ", ".join(str(name).rpartition("/World/")[2] for name in names)

    # -- actions

    def load_preset(self, name: str) -> None:
        """Take over a preset of config/randomization."""
        self.load_file(presets(FOLDER)[name])
        self.preset.value = name

    def load_file(self, path: Path) -> None:
        """Take over a configuration file; one that does not fit is told about and changes nothing."""
        try:
            ranges = load(RandomizationConfig, path)
        except HumanoidBrainError as error:
            self.task.say(error_message(error))
            return
        self._off.clear()
        self.form.load(ranges)
        self.preset.value = ""
        self.task.say()

    def reset(self) -> None:
        """The ranges that a new session begins with."""
        self._off.clear()
        self.form.load(first_ranges())
        self.preset.value = ""
        self.search.value = ""
        self.look.take_back()
        self.task.say()

    def preview(self) -> None:
        """Draw a sheet of pictures with these ranges."""
        results: list[Any] = []

        def make() -> Any:
            job, result = self.session.actions.preview(self.session.capture(), self.pictures.value)
            results.append(result)
            return job

        def done(job: Any) -> None:
            # The same path is another picture: tell followers also then.
            self.sheet.value = ""
            self.sheet.value = results[0].sheet

        self.task.start("Preview", make, done)

    def collect(self) -> dict[str, Any]:
        """The draft, with what is switched off."""
        return {"ranges": self.form.data, "off": self._off, "pictures": self.pictures.value, "look": self.look.on.value}

    def apply(self, state: dict[str, Any]) -> None:
        """Take over an earlier draft."""
        self._off = {str(name): dict(term) for name, term in dict(state.get("off", {})).items()}
        self.form.apply(state["ranges"])
        self.look.on.value = state.get("look") is not False
        pictures = state.get("pictures")
        self.pictures.value = pictures if pictures in PICTURES else 9

    def close(self) -> None:
        """Give the stage back, and follow nothing any longer."""
        self.look.close()
        self.task.close()

    # -- search

    @property
    def _words(self) -> list[str]:
        return self.search.value.lower().split()

    def _names_term(self, entry: Entry) -> bool:
        return self._all_in(f"{entry.title} {entry.kind.replace('_', ' ')} {self.targets(entry)}")

    def _all_in(self, text: str) -> bool:
        return all(word in text.lower() for word in self._words)
