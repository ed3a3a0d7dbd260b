# SPDX-License-Identifier: Apache-2.0
"""The policy of a checkpoint as a folder of its own, which evaluation, films and captures take."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from humanoid_brain.errors import StorageError
from humanoid_brain.files import storage_errors
from humanoid_brain.jobs import FileWritten, Job, import_beside


class PolicyExportJob(Job):
    """Writes policy.safetensors and manifest.json.

    Args:
        run: Folder of the run.
        checkpoint: Name of the checkpoint.
        output: Folder of the policy; it must be new or empty, or hold a policy.
    """

    def __init__(self, run: Path, checkpoint: str, output: Path) -> None:
        super().__init__()
        self.run_folder, self.checkpoint, self.output = run, checkpoint, output

    def slices(self) -> Iterator[None]:
        """Read, check, write."""
        self.progress.phase = "exporting"
        yield from import_beside("torch", "humanoid_brain.learning.policy")
        from humanoid_brain.learning.policy import load_policy, write_policy

        policy = load_policy(self.run_folder, self.checkpoint)
        yield
        with storage_errors(self.output):
            others = {path.name for path in self.output.iterdir()} if self.output.is_dir() else set[str]()
        if others - {"policy.safetensors", "manifest.json"}:
            raise StorageError("the folder holds other files", where=str(self.output), todo="Choose an empty folder")
        path = write_policy(self.output, policy)
        self.events.append(FileWritten(str(path), "policy"))

    def release(self) -> None:
        """Nothing is held."""
