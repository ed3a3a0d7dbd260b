# SPDX-License-Identifier: Apache-2.0
"""After an edit only the materials that it may change are read again, and those are."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from pxr import Gf, Sdf, Usd, UsdShade

from humanoid_brain.errors import SceneError
from humanoid_brain.host.standalone.render.renderer import StageRenderer
from humanoid_brain.host.standalone.render.surfaces import bound_surface
from tests.host.render_scenes import (
    TYPES,
    add_material,
    add_quad,
    add_texture,
    bind,
    new_stage,
    renderer_of,
    write_image,
)

PLAIN, IMAGED, PUBLIC = "/World/plain", "/World/imaged", "/World/public"
LOOKS = {PLAIN: "/World/Looks/plain", IMAGED: "/World/Looks/imaged", PUBLIC: "/World/Looks/public"}


@pytest.fixture
def stage(tmp_path: Path) -> Usd.Stage:
    """Three quads: one in a colour, one in an image, one in a colour that its material gives."""
    stage = new_stage()
    for name in ("one", "other"):
        write_image(tmp_path / f"{name}.png", [[(255, 0, 0), (0, 255, 0)]])
    image = add_texture(stage, "/World/Image", tmp_path / "one.png", transform=(0.0, (1, 1), (0, 0)), wrapS="repeat")
    add_material(stage, LOOKS[PLAIN], diffuseColor=(0.1, 0.2, 0.3))
    add_material(stage, LOOKS[IMAGED], diffuseColor=image)
    public = add_material(stage, LOOKS[PUBLIC], diffuseColor=(0.0, 0.0, 0.0))
    tint = public.CreateInput("tint", TYPES.Color3f)
    tint.Set(Gf.Vec3f(0.5, 0.6, 0.7))
    shader(stage, f"{LOOKS[PUBLIC]}/shader").GetInput("diffuseColor").ConnectToSource(tint)
    for path, looks in LOOKS.items():
        bind(add_quad(stage, path).GetPrim(), UsdShade.Material(stage.GetPrimAtPath(looks)))
    return stage


def shader(stage: Usd.Stage, path: str) -> UsdShade.Shader:
    return UsdShade.Shader(stage.GetPrimAtPath(path))


def color(stage: Usd.Stage) -> UsdShade.Input:
    return shader(stage, f"{LOOKS[PLAIN]}/shader").GetInput("diffuseColor")


def image(stage: Usd.Stage) -> UsdShade.Output:
    return shader(stage, "/World/Image/texture").GetOutput("rgb")


def other_file(stage: Usd.Stage) -> None:
    given = shader(stage, "/World/Image/texture").GetInput("file")
    given.Set(Sdf.AssetPath(given.Get().path.replace("one", "other")))


EDITS: dict[str, tuple[Callable[[Usd.Stage], object], set[str]]] = {
    "a value": (lambda stage: color(stage).Set(Gf.Vec3f(0.9, 0.1, 0.1)), {PLAIN}),
    "a new input": (
        lambda stage: shader(stage, f"{LOOKS[PLAIN]}/shader").CreateInput("metallic", TYPES.Float).Set(1.0),
        {PLAIN},
    ),
    "another image": (other_file, {IMAGED}),
    "how an image repeats": (
        lambda stage: shader(stage, "/World/Image/texture").GetInput("wrapS").Set("mirror"),
        {IMAGED},
    ),
    "where an image lies": (
        lambda stage: shader(stage, "/World/Image/transform").GetInput("scale").Set(Gf.Vec2f(2, 2)),
        {IMAGED},
    ),
    "an image in place of a value": (lambda stage: color(stage).ConnectToSource(image(stage)), {PLAIN}),
    "a value in place of an image": (
        lambda stage: shader(stage, f"{LOOKS[IMAGED]}/shader").GetInput("diffuseColor").DisconnectSource(),
        {IMAGED},
    ),
    "the input of a material": (
        lambda stage: UsdShade.Material(stage.GetPrimAtPath(LOOKS[PUBLIC])).GetInput("tint").Set(Gf.Vec3f(1, 0, 0)),
        set(LOOKS),
    ),
}


def read_again(renderer: StageRenderer, monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Shaders that are read from now on."""
    seen: set[str] = set()
    original = renderer._read._read

    def noted(shader: UsdShade.Shader, nodes: set[str]) -> object:
        seen.add(str(shader.GetPath()))
        return original(shader, nodes)

    monkeypatch.setattr(renderer._read, "_read", noted)
    return seen


@pytest.mark.parametrize("name", EDITS)
def test_what_was_edited_is_read_again_and_little_else(
    stage: Usd.Stage, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    renderer = renderer_of(stage)
    before = list(renderer._looks())
    seen = read_again(renderer, monkeypatch)
    edit, changed = EDITS[name]
    edit(stage)
    renderer.sync()
    assert seen == {f"{LOOKS[path]}/shader" for path in changed}
    truth = [bound_surface(stage.GetPrimAtPath(shape.path)) for shape in renderer.shapes]
    assert renderer._looks() == truth
    assert truth != before


def test_an_image_that_is_shared_is_read_for_each(stage: Usd.Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    color(stage).ConnectToSource(image(stage))
    renderer = renderer_of(stage)
    seen = read_again(renderer, monkeypatch)
    other_file(stage)
    renderer.sync()
    assert seen == {f"{LOOKS[path]}/shader" for path in (PLAIN, IMAGED)}


def test_an_image_that_is_missing_is_told_until_it_is_there(stage: Usd.Stage, tmp_path: Path) -> None:
    renderer = renderer_of(stage)
    (tmp_path / "other.png").rename(tmp_path / "away.png")
    other_file(stage)
    for _ in range(2):
        with pytest.raises(SceneError, match="is not there"):
            renderer.sync()
    given = shader(stage, "/World/Image/texture").GetInput("file")
    given.Set(Sdf.AssetPath(str(tmp_path / "away.png")))
    renderer.sync()
    assert [shape.path for shape in renderer.shapes] == list(LOOKS)
