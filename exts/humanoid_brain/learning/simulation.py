# SPDX-License-Identifier: Apache-2.0
"""Many copies of one robot on the host's World: control in, state out, in the learners' buffers."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import nullcontext
from functools import partial
from typing import TYPE_CHECKING, Literal

from humanoid_brain import host as hosts
from humanoid_brain.config.scene import SceneConfig
from humanoid_brain.errors import HostError, RobotError
from humanoid_brain.jobs import awaited, drained
from humanoid_brain.scene.build import BuiltScene, build_scene
from humanoid_brain.scene.robot import resolve
from humanoid_brain.scene.world import configure_world, make_world

if TYPE_CHECKING:
    from torch import Tensor

    from humanoid_brain.learning.state import State


class Simulation:
    """A World full of robots, and the views through which they are driven.

    Args:
        scene: What stands in each environment, how many there are, and the physics.
        device: "cpu" or "cuda".
        host: The simulator; None takes the one this process runs in.
        meanwhile: Work of PyTorch's for the time while the host loads the scene onto a GPU, given the scene.
    """

    def __init__(
        self,
        scene: SceneConfig,
        device: Literal["cpu", "cuda"],
        *,
        host: hosts.Host | None = None,
        meanwhile: Callable[[BuiltScene], None] | None = None,
    ) -> None:
        self._prepare(scene, device, host, meanwhile=meanwhile)
        if self.host.windowed:
            raise HostError(
                "this work cannot be done within the window of Isaac Sim",
                todo="Run it from the command line, with Isaac Sim's python.sh or on the standalone host",
            )
        for _ in self._open(scene):
            pass

    @classmethod
    def opening(
        cls,
        scene: SceneConfig,
        device: Literal["cpu", "cuda"],
        *,
        host: hosts.Host | None = None,
        crowd: int | None = None,
        meanwhile: Callable[[BuiltScene], None] | None = None,
    ) -> Generator[None, None, Simulation]:
        """As the constructor, in slices, between which the application around us can have its frames.

        ``crowd`` is as of :func:`humanoid_brain.scene.build.build_scene`.
        """
        made = cls.__new__(cls)
        made._prepare(scene, device, host, crowd, meanwhile=meanwhile)
        yield from made._open(scene, crowd)
        return made

    def _prepare(
        self,
        scene: SceneConfig,
        device: Literal["cpu", "cuda"],
        host: hosts.Host | None,
        crowd: int | None = None,
        meanwhile: Callable[[BuiltScene], None] | None = None,
    ) -> None:
        self.host, self._meanwhile = host or hosts.load(), meanwhile
        self.num_envs, self.physics_dt = crowd or scene.num_envs, scene.physics.dt
        self._device = "cuda:0" if device == "cuda" else "cpu"

    def _open(self, scene: SceneConfig, crowd: int | None = None) -> Iterator[None]:
        host = self.host
        if host.windowed:
            yield from awaited(host.stage.create_new_stage_async())
        else:
            host.stage.create_new_stage()
        self.built = build_scene(scene, host, crowd=crowd)
        yield
        self.world = make_world(host, scene.physics, device=self._device)
        if host.windowed:
            yield from awaited(self.world.initialize_simulation_context_async())
        configure_world(self.world, scene.physics, self._device, self.num_envs)
        self._make_views()
        yield
        with nullcontext() if self._meanwhile is None else host.meanwhile(partial(self._meanwhile, self.built)):
            if host.windowed:
                yield from awaited(self.world.reset_async())
            else:
                self.world.reset()
        for view in (self.robots, self.links, self.feet):
            view.initialize(self.world.physics_sim_view)
        self._resolve()
        host.hold_frames(True)

    @property
    def origins(self) -> Tensor:
        """Where each environment's robot starts on the ground, (N, 3) m."""
        return self._origins

    def configure_drives(self, kind: Literal["position", "torque"]) -> None:
        """Give the joints the robot's gains and limits, or switch the drives off for torque control."""
        t, rows = self.tensors, (self.num_envs, self.tensors.nominal.numel())
        factor = 1.0 if kind == "position" else 0.0
        self.robots.set_gains(kps=(factor * t.stiffness).expand(rows), kds=(factor * t.damping).expand(rows))
        self.robots.set_max_efforts(t.effort_limit.expand(rows))

    def advance(self, state: State, substeps: int, kind: Literal["position", "torque"], *, links: bool = True) -> None:
        """Apply ``state.joint_target``, simulate ``substeps`` physics steps, and read the state back.

        Without ``links`` the buffers that :data:`humanoid_brain.learning.state.OF_LINKS` names stay as they are.
        """
        drained(self.advancing(state, substeps, kind, links=links))

    def advancing(
        self, state: State, substeps: int, kind: Literal["position", "torque"], *, links: bool = True
    ) -> Generator[None, None, None]:
        """As :meth:`advance`, in slices of one physics step."""
        if not self.robots.is_physics_handle_valid():
            raise HostError("the simulation was stopped", todo="Press play, or start the job again")
        if kind == "position":
            self.robots.set_joint_position_targets(state.joint_target)
        else:
            self.robots.set_joint_efforts(state.joint_target)
        for _ in range(substeps - 1):
            self.world.step(render=False)
            yield
        self.world.step(render=False)
        self._read_root_and_joints(state)
        if links:
            self._read_links(state)

    def _read_root_and_joints(self, state: State) -> None:
        position, orientation = self.robots.get_world_poses(clone=False)
        state.root_position.copy_(position)
        state.root_orientation.copy_(orientation)
        state.root_velocity.copy_(self.robots.get_velocities(clone=False))
        state.joint_position.copy_(self.robots.get_joint_positions(clone=False))
        state.joint_velocity.copy_(self.robots.get_joint_velocities(clone=False))

    def _read_links(self, state: State) -> None:
        position, orientation = self.links.get_world_poses(clone=False)
        _gather(position, self._foot_rows, state.foot_position)
        _gather(orientation, self._foot_rows, state.foot_orientation)
        _gather(orientation, self._torso_rows, state.torso_orientation)
        _gather(self.links.get_velocities(clone=False), self._foot_rows, state.foot_velocity)
        forces = self.feet.get_net_contact_forces(clone=False, dt=self.physics_dt)
        _gather(forces, self._contact_rows, state.foot_force)

    def write_rows(self, state: State, rows: Tensor, *, at_rest: bool = False) -> None:
        """Write root and joint state of ``rows`` (N,) bool into the physics.

        Args:
            state: The state to write.
            rows: Which environments.
            at_rest: The joints of these environments are known not to move.
        """
        self.host.write_rows(
            self.robots,
            rows,
            positions=state.root_position,
            orientations=state.root_orientation,
            velocities=state.root_velocity,
            joint_positions=state.joint_position,
            joint_velocities=state.joint_velocity,
        )
        if not at_rest:
            # Writing joint velocities makes them the drives' velocity targets too, in every host.
            self.robots.set_joint_velocity_targets(self._no_velocity)

    def close(self) -> None:
        """Stop the simulation and let go of the World."""
        self.host.hold_frames(False)
        self.world.stop()
        self.world.clear_instance()

    def _make_views(self) -> None:
        h, built, robot = self.host, self.built, self.built.robot
        feet = [built.link_expr(name) for name in robot.feet]
        self.robots = h.ArticulationView(prim_paths_expr=built.robot_expr, name="robots", reset_xform_properties=False)
        self.links = h.RigidPrimView(
            prim_paths_expr=[*feet, built.link_expr(robot.torso_link)], name="links", reset_xform_properties=False
        )
        self.feet = h.RigidPrimView(
            prim_paths_expr=feet, name="feet", track_contact_forces=True, reset_xform_properties=False
        )
        for view in (self.robots, self.links, self.feet):
            self.world.scene.add(view)

    def _resolve(self) -> None:
        import torch

        from humanoid_brain.learning.state import RobotTensors

        self.device = torch.device(self._device)
        config = self.built.robot
        self.robot = resolve(config, self.robots.dof_names, self.robots.body_names)
        limits = self.robots.get_dof_limits()[0]
        if not bool(torch.isfinite(limits).all()):
            loose = [n for n, row in zip(self.robots.dof_names, limits, strict=True) if not torch.isfinite(row).all()]
            raise RobotError(f"joint '{loose[0]}' has no limits", where=config.name, todo="Give every joint a range")
        self.tensors = RobotTensors.of(self.robot, config, limits.to(torch.float32), self.device)
        self._no_velocity = torch.zeros(self.num_envs, len(self.robot.dof_names), device=self.device)
        self._origins = torch.as_tensor(self.built.env_origins, dtype=torch.float32, device=self.device)
        self._foot_rows = self._rows(self.links.prim_paths, config.feet)
        self._torso_rows = self._rows(self.links.prim_paths, [config.torso_link])
        self._contact_rows = self._rows(self.feet.prim_paths, config.feet)

    def _rows(self, paths: list[str], links: list[str] | tuple[str, ...]) -> Tensor:
        """Rows of a view for (environment, link), flattened; a view's order is the host's affair."""
        import torch

        row = {path: i for i, path in enumerate(paths)}
        exprs = [self.built.link_expr(link) for link in links]
        wanted = [expr.replace(".*", str(env)) for env in range(self.num_envs) for expr in exprs]
        return torch.tensor([row[path] for path in wanted], device=self.device)


def _gather(source: Tensor, rows: Tensor, target: Tensor) -> None:
    """Copy ``source[rows]`` into ``target``, whose leading dimensions hold the rows in order."""
    import torch

    torch.index_select(source, 0, rows, out=target.view(rows.numel(), source.shape[-1]))
