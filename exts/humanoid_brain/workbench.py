# SPDX-License-Identifier: Apache-2.0
"""The jobs behind the panels' buttons. What a job needs is imported when its button is pressed."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from humanoid_brain.config.base import load
from humanoid_brain.config.capture import CaptureConfig
from humanoid_brain.config.evaluation import EvaluationConfig, PlayConfig
from humanoid_brain.config.export import ExportConfig
from humanoid_brain.config.scene import SceneConfig
from humanoid_brain.config.task import TargetCommandConfig
from humanoid_brain.config.training import TrainingConfig
from humanoid_brain.config.validation import ValidationConfig
from humanoid_brain.files import make_folder

if TYPE_CHECKING:
    from humanoid_brain.capture.cluster import ClusterJob
    from humanoid_brain.capture.export.job import ExportJob
    from humanoid_brain.capture.job import CaptureJob
    from humanoid_brain.capture.preview import PreviewJob
    from humanoid_brain.capture.validate.job import ValidationJob
    from humanoid_brain.capture.watch import FrameWatch
    from humanoid_brain.evaluation.job import EvaluationJob
    from humanoid_brain.evaluation.play import PlayJob
    from humanoid_brain.evaluation.walk import WalkJob
    from humanoid_brain.learning.bodies import Bodies
    from humanoid_brain.learning.env import HumanoidEnv
    from humanoid_brain.learning.export import PolicyExportJob
    from humanoid_brain.learning.job import TrainingJob
    from humanoid_brain.learning.runs import RunShelf
    from humanoid_brain.randomization.look import TermLook
    from humanoid_brain.scene.job import SceneJob

MOST_SHOWN = 16
"""Environments that the studio's viewport shows at most."""


class Workbench:
    """Makes the jobs.

    Args:
        inside_kit: Whether scenes are built on Kit's stage; else they are written for the studio's viewport.
    """

    def __init__(self, *, inside_kit: bool = False) -> None:
        self._inside_kit = inside_kit
        self._folder: Path | None = None
        self._scenes = 0

    def build_scene(self, config: SceneConfig) -> tuple[SceneJob, SceneJob]:
        """Check the robot and build the scene."""
        from humanoid_brain.scene.job import SceneJob

        if self._inside_kit:
            from humanoid_brain import host

            job = SceneJob(config, host=host.load())
        else:
            # A new name each time: USD keeps layers by their path, and a robot from a file lies beside it.
            self._scenes += 1
            job = SceneJob(config, self._temporary() / f"scene_{self._scenes}" / "scene.usda", most=MOST_SHOWN)
        return job, job

    def save_scene(self, config: SceneConfig, path: Path) -> SceneJob:
        """Write the scene as a USD file that Isaac Sim opens as it is."""
        from humanoid_brain.scene.job import SceneJob

        return SceneJob(config, path)

    def look(self, path: Path | None) -> TermLook:
        """What shows draws of single terms on the stage that the viewport shows."""
        from humanoid_brain.randomization.look import TermLook

        if self._inside_kit or path is None:
            from humanoid_brain import host

            return TermLook(host.load().stage.get_current_stage)
        from pxr import Usd

        stage = Usd.Stage.Open(str(path))
        return TermLook(lambda: stage)

    def preview(self, config: CaptureConfig, frames: int) -> tuple[PreviewJob, PreviewJob]:
        """Draw the first frames of a capture on one sheet."""
        from humanoid_brain.capture.preview import PreviewJob

        config = config.model_copy(update={"output": self._temporary() / "preview"})
        job = PreviewJob(config, frames)
        return job, job

    def train(self, config: TrainingConfig, checkpoint: str = "") -> tuple[TrainingJob, TrainingJob, LiveScene | None]:
        """Train, or go on with a run."""
        from humanoid_brain.learning.job import TrainingJob

        job = TrainingJob(config, checkpoint=checkpoint or config.resume_from or None, keep_state=True)
        return job, job, self._live_scene(config, lambda: job.env)

    def capture(self, config: CaptureConfig) -> tuple[CaptureJob | ClusterJob, CaptureJob | ClusterJob, FrameWatch]:
        """Capture a dataset, or go on with one."""
        from humanoid_brain.capture.cluster import ClusterJob
        from humanoid_brain.capture.job import CaptureJob
        from humanoid_brain.capture.watch import FrameWatch

        job = CaptureJob(config) if config.cluster is None else ClusterJob(config)
        return job, job, FrameWatch(config.output)

    def inspect(self, config: ValidationConfig) -> tuple[ValidationJob, ValidationJob]:
        """Inspect a dataset and write its quality report."""
        from humanoid_brain.capture.validate.job import ValidationJob

        job = ValidationJob(config)
        return job, job

    def export_dataset(self, config: ExportConfig) -> ExportJob:
        """Write a dataset in the layout of another tool."""
        from humanoid_brain.capture.export.job import ExportJob

        return ExportJob(config)

    def shelf(self) -> RunShelf:
        """What finds past runs."""
        from humanoid_brain.learning.runs import RunShelf

        return RunShelf()

    def play(self, config: PlayConfig) -> tuple[WalkJob, LiveScene | None]:
        """Let a policy walk in the viewport."""
        from humanoid_brain.evaluation.walk import WalkJob, play_setup

        job = WalkJob(config)
        training = load(TrainingConfig, config.folder / "config.yaml")
        return job, self._live_scene(play_setup(training, config), lambda: job.env)

    def film(self, config: PlayConfig) -> PlayJob:
        """Make a film of a policy."""
        from humanoid_brain.evaluation.play import PlayJob

        return PlayJob(config)

    def evaluate(self, config: EvaluationConfig) -> EvaluationJob:
        """Measure a policy."""
        from humanoid_brain.evaluation.job import EvaluationJob

        return EvaluationJob(config)

    def export_policy(self, run: Path, checkpoint: str, output: Path) -> PolicyExportJob:
        """Write the policy of a checkpoint as a folder of its own."""
        from humanoid_brain.learning.export import PolicyExportJob

        return PolicyExportJob(run, checkpoint, output)

    def _live_scene(self, config: TrainingConfig, env: Callable[[], HumanoidEnv | None]) -> LiveScene | None:
        """What the studio's viewport shows of a simulation; Kit's own viewport shows it anyway."""
        if self._inside_kit:
            return None
        from humanoid_brain.scene.build import write_scene

        scene, command = config.scene, config.task.command
        self._scenes += 1
        path = make_folder(self._temporary() / f"live_{self._scenes}") / "scene.usda"
        shown = min(scene.num_envs, MOST_SHOWN)
        write_scene(scene, path, shown)
        if isinstance(command, TargetCommandConfig):
            _add_targets(path, shown, command.radius)
        return LiveScene(path, scene.num_envs, shown, scene.spacing, env)

    def close(self) -> None:
        """Remove what was written for the eye alone."""
        folder, self._folder = self._folder, None
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)

    def _temporary(self) -> Path:
        if self._folder is None:
            self._folder = Path(tempfile.mkdtemp(prefix="humanoid_brain_studio_"))
        return self._folder


