# SPDX-License-Identifier: Apache-2.0
"""Render products, annotators, steps and writers, with the names and data layouts of ``omni.replicator.core``.

Pictures and labels come from Mitsuba instead of RTX. ``standalone_settings`` is ours: how pictures are drawn. Each
module is imported at its first use: who only simulates or trains need not wait for them.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from humanoid_brain.host.standalone.replicator import annotators, create, orchestrator, writers
    from humanoid_brain.host.standalone.replicator.annotators import AnnotatorRegistry
    from humanoid_brain.host.standalone.replicator.render_settings import settings as standalone_settings
    from humanoid_brain.host.standalone.replicator.writers import Writer, WriterRegistry

__all__ = [
    "AnnotatorRegistry",
    "Writer",
    "WriterRegistry",
    "annotators",
    "create",
    "orchestrator",
    "standalone_settings",
    "writers",
]

_WITHIN = {
    "AnnotatorRegistry": ("annotators", "AnnotatorRegistry"),
    "Writer": ("writers", "Writer"),
    "WriterRegistry": ("writers", "WriterRegistry"),
    "standalone_settings": ("render_settings", "settings"),
}
"""Module and name there of what is no module."""


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, *attribute = _WITHIN.get(name, (name,))
    found = import_module(f"{__name__}.{module}")
    return getattr(found, attribute[0]) if attribute else found


def __dir__() -> list[str]:
    return [*globals(), *__all__]
