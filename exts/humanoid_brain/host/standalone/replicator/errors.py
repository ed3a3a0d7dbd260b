# SPDX-License-Identifier: Apache-2.0
"""The errors of Replicator, by its names; each is one of ours too, so the command line shows it without a traceback."""

from __future__ import annotations

from humanoid_brain.errors import HostError


class AnnotatorRegistryError(HostError):
    """An annotator that does not exist, or parameters that it does not take."""


class AnnotatorError(HostError):
    """An annotator that is used wrongly, such as before it is attached."""


class WriterRegistryError(HostError):
    """A writer that is not registered."""


class InvalidWriterError(WriterRegistryError):
    """A class that is no writer."""


class WriterError(HostError):
    """A writer that is used wrongly."""


class OrchestratorError(HostError):
    """A step that cannot be taken."""
