# SPDX-License-Identifier: Apache-2.0
"""host/isaac.py against a fake Isaac Sim with the recorded signatures."""

from __future__ import annotations

import sys
import types
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
import torch
from pxr import Usd

from humanoid_brain import host
from humanoid_brain.errors import HostError
from humanoid_brain.host import isaac
from humanoid_brain.host.isaac_workarounds import grid_cloner
from humanoid_brain.host.standalone.types import ArticulationActions
from tests.contract.fake_isaac import Calls, isaac_sim
from tests.contract.record import VERSIONS

if TYPE_CHECKING:
    from humanoid_brain.host import ArticulationView, World

Sim = tuple[host.Host, Calls, str]


@pytest.fixture(params=VERSIONS)
def sim(request: pytest.FixtureRequest) -> Iterator[Sim]:
    with isaac_sim(request.param) as calls:
        isaac.load_isaac.cache_clear()
        yield host.load("isaac"), calls, request.param
    isaac.load_isaac.cache_clear()


def make_view(h: host.Host) -> Any:
    return h.ArticulationView(prim_paths_expr="/World/envs/env_.*/Robot/pelvis", name="robots")


def named(calls: Calls, name: str) -> list[dict[str, Any]]:
    return [arguments for method, arguments in calls if method == name]


def test_names_resolve_to_the_new_modules(sim: Sim) -> None:
    h, _, _ = sim
    assert h.name == "isaac"
    for name in ("World", "ArticulationView", "RigidPrimView", "XFormPrimView", "GroundPlane", "PhysicsMaterial"):
        assert getattr(h, name) is not None
    assert h.stage.__name__ == "isaacsim.core.utils.stage" and h.prims.__name__ == "isaacsim.core.utils.prims"  # type: ignore[attr-defined]


def test_names_resolve_to_the_old_modules_too() -> None:
    with isaac_sim("5.0.0", namespace="omni"):
        isaac.load_isaac.cache_clear()
        h = host.load("isaac")
        assert h.stage.__name__ == "omni.isaac.core.utils.stage"  # type: ignore[attr-defined]
    isaac.load_isaac.cache_clear()


def test_a_missing_symbol_is_named() -> None:
    with isaac_sim("5.1.0"):
        isaac.load_isaac.cache_clear()
        del sys.modules["isaacsim.core.cloner"].GridCloner  # type: ignore[attr-defined]
        with pytest.raises(HostError, match=r"no 'GridCloner'\. Looked for isaacsim\.core\.cloner:GridCloner, omni"):
            host.load("isaac")
    isaac.load_isaac.cache_clear()


def test_without_isaac_sim_the_message_says_so() -> None:
    isaac.load_isaac.cache_clear()
    with pytest.raises(HostError, match=r"needs Isaac Sim 4\.5 or later"):
        host.load("isaac")
    assert not host.inside_kit()


def test_the_fake_refuses_what_a_version_lacks(sim: Sim) -> None:
    h, _, _ = sim
    view = make_view(h)
    with pytest.raises(TypeError):
        view.get_joint_positions(rows=[0])
    with pytest.raises(AttributeError):
        view.get_joint_angles()


def test_physics_callbacks_fan_out_from_one(sim: Sim) -> None:
    h, calls, _ = sim
    world: World = h.World(physics_dt=0.005, backend="torch", device="cpu")
    heard: list[str] = []
    for name in ("a", "b", "c"):
        world.add_physics_callback(name, lambda step, name=name: heard.append(name))
    world.reset()
    world.step(render=False)
    assert heard == ["a", "b", "c"]  # 6.0.1 by itself would call c three times
    assert len(named(calls, "SimulationContext.add_physics_callback")) == 1
    world.remove_physics_callback("b")
    assert world.physics_callback_exists("a") and not world.physics_callback_exists("b")
    heard.clear()
    world.step(render=False)
    assert heard == ["a", "c"]


def test_views_are_initialized_after_reset(sim: Sim) -> None:
    h, calls, _ = sim
    world: World = h.World(physics_dt=0.005)
    view = make_view(h)
    world.reset()
    assert named(calls, "Articulation.initialize")[-1] == {"physics_sim_view": world.physics_sim_view}
    del view


def test_joint_names_become_dof_numbers(sim: Sim) -> None:
    h, calls, _ = sim
    view = make_view(h)
    view.get_joint_positions(joint_names=["ankle", "hip"])
    view.set_joint_position_targets(positions=torch.zeros(2, 1), joint_names=["knee"])
    assert named(calls, "Articulation.get_joint_positions") == [{"joint_indices": [2, 0]}]
    assert named(calls, "Articulation.set_joint_position_targets")[0]["joint_indices"] == [1]


def test_efforts_for_some_joints_keep_the_others(sim: Sim) -> None:
    h, _, _ = sim
    view = make_view(h)
    view.set_joint_efforts(efforts=torch.tensor([[1.0, 2.0, 3.0]]).repeat(2, 1))
    view.set_joint_efforts(efforts=torch.tensor([[9.0]]), indices=[1], joint_names=["knee"])
    assert view.get_applied_joint_efforts().tolist() == [[1.0, 2.0, 3.0], [1.0, 9.0, 3.0]]
    view.apply_action(ArticulationActions(joint_efforts=torch.tensor([[5.0]]), joint_indices=[0]))
    assert view.get_applied_joint_efforts().tolist() == [[5.0, 2.0, 3.0], [5.0, 9.0, 3.0]]


