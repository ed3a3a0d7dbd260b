# SPDX-License-Identifier: Apache-2.0
"""The part of ``omni.replicator.core`` that our code speaks, for type checkers; recorded in tests/contract.

Facts are of Replicator 1.12 (Isaac Sim 5.0 and 5.1). On both hosts ``Host.replicator`` has this shape.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

Trigger = str | Callable[[], bool] | None
ON_FRAME = "omni.replicator.core.OgnOnFrame"
"""The trigger by which a writer writes every frame."""


class HydraTexture(Protocol):
    """The switch of a render product."""

    def set_updates_enabled(self, enabled: bool) -> None:
        """Whether it is rendered."""
        ...


class RenderProduct(Protocol):
    """What one camera sees at one resolution."""

    @property
    def path(self) -> str:
        """Its path on the render graph."""
        ...

    @property
    def hydra_texture(self) -> HydraTexture:
        """Switches rendering on and off."""
        ...

    def destroy(self) -> None:
        """Stop rendering it for good."""
        ...


Products = str | RenderProduct | Sequence[str | RenderProduct]


class Create(Protocol):
    """Functions of ``omni.replicator.core.create``."""

    def render_product(
        self, camera: Any, resolution: tuple[int, int], force_new: bool = False, name: Any = None
    ) -> Any:
        """A render product of a camera's path, or a list of them for a list of paths."""
        ...


class Annotator(Protocol):
    """One kind of data of one render product."""

    @property
    def name(self) -> str:
        """Name in a writer's data."""
        ...

    @property
    def is_attached(self) -> bool:
        """Whether it has a render product."""
        ...

    def get_name(self) -> str:
        """As ``name``."""
        ...

    def initialize(self, **kwargs: Any) -> None:
        """Set parameters, before it is attached."""
        ...

    def attach(self, render_products: Products, render_product_idxs: Sequence[int] | None = None) -> Any:
        """Fill it from a render product."""
        ...

    def detach(self, render_products: Products | None = None) -> None:
        """Stop filling it."""
        ...

    def get_data(
        self, device: str | None = None, do_array_copy: bool = False, use_legacy_structure: bool = True
    ) -> Any:
        """The data of the last step."""
        ...


class GetAnnotator(Protocol):
    """Makes an annotator."""

    def __call__(
        self,
        name: str,
        init_params: dict[str, Any] | None = None,
        render_product_idxs: Sequence[int] | None = None,
        device: str | None = None,
        do_array_copy: bool = True,
    ) -> Annotator:
        """A new annotator of that name."""
        ...


class AnnotatorRegistry(Protocol):
    """The annotators that there are."""

    get_annotator: GetAnnotator


class Annotators(Protocol):
    """Functions of ``omni.replicator.core.annotators``."""

    get: GetAnnotator


class Step(Protocol):
    """Takes a step; see :mod:`humanoid_brain.host.standalone.replicator.orchestrator`."""

    def __call__(
        self,
        rt_subframes: int = -1,
        pause_timeline: bool = True,
        delta_time: float | None = None,
        wait_for_render: bool = True,
    ) -> Any:
        """Advance, render, annotate, write."""
        ...


class Orchestrator(Protocol):
    """Functions of ``omni.replicator.core.orchestrator``."""

    step: Step
    """Only outside of Kit's window: an extension must await ``step_async``."""
    step_async: Step

    def stop(self) -> None:
        """End a run."""
        ...

    def get_status(self) -> Any:
        """What it does."""
        ...

    def set_capture_on_play(self, value: bool) -> None:
        """Capture whenever the timeline plays."""
        ...


class Writer(Protocol):
    """Base of writers, as far as ours calls or overrides it. ``write`` gets the data of a step."""

    def write(self, data: dict[str, Any]) -> None:
        """Take one step's data."""
        ...

    def attach(self, render_products: Products, trigger: Trigger = ON_FRAME) -> None:
        """Write the frames of render products."""
        ...

    def detach(self) -> None:
        """Write no more frames."""
        ...

    def on_final_frame(self) -> None:
        """A run has ended."""
        ...

    def write_metadata(self) -> None:
        """Write metadata.txt."""
        ...


class WriterRegistry(Protocol):
    """The writers that there are."""

    def register(self, writer: type[Any], category: str | None = None) -> None:
        """Make a class of writers known by its name."""
        ...

    def unregister(self, writer_name: str) -> None:
        """Forget it."""
        ...

    def get(
        self,
        writer_name: str,
        init_params: dict[str, Any] | None = None,
        render_products: Products | None = None,
        trigger: Trigger = ...,
    ) -> Any:
        """A new writer."""
        ...


class Replicator(Protocol):
    """``omni.replicator.core``, or the standalone host's package of that shape."""

    create: Create
    AnnotatorRegistry: AnnotatorRegistry
    annotators: Annotators
    orchestrator: Orchestrator
    Writer: type[Any]
    WriterRegistry: WriterRegistry
