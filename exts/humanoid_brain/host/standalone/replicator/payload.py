# SPDX-License-Identifier: Apache-2.0
"""How a step's data is arranged for a writer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from humanoid_brain.host.standalone.replicator.annotators import Annotator
from humanoid_brain.host.standalone.replicator.render_products import RenderProduct

STRUCTURES = ("legacy", "annotator", "renderProduct")
"""The values of a writer's ``data_structure``."""


def arrange(
    annotators: Sequence[Annotator], products: Sequence[RenderProduct], structure: str, frame: int
) -> dict[str, Any]:
    """The data of ``annotators`` that are attached to ``products``.

    Args:
        annotators: The writer's.
        products: Those that were rendered in this step.
        structure: "annotator": ``annotators[name][product]``; "renderProduct": ``renderProducts[product][name]``;
            "legacy": ``name``, or ``name-product`` when there are several products.
        frame: Number of the step.
    """
    data: dict[str, Any] = {"trigger_outputs": {"on_frame": frame}, "distribution_outputs": {}}
    data["reference_time"] = (frame, 1)
    for annotator in annotators:
        product = annotator.product
        if product is None or product not in products:
            continue
        about = {"resolution": product.resolution, "camera": product.camera_path}
        content = annotator.payload(use_legacy_structure=structure == "legacy")
        if structure == "legacy":
            data[annotator.name if len(products) == 1 else f"{annotator.name}-{product.name}"] = content
            data[f"rp_{product.name}"] = about
        elif structure == "annotator":
            data.setdefault("annotators", {}).setdefault(annotator.name, {})[product.name] = content
        else:
            data.setdefault("renderProducts", {}).setdefault(product.name, about)[annotator.name] = content
    return data
