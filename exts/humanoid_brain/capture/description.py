# SPDX-License-Identifier: Apache-2.0
"""What a dataset is: its classes, its configuration and seed, and the identity by which a resumed capture knows it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import metadata
from typing import TYPE_CHECKING, Any

from humanoid_brain import __version__
from humanoid_brain.capture.frame import FIRST_CLASS
from humanoid_brain.capture.layout import frames_of
from humanoid_brain.config.capture import CaptureConfig, DatasetConfig

if TYPE_CHECKING:
    from humanoid_brain.host import Host

MOST_FRAMES = 100_000_000
"""Frames that one dataset may have."""
FRAMES = 3
"""Raised whenever the same configuration gives other frames than before, in draws, poses, labels or noise, between
releases as well: a dataset that was begun before is then refused instead of being gone on with."""
_STORED_ELSEWHERE = {"output", "shard", "seed", "frames", "dataset", "device", "processes", "cluster"}
"""Fields of the configuration that are not part of a dataset's identity, or stand in its description already."""

STUFF = "stuff"
"""Supercategory of classes without single objects, which are in the semantic masks only."""


@dataclass(frozen=True)
class Category:
    """A class of objects."""

    name: str
    supercategory: str = ""
    keypoints: tuple[str, ...] = ()
    """Names of its keypoints, in the order of ``ObjectLabel.keypoints``."""
    skeleton: tuple[tuple[int, int], ...] = ()
    """Pairs of keypoints that are joined, by position from 0 on."""


@dataclass(frozen=True)
class Description:
    """A dataset before it is captured. Two captures with equal :meth:`identity` make the same frames."""

    seed: int
    frames: int
    """Frames of the whole dataset, those of all shards together."""
    categories: tuple[Category, ...]
    """Classes in the order of their values in ``Frame.semantic``, from 2 on."""
    config: Mapping[str, Any] = field(default_factory=dict)
    """The whole configuration that makes the frames, as JSON values."""
    versions: Mapping[str, str] = field(default_factory=dict)
    """Versions of whatever can change a picture: this package, host, renderer."""
    storage: DatasetConfig = field(default_factory=DatasetConfig)
    shard: tuple[int, int] = (0, 1)
    """Which shard this capture makes, and of how many (:func:`humanoid_brain.capture.layout.frames_of`)."""

    def __post_init__(self) -> None:
        frames_of(self.frames, *self.shard)
        if not 0 < self.frames <= MOST_FRAMES:
            raise ValueError(f"a dataset has 1 to {MOST_FRAMES:,} frames, not {self.frames:,}")
        names = [category.name for category in self.categories]
        if len(set(names)) != len(names):
            raise ValueError(f"two classes have the same name: {names}")

    def identity(self) -> dict[str, Any]:
        """Everything on which the files depend, as JSON values."""
        return {
            "seed": self.seed,
            "frames": self.frames,
            "categories": coco_categories(self.categories),
            "config": dict(self.config),
            "versions": dict(self.versions),
            "storage": self.storage.identity(),
        }

    def indices(self) -> range:
        """The frames of this shard."""
        return frames_of(self.frames, *self.shard)


def describe(config: CaptureConfig, categories: tuple[Category, ...], versions: Mapping[str, str]) -> Description:
    """The dataset that a configuration stands for; an open scene knows its classes and its versions."""
    return Description(
        seed=config.seed,
        frames=config.frames,
        categories=categories,
        config=config.model_dump(mode="json", exclude=_STORED_ELSEWHERE),
        versions=versions,
        storage=config.dataset,
        shard=config.part,
    )


def picture_versions(host: Host) -> dict[str, str]:
    """Versions of whatever can change a picture on a host, for a description."""
    drawn_by = ("mitsuba", "usd-core") if host.name == "standalone" else ()
    packages = {package: metadata.version(package) for package in drawn_by}
    return {"humanoid_brain": __version__, "frames": str(FRAMES), host.name: host.version, **packages}


def coco_categories(categories: tuple[Category, ...]) -> list[dict[str, Any]]:
    """The classes as COCO lists them: ids and keypoint numbers from 1 on. ``semantic_id`` is the value in masks."""
    return [
        {
            "id": number,
            "name": category.name,
            "supercategory": category.supercategory or category.name,
            "keypoints": list(category.keypoints),
            "skeleton": [[a + 1, b + 1] for a, b in category.skeleton],
            "semantic_id": number - 1 + FIRST_CLASS,
        }
        for number, category in enumerate(categories, start=1)
    ]
