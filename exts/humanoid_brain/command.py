# SPDX-License-Identifier: Apache-2.0
"""What a subcommand of the command line is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from humanoid_brain.config.base import Model

ConfigT = TypeVar("ConfigT", bound=Model)
Result = dict[str, Any]


@dataclass(frozen=True)
class Command(Generic[ConfigT]):
    """A subcommand."""

    summary: str
    config: Callable[[], type[ConfigT]]
    """Gives the configuration model; imported only when the command runs."""
    run: Callable[[ConfigT], Result]
    """Does the work and returns what ``--json`` prints. With the key "exit_code", that is the exit code."""
    preset: str = ""
    """Preset used when no ``--config`` is given, below config/; empty: the model's defaults."""
    positional: str = ""
    """Field that arguments without a name are for; empty: there are none."""
