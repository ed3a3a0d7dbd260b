# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from pxr import Gf, Sdf, Usd, UsdGeom, UsdShade

from humanoid_brain.config.randomization import RandomizationConfig
from humanoid_brain.errors import ConfigError
from humanoid_brain.randomization.randomizer import Randomizer
from humanoid_brain.randomization.terms.materials import index_of_refraction
from humanoid_brain.scene.schemas import add_label
from tests.randomization.conftest import CHAIRS, changes, snapshot, value

Configured = Callable[[str], RandomizationConfig]


def bound(stage: Usd.Stage, path: str) -> UsdShade.Material:
    return UsdShade.MaterialBindingAPI(stage.GetPrimAtPath(path)).ComputeBoundMaterial()[0]


def surface(stage: Usd.Stage, path: str) -> UsdShade.Shader:
    return bound(stage, path).ComputeSurfaceSource()[0]


def look(stage: Usd.Stage, path: str, name: str) -> Any:
    return surface(stage, path).GetInput(name).Get()


def test_only_the_selected_prims_change_although_all_share_a_material(stage: Usd.Stage, configured: Configured) -> None:
    config = configured(
        "terms:\n  c: {kind: material, select: {labels: [chair]}, color: {kind: hsv}, roughness: [0, 1]}\n"
    )
    randomizer, before = Randomizer(config, stage, 1), snapshot(stage)
    draw = randomizer.draw(0)
    randomizer.apply(draw)
    seen = set()
    for path in CHAIRS:
        name = path.strip("/").replace("/", ".")
        color = look(stage, f"{path}/seat", "diffuseColor")
        assert tuple(color) == pytest.approx(draw.values[f"c.{name}.wood.color"])
        assert look(stage, f"{path}/leg", "roughness") == pytest.approx(draw.values[f"c.{name}.steel.roughness"])
        assert look(stage, f"{path}/leg", "metallic") == 1.0  # the copy keeps what is not randomized
        seen.add(tuple(color))
    assert len(seen) == 3
    assert str(bound(stage, "/World/props/table/top").GetPath()) == "/World/looks/wood"
    assert changes(before, snapshot(stage)) == set()


def test_copies_look_like_their_source_until_the_first_draw(stage: Usd.Stage, configured: Configured) -> None:
    config = configured("terms:\n  c: {kind: material, select: {labels: [chair]}, color: {kind: hsv}}\n")
    Randomizer(config, stage, 1)
    assert str(bound(stage, f"{CHAIRS[0]}/seat").GetPath()).startswith("/randomization/c/")
    assert look(stage, f"{CHAIRS[0]}/seat", "diffuseColor") == Gf.Vec3f(0.4, 0.25, 0.1)


def test_a_labelled_thing_on_a_labelled_thing_keeps_its_looks(stage: Usd.Stage, configured: Configured) -> None:
    config = configured("terms:\n  t: {kind: material, select: {labels: [table]}, roughness: 1}\n")
    randomizer = Randomizer(config, stage, 1)
    randomizer.apply(randomizer.draw(0))
    assert look(stage, "/World/props/table/top", "roughness") == 1.0
    assert str(bound(stage, "/World/props/table/cup").GetPath()) == "/World/looks/wood"


def test_one_draw_per_prim_gives_all_its_materials_the_same(stage: Usd.Stage, configured: Configured) -> None:
    config = configured("terms:\n  c: {kind: material, each: prim, select: {labels: [chair]}, roughness: [0, 1]}\n")
    randomizer = Randomizer(config, stage, 1)
    randomizer.apply(randomizer.draw(0))
    pairs = [(look(stage, f"{path}/seat", "roughness"), look(stage, f"{path}/leg", "roughness")) for path in CHAIRS]
    assert all(one == other for one, other in pairs) and len(set(pairs)) == 3


def test_a_prim_without_material_gets_one(stage: Usd.Stage, configured: Configured) -> None:
    config = configured("terms:\n  f: {kind: material, select: {labels: [floor]}, specular: 1, clearcoat: 0.5}\n")
    randomizer = Randomizer(config, stage, 1)
    randomizer.apply(randomizer.draw(0))
    assert surface(stage, "/World/floor").GetIdAttr().Get() == "UsdPreviewSurface"
    assert look(stage, "/World/floor", "clearcoat") == 0.5
    assert look(stage, "/World/floor", "ior") == pytest.approx(index_of_refraction(1.0))


