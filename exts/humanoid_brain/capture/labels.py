# SPDX-License-Identifier: Apache-2.0
"""From Replicator's annotators, on either host, to the labels of a frame."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from humanoid_brain.capture.description import STUFF, Category
from humanoid_brain.capture.frame import BACKGROUND, FIRST_CLASS, UNLABELLED, Box2d, Box3d, ObjectLabel
from humanoid_brain.errors import SceneError

if TYPE_CHECKING:
    from pxr import Usd

    from humanoid_brain.config.capture import Output
    from humanoid_brain.host import Replicator
    from humanoid_brain.host.replicator_api import Annotator

Masks = npt.NDArray[np.uint16]

KIND = "class"
"""Type of the semantic labels that name classes."""
_ALWAYS = (
    "camera_params",
    "distance_to_image_plane",
    "semantic_segmentation",
    "instance_segmentation",
    "bounding_box_2d_tight",
    "bounding_box_2d_loose",
    "bounding_box_3d",
)
_WANTED: dict[str, tuple[str, ...]] = {
    "color": ("rgb",),
    "distance": ("distance_to_camera",),
    "normals": ("normals",),
    "motion": ("motion_vectors",),
    "points": ("pointcloud",),
}
_IDS = ("semantic_segmentation", "instance_segmentation")
_LABELLED = (*_IDS, "bounding_box_2d_tight", "bounding_box_2d_loose", "bounding_box_3d", "pointcloud")


def annotators(replicator: Replicator, outputs: Iterable[Output]) -> dict[str, Annotator]:
    """The annotators that a dataset needs, by name, not attached yet.

    Args:
        replicator: The host's Replicator.
        outputs: What the dataset holds of each frame.
    """
    made: dict[str, Annotator] = {}
    for name in (*_ALWAYS, *(name for output in outputs for name in _WANTED.get(output, ()))):
        params: dict[str, Any] = {"semanticTypes": [KIND]} if name in _LABELLED else {}
        if name in _IDS:
            params["colorize"] = False
        made[name] = replicator.annotators.get(name, init_params=params or None)
    return made


class Annotations:
    """The annotators that a dataset needs, on one render product.

    Args:
        replicator: The host's Replicator.
        product: What it made for the camera.
        outputs: What the dataset holds of each frame.
    """

    def __init__(self, replicator: Replicator, product: Any, outputs: Iterable[Output]) -> None:
        self._annotators = annotators(replicator, outputs)
        for annotator in self._annotators.values():
            annotator.attach(product)

    def read(self) -> dict[str, Any]:
        """Data of all annotators after a step, by name, in Replicator's layouts."""
        return {name: annotator.get_data() for name, annotator in self._annotators.items()}

    def detach(self) -> None:
        """Stop annotating."""
        for annotator in self._annotators.values():
            annotator.detach()


@dataclass(frozen=True)
class Labelling:
    """What is annotated in every frame of a dataset, in numbers that are the same in all of them.

    Attributes:
        classes: Names in the order of their values in semantic masks, from 2 on.
        objects: Path of each prim that is annotated as an object, and its class. An object's number in instance masks
            is its place here, from 1 on.
    """

    classes: tuple[str, ...]
    objects: Mapping[str, str]

    def semantic(self, data: Mapping[str, Any]) -> Masks:
        """Semantic mask [H, W] of the annotator ``semantic_segmentation``."""
        values = {name: FIRST_CLASS + i for i, name in enumerate(self.classes)}
        table = {0: BACKGROUND, 1: UNLABELLED}
        for key, labels in data["info"]["idToLabels"].items():
            if (number := int(key)) > 1:
                table[number] = values.get(class_of(labels), UNLABELLED)
        return _translated(data["data"], table)

    def instance(self, data: Mapping[str, Any]) -> Masks:
        """Instance mask [H, W] of the annotator ``instance_segmentation``; 0 for whatever is no object."""
        numbers = self._numbers()
        table = {int(key): numbers.get(str(path), 0) for key, path in data["info"]["idToLabels"].items()}
        return _translated(data["data"], table)

    def labels(self, data: Mapping[str, Any]) -> tuple[ObjectLabel, ...]:
        """The objects of a frame, in the order of their numbers, from the annotators of boxes."""
        tight, loose = (_rows(data[f"bounding_box_2d_{name}"]) for name in ("tight", "loose"))
        solid = _rows(data["bounding_box_3d"])
        found = []
        for path, number in self._numbers().items():
            if path not in tight and path not in loose:
                continue
            seen, whole = tight.get(path), loose.get(path)
            share = float((seen if seen is not None else whole)["occlusionRatio"])  # pyright: ignore[reportOptionalSubscript]
            found.append(
                ObjectLabel(
                    instance=number,
                    prim_path=path,
                    category=self.objects[path],
                    box_tight=_box(seen),
                    box_loose=_box(whole),
                    occlusion=share if 0.0 <= share <= 1.0 else -1.0,
                    box_3d=_solid(solid[path]) if path in solid else None,
                )
            )
        return tuple(found)

    def unknown(self, data: Mapping[str, Any]) -> dict[str, str]:
        """Path and class of what the annotators of boxes name and ``objects`` lacks: clones, and what came later."""
        found: dict[str, str] = {}
        for name in ("bounding_box_2d_tight", "bounding_box_2d_loose"):
            table = {int(key): class_of(labels) for key, labels in data[name]["info"]["idToLabels"].items()}
            for path, row in _rows(data[name]).items():
                if path not in self.objects:
                    found[path] = table.get(int(row["semanticId"]), "")
        return found

    def _numbers(self) -> dict[str, int]:
        return {path: i for i, path in enumerate(self.objects, start=1)}


