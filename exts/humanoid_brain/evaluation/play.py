# SPDX-License-Identifier: Apache-2.0
"""The play job: a policy walks as it is told, and a film is made of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from humanoid_brain import host as hosts
from humanoid_brain.config.evaluation import PlayConfig
from humanoid_brain.errors import HostError
from humanoid_brain.evaluation.targets import TargetMarks
from humanoid_brain.evaluation.walk import give, opening_stage, schedule
from humanoid_brain.files import make_folder
from humanoid_brain.jobs import FileWritten, Job

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from humanoid_brain.host import Host
    from humanoid_brain.host.standalone.render.film import FilmRenderer, Follow
    from humanoid_brain.learning.env import HumanoidEnv

_SMOOTHING = 0.06
"""Share of the way to the robots that the camera goes per frame."""
_STILL_SAMPLES = 8
"""How many times the film's samples the still picture has."""


class PlayJob(Job):
    """Replays a policy and writes the film, and a still of its middle as ``still.png``.

    A slice is one policy step, or one frame.

    Args:
        config: What to play and how to film it.
        host: The simulator; None takes the one this process runs in.
    """

    def __init__(self, config: PlayConfig, *, host: Host | None = None) -> None:
        super().__init__()
        self.config = config
        self.film = ""
        """Path of the film, once it is whole."""
        self._host = host
        self._env: HumanoidEnv | None = None
        self._marks: TargetMarks | None = None
        self.progress.unit = "frames"

    def slices(self) -> Iterator[None]:
        """Load, walk and film."""
        from humanoid_brain.evaluation.video import open_video
        from humanoid_brain.learning.policy import load_policy

        c = self.config
        folder = make_folder(c.output)
        self.progress.phase = "loading"
        host = self._host or hosts.load()
        if host.name != "standalone":
            raise HostError("films are made on the standalone host only", todo="In Isaac Sim, use Movie Capture")
        policy = load_policy(c.folder, c.checkpoint)
        self._env = env = yield from opening_stage(policy, c, host)
        policy = policy.to(env.device)
        yield
        self._marks = marks = TargetMarks(env)
        scene = _Filmed(env, c)
        yield
        self.progress.phase = "filming"
        steps = list(schedule(policy, env, c))
        self.progress.total = max(1, int(len(steps) * env.control_dt * c.fps))
        env.reset()
        with open_video(folder / c.film, c.width, c.height, c.fps) as video:
            frames = 0
            for number, command in enumerate(steps):
                if self.stopping:
                    raise GeneratorExit
                give(env, command)
                env.step(policy(env.observations["policy"]))
                yield
                marks.move()
                while frames < (number + 1) * env.control_dt * c.fps:
                    video.write(scene.frame(frames))
                    frames += 1
                    self.progress.done = frames
                    if frames == int(self.progress.total) // 2:
                        scene.still(folder / "still.png")
                    yield
        self.film = str(folder / c.film)
        self.events.append(FileWritten(self.film, "film"))

    def release(self) -> None:
        """Let go of the World."""
        if self._marks is not None:
            self._marks.close()
            self._marks = None
        if self._env is not None:
            self._env.simulation.close()
            self._env = None


class _Filmed:
    """The robots of an environment in front of a camera that follows them."""

    def __init__(self, env: HumanoidEnv, config: PlayConfig) -> None:
        from humanoid_brain.host.standalone.render.film import FilmRenderer

        simulation = env.simulation
        built = simulation.built
        exprs = [built.link_expr(link) for link in built.link_paths]
        self._links = simulation.host.RigidPrimView(prim_paths_expr=exprs, name="film", reset_xform_properties=False)
        self._links.initialize(simulation.world.physics_sim_view)
        self._env, self._config = env, config
        self._renderer: FilmRenderer = FilmRenderer(
            built.stage, config.width, config.height, config.samples, bodies=self._links.prim_paths
        )
        self._centre: npt.NDArray[np.float64] | None = None

    def frame(self, number: int) -> npt.NDArray[np.uint8]:
        """The next frame."""
        return self._renderer.render(self._camera(), self._poses(), seed=number)

    def still(self, path: Path) -> None:
        """A cleaner picture of the same moment, as PNG."""
        import io

        from PIL import Image

        from humanoid_brain.files import write_atomic

        samples, self._renderer.samples = self._renderer.samples, self._config.samples * _STILL_SAMPLES
        picture = self._renderer.render(self._camera(), self._poses())
        self._renderer.samples = samples
        data = io.BytesIO()
        Image.fromarray(picture).save(data, format="png")
        write_atomic(path, data.getvalue())

    def _camera(self) -> Follow:
        from humanoid_brain.host.standalone.render.film import Follow

        centre = self._env.state.root_position.mean(0).cpu().numpy().astype(float)
        centre[2] = 0.85
        before = centre if self._centre is None else self._centre
        self._centre = before + _SMOOTHING * (centre - before)
        spread = 0.0 if self._env.num_envs == 1 else float(self._env.simulation.origins[:, :2].abs().max())
        x, y, z = self._centre.tolist()
        return Follow((x, y, z), distance=3.0 + 2.0 * spread)

    def _poses(self) -> dict[str, npt.NDArray[np.float64]]:
        from humanoid_brain.learning.rotations import poses

        matrices = poses(*self._links.get_world_poses(clone=False)).numpy()
        return dict(zip(self._links.prim_paths, matrices, strict=True))
