# SPDX-License-Identifier: Apache-2.0
"""Our dataset from a Replicator script: a writer that is attached to a render product like NVIDIA's own.

>>> register_writer()
>>> writer = rep.WriterRegistry.get("HumanoidBrainWriter")
>>> writer.initialize(output_dir="outputs/mine", classes=["humanoid", "chair"])
>>> writer.attach([product])
>>> for _ in range(100):
...     rep.orchestrator.step()
>>> writer.detach()  # or rep.orchestrator.stop(): the dataset is whole then
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from humanoid_brain import __version__
from humanoid_brain.capture.check import check_frame
from humanoid_brain.capture.description import STUFF, Category, Description, picture_versions
from humanoid_brain.capture.keypoints import Keypoints, has_keypoints, read_keypoints
from humanoid_brain.capture.labels import Labelling, annotators, classes_of, labelled_prims
from humanoid_brain.capture.layout import DESCRIPTION
from humanoid_brain.capture.links import LinkPoses
from humanoid_brain.capture.reading import Robot, camera_of, read_frame
from humanoid_brain.capture.writer import DatasetWriter
from humanoid_brain.config.base import build
from humanoid_brain.config.capture import WriterConfig
from humanoid_brain.errors import ConfigError, DatasetError, SceneError
from humanoid_brain.host.replicator_api import ON_FRAME

if TYPE_CHECKING:
    from pxr import Usd

    from humanoid_brain.host import Host

NAME = "HumanoidBrainWriter"
"""Name of the writer in the registry."""
_STORED_ELSEWHERE = {"output_dir", "seed", "frames", "dataset"}
_log = logging.getLogger(__name__)


def register_writer(host: Host | None = None) -> None:
    """Make HumanoidBrainWriter known to the host's WriterRegistry.

    Args:
        host: The simulator; None takes the one this process runs in.

    Raises:
        HostError: Replicator is not enabled.
    """
    from humanoid_brain import host as hosts

    host = host or hosts.load()
    host.replicator.WriterRegistry.register(writer_class(host))


def writer_class(host: Host) -> type[Any]:
    """HumanoidBrainWriter on the host's own base class of writers."""
    base: Any = host.replicator.Writer

    class HumanoidBrainWriter(base):
        """Writes each step's frame of one render product into a dataset of ours.

        ``initialize`` takes the fields of :class:`humanoid_brain.config.capture.WriterConfig` as keywords.

        Attributes:
            randomization: What was drawn for the next step, as JSON values by name; it goes into the frame's record.
        """

        randomization: Mapping[str, Any] = {}
        _recording: Recording | None = None

        def __init__(self, output_dir: str, **settings: Any) -> None:
            config = build(WriterConfig, {"output_dir": output_dir, **settings}, NAME)
            self.version, self.data_structure = __version__, "legacy"
            self.annotators = list(annotators(host.replicator, config.dataset.outputs).values())
            self._recording = Recording(config, host)

        def attach(self, render_products: Any, trigger: Any = ON_FRAME) -> None:
            """Write the frames of one render product.

            Raises:
                ConfigError: Several were given: a dataset is what one camera sees.
            """
            if isinstance(render_products, Sequence) and not isinstance(render_products, str):
                _require_one(len(render_products))
            super().attach(render_products, trigger)

        def write(self, data: dict[str, Any]) -> None:
            """Take one step's data."""
            assert self._recording is not None
            self._recording.add(data, self.randomization)

        def on_final_frame(self) -> None:
            """Write the files about the whole dataset; later steps add to it."""
            if self._recording is not None:
                self._recording.finish()

        def detach(self) -> None:
            """Write no more frames, and the files about the whole dataset."""
            super().detach()
            self.on_final_frame()

        def write_metadata(self) -> None:
            """Write no metadata.txt: the dataset has a metadata.json."""

    return HumanoidBrainWriter


