# SPDX-License-Identifier: Apache-2.0
"""A capture on a Ray cluster: each node makes a shard through the same code, and the shards are merged.

Shards lie beside the output, in a folder that goes once they are merged. Where the nodes see that folder, they write
into it; where they do not, frames are sent and compared with their checksums. A node that is lost has its shard run
again on another one, which goes on after the last frame that is at home.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import signal
import sys
import threading
import time
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from humanoid_brain.capture.assemble import Summary
from humanoid_brain.capture.folder import read_description, refuse_other
from humanoid_brain.capture.job import CaptureJob
from humanoid_brain.capture.layout import DESCRIPTION, frames_of
from humanoid_brain.capture.merge import merging
from humanoid_brain.capture.shard import Depot, Report, Shard, frames_in
from humanoid_brain.capture.spawn import RESUMABLE
from humanoid_brain.config.capture import CaptureConfig
from humanoid_brain.errors import ConfigError, DatasetError, HostError, StorageError
from humanoid_brain.files import make_folder, write_atomic
from humanoid_brain.jobs import FileWritten, JobState, Warned

_SLICE = 0.5
"""Seconds that a node works between two reports."""
_LOOK = 1.0
"""Seconds between two looks at which nodes there are."""
_TRIES = 3
"""How often a shard may be lost without a new frame before the capture gives up."""


@dataclass
class _Part:
    """A shard, wherever it is being made."""

    folder: Path
    config: dict[str, Any]
    have: set[int]
    """Frames that are at home."""
    node: str = ""
    actor: Any = None
    report: Any = None
    """The report that is awaited, as Ray's reference."""
    depot: Depot | None = None
    kept: list[int] = field(default_factory=list)
    """Frames that arrived since the node was last told so."""
    checked: bool = False
    done: int = 0
    losses: int = 0
    """How often it was lost since its last frame."""
    over: bool = False


