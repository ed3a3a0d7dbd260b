# SPDX-License-Identifier: Apache-2.0
"""Patterns of floors, walls and furniture. Each gives its images by channel: "color", "normal", "roughness"."""

from __future__ import annotations

import numpy as np

from humanoid_brain.scene.anthropometry import Array
from humanoid_brain.scene.textures.noise import fractal, gray, grid, lattice, mix, noise, normals, srgb, step

Images = dict[str, np.ndarray]


def wood() -> Images:
    """Oak, grain along u; 1 m."""
    u, v = grid()
    return {"color": srgb(_oak(u, v), 3)}


def planks() -> Images:
    """Floor boards along u, 8 rows in 1.6 m, two boards to a row."""
    u, v = grid()
    rows = 8
    row = np.floor(v * rows).astype(int) % rows
    shift = lattice("planks.shift", rows, 1)[:, 0]
    along = (u + shift[row]) * 1.0
    board = np.floor(along * 2).astype(int) % 2
    across = v * rows - np.floor(v * rows)
    end = np.abs((along * 2) % 1.0 - 0.5) * 2
    gap = _groove(np.minimum(np.minimum(across, 1 - across) / rows, (1 - end) / 4), 0.0011)
    tone = lattice("planks.tone", rows, 2)[row, board]
    offset = lattice("planks.offset", rows, 4)
    color = _oak(u + offset[row, board], v * 0.9 + offset[row, board + 2])
    color = color * mix((0.72, 0.66, 0.60), (1.06, 1.02, 0.98), tone)
    color *= (1.0 - 0.80 * gap)[..., None]
    rough = 0.36 + 0.10 * fractal("planks.rough", u, v, 6, 30, 3) + 0.4 * gap
    return {"color": srgb(color, 3), "normal": normals(-0.0016 * gap, 1.6), "roughness": gray(rough, 4)}


def parquet() -> Images:
    """Chevron parquet, 4 columns of boards at 45 degrees in 1.4 m."""
    u, v = grid()
    columns, boards = 4, 10
    column = np.floor(u * columns).astype(int) % columns
    inner = u * columns - np.floor(u * columns)
    rise = np.where(column % 2 == 0, inner, 1 - inner) / columns
    position = (v - rise) % 1.0
    board = np.floor(position * boards).astype(int) % boards
    across = position * boards - np.floor(position * boards)
    edge = np.minimum(np.minimum(across, 1 - across) / boards * 0.7, np.minimum(inner, 1 - inner) / columns)
    gap = _groove(edge, 0.0012)
    tone = lattice("parquet.tone", columns, boards)[column, board]
    offset = lattice("parquet.offset", columns, boards)[column, board]
    color = _oak(rise * 1.4 + offset, position * 0.9 + offset * 7.3)
    color = color * mix((0.50, 0.42, 0.36), (0.80, 0.72, 0.66), tone)
    color *= (1.0 - 0.75 * gap)[..., None]
    rough = 0.28 + 0.10 * fractal("parquet.rough", u, v, 8, 8, 3) + 0.4 * gap
    return {"color": srgb(color, 3), "normal": normals(-0.0014 * gap, 1.4), "roughness": gray(rough, 4)}


def tiles() -> Images:
    """Stone tiles with grout, 3 by 3 in 1.2 m."""
    u, v = grid()
    count = 3
    column, row = np.floor(u * count).astype(int) % count, np.floor(v * count).astype(int) % count
    x, y = u * count - np.floor(u * count), v * count - np.floor(v * count)
    grout = step(0.0, 0.0022, 0.0030 - np.minimum(np.minimum(x, 1 - x), np.minimum(y, 1 - y)) / count)
    offset = lattice("tiles.offset", count, count)[row, column]
    warp = fractal("tiles.warp", u + offset, v + 3 * offset, 4, 4, 4)
    cloud = fractal("tiles.cloud", u + offset + 0.15 * warp, v + offset, 4, 4, 5, 0.55)
    vein = np.exp(-(((fractal("tiles.vein", u + 5 * offset, v + 0.3 * warp, 3, 3, 4) - 0.5) / 0.014) ** 2))
    tone = 0.94 + 0.10 * lattice("tiles.tone", count, count)[row, column]
    color = mix((0.47, 0.455, 0.43), (0.66, 0.645, 0.615), np.clip(1.8 * cloud - 0.4, 0, 1)) * tone[..., None]
    color = mix(color, (0.36, 0.33, 0.30), 0.45 * vein)
    color = mix(color, (0.25, 0.24, 0.23), grout)
    rough = 0.20 + 0.10 * cloud + 0.55 * grout
    return {"color": srgb(color, 3), "normal": normals(-0.0016 * grout, 1.2), "roughness": gray(rough, 4)}


