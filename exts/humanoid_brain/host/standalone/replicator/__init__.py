# SPDX-License-Identifier: Apache-2.0
"""Render products, annotators, steps and writers, with the names and data layouts of ``omni.replicator.core``.

Pictures and labels come from Mitsuba instead of RTX. ``standalone_settings`` is ours: how pictures are drawn.
"""

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
