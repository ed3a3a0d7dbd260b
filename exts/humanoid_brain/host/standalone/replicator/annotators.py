# SPDX-License-Identifier: Apache-2.0
"""Annotators: what a render product shows, as arrays. Names follow ``omni.replicator.core.annotators``."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

import numpy as np

from humanoid_brain.host.standalone.replicator.errors import AnnotatorError, AnnotatorRegistryError
from humanoid_brain.host.standalone.replicator.frame import Frame
from humanoid_brain.host.standalone.replicator.outputs import OUTPUTS, Data, Output
from humanoid_brain.host.standalone.replicator.render_products import RenderProduct, find
from humanoid_brain.host.standalone.replicator.semantics import filter_of

__all__ = ["Annotator", "AnnotatorError", "AnnotatorRegistry", "AnnotatorRegistryError", "get"]

Products = str | RenderProduct | Sequence[str | RenderProduct]


class Annotator:
    """One kind of data of one render product; filled by each step of the orchestrator.

    Args:
        name: Which kind.
        init_params: Parameters, as for :meth:`initialize`.
        render_product_idxs: Has no meaning here: an annotator has one render product.
        device: Where :meth:`get_data` puts arrays: "cpu", "cuda" or "cuda:<index>".
        render_products: Attach to this one.
        template_name: Has no meaning here.
        do_array_copy: Give writers a copy of the array.
        public_name: Name in a writer's data.

    Raises:
        AnnotatorRegistryError: There is no such annotator, parameter or device.
    """

    def __init__(
        self,
        name: str,
        init_params: dict[str, Any] | None = None,
        render_product_idxs: Sequence[int] | None = None,
        device: str | None = None,
        render_products: Products | None = None,
        template_name: str | None = None,
        do_array_copy: bool = True,
        public_name: str | None = None,
    ) -> None:
        self.output = _output(name)
        self._name, self._public_name = name, public_name
        self._do_array_copy = do_array_copy
        self._params: dict[str, Any] = {}
        self._product: RenderProduct | None = None
        self._data: Data | None = None
        self._device = _device(name, device, self.output)
        if init_params is not None and not isinstance(init_params, dict):
            raise AnnotatorRegistryError(f"init_params of '{name}' is a {type(init_params).__name__}, not a dict")
        self.initialize(**(init_params or {}))
        if render_products is not None:
            self.attach(render_products)

    @property
    def name(self) -> str:
        """Name in a writer's data."""
        return self._public_name or self._name

    def get_name(self) -> str:
        """As :attr:`name`."""
        return self.name

    @property
    def is_attached(self) -> bool:
        """True between :meth:`attach` and :meth:`detach`."""
        return self._product is not None

    @property
    def product(self) -> RenderProduct | None:
        """The render product that it is attached to."""
        return self._product

    def initialize(self, **kwargs: Any) -> None:
        """Set parameters, before it is attached; those that are not given are forgotten.

        Args:
            **kwargs: ``semanticTypes`` (list of label types) or ``semanticFilter`` (predicate) for annotators of
                labels, ``colorize`` for masks, ``includeUnlabelled`` for the point cloud.

        Raises:
            AnnotatorRegistryError: It is attached, does not take a parameter, or the predicate does not parse.
        """
        if self._product is not None:
            raise AnnotatorRegistryError(f"annotator '{self._name}' is attached", todo="Set parameters before attach")
        unknown = sorted(set(kwargs) - self.output.params)
        if unknown:
            takes = ", ".join(sorted(self.output.params)) or "none"
            raise AnnotatorRegistryError(
                f"annotator '{self._name}' has no parameter {', '.join(unknown)}", todo=f"It takes {takes}"
            )
        filter_of(kwargs)
        self._params = kwargs

    def attach(self, render_products: Products, render_product_idxs: Sequence[int] | None = None) -> Annotator:
        """Fill it from a render product in each step, and give itself.

        Args:
            render_products: One render product or its path, or a list of one.
            render_product_idxs: Has no meaning here.

        Raises:
            NotImplementedError: A list of several, as in Replicator.
            HostError: There is no such render product.
        """
        product = _single(render_products)
        if self._product is not None and self._product is not product:
            self.detach()
        self._product = product
        product.annotators.add(self)
        return self

    def detach(self, render_products: Products | None = None) -> None:
        """Stop filling it.

        Raises:
            AnnotatorError: It is not attached, or not to this render product.
        """
        if self._product is None or (render_products is not None and _path(render_products) != self._product.path):
            raise AnnotatorError(f"annotator '{self.name}' is not attached to this", todo="Attach it first")
        self._product.annotators.discard(self)
        self._product, self._data = None, None

    def get_data(
        self, device: str | None = None, do_array_copy: bool = False, use_legacy_structure: bool = True
    ) -> Any:
        """The data of the last step; empty before the first one.

        Args:
            device: Where to put arrays, the annotator's own device if None. On "cuda" they are Warp arrays.
            do_array_copy: Give a copy of the array.
            use_legacy_structure: Give an array alone as it is, a table alone as a dict, and both as
                ``{"data": array, "info": dict}``. Otherwise all in one dict, the array as "data".

        Raises:
            AnnotatorError: It is not attached, or there is no such GPU.
        """
        if self._product is None:
            raise AnnotatorError(f"annotator '{self.name}' is not attached", todo="Attach it to a render product")
        data = self._data if self._data is not None else self._empty()
        where = self._device if device is None else _device(self._name, device, self.output)
        data = {name: _placed(value, where, do_array_copy and name == "data") for name, value in data.items()}
        if not use_legacy_structure or self.output.dtype is None:
            return data
        info = {name: value for name, value in data.items() if name != "data"}
        return {"data": data["data"], "info": info} if info else data["data"]

    def payload(self, use_legacy_structure: bool) -> Any:
        """The data as a writer gets it."""
        return self.get_data(do_array_copy=self._do_array_copy, use_legacy_structure=use_legacy_structure)

    def twin(self) -> Annotator:
        """Another of the same kind, parameters and name, not attached."""
        other = copy.copy(self)
        other._product, other._data = None, None
        return other

    def fill(self, frame: Frame) -> None:
        """Take the data of a frame."""
        self._data = self.output.compute(frame, self._params)

    def _empty(self) -> Data:
        if self.output.dtype is None:
            return {}
        return {"data": np.zeros(0, self.output.dtype)}