def carpet() -> Images:
    """Loop pile in rows; 0.5 m."""
    u, v = grid()
    loops = 96
    jitter = 0.6 * noise("carpet.jitter", u, v, 48, 48)
    pile = 0.5 + 0.25 * (np.sin(2 * np.pi * (loops * u + jitter)) + np.sin(2 * np.pi * (loops * v + jitter * 1.3)))
    tone = lattice("carpet.tone", loops, loops)
    tone = tone[np.floor(v * loops).astype(int) % loops, np.floor(u * loops).astype(int) % loops]
    large = fractal("carpet.large", u, v, 5, 5, 3)
    light = np.clip(0.20 + 0.55 * pile + 0.35 * (tone - 0.5) + 0.25 * (large - 0.5), 0, 1)
    color = mix((0.085, 0.088, 0.095), (0.30, 0.30, 0.305), light)
    return {"color": srgb(color, 6), "normal": normals(0.0016 * pile, 0.5)}


def concrete() -> Images:
    """Polished concrete with stains and pores; 3 m."""
    u, v = grid()
    large = fractal("concrete.large", u + 0.06 * noise("concrete.warp", u, v, 6, 6), v, 3, 3, 6, 0.56)
    fine = fractal("concrete.fine", u, v, 48, 48, 3, 0.6)
    stain = step(0.62, 0.16, fractal("concrete.stain", u, v, 4, 4, 4))
    pores = step(0.86, 0.05, noise("concrete.pores", u, v, 150, 150)) * step(
        0.5, 0.2, noise("concrete.where", u, v, 9, 9)
    )
    light = np.clip(0.5 + 1.3 * (large - 0.5) + 0.28 * (fine - 0.5), 0, 1)
    color = mix((0.22, 0.218, 0.212), (0.40, 0.398, 0.39), light)
    color = mix(color, (0.19, 0.185, 0.175), 0.35 * stain)
    color = mix(color, (0.12, 0.118, 0.115), 0.6 * pores)
    rough = 0.38 + 0.30 * large + 0.18 * pores - 0.08 * stain
    return {"color": srgb(color, 4), "roughness": gray(rough, 4)}


def plaster() -> Images:
    """Trowelled lime plaster; 1.5 m."""
    u, v = grid()
    warp = fractal("plaster.warp", u, v, 3, 3, 3)
    stroke = fractal("plaster.stroke", u + 0.12 * warp, v + 0.10 * warp, 7, 16, 5, 0.6)
    cloud = fractal("plaster.cloud", u, v, 2, 2, 4)
    light = np.clip(0.5 + 0.9 * (cloud - 0.5) + 0.7 * (stroke - 0.5), 0, 1)
    color = mix((0.60, 0.55, 0.48), (0.76, 0.72, 0.65), light)
    return {"color": srgb(color, 2), "normal": normals(0.0032 * stroke, 1.5)}


def brick() -> Images:
    """Brickwork in running bond, 4 bricks by 12 courses in 1 m."""
    u, v = grid()
    columns, courses = 4, 12
    wobble = 0.0030 * (fractal("brick.wobble", u, v, 24, 24, 2) - 0.5)
    course = np.floor((v + wobble) * courses).astype(int) % courses
    x = (u + wobble) * columns + 0.5 * (course % 2)
    column = np.floor(x).astype(int) % columns
    x, y = x - np.floor(x), (v + wobble) * courses - np.floor((v + wobble) * courses)
    edge = np.minimum(np.minimum(x, 1 - x) / columns, np.minimum(y, 1 - y) / courses)
    mortar = step(0.0, 0.0035, 0.0050 - edge)
    tone = lattice("brick.tone", courses, columns)[course, column]
    hue = lattice("brick.hue", courses, columns)[course, column]
    grain = fractal("brick.grain", u, v, 40, 40, 3, 0.6)
    face = mix((0.19, 0.058, 0.036), (0.38, 0.135, 0.075), np.clip(tone + 0.5 * (grain - 0.5), 0, 1))
    face = mix(face, (0.30, 0.165, 0.10), 0.7 * step(0.72, 0.1, hue))
    joint = mix((0.34, 0.32, 0.29), (0.46, 0.44, 0.40), grain)
    height = -0.006 * step(0.0, 0.006, 0.0055 - edge) + 0.0016 * grain
    return {"color": srgb(mix(face, joint, mortar), 4), "normal": normals(height, 1.0)}