def test_half_specular_is_the_four_percent_of_glass() -> None:
    assert index_of_refraction(0.5) == pytest.approx(1.5)
    assert index_of_refraction(0.0) == 1.0


@pytest.fixture
def woods(tmp_path: Path) -> Path:
    for name in ("wood_a.png", "wood_b.png", "stone.png"):
        Image.new("RGB", (2, 2)).save(tmp_path / name)
    return tmp_path


def test_a_texture_comes_and_goes_with_the_draw(stage: Usd.Stage, configured: Configured, woods: Path) -> None:
    config = configured(f"""
terms:
  c:
    kind: material
    select: {{labels: [chair]}}
    color: {{kind: palette, colors: [[0.5, 0.6, 0.7]]}}
    texture: {{folder: {woods}, names: ["wood_*"], share: 0.5}}
    tiling: 3
""")
    randomizer = Randomizer(config, stage, 1)
    key, seen = "c.World.props.chair_0.wood.texture", set()
    for frame in range(24):
        draw = randomizer.draw(frame)
        randomizer.apply(draw)
        color = surface(stage, f"{CHAIRS[0]}/seat").GetInput("diffuseColor")
        sources = color.GetAttr().GetConnections()
        seen.add(draw.values[key])
        if draw.values[key] is None:
            assert sources == [] and color.Get() == Gf.Vec3f(0.5, 0.6, 0.7)
        else:
            texture = stage.GetPrimAtPath(sources[0].GetPrimPath())
            assert Path(texture.GetAttribute("inputs:file").Get().path) == woods / str(draw.values[key])
            assert texture.GetAttribute("inputs:scale").Get() == Gf.Vec4f(0.5, 0.6, 0.7, 1.0)
    assert seen == {None, "wood_a.png", "wood_b.png"}


def test_a_tint_multiplies_the_colour_or_the_texture_of_the_scene(stage: Usd.Stage, configured: Configured) -> None:
    shader = UsdShade.Shader(stage.GetPrimAtPath("/World/looks/steel/shader"))
    image = UsdShade.Shader.Define(stage, "/World/looks/steel/image")
    image.CreateIdAttr("UsdUVTexture")
    image.CreateInput("scale", Sdf.ValueTypeNames.Float4).Set(Gf.Vec4f(0.5, 0.5, 1.0, 1.0))
    output = image.CreateOutput("rgb", Sdf.ValueTypeNames.Float3)
    shader.GetInput("diffuseColor").ConnectToSource(output)
    term = "{kind: material, select: {labels: [chair]}, tint: {kind: palette, colors: [[0.5, 1, 0.2]]}}"
    randomizer = Randomizer(configured(f"terms:\n  c: {term}\n"), stage, 1)
    randomizer.apply(randomizer.draw(0))
    assert tuple(look(stage, f"{CHAIRS[0]}/seat", "diffuseColor")) == pytest.approx((0.2, 0.25, 0.02))
    copy = bound(stage, f"{CHAIRS[0]}/leg").GetPath()
    connected = surface(stage, f"{CHAIRS[0]}/leg").GetInput("diffuseColor").GetAttr().GetConnections()
    assert connected == [copy.AppendPath("image.outputs:rgb")]
    assert tuple(value(stage, f"{copy}/image.inputs:scale")) == pytest.approx((0.25, 0.5, 0.2, 1.0))
    assert tuple(value(stage, "/World/looks/steel/image.inputs:scale")) == (0.5, 0.5, 1.0, 1.0)


def test_a_colour_replaces_the_texture_of_the_scene(stage: Usd.Stage, configured: Configured) -> None:
    shader = UsdShade.Shader(stage.GetPrimAtPath("/World/looks/wood/shader"))
    image = UsdShade.Shader.Define(stage, "/World/looks/wood/image")
    image.CreateIdAttr("UsdUVTexture")
    shader.GetInput("diffuseColor").ConnectToSource(image.CreateOutput("rgb", Sdf.ValueTypeNames.Float3))
    term = "{kind: material, select: {labels: [table]}, color: {kind: palette, colors: [[0.5, 1, 0.25]]}}"
    randomizer = Randomizer(configured(f"terms:\n  t: {term}\n"), stage, 1)
    randomizer.apply(randomizer.draw(0))
    color = surface(stage, "/World/props/table/top").GetInput("diffuseColor")
    assert color.GetAttr().GetConnections() == [] and color.Get() == Gf.Vec3f(0.5, 1.0, 0.25)


