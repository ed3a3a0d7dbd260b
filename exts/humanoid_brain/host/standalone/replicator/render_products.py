# SPDX-License-Identifier: Apache-2.0
"""The render products of the current stage, by path."""

from __future__ import annotations

import weakref
from collections.abc import Sequence
from typing import TYPE_CHECKING

from humanoid_brain.errors import HostError
from humanoid_brain.host.standalone.utils.stage import on_stage_change

if TYPE_CHECKING:
    from humanoid_brain.host.standalone.replicator.annotators import Annotator
    from humanoid_brain.host.standalone.replicator.frame import Past

PREFIX = "/Render/OmniverseKit/HydraTextures/"


class Updates:
    """The switch that Replicator's render products have as ``hydra_texture``."""

    def __init__(self) -> None:
        self.enabled = True

    def set_updates_enabled(self, enabled: bool) -> None:
        """Whether steps render the product."""
        self.enabled = bool(enabled)


class RenderProduct:
    """What one camera sees at one resolution; Replicator's HydraTexture.

    Attributes:
        path: Its name on the render graph.
        camera_path: Its camera.
        resolution: Width and height in pixels.
        hydra_texture: Switches rendering on and off.
        annotators: Those that are attached.
        past: The frame before, for motion vectors.
    """

    def __init__(self, path: str, camera_path: str, resolution: tuple[int, int]) -> None:
        self.path, self.camera_path, self.resolution = path, camera_path, resolution
        self.hydra_texture = Updates()
        self.annotators: weakref.WeakSet[Annotator] = weakref.WeakSet()
        self.past: Past | None = None

    @property
    def name(self) -> str:
        """The last part of its path."""
        return self.path.rpartition("/")[2]

    def destroy(self) -> None:
        """Stop rendering it; its annotators are detached."""
        for annotator in list(self.annotators):
            annotator.detach()
        self.hydra_texture.set_updates_enabled(False)
        _products.pop(self.path, None)


_products: dict[str, RenderProduct] = {}


def all_products() -> list[RenderProduct]:
    """Those that are not destroyed, in the order they were made."""
    return list(_products.values())


def add(camera: str, resolution: tuple[int, int], name: str) -> RenderProduct:
    """Make a render product; a number is added to a name that is taken."""
    path, number = PREFIX + name, 0
    while path in _products:
        number += 1
        path = f"{PREFIX}{name}_{number:02d}"
    _products[path] = RenderProduct(path, camera, resolution)
    return _products[path]


def find(product: str | RenderProduct) -> RenderProduct:
    """A render product by path or itself.

    Raises:
        HostError: There is none, or it is destroyed.
    """
    path = product.path if isinstance(product, RenderProduct) else str(product)
    if path not in _products:
        raise HostError("there is no such render product", where=path, todo="Make it with create.render_product")
    return _products[path]


def find_all(products: str | RenderProduct | Sequence[str | RenderProduct]) -> list[RenderProduct]:
    """One or several render products, by path or themselves."""
    return [find(products)] if isinstance(products, str | RenderProduct) else [find(each) for each in products]


def destroy_all() -> None:
    """Destroy every render product, as happens when the stage is replaced."""
    for product in all_products():
        product.destroy()


on_stage_change(destroy_all)
