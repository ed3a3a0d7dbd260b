# SPDX-License-Identifier: Apache-2.0
"""What panels can have done. They know these interfaces alone; the entry points bring what carries them out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from humanoid_brain.config.capture import CaptureConfig
from humanoid_brain.config.evaluation import EvaluationConfig, PlayConfig
from humanoid_brain.config.export import ExportConfig
from humanoid_brain.config.randomization import RandomizationConfig
from humanoid_brain.config.scene import SceneConfig
from humanoid_brain.config.training import TrainingConfig
from humanoid_brain.config.validation import ValidationConfig
from humanoid_brain.jobs import Job


class Finding(Protocol):
    """Something that does not fit between a robot and its description."""

    @property
    def severity(self) -> str:
        """Either "error" or "warning"."""
        ...

    @property
    def where(self) -> str:
        """Prim path, joint, link or field."""
        ...

    @property
    def what(self) -> str:
        """What does not fit."""
        ...

    @property
    def todo(self) -> str:
        """What to do about it."""
        ...


class SceneResult(Protocol):
    """What building a scene found and made; filled while its job runs."""

    @property
    def facts(self) -> Sequence[str]:
        """What was checked and what was built, in words."""
        ...

    @property
    def findings(self) -> Sequence[Finding]:
        """What does not fit."""
        ...

    @property
    def path(self) -> Path | None:
        """The USD file, where there is one."""
        ...

    @property
    def shown(self) -> int:
        """Environments that are in it."""
        ...


class PreviewResult(Protocol):
    """What a preview made."""

    @property
    def sheet(self) -> str:
        """Path of the picture; empty until it is written."""
        ...


class ShownTerm(Protocol):
    """A draw of one term of the randomization, on the stage that the viewport shows."""

    @property
    def values(self) -> Mapping[str, Any]:
        """What was drawn, by target and quantity."""
        ...

    @property
    def edits(self) -> str:
        """What differs from the scene, as text of a USD layer, for a viewport that draws in another process."""
        ...

    @property
    def through_camera(self) -> bool:
        """Whether it is seen through the scene's camera alone."""
        ...

    @property
    def develop(self) -> Callable[[Any], Any] | None:
        """What happens to the picture itself, uint8 [H, W, 3]."""
        ...


class Look(Protocol):
    """Shows draws of single terms."""

    def show(self, ranges: RandomizationConfig, term: str, frame: int) -> ShownTerm:
        """Put a draw of a term on the stage, in place of the one before.

        Raises:
            HumanoidBrainError: The term matches nothing on the stage.
        """
        ...

    def reset(self) -> None:
        """Give the stage back as it was."""
        ...


class LiveView(Protocol):
    """A running simulation, as a viewport of ours can show it."""

    @property
    def path(self) -> Path:
        """USD file with the environments that are shown."""
        ...

    @property
    def shown(self) -> int:
        """Environments that are in it."""
        ...

    @property
    def total(self) -> int:
        """Environments of the simulation, each of which can be watched."""
        ...

    def watch(self, environment: int) -> None:
        """Show the environment of a number, and others."""
        ...

    @property
    def spacing(self) -> float:
        """Distance between them, m."""
        ...

    @property
    def subject(self) -> str:
        """Path of the body that a view follows: the root link of the watched robot; empty while there is none."""
        ...

    def poses(self) -> dict[str, list[float]]:
        """Position in m and orientation wxyz of each body by path; empty while there is no simulation."""
        ...


class RunTotals(Protocol):
    """How far a run has come."""

    @property
    def iteration(self) -> int:
        """Iterations so far."""
        ...

    @property
    def env_steps(self) -> int:
        """Policy steps of all environments so far."""
        ...


class TrainingControl(Protocol):
    """What a training run can do beyond what every job can."""

    @property
    def totals(self) -> RunTotals:
        """How far it has come, checkpoints before this session included."""
        ...

    @property
    def save_asked(self) -> bool:
        """Whether a checkpoint is to be written once the iteration is over."""
        ...

    def save_soon(self) -> None:
        """Write a checkpoint once the iteration under way is over."""
        ...


class CaptureResult(Protocol):
    """What a capture made so far."""

    @property
    def seconds(self) -> Mapping[str, float]:
        """Time in s spent on each stage; some are at work at the same time."""
        ...

    @property
    def stopped_early(self) -> bool:
        """Whether frames are still to be captured."""
        ...


