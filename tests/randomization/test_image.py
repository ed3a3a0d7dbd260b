# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import hashlib
import math
from dataclasses import fields

import numpy as np
import pytest

from humanoid_brain.randomization.image import (
    GREY,
    ImageEffects,
    blackbody,
    blurred,
    byte_effects,
    display_effects,
    lens_effects,
    metered_gain,
    sensor_noise,
    standard_normal,
    white_balance_gain,
    with_noise,
)
from humanoid_brain.srgb import encode

SHAPE = (48, 64, 3)
PIXELS = math.prod(SHAPE)


def grey(level: float) -> np.ndarray:
    return np.full(SHAPE, level, np.float32)


def photo() -> np.ndarray:
    rows, columns = np.mgrid[0:48, 0:64]
    return np.stack([rows * 5, columns * 4, (rows + columns) * 2], -1).astype(np.uint8)


def test_no_effect_leaves_every_byte() -> None:
    assert np.array_equal(byte_effects(photo(), ImageEffects(), 1, 2), photo())


def test_bytes_survive_the_way_to_linear_light_and_back() -> None:
    every = np.tile(np.arange(256, dtype=np.uint8)[:, None, None], (1, 2, 3))
    barely = ImageEffects(exposure=1e-9)
    assert barely.on_light
    assert np.array_equal(byte_effects(every, barely, 0, 0), every)


def test_a_stop_doubles_the_light() -> None:
    assert lens_effects(grey(0.2), ImageEffects(exposure=1.0)) == pytest.approx(0.4)
    assert lens_effects(grey(0.2), ImageEffects(exposure=-2.0)) == pytest.approx(0.05)


def test_a_tensor_becomes_what_an_array_becomes() -> None:
    torch = pytest.importorskip("torch")
    effects = ImageEffects(
        metering=0.7, exposure=0.5, white_balance=4000.0, vignette=0.4, blur=1.3, shot_noise=0.2, read_noise=0.1
    )
    assert all(getattr(effects, f.name) != f.default for f in fields(effects) if f.name not in ("contrast", "gamma"))
    light = np.random.default_rng(0).gamma(0.5, 0.6, SHAPE).astype(np.float32)
    array, tensor = (
        with_noise(lens_effects(each, effects), effects, 3, 4) for each in (light, torch.from_numpy(light))
    )
    assert isinstance(array, np.ndarray) and isinstance(tensor, torch.Tensor)
    assert tensor.numpy() == pytest.approx(array, rel=1e-5, abs=1e-6)
    assert np.array_equal(encode(array), encode(torch.from_numpy(array)).numpy())
    assert (array < 0.0).any() and (array > 1.0).any()


def test_metering_brings_any_light_to_mid_grey() -> None:
    for level in (0.01, 3.0):
        assert lens_effects(grey(level), ImageEffects(metering=1.0)) == pytest.approx(GREY, rel=1e-5)
    assert lens_effects(grey(0.02), ImageEffects(metering=0.5)) == pytest.approx(math.sqrt(0.02 * GREY), rel=1e-5)
    half = grey(1.0)
    half[:24] = 0.0
    assert metered_gain(half) == pytest.approx(GREY / math.sqrt(1e-4), rel=1e-5)  # black counts as 1e-4