class AnnotatorRegistry:
    """The annotators that there are."""

    @classmethod
    def get_annotator(
        cls,
        name: str,
        init_params: dict[str, Any] | None = None,
        render_product_idxs: Sequence[int] | None = None,
        device: str | None = None,
        do_array_copy: bool = True,
    ) -> Annotator:
        """A new annotator; see :class:`Annotator`.

        Raises:
            AnnotatorRegistryError: There is no such annotator, parameter or device.
        """
        return Annotator(name, init_params, render_product_idxs, device, do_array_copy=do_array_copy)

    @classmethod
    def get_registered_annotators(cls) -> list[str]:
        """Their names."""
        return list(OUTPUTS)


get = AnnotatorRegistry.get_annotator
get_registered_annotators = AnnotatorRegistry.get_registered_annotators


def _output(name: str) -> Output:
    if name not in OUTPUTS:
        raise AnnotatorRegistryError(
            f"there is no annotator '{name}' on this host", todo=f"There are {', '.join(sorted(OUTPUTS))}"
        )
    return OUTPUTS[name]


def _device(name: str, device: object, output: Output) -> str:
    if device is None:
        return "cpu"
    lower = device.lower() if isinstance(device, str) else ""
    kind, colon, index = lower.partition(":")
    if lower != "cpu" and not (kind == "cuda" and (index.isdigit() if colon else True)):
        raise AnnotatorRegistryError(f"'{device}' is no device", todo="Use cpu, cuda or cuda:<index>")
    if lower != "cpu" and not output.on_gpu:
        raise AnnotatorRegistryError(f"annotator '{name}' is on the CPU only", todo="Use the device cpu")
    return lower


def _placed(value: Any, device: str, duplicate: bool) -> Any:
    if not isinstance(value, np.ndarray):
        return value
    if device == "cpu" or value.dtype.fields is not None:
        return value.copy() if duplicate else value
    warp = quiet_warp()
    if not warp.is_cuda_available():
        raise AnnotatorError(f"{device} was asked for, but there is no CUDA device", todo="Use the device cpu")
    return warp.from_numpy(np.ascontiguousarray(value), device=device)


def quiet_warp() -> Any:
    """Warp, which would greet on stdout at its first use, where programs read our results."""
    import warp

    warp.config.log_level = max(warp.config.log_level, warp.LOG_WARNING)
    return warp


def _single(products: Products) -> RenderProduct:
    if isinstance(products, list | tuple):
        if len(products) != 1:
            raise NotImplementedError("Attaching a list of render products is currently not implemented")
        return find(products[0])
    return find(products)  # type: ignore[arg-type]


def _path(products: Products) -> str:
    first = products[0] if isinstance(products, list | tuple) else products
    return first.path if isinstance(first, RenderProduct) else str(first)