class Recording:
    """The dataset that a writer makes, begun by the first frame.

    Args:
        config: What to write.
        host: The simulator.

    Raises:
        ConfigError: The folder holds a dataset already, and the number of frames is not given.
    """

    def __init__(self, config: WriterConfig, host: Host) -> None:
        if config.frames is None and (config.output_dir / DESCRIPTION).exists():
            raise ConfigError(
                "this folder holds a dataset already",
                where=str(config.output_dir),
                todo="Choose another output_dir, or give the number of frames to go on with what is missing",
            )
        self._config, self._host = config, host
        self._next, self._moving = 0, False
        self._scene: _Scene | None = None
        self._description: Description | None = None
        self._writer: DatasetWriter | None = None

    def add(self, data: Mapping[str, Any], randomization: Mapping[str, Any]) -> None:
        """Write a step's frame, unless it is there already, shows nothing, or is one too many.

        Raises:
            SceneError: The stage is not in metres, or nothing on it has a class.
            DatasetError: A class is new, or the frame cannot be written.
            StorageError: The disk is full.
        """
        about = [value for key, value in data.items() if key.startswith("rp_")]
        _require_one(len(about))
        if not data["instance_segmentation"]["data"].size:
            _log.warning("the renderer gave no picture yet: this step is not written")
            return
        moving, self._moving = self._moving, True
        if self._scene is None:
            self._scene = _Scene(self._host.stage.get_current_stage(), self._config, self._host)
        writer, index, frames = self._opened(self._scene, about[0]), self._next, self._config.frames
        if frames is not None:
            self._next += 1  # a frame's number is that of its step, also where the frame is not written
            if index >= frames or not writer.missing([index]):
                return
        width, height = (int(side) for side in about[0]["resolution"])
        camera = camera_of(self._scene.stage, str(about[0]["camera"]), (width, height), data)
        labelling, outputs = self._scene.labelling_of(data), self._config.dataset.outputs
        frame = read_frame(index, data, camera, labelling, outputs, self._scene.robots(), randomization, moving)
        if flaws := check_frame(frame, need_objects=not self._config.allow_empty):
            _log.warning("step not written as frame %d: %s", index, flaws[0].what)
            return
        if frames is None:
            writer.grow(index + 1)
            self._next += 1
        writer.submit(frame)
        writer.poll()

    def finish(self) -> None:
        """Write ``annotations.json`` and ``metadata.json``, and let the folder go.

        Raises:
            StorageError, DatasetError: A frame could not be written.
        """
        writer, self._writer, self._moving = self._writer, None, False
        if writer is not None:
            with writer:
                summary = writer.finish()
            if summary.missing:
                _log.warning("%d of %s frames are missing in %s", summary.missing, self._config.frames, writer.path)

    def _opened(self, scene: _Scene, about: Mapping[str, Any]) -> DatasetWriter:
        """The dataset, begun or gone on with."""
        if self._writer is None:
            shown = {"camera": str(about["camera"]), "resolution": [int(side) for side in about["resolution"]]}
            settings = self._config.model_dump(mode="json", exclude=_STORED_ELSEWHERE)
            description = Description(
                seed=self._config.seed,
                frames=self._config.frames or max(1, self._next),
                categories=scene.categories,
                config={"writer": NAME, **shown, **settings},
                versions=picture_versions(self._host),
                storage=self._config.dataset,
            )
            self._writer = DatasetWriter(self._config.output_dir, description)
        return self._writer


class _Scene:
    """What the frames of a dataset share: its classes, its objects, and the robots with keypoints among them."""

    def __init__(self, stage: Usd.Stage, config: WriterConfig, host: Host) -> None:
        from pxr import UsdGeom

        if UsdGeom.GetStageMetersPerUnit(stage) != 1.0:
            raise SceneError("the stage is not in metres", todo="Set its metersPerUnit to 1, and scale it to match")
        self.stage, self._config = stage, config
        categories, self._labelling = classes_of(config.classes, config.stuff, labelled_prims(stage))
        prims = {path: stage.GetPrimAtPath(path) for path in self._labelling.objects}
        self._keypoints = {path: read_keypoints(prim) for path, prim in prims.items() if has_keypoints(prim)}
        marked = {self._labelling.objects[path]: keypoints for path, keypoints in self._keypoints.items()}
        self.categories = tuple(_with_keypoints(category, marked.get(category.name)) for category in categories)
        links = {path: _links(prims[path], keypoints) for path, keypoints in self._keypoints.items()}
        everyone = [link for below in links.values() for link in below.values()]
        self._links = links
        self._poses = LinkPoses(host, everyone, "humanoid_brain_writer") if everyone else None

    def labelling_of(self, data: Mapping[str, Any]) -> Labelling:
        """The objects of a step's data; those that are new get the next numbers.

        Raises:
            DatasetError: One of them has a class that nothing had when the dataset was begun.
        """
        known = self._labelling
        new = known.unknown(data)
        if not self._config.classes and (late := sorted(set(new.values()) - set(known.classes))):
            raise DatasetError(
                f"the class '{late[0]}' came after the first frame",
                todo="Name all classes when the writer is initialized, or add them to its stuff",
            )
        things = {category.name for category in self.categories if category.supercategory != STUFF}
        objects = {path: name for path, name in new.items() if name in things}
        if objects:
            self._labelling = replace(known, objects={**known.objects, **objects})
        return self._labelling

    def robots(self) -> dict[str, Robot]:
        """The robots as they stand now."""
        if self._poses is None:
            return {}
        poses = self._poses.read()
        return {
            path: Robot(keypoints, {name: poses[link] for name, link in self._links[path].items()})
            for path, keypoints in self._keypoints.items()
        }


def _require_one(products: int) -> None:
    if products != 1:
        raise ConfigError(
            f"{NAME} was attached to {products} render products",
            todo="Attach one writer with an output_dir of its own to each",
        )


def _with_keypoints(category: Category, keypoints: Keypoints | None) -> Category:
    return category if keypoints is None else replace(category, **keypoints.of_category())


def _links(robot: Usd.Prim, keypoints: Keypoints) -> dict[str, str]:
    """Path by name of the links that carry keypoints."""
    from pxr import Usd, UsdPhysics

    below = (prim for prim in Usd.PrimRange(robot) if prim.HasAPI(UsdPhysics.RigidBodyAPI))
    return {prim.GetName(): str(prim.GetPath()) for prim in below if prim.GetName() in keypoints.links}
