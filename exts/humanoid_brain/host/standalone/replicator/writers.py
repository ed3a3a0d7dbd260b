# SPDX-License-Identifier: Apache-2.0
"""Writers: what to do with each frame. Names follow ``omni.replicator.core.writers``."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar, Protocol

from humanoid_brain.host.replicator_api import ON_FRAME, Trigger
from humanoid_brain.host.standalone.replicator.annotators import Annotator
from humanoid_brain.host.standalone.replicator.errors import InvalidWriterError, WriterError, WriterRegistryError
from humanoid_brain.host.standalone.replicator.payload import STRUCTURES, arrange
from humanoid_brain.host.standalone.replicator.render_products import RenderProduct, find_all
from humanoid_brain.host.standalone.replicator.render_settings import settings
from humanoid_brain.host.standalone.utils.stage import on_stage_change

Products = str | RenderProduct | Sequence[str | RenderProduct]


class Backend(Protocol):
    """Where a writer's metadata goes, as ``omni.replicator.core.backends.BaseBackend`` has it."""

    def write_blob(self, path: str, data: bytes) -> object:
        """Write ``data`` to the relative ``path``."""
        ...


class Writer(ABC):
    """Base of writers: a subclass names its annotators in ``__init__`` and takes their data in :meth:`write`.

    Attributes:
        annotators: Names of annotators, or annotators; the subclass sets it.
        version: Of the writer, for the metadata.
        backend: Where the metadata goes; None for nowhere.
        data_structure: How data is arranged: "legacy", "annotator" or "renderProduct".
        metadata: Name and version, from the first frame on.
        num_written: Frames written since :meth:`attach`.
    """

    annotators: list[str | Annotator]
    version: str
    backend: Backend | None = None
    data_structure: str = "legacy"
    metadata: dict[str, Any] | None = None
    num_written: int

    def __new__(cls, *args: object, **kwargs: object) -> Writer:
        """With the attributes that a subclass need not set, also before ``initialize``."""
        writer = super().__new__(cls)
        writer.annotators, writer.version, writer.num_written = [], "0.0.0", 0
        writer._attached, writer._trigger = [], ON_FRAME
        writer._scheduled, writer._metadata_written = False, False
        writer._payload = None
        return writer

    _attached: list[Annotator]
    _trigger: Trigger
    _scheduled: bool
    _metadata_written: bool
    _payload: dict[str, Any] | None

    @abstractmethod
    def write(self, data: dict[str, Any]) -> None:
        """Take one frame, arranged as ``data_structure`` says."""

    def on_final_frame(self) -> None:  # noqa: B027 - a writer need not care
        """Called when a run ends."""

    def initialize(self, **kwargs: Any) -> None:
        """Construct it again, with these arguments."""
        self.__init__(**kwargs)

    def attach(self, render_products: Products, trigger: Trigger = ON_FRAME) -> None:
        """Write the frames of render products from the next step on.

        Args:
            render_products: One or several, or their paths.
            trigger: Each frame; a function that says for each frame whether; or None for :meth:`schedule_write`.

        Raises:
            WriterError: The data structure or the trigger is none of Replicator's.
            AnnotatorRegistryError: There is no such annotator.
        """
        WriterRegistry.attach(self, render_products, trigger=trigger)
        self.num_written = 0

    async def attach_async(self, render_products: Products, trigger: Trigger = ON_FRAME) -> None:
        """As :meth:`attach`."""
        self.attach(render_products, trigger)

    def detach(self) -> None:
        """Write no more frames."""
        for annotator in self._attached:
            if annotator.is_attached:
                annotator.detach()
        self._attached, self._payload = [], None
        WriterRegistry.forget(self)

    def schedule_write(self) -> None:
        """Write the frame of the next step, when attached with ``trigger=None``."""
        self._scheduled = True

    def get_data(self) -> dict[str, Any] | None:
        """What the last step gave, written or not; None before."""
        return self._payload

    def get_annotators(self) -> dict[str, Annotator]:
        """Its annotators by name."""
        made = [Annotator(each) if isinstance(each, str) else each for each in self.annotators]
        return {annotator.name: annotator for annotator in made}

    def get_annotator(self, name: str) -> Annotator | None:
        """One of its annotators, None if it has no such."""
        return self.get_annotators().get(name)

    def get_attached_annotators(self) -> list[Annotator]:
        """The annotators that fill it, for every render product its own."""
        return self._attached

    def add_annotator(self, annotator: Annotator, name: str | None = None) -> None:
        """Add an annotator, in place of one of that name; ``name`` renames it in the data."""
        found = self.get_annotators()
        if name:
            annotator._public_name = name
        found[annotator.name] = annotator
        self.annotators = list(found.values())

    def get_metadata(self) -> None:
        """Set ``metadata``."""
        self.metadata = {"name": type(self).__name__, "version": self.version, "replicator_global_seed:": settings.seed}

    def write_metadata(self) -> None:
        """Write metadata.txt to the backend, if there is one."""
        if self.backend is not None:
            self.backend.write_blob("metadata.txt", json.dumps(self.metadata, indent=4).encode())

    def take(self, products: Sequence[RenderProduct], frame: int) -> None:
        """Gather the data of a step that rendered ``products``, and write it if the trigger says so."""
        mine = [product for product in products if any(each.product is product for each in self._attached)]
        if not mine:
            return
        if not self._metadata_written:
            self.get_metadata()
            self.write_metadata()
            self._metadata_written = True
        self._payload = arrange(self._attached, mine, self.data_structure, frame)
        scheduled, self._scheduled = self._scheduled, False
        due = self._trigger() if callable(self._trigger) else scheduled if self._trigger is None else True
        if due:
            self.write(self._payload)
            self.num_written += 1


