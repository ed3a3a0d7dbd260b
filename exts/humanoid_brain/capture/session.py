# SPDX-License-Identifier: Apache-2.0
"""A scene that is open for capture: brings itself into the state of a frame, and renders it."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from humanoid_brain import rng
from humanoid_brain.capture.description import picture_versions
from humanoid_brain.capture.effects import FrameEffects
from humanoid_brain.capture.furnished import FurnishedRoom
from humanoid_brain.capture.keypoints import Keypoints, has_keypoints, read_keypoints
from humanoid_brain.capture.labels import Annotations, classes_of, labelled_prims
from humanoid_brain.capture.reading import Robot, camera_of
from humanoid_brain.capture.robot import PosedRobot, opening_robot
from humanoid_brain.capture.shot import Shot
from humanoid_brain.config.capture import CaptureConfig
from humanoid_brain.config.randomization import MotionPose
from humanoid_brain.errors import SceneError
from humanoid_brain.host.fog import fog_on
from humanoid_brain.randomization.randomizer import Context, Draw, Randomizer
from humanoid_brain.scene.build import ROBOT, SOURCE_ENV

if TYPE_CHECKING:
    from pxr import Usd

    from humanoid_brain.host import Host
    from humanoid_brain.host.standalone.replicator.render_settings import RenderSettings
    from humanoid_brain.optics import Array

ANOTHER = 1 << 40
"""Added to a frame's index for each further attempt at it: another address, so other draws."""
_SUBFRAMES = 16
"""Subframes of RTX per frame, so that no picture shows remains of the one before."""


def opening_session(
    config: CaptureConfig, host: Host, threads: int | None = None
) -> Generator[None, None, CaptureSession]:
    """Build the scene and open it, in slices.

    Args:
        config: The capture.
        host: The simulator.
        threads: Threads for drawing on the CPU, standalone; None: one per core.

    Raises:
        SceneError: Nothing on the stage has a class that is to be annotated, or the camera is missing.
        ConfigError: The randomization does not fit the stage.
    """
    robot = yield from opening_robot(config.scene, config.randomization.robot_pose, config.seed, host)
    return CaptureSession(config, host, robot, threads)