def labelled_prims(stage: Usd.Stage) -> dict[str, str]:
    """Path and class of each prim with a class of its own, in the order of the stage."""
    return {str(prim.GetPath()): name for prim in stage.Traverse() if (name := _class_on(prim))}


def _class_on(prim: Usd.Prim) -> str:
    """The prim's own class in UsdSemantics' schema, or in the one before Isaac Sim 5; "" for none."""
    attribute = prim.GetAttribute(f"semantics:labels:{KIND}")
    if labels := attribute.Get() if attribute else None:
        return str(labels[0])
    for schema in prim.GetAppliedSchemas():
        name, _, instance = schema.partition(":")
        if name == "SemanticsAPI":
            kind, label = (prim.GetAttribute(f"semantic:{instance}:params:semantic{part}") for part in ("Type", "Data"))
            if kind and label and kind.Get() == KIND:
                return str(label.Get() or "")
    return ""


def classes_of(
    classes: Sequence[str], stuff: Sequence[str], prims: Mapping[str, str]
) -> tuple[tuple[Category, ...], Labelling]:
    """The classes of a dataset, and which prims are its objects.

    Args:
        classes: Classes that are annotated; empty for all on the stage but those of ``stuff``.
        stuff: Classes without single objects.
        prims: Class by path, from :func:`labelled_prims`.

    Raises:
        SceneError: No prim has a class that is to be annotated.
    """
    there = sorted(set(prims.values()))
    things = tuple(classes) or tuple(name for name in there if name not in stuff)
    missing = [name for name in things if name not in there]
    if missing or not things:
        what = f"nothing on the stage has the class {', '.join(missing)}" if missing else "nothing has a class"
        raise SceneError(what, where="classes", todo=f"Classes on the stage: {', '.join(there) or 'none'}")
    besides = tuple(name for name in stuff if name in there)
    categories = [Category(name) for name in things] + [Category(name, supercategory=STUFF) for name in besides]
    objects = {path: name for path, name in prims.items() if name in things}
    return tuple(categories), Labelling((*things, *besides), objects)


def class_of(labels: Any) -> str:
    """The class among the labels that Replicator gives for an id: of several, joined by commas, the innermost."""
    value = labels.get(KIND, "") if isinstance(labels, Mapping) else labels
    return str(value).rpartition(",")[2].strip()


def _translated(ids: npt.NDArray[np.uint32], table: Mapping[int, int]) -> Masks:
    """Numbers of a table in place of ids; ids that the table lacks become 0."""
    lookup = np.zeros(max(int(ids.max(initial=0)), *table, 1) + 1, np.uint16)
    for key, value in table.items():
        lookup[key] = value
    return lookup.take(ids)


def _rows(data: Mapping[str, Any]) -> dict[str, Any]:
    """Rows of a box annotator by prim path."""
    return dict(zip(map(str, data["info"]["primPaths"]), data["data"], strict=True))


def _box(row: Any) -> Box2d | None:
    if row is None:
        return None
    return (int(row["x_min"]), int(row["y_min"]), int(row["x_max"]), int(row["y_max"]))


def _solid(row: Any) -> Box3d:
    low, high = (tuple(float(row[f"{axis}_{end}"]) for axis in "xyz") for end in ("min", "max"))
    return Box3d(low, high, np.array(row["transform"], np.float64).T)  # pyright: ignore[reportArgumentType]