class LiveScene:
    """A file with some environments of a simulation, the first ones until another is watched, and where bodies are.

    Args:
        path: The file.
        total: Environments of the simulation.
        shown: Environments in the file.
        spacing: Distance between them, m.
        env: Gives the environment, or None while there is none.
    """

    def __init__(
        self, path: Path, total: int, shown: int, spacing: float, env: Callable[[], HumanoidEnv | None]
    ) -> None:
        self.path, self.total, self.shown, self.spacing = path, total, shown, spacing
        self._env = env
        self._bodies: Bodies | None = None
        self._first, self._watched = 0, 0

    def watch(self, environment: int) -> None:
        """Show the environment of a number, and those after it where the first ones are not enough."""
        first = 0 if environment < self.shown else min(environment, self.total - self.shown)
        self._watched = environment
        if first != self._first:
            self._first, self._bodies = first, None

    @property
    def subject(self) -> str:
        """Path of the watched robot's root link."""
        return "" if self._bodies is None else self._bodies.root(self._watched - self._first)

    def poses(self) -> dict[str, list[float]]:
        """Position and orientation wxyz of each body by path."""
        env = self._env()
        if env is None:
            self._bodies = None
            return {}
        if self._bodies is None:
            from humanoid_brain.learning.bodies import Bodies

            self._bodies = Bodies(env.simulation, self.shown, self.spacing, self._first)
        poses = self._bodies.poses()
        if isinstance(env.config.command, TargetCommandConfig):
            from humanoid_brain.scene.targets import HEIGHT, target_path

            for number, (x, y) in enumerate(self._bodies.places(env.state.target)):
                poses[target_path(number)] = [x, y, HEIGHT / 2, 1.0, 0.0, 0.0, 0.0]
        return poses


def _add_targets(path: Path, count: int, radius: float) -> None:
    """Add marks for the robots' targets to a scene that is only drawn."""
    from pxr import Usd

    from humanoid_brain.scene.targets import author_targets

    stage = Usd.Stage.Open(str(path))
    author_targets(stage, count, radius, bodies=True)
    stage.Save()
