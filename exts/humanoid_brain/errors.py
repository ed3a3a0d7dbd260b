# SPDX-License-Identifier: Apache-2.0
"""The errors that reach a user: one type per kind of trouble, each says what, where and what to do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping


class HumanoidBrainError(Exception):
    """Base of every error raised on purpose.

    Args:
        what: What is wrong, in one sentence without a trailing full stop.
        where: Where it is: a file with its line, a config field, a prim path, a joint name.
        todo: The next step for the reader.
    """

    exit_code = 1

    def __init__(self, what: str, *, where: str = "", todo: str = "") -> None:
        self.what, self.where, self.todo = what, where, todo
        super().__init__(str(self))

    def __str__(self) -> str:
        text = f"{self.where}: {self.what}" if self.where else self.what
        return f"{text}. {self.todo}" if self.todo else text

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuild, (type(self), self.what, self.where, self.todo)


def _rebuild(kind: type[HumanoidBrainError], what: str, where: str, todo: str) -> HumanoidBrainError:
    return kind(what, where=where, todo=todo)


class ConfigError(HumanoidBrainError):
    """A configuration that cannot be used: unknown key, value out of range, unreadable file."""

    exit_code = 2


class HostError(HumanoidBrainError):
    """The simulator beneath is missing, too old, or refused a call."""


class DeviceError(HumanoidBrainError):
    """A device was asked for that this machine or process cannot give."""


class SceneError(HumanoidBrainError):
    """A USD scene or asset that cannot be built, opened or simulated."""


class RobotError(SceneError):
    """A robot that does not fit its description: missing joint, wrong root link, zero inertia."""


class TermError(HumanoidBrainError):
    """A reward, observation, command, action or termination term that is wrong, by its name."""


class CheckpointError(HumanoidBrainError):
    """A checkpoint or policy file that is truncated, foreign or of another robot."""


class StorageError(HumanoidBrainError):
    """An output folder that cannot be written: read-only, full, or in use by another run."""


class DivergenceError(HumanoidBrainError):
    """Too many environments reached a state that is not finite."""


class DatasetError(HumanoidBrainError):
    """A dataset that is damaged, incomplete, of another capture, or a frame that does not fit it."""


def to_json(error: HumanoidBrainError) -> dict[str, str]:
    """An error as JSON values, for a process to send home."""
    return {"kind": type(error).__name__, "what": error.what, "where": error.where, "todo": error.todo}


def from_json(value: Mapping[str, str]) -> HumanoidBrainError:
    """The inverse of :func:`to_json`. A kind that is not of this module becomes the base of all."""
    kinds = {kind.__name__: kind for kind in _kinds(HumanoidBrainError)}
    kind = kinds.get(value["kind"], HumanoidBrainError)
    return kind(value["what"], where=value["where"], todo=value["todo"])


def _kinds(base: type[HumanoidBrainError]) -> Iterator[type[HumanoidBrainError]]:
    for kind in base.__subclasses__():
        yield kind
        yield from _kinds(kind)
