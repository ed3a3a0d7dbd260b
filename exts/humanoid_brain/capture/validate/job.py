# SPDX-License-Identifier: Apache-2.0
"""The inspection as a job: pictures in threads, then what only shows over the whole dataset, then the report."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from humanoid_brain.capture.description import STUFF
from humanoid_brain.capture.findings import Finding
from humanoid_brain.capture.parallel import ordered_map
from humanoid_brain.capture.validate.coco import CocoSource, find_annotations
from humanoid_brain.capture.validate.files import Inspected, inspect
from humanoid_brain.capture.validate.hashing import COPY, look_alikes
from humanoid_brain.capture.validate.own import OwnSource, is_own
from humanoid_brain.capture.validate.report import write_report
from humanoid_brain.capture.validate.source import Source
from humanoid_brain.capture.validate.statistics import Statistics
from humanoid_brain.capture.validate.tally import Tally
from humanoid_brain.config.validation import ValidationConfig
from humanoid_brain.files import make_folder
from humanoid_brain.jobs import FileWritten, Job


@dataclass(frozen=True)
class Verdict:
    """The result of an inspection. ``exit_code`` is 1 if there is a finding of the severity that counts as failure."""

    pictures: int
    objects: int
    errors: int
    warnings: int
    notes: int
    exit_code: int
    report: Path
    """report.html; report.json lies beside it."""


class ValidationJob(Job):
    """Inspects a dataset and writes report.html and report.json.

    Holds half a kilobyte per picture for the search for duplicates; all else is bounded.

    Args:
        config: The dataset, limits, and where the report goes.
    """

    def __init__(self, config: ValidationConfig) -> None:
        super().__init__()
        self._config = config
        self.verdict: Verdict | None = None
        """There once the job is done."""

    def slices(self) -> Iterator[None]:
        """One picture per slice, then duplicates, then the report.

        Raises:
            DatasetError: There is no dataset, or no way to read it.
            StorageError: The report cannot be written.
        """
        config = self._config
        source = open_source(config)
        output = make_folder(config.output or (config.path if config.path.is_dir() else config.path.parent))
        categories = {category["id"]: category for category in source.categories}
        tally, statistics, twins = Tally(), Statistics(), _Twins()
        self.progress.total, self.progress.unit, self.progress.phase = source.count, "pictures", "inspecting"
        self.progress.begin()
        for seen in ordered_map(lambda n: _inspect(source, n, categories, config), range(source.count), config.workers):
            for finding in seen.findings:
                tally.add(finding)
            statistics.add(seen, categories)
            twins.add(seen)
            self.progress.done += 1
            yield
            if self.stopping:
                return
        self.progress.phase = "comparing"
        whole = [source.structure(), twins.findings(config), _balance(source, statistics, config)]
        for findings in whole:
            for finding in findings:
                tally.add(finding)
            yield
        self.progress.phase = "reporting"
        verdict = _verdict(source, statistics, tally, config, output / "report.html")
        for path in write_report(output, source, tally, statistics, config):
            self.events.append(FileWritten(str(path), "report"))
            yield
        self.verdict = verdict

    def release(self) -> None:
        """Nothing is held."""


def open_source(config: ValidationConfig) -> Source:
    """The dataset to inspect: ours, or any in COCO form.

    Raises:
        DatasetError: It is neither.
    """
    if config.path.is_dir() and is_own(config.path):
        return OwnSource(config.path)
    return CocoSource(find_annotations(config.path), config.images)


def _inspect(source: Source, number: int, categories: dict[Any, Any], config: ValidationConfig) -> Inspected:
    return inspect(source.picture(number), categories, config, must_have_objects=source.must_have_objects)


def _verdict(source: Source, statistics: Statistics, tally: Tally, config: ValidationConfig, report: Path) -> Verdict:
    errors, warnings, notes = tally.count("error"), tally.count("warning"), tally.count("note")
    counted = {"error": errors, "warning": errors + warnings, "never": 0}[config.fail_on]
    objects = sum(statistics.classes.values())
    return Verdict(source.count, objects, errors, warnings, notes, int(counted > 0), report)


class _Twins:
    """What the search for duplicates needs of each picture, half a kilobyte."""

    def __init__(self) -> None:
        self._keys: list[str] = []
        self._hashes = array("Q")
        self._copies = bytearray()
        self._first: dict[bytes, int] = {}
        self._same: dict[int, int] = {}

    def add(self, seen: Inspected) -> None:
        if seen.look is None or any(finding.code in ("black", "blank") for finding in seen.findings):
            return
        number = len(self._keys)
        first = self._first.setdefault(seen.look.sha256, number)
        if first != number:
            self._same[number] = first
        self._keys.append(seen.key)
        self._hashes.append(seen.look.hash)
        self._copies += seen.look.copy.tobytes()

    def findings(self, config: ValidationConfig) -> Iterator[Finding]:
        for number, first in self._same.items():
            key = self._keys[number]
            yield Finding("duplicate", "error", f"is the same file as {self._keys[first]}", key, key)
        hashes = np.array(self._hashes, np.uint64)
        copies = np.frombuffer(bytes(self._copies), np.uint8).reshape(len(hashes), COPY, COPY)
        groups = look_alikes(hashes, copies, config.duplicate_bits, config.duplicate_difference)
        for first, *others in groups:
            for key in (self._keys[other] for other in others if other not in self._same):
                yield Finding("near_duplicate", "warning", f"looks like {self._keys[first]}", key, key)


def _balance(source: Source, statistics: Statistics, config: ValidationConfig) -> Iterator[Finding]:
    counts: Counter[str] = statistics.classes
    total = sum(counts.values())
    things = [category for category in source.categories if category.get("supercategory") != STUFF]
    for name in (str(category["name"]) for category in things):
        count = counts[name]
        if count == 0:
            yield Finding("absent_class", "warning", "the dataset has no object of it", name)
        elif count < config.rare_class_share * total:
            what = f"{count} of {total} objects are of it, {100 * count / total:.2f} %"
            yield Finding("rare_class", "warning", what, name)
