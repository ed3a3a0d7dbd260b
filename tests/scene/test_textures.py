# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from humanoid_brain import paths
from humanoid_brain.scene.props.catalogue import CATALOGUE, make_prop
from humanoid_brain.scene.room import FLOORS, WALLS
from humanoid_brain.scene.textures.images import encode, names, render
from humanoid_brain.scene.textures.noise import grid, normals

FOLDER = paths.data() / "textures"
QUICK = ("planks", "fabric", "panel", "sky_overcast")


@pytest.mark.parametrize("name", QUICK)
def test_a_texture_is_made_again_from_nothing(name: str) -> None:
    for file, pixels in render(name).items():
        with Image.open(FOLDER / file) as image:
            steps = np.abs(np.asarray(image).astype(int) - pixels)
        # Processors differ in the last bit of a sine, which tips a few pixels over to the next level.
        assert steps.max() <= 6 and (steps > 0).mean() < 1e-3, file


def test_the_folder_holds_every_texture_and_nothing_else(tmp_path: Path) -> None:
    stems = {path.stem for path in FOLDER.iterdir()}
    surfaces = {name for name in names() if not name.startswith("sky_")}
    assert {stem.rpartition("_")[0] for stem in stems if not stem.startswith("sky_")} == surfaces
    assert {stem for stem in stems if stem.startswith("sky_")} == set(names()) - surfaces
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) < 6e6
    for path in FOLDER.iterdir():
        with Image.open(path) as image:
            assert image.size == ((512, 256) if path.stem.startswith("sky_") else (512, 512))
            assert image.mode == ("L" if path.stem.endswith("_roughness") else "RGB")


def test_a_picture_survives_its_file(tmp_path: Path) -> None:
    pixels = np.arange(4 * 5 * 3, dtype=np.uint8).reshape(4, 5, 3)
    (tmp_path / "a.png").write_bytes(encode(pixels))
    with Image.open(tmp_path / "a.png") as image:
        assert np.array_equal(np.asarray(image), pixels)


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*_color.png")), ids=lambda path: path.stem)
def test_it_tiles_without_a_seam(path: Path) -> None:
    with Image.open(path) as image:
        pixels = np.asarray(image).astype(float)
    for axis in (0, 1):
        inner = np.abs(np.diff(pixels, axis=axis)).mean(axis=(1 - axis, 2))
        first, last = pixels.take(0, axis), pixels.take(-1, axis)
        # The step over the edge is as large as steps elsewhere; joints make single rows differ more.
        assert np.abs(first - last).mean() <= inner.max() + 1.0


def test_every_texture_of_a_material_is_there() -> None:
    props = [
        make_prop(category, kind, 0, n) for category, kinds in CATALOGUE.items() for kind in kinds for n in range(4)
    ]
    looks = [*FLOORS.values(), *WALLS.values(), *(look for prop in props for look in prop.looks.values())]
    for texture in {look.texture for look in looks if look.texture is not None}:
        channels = {"color": True, "normal": texture.normal, "roughness": texture.roughness}
        for channel, wanted in channels.items():
            assert (FOLDER / f"{texture.name}_{channel}.png").is_file() == wanted, (texture.name, channel)


def test_a_normal_map_leans_away_from_a_slope() -> None:
    u, v = grid()
    hill = 0.01 * np.exp(-((u - 0.5) ** 2 + (v - 0.5) ** 2) / 0.02)
    picture = normals(hill, 1.0).astype(int) - 128
    assert picture[256, 340, 0] > 2 and picture[256, 170, 0] < -2  # to the right of the top it leans right
    assert picture[170, 256, 1] > 2 and picture[340, 256, 1] < -2  # v runs upwards, rows downwards


def test_skies_are_bright_above_and_wrap_around() -> None:
    for name in ("clear", "clouds", "overcast", "sunset", "studio"):
        with Image.open(FOLDER / f"sky_{name}.png") as image:
            pixels = np.asarray(image).astype(float)
        assert pixels[:128].mean() > pixels[128:].mean()
        inner = np.abs(np.diff(pixels, axis=1)).mean((0, 2)).max()
        assert np.abs(pixels[:, 0] - pixels[:, -1]).mean() <= inner + 1.0