class ClusterJob(CaptureJob):
    """Captures a dataset on the nodes of a Ray cluster, a shard on each.

    Args:
        config: What to capture, with the address of the cluster. ``processes`` are those on each node.
        shared: Whether nodes may write where this process does; False has all frames sent.
    """

    def __init__(self, config: CaptureConfig, *, shared: bool = True) -> None:
        super().__init__(config)
        self._shared = shared
        self._ray: Any = None
        self._parts: list[_Part] = []
        self._looked, self._nodes = 0.0, {}
        self._mine = self._stopped = False

    def slices(self) -> Iterator[None]:
        """Connect, let each node make its shard, merge them."""
        if self.config.part != (0, 1):
            raise ConfigError(
                "a cluster divides the frames itself", where="shard", todo="Leave --shard or --cluster out"
            )
        self.progress.phase = "connecting to the cluster"
        yield
        self._ray, self._mine = connect(str(self.config.cluster))
        home = self._home()
        token = make_folder(home) / f".{secrets.token_hex(8)}"
        write_atomic(token, b"")
        try:
            self._parts = list(self._plan(home))
            self.processes = len(self._parts)
            self.progress.total, self.progress.phase = self.config.frames, f"capturing on {len(self._parts)} nodes"
            self.progress.begin(sum(len(part.have) for part in self._parts))
            while not all(part.over for part in self._parts):
                yield from self._advance(str(token) if self._shared else "")
        finally:
            token.unlink(missing_ok=True)
        self._disconnect()
        if not self.stopped_early:
            yield from self._merge(home)

    def pause(self) -> None:
        """When this returns, nothing advances on any node until :meth:`resume`."""
        super().pause()
        if self.state is JobState.PAUSED:
            self._tell("pause")

    def resume(self) -> None:
        """Go on from where :meth:`pause` left off."""
        if self.state is JobState.PAUSED:
            self._tell("resume")
        super().resume()

    def release(self) -> None:
        """Let go of the nodes and their shards."""
        try:
            for part in self._parts:
                self._leave(part)
        finally:
            self._disconnect()

    def _home(self) -> Path:
        output = self.config.output.absolute()
        return output.with_name(f"{output.name}.shards")

    def _plan(self, home: Path) -> Iterator[_Part]:
        """The shards: as many as were begun, else one per node."""
        begun = {path.name.partition("-of-")[2] for path in home.glob("*-of-*")}
        count = int(min(begun, default=str(len(self._look()))))
        base = self.config.model_copy(update={"cluster": None})
        finished = frames_in(self.config.output)
        for number in range(count):
            folder = home / f"{number}-of-{count}"
            config = base.model_copy(update={"shard": f"{number}/{count}", "output": folder})
            have = frames_in(folder) | finished.intersection(frames_of(base.frames, number, count))
            yield _Part(folder, config.model_dump(mode="json"), have)

    def _look(self) -> dict[str, dict[str, float]]:
        """What each node has that can take part, by its name in Ray."""
        if time.monotonic() - self._looked > _LOOK:
            needed = "GPU" if self.config.device == "cuda" else "CPU"
            nodes = {node["NodeID"]: node["Resources"] for node in self._ray.nodes() if node["Alive"]}
            self._nodes = {name: has for name, has in nodes.items() if has.get(needed, 0) >= 1}
            self._looked = time.monotonic()
            if not self._nodes:
                raise HostError(f"no node of the cluster has a {needed}", where=str(self.config.cluster))
        return self._nodes

    def _advance(self, token: str) -> Iterator[None]:
        """One slice: place shards on free nodes, and follow a report if one has come."""
        ray = self._ray
        if self.stopping and not self._stopped:
            self._stopped = True
            self._tell("stop")
        for part in self._parts:
            if part.actor is None and not part.over:
                if self.stopping:
                    part.over = True
                elif free := set(self._look()) - {other.node for other in self._parts}:
                    self._place(part, min(free), token)
        awaited = {part.report: part for part in self._parts if part.report is not None}
        ready = ray.wait(list(awaited), timeout=0.01)[0] if awaited else []
        for reference in ready:
            part = awaited[reference]
            try:
                report = ray.get(reference)
            except ray.exceptions.RayTaskError as error:
                raise DatasetError(f"a node failed with {error.cause!r}", where=part.folder.name) from error
            except ray.exceptions.RayError as error:
                self._lose(part, error)
            else:
                yield from self._follow(part, report)
        yield

    def _place(self, part: _Part, node: str, token: str) -> None:
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

        has = self._nodes[node]
        options: dict[str, Any] = {
            "num_cpus": max(1, int(has.get("CPU", 1))),
            "num_gpus": int(has.get("GPU", 0)) if self.config.device == "cuda" else 0,
            "scheduling_strategy": NodeAffinitySchedulingStrategy(node, soft=False),
            "runtime_env": {"env_vars": {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}},
        }
        actor = self._ray.remote(Shard).options(**options)
        part.node, part.checked = node, False
        part.actor = actor.remote(part.config, token, sorted(part.have), str(Path.cwd()))
        part.report = part.actor.tick.remote(_SLICE)

    def _follow(self, part: _Part, report: Report) -> Iterator[None]:
        if report.description is not None and not part.checked:
            self._check(part, report.description)
        for parcel in report.parcels:
            if part.depot is None:
                part.depot = Depot(part.folder, report.description or {})
            if parcel.record["index"] not in part.have:
                yield from self._retried(lambda parcel=parcel: part.depot and part.depot.keep(parcel))
            part.have.add(parcel.record["index"])
            part.kept.append(parcel.record["index"])
        if report.done > part.done:
            part.losses = 0
        part.done, part.over = report.done, report.over
        self._hear(report.events)
        self.progress.done = sum(each.done for each in self._parts)
        if report.error is not None and report.state is JobState.FAILED:
            raise report.error
        if part.over:
            self._leave(part)
            return
        if isinstance(report.error, StorageError):
            yield from self.halt(report.error)
        kept, part.kept = part.kept, []
        part.report = part.actor.tick.remote(_SLICE, kept)

    def _check(self, part: _Part, description: dict[str, Any]) -> None:
        """Refuse before the first frame what could not be merged in the end."""
        for folder in (self.config.output, *(each.folder for each in self._parts if each.checked)):
            if (folder / DESCRIPTION).exists():
                refuse_other(folder, description["identity"], read_description(folder)["shard"])
        part.checked = True

    def _lose(self, part: _Part, error: Exception) -> None:
        """A node is gone: its shard is for another one, or for the same once it is back."""
        self._looked = 0.0
        self._leave(part)
        part.losses += 1
        what = f"the node that made shard {part.folder.name} was lost"
        if part.losses > _TRIES:
            why = str(error).strip().rpartition("\n")[2]
            raise DatasetError(f"{what} {part.losses} times without a new frame: {why}", todo=RESUMABLE) from error
        self.events.append(Warned(what, "Its shard goes on elsewhere"))

    def _leave(self, part: _Part) -> None:
        if part.depot is not None:
            part.depot.close()
        if part.actor is not None:
            with contextlib.suppress(Exception):  # it may be gone
                self._ray.kill(part.actor)
        part.actor = part.report = part.depot = None
        part.node, part.kept = "", []

    def _tell(self, order: str) -> None:
        """Give an order to every shard, and wait until it is followed."""
        told = [getattr(part.actor, order).remote() for part in self._parts if part.actor is not None]
        for answer in told:
            with contextlib.suppress(self._ray.exceptions.RayError):  # the next report says so
                self._ray.get(answer)

    def _merge(self, home: Path) -> Iterator[None]:
        self.progress.phase = "merging"
        folders = [part.folder for part in self._parts if (part.folder / DESCRIPTION).exists()]
        if (self.config.output / DESCRIPTION).exists():
            folders.insert(0, self.config.output)
        while True:
            try:
                self.summary = yield from self._merged(folders)
                break
            except StorageError as error:
                yield from self.halt(error)
        shutil.rmtree(home, ignore_errors=True)
        self.events.append(FileWritten(str(self.config.output), "dataset"))

    def _merged(self, folders: list[Path]) -> Generator[None, None, Summary]:
        work = merging(folders, self.config.output)
        while True:
            try:
                next(work)
            except StopIteration as ended:
                return ended.value
            yield

    def _disconnect(self) -> None:
        ray, self._ray = self._ray, None
        if ray is not None and self._mine:
            ray.shutdown()


def connect(address: str) -> tuple[Any, bool]:
    """Ray, connected to a cluster, and whether it was not connected before.

    Raises:
        HostError: Ray is not installed, or there is no cluster at the address.
    """
    try:
        import ray
    except ImportError as error:
        todo = f'Run: {sys.executable} -m pip install "humanoid-brain[ray]"'
        raise HostError("a capture on a cluster needs Ray, which is not installed", todo=todo) from error
    if ray.is_initialized():
        return ray, False
    main = threading.current_thread() is threading.main_thread()
    before = signal.getsignal(signal.SIGTERM)
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        ray.init(address=address, log_to_driver=False, logging_level="ERROR")
    except (ConnectionError, RuntimeError, ValueError) as error:
        todo = "Start one with 'ray start --head', and on the other machines with 'ray start --address=...'"
        raise HostError(f"there is no Ray cluster: {str(error).splitlines()[0]}", where=address, todo=todo) from error
    finally:
        if main and before is not None:
            signal.signal(signal.SIGTERM, before)  # Ray ends the process there; whoever drives the job stops it
    return ray, True