class WriterRegistry:
    """The writers that there are, and those that are attached."""

    _writers: ClassVar[dict[str, type[Writer]]] = {}
    _categories: ClassVar[dict[str, list[str]]] = {}
    _active: ClassVar[list[Writer]] = []

    @classmethod
    def register(cls, writer: type[Writer], category: str | None = None) -> None:
        """Make a class of writers known by its name.

        Raises:
            InvalidWriterError: It is no subclass of :class:`Writer`.
        """
        if not (isinstance(writer, type) and issubclass(writer, Writer)):
            raise InvalidWriterError(f"{writer!r} is no writer", todo="Derive it from replicator.Writer")
        cls._writers[writer.__name__] = writer
        if category:
            cls._categories.setdefault(category, []).append(writer.__name__)

    @classmethod
    def unregister(cls, writer_name: str) -> None:
        """Forget a class of writers; those of its kind are detached.

        Raises:
            WriterRegistryError: There is none of that name.
        """
        cls._find(writer_name)
        cls.detach(writer_name)
        del cls._writers[writer_name]
        for names in cls._categories.values():
            if writer_name in names:
                names.remove(writer_name)

    @classmethod
    def get(
        cls,
        writer_name: str,
        init_params: dict[str, Any] | None = None,
        render_products: Products | None = None,
        trigger: Trigger = ON_FRAME,
    ) -> Writer:
        """A new writer; without ``init_params`` it waits for its ``initialize``.

        Raises:
            WriterRegistryError: There is none of that name.
        """
        kind = cls._find(writer_name)
        writer = kind.__new__(kind)
        if init_params:
            writer.initialize(**init_params)
        if render_products:
            writer.attach(render_products, trigger=trigger)
        return writer

    @classmethod
    def get_writers(cls, category: str | None = None) -> dict[str, type[Writer]]:
        """Classes of writers by name, of one category or all."""
        names = cls._writers if category is None else cls._categories.get(category, [])
        return {name: cls._writers[name] for name in names}

    @classmethod
    def attach(
        cls,
        writer: Writer,
        render_products: Products,
        init_params: dict[str, Any] | None = None,
        trigger: Trigger = ON_FRAME,
        **kwargs: Any,
    ) -> None:
        """Attach a writer; see :meth:`Writer.attach`. ``init_params`` and ``kwargs`` have no meaning here."""
        if writer.data_structure not in STRUCTURES:
            raise WriterError(f"'{writer.data_structure}' is no data structure", todo=f"Use {', '.join(STRUCTURES)}")
        if isinstance(trigger, str) and trigger != ON_FRAME:
            raise WriterError(f"the trigger '{trigger}' is not available on this host", todo=f"Use {ON_FRAME}")
        products = find_all(render_products)
        twins = [(each.twin(), product) for product in products for each in writer.get_annotators().values()]
        writer._attached += [twin.attach(product) for twin, product in twins]
        writer._trigger = trigger
        if not any(each is writer for each in cls._active):
            cls._active.append(writer)

    @classmethod
    def detach(cls, writer_name: str, render_products: Products | None = None) -> None:
        """Detach the writers of one name, from some render products or all."""
        paths = None if render_products is None else {product.path for product in find_all(render_products)}
        for writer in [each for each in cls._active if type(each).__name__ == writer_name]:
            if paths is None or any(each.product and each.product.path in paths for each in writer._attached):
                writer.detach()

    @classmethod
    def attached(cls) -> list[Writer]:
        """The writers that are attached, in the order in which they were."""
        return list(cls._active)

    @classmethod
    def forget(cls, writer: Writer) -> None:
        """Take a writer off the attached ones."""
        cls._active[:] = [each for each in cls._active if each is not writer]

    @classmethod
    def finish(cls) -> None:
        """Tell every attached writer that the final frame is written."""
        for writer in cls.attached():
            writer.on_final_frame()

    @classmethod
    def _find(cls, writer_name: str) -> type[Writer]:
        if writer_name not in cls._writers:
            known = ", ".join(cls._writers) or "none"
            raise WriterRegistryError(f"there is no writer '{writer_name}'", todo=f"Registered are: {known}")
        return cls._writers[writer_name]


def _detach_all() -> None:
    for writer in WriterRegistry.attached():
        writer.detach()


on_stage_change(_detach_all)
get = WriterRegistry.get
register = WriterRegistry.register