def wallpaper() -> Images:
    """An ogee lattice with a leaf in each mesh, two tones; 0.6 m."""
    u, v = grid()
    columns, rows = 3, 2
    design = np.zeros_like(u)
    for shift in (0.0, 0.5):
        x = (u * columns + shift) % 1.0 - 0.5
        y = (v * rows + shift) % 1.0 - 0.5
        bound = 0.25 * (1 + np.cos(2 * np.pi * y))
        outline = np.abs(np.abs(x) - bound)
        design = np.maximum(design, step(0.0, 0.014, 0.016 - outline))
        leaf = 0.13 * np.clip(1 - (y / 0.30) ** 2, 0, None) * (1 - 0.55 * np.clip(y / 0.3, -1, 1))
        inside = step(0.0, 0.012, leaf - np.abs(x))
        vein = step(0.0, 0.012, 0.008 - np.abs(x)) + step(
            0.0, 0.02, 0.012 - np.abs(((y * 9 - np.abs(x) * 10) % 1.0) - 0.5) * 0.4
        )
        design = np.maximum(design, inside * (1 - 0.85 * np.clip(vein, 0, 1)))
    paper = 0.5 * fractal("wallpaper.paper", u, v, 64, 64, 2)
    color = mix((0.40, 0.46, 0.44), (0.61, 0.64, 0.59), np.clip(design, 0, 1)) * (0.97 + 0.06 * paper)[..., None]
    return {"color": srgb(color, 2)}


def panel() -> Images:
    """Trapezoidal sheet metal, painted, ribs upright; 1 m."""
    u, v = grid()
    wave = np.abs((u * 5) % 1.0 - 0.5) * 2
    rib = step(0.52, 0.22, wave)
    dirt = fractal("panel.dirt", u, v, 6, 3, 4)
    color = mix((0.43, 0.46, 0.485), (0.53, 0.555, 0.575), np.clip(0.35 + 0.5 * rib + 0.5 * (dirt - 0.5), 0, 1))
    rough = 0.42 + 0.2 * dirt
    return {"color": srgb(color, 2), "normal": normals(0.018 * rib, 1.0), "roughness": gray(rough, 4)}


def cardboard() -> Images:
    """Corrugated board with fibres, flutes along v; 0.5 m."""
    u, v = grid()
    flute = 0.5 + 0.5 * np.sin(2 * np.pi * 72 * u)
    fibre = fractal("cardboard.fibre", u, v, 24, 90, 3, 0.6)
    cloud = fractal("cardboard.cloud", u, v, 3, 3, 3)
    light = np.clip(0.5 + 0.5 * (fibre - 0.5) + 0.35 * (cloud - 0.5) + 0.07 * (flute - 0.5), 0, 1)
    return {"color": srgb(mix((0.33, 0.205, 0.11), (0.51, 0.335, 0.19), light), 4)}


def fabric() -> Images:
    """A plain weave in light grey, to be tinted; 0.12 m."""
    u, v = grid()
    threads = 32
    x, y = u * threads, v * threads
    over = (np.floor(x) + np.floor(y)) % 2
    warp, weft = np.sin(np.pi * (x % 1.0)), np.sin(np.pi * (y % 1.0))
    height = np.where(over > 0, warp * (0.55 + 0.45 * weft), weft * (0.55 + 0.45 * warp))
    tone = lattice("fabric.tone", 2, threads)
    thread = np.where(over > 0, tone[0][np.floor(x).astype(int) % threads], tone[1][np.floor(y).astype(int) % threads])
    light = np.clip(0.45 + 0.5 * height + 0.35 * (thread - 0.5), 0, 1.2)
    color = np.repeat((0.46 + 0.44 * light)[..., None], 3, -1)
    return {"color": srgb(color, 4), "normal": normals(0.0011 * height, 0.12)}


def _oak(u: Array, v: Array) -> Array:
    """Linear colours of oak with its grain along u; both of period 1."""
    drift = fractal("oak.drift", u, v, 2, 5, 3)
    rings = 0.5 + 0.5 * np.sin(2 * np.pi * (14 * v + 3.4 * drift))
    streak = fractal("oak.streak", u, v, 2, 72, 3, 0.65)
    pores = step(0.66, 0.22, noise("oak.pores", u, v, 11, 250)) * (0.25 + 0.75 * rings)
    light = np.clip(0.20 + 0.32 * rings**1.6 + 0.9 * (streak - 0.25) + 0.25 * (drift - 0.5), 0, 1)
    color = mix((0.30, 0.165, 0.075), (0.62, 0.42, 0.235), light)
    return mix(color, (0.20, 0.10, 0.045), 0.36 * pores)


def _groove(distance: Array, width: float) -> Array:
    """1 in a joint whose edge is at a distance of 0, in parts of the image."""
    return step(0.0, 1.4 * width, width - distance)


SURFACES = {
    "wood": wood,
    "planks": planks,
    "parquet": parquet,
    "tiles": tiles,
    "carpet": carpet,
    "concrete": concrete,
    "plaster": plaster,
    "brick": brick,
    "wallpaper": wallpaper,
    "panel": panel,
    "cardboard": cardboard,
    "fabric": fabric,
}