def test_daylight_is_white_and_other_temperatures_tint_at_the_same_luminance() -> None:
    assert white_balance_gain(6500.0) == pytest.approx([1.0, 1.0, 1.0])
    cold, warm = white_balance_gain(3000.0), white_balance_gain(12000.0)
    assert cold[2] > 1.0 > cold[0] and warm[0] > 1.0 > warm[2]
    for gain in (cold, warm):
        assert gain @ [0.2126, 0.7152, 0.0722] == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("temperature", "x", "y"),
    # CIE 015: chromaticities of black bodies; the cubic fit is good to 0.002.
    [(2000.0, 0.5267, 0.4133), (3000.0, 0.4369, 0.4041), (5000.0, 0.3451, 0.3516), (10000.0, 0.2807, 0.2884)],
)
def test_black_bodies_have_their_published_chromaticity(temperature: float, x: float, y: float) -> None:
    to_xyz = [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
    xyz = np.array(to_xyz) @ blackbody(temperature)
    if temperature == 2000.0:  # outside of sRGB: blue is cut at 0, which moves the colour a little
        assert xyz[:2] / xyz.sum() == pytest.approx([x, y], abs=0.02)
    else:
        assert xyz[:2] / xyz.sum() == pytest.approx([x, y], abs=0.002)


def test_the_corners_lose_what_the_vignette_says_and_the_centre_nothing() -> None:
    light = lens_effects(np.ones((201, 301, 3), np.float32), ImageEffects(vignette=0.5))
    assert light[100, 150] == pytest.approx(1.0)
    assert light[0, 0] == pytest.approx(0.5, abs=0.01)  # the corner pixel's centre lies half a pixel inside
    assert light[0, 150].mean() > light[0, 0].mean()


def test_blur_keeps_the_light_and_spreads_it_by_its_deviation() -> None:
    point = np.zeros((41, 41, 3), np.float32)
    point[20, 20] = 1.0
    light = blurred(point, 2.0)
    assert light.sum((0, 1)) == pytest.approx(1.0, rel=1e-5)
    rows = np.arange(41) - 20
    variance = (light[..., 0].sum(1) * rows**2).sum()
    assert variance == pytest.approx(4.0, rel=0.04)  # cut at three deviations, which loses 2.7 %
    assert blurred(grey(0.3), 3.0) == pytest.approx(0.3, rel=1e-5)


@pytest.mark.parametrize("level", [0.0, 0.05, 1.0])
def test_noise_has_no_bias_and_the_variance_of_photons_and_sensor(level: float) -> None:
    shot, read = 0.05, 0.02
    noise = np.stack([sensor_noise(grey(level), shot, read, 3, frame) for frame in range(16)]).astype(np.float64)
    variance = shot * shot * level + read * read
    count = noise.size
    # Five standard errors of a mean and of a variance of normal numbers.
    assert abs(noise.mean()) < 5.0 * math.sqrt(variance / count)
    assert abs(noise.var() / variance - 1.0) < 5.0 * math.sqrt(2.0 / count)


def test_normal_numbers_are_normal() -> None:
    numbers = standard_normal((400, 400), 5, 0).reshape(-1)
    for limit in (-2.0, -1.0, 0.0, 0.5, 1.5):
        share = 0.5 * (1.0 + math.erf(limit / math.sqrt(2.0)))
        assert abs((numbers < limit).mean() - share) < 5.0 * math.sqrt(share * (1.0 - share) / numbers.size)
    picture = standard_normal((400, 400), 5, 1)
    assert abs(np.corrcoef(picture[:, 1:].ravel(), picture[:, :-1].ravel())[0, 1]) < 5.0 / 400
    assert abs(np.corrcoef(numbers, picture.ravel())[0, 1]) < 5.0 / 400


def test_noise_is_the_same_bit_for_bit_at_its_address_and_another_elsewhere() -> None:
    effects = ImageEffects(shot_noise=0.05, read_noise=0.02)
    one = byte_effects(photo(), effects, 1, 731)
    byte_effects(photo(), effects, 1, 0)
    assert np.array_equal(byte_effects(photo(), effects, 1, 731), one)
    assert (byte_effects(photo(), effects, 1, 732) != one).mean() > 0.5
    assert (byte_effects(photo(), effects, 2, 731) != one).mean() > 0.5


def test_noise_stays_the_same_from_version_to_version() -> None:
    # A change here makes datasets that are resumed differ from those captured in one go.
    digest = hashlib.sha256(standard_normal((16, 16, 3), 12345, 7).tobytes()).hexdigest()
    assert digest == "a6106c082888a237678e1c1ce9696641bc245c88232357137b13da72cc2a6f70"


def test_grading_works_around_mid_grey() -> None:
    ramp = np.arange(256, dtype=np.uint8)
    hard = display_effects(ramp, ImageEffects(contrast=2.0))
    assert (hard[0], hard[32], hard[223], hard[255]) == (0, 0, 255, 255)
    assert display_effects(ramp, ImageEffects(contrast=1.5))[100] == round(1.5 * (100 - 127.5) + 127.5)
    bright = display_effects(ramp, ImageEffects(gamma=2.0))
    assert (bright[0], bright[255]) == (0, 255) and bright[64] == round(255 * math.sqrt(64 / 255))