class FrameSource(Protocol):
    """Frames of a dataset while it is written."""

    def picture(self, index: int) -> Any:
        """A frame with its labels drawn in, uint8 [H, W, 4], once it is whole, and only once; else None."""
        ...


class Verdict(Protocol):
    """What an inspection counted."""

    @property
    def pictures(self) -> int:
        """Pictures that were inspected."""
        ...

    @property
    def objects(self) -> int:
        """Objects in them."""
        ...

    @property
    def errors(self) -> int:
        """Findings that make training fail or go wrong."""
        ...

    @property
    def warnings(self) -> int:
        """Findings that may."""
        ...

    @property
    def notes(self) -> int:
        """Findings for information."""
        ...

    @property
    def report(self) -> Path:
        """report.html; report.json lies beside it."""
        ...


class QualityResult(Protocol):
    """The result of an inspection."""

    @property
    def verdict(self) -> Verdict | None:
        """There once the job is done."""
        ...


class Checkpoint(Protocol):
    """A checkpoint that would load."""

    @property
    def name(self) -> str:
        """Of its folder."""
        ...

    @property
    def totals(self) -> RunTotals:
        """How far the run had come."""
        ...

    @property
    def reward(self) -> float | None:
        """Reward per simulated second at that iteration."""
        ...

    @property
    def evaluation(self) -> Mapping[str, Any] | None:
        """The report of its evaluation."""
        ...


class Run(Protocol):
    """A training run on the disk."""

    @property
    def path(self) -> Path:
        """Its folder."""
        ...

    @property
    def name(self) -> str:
        """The folder's name."""
        ...

    @property
    def config(self) -> TrainingConfig | None:
        """What made it; None where the file does not fit."""
        ...

    @property
    def problem(self) -> str:
        """Why it cannot go on; empty where it can."""
        ...

    @property
    def rows(self) -> Sequence[dict[str, Any]]:
        """Its metrics by iteration."""
        ...

    @property
    def checkpoints(self) -> Sequence[Checkpoint]:
        """Those that would load, oldest first."""
        ...

    @property
    def refused(self) -> Sequence[str]:
        """Those that would not, each with the reason."""
        ...


class Shelf(Protocol):
    """Finds runs. Its work is in slices, each of which gives None."""

    def scan(self, folder: Path) -> Iterator[Run | None]:
        """The runs below a folder, newest first."""
        ...

    def read(self, path: Path) -> Iterator[Run | None]:
        """One run."""
        ...


class Actions(Protocol):
    """The jobs behind the panels' buttons. Nothing heavy is imported before the first of them runs."""

    def build_scene(self, config: SceneConfig) -> tuple[Job, SceneResult]:
        """Check the robot and build the scene: on the open stage in Kit, for the viewport in the studio."""
        ...

    def save_scene(self, config: SceneConfig, path: Path) -> Job:
        """Write the scene as a USD file."""
        ...

    def look(self, path: Path | None) -> Look:
        """What shows draws on the stage in the viewport: that of a file, or, in Kit, the open one."""
        ...

    def preview(self, config: CaptureConfig, frames: int) -> tuple[Job, PreviewResult]:
        """Draw the first frames of a capture on one sheet."""
        ...

    def train(self, config: TrainingConfig, checkpoint: str = "") -> tuple[Job, TrainingControl, LiveView | None]:
        """Train, or go on with the run in the output folder, from a checkpoint of a name or from the newest."""
        ...

    def capture(self, config: CaptureConfig) -> tuple[Job, CaptureResult, FrameSource]:
        """Capture a dataset, or go on with the one in the output folder."""
        ...

    def inspect(self, config: ValidationConfig) -> tuple[Job, QualityResult]:
        """Inspect a dataset and write its quality report."""
        ...

    def export_dataset(self, config: ExportConfig) -> Job:
        """Write a dataset in the layout of another tool."""
        ...

    def shelf(self) -> Shelf:
        """What finds past runs."""
        ...

    def play(self, config: PlayConfig) -> tuple[Job, LiveView | None]:
        """Let a policy walk in the viewport until the job is stopped."""
        ...

    def film(self, config: PlayConfig) -> Job:
        """Make a film of a policy."""
        ...

    def evaluate(self, config: EvaluationConfig) -> Job:
        """Measure a policy over many episodes."""
        ...

    def export_policy(self, run: Path, checkpoint: str, output: Path) -> Job:
        """Write the policy of a checkpoint as a folder of its own."""
        ...