def test_a_share_of_the_draws_leaves_the_scenes_looks(stage: Usd.Stage, configured: Configured) -> None:
    config = configured("terms:\n  c: {kind: material, share: 0.5, select: {labels: [chair]}, roughness: 0.9}\n")
    randomizer, changed = Randomizer(config, stage, 1), []
    for frame in range(60):
        draw = randomizer.draw(frame)
        randomizer.apply(draw)
        now = look(stage, f"{CHAIRS[1]}/seat", "roughness")
        changed.append("c.World.props.chair_1.wood.roughness" in draw.values)
        assert now == pytest.approx(0.9 if changed[-1] else 0.5)
    # 60 draws of one half leave 12 to 48 but for odds of 1 in 10^5.
    assert 12 < sum(changed) < 48


def test_a_shader_that_we_do_not_know_gives_way_to_one_that_we_do(stage: Usd.Stage, configured: Configured) -> None:
    wood = UsdShade.Material(stage.GetPrimAtPath("/World/looks/wood"))
    glass = UsdShade.Shader.Define(stage, "/World/looks/wood/glass")
    glass.GetPrim().CreateAttribute("info:mdl:sourceAsset:subIdentifier", Sdf.ValueTypeNames.Token).Set("OmniGlass")
    wood.CreateSurfaceOutput("mdl").ConnectToSource(glass.CreateOutput("out", Sdf.ValueTypeNames.Token))
    config = configured("terms:\n  t: {kind: material, select: {labels: [table]}, roughness: 0.9}\n")
    randomizer = Randomizer(config, stage, 1)
    randomizer.apply(randomizer.draw(0))
    for context in ("", "mdl"):
        shader = bound(stage, "/World/props/table/top").ComputeSurfaceSource(context)[0]
        assert shader.GetInput("roughness").Get() == pytest.approx(0.9)


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ("[missing.png]", "has no file 'missing.png'"),
        ("[notes.txt]", "cannot be read as an image: it is none"),
        ("[half.jpg]", "cannot be read as an image: image file is truncated"),
        ("[../outside.png]", "leads out of its folder"),
        ("[link.png]", "leads out of its folder"),
    ],
)
def test_a_texture_must_be_an_image_of_the_folder(
    stage: Usd.Stage, configured: Configured, tmp_path: Path, names: str, message: str
) -> None:
    Image.new("RGB", (2, 2)).save(tmp_path / "outside.png")
    folder = tmp_path / "textures"
    folder.mkdir()
    (folder / "notes.txt").write_text("no image")
    Image.effect_noise((64, 64), 50.0).save(tmp_path / "whole.jpg")
    whole = (tmp_path / "whole.jpg").read_bytes()
    (folder / "half.jpg").write_bytes(whole[: len(whole) // 2])
    (folder / "link.png").symlink_to(tmp_path / "outside.png")
    term = f"{{kind: material, select: {{labels: [chair]}}, texture: {{folder: {folder}, names: {names}}}}}"
    with pytest.raises(ConfigError) as caught:
        Randomizer(configured(f"terms:\n  c: {term}\n"), stage, 1)
    assert message in str(caught.value) and "terms.c" in str(caught.value)


def test_a_mesh_without_texture_coordinates_is_refused_a_texture(
    stage: Usd.Stage, configured: Configured, woods: Path
) -> None:
    config = configured(f"terms:\n  f: {{kind: material, select: {{labels: [floor]}}, texture: {{folder: {woods}}}}}\n")
    with pytest.raises(ConfigError, match="nothing of the class label 'floor' has texture coordinates"):
        Randomizer(config, stage, 1)


def test_what_has_no_texture_coordinates_beside_what_has_takes_the_tint_alone(
    stage: Usd.Stage, configured: Configured, woods: Path
) -> None:
    term = f"{{kind: material, select: {{labels: [floor, table]}}, tint: {{kind: hsv}}, texture: {{folder: {woods}}}}}"
    randomizer = Randomizer(configured(f"terms:\n  f: {term}\n"), stage, 1)
    randomizer.apply(randomizer.draw(0))
    assert surface(stage, "/World/props/table/top").GetInput("diffuseColor").HasConnectedSource()
    color = surface(stage, "/World/floor").GetInput("diffuseColor")
    assert not color.HasConnectedSource() and color.Get() != Gf.Vec3f(0.18)


def test_parts_of_a_mesh_have_materials_of_their_own(stage: Usd.Stage, configured: Configured) -> None:
    mesh = UsdGeom.Mesh(stage.GetPrimAtPath("/World/floor"))
    part = UsdGeom.Subset.CreateGeomSubset(mesh, "border", UsdGeom.Tokens.face, [0], "materialBind")
    UsdShade.MaterialBindingAPI.Apply(part.GetPrim()).Bind(UsdShade.Material(stage.GetPrimAtPath("/World/looks/steel")))
    randomizer = Randomizer(
        configured("terms:\n  f: {kind: material, select: {labels: [floor]}, roughness: [0, 1]}\n"), stage, 1
    )
    randomizer.apply(randomizer.draw(0))
    assert look(stage, "/World/floor", "roughness") != look(stage, "/World/floor/border", "roughness")
    assert value(stage, "/World/looks/steel/shader.inputs:roughness") == pytest.approx(0.2)


def test_an_instance_changes_as_a_whole_and_alone(stage: Usd.Stage, configured: Configured) -> None:
    for i in range(2):
        prim = stage.DefinePrim(f"/World/copies/copy_{i}", "Xform")
        prim.GetReferences().AddInternalReference("/World/props/chair_0")
        prim.SetInstanceable(True)
        add_label(prim, f"copy_{i}")
    randomizer = Randomizer(
        configured("terms:\n  c: {kind: material, select: {labels: [copy_1]}, roughness: 0.9}\n"), stage, 1
    )
    randomizer.apply(randomizer.draw(0))
    assert stage.GetPrimAtPath("/World/copies/copy_1").IsInstance()
    assert look(stage, "/World/copies/copy_1/seat", "roughness") == pytest.approx(0.9)
    assert look(stage, "/World/copies/copy_0/seat", "roughness") == 0.5
    assert look(stage, f"{CHAIRS[0]}/seat", "roughness") == 0.5


def test_a_stronger_binding_above_is_reported(stage: Usd.Stage, configured: Configured) -> None:
    props = stage.GetPrimAtPath("/World/props")
    wood = UsdShade.Material(stage.GetPrimAtPath("/World/looks/wood"))
    UsdShade.MaterialBindingAPI.Apply(props).Bind(wood, UsdShade.Tokens.strongerThanDescendants)
    with pytest.raises(ConfigError, match="held by a stronger binding on /World/props"):
        Randomizer(configured("terms:\n  c: {kind: material, select: {labels: [table]}, roughness: 0.9}\n"), stage, 1)


def test_isaac_sims_own_material_takes_the_draws_in_its_own_inputs(stage: Usd.Stage, configured: Configured) -> None:
    material = UsdShade.Material.Define(stage, "/World/looks/omni")
    shader = UsdShade.Shader.Define(stage, "/World/looks/omni/Shader")
    shader.GetPrim().CreateAttribute("info:mdl:sourceAsset:subIdentifier", Sdf.ValueTypeNames.Token).Set("OmniPBR")
    out = shader.CreateOutput("out", Sdf.ValueTypeNames.Token)
    material.CreateSurfaceOutput("mdl").ConnectToSource(out)
    UsdShade.MaterialBindingAPI.Apply(stage.GetPrimAtPath("/World/floor")).Bind(material)
    term = "{kind: material, select: {labels: [floor]}, color: {kind: palette, colors: [[1, 0, 0]]}, roughness: 0.25}"
    randomizer = Randomizer(configured(f"terms:\n  f: {term}\n"), stage, 1)
    randomizer.apply(randomizer.draw(0))
    copy = str(bound(stage, "/World/floor").GetPath())
    assert value(stage, f"{copy}/Shader.inputs:diffuse_color_constant") == Gf.Vec3f(1, 0, 0)
    assert value(stage, f"{copy}/Shader.inputs:reflection_roughness_constant") == 0.25
    assert not stage.GetAttributeAtPath("/World/looks/omni/Shader.inputs:diffuse_color_constant")
