# SPDX-License-Identifier: Apache-2.0
"""What every term of the randomization is: targets on a stage, draws by address, and edits for a draw."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import numpy as np

from humanoid_brain.config import randomization_terms as configs
from humanoid_brain.config.distributions import Distribution
from humanoid_brain.config.randomization import AnyTerm
from humanoid_brain.config.spaces import Colors, Points
from humanoid_brain.randomization import sampling
from humanoid_brain.randomization.sampling import Moment
from humanoid_brain.randomization.stream import Array, Stream

if TYPE_CHECKING:
    from pxr import Usd

    from humanoid_brain.randomization.workspace import Edit, Workspace

Json = bool | int | float | str | None | list["Json"] | dict[str, "Json"]
Values = dict[str, Json]
"""Drawn values by dotted name: term, target where there are several, quantity."""
Vector = tuple[float, float, float]
ConfigT = TypeVar("ConfigT", bound=configs.Term)


@dataclass(frozen=True)
class Context:
    """What a draw depends on besides its address. Lengths in m, world frame."""

    subject: Vector = (0.0, 0.0, 0.9)
    """Point that cameras look at, such as the robot's pelvis."""
    heading: float = 0.0
    """Direction in which the subject faces, degrees from +x towards +y."""
    ground: float = 0.0
    """Height of the ground below the subject."""
    obstacles: tuple[tuple[Vector, Vector], ...] = ()
    """Boxes along the axes, least and largest corner, that nothing is put into."""
    room: tuple[Vector, Vector] | None = None
    """Box that cameras and solids stay inside, least and largest corner; None: everywhere."""
    camera: Vector | None = None
    """Where the camera stands; a camera term replaces it."""
    progress: float = 0.0
    """Progress from 0 to 1 that schedules may go by."""
    image_size: tuple[int, int] = (1280, 720)
    """Width and height of the image in pixels, to which a distorted camera's matrix refers."""

    @property
    def below(self) -> Array:
        """The ground below the subject (3,)."""
        return np.array([self.subject[0], self.subject[1], self.ground])


class Term(Generic[ConfigT]):
    """One term. Without :meth:`resolve` it still draws, for a single target that stands for all.

    Args:
        name: The term's name in the configuration, part of the address of its draws.
        config: Its ranges.
        seed: Seed of the run.
    """

    targets: Sequence[str] = ("any",)
    """Names of what is drawn for."""

    def __init__(self, name: str, config: ConfigT, seed: int) -> None:
        self.name, self.config = name, config
        self._seed = seed
        self._streams: dict[str, Stream] = {}

    def resolve(self, stage: Usd.Stage, workspace: Workspace) -> list[str]:
        """Find the targets on the stage and prepare the workspace; returns what is wrong, for an error message."""
        return []

    def draw(self, frame: int, context: Context) -> Values:
        """Values of one frame; they depend on seed, name, frame and context alone."""
        raise NotImplementedError

    def edits(self, values: Mapping[str, Json]) -> Iterable[Edit]:
        """What the values of a draw mean on the stage."""
        return ()

    def moment(self, frame: int, context: Context) -> Moment:
        """The frame whose draw holds in ``frame``."""
        return Moment(frame - frame % self.config.hold, context.progress)

    def uniform(self, quantity: str, moment: Moment, count: int, targets: Sequence[str] | None = None) -> Array:
        """Uniform numbers (targets, count) of one quantity."""
        if quantity not in self._streams:
            names = self.targets if targets is None else targets
            self._streams[quantity] = Stream(self._seed, f"{self.name}.{quantity}", names, count)
        return self._streams[quantity].uniform(moment.frame)

    def single(self, quantity: str, distribution: Distribution, moment: Moment) -> float:
        """One number for the whole term."""
        return float(sampling.scalar(distribution, self.uniform(quantity, moment, 1, ("",)), moment)[0, 0])

    def scalars(self, quantity: str, distribution: Distribution, moment: Moment) -> list[float]:
        """One number per target."""
        return sampling.scalar(distribution, self.uniform(quantity, moment, 1)[:, 0], moment).tolist()

    def colors(self, quantity: str, space: Colors, moment: Moment) -> list[list[float]]:
        """One linear RGB colour per target."""
        return sampling.color(space, self.uniform(quantity, moment, 3), moment).tolist()

    def points(self, quantity: str, space: Points, moment: Moment) -> Array:
        """One point (targets, 3) per target, m."""
        return sampling.position(space, self.uniform(quantity, moment, 3), moment)

    def subset(self, quantity: str, count: int, moment: Moment) -> list[int]:
        """Indices of ``count`` targets, chosen at random, ascending."""
        order = np.argsort(self.uniform(quantity, moment, 1)[:, 0], kind="stable")
        return sorted(order[:count].tolist())

    def key(self, target: str, quantity: str) -> str:
        """Name of a value of one target."""
        return f"{self.name}.{target}.{quantity}"


def dotted(path: str) -> str:
    """A prim's path as part of a dotted name; names of prims hold no dots, so it can be turned back."""
    return path.strip("/").replace("/", ".")


TermT = TypeVar("TermT", bound=Term[Any])


class Registry:
    """Term classes by the kind that a configuration names."""

    def __init__(self) -> None:
        self.classes: dict[str, type[Term[Any]]] = {}

    def __call__(self, kind: str) -> Callable[[type[TermT]], type[TermT]]:
        """Register a class; use as a decorator."""

        def register(cls: type[TermT]) -> type[TermT]:
            self.classes[kind] = cls
            return cls

        return register

    def build(self, name: str, config: AnyTerm, seed: int) -> Term[Any]:
        """The term of a configuration."""
        return self.classes[config.kind](name, config, seed)


registry = Registry()
"""All terms; filled by the modules of the package "terms"."""
