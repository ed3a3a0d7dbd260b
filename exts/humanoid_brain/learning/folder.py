# SPDX-License-Identifier: Apache-2.0
"""A run's output folder: one process at a time, the configuration that made it, a manifest."""

from __future__ import annotations

import fcntl
import os
from datetime import datetime, timezone
from typing import IO, Any

from humanoid_brain import __version__
from humanoid_brain.config.base import load, save
from humanoid_brain.config.training import TrainingConfig
from humanoid_brain.errors import ConfigError, StorageError
from humanoid_brain.files import make_folder, write_json

CONFIG_NAME = "config.yaml"
_MAY_CHANGE = {"output", "budget", "checkpoint", "tensorboard", "guard", "resume_from"}
"""Settings that may differ when a run is resumed: they do not change what is learned."""


class RunFolder:
    """Holds the lock on a run's folder while it is open.

    Args:
        config: The run; ``config.output`` is the folder.

    Raises:
        StorageError: The folder cannot be written or another process uses it.
        ConfigError: The folder holds a run with another configuration.
    """

    def __init__(self, config: TrainingConfig) -> None:
        self.path = make_folder(config.output)
        self._lock = self._acquire()
        try:
            self._adopt(config)
        except BaseException:
            self.release()
            raise

    def write_manifest(self, facts: dict[str, Any]) -> None:
        """Write ``manifest.json`` with versions and what the job adds."""
        import torch

        write_json(
            self.path / "manifest.json",
            {
                "humanoid_brain": __version__,
                "torch": torch.__version__,
                "created": datetime.now(timezone.utc).isoformat(timespec="seconds"),
                **facts,
            },
        )

    def release(self) -> None:
        """Let another process have the folder."""
        self._lock.close()

    def _acquire(self) -> IO[str]:
        lock = (self.path / ".lock").open("a+")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            lock.close()
            raise StorageError(
                "another run is writing to this folder", where=str(self.path), todo="Stop it or choose another --output"
            ) from error
        lock.seek(0)
        lock.truncate()
        lock.write(f"{os.getpid()}\n")
        lock.flush()
        return lock

    def _adopt(self, config: TrainingConfig) -> None:
        """Save the configuration, or check that it is the one that made the folder."""
        path = self.path / CONFIG_NAME
        if path.exists():
            before = load(TrainingConfig, path)
            if field := _first_difference(before, config):
                raise ConfigError(
                    f"this folder holds a run with another '{field}'",
                    where=str(path),
                    todo="Resume with the folder's own configuration, or choose another --output",
                )
        save(config, path)


def _first_difference(one: TrainingConfig, other: TrainingConfig) -> str | None:
    left, right = one.model_dump(exclude=_MAY_CHANGE), other.model_dump(exclude=_MAY_CHANGE)
    return next((name for name in left if left[name] != right[name]), None)