def test_gains_outlast_a_stop(sim: Sim) -> None:
    h, _, _ = sim
    world: World = h.World(physics_dt=0.005)
    view = make_view(h)
    view.set_gains(kps=torch.full((2, 1), 7.0), joint_names=["knee"])
    view.play()  # what a stop and a play do to the gains
    assert view.get_gains()[0].max() == 100.0 and view.get_gains()[0].min() == 100.0
    world.play()
    assert view.get_gains()[0].tolist() == [[100.0, 7.0, 100.0]] * 2


def test_rows_are_written_through_the_official_setters(sim: Sim) -> None:
    h, calls, _ = sim
    view: ArticulationView = make_view(h)
    values = torch.arange(6.0).view(2, 3)
    h.write_rows(view, torch.tensor([False, True]), positions=values, joint_positions=values, joint_velocities=values)
    (pose,) = named(calls, "Articulation.set_world_poses")
    assert pose["positions"].tolist() == [[3.0, 4.0, 5.0]] and pose["indices"].tolist() == [1]
    assert named(calls, "Articulation.set_joint_positions")[0]["positions"].tolist() == [[3.0, 4.0, 5.0]]
    assert named(calls, "Articulation.set_velocities") == []
    calls.clear()
    h.write_rows(view, torch.tensor([False, False]), positions=values)
    assert named(calls, "Articulation.set_world_poses") == []  # no rows, no call


def test_rows_cannot_be_written_while_stopped(sim: Sim) -> None:
    h, _, _ = sim
    view = make_view(h)
    view.do_is_physics_handle_valid = lambda: False
    with pytest.raises(HostError, match="simulation is stopped"):
        h.write_rows(view, torch.tensor([True, True]), positions=torch.zeros(2, 3))


def test_shape_materials_go_through_the_tensor_handle(sim: Sim) -> None:
    h, _, _ = sim
    view = make_view(h)
    written: list[tuple[torch.Tensor, torch.Tensor]] = []
    view._physics_view = types.SimpleNamespace(
        get_material_properties=lambda: torch.zeros(2, 4, 3),
        set_material_properties=lambda materials, rows: written.append((materials, rows)),
    )
    h.set_shape_materials(view, torch.ones(1, 4, 3), indices=torch.tensor([1]))
    ((materials, rows),) = written
    assert materials.sum(dim=(1, 2)).tolist() == [0.0, 12.0] and rows.tolist() == [1]
    assert h.get_shape_materials(view).shape == (2, 4, 3)


def test_links_are_refreshed_by_the_simulation_view(sim: Sim) -> None:
    h, _, _ = sim
    world: Any = h.World(physics_dt=0.005)
    h.refresh_links(world)
    assert world.view.refreshed == 1


def test_environment_ids_are_left_out_where_they_are_unknown(sim: Sim) -> None:
    h, calls, _ = sim
    paths = ["/World/envs/env_0", "/World/envs/env_1"]
    h.GridCloner(spacing=2.0).clone(source_prim_path=paths[0], prim_paths=paths, enable_env_ids=True)
    assert named(calls, "GridCloner.clone")[0]["enable_env_ids"] is True
    seen: list[dict[str, Any]] = []

    class OldCloner:
        def clone(self, source_prim_path: str, prim_paths: list[str], replicate_physics: bool = False) -> None:
            seen.append({"prim_paths": prim_paths, "replicate_physics": replicate_physics})

    old: Any = grid_cloner(OldCloner)  # type: ignore[arg-type]
    old().clone(source_prim_path=paths[0], prim_paths=paths, replicate_physics=True, enable_env_ids=True)
    assert seen == [{"prim_paths": paths, "replicate_physics": True}]


def test_labels_are_in_both_schemas(sim: Sim) -> None:
    h, _, _ = sim
    stage = Usd.Stage.CreateInMemory()
    prim = stage.DefinePrim("/Robot", "Xform")
    h.add_labels(prim, ["robot", "humanoid"])
    assert list(prim.GetAttribute("semantics:labels:class").Get()) == ["robot", "humanoid"]
    assert prim.GetAttribute("semantic:Semantics:params:semanticData").Get() == "robot"
    assert prim.GetAttribute("semantic:Semantics:params:semanticType").Get() == "class"
    schemas = prim.GetMetadata("apiSchemas").GetAppliedItems()
    assert {"SemanticsLabelsAPI:class", "SemanticsAPI:Semantics"} <= set(schemas)


def test_versions_are_found_inside_kit(monkeypatch: pytest.MonkeyPatch) -> None:
    app = types.SimpleNamespace(
        get_kit_version=lambda: "110.1.2+release.1",
        get_extension_manager=lambda: types.SimpleNamespace(get_enabled_extension_id=lambda name: f"{name}-1.13.27"),
    )
    module = types.ModuleType("omni.kit.app")
    module.get_app = lambda: app  # type: ignore[attr-defined]
    version = types.ModuleType("isaacsim.core.version")
    version.get_version = lambda: ("6.0.1", "", "6", "0", "1", "", "", "")  # type: ignore[attr-defined]
    for name in ("omni", "omni.kit", "isaacsim", "isaacsim.core"):
        package = types.ModuleType(name)
        package.__path__ = []  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, name, package)
    monkeypatch.setitem(sys.modules, "omni.kit.app", module)
    monkeypatch.setitem(sys.modules, "isaacsim.core.version", version)
    versions = isaac.isaac_versions()
    assert (versions.isaac_sim, versions.kit, versions.replicator) == ("6.0.1", "110.1.2", "1.13.27")
    assert host.inside_kit()


def test_versions_outside_kit_are_empty() -> None:
    assert isaac.isaac_versions() == isaac.IsaacVersions("", "", "")