class CaptureSession:
    """The scene of a capture, in the host's World.

    Made by :func:`opening_session`.

    Args:
        config: The capture.
        host: The simulator.
        robot: The robot in its scene.
        threads: Threads for drawing on the CPU, standalone; None: one per core.

    Raises:
        SceneError: Nothing on the stage has a class that is to be annotated, or the camera is missing.
        ConfigError: The randomization does not fit the stage.
    """

    def __init__(self, config: CaptureConfig, host: Host, robot: PosedRobot, threads: int | None = None) -> None:
        self.config, self.host, self._threads = config, host, threads
        self._seconds: defaultdict[str, float] = defaultdict(float)
        self._beside = ThreadPoolExecutor(1, "beside drawing")
        self._shown = -1
        self._room: FurnishedRoom | None = None
        self._randomizer: Randomizer | None = None
        self._product: Any = None
        self._annotations: Annotations | None = None
        self._robot = robot
        try:
            self._open()
        except BaseException:
            self.close()
            raise

    def _open(self) -> None:
        config, simulation = self.config, self._robot.env.simulation
        self._stage = stage = simulation.built.stage
        if not stage.GetPrimAtPath(config.camera):
            raise SceneError("there is no camera", where=config.camera, todo="Name another one with --camera")
        if config.scene.interior is not None:
            self._room = FurnishedRoom(config.scene.interior, stage, self.host, simulation.world)
        self._randomizer = Randomizer(config.randomization, stage, config.seed)
        # The solids of the randomization have classes, too.
        self.categories, self._labelling = classes_of(config.classes, config.stuff, labelled_prims(stage))
        self._read_keypoints(stage)
        replicator = self.host.replicator
        if (settings := self._standalone) is not None:
            settings.use(config.quality)
            settings.device, settings.threads = config.device, self._threads
            settings.environments = (SOURCE_ENV,)
        self._product = replicator.create.render_product(config.camera, (config.width, config.height))
        self._annotations = Annotations(replicator, self._product, config.dataset.outputs)

    def _read_keypoints(self, stage: Usd.Stage) -> None:
        """Give the robot's class the keypoints that its frames mark, if there are any."""
        self._keypoints: Keypoints | None = None
        name = self._labelling.objects.get(ROBOT)
        if name is None or not has_keypoints(stage.GetPrimAtPath(ROBOT)):
            return
        self._keypoints = read_keypoints(stage.GetPrimAtPath(ROBOT))
        points = self._keypoints.of_category()
        self.categories = tuple(replace(c, **points) if c.name == name else c for c in self.categories)

    def shoot(
        self, index: int, attempt: int = 0, beside: Callable[[], None] | None = None
    ) -> Generator[None, None, Shot]:
        """Draw a frame, yielding after each slice of work.

        Args:
            index: Number of the frame, the address of all its draws.
            attempt: 0, or the number of attempts before that gave an unusable picture.
            beside: Work that leaves the stage alone; physics may go on. On the standalone host it is done in a thread
                while the frame is drawn, and over when the slice is; what it raises is raised here.
        """
        self._seconds, began = defaultdict(float), time.perf_counter()
        moving = "motion" in self.config.dataset.outputs and attempt == 0 and self._goes_on(index)
        if moving and self._shown != index - 1:
            yield from self._show(index - 1, 0, True)  # what moved depends on it, whichever frame was captured last
        draw, effects, robots = yield from self._show(index, attempt, not moving, beside)
        assert self._annotations is not None
        config, data, settings = self.config, self._annotations.read(), self._standalone
        if settings is None:
            data = deepcopy(data)  # NVIDIA's Replicator gives its own buffers, which the next render writes over
        values: dict[str, Any] = {**draw.values, **({} if self._room is None else self._room.values)}
        if attempt:
            values["attempt"] = attempt
        return Shot(
            index=index,
            attempt=attempt,
            began=began,
            seconds=dict(self._seconds),
            data=data,
            camera=camera_of(self._stage, config.camera, (config.width, config.height), data),
            labelling=self._labelling,
            outputs=config.dataset.outputs,
            robots=robots,
            values=values,
            moving=moving,
            effects=effects,
            tone_map=None if settings is None else settings.tone_map,
        )

    def go_ahead(self, frames: Iterable[int]) -> None:
        """Do a part of the physics of later ``frames``, beside the drawing of one."""
        with self._clock("ahead"):
            for number, _ in enumerate(self._robot.ahead(frames)):
                if number == 0 and self._room is not None:
                    self._room.clear()

    @property
    def versions(self) -> dict[str, str]:
        """Versions of whatever can change a picture."""
        return picture_versions(self.host)

    def close(self) -> None:
        """Give the stage back, and let go of the World."""
        self._beside.shutdown()  # first: after an interrupt, what was begun beside a drawing may still be at work
        if self._annotations is not None:
            self._annotations.detach()
        if self._product is not None:
            self._product.destroy()
        if self._randomizer is not None:
            self._randomizer.reset()
        if (settings := self._standalone) is not None:
            settings.environments = None
        self._robot.close()

    @property
    def _standalone(self) -> RenderSettings | None:
        """How the standalone host draws; None inside Isaac Sim."""
        if self.host.name != "standalone":
            return None
        return self.host.replicator.standalone_settings  # pyright: ignore[reportAttributeAccessIssue]

    def _goes_on(self, index: int) -> bool:
        """Whether a frame is of the same walk, or the next moment of the same recorded motion, as the one before."""
        source = self.config.randomization.robot_pose
        return index % source.hold > 0 or (index > 0 and isinstance(source, MotionPose) and source.order == "sequence")

    def _show(
        self, index: int, attempt: int, cut: bool, beside: Callable[[], None] | None = None
    ) -> Generator[None, None, tuple[Draw, FrameEffects, dict[str, Robot]]]:
        """Bring the scene into the state of a frame and render it; after a ``cut`` nothing moves."""
        address = index + attempt * ANOTHER
        yield from self._timed(self._pose(address, address - index % self.config.randomization.robot_pose.hold))
        with self._clock("draw"):
            assert self._randomizer is not None
            links = self._robot.link_poses()
            draw = self._randomizer.draw(address, self._context(links))
            self._randomizer.apply(draw)
        yield None
        effects = FrameEffects(self._randomizer.image_effects(draw), self.config.seed, draw.frame)
        robots = {} if self._keypoints is None else {ROBOT: Robot(self._keypoints, links)}
        yield from self._render(address, effects, cut, beside)
        self._shown = address
        return draw, effects, robots

    def _pose(self, address: int, first: int) -> Iterator[None]:
        """Arrange the room as at the first frame of the walk, and bring the robot into the pose of the frame."""
        yield from self._robot.prepare(address)
        if self._room is not None:
            anew = self._room.arrange(self.config.seed, first, address, self._robot.ways(address))
            if anew and self._room.drops:
                self._robot.park()  # what falls must not depend on how the robot stands
                yield from self._room.settle()
        yield from self._robot.pose(address)

    def _timed(self, work: Iterator[None]) -> Iterator[None]:
        while True:
            with self._clock("pose"):
                ended = next(work, self) is self
            if ended:
                return
            yield None

    def _context(self, links: Mapping[str, Array]) -> Context:
        x, y, z = links[self.config.scene.robot.root_link][:3, 3].tolist()
        around = {} if self._room is None else {"obstacles": self._room.obstacles, "room": self._room.bounds}
        size = (self.config.width, self.config.height)
        return Context((x, y, z), self._robot.heading, image_size=size, **around)

    def _render(
        self, address: int, effects: FrameEffects, cut: bool, beside: Callable[[], None] | None
    ) -> Iterator[None]:
        """One step of the orchestrator; within Kit's window the application draws it while this yields."""
        orchestrator = self.host.replicator.orchestrator
        if (settings := self._standalone) is not None:
            settings.seed = rng.torch_seed(self.config.seed, f"capture/picture/{address}") % 2**31
            settings.fog_density, settings.fog_color = fog_on(self._stage)
            settings.develop, settings.cut = effects.develop, cut
            working: list[Future[None]] = []
            if beside is not None:
                settings.begun = lambda: working.append(self._beside.submit(beside))
            try:
                with self._clock("render"):
                    orchestrator.step(delta_time=0.0, pause_timeline=False)
            finally:
                settings.develop, settings.cut, settings.begun = None, False, None
                wait(working)
            assert working or beside is None, "the renderer did not begin"
            for work in working:
                work.result()
            yield
            return
        if beside is not None:
            beside()
        step = asyncio.ensure_future(
            orchestrator.step_async(rt_subframes=_SUBFRAMES, delta_time=0.0, pause_timeline=False)
        )
        began = time.perf_counter()
        while not step.done():
            yield
        step.result()
        self._seconds["render"] += time.perf_counter() - began

    @contextmanager
    def _clock(self, stage: str) -> Iterator[None]:
        began = time.perf_counter()
        try:
            yield
        finally:
            self._seconds[stage] += time.perf_counter() - began
